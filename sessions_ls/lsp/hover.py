"""Hover: on a name its live value; on a marker or on a cell's last line, the whole result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from sessions_ls.lsp.results import markdown, plain
from sessions_ls.lsp.values import value_at
from sessions_ls.lsp.words import error_line, head_line, last_line

if TYPE_CHECKING:
    from sessions_ls.live.view import View
    from sessions_ls.lsp.server import SessionsServer


async def hover(ls: SessionsServer, params: types.HoverParams) -> types.Hover | None:
    """`textDocument/hover`."""
    notebook = ls.notebooks.get(params.text_document.uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None:
        return None
    ls.notebooks.latest = notebook
    value = await value_at(ls, notebook, view, params.position)
    result = _result(ls, view, params.position.line)
    if ls.client.markdown:
        kind, separator = types.MarkupKind.Markdown, "\n\n---\n\n"
        parts = [value.markdown if value is not None else "", result]
    else:
        kind, separator = types.MarkupKind.PlainText, "\n\n"
        parts = [value.plain if value is not None else "", result]
    text = separator.join(part for part in parts if part)
    span = value.span if value is not None else None
    return types.Hover(types.MarkupContent(kind, text), span) if text else None


def _result(ls: SessionsServer, view: View, line: int) -> str:
    """The result of the cell whose marker, last line or failed line this is; "" elsewhere."""
    for cell in view.cells:
        if head_line(cell.cell) > line:
            break
        if not cell.holds_code:
            continue
        if line in (head_line(cell.cell), last_line(cell.cell), error_line(cell)):
            if ls.client.markdown:
                return markdown(cell, ls.client.policy, ls.file_of(view.path))
            return plain(cell)
    return ""
