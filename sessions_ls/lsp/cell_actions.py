"""Code actions on cells: run them, show their results, change them, mend what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from sessions_ls.edits.fixes import MOVE, QUICKFIX, REWRITE, Offer, fixes, made, rewrites
from sessions_ls.edits.text import EditError
from sessions_ls.lsp.snapshot import Snapshot, snapshot
from sessions_ls.lsp.wire import Refused, quoted
from sessions_ls.lsp.words import cell_name, gave_something

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_ls.lsp.server import SessionsServer
    from sessions_ls.notebook.problems import Problem

RUN = "sessions.run"
KINDS = [QUICKFIX, REWRITE, MOVE, RUN]


async def cell_actions(
    ls: SessionsServer, shot: Snapshot, params: types.CodeActionParams
) -> tuple[list[str], list[str]]:
    """Fixes, each tried; and what else can be done at the place. As JSON texts."""
    position = shot.source.at(params.range.start.line)
    runs: list[str] = []
    if wanted(params.context, RUN) and position is not None:
        runs = list(_runs(shot, position, ls.client.action_objects))
    if not ls.client.action_objects:
        return [], runs  # this client takes commands only
    diagnostics = [(d, json.dumps(ls.json_of(d))) for d in params.context.diagnostics]
    found: tuple[list[str], list[str]] = await shot.work(
        _edits, shot, params, diagnostics, ls.client.action_edits_later
    )
    return found[0], [*runs, *found[1]]


async def resolve_action(ls: SessionsServer, action: types.CodeAction) -> types.CodeAction:
    """`codeAction/resolve`: the edit of an action that was chosen."""
    data: Any = action.data
    if not isinstance(data, dict) or not isinstance(data.get("uri"), str):
        return action
    shot = await snapshot(ls, data["uri"])
    if shot is None or shot.version != data.get("version"):
        raise Refused("The notebook has changed since: ask again.")
    try:
        edits = await shot.work(made, shot.source, Offer.from_data(data))
    except (EditError, Refused) as error:
        ls.say(str(error), types.MessageType.Warning)
        raise Refused(str(error)) from error
    action.edit = shot.workspace_edit(edits)
    return action


def wanted(context: types.CodeActionContext, kind: str) -> bool:
    """Whether the client asks for actions of this kind."""
    only = context.only
    return not only or any(kind == some or kind.startswith(f"{some}.") for some in map(_text, only))


def _text(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


# -- commands ------------------------------------------------------------------------------------


def _runs(shot: Snapshot, position: int, objects: bool) -> Iterator[str]:
    cell = shot.view.cells[position]
    uri = quoted(shot.uri)
    here = f'{{"uri":{uri},"cell":{cell.number},"id":{quoted(cell.ident)}}}'
    whole = f'{{"uri":{uri}}}'
    commands: list[tuple[str, str, str]] = []
    if cell.runs:
        commands.append((f"Run {cell_name(cell)}", "runCell", here))
    if cell.state in ("running", "queued"):
        commands.append(("Interrupt the run", "interrupt", here))
    if cell.record is not None and gave_something(cell.record):
        commands.append((f"Show the result of {cell_name(cell)}", "showOutput", here))
    commands += [("Run stale cells", "runStale", whole), ("Run all cells", "runAll", whole)]
    for title, name, argument in commands:
        words = quoted(title)
        command = f'{{"title":{words},"command":"sessions.{name}","arguments":[{argument}]}}'
        action = f'{{"title":{words},"kind":"{RUN}","command":{command}}}'
        yield action if objects else command


# -- edits ---------------------------------------------------------------------------------------

Diagnosed = list[tuple[types.Diagnostic, str]]
"""The client's diagnostics, each with its JSON text."""


def _edits(
    shot: Snapshot, params: types.CodeActionParams, diagnostics: Diagnosed, later: bool
) -> tuple[list[str], list[str]]:
    """Fixes of the problems in the range, and what else could be done there."""
    context, first, last = params.context, params.range.start.line, params.range.end.line
    mending: list[str] = []
    titles: set[str] = set()  # what mends a problem is not offered twice
    if wanted(context, QUICKFIX):
        problems = [problem for problem in shot.view.problems if first <= problem.line <= last]
        offers: dict[tuple[object, ...], Offer] = {}
        for offer in fixes(shot.source, problems):
            offers.setdefault(tuple(offer.data().values()), offer)
        for offer in offers.values():
            mends = _mends(diagnostics, offer.problem)
            if len(offers) == 1:
                mends += ',"isPreferred":true'
            for action in _action(shot, offer, False, mends):
                mending.append(action)
                titles.add(offer.title)
    others: list[str] = []
    for offer in rewrites(shot.source, *shot.point(params.range.start)):
        if wanted(context, offer.kind) and offer.title not in titles:
            others += _action(shot, offer, later, "")
    return mending, others


def _action(shot: Snapshot, offer: Offer, later: bool, more: str) -> Iterator[str]:
    """The offer as the client takes it; none if it cannot be made. ``later``: not tried yet."""
    head = f'"title":{quoted(offer.title)},"kind":"{offer.kind}"{more}'
    if later:
        data = json.dumps({"uri": shot.uri, "version": shot.version, **offer.data()})
        yield f'{{{head},"data":{data}}}'
        return
    try:
        edits = made(shot.source, offer)
    except EditError:
        return
    yield f'{{{head},"edit":{shot.workspace_edit_json(edits)}}}'


def _mends(diagnostics: Diagnosed, problem: Problem | None) -> str:
    """Those of the client's diagnostics that show this problem."""
    found = [
        text
        for one, text in diagnostics
        if problem is not None and one.code == problem.code and one.range.start.line == problem.line
    ]
    return f',"diagnostics":[{",".join(found)}]' if found else ""
