"""In which order the cells of both sides stand in the merged text."""

from __future__ import annotations

from .identity import _increasing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .pairing import Pairs

_TOP = -1


def moved_there(pairs: Pairs) -> set[int]:
    """The cells of theirs that theirs moved and mine has where they were."""
    stayed = _stayed(pairs.base_of_theirs)
    if stayed is None:
        return set()
    here = _stayed(pairs.base_of_mine)
    moved = set()
    for theirs, base in enumerate(pairs.base_of_theirs):
        mine = pairs.mine_of_theirs[theirs]
        if base is None or mine is None or theirs in stayed:
            continue
        if here is None or mine in here:
            moved.add(theirs)
    return moved


def _stayed(partners: list[int | None]) -> set[int] | None:
    """The most cells that kept their order; None for all of them."""
    last = -1
    for partner in partners:
        if partner is not None:
            if partner < last:
                return set(_increasing(partners))
            last = partner
    return None


def merged_order(
    pairs: Pairs, dropped: Collection[int], added: Collection[int], moved: Collection[int]
) -> list[int]:
    """Cells of mine by index, cells only theirs has by index plus the number of mine's cells.

    Mine's order without the `dropped` cells of mine; the `added` and `moved` cells of theirs
    follow the cell they follow in theirs, after what only mine has there.
    """
    mine_of_theirs, count = pairs.mine_of_theirs, len(pairs.theirs_of_mine)
    away = {mine_of_theirs[index] for index in moved}
    order = [index for index in range(count) if index not in dropped and index not in away]
    if not added and not moved:
        return order
    following: dict[int, int] = {}
    before = _TOP
    for place in order:
        following[before] = place
        before = place
    cursor = _TOP
    for theirs, mine in enumerate(mine_of_theirs):
        if theirs in added or theirs in moved:
            place = count + theirs if mine is None else mine
            back = pairs.base_of_theirs[theirs] if mine is None else None
            cursor = _last_own(cursor, following, pairs, back)
            if cursor in following:
                following[place] = following[cursor]
            following[cursor] = place
            cursor = place
        elif mine is not None:
            cursor = mine
    return list(_walk(following))


def _last_own(cursor: int, following: dict[int, int], pairs: Pairs, back: int | None) -> int:
    """Past the cells after `cursor` that only mine has.

    A cell that comes `back`, the index that it had in base, stays before those it was before.
    """
    count = len(pairs.theirs_of_mine)
    while (place := following.get(cursor)) is not None:
        if place >= count or pairs.theirs_of_mine[place] is not None:
            break
        base = pairs.base_of_mine[place]
        if back is not None and base is not None and base > back:
            break
        cursor = place
    return cursor


def _walk(following: dict[int, int]) -> Iterable[int]:
    place = following.get(_TOP)
    while place is not None:
        yield place
        place = following.get(place)
