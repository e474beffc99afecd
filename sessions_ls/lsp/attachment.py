"""Keeps an open notebook attached to its live session, through all that happens to either."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from sessions_ls.notebook.errors import SessionsError

if TYPE_CHECKING:
    from sessions_ls.live.client import Client
    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer

AGAIN = 2.0
"""Seconds between two attempts to find a live session while there is none."""

FIRST = 0.1
"""Seconds to show the results of an earlier run in, before a process is started beside that."""

CRASHES = 3
"""So often in a row a session that died is started again before somebody asks for it."""


class Attachment:
    """Attaches when the notebook is opened, and again when a session has died or another came.

    A session that was stopped is left alone until somebody runs something or starts another.
    """

    def __init__(self, server: SessionsServer, notebook: OpenNotebook) -> None:
        self._server = server
        self._notebook = notebook
        self._turn = threading.Lock()
        self._said = ""  # what the person was last told about it
        self._crashes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False

    def keep(self, session: Client) -> None:
        """Attach and stay attached; a session is started if there is none. On the event loop."""
        self._server.start_task(self._begin(session))

    def reach(self, session: Client, start: bool) -> bool:
        """Try to attach now; what stands in the way is told once. Blocks; from any thread."""
        try:
            with self._turn:
                attached = session.attach(start)
        except SessionsError as error:
            self._say(str(error))
            return False
        if attached:
            self._said = ""
        return attached

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the session. On the event loop."""
        session = self._notebook.session
        if event["event"] == "done":
            self._crashes = 0
        if event["event"] != "detached" or session is None or self._ended:
            return
        name = self._notebook.name
        if event["crashed"]:
            self._crashes += 1
            self._say(f"{name}: the live session has ended: {event['why']}")
            self._server.start_task(self._attach(session, self._crashes <= CRASHES))
        else:
            self._wait(session)

    def end(self) -> None:
        """Attach no more. From any thread."""
        self._ended = True

    async def _begin(self, session: Client) -> None:
        if not session.attached:
            await asyncio.sleep(FIRST)
            await self._server.blocking(session.keep_names)  # the process need not find them again
        await self._attach(session, True)

    async def _attach(self, session: Client, start: bool) -> None:
        if self._ended:
            return
        if await self._server.blocking(self.reach, session, start):
            await self._server.blocking(session.view)  # every record is another one now
            await self._notebook.settled()
        else:
            self._wait(session)

    def _wait(self, session: Client) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(AGAIN, self._look, session)

    def _look(self, session: Client) -> None:
        # A `sessions run` that held the notebook has saved new results: a session shows them.
        waited = bool(self._said)
        self._server.start_task(self._attach(session, waited))

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            self._notebook.say(sentence, types.MessageType.Warning)
