"""Which cells of three versions of a text are the same cell."""

from __future__ import annotations

from .identity import align
from .pieces import content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .identity import Trait
    from .pieces import Pieces

# Two texts are one cell, edited, when this part of them agrees: at one place, and anywhere.
_ALIKE_HERE = 0.5
_ALIKE_AWAY = 0.75
# Comparing takes time: only so many pairs of cells are.
_FEW = 400


class Pairs:
    """For each cell of each version the index of the same cell in another one, or None.

    A cell that both sides added is one cell when it has the same text and follows the same cell.
    """

    __slots__ = ("base_of_mine", "base_of_theirs", "mine_of_theirs", "theirs_of_mine")

    def __init__(self, base: Pieces, mine: Pieces, theirs: Pieces) -> None:
        self.base_of_mine = _continued(base.traits, mine.traits)
        self.base_of_theirs = _continued(base.traits, theirs.traits)
        mine_of_base = _inverse(self.base_of_mine, len(base.cells))
        self.mine_of_theirs = [None if i is None else mine_of_base[i] for i in self.base_of_theirs]
        self._twins(mine, theirs)
        self.theirs_of_mine = _inverse(self.mine_of_theirs, len(mine.cells))

    def _twins(self, mine: Pieces, theirs: Pieces) -> None:
        ours: dict[tuple[int, str], list[int]] = {}
        for index, before in _inserted(self.base_of_mine):
            ours.setdefault((before, content(mine.cells[index])), []).append(index)
        if ours:
            for index, before in _inserted(self.base_of_theirs):
                twins = ours.get((before, content(theirs.cells[index])))
                if twins:
                    self.mine_of_theirs[index] = twins.pop(0)


def _inverse(partners: list[int | None], count: int) -> list[int | None]:
    inverse: list[int | None] = [None] * count
    for index, partner in enumerate(partners):
        if partner is not None:
            inverse[partner] = index
    return inverse


def _inserted(partners: list[int | None]) -> list[tuple[int, int]]:
    """Each cell without a partner, and the partner of the last cell before it that has one."""
    found, before = [], -1
    for index, partner in enumerate(partners):
        if partner is None:
            found.append((index, before))
        else:
            before = partner
    return found


def _continued(old: Sequence[Trait], new: Sequence[Trait]) -> list[int | None]:
    """As `align`; and of the cells left over those that are much alike are paired."""
    of_new = align(old, new)
    if None not in of_new:
        return of_new
    left, before = [], -1
    gaps: dict[int, list[int]] = {}
    for index, partner in enumerate(_inverse(of_new, len(old))):
        if partner is None:
            gaps.setdefault(before, []).append(index)
            left.append(index)
        else:
            before = index
    if left:
        inserted = _inserted(of_new)
        news: dict[int, list[int]] = {}
        for index, before in inserted:
            news.setdefault(before, []).append(index)
        for place, olds in gaps.items():
            _pair_alike(old, new, olds, news.get(place, ()), _ALIKE_HERE, of_new)
        taken = set(of_new)
        left = [index for index in left if index not in taken]
        _pair_alike(old, new, left, [index for index, _ in inserted], _ALIKE_AWAY, of_new)
    return of_new


def _pair_alike(
    old: Sequence[Trait],
    new: Sequence[Trait],
    olds: Sequence[int],
    news: Sequence[int],
    least: float,
    of_new: list[int | None],
) -> None:
    """Pair each old cell with the free new one that is most like it, at least so much."""
    if len(olds) * len(news) > _FEW:
        return
    for i in olds:
        best, found = 0.0, -1
        for j in news:
            ids = old[i][1], new[j][1]
            if of_new[j] is None and (None in ids or ids[0] == ids[1]):
                alike = likeness(old[i][0], new[j][0])
                if alike >= least and alike > best:
                    best, found = alike, j
        if found >= 0:
            of_new[found] = i


def likeness(one: str, other: str) -> float:
    """From 0 to 1: how much one text looks like an edit of the other.

    The part they share at both ends, if they begin alike; or the lines they share.
    """
    if not one or not other:
        return 0.0
    longer = max(len(one), len(other))
    prefix = _shared(one, other)
    limit = min(len(one), len(other)) - prefix
    suffix = min(limit, _shared(one[::-1], other[::-1]))
    edges = (prefix + suffix) / longer if prefix * 5 >= longer else 0.0
    lines, others = set(one.split("\n")), set(other.split("\n"))
    return max(edges, len(lines & others) / max(len(lines), len(others)))


def _shared(one: str, other: str) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))
