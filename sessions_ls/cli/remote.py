"""A run in the live session of a notebook, with the looks of one in this process."""

from __future__ import annotations

import os
import time
from _queue import Empty, SimpleQueue
from _thread import start_new_thread

from sessions_ls.cli.arguments import UsageError
from sessions_ls.live.asking import NotLive, outcome
from sessions_ls.live.client import Client
from sessions_ls.live.request import Summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.live.request import Request
    from sessions_ls.live.settings import Settings
    from sessions_ls.live.view import View
    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.reactive.staleness import Status

    Event = dict[str, Any]

PATIENCE = 0.5
"""Seconds that a run may have to wait for another one before that is said."""


class Remote:
    """What a command needs of a session that is not in this process.

    Events of its own run go to ``emit``, in the thread of `run`; ``say`` gets what a person should
    know meanwhile. The other methods may be called from a signal's handler.
    """

    def __init__(
        self, path: str, settings: Settings, who: str, emit: Callable[[Event], None]
    ) -> None:
        self._client = Client(path, settings, self._hear, who)
        self.path = self._client.path
        self.say: Callable[[str], None] = _nothing
        self._emit = emit
        self._heard: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self._run: tuple[int, int] | None = None
        self._began = False

    def attach(self, start: bool) -> bool:
        """Reach the live session; with ``start`` make one where there is none.

        Whether there is one now. Raises SessionsError where it cannot be reached or made.
        """
        return self._client.attach(start)

    @property
    def troubles(self) -> list[str]:
        """What was wrong with the stored results, in sentences."""
        return self._client.troubles

    @property
    def notebook(self) -> Notebook:
        """The cells of the text that was submitted."""
        return self._client.notebook

    def submit(self, text: str) -> None:
        """Take the text that is to run."""
        self._client.submit(text)

    def statuses(self) -> list[Status]:
        """The proven state of every cell."""
        return self._client.statuses()

    def view(self) -> View:
        """A snapshot of the notebook."""
        return self._client.view()

    def close(self) -> None:
        """Leave the session, which goes on."""
        self._client.close()

    # -- the run ---------------------------------------------------------------------------------

    def run(self, request: Request) -> Summary:
        """Run what is asked for, in its turn; blocks until it is over.

        Raises SessionFileError when the results cannot be saved, UsageError when the session
        refuses, and NotLive when it ends.
        """
        self._run = self._client.reserve()
        try:
            self._client.start(request, lambda it: self._heard.put(("answer", it)), self._run)
        except NotLive as error:
            raise UsageError(str(error)) from error
        answer = self._answer(request.seconds)
        if "refused" in answer:
            raise UsageError(answer["refused"])
        if "over" in answer or "ended" in answer:  # there was no last event
            summary = answer.get("over", Summary())
            summary.interrupted = not summary.timed_out
            self._emit({**summary.event(), "cause": request.cause})
        return answer["over"] if "over" in answer else outcome(answer)

    def _answer(self, seconds: float | None) -> dict[str, Any]:
        """Take events until the answer is there, or the turn did not come in that time.

        In the latter case the answer has the summary under "over".
        """
        started, told, late = time.monotonic(), False, False
        while True:
            waited = time.monotonic() - started
            if not self._began and not late and seconds is not None and waited > seconds:
                late = True
                self._take_back()
            if not self._began and not told and waited > PATIENCE:
                told = True
                self.say("waiting for another run in the live session to end")
            try:
                kind, what = self._heard.get(timeout=None if self._began else PATIENCE / 4)
            except Empty:
                continue
            if kind == "answer":
                return dict(what)
            if kind == "event":
                if late and not self._began:  # its turn came as it was taken back
                    self._client.interrupt()
                self._began = True
                self._emit(what)
            elif kind == "drop" and self._began:
                self._client.interrupt()
            elif kind == "drop":
                late = True
                self._take_back()
            elif kind == "gone" and not self._began:
                return {"over": _given_up(waited, seconds)}
            elif kind == "leave":
                verb = "goes on" if self._began else "waits for its turn"
                stop = f"`sessions interrupt {os.path.basename(self.path)}` stops it"
                self.say(f"the run {verb} in the live session; {stop}")
                return {"over": _given_up(waited, None)}

    def _take_back(self) -> None:
        """Do without a run whose turn has not come; "gone" is heard when it surely has not."""
        assert self._run is not None
        self._client.cancel(self._run)
        self._client.clients()  # the session has done what it was told before it answers this
        self._heard.put(("gone", None))

    def _hear(self, event: Event) -> None:
        """Take what the client's own thread tells: of interest is our run alone."""
        run = event.pop("run", None)
        if run is not None and run == self._run:
            self._heard.put(("event", event))

    # -- signals ---------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the run; where it has not begun, do without it."""
        self._stop(self._client.interrupt)

    def kill(self) -> None:
        """End the kernel at once, whatever runs in it."""
        self._stop(self._client.kill)

    def leave(self) -> None:
        """Wait no longer; the run goes on without us."""
        self._heard.put(("leave", None))

    def _stop(self, how: Callable[[], None]) -> None:
        if self._began:  # a signal's handler must not wait for the line, which its thread may hold
            start_new_thread(how, ())
        else:
            self._heard.put(("drop", None))


def _given_up(waited: float, limit: float | None) -> Summary:
    summary = Summary()
    summary.seconds = waited
    summary.timed_out = limit is not None and waited > limit
    return summary


def _nothing(text: str) -> None:
    """Nobody listens."""
