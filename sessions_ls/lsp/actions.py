"""Code actions: what can be done about the cell at the cursor, made as JSON text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from sessions_ls.lsp.cell_actions import KINDS, cell_actions, wanted
from sessions_ls.lsp.merging import merge_actions
from sessions_ls.lsp.snapshot import Snapshot
from sessions_ls.lsp.trusting import trust_actions
from sessions_ls.lsp.wire import Json

if TYPE_CHECKING:
    from sessions_ls.lsp.server import SessionsServer

OPTIONS = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)


async def code_action(ls: SessionsServer, params: types.CodeActionParams) -> Json | None:
    """`textDocument/codeAction`: first what another's edits ask for, then fixes, then the rest."""
    notebook = ls.notebooks.get(params.text_document.uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None or notebook.document is None or notebook.session is None:
        return None
    first, last = params.range.start.line, params.range.end.line
    found: list[str] = []
    if wanted(params.context, "quickfix"):
        document, client = notebook.document, ls.client
        found += merge_actions(notebook.session, view, document, client, (first, last))
        found += trust_actions(notebook, client.action_objects)
    fixes, others = await cell_actions(ls, Snapshot(ls, notebook, view), params)
    return Json(f"[{','.join([*found, *fixes, *others])}]")
