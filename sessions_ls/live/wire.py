"""What a session and its clients say to each other, and how it travels.

Frames are the kernel's: four bytes of length, then the payload. The first one each way is JSON, so
that any two versions understand why they part; the others are `marshal`, format 2, whose two ends
are processes of one person and one version.
"""

from __future__ import annotations

import marshal
import os
import time

from sessions_ls.kernel.frames import pack
from sessions_ls.live.sockets import hang_up
from sessions_ls.results.record import ErrorInfo, Output, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Message = dict[str, Any]

PROTOCOL = 3
"""Grows when a message changes its meaning. Sessions and clients of different ones part."""

LONGEST_SEND = 0.9
"""Seconds after which a send that makes no headway is given up; less than `sockets` waits once."""

FORMAT = 2  # of marshal: understood by every Python 3


def packed(message: Message) -> bytes:
    """A message as a frame."""
    return pack(marshal.dumps(message, FORMAT))


def unpacked(payload: bytes) -> Message:
    """The message of a frame. Raises ValueError for what is none."""
    try:
        message = marshal.loads(payload)
    except (EOFError, TypeError) as error:
        raise ValueError(f"a frame holds no message: {error}") from error
    if not isinstance(message, dict):
        raise ValueError("a frame holds no message")
    return message


class Incoming:
    """Frames out of bytes, in whatever pieces they come, of at most ``longest`` bytes each."""

    __slots__ = ("_buffer", "longest")

    def __init__(self, longest: int = 1 << 32) -> None:
        self._buffer = bytearray()
        self.longest = longest

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes; the payloads that are complete now. Raises ValueError for a longer frame."""
        buffer = self._buffer
        buffer += data
        found: list[bytes] = []
        start = 0
        while len(buffer) - start >= 4:
            size = int.from_bytes(buffer[start : start + 4], "big")
            if size > self.longest:
                raise ValueError(f"a frame of {size} bytes")
            stop = start + 4 + size
            if len(buffer) < stop:
                break
            found.append(bytes(buffer[start + 4 : stop]))
            start = stop
        if start:
            del buffer[:start]
        return found

    @property
    def waiting(self) -> int:
        """Bytes of a frame that is not complete."""
        return len(self._buffer)


class Line:
    """A connection to a session. One thread receives; any may send."""

    def __init__(self, fd: int, pid: int = 0) -> None:
        """``fd`` is a blocking socket, owned from now on; at its other end is process ``pid``."""
        from _thread import allocate_lock

        self.pid = pid
        self._fd = fd
        self._incoming = Incoming()
        self._ready: list[bytes] = []
        self._sending = allocate_lock()

    def send(self, message: Message) -> None:
        """Send a message. Raises OSError when the session is gone."""
        self.send_frame(packed(message))

    def send_frame(self, data: bytes) -> None:
        """Send a whole frame. Raises OSError; BlockingIOError where the other side takes nothing.

        That ends the conversation: the rest of a frame cannot be sent later.
        """
        view = memoryview(data)
        limit = time.monotonic() + LONGEST_SEND
        with self._sending:
            if self._fd < 0:
                raise BrokenPipeError("the connection is closed")
            try:
                while view:
                    view = view[os.write(self._fd, view) :]
                    if view and time.monotonic() > limit:
                        raise BlockingIOError("the other side takes nothing")
            except OSError:
                hang_up(self._fd)
                raise

    def receive(self, seconds: float | None = None) -> Message | None:
        """The next message, None when the session is gone.

        Raises ValueError for garbage and TimeoutError after ``seconds``.
        """
        payload = self.receive_frame(seconds)
        return None if payload is None else unpacked(payload)

    def receive_frame(self, seconds: float | None = None) -> bytes | None:
        """The next payload, None when the other side is gone. Raises TimeoutError."""
        while not self._ready:
            if seconds is not None and not _readable(self._fd, seconds):
                raise TimeoutError
            try:
                data = os.read(self._fd, 1 << 20)
            except OSError:
                return None
            if not data:
                return None
            self._ready = self._incoming.feed(data)
        return self._ready.pop(0)

    def shut(self) -> None:
        """End the conversation: whoever receives wakes up and hears that it is over."""
        with self._sending:
            if self._fd >= 0:
                hang_up(self._fd)

    def close(self) -> None:
        """Close the descriptor. For the thread that receives."""
        with self._sending:
            fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _readable(fd: int, seconds: float) -> bool:
    import select

    if not hasattr(select, "poll"):
        return bool(select.select([fd], [], [], seconds)[0])
    poll = select.poll()  # takes descriptors above 1023 as well
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


# -- records -------------------------------------------------------------------------------------


def record_to_plain(record: Record) -> tuple[Any, ...]:
    """A record as plain values."""
    values = {name: getattr(record, name) for name in Record.__slots__}
    values["outputs"] = outputs_to_plain(record.outputs)
    error = record.error
    values["error"] = error and tuple(getattr(error, name) for name in ErrorInfo.__slots__)
    return tuple(values[name] for name in Record.__slots__)


def record_from_plain(plain: tuple[Any, ...]) -> Record:
    """The record that `record_to_plain` made of one."""
    values = dict(zip(Record.__slots__, plain, strict=True))
    values["outputs"] = outputs_from_plain(values["outputs"])
    error = values["error"]
    if error is not None:
        fields = dict(zip(ErrorInfo.__slots__, error, strict=True))
        fields["frames"] = [tuple(frame) for frame in fields["frames"]]
        values["error"] = ErrorInfo(**fields)
    return Record(**values)


def outputs_to_plain(outputs: list[Output]) -> list[tuple[str, str | bytes]]:
    """Rich results as plain values."""
    return [(output.mime, output.data) for output in outputs]


def outputs_from_plain(plain: list[tuple[str, str | bytes]]) -> list[Output]:
    """The rich results that `outputs_to_plain` made plain."""
    return [Output(mime, data) for mime, data in plain]


def event_to_plain(event: Message) -> Message:
    """An event of a live session, to be sent."""
    if "record" in event:
        event = {**event, "record": record_to_plain(event["record"])}
    if "outputs" in event:
        event = {**event, "outputs": outputs_to_plain(event["outputs"])}
    return event


def event_from_plain(event: Message) -> Message:
    """The event that `event_to_plain` made ready. Changes and returns it."""
    if "record" in event:
        event["record"] = record_from_plain(event["record"])
    if "outputs" in event:
        event["outputs"] = outputs_from_plain(event["outputs"])
    return event
