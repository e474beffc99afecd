"""The one owner of a notebook: holds its program, plans runs, keeps its results."""

from __future__ import annotations

import os
import time
from _thread import RLock

from sessions_ls.kernel.client import Kernel, KernelDied
from sessions_ls.kernel.interpreter import choose
from sessions_ls.live.cells import Cells, record_key
from sessions_ls.live.request import Request, Summary
from sessions_ls.live.transcript import Running
from sessions_ls.live.view import CellView, View
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.reactive.plans import program_message, select
from sessions_ls.reactive.problems import problems
from sessions_ls.reactive.staleness import statuses
from sessions_ls.results.record import ErrorInfo, Record, Session
from sessions_ls.results.session_file import SessionWriter, load, session_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from sessions_ls.live.settings import Settings
    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.reactive.plans import Selection
    from sessions_ls.reactive.program import Program
    from sessions_ls.reactive.staleness import Status
    from sessions_ls.results.record import Output

    Event = dict[str, Any]

PATIENCE = 5.0  # seconds a cell gets to end after an interrupt, before its kernel is killed


class LiveSession:
    """A notebook that is open: its text in, runs on request, events out.

    `submit`, `view`, `interrupt` and `clear` may be called from any thread at any time; `run`
    blocks its caller and takes its turn. Events go to ``emit``, in the thread of `run`.
    """

    def __init__(
        self,
        path: str,
        settings: Settings,
        emit: Callable[[Event], None],
        write: bool = True,
        kernel: Kernel | None = None,
    ) -> None:
        """Open the notebook at ``path``; ``kernel`` is one already started for it, see `early`."""
        self.path = os.path.abspath(path)
        self._settings = settings
        self._emit = emit
        self._lock = RLock()
        self._turn = RLock()
        self._writer = SessionWriter(session_path(self.path)) if write else None
        self._stored = load(session_path(self.path))
        self.troubles = list(self._stored.problems)
        self.choice = choose(self.path, settings.python, os.environ)
        version = self.choice.version or self._stored.python
        self._python = ".".join(version.split(".")[:2])
        records = self._stored.records if self._same_python() else []
        self._cells = Cells([r for r in records if not r.volatile], settings.strict)
        self._text = ""
        self._notebook: Notebook | None = None
        self._statuses: list[Status] | None = None
        self._kernel = kernel
        self._interrupted = False
        self._sent: Program | None = None
        self._order_sent: list[str] = []
        self._live: set[str] = set()
        self._passing: dict[str, str] = {}
        self._done: set[str] = set()
        self._running: dict[str, Running] = {}

    launch = staticmethod(Kernel.start)

    # -- the program -----------------------------------------------------------------------------

    def submit(self, text: str) -> None:
        """Take the notebook's text as saved or shown. Runs nothing."""
        with self._lock:
            self._text = text
            self._notebook = read_notebook(text, self._notebook)
            if self._kernel is not None and self._sent is None:
                cells = [
                    (c.source, c.start + 1, 0) for c in self._notebook.cells if c.kind == "code"
                ]
                self._kernel.send({"op": "sources", "text": text, "cells": cells})
            self._cells.submit(self._notebook)
            self._statuses = None

    def statuses(self) -> list[Status]:
        """The proven state of every cell."""
        with self._lock:
            if self._statuses is None:
                records: Sequence[Any] = self._cells.current()
                self._statuses = statuses(self._program, records)
            return self._statuses

    def view(self) -> View:
        """A snapshot of everything a client can show."""
        with self._lock:
            program = self._program
            found = self.statuses()
            cells = [
                CellView(
                    program.cells[position],
                    ident,
                    self._cells.records.get(ident),
                    found[position],
                    self._passing.get(ident, found[position].state),
                    ident in self._live,
                )
                for position, ident in enumerate(self._cells.idents)
            ]
            bonds = self._stored.bonds
            return View(self.path, self.kernel_json(), bonds, cells, problems(program), program)

    def kernel_json(self) -> dict[str, Any]:
        """The kernel, as `sessions status --json` shows it."""
        kernel = self._kernel
        if kernel is None:
            state, pid = "none", None
        else:
            state, pid = ("busy" if self._passing else "idle"), kernel.pid
        choice = self.choice
        return {"state": state, "pid": pid, "python": choice.path, "reason": choice.reason}

    @property
    def notebook(self) -> Notebook:
        """The cells of the text that was last submitted."""
        return self._program.notebook

    @property
    def _program(self) -> Program:
        program = self._cells.program
        assert program is not None, "submit a text first"
        return program

    # -- the kernel ------------------------------------------------------------------------------

    def start_kernel(self) -> None:
        """Start the kernel if none runs. A text submitted before its first run is compiled there
        while it is analysed here.
        """
        if self._kernel is None:
            folder = os.path.dirname(self.path)
            self._kernel = self.launch(self.choice.path, self.path, folder)
            self._sent = None
            self._live.clear()

    def interrupt(self) -> None:
        """Stop the running cell; the cells queued after it stay stale."""
        self._interrupted = True
        kernel = self._kernel
        if kernel is not None:
            kernel.interrupt()

    def kill(self) -> None:
        """End the kernel at once, whatever runs in it."""
        kernel = self._kernel
        if kernel is not None:
            kernel.kill()

    def restart(self) -> None:
        """End the kernel; results stay, cold. The next run starts a new one."""
        self._stop_running()
        with self._turn:
            self._drop_kernel()

    def close(self) -> None:
        """End the kernel; what it gave is saved already."""
        self._stop_running()
        with self._turn:
            self._drop_kernel()

    def _stop_running(self) -> None:
        """Interrupt a run under way; a cell that does not listen takes its kernel with it."""
        if self._turn.acquire(blocking=False):
            self._turn.release()
            return
        self.interrupt()
        if self._turn.acquire(timeout=PATIENCE):
            self._turn.release()
        else:
            self.kill()

    def _drop_kernel(self) -> None:
        kernel, self._kernel = self._kernel, None
        self._sent = None
        with self._lock:
            self._live.clear()
        if kernel is not None:
            kernel.close()

    # -- results ---------------------------------------------------------------------------------

    def clear(self, numbers: Iterable[int] | None = None) -> None:
        """Forget the results of these cells, or of all."""
        with self._turn, self._lock:
            count = len(self._program.cells)
            positions = range(count) if numbers is None else [n - 1 for n in numbers]
            self._cells.forget(positions)
            self._live -= {self._cells.idents[p] for p in positions}
            self._statuses = None
            self._sent = None
            self.save()

    def save(self) -> bool:
        """Write the session file if results changed. Raises SessionFileError."""
        if self._writer is None:
            return False
        with self._lock:
            records = [r for r in self._cells.current() if r is not None]
            if not records and not self._stored.records:
                return False
            self._stored = Session(
                notebook=os.path.basename(self.path),
                python=self._python_version(),
                bonds=self._stored.bonds,
                records=records,
                foreign=self._stored.foreign,
            )
        return self._writer.save(self._stored)

    def _python_version(self) -> str:
        return self.choice.version or self._stored.python

    def _same_python(self) -> bool:
        stored = ".".join(self._stored.python.split(".")[:2])
        if stored == self._python or not self._stored.records:
            return True
        self.troubles.append(
            f"the stored results come from Python {stored}; {self.choice.path} is {self._python}, "
            "so they are not used"
        )
        return False

    # -- running ---------------------------------------------------------------------------------

    def run(self, request: Request) -> Summary:
        """Run what is asked for; blocks until it is over. Raises SessionFileError when the
        results, which are kept all the same, cannot be saved.
        """
        with self._turn:
            self._interrupted = False
            self._done.clear()
            started = time.monotonic()
            summary = Summary()
            deadline = None if request.seconds is None else started + request.seconds
            try:
                self._run(request, summary, deadline)
            finally:
                with self._lock:
                    self._passing.clear()
                    self._running.clear()
                    self._statuses = None
            summary.seconds = time.monotonic() - started
            try:
                self.save()
            finally:
                self._emit(summary.event())
            return summary

    def _run(self, request: Request, summary: Summary, deadline: float | None) -> None:
        with self._lock:
            selection = self._select(request)
            idents = self._cells.idents
            asked = {idents[p] for p in (*selection.forced, *selection.wanted)}
            auto = {idents[p] for p in selection.auto}
            forced = {idents[p] for p in selection.forced}
        self._block_held(request, summary)
        if not asked:
            return
        self._mark(
            [idents[p] for p in self._program.resolution.order if idents[p] in asked], "queued"
        )
        self.start_kernel()
        while True:
            message = self._plan(forced, asked, auto)
            try:
                end = self._converse(message, summary, deadline)
            except KernelDied as death:
                self._bury(death, summary)
                return
            if self._interrupted:
                end["why"] = "interrupted"
            if end["why"] != "replan":
                summary.interrupted = end["why"] == "interrupted"
                return
            with self._lock:
                forced = {self._order_sent[p] for p in end["again"]}

    def _select(self, request: Request) -> Selection:
        program = self._program
        found = self.statuses()
        if request.all:
            forced = [p for p, c in enumerate(program.cells) if c.runs and not c.cell.disabled]
            return select(program, found, forced)
        chosen = [number - 1 for number in request.cells]
        return select(program, found, chosen, request.stale, request.retry)

    def _block_held(self, request: Request, summary: Summary) -> None:
        """Say of cells that cannot run at all, or not now, why they do not."""
        with self._lock:
            chosen = {number - 1 for number in request.cells}
            for position, status in enumerate(self.statuses()):
                if not (request.all or request.stale or position in chosen):
                    continue
                cell = self._program.cells[position]
                if cell.broken or position in self._program.refused:
                    summary.failed += 1
                    self._say(position, "error", message=status.reason)
                elif status.state == "disabled" and position in chosen:
                    summary.blocked += 1
                    self._say(position, "blocked", message="it is disabled")

    def _plan(self, forced: set[str], asked: set[str], auto: set[str]) -> Event:
        """Bring the kernel's program up to date; the message that starts the run."""
        assert self._kernel is not None
        with self._lock:
            program = self._program
            idents = list(self._cells.idents)
            if self._sent is not program or self._stale_plan:
                records = self._cells.current()
                stored = [
                    None if r is None or ident in self._live else _stored(r)
                    for ident, r in zip(idents, records, strict=True)
                ]
                self._kernel.send(program_message(program, self._text, idents, stored))
                self._sent = program
                self._order_sent = idents
                self._stale_plan = False
            places = {ident: position for position, ident in enumerate(idents)}
            return {
                "op": "run",
                "forced": sorted(places[i] for i in forced if i in places),
                "wanted": sorted(places[i] for i in asked if i in places),
                "auto": sorted(places[i] for i in auto if i in places),
            }

    _stale_plan = False  # the kernel's program lacks something that was learnt since it was sent

    def _converse(self, message: Event, summary: Summary, deadline: float | None) -> Event:
        """Send the request and take events until it is over."""
        kernel = self._kernel
        assert kernel is not None
        kernel.send(message)
        stopping: float | None = None
        while True:
            limit = stopping if stopping is not None else deadline
            wait = None if limit is None else max(0.0, limit - time.monotonic())
            events = kernel.receive(wait)
            if events is None:
                if stopping is None:
                    summary.timed_out = True
                    kernel.interrupt()
                    stopping = time.monotonic() + PATIENCE
                    continue
                kernel.kill()
                raise KernelDied(
                    f"the cell did not stop within {PATIENCE:g} s of an interrupt", None, ""
                )
            for place, event in enumerate(events):
                if event["e"] == "start" and place + 1 < len(events):
                    following = events[place + 1]
                    if following["e"] == "done" and following["cell"] == event["cell"]:
                        continue  # it is over already
                if event["e"] == "end":
                    return event
                if event["e"] == "fault":
                    kernel.kill()
                    raise KernelDied(
                        "the kernel was ended after a fault of sessions-ls, please report it:\n"
                        + event["traceback"],
                        None,
                        "",
                    )
                self._take(event, summary)

    def _take(self, event: Event, summary: Summary) -> None:
        """Take one event of the kernel into the state of the notebook, and hand it on."""
        kind = event["e"]
        ident: str = event.get("cell", "")
        with self._lock:
            position = self._position(ident)
            if kind == "start":
                self._mark([ident], "running")
            elif kind in ("out", "display", "result"):
                running = self._running.setdefault(ident, Running())
                outputs = running.take(event)
                if position is not None:
                    self._hand_on(position, event, outputs)
            elif kind == "done":
                self._finish(ident, position, event, summary)
            elif kind == "fresh":
                self._passing.pop(ident, None)
                self._statuses = None
                if position is not None and ident not in self._done:
                    summary.fresh += 1
                    self._say(position, "fresh")
            elif kind == "blocked":
                summary.blocked += 1
                self._passing.pop(ident, None)
                by = self._position(event["by"])
                if position is not None and by is not None:
                    self._say(position, "blocked", by=by + 1)
            elif kind == "ambient" and position is not None:
                self._note(position, event["what"])

    def _note(self, position: int, what: list[str]) -> None:
        """Say what the cell changed for all that run after it.

        Importing a library adds filters for its own warnings; that is nobody's concern.
        """
        source = self._program.cells[position].cell.source
        noted = [name for name in what if name != "warnings.filters" or "warnings" in source]
        if noted:
            self._emit({"event": "ambient", "number": position + 1, "what": noted})

    def _hand_on(self, position: int, event: Event, outputs: list[Output]) -> None:
        if event["e"] == "out":
            self._emit(
                {
                    "event": "output",
                    "number": position + 1,
                    "stream": event["stream"],
                    "text": event["text"],
                }
            )
        elif event["e"] == "display":
            self._emit(
                {
                    "event": "display",
                    "number": position + 1,
                    "mimes": [output.mime for output in outputs],
                    "outputs": outputs,
                }
            )

    def _finish(self, ident: str, position: int | None, event: Event, summary: Summary) -> None:
        running = self._running.pop(ident, None) or Running()
        summary.ran += 1
        if event["state"] == "error":
            summary.failed += 1
        self._passing.pop(ident, None)
        self._statuses = None
        self._live.add(ident)
        self._done.add(ident)
        if position is None:
            return
        cell = self._program.cells[position].cell
        record = running.record(event, cell, self.path)
        record.key = record_key(record, self._python)
        self._keep(position, record)
        if self._writer is not None:
            self._writer.prepare(record)  # while the kernel runs on
        self._say(position, record.state, record)

    def _keep(self, position: int, record: Record) -> None:
        if self._cells.put(position, record):
            self._program.resolve()
            self._stale_plan = True
        self._statuses = None

    def _say(self, position: int, state: str, record: Record | None = None, **more: object) -> None:
        cell = self._program.cells[position].cell
        event: Event = {
            "event": "cell",
            "number": position + 1,
            "id": self._cells.idents[position],
            "title": cell.title,
            "state": state,
        }
        if record is not None:
            event["runtime_ms"] = record.runtime_ms
            event["record"] = record
        event.update(more)
        self._emit(event)

    def _mark(self, idents: Iterable[str], state: str) -> None:
        for ident in idents:
            self._passing[ident] = state
            position = self._position(ident)
            if position is not None:
                self._say(position, state)

    def _position(self, ident: str) -> int | None:
        idents = self._cells.idents
        if self._places is None or self._places[0] is not idents:
            self._places = (idents, {ident: place for place, ident in enumerate(idents)})
        return self._places[1].get(ident)

    _places: tuple[list[str], dict[str, int]] | None = None

    def _bury(self, death: KernelDied, summary: Summary) -> None:
        """The kernel died: the running cell failed with it, the others go back to stale."""
        with self._lock:
            for ident, state in list(self._passing.items()):
                position = self._position(ident)
                if state != "running" or position is None:
                    continue
                needs = self._program.resolution.needs[position]
                records = self._cells.current()
                reads = {
                    name: made.binds.get(name, "-")
                    for name, made in ((n, records[m]) for n, m in needs.items())
                    if made is not None
                }
                cell = self._program.cells[position]
                event = {
                    "cell": ident, "code": cell.code, "state": "error", "ms": 0.0, "reads": reads,
                    "binds": {},
                }  # fmt: skip
                self._finish_dead(ident, position, event, str(death), summary)
            self._drop_kernel()
        if not summary.failed:
            summary.failed += 1
        self._emit({"event": "kernel", "state": "dead", "message": str(death)})

    def _finish_dead(
        self, ident: str, position: int, event: Event, message: str, summary: Summary
    ) -> None:
        running = self._running.pop(ident, None) or Running()
        cell = self._program.cells[position].cell
        record = running.record(event, cell, self.path)
        record.error = ErrorInfo("KernelDied", message, None, message)
        record.key = record_key(record, self._python)
        self._cells.put(position, record)
        summary.ran += 1
        summary.failed += 1
        self._say(position, "error", record)


def _stored(record: Record) -> dict[str, Any]:
    return {
        "code": record.code,
        "state": record.state,
        "reads": record.reads,
        "binds": record.binds,
        "count": record.runs,
        "amends": record.amends,
        "appears": record.appears,
        "objects": record.objects,
    }
