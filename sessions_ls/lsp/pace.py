"""Doing a thing soon, but not too often."""

from __future__ import annotations

import asyncio
import collections
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Throttle:
    """Calls a function at once, then at most once an interval; the last request is never lost."""

    def __init__(self, interval: float, function: Callable[[], object], burst: int = 1) -> None:
        """``interval`` in seconds, on average: ``burst`` calls may follow each other at once."""
        self._interval = interval
        self._function = function
        self._timer: asyncio.TimerHandle | None = None
        self._calls: collections.deque[float] = collections.deque([0.0] * burst, burst)

    def soon(self, interval: float | None = None, wait: float = 0.0) -> None:
        """Call the function when ``interval`` (its own if None) has passed since the last call,
        but not within ``wait``, in seconds.

        With a burst: as many intervals since the first of the last calls.
        """
        loop = asyncio.get_running_loop()
        pause = self._interval if interval is None else interval
        when = max(loop.time() + wait, self._calls[0] + pause * len(self._calls))
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._call)

    def cancel(self) -> None:
        """Forget a call that has not been made yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _call(self) -> None:
        self._timer = None
        self._calls.append(asyncio.get_running_loop().time())
        self._function()
