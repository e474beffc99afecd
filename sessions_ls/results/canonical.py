"""Reads the TOML that we write, and only that.

It is several times as fast as a full TOML parser and needs no import. `parse` either gives exactly
what a full parser would (a date-time under `ran_at` stays text), or declines with None; then the
caller takes `tomllib`.
"""

from __future__ import annotations

import re

from sessions_ls.results.toml import date_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_header = re.compile(r"(\[\[?)([a-z.]+)(\]\]?)\n").match
_key = re.compile(r"([A-Za-z0-9_-]+) = |'([^'\n]*)' = ").match
_text_line = re.compile(r"([A-Za-z0-9_-]+) = '([^'\n]*)'\n").match
_text_item = re.compile(r"([A-Za-z0-9_-]+) = '([^'\n]*)'(?:, (?=[A-Za-z0-9_'-])|( \}))").match
_literal = re.compile(r"'([^'\n]*)'").match
_number = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]+)?(e[+-]?[0-9]+)?").match
_not_in_toml = re.compile(r"\\/|\\u[dD][89a-fA-F]").search


class _Declined(Exception):
    pass


def parse(text: str, inside: str = "") -> dict[str, Any] | None:
    """The tables of one piece of a session file, or None when it is not in our own form.

    With `inside="cells."` the piece is what stands below a `[[cells]]`, and headers must begin so.
    The text must hold no control characters but tab and newline.
    """
    top: dict[str, Any] = {}
    into = top
    lists: set[str] = set()
    position, end = 0, len(text)
    try:
        while position < end:
            if match := _text_line(text, position):  # most lines are such
                name = match[1]
                if name in into:
                    return None
                into[name] = match[2]
                position = match.end()
            elif text[position] == "\n":
                position += 1
            elif text[position] == "[":
                into, position = _open_table(top, lists, text, position, inside)
            else:
                name, position = _read_key(text, position)
                if name in into:
                    return None
                into[name], position = _read_value(text, position, name)
                position = _skip(text, position, "\n")
    except (_Declined, ValueError, RecursionError):
        return None
    return top


def _open_table(
    top: dict[str, Any], lists: set[str], text: str, position: int, inside: str
) -> tuple[dict[str, Any], int]:
    match = _header(text, position)
    if match is None or len(match[1]) != len(match[3]) or not match[2].startswith(inside):
        raise _Declined
    name = match[2][len(inside) :]
    # Only a list that headers began may be continued by a header.
    if "." in name or not name or (name in top and not (len(match[1]) == 2 and name in lists)):
        raise _Declined
    new: dict[str, Any] = {}
    if len(match[1]) == 2:
        lists.add(name)
        top.setdefault(name, []).append(new)
    else:
        top[name] = new
    return new, match.end()


def _read_key(text: str, position: int) -> tuple[str, int]:
    match = _key(text, position)
    if match is None:
        raise _Declined
    return match[1] or match[2] or "", match.end()


def _read_value(text: str, position: int, name: str) -> tuple[Any, int]:
    first = text[position : position + 1]
    if first == "'":
        return _read_literal(text, position)
    if first == '"':
        return _read_basic(text, position)
    if first == "{":
        return _read_table(text, position + 1)
    if first == "[":
        return _read_array(text, position + 1)
    if text.startswith("true", position):
        return True, position + 4
    if text.startswith("false", position):
        return False, position + 5
    if name == "ran_at" and (stamp := date_time(text, position)):
        return stamp, position + len(stamp)
    match = _number(text, position)
    if match is None:
        raise _Declined
    number = match[0]
    return (float(number) if match[1] or match[2] else int(number)), match.end()


def _read_literal(text: str, position: int) -> tuple[str, int]:
    if text.startswith("'''\n", position):
        end = text.index("'''", position + 4)
        return text[position + 4 : end], end + 3
    match = _literal(text, position)
    if match is None:
        raise _Declined
    return match[1], match.end()


def _read_basic(text: str, position: int) -> tuple[str, int]:
    from json.decoder import scanstring  # type: ignore[attr-defined]

    many = text.startswith('"""\n', position)
    start = position + (4 if many else 1)
    found: str
    found, end = scanstring(text, start, not many)
    if _not_in_toml(text, start, end):
        raise _Declined
    if many:
        if not text.startswith('""', end):
            raise _Declined
        end += 2
    return found, end


def _read_table(text: str, position: int) -> tuple[dict[str, Any], int]:
    table: dict[str, Any] = {}
    if text.startswith("}", position):
        return table, position + 1
    position = _skip(text, position, " ")
    while True:
        if match := _text_item(text, position):
            if match[1] in table:
                raise _Declined
            table[match[1]] = match[2]
            position = match.end()
            if match[3]:
                return table, position
            continue
        name, position = _read_key(text, position)
        if name in table:
            raise _Declined
        table[name], position = _read_value(text, position, "")
        if text.startswith(" }", position):
            return table, position + 2
        position = _skip(text, position, ", ")


def _read_array(text: str, position: int) -> tuple[list[Any], int]:
    array: list[Any] = []
    if text.startswith("]", position):
        return array, position + 1
    while True:
        item, position = _read_value(text, position, "")
        array.append(item)
        if text.startswith("]", position):
            return array, position + 1
        position = _skip(text, position, ", ")


def _skip(text: str, position: int, expected: str) -> int:
    if not text.startswith(expected, position):
        raise _Declined
    return position + len(expected)
