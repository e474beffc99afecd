"""Lengths, sizes and texts as a line of a summary has them."""

from __future__ import annotations

from .jsonout import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, List

LONGEST = 120
"""Characters of a line."""
ITEMS = 8
"""Items of a container and attributes of an object that are shown."""


def one_line(text: str) -> str:
    """The text, without what a terminal or a table would trip over, and cut."""
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    if not text.isprintable():
        text = "".join([c if c.isprintable() else ascii(c)[1:-1] for c in text])[:LONGEST]
    return printable(text)


def items(count: int) -> str:
    """A number of items, in words."""
    return "1 item" if count == 1 else f"{count:,} items"


def shape(lengths: Iterable[int]) -> str:
    """Lengths along each dimension, as `1,000 × 4`; "" for none."""
    lengths = list(lengths)
    return items(lengths[0]) if len(lengths) == 1 else " × ".join([f"{n:,}" for n in lengths])


def volume(count: int) -> str:
    """A number of bytes, in words."""
    if count < 1000:
        return "1 byte" if count == 1 else f"{count} bytes"
    size, unit = count / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def first(found: Iterable[Any], text: Callable[[Any], str]) -> List[str]:
    """The texts of the first few items, `…` for the rest."""
    parts: List[str] = []
    room = LONGEST
    for item in found:
        if len(parts) == ITEMS or room < 0:
            return [*parts, "…"]
        parts.append(text(item))
        room -= len(parts[-1])
    return parts
