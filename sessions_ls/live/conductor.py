"""What a request and the events of its kernel change in a notebook, and what clients hear of it.

For whoever holds the session's lock. Knows no process and no file.
"""

from __future__ import annotations

import time

from sessions_ls.kernel.marks import SHARING, UNBOUND, gather, sharing
from sessions_ls.live.cells import record_key
from sessions_ls.live.state import State
from sessions_ls.live.transcript import Running
from sessions_ls.reactive.plans import select
from sessions_ls.reactive.problems import explanation
from sessions_ls.results.record import ErrorInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from sessions_ls.live.request import Request, Summary
    from sessions_ls.reactive.plans import Selection
    from sessions_ls.results.record import Output, Record

    Event = dict[str, Any]


class Conductor(State):
    """The state of the notebook that runs. Says what happens to ``emit``."""

    def __init__(
        self,
        path: str,
        python: str,
        records: Iterable[Record],
        strict: bool,
        emit: Callable[[Event], None],
    ) -> None:
        super().__init__(path, python, records, strict)
        self._emit = emit
        self._running: dict[str, Running] = {}
        self._began = time.monotonic()  # when the kernel began with the last cell
        self._ended: dict[str, str] = {}  # cells of this request that are over

    # -- a request ---------------------------------------------------------------------------------

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
        self.passing.clear()
        self._running.clear()
        self._statuses = None

    def take(self, event: Event, summary: Summary) -> Record | None:
        """Take one event of the kernel and hand it on; the new record, where it ends a run."""
        kind = event["e"]
        ident: str = event.get("cell", "")
        position = self.position(ident)
        if kind == "done":
            return self._finish(ident, position, event)
        if kind == "start":
            self._began = time.monotonic()
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
            by = self.position(event["by"])
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
            for ident, state in list(self.passing.items())
            if state == "running" and (position := self.position(ident)) is not None
        ]

    def _fail(self, position: int, ident: str, message: str) -> Record:
        program, records = self.program, self.cells.current()
        reads: dict[str, str] = {}
        objects: dict[str, str] = {}
        for name, maker in program.resolution.needs[position].items():
            made = records[maker]
            reads[name] = made.binds.get(name, UNBOUND) if made is not None else UNBOUND
            if made is not None:
                gather(objects, name, made.objects)
        if shared := sharing(objects):
            reads[SHARING] = shared
        cell = program.cells[position]
        lasted = (time.monotonic() - self._began) * 1000
        event = {"cell": ident, "code": cell.code, "state": "error", "ms": lasted, "reads": reads}
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
        self._statuses = None

    def _leave_queue(self, ident: str) -> None:
        self.passing.pop(ident, None)
        self._statuses = None

    # -- events for clients ------------------------------------------------------------------------

    def _mark(self, position: int | None, ident: str, state: str) -> None:
        self.passing[ident] = state
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
        ident = self.cells.idents[position]
        told: Event = {"event": "output", "number": position + 1, "id": ident}
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
            ident = self.cells.idents[position]
            self._emit({"event": "ambient", "number": position + 1, "id": ident, "what": noted})
