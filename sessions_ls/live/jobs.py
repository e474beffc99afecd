"""The one queue of a session: what its clients asked for, in order."""

from __future__ import annotations

import threading
import time

from sessions_ls.notebook.cells import read_notebook
from sessions_ls.notebook.identity import align

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sessions_ls.live.request import Request
    from sessions_ls.notebook.cells import Notebook

QUIET = 0.2
"""Seconds in which a save that follows another waits for a further one."""

LONGEST = 2.0
"""Seconds between the runs of saves that never cease."""


class Job:
    """One thing to do in turn.

    A run has a ``request``; without one, the results of ``cells``, or of all, are to be forgotten.
    Both go by the ``text`` they were made for. ``tickets`` are the requests that it answers:
    several saves that wait are one run. It is not taken before ``due``, of `time.monotonic`.
    """

    __slots__ = ("cells", "due", "peer", "request", "text", "tickets")

    def __init__(
        self,
        peer: int,
        ticket: int,
        text: str,
        request: Request | None,
        cells: Sequence[int] = (),
    ) -> None:
        self.peer = peer
        self.tickets = [ticket]
        self.text = text
        self.request = request
        self.cells = cells
        self.due = 0.0

    @property
    def is_save(self) -> bool:
        """Whether a save caused it."""
        return self.request is not None and self.request.cause == "save"


class Jobs:
    """The queue. Any thread puts, one takes."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._ended = False
        self._asked = self._saved = -LONGEST  # when a save last came, and when one was last taken
        self._changed = threading.Condition()

    def put(self, job: Job) -> None:
        """Add a job; a save that waits takes a later save of the same client into itself."""
        with self._changed:
            now = time.monotonic()
            if job.is_save:
                if now < self._asked + QUIET:
                    job.due = min(now + QUIET, self._saved + LONGEST)
                self._asked = now
            for other in self._jobs:
                if other.is_save and job.is_save and other.peer == job.peer:
                    other.due = job.due
                    other.text = job.text
                    other.tickets += job.tickets
                    return
            self._jobs.append(job)
            self._changed.notify()

    def take(self, taken: Callable[[Job], None] = lambda job: None) -> Job | None:
        """The next job, when one is due; None at the end.

        ``taken`` is called with it before anybody can see that it waits no more.
        """
        with self._changed:
            while not self._ended:
                now = time.monotonic()
                job = next((job for job in self._jobs if job.due <= now), None)
                if job is not None:
                    self._jobs.remove(job)
                    self._saved = now if job.is_save else self._saved
                    taken(job)
                    return job
                due = min((job.due for job in self._jobs), default=None)
                self._changed.wait(None if due is None else due - now)
            return None

    def drop(self, which: Callable[[Job], bool] = lambda job: True) -> list[Job]:
        """Take waiting jobs out of the queue."""
        with self._changed:
            dropped = [job for job in self._jobs if which(job)]
            self._jobs = [job for job in self._jobs if job not in dropped]
        return dropped

    def end(self) -> None:
        """Nothing is taken any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._jobs)


def follow(numbers: Sequence[int], before: str, after: str) -> list[int]:
    """The numbers that cells of one text have in a later one; those that are gone are left out."""
    if before == after or not numbers:
        return list(numbers)
    old, new = read_notebook(before), read_notebook(after)
    continued = align(_traits(old), _traits(new))
    return [place + 1 for place, index in enumerate(continued) if index is not None
            and index + 1 in numbers]  # fmt: skip


def _traits(notebook: Notebook) -> list[tuple[str, str | None, str | None]]:
    return [(cell.source.rstrip(), cell.id, cell.title) for cell in notebook.cells]
