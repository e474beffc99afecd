"""Code lenses: run each cell, its state and time; on line 1 what concerns the whole notebook.

A fresh result whose value is in no kernel is from an earlier session: its cell runs when one that
needs it does.

Lenses of one line start at different columns: Neovim shuffles those that start at the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_ls.lsp.wire import Json, quoted, range_json
from sessions_ls.lsp.words import duration, head_line

if TYPE_CHECKING:
    from lsprotocol import types

    from sessions_ls.live.view import CellView, View
    from sessions_ls.lsp.server import SessionsServer

SETTLED = ("fresh", "disabled", "running", "queued")


async def code_lens(ls: SessionsServer, params: types.CodeLensParams) -> Json | None:
    """`textDocument/codeLens`. Lenses come resolved: clients drop late answers."""
    notebook = ls.notebooks.get(params.text_document.uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None:
        return None
    uri = quoted(notebook.uri)
    found = [*_whole(view, uri)]
    for cell in view.cells:
        if cell.holds_code:
            found.append(_of_cell(cell, uri, len(found)))
    return Json(f"[{','.join(found)}]")


def _whole(view: View, uri: str) -> list[str]:
    waiting = sum(
        cell.runs and cell.state not in SETTLED and not cell.cell.manual for cell in view.cells
    )
    count = sum(cell.runs for cell in view.cells)
    argument = f'{{"uri":{uri}}}'
    lenses = (
        (f"▶ Run stale ({waiting})", "sessions.runStale"),
        (f"Run all ({count})", "sessions.runAll"),
        ("■ Interrupt", "sessions.interrupt"),
        ("↻ Restart", "sessions.restart"),
    )
    return [
        _lens(range_json(0, column, 0, column), title, command, argument)
        for column, (title, command) in enumerate(lenses)
    ]


def _of_cell(cell: CellView, uri: str, before: int) -> str:
    record = cell.record
    line = head_line(cell.cell)
    column = 0 if line else before
    argument = f'{{"uri":{uri},"cell":{cell.number},"id":{quoted(cell.ident)}}}'
    if cell.state == "running":
        title, command = "■ Interrupt · running", "sessions.interrupt"
    else:
        title, command = f"▶ Run · {cell.state}", "sessions.runCell"
        ran = cell.true_now or cell.state != "error"  # else its text cannot run as it is
        if record is not None and ran and cell.state != "queued":
            title = f"{title} · {duration(record.runtime_ms)}"
        if cell.cold and cell.state == "fresh":
            title = f"{title} · from an earlier session"
    return _lens(range_json(line, column, line, column), title, command, argument)


def _lens(place: str, title: str, command: str, argument: str) -> str:
    return (
        f'{{"range":{place},"command":{{"title":{quoted(title)},'
        f'"command":"{command}","arguments":[{argument}]}}}}'
    )
