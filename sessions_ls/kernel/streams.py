"""`sys.stdout` and `sys.stderr` of the cells: in order, live, attributed, bounded."""

from __future__ import annotations

import codecs
import io
from os import SEEK_END, lseek, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .output import Output


#: Characters that may wait to be drained.
LIMIT = 1 << 17
#: Pieces that may wait before their order beside what is written below Python is given up.
CAREFUL = 500


class Stream(io.TextIOBase):
    """A text stream that hands what is written to the kernel's `Output`."""

    errors = "backslashreplace"
    newlines = None
    line_buffering = True
    write_through = True
    mode = "w"

    def __init__(self, number: int, output: Output) -> None:
        self._number = number
        self._output = output
        self._buffer: Bytes | None = None

    # -- writing --------------------------------------------------------------------------------

    def write(self, text: str, /) -> int:
        """Take `text`; it shows at once, or within the flusher's next tick."""
        if text.__class__ is not str:
            if not isinstance(text, str):
                raise TypeError(f"write() argument must be str, not {type(text).__name__}")
            text = "".join((text,))
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        output = self._output
        queue = output.queue
        # What was written below Python before this comes before it. In a flood the order of the
        # two is not worth two system calls a write; nor is it between the pieces of one `print`.
        if (
            len(queue) < CAREFUL
            and text != "\n"
            and text != " "
            and (
                lseek(output.out.private, 0, SEEK_END) != output.out.position
                or lseek(output.err.private, 0, SEEK_END) != output.err.position
            )
        ):
            output.pull()
        queue.append((self._number, text))
        output.size = size = output.size + len(text)
        if output.alert or size > LIMIT:
            output.kick(text)
        return len(text)

    def writelines(self, lines: Iterable[str], /) -> None:  # type: ignore[override]
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """See that the text is not lost, even if the process ends now. It leaves soon anyway."""
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        self._output.secure()

    @property
    def buffer(self) -> Bytes:
        """The binary side."""
        if self._buffer is None:
            self._buffer = Bytes(self)
        return self._buffer

    # -- what programs ask of a stream ----------------------------------------------------------

    @property
    def name(self) -> str:
        return "<stdout>" if self._number == 1 else "<stderr>"

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def fileno(self) -> int:
        """The descriptor that child processes and C code write to; it is captured as well."""
        return self._number

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def reconfigure(self, **settings: Any) -> None:
        """Accepted for compatibility; the encoding stays UTF-8."""

    def detach(self) -> Bytes:  # type: ignore[override]
        raise io.UnsupportedOperation("the stream of a cell cannot be detached")

    def __reduce__(self) -> str:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name!r} mode='w' encoding='utf-8'>"

    def __del__(self) -> None:
        """Without this the base class would close the stream when its last reference goes."""


class Bytes(io.BufferedIOBase):
    """`sys.stdout.buffer`: decodes what is written, wherever a character is split."""

    mode = "wb"

    def __init__(self, text: Stream) -> None:
        self._text = text
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.raw = self

    @property
    def name(self) -> str:
        return self._text.name

    def write(self, data: Any, /) -> int:
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        if self.closed:
            raise ValueError("write to closed file")
        view = bytes(data)
        text = self._decode(view)
        if text:
            self._text.write(text)
        return len(view)

    def fileno(self) -> int:
        return self._text.fileno()

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def __del__(self) -> None:
        """As in `Stream`."""


class Direct(io.TextIOBase):
    """The stream of a forked child: straight to the captured descriptor, unbuffered, because the
    child may end without a word."""

    errors = "backslashreplace"

    def __init__(self, number: int) -> None:
        self._number = number
        self.buffer = io.FileIO(number, "w", closefd=False)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        data = text.encode("utf-8", "backslashreplace")
        while data:
            data = data[write(self._number, data) :]
        return len(text)

    def fileno(self) -> int:
        return self._number

    def writable(self) -> bool:
        return True
