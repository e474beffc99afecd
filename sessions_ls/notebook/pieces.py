r"""A text in pieces that can be exchanged one by one, and the three versions of one piece.

A piece is the text from a marker to the next one; what stands before the first marker is a piece
too, the header. A piece has two parts: its content, and its tail: the end of the last line with
something on it and the blank lines below. A cell added below another one changes only that tail.
"""

from __future__ import annotations

import functools

from .cells import read_notebook
from .lines import split_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cells import Cell, Notebook
    from .identity import Trait

_BOM = "\ufeff"
_BLANK = " \t\f\r\n"


class Pieces:
    """One text, cut: joined, the byte order mark, the header and the cells are the text.

    `cells` have markers; `traits` are what aligns them. `first` is the number of the header: 1
    where it is a cell, else 0; the cells are counted on from there.
    """

    __slots__ = ("bom", "cells", "first", "header", "notebook", "traits")

    def __init__(self, text: str, previous: Pieces | None = None) -> None:
        self.notebook: Notebook = read_notebook(
            text, None if previous is None else previous.notebook
        )
        self.bom = _BOM if text.startswith(_BOM) else ""
        text = text[len(self.bom) :]
        marked = self.notebook.cells
        self.first = 1 if marked[:1] and marked[0].marker is None else 0
        marked = marked[self.first :]
        starts = _starts(text, marked, self.notebook.cells[0].source if self.first else None)
        ends = [*starts[1:], len(text)][: len(starts)]
        self.header = text[: starts[0]] if starts else text
        self.cells = [text[start:end] for start, end in zip(starts, ends, strict=True)]
        self.traits: list[Trait] = [
            (cell.source.rstrip(), cell.id if cell.metadata else None, cell.title)
            for cell in marked
        ]

    def index(self, number: int) -> int:
        """The index in `cells` of the cell with this number; -1 for the header.

        Raises ValueError when there is no such cell.
        """
        index = number - self.first - 1
        if not -1 <= index < len(self.cells):
            raise ValueError(f"There is no cell {number} in this text.")
        return index

    def number(self, index: int) -> int:
        """The number of the cell with this index in `cells`; of the header for -1."""
        return index + self.first + 1

    def __getitem__(self, index: int) -> str:
        """The text of a piece; of the header for -1."""
        return self.header if index < 0 else self.cells[index]

    def title(self, index: int) -> str | None:
        """The title of a cell."""
        return None if index < 0 else self.traits[index][2]


@functools.lru_cache(maxsize=4)
def cut(text: str, previous: Pieces | None = None) -> Pieces:
    """The pieces of a text; the same for the last few texts: of three only one is new mostly."""
    return Pieces(text, previous)


def _starts(text: str, marked: Sequence[Cell], header: str | None) -> list[int]:
    """The offset of each marker; `header` is the code before the first one."""
    if not marked:
        return []
    if "\r" in text:
        offsets, total = [], 0
        for line in split_lines(text):
            offsets.append(total)
            total += len(line)
        return [offsets[cell.marker or 0] for cell in marked]
    starts, position = [], 0
    if header is not None:
        position = len(header)
    else:
        for _ in range(marked[0].marker or 0):
            position = text.index("\n", position) + 1
    for cell in marked:
        starts.append(position)
        position = text.find("\n", position) + 1 + len(cell.source)
    return starts


def with_line_ends(text: str, end: str) -> str:
    r"""The text with every line end (`\n`, `\r\n`, `\r`) replaced."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if end == "\n" else text.replace("\n", end)


def line_end(text: str) -> str | None:
    """The one line end that the text uses; "" when it has none, None when they are mixed."""
    if "\r" not in text:
        return "\n" if "\n" in text else ""
    pairs, returns = text.count("\r\n"), text.count("\r")
    if pairs == returns == text.count("\n"):
        return "\r\n"
    return "\r" if "\n" not in text else None


def parted(piece: str) -> tuple[str, str]:
    """The content and the tail of a piece."""
    place = len(piece.rstrip(_BLANK))
    while place < len(piece) and piece[place] not in "\r\n":
        place += 1
    return piece[:place], piece[place:]


def content(piece: str) -> str:
    r"""The content of a piece with `\n` as its line ends: what makes two pieces the same."""
    return with_line_ends(parted(piece)[0], "\n")


def same(one: str, other: str) -> bool:
    """Do two pieces differ in nothing but line ends and the blank lines below?"""
    return one == other or content(one) == content(other)


def resolve(base: str, mine: str, theirs: str) -> tuple[str, bool]:
    """The merged piece, and whether both sides changed it, each in its own way: then it is mine.

    Blank lines that both changed are mine without a word.
    """
    if theirs in (base, mine):
        return mine, False
    if mine == base:
        return theirs, False
    ours, ours_tail = parted(mine)
    other, other_tail = parted(theirs)
    old, old_tail = parted(base)
    tail = other_tail if ours_tail == old_tail else ours_tail
    if with_line_ends(tail, "\n") == with_line_ends(ours_tail, "\n"):
        tail = ours_tail
    if other in (old, ours):
        return ours + tail, False
    if ours == old:
        return other + tail, False
    old, plain, foreign = (with_line_ends(text, "\n") for text in (old, ours, other))
    if plain == old and foreign != old:
        return other + tail, False
    return ours + tail, foreign not in (old, plain)
