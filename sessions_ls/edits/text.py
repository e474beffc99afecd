"""Replacing pieces of a text."""

from __future__ import annotations

import re

from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_ls.notebook.lines import Lines

_WORD = re.compile(r"[^\W\d]\w*")


class EditError(SessionsError):
    """An edit that cannot be made; the message is a sentence for the person who asked for it."""


class Edit:
    """Puts ``new`` in place of what stands from ``start`` to ``end``.

    Both are (line, column) in the text before any edit, from 0, columns in code points.
    """

    __slots__ = ("end", "new", "start")

    def __init__(self, start: tuple[int, int], end: tuple[int, int], new: str) -> None:
        self.start = start
        self.end = end
        self.new = new

    def __repr__(self) -> str:
        return f"Edit({self.start}, {self.end}, {self.new!r})"


def applied(text: Lines, edits: Iterable[Edit]) -> str:
    """The text after ``edits``. They must not overlap; insertions at one place keep their order."""
    source = text.text
    parts = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start, end = text.offset(*edit.start), text.offset(*edit.end)
        assert done <= start <= end, f"{edit} overlaps another edit"
        parts += [source[done:start], edit.new]
        done = end
    return "".join(parts) + source[done:]


def line_end(text: Lines) -> str:
    r"""The line end that new lines of this text get: that of its first line, else `\n`."""
    start = text.offset(0, len(text.line(0)))
    end = text.offset(1, 0) if len(text) > 1 else start
    return text.text[start:end] or "\n"


def lines_of(text: Lines, first: int, stop: int) -> str:
    """The lines from ``first`` up to ``stop`` with their line ends, as they are."""
    end = text.offset(stop, 0) if stop < len(text) else len(text.text)
    return text.text[text.offset(first, 0) : end]


def holds_word(text: str, name: str) -> bool:
    """Whether ``name`` stands in the text as a word of its own, be it in a string or a comment."""
    return name in text and any(match.group() == name for match in _WORD.finditer(text))
