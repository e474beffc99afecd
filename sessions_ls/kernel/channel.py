"""Events on their way to the server: batched, and safe to send from any thread."""

from __future__ import annotations

import _thread
from os import _exit, close, ftruncate, pwrite
from time import monotonic

from .frames import LOST_CHANNEL, pack, write_all
from .jsonout import encode

#: A batch leaves at the latest when it is this old (seconds) or this long (characters).
BATCH_AGE = 0.010
BATCH_SIZE = 32768


class Channel:
    """The kernel's end of the line to the server.

    `journal` is a file that the server can read too: events that still wait when user code takes
    over stand there, so that none is lost with the process, and no cell costs the server a wake-up.
    """

    __slots__ = (
        "_fd", "_flushing", "_journal", "_lock", "_oldest", "_pending", "_secured", "_size",
        "_written", "sent_at",
    )  # fmt: skip

    def __init__(self, fd: int, journal: int = -1) -> None:
        self._fd = fd
        self._journal = journal
        self._secured = 0  # how many of the pending events stand in the journal
        self._written = 0  # its length in bytes
        self._lock = _thread.RLock()
        self._flushing = False
        self._pending: list[str] = []
        self._size = 0
        self._oldest = 0.0
        self.sent_at = 0.0

    def emit(self, event: dict[str, object]) -> None:
        """Queue one event; its first key must be "e". Sends the batch if that is due."""
        text = encode(event)
        now = monotonic()
        if not self._pending:
            self._oldest = now
        self._pending.append(text)
        self._size += len(text)
        if self._size > BATCH_SIZE or now - self._oldest > BATCH_AGE:
            self.flush()

    def waiting(self) -> bool:
        """Whether events wait to be sent."""
        return bool(self._pending)

    def begin(self, event: dict[str, object]) -> None:
        """Queue the event that says that a cell starts, and make sure of all that waits."""
        self.emit(event)
        self.secure()

    def secure(self) -> None:
        """Write what waits to the journal: user code, which may end the process, is next."""
        with self._lock:  # while another thread sends, what it sends is still counted as secured
            if not self._flushing:
                self._secure()

    def _secure(self) -> None:
        fresh = self._pending[self._secured :]
        if not fresh or self._journal < 0:
            return
        data = ",".join(fresh).encode("ascii")
        if self._secured:
            data = b"," + data
        try:
            self._written += pwrite(self._journal, data, self._written)
        except OSError:  # a full disk, or user code closed it: the events still go by the pipe
            self._journal = -1
        self._secured += len(fresh)

    def flush(self) -> None:
        """Send what waits. The process ends when the channel is gone."""
        with self._lock:
            if self._flushing:
                return  # called from inside itself, by a finalizer or a signal handler
            self._flushing = True
            try:
                while self._pending:
                    count = len(self._pending)
                    batch = self._pending[:count]
                    del self._pending[:count]
                    self._size = 0
                    payload = ("[" + ",".join(batch) + "]").encode("ascii")
                    if self._fd >= 0:
                        write_all(self._fd, pack(payload))
                        self._empty_journal()
                    self.sent_at = monotonic()
            except OSError:
                _exit(LOST_CHANNEL)
            finally:
                self._flushing = False

    def _empty_journal(self) -> None:
        self._secured = 0
        if self._written:
            self._written = 0
            try:
                ftruncate(self._journal, 0)
            except OSError:  # closed by user code
                self._journal = -1

    def abandon(self) -> None:
        """In a forked child: never send anything, the events belong to the parent."""
        if self._fd >= 0:
            try:
                close(self._fd)
            except OSError:  # already closed by the code that forked
                self._fd = -1
        self._fd = self._journal = -1
        self._pending = []
        self._lock = _thread.RLock()
        self._flushing = False
