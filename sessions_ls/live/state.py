"""A notebook as it stands: program, records, and what runs now.

For whoever holds the lock of the session or of its client. Knows no process.
"""

from __future__ import annotations

import os

from sessions_ls.kernel.filemarks import FileMarks
from sessions_ls.live.cells import Cells
from sessions_ls.live.view import CellView, View
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.reactive.problems import problems
from sessions_ls.reactive.staleness import prove

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from sessions_ls.live.known import Known
    from sessions_ls.live.mirror import Mirror
    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.notebook.problems import Problem
    from sessions_ls.reactive.names import Names
    from sessions_ls.reactive.program import Program, Text
    from sessions_ls.reactive.resolve import Resolution
    from sessions_ls.reactive.staleness import Proof, Status
    from sessions_ls.results.record import Record


class State:
    """The cells of an open notebook. ``python`` is the kernel's version, major.minor.

    ``live`` holds the cells whose values the kernel has.
    """

    def __init__(
        self,
        path: str,
        python: str,
        records: Iterable[Record],
        strict: bool,
    ) -> None:
        self.path = path
        self._folder = os.path.dirname(path)
        self._marks = FileMarks()
        self.text = ""
        self.cells = Cells(records, strict)
        self.live: set[str] = set()
        self._python = python
        self._notebook: Notebook | None = None
        self._statuses: list[Status] | None = None
        self._proof: Proof | None = None  # the last one, of this version of the program or another
        self._views: list[CellView] = []  # those of the last view
        # The last program that a view was made of, with its problems.
        self._drawn: tuple[Program, Resolution, list[Problem]] | None = None
        self._places: tuple[list[str], dict[str, int]] = ([], {})
        self.passing: dict[str, str] = {}  # queued and running cells
        # Finds names in cells that our Python cannot read, where another one may be asked.
        self.other_reader: Callable[[Sequence[Text]], list[Names]] | None = None

    # -- the program -----------------------------------------------------------------------------

    def recall_names(self, text: str) -> Known:
        """Know the names of this text's cells from an earlier process; then `read` it."""
        from sessions_ls.live.known import Known

        known = Known(self.path, text)
        self.cells.analyser.known = known.names
        return known

    def read(self, text: str) -> Notebook:
        """Split a new text into cells; `analyse` then makes it the program."""
        self.text = text
        self._notebook = read_notebook(text, self._notebook)
        return self._notebook

    def analyse(self) -> None:
        """Take the cells that were read as the program, with what ``other_reader`` adds."""
        assert self._notebook is not None
        self.cells.submit(self._notebook)
        self._statuses = None
        if self.other_reader is not None and (unread := self.unread()):
            found = self.other_reader(unread)
            if found:
                self.tell(unread, found)

    def unread(self) -> list[Text]:
        """The cells that our Python cannot read, and no other one was asked about."""
        cells = self.program.cells
        return [cell.text for cell in cells if cell.broken and not cell.names.reader]

    def tell(self, texts: Sequence[Text], found: Sequence[Names]) -> None:
        """Take the names that the notebook's own Python has found in cells."""
        assert self._notebook is not None
        self.cells.analyser.tell(dict(zip(texts, found, strict=True)))
        self.cells.submit(self._notebook)
        self._statuses = None

    @property
    def program(self) -> Program:
        """The program as last submitted."""
        program = self.cells.program
        assert program is not None, "submit a text first"
        return program

    def statuses(self) -> list[Status]:
        """The proven state of every cell."""
        if self._statuses is None:
            records: Sequence[Any] = self.cells.current()
            self._proof = prove(self.program, records, self.outdated(), self._proof)
            self._statuses = self._proof.found
        return self._statuses

    def outdated(self) -> dict[int, str]:
        """Cells that read a file which has changed since, each with that file."""
        found: dict[int, str] = {}
        for position, record in enumerate(self.cells.current()):
            if record is None or not record.files:
                continue
            for path, mark in record.files.items():
                if self._marks.mark(os.path.join(self._folder, path)) != mark:
                    found[position] = path
                    break
        return found

    def files(self) -> set[str]:
        """The files and local modules that the results depend on, absolute."""
        return {
            os.path.join(self._folder, path)
            for record in self.cells.records.values()
            for path in record.files
        }

    def view(self, kernel: dict[str, Any], bonds: dict[str, object]) -> View:
        """A snapshot of everything a client can show."""
        program = self.program
        self._views = self._cell_views()
        if self._drawn is None or self._drawn[:2] != (program, program.resolution):
            self._drawn = (program, program.resolution, problems(program, self._python))
        return View(self.path, kernel, bonds, list(self._views), self._drawn[2], program)

    def _cell_views(self) -> list[CellView]:
        """Every cell as it stands; those that stand as they did are the same objects."""
        cells, found, idents = self.program.cells, self.statuses(), self.cells.idents
        before = self._views if len(self._views) == len(cells) else [None] * len(cells)
        records, passing, live = self.cells.records, self.passing, self.live
        views = []
        for cell, ident, status, old in zip(cells, idents, found, before, strict=True):
            # A cell that was emptied or made a text cell gives nothing; an undo may follow.
            record = records.get(ident) if cell.runs or cell.broken else None
            state = passing.get(ident, status.state)
            if (
                old is not None
                and old.names is cell
                and old.status is status
                and old.record is record
                and old.state == state
                and old.live == (ident in live)
                and old.ident == ident
            ):
                views.append(old)
            else:
                views.append(CellView(cell, ident, record, status, state, ident in live))
        return views

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return bool(self.passing)

    def lose_values(self) -> None:
        """The kernel is gone, and with it the ground for trusting results of volatile cells."""
        self.live.clear()
        self.cells.distrust()
        self._statuses = None

    def forget(self, positions: Sequence[int]) -> None:
        """Drop the results of these cells."""
        self.cells.forget(positions)
        self.live -= {self.cells.idents[p] for p in positions}
        self._statuses = None

    # -- another's session -----------------------------------------------------------------------

    def adopt(self, mirror: Mirror) -> None:
        """Take over the records and identities of a session, for the cells of our own text."""
        self.live = set(mirror.live)
        self.passing = dict(mirror.passing)
        self.cells.adopt(mirror.idents, mirror.traits, mirror.records)
        self._statuses = None

    def follows(self, mirror: Mirror) -> bool:
        """Whether our text has the very cells of that session's."""
        return self.cells.idents == mirror.idents and self.cells.traits == mirror.traits

    def hear(self, ident: str, mirror: Mirror, record: Record | None) -> None:
        """Take what a session just said of one cell; ``record`` where it ended a run."""
        if record is not None:
            self.live.add(ident)
            position = self.position(ident)
            if position is None or self.cells.program is None:
                self.cells.records[ident] = record
            elif self.cells.put(position, record):
                self.program.resolve()
        state = mirror.passing.get(ident)
        if state is None:
            self.passing.pop(ident, None)
        else:
            self.passing[ident] = state
        self._statuses = None

    def look(self) -> None:
        """Files may have changed, or nothing runs any more."""
        self._statuses = None

    def position(self, ident: str) -> int | None:
        """Where the cell with this identity stands, None if it does not."""
        idents = self.cells.idents
        if self._places[0] is not idents:
            self._places = (idents, {one: place for place, one in enumerate(idents)})
        return self._places[1].get(ident)
