"""The runs of one notebook that this editor asks for, and those it hears of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sessions_ls.live.asking import LOOK, NotLive, outcome
from sessions_ls.live.request import Request, Summary
from sessions_ls.lsp.progress import Progress
from sessions_ls.lsp.wire import Refused
from sessions_ls.results.session_file import SessionFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.live.client import Client
    from sessions_ls.live.trust import Grant
    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer


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
    """What this editor asks to run, and what it hears of it. The queue is the session's."""

    def __init__(self, server: SessionsServer, notebook: OpenNotebook) -> None:
        self._server = server
        self._notebook = notebook
        self._shown: dict[tuple[int, int], Progress] = {}  # of the runs we asked for
        self._done: dict[tuple[int, int], dict[str, Any]] = {}  # how they ended
        self._asking = asyncio.Lock()
        self._stops = 0  # how often what runs and waits was to stop
        self._others: Progress | None = None  # of a run that somebody else asked for

    async def run(self, wanted: Wanted, grant: Grant) -> dict[str, Any]:
        """Ask for a run and wait for its end; the summary, as in the event ``done``.

        Raises Refused when the run cannot be made at all.
        """
        stops = self._stops
        notebook = self._notebook
        session = notebook.session
        view = await notebook.view()
        if view is None or session is None:
            raise Refused(f"{notebook.name} is no notebook any more.")
        if not session.attached and not await self._server.blocking(
            notebook.attachment.reach, session, True
        ):
            raise Refused(f"{notebook.name} cannot run: it has no live session.")
        view = await notebook.view() or view
        numbers = [cell.number for cell in view.cells if cell.ident in wanted.idents]
        request = Request(
            grant,
            numbers,
            all=wanted.all,
            stale=wanted.stale,
            retry=wanted.retry,
            cause=wanted.cause,
        )
        try:
            return await self._ask(session, request, stops)
        except NotLive as error:
            raise Refused(f"{notebook.name}: {error}.") from error
        finally:
            await notebook.settled()

    async def save(self, grant: Grant) -> None:
        """Run what is stale because of a save."""
        try:
            await self.run(Wanted(stale=True, cause="save"), grant)
        except Refused as refused:
            self._server.say(refused.message)

    def interrupt(self) -> None:
        """Stop the cell that runs and drop what waits. From any thread."""
        self._stops += 1
        session = self._notebook.session
        if session is not None:
            session.interrupt()

    @property
    def asking(self) -> bool:
        """Whether this editor waits for the end of a run."""
        return bool(self._shown)

    def asked(self, run: tuple[int, int]) -> bool:
        """Whether this editor waits for the end of that run. From any thread."""
        return run in self._shown

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the session, on the event loop."""
        if event["event"] == "kernel" and event.get("message"):
            self._server.say(f"{self._notebook.name}: {event['message']}")
        if "run" not in event or event["run"] is None:
            return
        number, ticket = event["run"]
        progress = self._shown.get((number, ticket))
        if progress is None:
            progress = self._of_others(event)
        elif event["event"] == "done":
            self._done[number, ticket] = event
        if progress is not None:
            progress.take(event)

    def _of_others(self, event: dict[str, Any]) -> Progress | None:
        """The progress of a run that this editor did not ask for."""
        if event["event"] == "done":
            if self._others is not None:
                self._others.end()
            self._others = None
        elif self._others is None and event["event"] == "cell":
            title = f"{self._notebook.name}, run elsewhere"
            self._others = Progress(self._server, title, self.interrupt)
        return self._others

    async def _ask(self, session: Client, request: Request, stops: int) -> dict[str, Any]:
        """Make the request, unless it was stopped since there were so many ``stops``."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[dict[str, Any]] = loop.create_future()

        def done(answer: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(_settle, answered, answer)

        progress = Progress(self._server, f"Running {self._notebook.name}", self.interrupt)
        run = session.reserve()
        self._shown[run] = progress
        try:
            async with self._asking:  # requests are to arrive in the order they were made
                if self._stops == stops:
                    await self._server.blocking(session.start, request, done, run)
                    if self._stops != stops:  # which may have arrived before the request
                        session.interrupt()
                else:
                    done({"m": "answer", "summary": _interrupted().plain()})
            return outcome(await self._answer(session, answered)).event()
        except SessionFileError as error:
            self._server.say(str(error))
            return self._done.get(run) or Summary().event()
        finally:
            progress.end()
            self._shown.pop(run)
            self._done.pop(run, None)

    async def _answer(
        self, session: Client, answered: asyncio.Future[dict[str, Any]]
    ) -> dict[str, Any]:
        """Wait for the answer. Raises NotLive when the session's process has been stopped."""
        stuck = 0
        while not (await asyncio.wait({answered}, timeout=LOOK))[0]:
            stuck = stuck + 1 if session.stopped else 0
            if stuck > 1:
                raise session.lost()
        return answered.result()


def _interrupted() -> Summary:
    summary = Summary()
    summary.interrupted = True
    return summary


def _settle(answered: asyncio.Future[dict[str, Any]], answer: dict[str, Any]) -> None:
    if not answered.done():  # the editor may have cancelled its request
        answered.set_result(answer)
