"""What came of a merge, and the words for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# More cells than this are counted, not listed.
_LISTED = 6


class Conflict:
    """A cell that both sides changed, each in its own way.

    `number` is the cell's in mine, `theirs_number` in theirs and `merged_number` in the merged
    text; None where that text does not have the cell, and then so are `mine` and `theirs`, the
    whole texts of the cell: marker, body and blank lines. `title` is mine, else theirs.
    """

    __slots__ = ("merged_number", "mine", "number", "theirs", "theirs_number", "title")

    def __init__(
        self,
        number: int | None,
        theirs_number: int | None,
        mine: str | None,
        theirs: str | None,
        title: str | None,
    ) -> None:
        self.number = number
        self.theirs_number = theirs_number
        self.merged_number: int | None = None
        self.mine = mine
        self.theirs = theirs
        self.title = title

    def __repr__(self) -> str:
        return f"<Conflict mine {self.number} theirs {self.theirs_number} {self.title!r}>"


class Merge:
    """The merged text, and what theirs brought.

    Numbers are those of mine, ascending. `theirs_changed` are the cells that theirs edited and mine
    has otherwise: taken over, or conflicts. `removed` are gone because theirs has them no more.
    `added` and `moved` count the cells that theirs put there.
    """

    __slots__ = ("added", "conflicts", "moved", "removed", "text", "theirs_changed")

    def __init__(self, text: str) -> None:
        self.text = text
        self.theirs_changed: list[int] = []
        self.conflicts: list[Conflict] = []
        self.added = 0
        self.removed: list[int] = []
        self.moved = 0


def describe(merge: Merge, where: str = "on disk") -> str:
    """What theirs brought, as a sentence without capital and full stop; `where` ends its news.

    "cells 3 and 5 were edited and a cell was added on disk; cell 3 was changed here too"
    """
    gone = [c.number for c in merge.conflicts if c.theirs is None and c.number is not None]
    ours = sum(conflict.number is None for conflict in merge.conflicts)
    news = [
        *_happened(merge.theirs_changed, "edited"),
        *_happened(sorted([*merge.removed, *gone]), "removed"),
        *_counted(merge.added, "added"),
        *_counted(merge.moved, "moved"),
        *_counted(ours, "edited", " deleted here"),
    ]
    if not news:
        return f"no cell was edited {where}"
    both = [conflict.number for conflict in merge.conflicts if conflict.number is not None]
    again = _happened(sorted(both), "changed here too")
    return f"{_listed(news)} {where}" + (f"; {_listed(again)}" if again else "")


def named(numbers: Sequence[int]) -> str:
    """The cells with these numbers, in words; 0 is the text before the first cell."""
    cells = [str(number) for number in numbers if number]
    words = ["the text before the first cell"] if 0 in numbers else []
    if len(cells) > _LISTED:
        words.append(f"{len(cells)} cells")
    elif cells:
        words.append(f"cell{'s' if len(cells) > 1 else ''} {_listed(cells)}")
    return _listed(words) if words else ""


def _happened(numbers: Sequence[int], what: str) -> Iterable[str]:
    cells = named(numbers)
    return (f"{cells} {'were' if len(numbers) > 1 else 'was'} {what}",) if cells else ()


def _counted(count: int, what: str, which: str = "") -> Iterable[str]:
    if not count:
        return ()
    return (f"a cell{which} was {what}" if count == 1 else f"{count} cells{which} were {what}",)


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
