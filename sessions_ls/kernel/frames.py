"""Length-prefixed frames: 4 bytes big-endian length, then the payload. Used by both sides."""

from __future__ import annotations

from os import read, write

#: Exit status of a kernel whose control channel was closed under it by the code it ran.
LOST_CHANNEL = 86

#: Larger frames are taken for garbage.
MAX_FRAME = 1 << 28

#: Every payload the kernel sends begins like this; what does not is garbage.
EVENTS_START = b'[{"e":'


def pack(payload: bytes) -> bytes:
    """Return `payload` with its length in front."""
    return len(payload).to_bytes(4, "big") + payload


def write_all(fd: int, data: bytes) -> None:
    """Write every byte of `data` to a blocking descriptor. Raises OSError."""
    sent = write(fd, data)
    if sent < len(data):
        view = memoryview(data)
        while sent < len(data):
            sent += write(fd, view[sent:])


class FrameReader:
    """Frames from a blocking descriptor that nobody else writes to."""

    __slots__ = ("_buffer", "_fd")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._buffer = b""

    def read(self) -> bytes | None:
        """Return the next payload, or None when the other side has closed. Raises OSError."""
        if not self._fill(4):
            return None
        size = int.from_bytes(self._buffer[:4], "big")
        if not self._fill(4 + size):
            return None
        payload = self._buffer[4 : 4 + size]
        self._buffer = self._buffer[4 + size :]
        return payload

    def _fill(self, size: int) -> bool:
        if len(self._buffer) >= size:
            return True
        parts = [self._buffer]
        have = len(self._buffer)
        while have < size:
            part = read(self._fd, max(65536, size - have))
            if not part:
                return False
            parts.append(part)
            have += len(part)
        self._buffer = b"".join(parts)
        return True


class EventParser:
    """Frames out of bytes that a user's program may have spoilt.

    Whatever is not a plausible frame of events is skipped up to the next thing that is one:
    code that writes to our descriptor by accident costs its own bytes, never the session.
    """

    __slots__ = ("_buffer", "skipped")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.skipped = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes as they came; return the payloads that are complete now."""
        buffer = self._buffer
        buffer += data
        payloads: list[bytes] = []
        start = 0
        while True:
            begin = bytes(buffer[start + 4 : start + 4 + len(EVENTS_START)])
            if not EVENTS_START.startswith(begin):
                start = self._next_start(start)
                continue
            if len(begin) < len(EVENTS_START):
                break
            size = int.from_bytes(buffer[start : start + 4], "big")
            if size > MAX_FRAME:
                start = self._next_start(start)
                continue
            stop = start + 4 + size
            if len(buffer) < stop:
                break
            if buffer[stop - 2 : stop] != b"}]":
                start = self._next_start(start)
                continue
            payloads.append(bytes(buffer[start + 4 : stop]))
            start = stop
        del buffer[:start]
        return payloads

    def _next_start(self, start: int) -> int:
        """The place after `start` where a frame may begin."""
        buffer = self._buffer
        found = buffer.find(EVENTS_START, start + 5)
        if found < 0:
            # The last bytes may be the beginning of a frame whose rest is still on its way.
            following = max(start + 1, len(buffer) - len(EVENTS_START) - 3)
        else:
            following = found - 4
        self.skipped += following - start
        return following
