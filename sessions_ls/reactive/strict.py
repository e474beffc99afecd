"""Pluto's rules, for those who ask for them: one home for a name, and no cycles."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.reactive.facts import Facts
    from sessions_ls.reactive.resolve import Resolution


def homes(cells: Sequence[Facts]) -> dict[str, list[int]]:
    """The names that several cells bind, each with those cells. Imports may be repeated."""
    found: dict[str, list[int]] = {}
    elsewhere: set[str] = set()
    for position, cell in enumerate(cells):
        for name in cell.binds:
            found.setdefault(name, []).append(position)
            if name not in cell.imports:
                elsewhere.add(name)
    return {
        name: cells_
        for name, cells_ in found.items()
        if len(cells_) > 1 and name in elsewhere and name.strip("_")
    }


def refuse(cells: Sequence[Facts], resolution: Resolution) -> dict[int, str]:
    """The cells that may not run under ``multiple-definitions = "error"``, each with the reason."""
    refused: dict[int, str] = {}
    for name, positions in sorted(homes(cells).items()):
        for position in positions:
            others = ", ".join(str(p + 1) for p in positions if p != position)
            refused.setdefault(position, f"`{name}` is also defined in cell {others}")
    for reader, names in resolution.cyclic.items():
        for name in names:
            for member in cycle(resolution, reader, name):
                refused.setdefault(member, f"it is part of a cycle through `{name}`")
    return refused


def cycle(resolution: Resolution, reader: int, name: str) -> list[int]:
    """The shortest cycle that the banned forward read of ``name`` in ``reader`` would close.

    Starts at ``reader``, follows needs (banned ones included) and ends before ``reader`` again.
    """

    def makers(position: int) -> set[int]:
        banned = resolution.cyclic.get(position, {})
        return set(resolution.needs[position].values()) | set(banned.values())

    start = resolution.cyclic[reader][name]
    came: dict[int, int] = {start: reader}
    queue = [start]
    for position in queue:
        if position == reader:
            break
        for maker in sorted(makers(position)):
            if maker not in came:
                came[maker] = position
                queue.append(maker)
    path = []
    at = came.get(reader, reader)
    while at != reader:
        path.append(at)
        at = came[at]
    return [reader, *reversed(path)]
