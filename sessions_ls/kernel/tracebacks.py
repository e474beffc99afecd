"""What is said about an exception: as Python would, with the user's frames only."""

from __future__ import annotations

import os
import sys

from .jsonout import printable
from .transcript import cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Any

#: Frames shown of one exception: so many from the outside, so many from the inside.
OUTER = 20
INNER = 30
#: Characters of a whole traceback.
LONGEST = 32768

#: The folder of this package, as its code objects name it.
HOME = os.path.dirname(os.path.abspath(__file__)) + os.sep
_OMITTED = "<omitted>"
_NO_STDIN = "EOF when reading a line"
_STDIN_HINT = " (a cell has no keyboard: its standard input is empty)"


def describe(error: BaseException, path: str) -> dict[str, object]:
    """Return the error dict of an exception that reached the end of a cell of `path`."""
    entries = _entries(error.__traceback__, path)
    frames = [
        [one.tb_frame.f_code.co_filename, one.tb_lineno, one.tb_frame.f_code.co_name]
        for one in entries
    ]
    line: int | None = None
    for file, number, _name in frames:
        if file == path:
            line = number  # type: ignore[assignment]
    if line is None and isinstance(error, SyntaxError) and error.filename == path:
        line = error.lineno
    _relink(error, entries, path)
    text = _text(error, path)
    message = _message(error)
    if isinstance(error, EOFError) and message == _NO_STDIN:
        message += _STDIN_HINT
        text = text.rstrip("\n") + _STDIN_HINT + "\n"
    elif isinstance(error, (NameError, AttributeError, ImportError)):
        message = _with_suggestion(message, text)
    return {
        "type": _type_name(error),
        "message": cut(printable(message), LONGEST, LONGEST),
        "line": line,
        "traceback": cut(printable(text), LONGEST, LONGEST),
        "frames": _shortened(frames),
    }


def _entries(first: TracebackType | None, path: str) -> list[TracebackType]:
    """The traceback's entries in the user's code and libraries, outermost first."""
    every: list[TracebackType] = []
    while first is not None:
        every.append(first)
        first = first.tb_next
    entries = [one for one in every if not _hidden(one.tb_frame)]
    for number, one in enumerate(entries):
        if one.tb_frame.f_code.co_filename == path:
            return entries[number:]  # before it: the event loop that ran a top-level await
    return entries


def _hidden(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith((HOME, "<frozen importlib"))


def _shortened(frames: list[list[object]]) -> list[list[object]]:
    if len(frames) <= OUTER + INNER:
        return frames
    return frames[:OUTER] + frames[-INNER:]


def _relink(error: BaseException, entries: list[TracebackType], path: str) -> None:
    """Reduce the tracebacks of `error`, and of what it came from, to what is shown.

    A million frames of a runaway recursion would take minutes to format.
    """
    seen = {id(error)}
    queue: list[BaseException | None] = [error.__cause__, error.__context__]
    _link(error, entries)
    while queue:
        one = queue.pop()
        if one is None or id(one) in seen or len(seen) > 100:
            continue
        seen.add(id(one))
        _link(one, _entries(one.__traceback__, path))
        queue += [one.__cause__, one.__context__]
        members = getattr(one, "exceptions", ())
        if isinstance(members, tuple):
            queue += [member for member in members if isinstance(member, BaseException)]


def _link(error: BaseException, entries: list[TracebackType]) -> None:
    if len(entries) > 200:
        entries = entries[:OUTER] + entries[-100:]
    following: TracebackType | None = None
    for one in reversed(entries):
        one.tb_next = following
        following = one
    error.__traceback__ = following


def _text(error: BaseException, path: str) -> str:
    try:
        return _by_module(error, path)
    except BaseException:  # noqa: BLE001  the user may have broken any module this needs
        return by_interpreter(error)


def _by_module(error: BaseException, path: str) -> str:
    import traceback

    shown = traceback.TracebackException(type(error), error, error.__traceback__)
    queue: list[Any] = [shown]
    seen: set[int] = set()
    while queue:
        one = queue.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if len(seen) > 50:
            one.__cause__ = one.__context__ = None
        _cap(one.stack, traceback.FrameSummary)
        queue += [one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ())]
    lines: list[str] = []
    for piece in shown.format():
        if _OMITTED in piece:
            count = piece.partition(_OMITTED)[2].partition('"')[0]
            piece = f"  … {count} frames omitted …\n"
        lines.append(piece)
    if (3, 10) <= sys.version_info[:2] < (3, 12) and isinstance(error, (NameError, AttributeError)):
        # Here only the interpreter itself knows "Did you mean".
        last = by_interpreter(error).rstrip("\n").rpartition("\n")[2]
        if last.startswith(lines[-1].rstrip("\n")):
            lines[-1] = last + "\n"
    return "".join(lines)


def _cap(stack: Any, summary: Any) -> None:
    """Leave the middle of a long stack out, where repeated frames do not collapse by themselves."""
    distinct = 0
    run = 0
    previous: tuple[object, ...] | None = None
    for frame in stack:
        key = (frame.filename, frame.lineno, frame.name)
        run = run + 1 if key == previous else 1
        distinct += run <= 3
        previous = key
    if distinct > OUTER + INNER:
        omitted = len(stack) - OUTER - INNER
        mark = summary(f"{_OMITTED}{omitted}", 0, "", lookup_line=False, line="")
        stack[OUTER:-INNER] = [mark]


def by_interpreter(error: BaseException) -> str:
    """The traceback as the interpreter's own C code prints it; needs no module at all."""
    said = Collected()
    before = sys.stderr
    try:
        sys.stderr = said
        sys.__excepthook__(type(error), error, error.__traceback__)
    except BaseException:  # noqa: BLE001  a name is better than nothing
        return f"{_type_name(error)}\n"
    finally:
        sys.stderr = before
    return said.text() or f"{_type_name(error)}: {_message(error)}\n"


class Collected:
    """The least that the interpreter takes for a standard error."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> int:
        self._parts.append(text)
        return len(text)

    def text(self) -> str:
        """What was written."""
        return "".join(self._parts)

    def flush(self) -> None:
        """Nothing is held back."""


def _type_name(error: BaseException) -> str:
    kind = type(error)
    module = kind.__module__
    if module in ("builtins", "__main__") or not isinstance(module, str):
        return kind.__qualname__
    return f"{module}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError) and error.msg:
            return str(error.msg)
        return str(error)
    except BaseException as failure:  # noqa: BLE001  whatever a __str__ does, the cell only failed
        return f"<its __str__ raised {type(failure).__name__}>"


def _with_suggestion(message: str, text: str) -> str:
    """`message` as the traceback's last line has it, with Python's "Did you mean"."""
    last = text.rstrip("\n").rpartition("\n")[2]
    place = last.find(f": {message}") if message and "\n" not in message else -1
    return last[place + 2 :] if place >= 0 else message
