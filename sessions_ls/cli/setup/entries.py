"""Our entries in TOML that somebody else wrote: added where nothing is, and taken out again.

Lines of ours end in a comment, the mark, so that they can be told from what the person wrote. New
tables go to the end of the file, where they cannot come between two lines of another table.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Item, Table

Path = tuple[str, ...]
Ours = Callable[[Path, object], bool]
Tables = dict[Path, dict[str, Any]]


def missing(
    data: Mapping[str, Any], ours: Mapping[str, Any], at: Path = ()
) -> tuple[Tables, list[tuple[Path, object]]]:
    """What ``data`` lacks of ``ours``, by table; and where it has something else, with ours."""
    lacks: Tables = {}
    kept: list[tuple[Path, object]] = []
    for key, value in ours.items():
        path, there = (*at, key), data.get(key)
        if isinstance(value, Mapping) and (there is None or isinstance(there, Mapping)):
            deeper, other = missing(there or {}, value, path)
            lacks.update(deeper)
            kept += other
        elif there is None:
            lacks.setdefault(at, {})[key] = value
        elif there != value:
            kept.append((path, value))
    return lacks, kept


def with_added(data: Mapping[str, Any], lacks: Tables) -> dict[str, Any]:
    """``data`` as it is to be when these are added."""
    made: dict[str, Any] = copy.deepcopy(dict(data))
    for path, entries in lacks.items():
        table = made
        for key in path:
            table = table.setdefault(key, {})
        table.update(entries)
    return made


def add(document: tomlkit.TOMLDocument, lacks: Tables, mark: str, dotted: bool) -> str:
    """The document's text with these entries in their tables.

    ``dotted``: tables without a header of their own were made by dotted keys.
    """
    blocks = []
    for path, entries in lacks.items():
        above, rest = _deepest(document, path)
        if isinstance(above, InlineTable):
            _add_inline(above, rest, entries)
        elif rest or (_has_no_header(above) and not dotted):
            blocks.append(block(".".join(path), entries, mark))
        else:
            for key, value in entries.items():
                item = literal(value)
                item.comment(mark)
                above[key] = item
    return joined(tomlkit.dumps(document), blocks)


def block(header: str, entries: Mapping[str, Any], mark: str, array: bool = False) -> str:
    """A new table with a marked header."""
    head = f"[[{header}]]" if array else f"[{header}]"
    return f"{head} # {mark}\n{tomlkit.dumps({key: literal(entries[key]) for key in entries})}"


def literal(value: object) -> Item:
    """A value as TOML; a text with quotes in it without backslashes."""
    if isinstance(value, str) and '"' in value and "'" not in value:
        return tomlkit.string(value, literal=True)
    if isinstance(value, Mapping):
        small = tomlkit.inline_table()
        small.update(value)
        return small
    return tomlkit.item(value)


def joined(text: str, blocks: list[str]) -> str:
    """The text with blocks at its end, a blank line before each."""
    for one in blocks:
        if text and not text.endswith("\n"):
            text += "\n"
        text += f"\n{one}" if text else one
    return text


def _deepest(document: Any, path: Path) -> tuple[Any, Path]:
    """The deepest table that is there, and the keys that are not."""
    for index, key in enumerate(path):
        if key not in document:
            return document, path[index:]
        document = document[key]
    return document, ()


def _has_no_header(table: object) -> bool:
    """Whether a table is there only through tables in it."""
    return isinstance(table, Table) and table.is_super_table()


def _add_inline(table: Any, rest: Path, entries: Mapping[str, Any]) -> None:
    for key in rest:
        table[key] = tomlkit.inline_table()
        table = table[key]
    table.update({key: literal(entries[key]) for key in entries})


# -- taking out again ----------------------------------------------------------------------------


def remove(text: str, mark: str, ours: Ours, inline: Ours) -> str:
    """The text without what `add` added.

    That is: marked lines; in marked tables what is ``ours``, while what the person wrote into them
    stays; and in inline tables, where there is no room for a mark, what ``inline`` knows.
    """
    lines = _without_blocks(text, mark, ours).split("\n")
    text = "\n".join(line for line in lines if not line.endswith(f" # {mark}"))
    document = tomlkit.parse(text)
    if _clear(document, inline, ()):
        text = tomlkit.dumps(document)
    return text


def _without_blocks(text: str, mark: str, ours: Ours) -> str:
    kept: list[str] = []
    lines = text.split("\n")
    while lines:
        line = lines.pop(0)
        if not (line.startswith("[") and line.endswith(f"] # {mark}")):
            kept.append(line)
            continue
        header = line.removesuffix(f" # {mark}")
        path = _path_of(header)
        inner = []
        while lines and not lines[0].startswith("["):
            inner.append(lines.pop(0))
        theirs = [one for one in inner if not _is_ours(one, path, ours)]
        if any(one.strip() for one in theirs):
            # One of an array of tables is nothing without its name.
            kept += [header, *(one for one in inner if one in theirs or one.startswith("name "))]
        else:
            if kept and not kept[-1].strip():
                kept.pop()
            kept += theirs
    return "\n".join(kept)


def _path_of(header: str) -> Path:
    path = []
    table: Any = tomllib.loads(header)
    while table:
        [(key, table)] = table.items()
        path.append(key)
        table = table[0] if isinstance(table, list) else table
    return tuple(path)


def _is_ours(line: str, path: Path, ours: Ours) -> bool:
    try:
        [(key, value)] = tomllib.loads(line).items()
    except (ValueError, tomllib.TOMLDecodeError):
        return False
    return ours((*path, key), value)


def _clear(table: MutableMapping[str, Any], known: Ours, at: Path) -> bool:
    """Remove what is known from inline tables; whether there was any."""
    found = False
    inline = isinstance(table, InlineTable)
    for key in list(table):
        value, path = table[key], (*at, key)
        if isinstance(value, MutableMapping):
            if _clear(value, known, path):
                found = True
                if inline and not value:
                    del table[key]
        elif inline and isinstance(value, Item) and known(path, value.unwrap()):
            del table[key]
            found = True
    return found
