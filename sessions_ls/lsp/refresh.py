"""Asking the client to ask again for lenses and hints, ten times a second on average."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from sessions_ls.lsp.pace import Throttle

if TYPE_CHECKING:
    from concurrent.futures import Future

    from sessions_ls.lsp.server import SessionsServer

log = logging.getLogger(__name__)

INTERVAL = 0.1
BURST = 3
"""So many may follow each other at once: the result of a quick cell comes right after its start."""


class Refresher:
    """Sends refresh requests, those that the client takes."""

    def __init__(self, server: SessionsServer) -> None:
        self._server = server
        self._pace = Throttle(INTERVAL, self._refresh, BURST)
        self._repair: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """Results or states changed."""
        client = self._server.client
        if client.refreshes_lenses or client.refreshes_hints:
            self._pace.soon()

    def _refresh(self) -> None:
        client = self._server.client
        if client.refreshes_lenses:
            self._ask(types.WORKSPACE_CODE_LENS_REFRESH)
        if client.refreshes_hints and client.policy.hints:
            self._ask(types.WORKSPACE_INLAY_HINT_REFRESH)
            if client.policy.again:
                if self._repair is not None:
                    self._repair.cancel()
                self._repair = asyncio.get_running_loop().call_later(
                    client.policy.again, self._ask, types.WORKSPACE_INLAY_HINT_REFRESH
                )

    def _ask(self, method: str) -> None:
        def answered(future: Future[Any]) -> None:
            if not future.cancelled() and future.exception() is not None:
                log.info("%s: %s", method, future.exception())

        self._server.protocol.send_request(method, None).add_done_callback(answered)
