"""A notebook as it stands: program, records, what runs now; and what the kernel's events change.

For whoever holds the session's lock. Knows no process and no file.
"""

from __future__ import annotations

import os

from sessions_ls.kernel.filemarks import FileMarks
from sessions_ls.kernel.marks import UNBOUND
from sessions_ls.live.cells import Cells, record_key
from sessions_ls.live.transcript import Running
from sessions_ls.live.view import CellView, View
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.reactive.plans import select
from sessions_ls.reactive.problems import explanation, problems
from sessions_ls.reactive.staleness import statuses
from sessions_ls.results.record import ErrorInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from sessions_ls.live.request import Request, Summary
    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.notebook.problems import Problem
    from sessions_ls.reactive.plans import Selection
    from sessions_ls.reactive.program import Program
    from sessions_ls.reactive.staleness import Status
    from sessions_ls.results.record import Output, Record

    Event = dict[str, Any]


class State:
    """The cells of an open notebook. ``python`` is the kernel's version, major.minor.

    ``live`` holds the cells whose values the kernel has. ``learnt`` grows whenever a run taught
    something that changes which definition a read means.
    """

    def __init__(
        self,
        path: str,
        python: str,
        records: Iterable[Record],
        strict: bool,
        emit: Callable[[Event], None],
    ) -> None:
        self.path = path
        self._folder = os.path.dirname(path)
        self._marks = FileMarks()
        self.text = ""
        self.cells = Cells(records, strict)
        self.live: set[str] = set()
        self.learnt = 0
        self._python = python
        self._emit = emit
        self._notebook: Notebook | None = None
        self._statuses: list[Status] | None = None
        # The last program a view was made of, with its problems and readers.
        self._drawn: tuple[Program, int, list[Problem], list[list[int]]] | None = None
        self._places: tuple[list[str], dict[str, int]] = ([], {})
        self._passing: dict[str, str] = {}  # queued and running cells
        self._running: dict[str, Running] = {}
        self._ended: dict[str, str] = {}  # cells of this request that are over

    # -- the program -----------------------------------------------------------------------------

    def read(self, text: str) -> Notebook:
        """Split a new text into cells; `analyse` then makes it the program."""
        self.text = text
        self._notebook = read_notebook(text, self._notebook)
        return self._notebook

    def analyse(self) -> None:
        """Take the cells that were read as the program."""
        assert self._notebook is not None
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
            self._statuses = statuses(self.program, records, self.outdated())
        return self._statuses

    def outdated(self) -> dict[int, str]:
        """Cells that read a file which has changed since, each with that file."""
        found: dict[int, str] = {}
        for position, record in enumerate(self.cells.current()):
            for path, mark in record.files.items() if record is not None else ():
                if self._marks.mark(os.path.join(self._folder, path)) != mark:
                    found[position] = path
                    break
        return found

    def view(self, kernel: dict[str, Any], bonds: dict[str, object]) -> View:
        """A snapshot of everything a client can show."""
        program, found = self.program, self.statuses()
        cells = [
            CellView(
                program.cells[position],
                ident,
                self.cells.records.get(ident),
                found[position],
                self._passing.get(ident, found[position].state),
                ident in self.live,
            )
            for position, ident in enumerate(self.cells.idents)
        ]
        if self._drawn is None or self._drawn[:2] != (program, self.learnt):
            self._drawn = (program, self.learnt, problems(program), program.resolution.readers())
        return View(self.path, kernel, bonds, cells, self._drawn[2], program, self._drawn[3])

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return bool(self._passing)

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

    # -- a request -------------------------------------------------------------------------------

    def begin(self, request: Request, summary: Summary) -> Selection:
        """The cells of a request; says of those that cannot run at all why they do not."""
        self._ended.clear()
        self._statuses = None  # files may have changed
        program, found = self.program, self.statuses()
        chosen = {number - 1 for number in request.cells}
        for position, status in enumerate(found):
            if not (request.all or request.stale or position in chosen):
                continue
            if program.cells[position].broken or position in program.refused:
                summary.failed += 1
                self._say(position, "error", message=status.reason)
            elif status.state == "disabled" and position in chosen:
                summary.blocked += 1
                self._say(position, "blocked", message="it is disabled")
        if request.all:
            forced = [p for p, c in enumerate(program.cells) if c.runs and not c.cell.disabled]
            selection = select(program, found, forced)
        else:
            selection = select(program, found, chosen, request.stale, request.retry)
        asked = {*selection.forced, *selection.wanted}
        for position in program.resolution.order:
            if position in asked:
                self._mark(position, self.cells.idents[position], "queued")
        return selection

    def end(self, summary: Summary) -> None:
        """The request is over."""
        summary.ran = len(self._ended)
        summary.failed += sum(state == "error" for state in self._ended.values())
        self._passing.clear()
        self._running.clear()
        self._statuses = None

    def take(self, event: Event, summary: Summary) -> Record | None:
        """Take one event of the kernel and hand it on; the new record, where it ends a run."""
        kind = event["e"]
        ident: str = event.get("cell", "")
        position = self._position(ident)
        if kind == "done":
            return self._finish(ident, position, event)
        if kind == "start":
            self._mark(position, ident, "running")
        elif kind in ("out", "display", "result"):
            outputs = self._running.setdefault(ident, Running()).take(event)
            if position is not None:
                self._hand_on(position, event, outputs)
        elif kind == "fresh":
            self._leave_queue(ident)
            if position is not None and ident not in self._ended:
                summary.fresh += 1
                self._say(position, "fresh")
        elif kind == "blocked":
            self._leave_queue(ident)
            by = self._position(event["by"])
            if position is not None and by is not None:
                summary.blocked += 1
                self._say(position, "blocked", by=by + 1)
        elif kind == "ambient" and position is not None:
            self._note(position, event["what"])
        return None

    def bury(self, message: str) -> list[Record]:
        """The kernel died: the running cell failed with it, the others go back to stale."""
        return [
            self._fail(position, ident, message)
            for ident, state in list(self._passing.items())
            if state == "running" and (position := self._position(ident)) is not None
        ]

    def _fail(self, position: int, ident: str, message: str) -> Record:
        program, records = self.program, self.cells.current()
        reads = {}
        for name, maker in program.resolution.needs[position].items():
            made = records[maker]
            reads[name] = made.binds.get(name, UNBOUND) if made is not None else UNBOUND
        cell = program.cells[position]
        event = {"cell": ident, "code": cell.code, "state": "error", "ms": 0.0, "reads": reads}
        record = self._running.pop(ident, Running()).record(event, cell.cell, self.path)
        record.error = ErrorInfo("KernelDied", message, None, message)
        self._ended[ident] = "error"
        self._keep(position, record)
        self._say(position, "error", record)
        return record

    def _finish(self, ident: str, position: int | None, event: Event) -> Record | None:
        running = self._running.pop(ident, None) or Running()
        self._leave_queue(ident)
        self.live.add(ident)
        self._ended[ident] = event["state"]
        if position is None:
            return None
        record = running.record(event, self.program.cells[position].cell, self.path)
        if record.error is not None and record.error.type == "NameError":
            self._explain(position, record.error)
        self._keep(position, record)
        self._say(position, record.state, record)
        return record

    def _explain(self, position: int, error: ErrorInfo) -> None:
        """Add to a NameError why no cell gave the name a value."""
        parts = error.message.split("'")
        why = explanation(self.program, position, parts[1]) if len(parts) > 2 else ""
        if why:
            error.message = f"{error.message}: {why}"

    def _keep(self, position: int, record: Record) -> None:
        record.key = record_key(record, self._python)
        if self.cells.put(position, record):
            self.program.resolve()
            self.learnt += 1
        self._statuses = None

    def _leave_queue(self, ident: str) -> None:
        self._passing.pop(ident, None)
        self._statuses = None

    def _position(self, ident: str) -> int | None:
        idents = self.cells.idents
        if self._places[0] is not idents:
            self._places = (idents, {one: place for place, one in enumerate(idents)})
        return self._places[1].get(ident)

    # -- events for clients ----------------------------------------------------------------------

    def _mark(self, position: int | None, ident: str, state: str) -> None:
        self._passing[ident] = state
        if position is not None:
            self._say(position, state)

    def _say(self, position: int, state: str, record: Record | None = None, **more: object) -> None:
        event: Event = {
            "event": "cell",
            "number": position + 1,
            "id": self.cells.idents[position],
            "title": self.program.cells[position].cell.title,
            "state": state,
        }
        if record is not None:
            event["runtime_ms"] = record.runtime_ms
            event["record"] = record
        if more:
            event.update(more)
        self._emit(event)

    def _hand_on(self, position: int, event: Event, outputs: list[Output]) -> None:
        told: Event = {"event": "output", "number": position + 1}
        if event["e"] == "out":
            told.update(stream=event["stream"], text=event["text"])
        elif event["e"] == "display":
            mimes = [output.mime for output in outputs]
            told.update(event="display", mimes=mimes, outputs=outputs)
        else:
            return
        self._emit(told)

    def _note(self, position: int, what: list[str]) -> None:
        """Say what the cell changed for all that run after it.

        Importing a library adds filters for its own warnings; that is nobody's concern.
        """
        source = self.program.cells[position].cell.source
        noted = [name for name in what if name != "warnings.filters" or "warnings" in source]
        if noted:
            self._emit({"event": "ambient", "number": position + 1, "what": noted})
