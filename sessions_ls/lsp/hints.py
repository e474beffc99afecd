"""Inlay hints: after a cell's last line the first line of what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from sessions_ls.lsp.results import markdown
from sessions_ls.lsp.wire import Json, quoted
from sessions_ls.lsp.words import headline, last_line, out_of_date

if TYPE_CHECKING:
    from sessions_ls.live.view import CellView
    from sessions_ls.lsp.documents import Document
    from sessions_ls.lsp.server import SessionsServer


async def inlay_hints(ls: SessionsServer, params: types.InlayHintParams) -> Json | None:
    """`textDocument/inlayHint`, for the lines that were asked for."""
    notebook = ls.notebooks.get(params.text_document.uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None or notebook.document is None:
        return None
    first, last = params.range.start.line, params.range.end.line
    uri = quoted(notebook.uri) if ls.client.hint_tooltips else ""
    found = []
    for cell in view.cells:
        if cell.record is None or cell.cell.stop <= first:
            continue
        if cell.cell.start > last:
            break
        line = last_line(cell.cell)
        if first <= line <= last:
            text = label(cell, ls.client.policy.width)
            if text:
                found.append(_hint(cell, line, text, notebook.document, uri))
    return Json(f"[{','.join(found)}]")


def label(cell: CellView, width: int) -> str:
    """The text of a cell's hint, in at most ``width`` columns; "" for none."""
    assert cell.record is not None
    mark = out_of_date(cell)
    tail = f" ⟵ {mark}" if mark else ""
    shown = headline(cell.record, width - len(tail))
    return (shown + tail).lstrip() if shown or cell.state == "interrupted" else ""


def _hint(cell: CellView, line: int, text: str, document: Document, uri: str) -> str:
    column = document.units(line, len(document.text.line(line)))
    data = f',"data":{{"uri":{uri},"id":{quoted(cell.ident)}}}' if uri else ""
    return (
        f'{{"position":{{"line":{line},"character":{column}}},'
        f'"label":{quoted(text)},"paddingLeft":true{data}}}'
    )


async def resolve_hint(ls: SessionsServer, hint: types.InlayHint) -> types.InlayHint:
    """`inlayHint/resolve`: the whole result as the tooltip."""
    data: Any = hint.data
    if isinstance(data, dict) and isinstance(data.get("uri"), str):
        notebook = ls.notebooks.get(data["uri"])
        view = await notebook.view() if notebook is not None else None
        for cell in view.cells if view is not None else ():
            if view is not None and cell.ident == data.get("id"):
                text = markdown(cell, ls.client.policy, ls.file_of(view.path))
                hint.tooltip = types.MarkupContent(types.MarkupKind.Markdown, text)
    return hint
