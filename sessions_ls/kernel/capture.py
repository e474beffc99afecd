"""What is written to descriptors 1 and 2 below Python: by C code, `os.write`, child processes.

Both are files without a name, opened by the launcher for appending. So a writer never blocks,
nobody need read them at the time, and a size tells at once whether there is anything new.
"""

from __future__ import annotations

import codecs
import sys
from os import SEEK_END, dup2, fstat, ftruncate, lseek, pread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Read at most this much at once, and give the space back once this much has been read.
CHUNK = 1 << 18
RECLAIM = 1 << 20


class Capture:
    """One captured descriptor."""

    __slots__ = ("_decode", "_identity", "fd", "position", "private")

    def __init__(self, fd: int, private: int) -> None:
        dup2(fd, private, inheritable=False)
        self.fd = fd
        self.private = private
        self.position = lseek(private, 0, SEEK_END)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._identity = self._identify(private)

    @staticmethod
    def _identify(fd: int) -> tuple[int, int]:
        status = fstat(fd)
        return status.st_dev, status.st_ino

    def grown(self) -> bool:
        """Whether something was written since the last `pull`."""
        try:
            return lseek(self.private, 0, SEEK_END) != self.position
        except OSError:
            return False

    def pull(self, final: bool = False) -> str | None:
        """Return the next text, None when there is no more. With `final`, an unfinished
        character at the end is shown as U+FFFD."""
        try:
            end = lseek(self.private, 0, SEEK_END)
            if end < self.position:  # somebody truncated the file
                self.position = 0
            data = pread(self.private, min(CHUNK, end - self.position), self.position)
            self.position += len(data)
            if self.position >= RECLAIM and self.position == end:
                ftruncate(self.private, 0)
                self.position = 0
        except OSError:
            data = b""
        text = self._decode(data, final and len(data) < CHUNK)
        return text if data or text else None

    def restore(self) -> bool:
        """Make the descriptor lead here again if user code closed or replaced it. Says whether
        it had to."""
        try:
            if self._identify(self.fd) == self._identity:
                return False
        except OSError:  # closed: repaired below
            pass
        try:
            dup2(self.private, self.fd)
        except OSError:
            return False
        return True


def flush_native() -> None:
    """Flush C's own buffers, where what `printf` wrote waits because ours is no terminal.

    That takes ctypes, which is used only where the program has loaded it (NumPy does).
    """
    global _fflush
    if _fflush is None:
        ctypes = sys.modules.get("ctypes")
        if ctypes is None:
            return
        try:
            _fflush = ctypes.CDLL(None).fflush
        except (OSError, AttributeError, TypeError):  # no C library by that name, or half imported
            return
    _fflush(None)


_fflush: Any = None
