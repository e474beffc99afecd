"""A notebook's text to its cells. The whole text is always accepted."""

from __future__ import annotations

import bisect

from .common import common
from .markers import parse_marker
from .problems import Problem
from .scan import head_end, only_docstring, scan, words_start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .markers import Issue


class Cell:
    r"""The text between two markers; never changed once made.

    `number` counts from 1. `kind` is "code", "markdown" or "raw". `marker` is the line of the
    marker (None for the text before the first one) and `[start, stop)` are the lines of the body,
    from 0 in the file. `source` is the body, each of its lines ended by `\n`, the last as in
    the file.
    """

    __slots__ = (
        "_head",
        "_issues",
        "kind",
        "marker",
        "metadata",
        "number",
        "source",
        "start",
        "stop",
        "title",
    )

    def __init__(
        self,
        number: int,
        kind: str,
        title: str | None,
        metadata: dict[str, object],
        marker: int | None,
        start: int,
        stop: int,
        source: str,
        head: str = "",
        issues: tuple[Issue, ...] = (),
    ) -> None:
        self.number = number
        self.kind = kind
        self.title = title
        self.metadata = metadata
        self.marker = marker
        self.start = start
        self.stop = stop
        self.source = source
        self._head = head
        self._issues = issues

    @property
    def disabled(self) -> bool:
        """The cell does not run."""
        return self.metadata.get("disabled") is True

    @property
    def manual(self) -> bool:
        """The cell becomes stale but runs only on an explicit request."""
        return self.metadata.get("manual") is True

    @property
    def volatile(self) -> bool:
        """A cached result is never trusted after a restart."""
        return self.metadata.get("volatile") is True

    @property
    def id(self) -> str | None:
        """The identity the person gave the cell, if any."""
        value = self.metadata.get("id")
        return value if isinstance(value, str) and value else None

    def _moved(self, number: int, lines: int) -> Cell:
        """The same cell `lines` further down, under another number."""
        return Cell(
            number,
            self.kind,
            self.title,
            self.metadata,
            None if self.marker is None else self.marker + lines,
            self.start + lines,
            self.stop + lines,
            self.source,
            self._head,
            self._issues,
        )

    def __repr__(self) -> str:
        return f"<Cell {self.number} {self.kind} {self.title!r} lines {self.start}-{self.stop}>"


class Notebook:
    """The cells of one text, in file order, and what is wrong with their markers."""

    __slots__ = ("_markers", "_sound", "_text", "cells", "has_markers", "problems")

    def __init__(
        self, cells: tuple[Cell, ...], text: str, markers: list[int], sound: bool, bom: bool
    ) -> None:
        self.cells = cells
        self.has_markers = bool(markers)
        self.problems = tuple(_problems(cells, bom))
        # For the next reading: the text with \n line ends, where its markers are, and whether every
        # string in it closes (only then does a change stay within its cells).
        self._text = text
        self._markers = markers
        self._sound = sound


def is_notebook(text: str) -> bool:
    """Whether a text holds a cell marker; without reading the cells."""
    return ("# %%" in text or "#%%" in text) and bool(scan(_unified(text)).markers)


def read_notebook(text: str, previous: Notebook | None = None) -> Notebook:
    """Cut a text into cells. Never raises.

    With the notebook read from an earlier version of the text only the changed part is read, and
    cells that stayed as and where they were are the same objects.
    """
    bom = text.startswith("\ufeff")
    text = _unified(text)
    if previous is not None:
        if text == previous._text:
            cells, markers, sound = previous.cells, previous._markers, previous._sound
            return Notebook(cells, text, markers, sound, bom)
        if previous._sound and previous._markers:
            again = _reread(text, previous, bom)
            if again is not None:
                return again
    found = scan(text)
    known = () if previous is None else previous.cells
    return Notebook(_all_cells(text, found.markers, known), text, found.markers, found.sound, bom)


