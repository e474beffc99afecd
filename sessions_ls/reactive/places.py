"""Where names stand in the text of a cell, from what syntax trees know about it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.reactive.syntax import Place


def locate(places: dict[str, Place], source: str) -> None:
    """Turns places counted in UTF-8 bytes into places counted in code points.

    Syntax trees have no place for some names (an end of -1: the name comes later in the line) and
    wrong ones for names in f-strings before Python 3.12; the text decides.
    """
    lines = source.split("\n")
    for name, (line, start, end) in places.items():
        text = lines[line] if line < len(lines) else ""
        if text.isascii():
            first, last = start, end
        else:
            raw = text.encode()
            first = len(raw[:start].decode("utf-8", "replace"))
            last = len(raw[:end].decode("utf-8", "replace")) if end >= 0 else end
        if text[first:last] == name:
            places[name] = (line, first, last)
            continue
        for number in range(line, len(lines)):
            found = _word(lines[number], name, first if number == line and last < 0 else 0)
            if found >= 0:
                places[name] = (number, found, found + len(name))
                break
        else:  # written otherwise: with another Unicode spelling, or mangled by the compiler
            places[name] = (line, first, max(first, last))


def _word(text: str, name: str, start: int) -> int:
    """The first column from `start` where `name` stands as a word of its own, else -1."""
    found = text.find(name, start)
    while found >= 0:
        end = found + len(name)
        if not _in_word(text[found - 1 : found]) and not _in_word(text[end : end + 1]):
            return found
        found = text.find(name, found + 1)
    return -1


def _in_word(character: str) -> bool:
    return character == "_" or character.isalnum()
