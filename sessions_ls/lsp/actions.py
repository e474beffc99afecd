"""Code actions: what can be done about the cell at the cursor, made as JSON text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from sessions_ls.lsp.merging import merge_actions
from sessions_ls.lsp.wire import Json

if TYPE_CHECKING:
    from sessions_ls.lsp.server import SessionsServer

OPTIONS = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])


async def code_action(ls: SessionsServer, params: types.CodeActionParams) -> Json | None:
    """`textDocument/codeAction`."""
    notebook = ls.notebooks.get(params.text_document.uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None or notebook.document is None or notebook.session is None:
        return None
    first, last = params.range.start.line, params.range.end.line
    found = merge_actions(notebook.session, view, notebook.document, ls.client, (first, last))
    return Json(f"[{','.join(found)}]")
