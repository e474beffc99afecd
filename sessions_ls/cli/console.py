"""The terminal, as far as commands need to know about it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def prepare() -> None:
    """Make the standard streams take any text, whatever their encoding, and be there at all."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the descriptor was closed before we started
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  as long-lived as we are
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def abandon_stdout() -> None:
    """Nobody reads standard output any more: let what is still buffered go nowhere."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):  # not a file of the system
        return
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, number)
    os.close(devnull)


def message(text: str) -> None:
    """Say something to the person, on standard error."""
    sys.stderr.write(f"sessions: {text}\n")


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches this stream on a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO) -> int:
    """The width of the terminal behind this stream, 0 where there is none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


class Paint:
    """Colours for one stream; none unless it is a terminal, and none with NO_COLOR."""

    def __init__(self, stream: TextIO) -> None:
        self._on = is_terminal(stream) and not os.environ.get("NO_COLOR")

    def __call__(self, style: str, text: str) -> str:
        """`text` in a style: an SGR number such as "2" (dim) or "31" (red), "" for none."""
        return f"\x1b[{style}m{text}\x1b[m" if self._on and style and text else text


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(c) in ("Mn", "Me", "Cf") else 1 + (east_asian_width(c) in "WF") for c in text
    )


def fitted(text: str, columns: int) -> str:
    """`text`, cut to at most so many columns."""
    if len(text) * 2 <= columns or width(text) <= columns:
        return text
    while text and width(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def duration(seconds: float) -> str:
    """A time as a person says it: "3 ms", "1.2 s", "4 min 10 s"."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.00095 else f"{seconds * 1000:.1f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def plural(count: int, noun: str) -> str:
    """ "1 cell", "2 cells"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
