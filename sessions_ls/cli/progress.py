"""One line at the bottom of the terminal that says which cell runs, and for how long.

Written here rather than with rich: importing that takes longer than most notebooks run, and its
live display wants to own the stream that results are printed to.
"""

from __future__ import annotations

import os
import time
from _thread import allocate_lock, start_new_thread

from sessions_ls.cli import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from typing import TextIO

PATIENCE = 0.3
"""Seconds a cell runs before anything is said: most are over by then."""
BEAT = 0.1
"""Seconds between two looks at the clock."""


class Progress:
    """Draws on `stream`, in a thread of its own, whenever `lock` is free."""

    def __init__(self, stream: TextIO, lock: LockType) -> None:
        self._stream = stream
        self._lock = lock
        self._over = allocate_lock()
        self._watching = False
        self._label = ""
        self._since: float | None = None
        self._drawn = False
        self._blocked = False  # a line that is not ended yet is in the way
        utf = (stream.encoding or "").lower().startswith("utf")
        self._arrow, self._dot = ("▶", "·") if utf else (">", "-")
        self.note = ""

    def start(self, number: int, title: str | None, place: int, count: int) -> None:
        """A cell starts: the `place`-th of `count`."""
        name = f"cell {number} {self._dot} {title}" if title else f"cell {number}"
        of = f" {self._dot} {place} of {count}" if count > 1 else ""
        self._label = f"{self._arrow} {name}{of} {self._dot} "
        self._since = time.monotonic()
        if not self._watching:
            self._watching = True
            self._over.acquire()
            start_new_thread(self._watch, ())

    def rest(self) -> None:
        """No cell runs."""
        self._since = None

    def stop(self) -> None:
        """The run is over."""
        self._since = None
        with self._lock:
            self._erase()
        if self._watching:
            self._watching = False
            self._over.release()

    def clear(self, text: str, here: bool) -> None:
        """Make room for `text`, which is about to be written; `here` if to this terminal.

        Call it with the lock held.
        """
        if here:
            self._erase()
            self._blocked = not text.endswith("\n")

    def _watch(self) -> None:
        while not self._over.acquire(timeout=BEAT):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        since = self._since
        if since is None or self._blocked:
            return
        ran = time.monotonic() - since
        if ran < PATIENCE:
            self._erase()  # the cell before this one may have had a line
            return
        text = f"{self._label}{console.duration(ran)}{self.note}"
        self._put(f"\r{console.fitted(text, self._columns() - 1)}\x1b[K")
        self._drawn = True

    def _erase(self) -> None:
        if self._drawn:
            self._drawn = False
            self._put("\r\x1b[K")

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone
            self._since = None

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except OSError:
            return 80
