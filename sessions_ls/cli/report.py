"""A run as a person reads it: results on standard output, errors like a compiler's beside them."""

from __future__ import annotations

from sessions_ls.cli import console
from sessions_ls.cli.rendering import headline, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.cli.remote import Remote
    from sessions_ls.cli.screen import Screen
    from sessions_ls.live.session import LiveSession
    from sessions_ls.notebook.cells import Cell
    from sessions_ls.results.record import ErrorInfo, Output, Record

    Event = dict[str, Any]

DIM, RED, YELLOW = "2", "31", "33"
_AMBIENT = {"cwd": "the working folder"}
_EXPLAINS = ("cyclic-reference", "ambiguous-name")


class Report:
    """Prints the events of one run of ``session``; ``path`` is the notebook's as it was given."""

    def __init__(self, path: str, session: LiveSession | Remote, screen: Screen) -> None:
        self.path = path
        self._session = session
        self._screen = screen
        self._title: dict[int, str | None] = {}
        self._started: set[int] = set()
        self._named: int | None = None
        self._printed: list[Output] = []
        self._causes: dict[int, str] = {}
        self._death_told = False
        self.done: Event | None = None

    def take(self, event: Event) -> None:
        """Print what an event of the run says."""
        kind = event["event"]
        number: int = event.get("number", 0)
        if kind == "output":
            self._head(number)
            put = self._screen.out if event["stream"] == "stdout" else self._screen.err
            put(event["text"])
        elif kind == "display":
            self._show(number, event["outputs"])
            self._printed += event["outputs"]
        elif kind == "cell":
            self._cell(number, event)
        elif kind == "ambient":
            what = ", ".join(_AMBIENT.get(name, name) for name in event["what"])
            self._note(
                self._place(number), f"note: this cell changes {what} for all that run later"
            )
        elif kind == "kernel" and event["state"] == "dead" and not self._death_told:
            self._screen.err_line(f"sessions: {event['message']}")
        elif kind == "done":
            self.done = event

    # -- cells -----------------------------------------------------------------------------------

    def _cell(self, number: int, event: Event) -> None:
        state = event["state"]
        record: Record | None = event.get("record")
        self._title[number] = event["title"]
        if state == "running":
            self._start(number)
        elif record is not None:
            self._finish(number, record)
        elif state == "blocked":
            self._blocked(number, event)
        elif state == "error":
            self._refused(number, event["message"])

    def _start(self, number: int) -> None:
        self._named = None
        self._printed = []
        self._started.add(number)
        progress = self._screen.progress
        if progress is not None:
            progress.start(number, self._title[number], len(self._started), len(self._title))

    def _finish(self, number: int, record: Record) -> None:
        self._started.add(number)
        if self._screen.progress is not None:
            self._screen.progress.rest()
        outputs = list(record.outputs)
        for output in self._printed:
            if output in outputs:
                outputs.remove(output)
        self._show(number, outputs, record.text)
        self._printed = []
        if record.error is not None and record.state == "error":
            self._causes[number] = f"cell {number}, which failed"
            self._error(number, record.error)
        elif record.state == "interrupted":
            after = console.duration(record.runtime_ms / 1000)
            self._note(self._place(number), f"cell {number} interrupted after {after}")

    def _show(self, number: int, outputs: Any, text: str = "") -> None:
        for line in shown(outputs, text):
            self._head(number)
            self._screen.out_line(line)

    def _head(self, number: int) -> None:
        """Name the cell that prints next, where a person reads along."""
        if self._named == number or not self._screen.together:
            return
        self._named = number
        title = self._title.get(number)
        name = f"[{number}] {title}" if title else f"[{number}]"
        self._screen.err_line(self._screen.paint(DIM, name))

    # -- what went wrong -------------------------------------------------------------------------

    def _error(self, number: int, error: ErrorInfo) -> None:
        cell = self._at(number)
        place = self._place(number)
        if error.line is not None:
            place = f"{self.path}:{cell.start + error.line}"
        self._death_told = error.type == "KernelDied"
        said = error.message if self._death_told else headline(error)
        self._screen.err_line(f"{self._bold(place)}: {self._screen.paint(RED, said)}")
        if error.traceback and not self._death_told:
            self._screen.err_line(error.traceback.rstrip("\n"))
        if error.type == "NameError":
            self._explain(number, error.message)

    def _explain(self, number: int, message: str) -> None:
        """Say why a name that some cell defines has no value here."""
        name = message.partition("'")[2].partition("'")[0]
        for problem in self._session.view().problems:
            explains = problem.cell == number and problem.code in _EXPLAINS
            if explains and f"`{name}`" in problem.message:
                self._note(f"{self.path}:{problem.line + 1}", f"note: {problem.message}")

    def _blocked(self, number: int, event: Event) -> None:
        by: int | None = event.get("by")
        if by is None:
            why = str(event["message"])
        else:
            why = "it needs " + (self._causes.get(by) or self._standing_cause(by))
            self._causes[number] = why.removeprefix("it needs ")
        self._note(self._place(number), f"cell {number} blocked: {why}")

    def _standing_cause(self, number: int) -> str:
        """Why a cell that this run did not try gives no value."""
        if self._at(number).disabled:
            return f"cell {number}, which is disabled"
        return f"cell {number}, which failed"

    def _refused(self, number: int, message: str) -> None:
        self._causes[number] = f"cell {number}, which failed"
        place = self._place(number)
        for problem in self._session.view().problems:
            if problem.cell == number and problem.severity == "error":
                place = f"{self.path}:{problem.line + 1}"
                message = f"error[{problem.code}]: {problem.message}"
                if problem.code == "syntax-error":
                    self._causes[number] = f"cell {number}, which has a syntax error"
                break
        self._screen.err_line(f"{self._bold(place)}: {self._screen.paint(RED, message)}")

    def _note(self, place: str, text: str) -> None:
        self._screen.err_line(f"{self._bold(place)}: {self._screen.paint(YELLOW, text)}")

    def _bold(self, text: str) -> str:
        return self._screen.paint("1", text)

    def _at(self, number: int) -> Cell:
        return self._session.notebook.cells[number - 1]

    def _place(self, number: int) -> str:
        cell = self._at(number)
        first = cell.marker if cell.marker is not None else cell.start
        return f"{self.path}:{first + 1}"

    # -- the end ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Say how the run ended."""
        done = self.done
        if done is None:
            return
        statuses = self._session.statuses()
        cells = self._session.notebook.cells
        states = [
            (cell.number, status.state)
            for cell, status in zip(cells, statuses, strict=True)
            if cell.kind == "code" and cell.source.strip()
        ]
        fresh = sum(state == "fresh" and number not in self._started for number, state in states)
        left = sum(state in ("new", "stale", "interrupted") for _, state in states)
        counts = [
            (done["ran"], "ran"),
            (fresh, "fresh"),
            (done["failed"], "failed"),
            (done["blocked"], "blocked"),
            (left, "still stale"),
        ]
        if done["ok"] and not done["ran"] and not left:
            self._screen.err_line(_all_fresh(fresh))
            return
        parts = [f"{count} {what}" for count, what in counts if count]
        parts[:1] = [f"{console.plural(done['ran'], 'cell')} ran"] if done["ran"] else parts[:1]
        text = f"{', '.join(parts)} in {console.duration(done['seconds'])}"
        self._screen.err_line(self._screen.paint(DIM if done["ok"] else RED, text))


def _all_fresh(count: int) -> str:
    if count < 2:
        return "nothing to run" if not count else "the cell is fresh"
    return f"all {count} cells fresh"
