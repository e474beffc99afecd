"""The commands: run, trust, interrupt, restart, clear, show, insert, variables, status.

Each takes one object, `{"uri": …, "cell": number or title, "line": from 1, "id": …}`, or the same
by position, `[path or URI, line]`, or nothing: the notebook that was last shown or edited.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from sessions_ls.edits.layout import inserted
from sessions_ls.live.trust import on_request
from sessions_ls.lsp.output import show_output
from sessions_ls.lsp.runs import Wanted
from sessions_ls.lsp.snapshot import Snapshot
from sessions_ls.lsp.trusting import TRUST
from sessions_ls.lsp.wire import Json, Refused
from sessions_ls.lsp.words import head_line
from sessions_ls.notebook.errors import SessionsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sessions_ls.live.view import CellView, View
    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer

    Command = Callable[[SessionsServer, "Target"], Awaitable[object]]


class Target:
    """What a command acts on: a notebook as it is shown, and perhaps one of its cells."""

    __slots__ = ("cell", "notebook", "view")

    def __init__(self, notebook: OpenNotebook, view: View, cell: CellView | None) -> None:
        self.notebook = notebook
        self.view = view
        self.cell = cell

    def chosen(self) -> CellView:
        """The cell. Raises Refused when none was named."""
        if self.cell is None:
            raise Refused(
                "Which cell? A menu does not tell: use the code actions there, or name a `line`."
            )
        return self.cell


# -- what they do --------------------------------------------------------------------------------


async def run_cell(ls: SessionsServer, target: Target) -> object:
    """Run one cell, and what it needs."""
    return await _run(ls, target, Wanted([target.chosen().ident]))


async def run_above(ls: SessionsServer, target: Target) -> object:
    """Run every cell above this one."""
    number = target.chosen().number
    above = [cell.ident for cell in target.view.cells if cell.number < number]
    return await _run(ls, target, Wanted(above))


async def run_below(ls: SessionsServer, target: Target) -> object:
    """Run this cell and every one below it."""
    number = target.chosen().number
    below = [cell.ident for cell in target.view.cells if cell.number >= number]
    return await _run(ls, target, Wanted(below))


async def run_stale(ls: SessionsServer, target: Target) -> object:
    """Run every cell that is not fresh, those that failed included."""
    return await _run(ls, target, Wanted(stale=True, retry=True))


async def run_all(ls: SessionsServer, target: Target) -> object:
    """Run every cell."""
    return await _run(ls, target, Wanted(all=True))


async def _run(ls: SessionsServer, target: Target, wanted: Wanted) -> object:
    notebook = target.notebook
    if notebook.path is None:
        raise Refused(f"{notebook.name} has no file yet: save it, then it can run.")
    return await notebook.runs.run(wanted, on_request(notebook.path))


async def trust(ls: SessionsServer, target: Target) -> object:
    """Let saves run the notebook, from now on; what one has asked for already runs."""
    notebook = target.notebook
    if notebook.path is None:
        raise Refused(f"{notebook.name} has no file yet: save it, then it can be trusted.")
    await ls.trusting.trust(notebook.path)
    ls.notice(f"{notebook.name} is trusted: what is stale runs whenever you save it.")
    return None


async def interrupt(ls: SessionsServer, target: Target) -> object:
    """Stop the cell that runs; what waited stays stale."""
    runs, session = target.notebook.runs, target.notebook.session
    if not runs.asking and (session is None or not session.busy):
        ls.notice("Nothing is running.")
    runs.interrupt()
    return None


async def restart(ls: SessionsServer, target: Target) -> object:
    """End the kernel. Results stay; the next run starts a new one."""
    notebook = target.notebook
    if notebook.session is not None and notebook.session.attached:
        await ls.blocking(notebook.session.restart)
        await notebook.settled()
    there = target.view.kernel["pid"] is not None
    ls.notice("The kernel has ended; results stay." if there else "There is no kernel to end.")
    return None


async def clear_outputs(ls: SessionsServer, target: Target) -> object:
    """Forget the results of the cell, or of all cells."""
    notebook = target.notebook
    session = notebook.session
    if session is not None and await ls.blocking(notebook.attachment.reach, session, True):
        numbers = None if target.cell is None else [target.cell.number]
        await ls.blocking(session.clear, numbers)
    await notebook.settled()
    return None


async def output(ls: SessionsServer, target: Target) -> object:
    """Show a cell's result in full."""
    return await show_output(ls, target.chosen(), target.view.path)


async def insert_cell(ls: SessionsServer, target: Target) -> object:
    """Put an empty cell below this one, and the cursor into it."""
    if not ls.client.applies_edits:
        raise Refused(f"{ls.client.name} lets no server insert a cell.")
    shot = Snapshot(ls, target.notebook, target.view)
    [edit] = await shot.work(inserted, shot.source, target.chosen().number - 1)
    change = types.ApplyWorkspaceEditParams(shot.workspace_edit([edit]), "Insert a cell")
    answer = await ls.workspace_apply_edit_async(change)
    if not answer.applied:
        raise Refused(f"No cell was inserted: {answer.failure_reason or 'the editor refused'}.")
    first = edit.start[0] + 3
    if ls.client.shows_documents:
        await ls.window_show_document_async(
            types.ShowDocumentParams(
                shot.uri, take_focus=True, selection=shot.range((first, 0), (first, 0))
            )
        )
    return {"line": first + 1}


