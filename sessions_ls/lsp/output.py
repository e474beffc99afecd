"""`sessions.showOutput`: a result in full, in the editor or in what the system opens it with."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import islice
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
    from sessions_ls.results.record import Record

PAGES = ("application/pdf", "text/html")

MOST = 12
"""Pictures that are opened at once: each may be a window of its own."""


async def show_output(ls: SessionsServer, cell: CellView, notebook: str) -> object:
    """Open the result where the client can; in any case answer with it as Markdown."""
    if cell.record is None:
        raise Refused(f"Cell {cell.number} has no result yet.")
    file_of = ls.file_of(notebook)
    external = _external(cell.record, file_of)
    if external and ls.client.policy.needs_display and not has_display(os.environ):
        pictures = _pictures(cell.record, file_of)
        if pictures:
            ls.say(f"There is no display here to open it on: {', '.join(pictures)}")
        words = cell.record.text or cell.record.stdout.strip() or cell.record.stderr.strip()
        opened = [_text(ls, cell, notebook)] if words else []
    else:
        opened = external or [_text(ls, cell, notebook)]
    for path in opened if ls.client.shows_documents else ():
        uri = from_fs_path(path) or ""
        await ls.window_show_document_async(
            types.ShowDocumentParams(uri, external=path in external, take_focus=True)
        )
    text = markdown(cell, replace(ls.client.policy, tables=True, pictures=True), file_of)
    return {"markdown": text, "path": (opened or external)[0]}


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a program that shows pictures can be started here, as it cannot over ssh."""
    windows = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "BROWSER")
    return not sys.platform.startswith("linux") or any(environ.get(name) for name in windows)


def _external(record: Record, file_of: FileOf) -> list[str]:
    """Files that the client cannot show: the pictures of a result, else its first page."""
    pages = (file_of(output) for output in record.outputs if output.mime in PAGES)
    return _pictures(record, file_of) or list(islice(pages, 1))


def _pictures(record: Record, file_of: FileOf) -> list[str]:
    found = dict.fromkeys(file_of(output) for output in record.outputs if is_picture(output))
    return list(found)[:MOST]


def _text(ls: SessionsServer, cell: CellView, notebook: str) -> str:
    """A file of ours with the result as plain text."""
    name = f"{os.path.splitext(os.path.basename(notebook))[0]}-cell-{cell.number}.txt"
    path = os.path.join(ls.scratch(), name)
    with open(path, "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(plain(cell) + "\n")
    return path


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for such texts, readable by its owner alone, gone with the server."""
    import tempfile

    return tempfile.TemporaryDirectory(prefix="sessions-")
