"""TOML values as text.

Literal strings wherever TOML allows them: they read as they are, and every reader finds their end
by searching instead of walking through them. No line of a value starts with `[[cells]]`, so a
session file can be cut into its cells without being parsed.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NONE_KEY = "@none"
"""TOML has no null: None is the table that holds this key alone."""

_bare_key = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_has_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]").search
_has_surrogate = re.compile(r"[\ud800-\udfff]").search

_date_time = re.compile(
    r"[1-9]\d{3}-(0[1-9]|1[0-2])-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII
).match
_days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def clean(text: str) -> str:
    """`text` as UTF-8 can hold it: a lone surrogate becomes its escape, as in `\\udc80`."""
    if text.isascii() or not _has_surrogate(text):
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def string(text: str) -> str:
    """A TOML string for any text; over several lines where the text has some."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    text = clean(text)
    many = "\n" in text and not text.startswith("[[cells]]") and "\n[[cells]]" not in text
    if _has_control(text) is None:
        if many and "'''" not in text and text[-1] != "'":
            return f"'''\n{text}'''"
        if "'" not in text and "\n" not in text:
            return f"'{text}'"
    if many:
        return '"""\n' + "\n".join([_escaped(line) for line in text.split("\n")]) + '"""'
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    from json.encoder import encode_basestring

    quoted: str = encode_basestring(text)
    return quoted[1:-1].replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """A TOML key, quoted where it must be."""
    if _bare_key(name):
        return name
    text = string(name)
    return f'"{_escaped(clean(name))}"' if "\n" in text else text


def table(items: Iterable[tuple[str, object]]) -> str:
    """An inline table."""
    inner = ", ".join([f"{key(name)} = {value(item)}" for name, item in items])
    return f"{{ {inner} }}" if inner else "{}"


def strings(mapping: Mapping[str, str]) -> str:
    """An inline table of strings, sorted by name."""
    inner = ", ".join([f"{key(name)} = {_inline(mapping[name])}" for name in sorted(mapping)])
    return f"{{ {inner} }}" if inner else "{}"


def value(item: object) -> str:
    """Any value that TOML or JSON can hold, on one line. Raises TypeError for all others."""
    if isinstance(item, str):
        return _inline(item)
    if item is True or item is False:
        return "true" if item else "false"
    if isinstance(item, (int, float)):
        return repr(item)
    if isinstance(item, dict):
        return table(item.items())
    if isinstance(item, (list, tuple)):
        return f"[{', '.join([value(each) for each in item])}]"
    if item is None:
        return f"{{ '{NONE_KEY}' = true }}"
    if hasattr(item, "isoformat"):
        return str(item.isoformat())
    raise TypeError(f"a session file cannot hold a value of type {type(item).__name__}")


def date_time(text: str, position: int = 0) -> str | None:
    """The date-time in UTC, whole seconds, that stands at `position`; None where none does."""
    match = _date_time(text, position)
    if match is None:
        return None
    day, month = int(match[2]), int(match[1])
    if not 1 <= day <= _days[month - 1] and (day, month) != (29, 2):
        return None
    if (day, month) == (29, 2):
        year = int(match[0][:4])
        if year % 4 or (year % 100 == 0 and year % 400):
            return None
    return match[0]


def _inline(text: str) -> str:
    if "\n" in text:
        return f'"{_escaped(clean(text))}"'
    return string(text)
