"""The runs of one notebook, one after another."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from typing import TYPE_CHECKING, Any

from sessions_ls.live.request import Request, Summary
from sessions_ls.lsp.progress import Progress
from sessions_ls.lsp.wire import Refused
from sessions_ls.results.session_file import SessionFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer

log = logging.getLogger(__name__)


class Wanted:
    """What to run. Cells go by identity: their numbers may change before it is their turn."""

    __slots__ = ("all", "cause", "idents", "retry", "stale")

    def __init__(
        self,
        idents: Sequence[str] = (),
        all: bool = False,
        stale: bool = False,
        retry: bool = False,
        cause: str = "command",
    ) -> None:
        self.idents = frozenset(idents)
        self.all = all
        self.stale = stale
        self.retry = retry
        self.cause = cause


class Runs:
    """The queue. The notebook's own thread runs, so that no run waits for another notebook's."""

    def __init__(self, server: SessionsServer, notebook: OpenNotebook) -> None:
        self._server = server
        self._notebook = notebook
        self._turn = asyncio.Lock()
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "sessions-run")
        self._dropped = 0  # grows when the queue is dropped; who waited since before gives up
        self._saves = 0  # runs on save that wait for their turn
        self._progress: Progress | None = None
        self._done: dict[str, Any] | None = None

    async def run(self, wanted: Wanted) -> dict[str, Any]:
        """Wait for our turn and run; the summary, as in the event ``done``.

        Raises Refused when the run cannot be made at all.
        """
        dropped = self._dropped
        async with self._turn:
            if dropped != self._dropped:
                return Summary().event() | {"ok": False}
            return await self._run(wanted)

    async def save(self) -> None:
        """Run what is stale because of a save. Saves that wait for the same run are one."""
        if self._saves:
            return
        self._saves += 1
        dropped = self._dropped
        try:
            await self._turn.acquire()
        finally:
            self._saves -= 1
        try:
            if dropped == self._dropped:
                await self._run(Wanted(stale=True, cause="save"))
        except Refused as refused:
            self._server.say(refused.message)
        finally:
            self._turn.release()

    def interrupt(self) -> None:
        """Stop the cell that runs and drop what waits. From any thread."""
        self._dropped += 1
        session = self._notebook.session
        if session is not None:
            session.interrupt()

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the run, on the event loop."""
        if event["event"] == "done":
            self._done = event
        elif event["event"] == "kernel" and event.get("message"):
            self._server.say(f"{self._notebook.name}: {event['message']}")
        if self._progress is not None:
            self._progress.take(event)

    def close(self) -> None:
        """No more runs."""
        self._thread.shutdown(wait=False)

    async def _run(self, wanted: Wanted) -> dict[str, Any]:
        notebook = self._notebook
        view = await notebook.view()
        session = notebook.session
        if view is None or session is None:
            raise Refused(f"{notebook.name} is no notebook any more.")
        numbers = [cell.number for cell in view.cells if cell.ident in wanted.idents]
        request = Request(
            numbers, all=wanted.all, stale=wanted.stale, retry=wanted.retry, cause=wanted.cause
        )
        self._done = None
        self._progress = Progress(self._server, f"Running {notebook.name}", self.interrupt)
        try:
            loop = asyncio.get_running_loop()
            summary = await loop.run_in_executor(self._thread, session.run, request)
            return summary.event()
        except SessionFileError as error:
            self._server.say(str(error))
            await asyncio.sleep(0)  # the event `done` came before the error: let it be taken
            return self._done or Summary().event()
        except OSError as error:
            raise Refused(f"The kernel of {notebook.name} cannot be started: {error}") from error
        finally:
            self._progress.end()
            self._progress = None
            await notebook.settled()
