"""A session file's bytes as a Session, as much of them as makes sense."""

from __future__ import annotations

import re

from sessions_ls.results import canonical, media
from sessions_ls.results.record import FORMAT, ErrorInfo, Output, Record, Session
from sessions_ls.results.render import FIRST_LINE, LAST_LINE
from sessions_ls.results.toml import NONE_KEY, date_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.results.foreign import Foreign

_SPLIT = "\n[[cells]]\n"
_CONTROL = bytes([*range(9), *range(11, 32), 127])
_has_surrogate = re.compile(r"[\ud800-\udfff]").search
_format = re.compile(r"format *= *([0-9]{1,9})\b").match

_KINDS: dict[str, type] = {
    **dict.fromkeys(("id", "title", "code", "key", "state", "stdout", "stderr", "text"), str),
    "ran_at": object,
    "runtime_ms": float,
    "runs": int,
    "volatile": bool,
    "reads": dict,
    "binds": dict,
    "objects": dict,
    "files": dict,
    "amends": list,
    "appears": list,
    "outputs": list,
    "error": dict,
}
_SIMPLE = (str, float, int, bool)
_STATES = ("ok", "error", "interrupted")
_TOP_KEYS = frozenset(("format", "notebook", "python", "bonds", "cells"))


class _Unusable(Exception):
    """What is wrong with a cell, as the end of a sentence."""


def read(raw: bytes, name: str, folder: str, foreign: Foreign) -> Session:
    """The session in `raw`, the content of a file called `name`. Fills `foreign`. Never raises."""
    return _Reader(name, folder, foreign).read(raw)


class _Reader:
    def __init__(self, name: str, folder: str, foreign: Foreign) -> None:
        self.name = name
        self.folder = folder
        self.session = Session(foreign=foreign)
        self.foreign = foreign

    def read(self, raw: bytes) -> Session:
        raw = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
        text = raw.decode("utf-8", "surrogateescape")
        match = _format(text)
        if match and int(match[1]) > FORMAT:
            self._refuse_newer(int(match[1]))
        elif not raw.strip():
            self.session.problems.append(f"{self.name} is empty: no results were kept.")
        else:
            self._read_text(text, raw)
        return self.session

    def _read_text(self, text: str, raw: bytes) -> None:
        ours = text.startswith(FIRST_LINE) or FIRST_LINE.startswith(text)
        lost_end = ours and not text.endswith(LAST_LINE)
        clean = len(raw.translate(None, _CONTROL)) == len(raw)
        valid = raw.isascii() or not _has_surrogate(text)
        pieces = text.removeprefix(FIRST_LINE).removesuffix(LAST_LINE) if ours else text
        head, *bodies = ("\n" + pieces).split(_SPLIT)
        if lost_end:
            # What stands last may be half a value that reads as a whole one.
            head, bodies = (head, bodies[:-1]) if bodies else ("", [])
        top = _parse(head, clean, valid)
        cells: list[Any] = [_parse_cell(body, clean, valid) for body in bodies]
        if (top is None or None in cells) and not lost_end and valid:
            # A hand may have put the text of a header inside a string, or tables in another order.
            whole = _full_parse(text)
            if whole is not None:
                top, cells = whole, []
        if top is not None and "cells" in top:
            found = top.pop("cells")
            cells = (found if isinstance(found, list) else [None]) + cells
        self._take_top(top)
        if self.foreign.newer is None:
            self._take_cells(cells)
        if lost_end:
            self._report("has lost its end, and the results of the last cell with it")

    def _take_top(self, top: dict[str, Any] | None) -> None:
        if top is None:
            self._report("cannot be read at its beginning; widgets have their default values again")
            return
        number = top.get("format", FORMAT)
        if type(number) is not int or number < 1:
            self._report(f"has no format that this version knows ({number!r:.40})")
            number = FORMAT
        if number > FORMAT:
            self._refuse_newer(number)
            return
        for name in ("notebook", "python"):
            if isinstance(top.get(name, ""), str):
                setattr(self.session, name, top.get(name, ""))
            else:
                self._report(f"has a `{name}` that is not a text")
        bonds = top.get("bonds", {})
        if isinstance(bonds, dict):
            self.session.bonds = _with_none(bonds)
        else:
            self._report(
                "has `bonds` that are not a table; widgets have their default values again"
            )
        self.foreign.keys = {key: top[key] for key in top if key not in _TOP_KEYS}
        if self.foreign.keys:
            self._mention("has keys", sorted(self.foreign.keys))

    def _take_cells(self, cells: list[Any]) -> None:
        seen: set[str] = set()
        unknown: set[str] = set()
        lost: list[str] = []
        for number, cell in enumerate(cells, 1):
            try:
                if not isinstance(cell, dict):
                    raise _Unusable("it is not in the form of a cell")
                record, extra = self._record(cell, number)
                if record.id and record.id in seen:
                    raise _Unusable("another cell has the same id")
            except _Unusable as problem:
                lost.append(f"{number} ({problem})")
                continue
            seen.add(record.id)
            self.session.records.append(record)
            if extra:
                self.foreign.cells[record.id] = extra
                unknown.update(extra)
        if lost:
            more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
            self._report(f"lost the results of its cell {', '.join(lost[:3])}{more}")
        if unknown:
            self._mention("has keys in its cells", sorted(unknown))

    def _record(self, cell: dict[str, Any], number: int) -> tuple[Record, dict[str, Any]]:
        """One cell, and its unknown keys."""
        record = Record("")
        unknown = {}
        for name, value in cell.items():
            kind = _KINDS.get(name)
            if kind is None:
                unknown[name] = value
            elif name == "ran_at":
                record.ran_at = _time(value)
            elif name == "outputs":
                for output in _typed(cell, name, list):
                    self._take_output(record, output, number)
            elif name == "error":
                record.error = _error(_typed(cell, name, dict))
            elif type(value) is kind and (kind in _SIMPLE or _all_texts(value)):
                setattr(record, name, value)
            elif kind is float and type(value) is int:
                setattr(record, name, float(value))
            else:
                raise _Unusable(f"`{name}` is of another kind")
        if record.state not in _STATES:
            raise _Unusable(f"its state is unknown ({record.state!r:.40})")
        return record, unknown

    def _take_output(self, record: Record, output: Any, number: int) -> None:
        if not isinstance(output, dict):
            raise _Unusable("`outputs` are not tables")
        mime = _typed(output, "mime", str)
        binary = _typed(output, "binary", bool) if "binary" in output else media.is_binary(mime)
        if "file" in output:
            reference = _typed(output, "file", str)
            try:
                content = media.read(self.folder, reference)
                data = content if binary else content.decode()
            except (media.MediaError, UnicodeDecodeError) as problem:
                what = problem if isinstance(problem, media.MediaError) else "is not text"
                # Without its picture the result is not what a fresh run would show.
                record.key = ""
                self.session.problems.append(
                    f"{self.name}: an output of cell {number} is lost, {reference!r:.80} {what}."
                )
                return
        else:
            text = _typed(output, "data", str)
            data = _from_base64(text) if binary else text
        record.outputs.append(Output(mime, data))

    def _refuse_newer(self, number: int) -> None:
        self.foreign.newer = self.session.format = number
        self.session.problems.append(
            f"{self.name} was written by a newer version of sessions-ls (format {number}, this "
            f"version knows {FORMAT}): its results are not used, and it is left as it is."
        )

    def _report(self, problem: str) -> None:
        self.foreign.broken = True
        self.session.problems.append(
            f"{self.name} {problem}. The file is kept as {self.name}.bad with the next save."
        )

    def _mention(self, where: str, keys: list[str]) -> None:
        names = ", ".join([key[:40] for key in keys[:5]]) + (", …" if len(keys) > 5 else "")
        self.session.problems.append(
            f"{self.name} {where} that this version does not know ({names}); they are kept."
        )


