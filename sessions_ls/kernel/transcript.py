"""Text of a stream as a person sees it: carriage returns applied, the middle of floods left out.

Pure functions and two small classes; used by the kernel, and by the server to put together the
pieces that the kernel sends.
"""

from __future__ import annotations

#: Characters kept from the beginning and from the end of one stream of one cell.
HEAD = 65536
TAIL = 65536


def collapse(text: str) -> str:
    """Return `text` with each line as the last carriage return left it.

    A progress bar that redrew itself a thousand times is one line. `\\r\\n` is a line end.
    """
    if "\r" not in text:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    last = len(lines) - 1
    for number, line in enumerate(lines):
        if "\r" in line:
            lines[number] = _redrawn(line, number == last)
    return "\n".join(lines)


def _redrawn(line: str, open_line: bool) -> str:
    """The last drawing of one line. A line not ended yet keeps its final return, because what
    comes next will overwrite it."""
    parts = line.split("\r")
    drawn = parts[-1]
    if drawn:
        return drawn
    for part in reversed(parts):
        if part:
            drawn = part
            break
    return drawn + "\r" if open_line else drawn


def omission(count: int) -> str:
    """The line that stands for `count` characters left out."""
    if count < 1000:
        amount = f"{count} characters"
    elif count < 1_000_000:
        amount = f"{count / 1000:.1f} kB"
    elif count < 1_000_000_000:
        amount = f"{count / 1_000_000:.1f} MB"
    else:
        amount = f"{count / 1_000_000_000:.1f} GB"
    return f"… {amount} omitted …"


def cut(text: str, head: int = HEAD, tail: int = TAIL) -> str:
    """Return `text`, without its middle when it is longer than `head + tail` characters."""
    if len(text) <= head + tail:
        return text
    return f"{text[:head]}\n{omission(len(text) - head - tail)}\n{text[-tail:]}"


class Transcript:
    """The text so far of one stream, from pieces that may redraw the line before them."""

    __slots__ = ("_done", "_line")

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line = ""

    def append(self, piece: str) -> None:
        """Add the text of one `out` event."""
        text = collapse(self._line + piece)
        end = text.rfind("\n") + 1
        if end:
            self._done.append(text[:end])
        self._line = text[end:]

    def text(self) -> str:
        """All of it, as seen now."""
        if len(self._done) > 1:
            self._done = ["".join(self._done)]
        line = self._line[:-1] if self._line.endswith("\r") else self._line
        return "".join(self._done) + line


class Cutter:
    """Lets the head of a stream pass as it comes, and keeps its tail for the end.

    The pieces it lets pass, put together by `Transcript`, are the stream's text. Memory stays
    below a few times `head + tail` however much is fed.
    """

    __slots__ = ("_head", "_line", "_omitted", "_returned", "_room", "_tail", "_tail_size")

    def __init__(self, head: int = HEAD, tail: int = TAIL) -> None:
        self._head = self._room = head
        self._tail_size = tail
        self._line = 0  # characters of the line still open at the end of what has passed
        self._returned = False  # what has passed ends in a carriage return
        self._tail: str | None = None
        self._omitted = 0

    def feed(self, text: str) -> str:
        """Take the next text of the stream; return what is to be sent of it now."""
        if self._tail is not None:
            self._keep(text)
            return ""
        if self._returned and text[:1] not in "\r\n":
            self._reopen()
        if "\r" in text:
            return self._feed_redrawing(text)
        return self._pass(text)

    def finish(self) -> str:
        """Return the rest: nothing, the tail, or what was omitted and the tail."""
        tail, omitted = self._tail, self._omitted
        self._tail = None
        self._omitted = 0
        self._room = 0
        if tail is None:
            return ""
        surplus = len(tail) - self._tail_size
        if surplus > 0:
            omitted += surplus
            tail = tail[surplus:]
        if not omitted:
            return tail
        line_end = tail.find("\n", 0, 1000)
        if line_end >= 0:
            omitted += line_end + 1
            tail = tail[line_end + 1 :]
        return f"\n{omission(omitted)}\n{tail}"

    def _pass(self, text: str) -> str:
        size = len(text)
        if size > self._room:
            passed, rest = text[: self._room], text[self._room :]
            self._room = 0
            self._tail = ""
            self._keep(rest)
            return passed
        self._room -= size
        self._returned = False
        end = text.rfind("\n") + 1
        self._line = size - end if end else self._line + size
        return text

    def _feed_redrawing(self, text: str) -> str:
        """As `feed`, for text that goes back to the start of a line.

        A redrawn line gives its room back: a progress bar may run for days.
        """
        if len(text) > 4 * (self._head + self._tail_size):
            return self._pass(text)
        first, end, rest = text.replace("\r\n", "\n").partition("\n")
        if "\r" in first:
            parts = first.split("\r")
            shown = len(parts) - 1
            while shown and not parts[shown]:
                shown -= 1
            if shown:
                self._reopen()
            goes_back = not end and not parts[-1]
            first = ("\r" if shown else "") + parts[shown] + ("\r" if goes_back else "")
        passed = self._pass(first + end + collapse(rest))
        self._returned = passed.endswith("\r")
        return passed

    def _reopen(self) -> None:
        """The open line is drawn anew."""
        self._room += self._line
        self._line = 0
        self._returned = False

    def _keep(self, text: str) -> None:
        limit = 2 * self._tail_size
        if len(text) > limit:
            self._omitted += len(text) - limit
            text = text[-limit:]
        tail = collapse((self._tail or "") + text)
        if len(tail) > limit:
            surplus = len(tail) - self._tail_size
            self._omitted += surplus
            tail = tail[surplus:]
        self._tail = tail
