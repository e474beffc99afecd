"""A cell's result, and its error, in a few lines: for clients that show them as diagnostics."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from sessions_ls.lsp.words import failure, out_of_date, pictures
from sessions_ls.results.controls import without_controls
from sessions_ls.results.text import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessions_ls.live.view import CellView
    from sessions_ls.results.record import ErrorInfo, Record

LINES = 10  # of text; the pictures have one more
SPARE = 2  # so many more are shown rather than left out: a table of eight rows has eleven lines
WIDEST = 200  # columns of a line
LONGEST = 2_000  # characters at each end of a message
FRAMES = 6

_UNPARSED = ("SyntaxError", "IndentationError", "TabError")

_INSTALLED = re.compile(
    r"[/\\](?:lib[/\\]python[\d.]+[/\\](?:(?:site|dist)-packages[/\\])?|(?:site|dist)-packages[/\\])"
)


def result(cell: CellView) -> str:
    """What a cell gave; "" for nothing. What is out of date says so in the first line.

    The mark takes no line of its own: the lines below would jump with each edit.
    """
    record = cell.record
    assert record is not None
    lines = _parts(record) or list(dict.fromkeys(output.mime for output in record.outputs))
    if not lines:
        return ""
    mark = out_of_date(cell)
    tail = f"  ⟵ {mark}" if mark else ""
    first, *rest = _aligned(lines)
    return "\n".join([_narrow(first, WIDEST - len(tail)) + tail, *(_narrow(one) for one in rest)])


def _aligned(lines: list[str]) -> list[str]:
    """The lines, the first of which begins with no blank that clients take away.

    Helix trims a message, and then the head of a table no longer stands above its columns. U+2800
    is as wide as a blank, looks like one, and is none.
    """
    first, *rest = lines
    return [f"\u2800{first[1:]}" if first[:1] == " " else first, *rest]


def _parts(record: Record) -> list[str]:
    """What was printed, the value, the pictures. However much was printed, the value is seen."""
    plain = (output.data for output in record.outputs if output.mime == "text/plain")
    printed = _lines([record.stdout, record.stderr])
    value = _lines([record.text, *(data for data in plain if isinstance(data, str))])
    shown = pictures(record)
    of_value = min(len(value), max(LINES - len(printed), LINES // 2))
    parts = [*_shortened(printed, LINES - of_value), *_shortened(value, of_value)]
    while parts and not parts[0].strip():
        del parts[0]
    return [*parts, shown] if shown else parts


def _lines(texts: Iterable[str]) -> list[str]:
    shown = (without_controls(text).rstrip() for text in texts)
    return [line for text in shown if text for line in text.split("\n")]


def _shortened(lines: list[str], room: int) -> list[str]:
    """The head and the tail of some lines, around one that says how many are left out."""
    if len(lines) <= room + SPARE:
        return lines
    head = room // 2
    tail = room - head - 1
    left = f"… {len(lines) - head - tail} more lines"
    return [*lines[:head], left, *lines[len(lines) - tail :]]


def _narrow(line: str, width: int = WIDEST) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"


def error(told: ErrorInfo, notebook: str, line: int) -> str:
    """What was raised, and then the way to it through the person's own code, outermost first.

    ``line``, from 0, is where it is shown. The whole traceback stands in the hover.
    """
    if told.type in _UNPARSED:
        traceback = without_controls(told.traceback).strip()
        return cut(traceback, LONGEST) or failure(told)  # it says where
    return "\n".join([cut(failure(told), LONGEST), *_way(told, notebook, line)])


def _way(told: ErrorInfo, notebook: str, line: int) -> Iterator[str]:
    last = len(told.frames) - 1
    here = [place for place, frame in enumerate(told.frames) if frame[:2] == (notebook, line + 1)]
    steps = []
    for place, (path, number, function) in enumerate(told.frames):
        installed = _INSTALLED.search(path)
        if place in here or (installed and place != last):
            continue
        called = "called from " if here and place < here[-1] else ""
        where = "" if path == notebook else f"{_short(path, notebook, installed)}, "
        inside = "" if function == "<module>" else f" in {function}"
        steps.append(f"  {called}{where}line {number}{inside}")
    if len(steps) > FRAMES:
        steps[FRAMES // 2 : -FRAMES // 2] = ["  …"]
    yield from steps


def _short(path: str, notebook: str, installed: re.Match[str] | None) -> str:
    """A path as a person knows it: of a package from its name on, else from the notebook on."""
    if installed is not None:
        return path[installed.end() :]
    folder = os.path.dirname(notebook) + os.sep
    return path.removeprefix(folder)
