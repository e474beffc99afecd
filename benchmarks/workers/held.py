"""`sessions-ls` that writes down how long each of its handlers held the event loop at a time.

A file in the folder that `$SESSIONS_BENCH_HELD` names holds JSON: for each handler the wall and CPU
seconds of its longest turn.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

FILE = os.path.join(os.environ["SESSIONS_BENCH_HELD"], str(os.getpid()))
SHORT = 0.004
"""Seconds that are not worth a note."""

_worst: dict[str, tuple[float, float]] = {}
_run = asyncio.Handle._run


def _timed(handle: asyncio.Handle) -> None:
    name = _name(handle)
    started, used = time.perf_counter(), time.thread_time()
    _run(handle)
    turn = time.perf_counter() - started, time.thread_time() - used
    if turn[0] > max(SHORT, _worst.get(name, (0.0, 0.0))[0]):
        _worst[name] = turn
        with open(FILE, "w", encoding="utf-8") as file:
            json.dump(_worst, file)


def _name(handle: asyncio.Handle) -> str:
    """The coroutine that takes a step, or the function that is called."""
    callback: Any = handle._callback  # type: ignore[attr-defined] # private, as _run is
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        callback = task.get_coro()
    return str(getattr(callback, "__qualname__", callback))


asyncio.Handle._run = _timed  # type: ignore[assignment,method-assign]

if __name__ == "__main__":
    from sessions_ls.lsp import main

    sys.exit(main())
