"""The editor's buffers: opened, changed, saved, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from sessions_ls.lsp.server import SessionsServer


async def did_open(ls: SessionsServer, params: types.DidOpenTextDocumentParams) -> None:
    """`textDocument/didOpen`. Runs nothing."""
    notebook = ls.notebooks.open(params.text_document.uri)
    if notebook is not None:
        await notebook.show()


async def did_change(ls: SessionsServer, params: types.DidChangeTextDocumentParams) -> None:
    """`textDocument/didChange`; pygls has applied the change to the document already."""
    notebook = ls.notebooks.get(params.text_document.uri)
    if notebook is not None:
        ls.notebooks.latest = notebook
        notebook.edited()


async def did_save(ls: SessionsServer, params: types.DidSaveTextDocumentParams) -> None:
    """`textDocument/didSave`: what is stale runs, in a notebook that is trusted."""
    notebook = ls.notebooks.get(params.text_document.uri)
    if notebook is not None:
        ls.notebooks.latest = notebook
        await notebook.saved()


async def did_close(ls: SessionsServer, params: types.DidCloseTextDocumentParams) -> None:
    """`textDocument/didClose`. Ends nothing yet: it may be half of a reload."""
    ls.notebooks.close(params.text_document.uri)
