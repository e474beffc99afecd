"""Hover: on a marker or on a cell's last line, the whole result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from sessions_ls.lsp.results import markdown, plain
from sessions_ls.lsp.words import head_line, last_line

if TYPE_CHECKING:
    from sessions_ls.lsp.server import SessionsServer


async def hover(ls: SessionsServer, params: types.HoverParams) -> types.Hover | None:
    """`textDocument/hover`."""
    notebook = ls.notebooks.get(params.text_document.uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None:
        return None
    ls.notebooks.latest = notebook
    line = params.position.line
    for cell in view.cells:
        if head_line(cell.cell) > line:
            break
        if cell.runs and line in (head_line(cell.cell), last_line(cell.cell)):
            if ls.client.markdown:
                content = types.MarkupContent(
                    types.MarkupKind.Markdown, markdown(cell, view.path, ls.client.policy.tables)
                )
            else:
                content = types.MarkupContent(types.MarkupKind.PlainText, plain(cell))
            return types.Hover(content)
    return None
