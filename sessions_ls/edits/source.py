"""A notebook as edits look at it: its text, its cells, and which definition each read means."""

from __future__ import annotations

import bisect

from sessions_ls.edits.spots import spots
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.notebook.lines import Lines
from sessions_ls.reactive.program import Analyser, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.edits.spot import Spot
    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.reactive.program import ProgramCell
    from sessions_ls.reactive.resolve import Resolution

Place = tuple[int, int, int]
"""Line, column and end column in the notebook's text, from 0, in code points."""


class Source:
    """A snapshot. Cells go by their positions, from 0; a place is one in the whole text."""

    __slots__ = ("_heads", "cells", "notebook", "resolution", "strict", "text")

    def __init__(
        self,
        text: Lines,
        notebook: Notebook,
        cells: Sequence[ProgramCell],
        resolution: Resolution,
        strict: bool = False,
    ) -> None:
        """``notebook`` and ``cells`` are those of ``text``; ``resolution`` is that of ``cells``."""
        self.text = text
        self.notebook = notebook
        self.cells = cells
        self.resolution = resolution
        self.strict = strict
        self._heads = [self.head(position) for position in range(len(cells))]

    @classmethod
    def read(cls, text: str, strict: bool = False) -> Source:
        """That of a notebook of which nothing but the text is known."""
        notebook = read_notebook(text)
        program = Program(notebook, Analyser().cells(notebook, None), strict)
        return cls(Lines(text), notebook, program.cells, program.resolution, strict)

    def head(self, position: int) -> int:
        """The first line of a cell: its marker, where it has one."""
        cell = self.cells[position].cell
        return cell.start if cell.marker is None else cell.marker

    def stop(self, position: int) -> int:
        """The line after a cell's last."""
        return max(self.cells[position].cell.stop, self.head(position) + 1)

    def at(self, line: int) -> int | None:
        """The cell that a line belongs to, its marker included."""
        position = bisect.bisect_right(self._heads, line) - 1
        return position if position >= 0 else None

    def spots(self, position: int) -> tuple[Spot, ...]:
        """Where names of the notebook stand in a cell."""
        cell = self.cells[position]
        return spots(cell.cell.source) if cell.code and not cell.broken else ()

    def place(self, position: int, spot: Spot) -> Place:
        """Where a spot of a cell is in the whole text."""
        line = self.cells[position].cell.start + spot.line
        shift = self.shift(line)
        return line, spot.column + shift, spot.end + shift

    def shift(self, line: int) -> int:
        """What to add to a cell's columns: a byte order mark is a character of the first line."""
        return 1 if not line and self.text.line(0).startswith("\ufeff") else 0

    def spot(self, line: int, column: int) -> tuple[int, Spot] | None:
        """The cell and spot at a place; a place right after a name counts as on it."""
        position = self.at(line)
        if position is None:
            return None
        near = None
        for spot in self.spots(position):
            at, start, end = self.place(position, spot)
            if at == line and start <= column < end:
                return position, spot
            if at == line and column == end:
                near = position, spot
        return near
