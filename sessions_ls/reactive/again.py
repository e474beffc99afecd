"""The resolution of a program that differs from another in a few cells, at the cost of those."""

from __future__ import annotations

from sessions_ls.reactive.resolve import Resolution, resolve_cell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sessions_ls.reactive.facts import Facts


def resolve_again(
    cells: Sequence[Facts], before: Resolution, old: Sequence[Facts], changed: Iterable[int]
) -> Resolution | None:
    """What `resolve` makes of ``cells``, which differ from ``old`` at the positions ``changed``.

    ``before`` is the resolution of ``old``. None where it cannot be told without resolving all:
    where a read looks forward, or what a cell hands on to its readers changes.
    """
    if before.forward or before.cyclic:
        return None
    changed = set(changed)
    names = _moved([(old[at], cells[at]) for at in changed])
    concerned = changed if not names else changed | _concerned(cells, before, names)
    result = _copy(before, concerned)
    if names:
        result.binders = _binders(before, cells, old, changed)
    last: dict[str, int] = {}
    for position in range(max(concerned, default=-1) + 1):
        cell = cells[position]
        if position in concerned:
            resolve_cell(position, cell, last, result.binders, None, result)
            if result.forward or result.inherited[position] != before.inherited[position]:
                return None
        for name in cell.changes:
            last[name] = position
    return result


def _moved(pairs: list[tuple[Facts, Facts]]) -> set[str]:
    """The names that are defined in more or in fewer of these cells than they were."""
    names: set[str] = set()
    for old, new in pairs:
        names |= old.changes ^ new.changes
        names |= old.binds ^ new.binds
    return names


def _concerned(cells: Sequence[Facts], before: Resolution, names: set[str]) -> set[int]:
    """The cells to which it may matter who defines ``names``."""
    return {
        position
        for position, cell in enumerate(cells)
        if cell.reads_all
        or not (
            names.isdisjoint(cell.reads)
            and names.isdisjoint(cell.maybe)
            and names.isdisjoint(cell.deferred)
            and names.isdisjoint(cell.called)
            and names.isdisjoint(before.inherited[position])
            and names.isdisjoint(before.needs[position])
        )
    }


def _copy(before: Resolution, concerned: set[int]) -> Resolution:
    """The resolution without what it says of some cells."""
    result = Resolution(before.binders, list(before.needs), list(before.inherited))
    result.undefined = {at: names for at, names in before.undefined.items() if at not in concerned}
    result.ambiguous = {at: names for at, names in before.ambiguous.items() if at not in concerned}
    for position in concerned:
        result.needs[position] = {}
        result.inherited[position] = frozenset()
    return result


def _binders(
    before: Resolution, cells: Sequence[Facts], old: Sequence[Facts], changed: set[int]
) -> dict[str, list[int]]:
    binders = dict(before.binders)
    for position in changed:
        for name in old[position].binds - cells[position].binds:
            binders[name] = [at for at in binders[name] if at != position]
            if not binders[name]:
                del binders[name]
        for name in cells[position].binds - old[position].binds:
            binders[name] = sorted([*binders.get(name, ()), position])
    return binders