async def keep_mine(ls: SessionsServer, target: Target) -> object:
    """What others wrote to the file does not count: the buffer will be saved over it."""
    if target.notebook.session is not None:
        target.notebook.session.keep_mine()
    await target.notebook.settled()
    return None


async def variables(ls: SessionsServer, target: Target) -> object:
    """What the names hold now, or as a cell leaves them: the object of `sessions variables`."""
    session = target.notebook.session
    assert session is not None, "what has a view has a session"
    at = None if target.cell is None else target.cell.number
    return Json(json.dumps(await ls.blocking(session.variables, at)))


async def status(ls: SessionsServer, target: Target) -> object:
    """The object of `sessions status --json`."""
    return Json(json.dumps(target.view.to_json()))


COMMANDS: dict[str, Command] = {
    "sessions.runCell": run_cell,
    "sessions.runAbove": run_above,
    "sessions.runBelow": run_below,
    "sessions.runStale": run_stale,
    "sessions.runAll": run_all,
    TRUST: trust,
    "sessions.interrupt": interrupt,
    "sessions.restart": restart,
    "sessions.clearOutputs": clear_outputs,
    "sessions.showOutput": output,
    "sessions.insertCell": insert_cell,
    "sessions.keepMine": keep_mine,
    "sessions.variables": variables,
    "sessions.status": status,
}


def handler(name: str, command: Command) -> Callable[..., Awaitable[object]]:
    """The command as pygls calls it. What it refuses is also said: some clients drop errors."""

    async def execute(ls: Any, *arguments: Any) -> object:
        try:
            return await command(ls, await target(ls, arguments))
        except (Refused, SessionsError) as error:
            ls.say(str(error))
            raise Refused(str(error)) from error

    return execute


# -- what they act on ----------------------------------------------------------------------------


async def target(ls: SessionsServer, arguments: Sequence[Any]) -> Target:
    """Find what a command's arguments name. Raises Refused when there is no such thing."""
    named = _named(arguments)
    notebook = _notebook(ls, named.get("uri"))
    view = await notebook.view()
    if view is None:
        raise Refused(f"{notebook.name} is not a notebook: it has no cell marker (`# %%`).")
    ls.notebooks.latest = notebook
    return Target(notebook, view, _cell(view, named))


def _named(arguments: Sequence[Any]) -> dict[str, Any]:
    if len(arguments) == 1 and isinstance(arguments[0], dict):
        return arguments[0]
    if len(arguments) > 2 or any(isinstance(value, (dict, list)) for value in arguments):
        raise Refused("The arguments are one object, or a path and a line.")
    return dict(zip(("uri", "line"), arguments, strict=False))


def _notebook(ls: SessionsServer, where: object) -> OpenNotebook:
    if where is None or where == "":
        if ls.notebooks.latest is None:
            raise Refused("No notebook is open.")
        return ls.notebooks.latest
    if not isinstance(where, str):
        raise Refused(f"A notebook is named by its path or URI, not by {where!r}.")
    found = ls.notebooks.get(where)
    if found is None:
        root = ls.workspace.root_path or os.getcwd()
        found = ls.notebooks.find(os.path.join(root, os.path.expanduser(where)))
    if found is None and not os.path.isabs(where):
        # Helix names a buffer from its own folder, which may lie below the root.
        found = ls.notebooks.ending(where)
    if found is None:
        raise Refused(f"{where} is not open in the editor.")
    return found


def _cell(view: View, named: dict[str, Any]) -> CellView | None:
    ident, cell, line = named.get("id"), named.get("cell"), named.get("line")
    for found in view.cells:
        if ident is not None and found.ident == ident:
            return found
    if cell is not None:
        return _by_number_or_title(view, cell)
    if line is not None:
        return _by_line(view, line)
    return None


def _by_number_or_title(view: View, cell: object) -> CellView:
    titled = [found for found in view.cells if found.cell.title == cell]
    if len(titled) == 1:
        return titled[0]
    if len(titled) > 1:
        numbers = ", ".join(str(found.number) for found in titled)
        raise Refused(f"Several cells are titled {cell!r}: {numbers}. Name one by its number.")
    number = _integer(cell)
    if number is None or not 1 <= number <= len(view.cells):
        raise Refused(f"There is no cell {cell!r}; this notebook has {len(view.cells)}.")
    return view.cells[number - 1]


def _by_line(view: View, line: object) -> CellView:
    number = _integer(line)
    if number is None or number < 1:
        raise Refused(f"A line is a number from 1, not {line!r}.")
    chosen = view.cells[0]
    for found in view.cells:
        if head_line(found.cell) >= number:
            break
        chosen = found
    return chosen


def _integer(value: object) -> int | None:
    """A whole number; some clients send every argument as text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
