"""`sessions.showOutput`: a result in full, in the editor or in what the system opens it with."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import from_fs_path

from sessions_ls.lsp.results import markdown, plain
from sessions_ls.lsp.wire import Refused
from sessions_ls.lsp.words import is_picture

if TYPE_CHECKING:
    import tempfile
    from collections.abc import Mapping

    from sessions_ls.live.view import CellView
    from sessions_ls.lsp.results import FileOf
    from sessions_ls.lsp.server import SessionsServer

PAGES = ("application/pdf", "text/html")

MOST = 12
"""Pictures that are opened at once: each may be a window of its own."""


async def show_output(ls: SessionsServer, cell: CellView, notebook: str) -> object:
    """Open the result where the client can; in any case answer with it as Markdown."""
    if cell.record is None:
        raise Refused(f"Cell {cell.number} has no result yet.")
    file_of = ls.file_of(notebook)
    paths = _files(ls, cell, notebook, file_of)
    unseen = [path for path in paths if not path.endswith(".txt")]
    if unseen and ls.client.policy.needs_display and not _display(os.environ):
        ls.say(f"There is no display here to open it on: {', '.join(unseen)}")
    elif ls.client.shows_documents:
        for path in paths:
            uri = from_fs_path(path) or ""
            external = not path.endswith(".txt")
            await ls.window_show_document_async(
                types.ShowDocumentParams(uri, external=external, take_focus=True)
            )
    text = markdown(cell, replace(ls.client.policy, tables=True, pictures=True), file_of)
    return {"markdown": text, "path": paths[0]}


def _display(environ: Mapping[str, str]) -> bool:
    """Whether a program that shows pictures can be started here, as it cannot over ssh."""
    windows = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "BROWSER")
    return not sys.platform.startswith("linux") or any(environ.get(name) for name in windows)


def _files(ls: SessionsServer, cell: CellView, notebook: str, file_of: FileOf) -> list[str]:
    """Files with the result: its pictures, or its first page, else a text of ours."""
    assert cell.record is not None
    outputs = cell.record.outputs
    pictures = dict.fromkeys(file_of(output) for output in outputs if is_picture(output))
    if pictures:
        return list(pictures)[:MOST]
    for output in outputs:
        if output.mime in PAGES:
            return [file_of(output)]
    name = f"{os.path.splitext(os.path.basename(notebook))[0]}-cell-{cell.number}.txt"
    path = os.path.join(ls.scratch(), name)
    with open(path, "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(plain(cell) + "\n")
    return [path]


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for such texts, readable by its owner alone, gone with the server."""
    import tempfile

    return tempfile.TemporaryDirectory(prefix="sessions-")
