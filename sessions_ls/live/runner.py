"""Does what is in the queue of a session, one thing after another, and answers who asked."""

from __future__ import annotations

import logging
import threading

from sessions_ls.live.jobs import Jobs, follow
from sessions_ls.live.request import Summary
from sessions_ls.live.wire import event_to_plain
from sessions_ls.results.errors import SessionFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.live.jobs import Job
    from sessions_ls.live.peers import Peers
    from sessions_ls.live.session import LiveSession

    Event = dict[str, Any]


log = logging.getLogger(__name__)


class Runner:
    """The thread that runs. ``after`` is called in it when a job is over.

    `hear` takes the session's events; clients get them with the request they belong to.
    """

    def __init__(self, peers: Peers, after: Callable[[], None]) -> None:
        self.jobs = Jobs()
        self.busy = False
        self.session: LiveSession
        self._peers = peers
        self._after = after
        self._tag: Event = {}
        self._job: Job | None = None  # what is being done, and
        self._told = False  # whether its clients have heard of it
        self._thread = threading.Thread(target=self._work, name="runner", daemon=True)

    def start(self, session: LiveSession) -> None:
        """Begin to take jobs for ``session``."""
        self.session = session
        self._thread.start()

    def hear(self, event: Event) -> None:
        """Hand an event of the session on to every client."""
        self._told = True
        plain = event_to_plain(event)
        if event["event"] == "done":
            plain = {**plain, "who": self._tag.get("who"), "cause": self._tag.get("cause")}
        self._peers.broadcast({"m": "event", "run": self._tag.get("run"), "event": plain})

    def drop(self) -> None:
        """Empty the queue. Who waited hears that its run was interrupted."""
        for job in self.jobs.drop():
            summary = Summary()
            summary.interrupted = True
            self._answer(job, summary=summary.plain())

    def cancel(self, peer: int, ticket: int) -> None:
        """Take one request back, if nobody has heard that its turn came; nobody is answered."""
        for job in self.jobs.drop(lambda job: job.peer == peer and ticket in job.tickets):
            job.tickets.remove(ticket)
            if job.tickets:
                self.jobs.put(job)
        taken = self._job
        if taken is not None and (taken.peer, taken.tickets) == (peer, [ticket]) and not self._told:
            self.session.interrupt()

    def end(self) -> None:
        """Take no more jobs."""
        self.drop()
        self.jobs.end()

    def _work(self) -> None:
        while (job := self.jobs.take(self._begin)) is not None:
            try:
                self._do(job)
            except SessionFileError as error:
                self._answer(job, unsaved=str(error))
            except OSError as error:
                what = f"the kernel cannot be started: {error.strerror or error}"
                self._give_up(job, f"{what} ({self.session.choice.path})")
            except Exception as error:  # a fault of ours must not end the session
                log.exception("a job failed")
                self._give_up(job, f"a fault of sessions-ls, please report it: {error!r}")
            self.busy, self._job = False, None
            try:
                self._after()
            except Exception:  # the next job is to be done all the same
                log.exception("what follows a job failed")

    def _begin(self, job: Job) -> None:
        """Whoever stops what runs means this job from now on, though it takes a while to run."""
        self.busy, self._job, self._told = True, job, False
        self.session.expect()

    def _give_up(self, job: Job, why: str) -> None:
        self._peers.broadcast({"m": "idle"})
        self._answer(job, refused=why)

    def _do(self, job: Job) -> None:
        request = job.request
        if request is None:
            self.session.submit(job.text)
            self.session.clear(job.cells or None)
            self._answer(job)
            return
        self._tag = {
            "run": [job.peer, job.tickets[-1]],
            "who": self._name(job.peer),
            "cause": request.cause,
        }
        shown = self._shown_by(job)
        request.cells = follow(request.cells, job.text, shown)
        self.session.submit(shown)
        try:
            self._answer(job, summary=self.session.run(request).plain())
        finally:
            self._tag = {}

    def _shown_by(self, job: Job) -> str:
        """The newest text of whoever asked: a cell that waited runs its newest code."""
        peer = self._peers.find(job.peer)
        return peer.text if peer is not None and peer.text else job.text

    def _name(self, number: int) -> str:
        peer = self._peers.find(number)
        return "" if peer is None else peer.describe()

    def _answer(self, job: Job, **answer: object) -> None:
        for ticket in job.tickets:
            self._peers.tell(job.peer, {"m": "answer", "id": ticket, **answer})