def _parse(text: str, clean: bool, valid: bool) -> dict[str, Any] | None:
    if not valid and _has_surrogate(text):
        return None
    found = canonical.parse(text) if clean else None
    return _full_parse(text) if found is None else found


def _parse_cell(body: str, clean: bool, valid: bool) -> dict[str, Any] | None:
    if not valid and _has_surrogate(body):
        return None
    found = canonical.parse(body, "cells.") if clean else None
    if found is not None:
        return found
    whole = _full_parse("[[cells]]\n" + body)
    if whole is None or len(whole) != 1:
        return None
    cells = whole["cells"]
    cell: dict[str, Any] | None = cells[0] if len(cells) == 1 else None
    return cell


def _full_parse(text: str) -> dict[str, Any] | None:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _typed(table: dict[str, Any], name: str, kind: type) -> Any:
    value = table.get(name)
    if type(value) is not kind:
        raise _Unusable(
            f"`{name:.40}` is of another kind" if name in table else f"`{name}` is missing"
        )
    return value


def _all_texts(values: Any) -> bool:
    items = values.values() if isinstance(values, dict) else values
    return all(type(item) is str for item in items)


def _time(value: Any) -> str:
    """A date-time in any of its forms, as UTC in whole seconds; "" when it tells no moment."""
    text = value
    if not isinstance(value, str):
        if getattr(value, "utcoffset", None) is None or value.utcoffset() is None:
            return ""
        from datetime import UTC

        text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return text if date_time(text) == text else ""


def _from_base64(text: str) -> bytes:
    from binascii import Error, a2b_base64

    try:
        return a2b_base64(text.encode(), strict_mode=True)
    except (Error, ValueError):
        raise _Unusable("an output is not in base64") from None


def _error(table: dict[str, Any]) -> ErrorInfo:
    error = ErrorInfo(_typed(table, "type", str), _typed(table, "message", str))
    if "line" in table:
        error.line = _typed(table, "line", int)
    if "traceback" in table:
        error.traceback = _typed(table, "traceback", str)
    for frame in _typed(table, "frames", list) if "frames" in table else ():
        if not isinstance(frame, list) or [type(part) for part in frame] != [str, int, str]:
            raise _Unusable("`frames` are not places in files")
        error.frames.append((frame[0], frame[1], frame[2]))
    return error


def _with_none(value: Any) -> Any:
    if isinstance(value, dict):
        if value == {NONE_KEY: True}:
            return None
        return {key: _with_none(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_none(item) for item in value]
    return value
