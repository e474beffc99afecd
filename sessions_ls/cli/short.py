"""`sessions run --lines N`: of each cell's results the first and last lines, as they come."""

from __future__ import annotations

from collections import deque

from sessions_ls.cli import trim
from sessions_ls.kernel.transcript import collapse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Event = dict[str, Any]


class Short:
    """Hands the events of a run on to ``take``, their texts trimmed to so many ``lines``.

    The first lines of a stream go on at once, the last ones when the cell is over.
    """

    def __init__(self, take: Callable[[Event], None], lines: int) -> None:
        self._take = take
        self._lines = lines
        self._streams: dict[tuple[int, str], _Stream] = {}

    def take(self, event: Event) -> None:
        """Hand on an event of the run, or what is to be shown of it."""
        kind = event["event"]
        if kind == "output":
            key = (event["number"], event["stream"])
            if key not in self._streams:
                self._streams[key] = _Stream(self._lines)
            self._pass(event, self._streams[key].add(event["text"]))
            return
        if kind == "display":
            event = {**event, "outputs": trim.trimmed_outputs(event["outputs"], self._lines)}
        elif kind == "cell" and event["state"] not in ("queued", "running"):
            self._flush(event["number"])
            if "record" in event:
                event = {**event, "record": trim.trimmed_record(event["record"], self._lines)}
        elif kind == "done":
            for number, _ in list(self._streams):
                self._flush(number)
        self._take(event)

    def _flush(self, number: int) -> None:
        for key in [key for key in self._streams if key[0] == number]:
            event = {"event": "output", "number": number, "stream": key[1]}
            self._pass(event, self._streams.pop(key).rest())

    def _pass(self, event: Event, text: str) -> None:
        if text:
            self._take({**event, "text": text})


class _Stream:
    """What one cell writes to one stream; together its texts are as `trim.trimmed` has them."""

    __slots__ = ("_count", "_first", "_last", "_line")

    def __init__(self, lines: int) -> None:
        self._first = lines - lines // 2  # of which so many were not there yet
        self._last: deque[str] = deque(maxlen=lines // 2 + 1)  # all, where one more is too many
        self._count = 0  # of the lines after the first ones
        self._line = ""  # not ended yet

    def add(self, text: str) -> str:
        """Take a piece; what is to be shown at once."""
        *rows, self._line = collapse(self._line + text).split("\n")
        first, after = rows[: self._first], rows[self._first :]
        self._first -= len(first)
        self._count += len(after)
        self._last.extend(after)
        return "".join(f"{trim.narrowed(row)}\n" for row in first)

    def rest(self) -> str:
        """What is to be shown when the cell is over."""
        rows = [f"{trim.narrowed(row)}\n" for row in self._last]
        if self._line:
            line = trim.narrowed(self._line)
            if self._first:
                return line
            rows.append(line)
            self._count += 1
        wanted = (self._last.maxlen or 1) - 1
        gone = self._count - wanted
        if gone > 1:
            end = "" if self._line and not wanted else "\n"
            rows = [f"{trim.omission(gone)}{end}", *rows[len(rows) - wanted :]]
        return "".join(rows)
