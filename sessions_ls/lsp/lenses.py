"""Code lenses: run each cell, its state and time; on line 1 what concerns the whole notebook."""

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
        if cell.runs or cell.status.state == "error":
            found.append(_of_cell(cell, uri))
    return Json(f"[{','.join(found)}]")


def _whole(view: View, uri: str) -> list[str]:
    waiting = sum(
        cell.runs and cell.state not in SETTLED and not cell.cell.manual for cell in view.cells
    )
    count = sum(cell.runs for cell in view.cells)
    place = range_json(0, 0, 0, 0)
    argument = f'{{"uri":{uri}}}'
    return [
        _lens(place, title, command, argument)
        for title, command in (
            (f"▶ Run stale ({waiting})", "sessions.runStale"),
            (f"Run all ({count})", "sessions.runAll"),
            ("■ Interrupt", "sessions.interrupt"),
            ("↻ Restart", "sessions.restart"),
        )
    ]


def _of_cell(cell: CellView, uri: str) -> str:
    record = cell.record
    line = head_line(cell.cell)
    argument = f'{{"uri":{uri},"cell":{cell.number},"id":{quoted(cell.ident)}}}'
    if cell.state == "running":
        title, command = "■ Interrupt · running", "sessions.interrupt"
    else:
        title, command = f"▶ Run · {cell.state}", "sessions.runCell"
        if record is not None and cell.state != "queued":
            title = f"{title} · {duration(record.runtime_ms)}"
    return _lens(range_json(line, 0, line, 0), title, command, argument)


def _lens(place: str, title: str, command: str, argument: str) -> str:
    return (
        f'{{"range":{place},"command":{{"title":{quoted(title)},'
        f'"command":"{command}","arguments":[{argument}]}}}}'
    )