def _unified(text: str) -> str:
    """The text without a byte order mark, its lines ended by newlines alone."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _all_cells(text: str, markers: list[int], known: Iterable[Cell]) -> tuple[Cell, ...]:
    """Every cell of a text whose markers are found."""
    if not markers:
        return (_kept(Cell(1, "code", None, {}, None, 0, _line_count(text), text), known),)
    header = text[: markers[0]]
    lines = _line_count(header)
    first = []
    if not only_docstring(header):
        first.append(_kept(Cell(1, "code", None, {}, None, 0, lines, header), known))
    return (*first, *_cut(text, markers, len(text), len(first) + 1, lines, known))


def _kept(cell: Cell, known: Iterable[Cell]) -> Cell:
    """The first of the known cells if it is the same as this cell without a marker."""
    for other in known:
        return other if other.marker is None and other.source == cell.source else cell
    return cell


def _cut(
    text: str, markers: list[int], end: int, number: int, line: int, known: Iterable[Cell]
) -> list[Cell]:
    """The cells of the markers up to offset `end`; the first has this number and marker line."""
    at_marker = {cell.marker: cell for cell in known}
    cells = []
    for marker, stop in zip(markers, [*markers[1:], end], strict=True):
        body = head_end(text, marker)
        head = text[marker:body]
        source = text[body + 1 : stop]
        old = at_marker.get(line)
        lines = _line_count(source)
        if old is not None and old.number == number and old._head == head and old.source == source:
            cells.append(old)
        else:
            words = parse_marker(head[words_start(head) :])
            cells.append(
                Cell(
                    number,
                    words.kind,
                    words.title,
                    words.metadata,
                    line,
                    line + 1,
                    line + 1 + lines,
                    source,
                    head,
                    words.issues,
                )
            )
        number += 1
        line += 1 + lines
    return cells


def _line_count(text: str) -> int:
    """Lines of a text, the unterminated last one included when it holds something."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


def _reread(text: str, previous: Notebook, bom: bool) -> Notebook | None:
    """Read again only the cells that a change touched; None when that cannot be told apart.

    The part read starts at the last marker before the change and ends at the first one after it.
    Both must follow a line that is no comment: a fenced block reaches over markers only within a
    run of comment lines.
    """
    old, markers, cells = previous._text, previous._markers, previous.cells
    prefix, suffix = common(old, text)
    delta = len(text) - len(old)
    first = bisect.bisect_left(markers, prefix) - 1
    while first > 0 and _after_comment(old, markers[first]):
        first -= 1
    if first < 0:
        return None
    last = bisect.bisect_right(markers, len(old) - suffix)
    while last < len(markers) and _after_comment(old, markers[last]):
        last += 1
    stop = markers[last] + delta if last < len(markers) else len(text)
    start = markers[first]
    part = scan(text[start:stop])
    if not part.sound or not part.markers or part.markers[0] != 0:
        return None
    header = len(cells) - len(markers)
    found = [start + marker for marker in part.markers]
    line = cells[header + first].marker
    assert line is not None
    kept, tail = cells[: header + first], cells[header + last :]
    known = cells[header + first : header + last]
    middle = _cut(text, found, stop, header + first + 1, line, known)
    numbers = len(found) - (last - first)
    lines = middle[-1].stop - known[-1].stop
    if numbers or lines:
        tail = tuple([cell._moved(cell.number + numbers, lines) for cell in tail])
    after = [marker + delta for marker in markers[last:]] if delta else markers[last:]
    return Notebook((*kept, *middle, *tail), text, markers[:first] + found + after, True, bom)


def _after_comment(text: str, marker: int) -> bool:
    return text.startswith("#", text.rfind("\n", 0, marker - 1) + 1)


def _problems(cells: Iterable[Cell], bom: bool) -> Iterable[Problem]:
    for cell in cells:
        if cell._issues and cell.marker is not None:
            # A byte order mark is a character of the client's first line.
            offset = words_start(cell._head) + (bom and cell.marker == 0)
            for start, end, message, severity in cell._issues:
                yield Problem(
                    "bad-marker",
                    severity,
                    cell.number,
                    cell.marker,
                    offset + start,
                    offset + end,
                    f"Marker metadata: {message}.",
                )
