"""Which old cell a new cell continues when the text of a notebook changed."""

from __future__ import annotations

import bisect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    Trait = tuple[str, str | None, str | None]


def align(old: Sequence[Trait], new: Sequence[Trait]) -> list[int | None]:
    """For each new cell the index of the old cell it continues, or None for an inserted one.

    A cell is its (code digest, id, title). Equal code decides first, then id, then title, then the
    place between aligned neighbours. No old cell is continued twice. A place decides only where
    it leaves no choice: as many new cells as old ones between the same two neighbours.
    """
    pairing = _Pairing(old, new)
    pairing.trim()
    if pairing.moved():
        # Copies of one code may have moved with their neighbours: the ends are not settled either.
        pairing = _Pairing(old, new)
    elif pairing.settled():
        return pairing.of_new
    pairing.pair_unique(lambda cell: cell)
    pairing.pair_unique(lambda cell: cell[0])
    pairing.extend()
    pairing.pair_in_order(lambda cell: cell[0])
    pairing.pair_unique(lambda cell: cell[1])
    pairing.pair_unique(lambda cell: cell[2])
    pairing.fill_gaps()
    return pairing.of_new


class _Pairing:
    """A one-to-one pairing under construction; cells outside [low, high) are settled."""

    def __init__(self, old: Sequence[Trait], new: Sequence[Trait]) -> None:
        self.old, self.new = old, new
        self.of_old: list[int | None] = [None] * len(old)
        self.of_new: list[int | None] = [None] * len(new)
        self.low = 0
        self.old_high, self.new_high = len(old), len(new)

    def pair(self, old: int, new: int) -> None:
        self.of_old[old], self.of_new[new] = new, old

    def settled(self) -> bool:
        return self.low >= self.new_high or self.low >= self.old_high

    def moved(self) -> bool:
        """Does some code occur among the old cells and among the new ones that are not settled?"""
        codes = {self.old[i][0] for i in range(self.low, self.old_high)}
        return any(self.new[j][0] in codes for j in range(self.low, self.new_high))

    def trim(self) -> None:
        """Pair the equal cells at both ends: most changes touch one cell."""
        old, new = self.old, self.new
        while not self.settled() and old[self.low] == new[self.low]:
            self.pair(self.low, self.low)
            self.low += 1
        while not self.settled() and old[self.old_high - 1] == new[self.new_high - 1]:
            self.old_high -= 1
            self.new_high -= 1
            self.pair(self.old_high, self.new_high)

    def free_old(self) -> list[int]:
        return [i for i in range(self.low, self.old_high) if self.of_old[i] is None]

    def free_new(self) -> list[int]:
        return [j for j in range(self.low, self.new_high) if self.of_new[j] is None]

    def pair_unique(self, key: Callable[[Trait], Hashable]) -> None:
        """Pair the free cells whose key occurs once among the old ones and once among the new."""
        ours = _groups(self.old, self.free_old(), key)
        for value, news in _groups(self.new, self.free_new(), key).items():
            olds = ours.get(value, ())
            if len(olds) == 1 and len(news) == 1 and not self.conflict(olds[0], news[0]):
                self.pair(olds[0], news[0])

    def pair_in_order(self, key: Callable[[Trait], Hashable]) -> None:
        """Pair the free cells with equal keys first with first, second with second."""
        ours = _groups(self.old, self.free_old(), key)
        for value, news in _groups(self.new, self.free_new(), key).items():
            for i, j in zip(ours.get(value, ()), news, strict=False):
                self.pair(i, j)

    def conflict(self, old: int, new: int) -> bool:
        """Do both cells carry an id, and not the same?"""
        ours, theirs = self.old[old], self.new[new]
        return None not in (ours[1], theirs[1]) and ours[1] != theirs[1] and ours[0] != theirs[0]

    def partner(self, new: int) -> int | None:
        """The old cell of a new one; the settled ends (or the text's own) count as neighbours."""
        if new < self.low:
            return self.low - 1
        return self.old_high if new >= self.new_high else self.of_new[new]

    def extend(self) -> None:
        """Copies of one code go with their neighbours: grow pairs as far as the code is equal."""
        low, high = self.low, self.new_high
        for step, order in ((1, range(low - 1, high)), (-1, range(high, low - 1, -1))):
            for j in order:
                i = self.partner(j)
                if i is None:
                    continue
                i, j = i + step, j + step
                if (
                    low <= i < self.old_high
                    and low <= j < high
                    and self.of_old[i] is None
                    and self.of_new[j] is None
                    and self.old[i][0] == self.new[j][0]
                ):
                    self.pair(i, j)

    def fill_gaps(self) -> None:
        """Pair in order what lies between neighbours that kept their order, if the counts agree."""
        low, high = self.low, self.new_high
        spine = [low + j for j in _increasing(self.of_new[low:high])]
        before_old, before_new = low - 1, low - 1
        for j in [*spine, high]:
            i = self.partner(j)
            assert i is not None
            if j > before_new + 1 and i > before_old + 1:
                olds = [k for k in range(before_old + 1, i) if self.of_old[k] is None]
                news = [k for k in range(before_new + 1, j) if self.of_new[k] is None]
                if len(olds) == len(news):
                    for ours, theirs in zip(olds, news, strict=True):
                        if not self.conflict(ours, theirs):
                            self.pair(ours, theirs)
            before_old, before_new = i, j


def _groups(
    cells: Sequence[Trait], indices: list[int], key: Callable[[Trait], Hashable]
) -> dict[Hashable, list[int]]:
    """Indices by key, in order; cells without the key (None) are left out."""
    groups: dict[Hashable, list[int]] = {}
    for index in indices:
        value = key(cells[index])
        if value is not None:
            groups.setdefault(value, []).append(index)
    return groups


def _increasing(partners: list[int | None]) -> list[int]:
    """The new cells of a longest run of pairs that kept their order (patience, O(n log n))."""
    tops: list[int] = []
    holders: list[int] = []
    before: dict[int, int] = {}
    for j, i in enumerate(partners):
        if i is None:
            continue
        pile = bisect.bisect_left(tops, i)
        if pile:
            before[j] = holders[pile - 1]
        if pile == len(tops):
            tops.append(i)
            holders.append(j)
        else:
            tops[pile], holders[pile] = i, j
    chain = [holders[-1]] if holders else []
    while chain and chain[-1] in before:
        chain.append(before[chain[-1]])
    return chain[::-1]
