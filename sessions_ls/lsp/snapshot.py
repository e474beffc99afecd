"""A notebook as it stands at one request, for features that look at its text and names.

What takes long is done in a thread on the snapshot; if the text has changed meanwhile, the answer
is of no use, and the client is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from sessions_ls.edits.source import Source
from sessions_ls.edits.text import EditError
from sessions_ls.lsp.wire import Refused, quoted, range_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sessions_ls.edits.source import Place
    from sessions_ls.edits.text import Edit
    from sessions_ls.live.view import View
    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer


class Snapshot:
    """One version of a notebook's text, with what is known of its cells then."""

    def __init__(self, server: SessionsServer, notebook: OpenNotebook, view: View) -> None:
        document = notebook.document
        assert document is not None
        self.uri = notebook.uri
        self.view = view
        self.version = document.version
        self.text = document.text
        self.encoding = document.encoding
        self.source = Source(
            self.text,
            view.notebook,
            [cell.names for cell in view.cells],
            view.resolution,
            view.strict,
        )
        self._server = server
        self._notebook = notebook

    def point(self, position: types.Position) -> tuple[int, int]:
        """A client's position as line and column in code points."""
        line = min(position.line, len(self.text) - 1)
        return line, self.text.column(line, position.character, self.encoding)

    def units(self, line: int, column: int) -> int:
        """A column in code points as the client counts it."""
        return self.text.units(line, column, self.encoding)

    def range(self, start: tuple[int, int], end: tuple[int, int]) -> types.Range:
        """What lies between two places, as the client counts."""
        return types.Range(
            types.Position(start[0], self.units(*start)), types.Position(end[0], self.units(*end))
        )

    def place(self, place: Place) -> types.Range:
        """A place on one line, as the client counts."""
        line, start, end = place
        return self.range((line, start), (line, end))

    def range_json(self, first: int, last: int) -> str:
        """The lines from ``first`` to the end of ``last`` as a JSON range."""
        return range_json(first, 0, last, self.units(last, len(self.text.line(last))))

    def place_json(self, place: Place) -> str:
        """A place on one line as a JSON range."""
        line, start, end = place
        return range_json(line, self.units(line, start), line, self.units(line, end))

    def workspace_edit_json(self, edits: Iterable[Edit]) -> str:
        """`workspace_edit` as JSON text: a name may have thousands of places."""
        changes = []
        for edit in edits:
            (line, column), (last, end) = edit.start, edit.end
            place = range_json(line, self.units(line, column), last, self.units(last, end))
            changes.append(f'{{"range":{place},"newText":{quoted(edit.new)}}}')
        uri, listed = quoted(self.uri), f"[{','.join(changes)}]"
        if not self._server.client.document_changes:
            return f'{{"changes":{{{uri}:{listed}}}}}'
        version = "null" if self.version is None else self.version
        document = f'{{"uri":{uri},"version":{version}}}'
        return f'{{"documentChanges":[{{"textDocument":{document},"edits":{listed}}}]}}'

    def workspace_edit(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        """Edits of the notebook, for this version alone where the client can tell versions."""
        changes = [types.TextEdit(self.range(edit.start, edit.end), edit.new) for edit in edits]
        if not self._server.client.document_changes:
            return types.WorkspaceEdit(changes={self.uri: changes})
        document = types.OptionalVersionedTextDocumentIdentifier(uri=self.uri, version=self.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, changes)])

    async def work(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call the function in a thread. Raises Refused in the words of an EditError."""
        try:
            found = await self._server.blocking(function, *arguments)
        except EditError as error:
            raise Refused(str(error)) from error
        document = self._notebook.document
        if document is None or document.version != self.version:
            raise JsonRpcContentModified("The notebook has changed since.")
        return found


async def snapshot(ls: SessionsServer, uri: str) -> Snapshot | None:
    """The notebook with this URI as it stands now; None if there is none."""
    notebook = ls.notebooks.get(uri)
    view = await notebook.view() if notebook is not None else None
    if notebook is None or view is None or notebook.document is None:
        return None
    return Snapshot(ls, notebook, view)
