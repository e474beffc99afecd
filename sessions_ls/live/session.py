"""The one owner of a notebook: runs what is asked for in its kernel, and keeps the results."""

from __future__ import annotations

import os
import time
from _thread import RLock

from sessions_ls.kernel.client import Kernel, KernelDied
from sessions_ls.kernel.interpreter import choose
from sessions_ls.live.conductor import Conductor
from sessions_ls.live.kernelcopy import KernelCopy
from sessions_ls.live.recall import Recalled, minor
from sessions_ls.live.request import Request, Summary
from sessions_ls.live.variables import LONGEST, Inquiry, without
from sessions_ls.results.record import Session
from sessions_ls.results.session_file import SessionWriter, session_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from sessions_ls.live.newer import NewerPython
    from sessions_ls.live.settings import Settings
    from sessions_ls.live.trust import Grant
    from sessions_ls.live.view import View
    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.reactive.names import Names
    from sessions_ls.reactive.program import Text
    from sessions_ls.reactive.staleness import Status
    from sessions_ls.results.record import Record

    Event = dict[str, Any]

REPLANS = 50  # new plans in a request, and two more for each cell; every cell may teach something
LOOK = 0.1  # seconds between looks whether the kernel has taken up a run, until it says so
PATIENCE = 5.0  # seconds a cell gets to end after an interrupt, before its kernel is killed


