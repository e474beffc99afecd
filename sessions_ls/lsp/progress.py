"""The progress of a run, for clients that show it; cancelling it interrupts the run."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from sessions_ls.lsp.pace import Throttle
from sessions_ls.lsp.words import rounded
from sessions_ls.results.text import first_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessions_ls.lsp.server import SessionsServer

log = logging.getLogger(__name__)

WIDEST = 60
"""Columns of what a cell wrote."""

PATIENCE = 0.2
"""Seconds that a run may take before its progress is worth showing."""

SILENCE = 3.0
"""Seconds after which progress is told again: editors clear it away with the next key."""


class Progress:
    """One run. Made when it starts, told its events, ended when it is over."""

    def __init__(self, server: SessionsServer, title: str, interrupt: Callable[[], None]) -> None:
        self.interrupt = interrupt
        self._server = server
        self._title = title
        self._token = str(uuid.uuid4())
        self._queued: set[str] = set()
        self._over: set[str] = set()
        self._cell = ""
        self._since = 0.0  # on the loop's clock, when the cell began
        self._said = ""
        self._begun = False
        self._ended = False
        self._pace = Throttle(0.1, self._report)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        if server.client.progress:
            begin = self._begin
            self._timer = self._loop.call_later(PATIENCE, lambda: server.start_task(begin()))

    def take(self, event: dict[str, Any]) -> None:
        """Take one event of the run."""
        if event["event"] == "output":
            self._wrote(event["text"])
            return
        if event["event"] != "cell":
            return
        ident, state = event["id"], event["state"]
        self._queued.add(ident)
        if state == "running":
            self._said = ""
            self._since = self._loop.time()
            title = event["title"]
            number = event["number"]
            self._cell = f"{title} (cell {number})" if title else f"cell {number}"
        elif state != "queued":
            self._over.add(ident)
        if self._begun and not self._ended:
            self._pace.soon()

    def _wrote(self, text: str) -> None:
        """Keep the last line that a cell wrote: how far it is, while its result is not there."""
        line = next((line for line in reversed(text.split("\n")) if line.strip()), "")
        # A bar that is drawn again and again goes back to the start of its line.
        self._said = first_line(line.rstrip("\r").rpartition("\r")[2], WIDEST) or self._said
        if self._begun and not self._ended:
            self._pace.soon()

    def end(self) -> None:
        """The run is over."""
        self._ended = True
        self._pace.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._begun:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
            self._forget()

    async def _begin(self) -> None:
        progress = self._server.work_done_progress
        try:
            await progress.create_async(self._token)
        except JsonRpcException as error:
            log.info("the client shows no progress: %s", error)
            return
        if self._ended:
            self._forget()
            return
        self._begun = True
        self._server.progresses[self._token] = self
        progress.begin(
            self._token,
            types.WorkDoneProgressBegin(
                self._title, cancellable=True, message=self._message(), percentage=self._percent()
            ),
        )
        self._again()

    def _again(self) -> None:
        """Tell it once more before long."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(SILENCE, self._report)

    def _report(self) -> None:
        self._again()
        self._server.work_done_progress.report(
            self._token,
            types.WorkDoneProgressReport(message=self._message(), percentage=self._percent()),
        )

    def _message(self) -> str:
        if not self._cell:
            return "starting the kernel"
        number = min(len(self._over) + 1, len(self._queued))
        place = f"{self._cell}, {number} of {len(self._queued)}"
        seconds = int(self._loop.time() - self._since)
        if seconds >= SILENCE:
            place += f", {rounded(seconds)}"
        return f"{place}: {self._said}" if self._said else place

    def _percent(self) -> int:
        return 100 * len(self._over) // max(1, len(self._queued))

    def _forget(self) -> None:
        """pygls keeps tokens for ever."""
        self._server.work_done_progress.tokens.pop(self._token, None)
        self._server.progresses.pop(self._token, None)


async def cancelled(ls: SessionsServer, params: types.WorkDoneProgressCancelParams) -> None:
    """`window/workDoneProgress/cancel`."""
    progress = ls.progresses.get(str(params.token))
    if progress is not None:
        progress.interrupt()
