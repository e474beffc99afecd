"""Requests to a live session, and the answers to them. Nothing here waits without an end but a run
that goes on.
"""

from __future__ import annotations

import time
from _thread import allocate_lock

from sessions_ls.live.lock import stopped
from sessions_ls.live.request import Summary
from sessions_ls.notebook.errors import SessionsError
from sessions_ls.results.errors import SessionFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

    from sessions_ls.live.wire import Line, Message

    Answered = Callable[[Message], None]

LONGEST = 15.0
"""Seconds to wait for the answer to anything but a run."""

LOOK = 0.9
"""Seconds between two looks whether a session that is to answer has been stopped."""

PATIENCE = 1.5
"""Seconds that a session may take to hear a request. It hears while it runs."""


class NotLive(SessionsError):
    """The session is not there, has ended, or refuses; the sentence says which."""


class Asking:
    """What one client has asked over its line, and waits for. For any thread.

    ``name`` is the notebook's, for sentences. ``ended`` says why the session ends, once it has said
    so or has been given up.
    """

    def __init__(self, name: str) -> None:
        self.line: Line | None = None
        self.number = 0  # of this client in the session
        self.ended: str | None = None
        self._name = name
        self._lock = allocate_lock()
        self._ticket = 0
        self._waiting: dict[int, Answered] = {}
        self._unheard: dict[int, LockType] = {}

    def begin(self, line: Line, number: int) -> None:
        """There is a session at the other end of ``line``."""
        self.line, self.number, self.ended = line, number, None

    def reserve(self) -> tuple[int, int]:
        """The client's number and a ticket: together the ``run`` of the events of a request."""
        with self._lock:
            self._ticket += 1
            return self.number, self._ticket

    def say(self, what: str, **more: object) -> None:
        """Say something that needs no answer."""
        line = self.line
        if line is not None:
            try:
                line.send({"m": what, **more})
            except OSError:  # then nothing runs any more
                return

    def send(
        self, what: str, ticket: int, done: Answered, patience: float = PATIENCE, **more: object
    ) -> None:
        """Send a request and wait until the session has heard it, ``patience`` seconds at most.

        ``done`` gets the answer. Raises NotLive.
        """
        line = self.line
        if line is None:
            raise NotLive(f"{self._name} has no live session")
        heard = allocate_lock()
        heard.acquire()
        with self._lock:
            self._waiting[ticket] = done
            self._unheard[ticket] = heard
        try:
            line.send({"m": what, "id": ticket, **more})
            if heard.acquire(timeout=patience):
                return
            why = "it does not answer"
        except BlockingIOError:
            why = self.ended = "it does not answer"
        except OSError:
            why = "it has just ended"
        self._waiting.pop(ticket, None)
        raise NotLive(f"the live session of {self._name} is lost: {why}")

    def ask(self, what: str, seconds: float | None, **more: object) -> Message:
        """Send a request and wait for its answer; without ``seconds`` as long as it takes.

        Raises NotLive.
        """
        came = allocate_lock()
        came.acquire()
        answers: list[Message] = []

        def done(message: Message) -> None:
            answers.append(message)
            came.release()

        _, ticket = self.reserve()
        limit = None if seconds is None else time.monotonic() + seconds
        self.send(what, ticket, done, min(PATIENCE, seconds or PATIENCE), **more)
        stuck = 0
        while not came.acquire(timeout=LOOK if limit is None else _left(limit)):
            stuck = stuck + 1 if self.stopped else 0
            if stuck > 1:
                raise self.lost()
            if limit is not None and time.monotonic() >= limit:
                self._waiting.pop(ticket, None)
                raise NotLive(
                    f"the live session of {self._name} did not answer within {seconds:g} s"
                )
        return answers[0]

    @property
    def stopped(self) -> bool:
        """Whether the session's process is stopped: then it hears nothing."""
        line = self.line
        return line is not None and stopped(line.pid)

    def lost(self) -> NotLive:
        """What is to be said of a session that is stopped."""
        return NotLive(f"the live session of {self._name} is lost: its process is stopped")

    # -- for the thread that listens -------------------------------------------------------------

    def heard(self, ticket: int) -> None:
        """The session has heard a request."""
        self._unheard.pop(ticket).release()

    def answered(self, message: Message) -> None:
        """The session has answered one."""
        done = self._waiting.pop(message["id"], None)
        if done is not None:
            done(message)

    def end(self) -> str:
        """The session is gone; everybody who waits is told why, and so is the caller."""
        with self._lock:
            self.line = None
            waiting, self._waiting = self._waiting, {}
            unheard, self._unheard = self._unheard, {}
        why = self.ended or "it died; its results so far are saved"
        for lock in unheard.values():
            lock.release()
        for done in waiting.values():
            done({"m": "answer", "ended": f"the live session has ended: {why}"})
        return why


def _left(limit: float) -> float:
    return min(LOOK, max(0.0, limit - time.monotonic()))


def outcome(answer: Message) -> Summary:
    """How a run ended, from the answer to it. Raises SessionFileError and NotLive."""
    if "unsaved" in answer:
        raise SessionFileError(answer["unsaved"])
    for kind in ("refused", "ended"):
        if kind in answer:
            raise NotLive(answer[kind])
    return Summary.of(answer["summary"]) if "summary" in answer else Summary()