class LiveSession:
    """A notebook that is open: its text in, runs on request, events out.

    `submit`, `view`, `interrupt` and `kill` may be called from any thread at any time, `variables`
    from any but that of a run; `run` blocks its caller and takes its turn. Events go to ``emit``,
    in the thread of `run`. ``troubles`` are sentences about what was wrong with the stored results.
    ``told`` is called, with ``lock`` held, when something changed that no event says: "program",
    "edited" (with the new traits of cells, by position), "kernel", "lost" (the kernel is gone) or
    "cleared".
    """

    launch = staticmethod(Kernel.start)

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
        self._emit = emit
        self.lock = RLock()
        self.told: Callable[..., None] = _nobody
        self._turn = RLock()
        self._writer = SessionWriter(session_path(self.path)) if write else None
        self.choice = choose(self.path, settings.python, os.environ)
        recalled = Recalled(self.path, self.choice)
        self._stored, self._version = recalled.stored, recalled.version
        self.troubles = recalled.troubles
        self._state = Conductor(
            self.path, minor(self._version), recalled.records, settings.strict, emit
        )
        self._kernel = kernel
        self._inquiry = Inquiry()
        self._newer: NewerPython | None = None
        self._interrupted = False
        self._listens = False  # the kernel is at work on a run: it would heed an interrupt
        self._sent = KernelCopy()

    # -- the program -----------------------------------------------------------------------------

    def recall_names(self, text: str) -> None:
        """Know the names of this text's cells from an earlier process; then `submit` it."""
        with self.lock:
            self._state.recall_names(text)

    def submit(self, text: str) -> None:
        """Take the notebook's text as saved or shown. Runs nothing."""
        with self.lock:
            notebook = self._state.read(text)
            if self._kernel is not None and self._sent.empty and not self._state.busy:
                cells = [(c.source, c.start + 1, 0) for c in notebook.cells if c.kind == "code"]
                self._kernel.send({"op": "sources", "text": text, "cells": cells})
            self._analyse()

    def _analyse(self) -> None:
        """Take the text that was read as the program, and say how that changed it."""
        cells = self._state.cells
        before, idents = cells.traits, cells.idents
        self._state.analyse()
        after = cells.traits
        if idents != cells.idents:
            self.told("program")
        elif before != after:
            self.told("edited", {at: new for at, new in enumerate(after) if new != before[at]})

    def names(self, texts: Sequence[Text]) -> list[Names]:
        """What the notebook's own Python finds in cells; nothing before a run has allowed it."""
        newer = self._newer
        return [] if newer is None else newer.names(texts)

    def statuses(self) -> list[Status]:
        """The proven state of every cell."""
        with self.lock:
            return self._state.statuses()

    def view(self) -> View:
        """A snapshot of everything a client can show."""
        with self.lock:
            return self._state.view(self.kernel_json(), self._stored.bonds)

    @property
    def notebook(self) -> Notebook:
        """The cells of the text that was last submitted."""
        return self._state.program.notebook

    def snapshot(self) -> dict[str, Any]:
        """Everything a client keeps of a session. The records are the session's own objects."""
        with self.lock:
            cells = self._state.cells
            return {
                **self.outline(),
                "records": list(cells.records.values()),
                "passing": dict(self._state.passing),
                "kernel": self.kernel_json(),
                "bonds": dict(self._stored.bonds),
            }

    def outline(self) -> dict[str, Any]:
        """The cells of the program, without what they gave."""
        with self.lock:
            cells, live = self._state.cells, self._state.live
            return {"idents": list(cells.idents), "traits": cells.traits, "live": sorted(live)}

    def outdated(self) -> bool:
        """Whether a file that results depend on is another one than it was."""
        with self.lock:
            return bool(self._state.outdated())

    def files(self) -> set[str]:
        """The files and local modules that the results depend on, absolute."""
        with self.lock:
            return self._state.files()

    def kernel_json(self) -> dict[str, Any]:
        """The kernel, as `sessions status --json` shows it."""
        kernel = self._kernel
        return {
            "state": "none" if kernel is None else "busy" if self._state.busy else "idle",
            "pid": None if kernel is None else kernel.pid,
            "python": self.choice.path,
            "reason": self.choice.reason,
        }

    def variables(
        self,
        at: str | None = None,
        only: Sequence[tuple[str, str]] | None = None,
        seconds: float = LONGEST,
    ) -> dict[str, Any]:
        """What the names hold, as `live.variables` describes it, within ``seconds``.

        ``at``: as the cell with this identity leaves them. ``only``: these alone, each as a cell
        made it, by identity and name. While a cell runs the answer comes at once. A run that has
        shown its last result, but is not over, has three quarters of the time to end.
        """
        until = time.monotonic() + seconds
        inquiry = self._inquiry
        if not inquiry.lock.acquire(timeout=seconds):
            return inquiry.meanwhile(at, only)
        try:
            patience = 0.0 if self._state.busy else 0.75 * (until - time.monotonic())
            if not self._turn.acquire(timeout=max(0.0, patience)):
                return inquiry.meanwhile(at, only)
            try:
                ran = not self._sent.empty
                return inquiry.ask(self._kernel if ran else None, at, only, until)
            except KernelDied as death:
                self._bury(str(death), Summary())
                return without(str(death))
            finally:
                self._turn.release()
        finally:
            inquiry.lock.release()

    # -- the kernel ------------------------------------------------------------------------------

    def start_kernel(self, grant: Grant) -> None:
        """Start the kernel if none runs. A text submitted before its first run is compiled there
        while it is analysed here. Raises OSError when it cannot be started, ValueError for the
        grant of another notebook.
        """
        self._demand(grant)
        if self._kernel is None:
            folder = os.path.dirname(self.path)
            self._kernel = self.launch(self.choice.path, self.path, folder)
            with self.lock:
                self.told("kernel")

    def _demand(self, grant: Grant) -> None:
        if not grant.covers(self.path):
            raise ValueError(f"a grant for {grant.path}, and not for {self.path}")

    def kernel_pid(self) -> int | None:
        """The kernel's process."""
        return None if self._kernel is None else self._kernel.pid

    def notice_death(self) -> None:
        """Has the kernel died while it was idle? Whoever runs a cell notices it by itself."""
        if self._turn.acquire(blocking=False):
            try:
                self._bury_idle()
            finally:
                self._turn.release()

    def _bury_idle(self) -> None:
        kernel = self._kernel
        if kernel is None or kernel.alive():
            return
        try:
            while kernel.receive(0) is not None:
                continue  # what it still said belongs to no run
        except KernelDied as death:
            self._drop_kernel()
            self._emit({"event": "kernel", "state": "dead", "message": str(death)})

    def expect(self) -> None:
        """A run is about to be asked for: an interrupt stops it from now on, and none before."""
        self._interrupted = False

    def interrupt(self) -> None:
        """Stop the running cell; the cells queued after it stay stale.

        A kernel that still starts, or has not taken up the run, would lose it: it gets it then.
        """
        self._interrupted = True
        kernel = self._kernel
        if kernel is not None and self._listens:
            kernel.interrupt()

    def kill(self) -> None:
        """End the kernel at once, whatever runs in it."""
        kernel = self._kernel
        if kernel is not None:
            kernel.kill()

    def restart(self, patience: float = PATIENCE) -> None:
        """End the kernel; results stay, cold. The next run starts a new one.

        A cell that runs gets ``patience`` seconds to end by itself.
        """
        self._stop_running(patience)
        with self._turn:
            self._drop_kernel()

    def close(self, patience: float = PATIENCE) -> None:
        """End the kernel; what it gave is saved already."""
        self.restart(patience)
        if self._newer is not None:
            self._newer.close()

    def _stop_running(self, patience: float) -> None:
        """Interrupt a run under way; a cell that does not listen takes its kernel with it."""
        if self._turn.acquire(blocking=False):
            self._turn.release()
            return
        self.interrupt()
        if self._turn.acquire(timeout=patience):
            self._turn.release()
        else:
            self.kill()

    def _drop_kernel(self) -> None:
        kernel, self._kernel = self._kernel, None
        self._inquiry.forget()
        with self.lock:
            self._sent.forget()
            self._state.lose_values()
            self.told("lost")
        if kernel is not None:
            kernel.close()

    # -- results ---------------------------------------------------------------------------------

    def clear(self, numbers: Iterable[int] | None = None) -> None:
        """Forget the results of these cells, or of all."""
        with self._turn:
            with self.lock:
                count = len(self._state.program.cells)
                self._state.forget(
                    range(count) if numbers is None else [number - 1 for number in numbers]
                )
                self._sent.forget()
                self.told("cleared")
            self.save()

    def save(self) -> bool:
        """Write the session file if results changed. Raises SessionFileError."""
        if self._writer is None:
            return False
        with self.lock:
            records = [record for record in self._state.cells.current() if record is not None]
            if not records and not self._stored.records:
                return False
            self._stored = Session(
                notebook=os.path.basename(self.path),
                python=self._version,
                bonds=self._stored.bonds,
                records=records,
                foreign=self._stored.foreign,
            )
        return self._writer.save(self._stored)

    # -- running ---------------------------------------------------------------------------------

    def run(self, request: Request) -> Summary:
        """Run what is asked for; blocks until it is over. Raises SessionFileError when the
        results, which are kept all the same, cannot be saved, and OSError when no kernel starts.
        """
        with self._turn:
            started = time.monotonic()
            summary = Summary()
            deadline = None if request.seconds is None else started + request.seconds
            try:
                self._run(request, summary, deadline)
            finally:
                self._interrupted = False
                with self.lock:
                    self._state.end(summary)
            summary.seconds = time.monotonic() - started
            try:
                self.save()
            finally:
                self._emit(summary.event())
            return summary

    def _run(self, request: Request, summary: Summary, deadline: float | None) -> None:
        self._bury_idle()
        self._allow_newer(request.grant)
        with self.lock:
            selection = self._state.begin(request, summary)
            idents = self._state.cells.idents
            forced = {idents[p] for p in selection.forced}
            asked = forced | {idents[p] for p in selection.wanted}
            auto = {idents[p] for p in selection.auto}
            outdated = {idents[p] for p in self._state.outdated()}
            before = dict(self._state.cells.records)
        if not asked:
            return
        self.start_kernel(request.grant)
        goes_on = False
        for _ in range(REPLANS + 2 * len(idents)):
            if self._interrupted:
                summary.interrupted = True
                return
            message = self._plan(forced, asked, auto, outdated)
            message["goes_on"] = goes_on
            outdated, goes_on = set(), True
            try:
                end = self._converse(message, summary, deadline)
            except KernelDied as death:
                self._bury(str(death), summary)
                return
            finally:
                self._listens = False
            if self._interrupted or end["why"] == "interrupted":
                summary.interrupted = True
                return
            forced = {self._sent.idents[p] for p in end["again"]}
            if end["why"] == "done":
                outdated = self._overtaken(asked | auto, before)
                asked |= outdated
                if not outdated:
                    return
        # Cells that teach the contrary of each other, run after run, stay stale.

    def _allow_newer(self, grant: Grant) -> None:
        """The notebook may run: its Python may be asked to read what ours cannot."""
        self._demand(grant)
        if self._newer is None and self.choice.may_be_newer:
            from sessions_ls.live.newer import NewerPython

            with self.lock:
                self._newer = NewerPython(self.choice.path)
                self._state.other_reader = self._newer.names
                self._analyse()

    def _overtaken(self, scope: set[str], before: dict[str, Record]) -> set[str]:
        """The cells in ``scope`` that read a file which the run wrote, and were passed by."""
        with self.lock:
            cells = self._state.cells
            found = {cells.idents[p] for p in self._state.outdated()} & scope
            return {ident for ident in found if cells.records.get(ident) is before.get(ident)}

    def _plan(self, forced: set[str], asked: set[str], auto: set[str], outdated: set[str]) -> Event:
        """Bring the kernel's program up to date; the message that starts the run."""
        assert self._kernel is not None
        with self.lock:
            message = self._sent.update(self._state)
            if message is not None:
                self._kernel.send(message)
                self._state.live.intersection_update(self._sent.idents)
        places = {ident: position for position, ident in enumerate(self._sent.idents)}
        return {
            "op": "run",
            "forced": sorted(places[ident] for ident in forced if ident in places),
            "wanted": sorted(places[ident] for ident in asked if ident in places),
            "auto": sorted(places[ident] for ident in auto if ident in places),
            "outdated": sorted(places[ident] for ident in outdated if ident in places),
        }

    def _converse(self, message: Event, summary: Summary, deadline: float | None) -> Event:
        """Send the request and take events until it is over."""
        kernel = self._kernel
        assert kernel is not None
        self._take(self._inquiry.overheard(), summary)
        kernel.send(message)
        stopping = False
        while True:
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._listens:
                wait = LOOK if wait is None else min(wait, LOOK)
            events = kernel.receive(wait)
            if events is not None:
                end = self._take(events, summary)
                if end is not None:
                    return end
                continue
            if not self._listens and kernel.secured():
                self._listen()
            if deadline is None or time.monotonic() < deadline:
                continue
            if stopping:
                kernel.kill()
                why = f"the cell did not stop within {PATIENCE:g} s of an interrupt"
                raise KernelDied(why, None, "")
            stopping = summary.timed_out = True
            self.interrupt()
            deadline = time.monotonic() + PATIENCE

    def _take(self, events: list[Event], summary: Summary) -> Event | None:
        """Take a batch of events; the one that ends the run, if it is among them."""
        for place, event in enumerate(events):
            kind = event["e"]
            if kind == "end":
                return event
            if kind == "fault":
                self.kill()
                why = "the kernel was ended after a fault of sessions-ls, please report it:\n"
                raise KernelDied(why + event["traceback"], None, "")
            if kind == "start" and not self._listens:
                self._listen()
            if kind == "start" and _is_over(event, events[place + 1 : place + 2]):
                continue
            with self.lock:
                record = self._state.take(event, summary)
            if record is not None and self._writer is not None:
                self._writer.prepare(record)  # while the kernel runs on
        return None

    def _listen(self) -> None:
        """The kernel has taken up the run; it gets the interrupt that came too early for it."""
        self._listens = True
        if self._interrupted and self._kernel is not None:
            self._kernel.interrupt()

    def _bury(self, message: str, summary: Summary) -> None:
        with self.lock:
            if not self._state.bury(message):
                summary.failed += 1
        self._drop_kernel()
        self._emit({"event": "kernel", "state": "dead", "message": message})


def _nobody(what: str, traits: object = None) -> None:
    """Nobody keeps a copy of this session."""


def _is_over(start: Event, following: list[Event]) -> bool:
    """Whether the cell that this event starts has ended already, without a word."""
    return any(event["e"] == "done" and event["cell"] == start["cell"] for event in following)
