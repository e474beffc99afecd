"""Document links: a cell's marker leads to the pictures of its result."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pygls.uris import from_fs_path

from sessions_ls.lsp.results import media_file
from sessions_ls.lsp.wire import Json, quoted, range_json
from sessions_ls.lsp.words import head_line, is_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsprotocol import types

    from sessions_ls.live.view import CellView, View
    from sessions_ls.lsp.server import SessionsServer
    from sessions_ls.results.record import Record


NOTEBOOKS = 16  # whose pictures are remembered


class Pictures:
    """The files of each record's pictures: their names are hashes, worth computing once."""

    def __init__(self, scratch: Callable[[], str]) -> None:
        self._scratch = scratch
        self._known: dict[str, dict[str, tuple[Record, list[str]]]] = {}

    def of(self, view: View) -> dict[str, list[str]]:
        """For each cell that shows pictures, by its identity, their files."""
        before = self._known.get(view.path, {})
        found = {}
        for cell in view.cells:
            record = cell.record
            if record is None or not record.outputs:
                continue
            known = before.get(cell.ident)
            if known is None or known[0] is not record or not all(map(os.path.isfile, known[1])):
                known = (record, _files(record, view.path, self._scratch))
            found[cell.ident] = known
        self._known.pop(view.path, None)
        self._known[view.path] = found
        while len(self._known) > NOTEBOOKS:
            del self._known[next(iter(self._known))]
        return {ident: files for ident, (_, files) in found.items() if files}


def _files(record: Record, notebook: str, scratch: Callable[[], str]) -> list[str]:
    pictures = [output for output in record.outputs if is_picture(output)]
    return list(dict.fromkeys(media_file(output, notebook, scratch) for output in pictures))


async def document_links(ls: SessionsServer, params: types.DocumentLinkParams) -> Json | None:
    """`textDocument/documentLink`."""
    notebook = ls.notebooks.get(params.text_document.uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None or notebook.document is None:
        return None
    document, links = notebook.document, []
    pictures = await ls.blocking(ls.pictures.of, view)
    for cell in view.cells:
        files = pictures.get(cell.ident, ())
        line = head_line(cell.cell)
        for number, (file, start, end) in enumerate(_spread(files, len(document.text.line(line)))):
            place = range_json(line, document.units(line, start), line, document.units(line, end))
            tip = ""
            if ls.client.link_tooltips:
                tip = f',"tooltip":{quoted(_tooltip(cell, number, len(files)))}'
            links.append(f'{{"range":{place},"target":{quoted(from_fs_path(file) or "")}{tip}}}')
    return Json(f"[{','.join(links)}]")


def _spread(files: list[str] | tuple[str, ...], width: int) -> list[tuple[str, int, int]]:
    """Each file with its part of a line of this width; as many as have room."""
    count = min(len(files), width)
    return [
        (file, width * at // count, width * (at + 1) // count)
        for at, file in enumerate(files[:count])
    ]


def _tooltip(cell: CellView, number: int, count: int) -> str:
    picture = "picture" if count == 1 else f"picture {number + 1} of {count}"
    return f"Open the {picture} of cell {cell.number}"
