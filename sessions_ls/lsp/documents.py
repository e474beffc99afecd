"""The editor's text, kept as the protocol says: three kinds of line end, clamped positions.

pygls's own document cuts lines as `str.splitlines` does, so it drifts apart from the editor's at
the first form feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from sessions_ls.notebook.lines import Lines

if TYPE_CHECKING:
    from pygls.protocol import LanguageServerProtocol


class Document(TextDocument):
    """An open document. ``text`` is immutable: an edit puts another in its place.

    Of what it inherits only `uri`, `path`, `version` and `language_id` are used; the inherited
    helpers for positions are not.
    """

    def __init__(self, encoding: str, uri: str, source: str, **rest: Any) -> None:
        super().__init__(uri, source, **rest)
        self.encoding = encoding
        self.text = Lines(source)

    @property
    def source(self) -> str:
        """The whole text."""
        return self.text.text

    def apply_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Apply one change of `textDocument/didChange`."""
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            self.text = Lines(change.text)
        else:
            start, end = self.position(change.range.start), self.position(change.range.end)
            self.text = self.text.edited(start, end, change.text)

    def position(self, position: types.Position) -> tuple[int, int]:
        """A client's position as line and column in code points; the end of the text if past it."""
        line = position.line
        if line >= len(self.text):
            line = len(self.text) - 1
            return line, len(self.text.line(line))
        return line, self.text.column(line, position.character, self.encoding)

    def units(self, line: int, column: int) -> int:
        """A column in code points as the client counts it."""
        return self.text.units(line, column, self.encoding)


class Documents(Workspace):
    """pygls's workspace with our documents in it."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> Document:
        return Document(
            _value(self.position_encoding),
            doc_uri,
            source or "",
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )


def install(protocol: LanguageServerProtocol, params: types.InitializeParams) -> None:
    """Put our workspace in place of the one that pygls made while it initialised."""
    made = protocol.workspace
    protocol._workspace = Documents(
        made.root_uri, made._sync_kind, params.workspace_folders or [], made.position_encoding
    )


def _value(encoding: types.PositionEncodingKind | str | None) -> str:
    if isinstance(encoding, types.PositionEncodingKind):
        return encoding.value
    return encoding or "utf-16"
