"""Renaming a name in every cell that means the same by it."""

from __future__ import annotations

import keyword
import unicodedata

from sessions_ls.edits.check import after, needs, open_reads, same
from sessions_ls.edits.meaning import Family, Node
from sessions_ls.edits.spot import BIND, IMPORTED, PACKAGE, UNSURE
from sessions_ls.edits.text import Edit, EditError, holds_word
from sessions_ls.reactive.resolve import PREDEFINED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.edits.source import Place, Source
    from sessions_ls.edits.spot import Spot


def renamable(source: Source, line: int, column: int) -> tuple[Place, str]:
    """The place and the name that would be renamed there. Raises EditError when none can be."""
    position, spot = _spot(source, line, column)
    family = Family(source, spot.name)
    _check(family, (position, spot.side), family.of(position, spot))
    return source.place(position, spot), spot.name


def rename(source: Source, line: int, column: int, new: str) -> list[Edit]:
    """Give the name at a place another one, wherever it means the same. Raises EditError."""
    position, spot = _spot(source, line, column)
    return rename_family(Family(source, spot.name), (position, spot.side), new)


def rename_family(family: Family, start: Node, new: str) -> list[Edit]:
    """Rename all that goes with one side of a cell. Raises EditError."""
    source, name = family.source, family.name
    new = unicodedata.normalize("NFKC", new.strip())
    _check_new(new)
    members = family.members(start)
    _check(family, start, members)
    if new == name:
        return []
    edits = [_edit(source.place(position, spot), spot, new) for position, spot in members]
    _check_result(family, start, members, edits, new)
    return edits


def _edit(place: Place, spot: Spot, new: str) -> Edit:
    line, start, end = place
    if spot.how == IMPORTED:
        return Edit((line, end), (line, end), f" as {new}")
    return Edit((line, start), (line, end), new)


def _spot(source: Source, line: int, column: int) -> tuple[int, Spot]:
    found = source.spot(line, column)
    if found is not None:
        return found
    position = source.at(line)
    if position is not None and source.cells[position].broken:
        raise EditError(f"Cell {position + 1} cannot be parsed: mend it, then its names are known.")
    raise EditError("There is no name of the notebook here: only those that cells share.")


# -- what is refused -----------------------------------------------------------------------------


def _check_new(new: str) -> None:
    if not new.isidentifier():
        raise EditError(f"`{new}` is no name in Python.")
    if keyword.iskeyword(new):
        raise EditError(f"`{new}` is a word of Python's own grammar.")
    if new in PREDEFINED:
        raise EditError(f"`{new}` is one of Python's own names: it would be hidden.")


def _check(family: Family, start: Node, members: list[tuple[int, Spot]]) -> None:
    """Raise EditError if the name cannot be renamed whatever the new one."""
    source, name = family.source, family.name
    cells = family.cells(start) or [start[0]]
    if not any(name in source.cells[position].facts.binds for position in cells):
        if name in PREDEFINED:
            raise EditError(f"`{name}` is one of Python's own names.")
        raise EditError(f"No cell defines this `{name}`.")
    for position, spot in members:
        place = f"cell {position + 1}, line {source.place(position, spot)[0] + 1}"
        if spot.how == PACKAGE:
            raise EditError(
                f"`{name}` comes from an import of a submodule ({place}), "
                "which has no place for another name."
            )
        if spot.how == UNSURE:
            raise EditError(f"Nobody can tell whether `{name}` means a class's own in {place}.")
    _check_cells(family, start, cells, members)


def _check_cells(
    family: Family, start: Node, cells: list[int], members: list[tuple[int, Spot]]
) -> None:
    source, name = family.source, family.name
    shown = {position for position, spot in members if spot.kind == BIND}
    for position in cells:
        facts = source.cells[position].facts
        if facts.reads_all:
            raise EditError(
                f"Cell {position + 1} uses `exec`, `eval`, `globals` or the like, "
                f"which may mean `{name}` where no text shows it."
            )
        if (
            name in facts.binds
            and position not in shown
            and family.holds(start, (position, "after"))
        ):
            raise EditError(
                f"Cell {position + 1} defines `{name}` where its text does not show it."
            )
    for position, cell in enumerate(source.cells):
        if cell.broken and holds_word(cell.cell.source, name):
            raise EditError(
                f"Cell {position + 1} holds the word `{name}` and cannot be parsed: mend it first."
            )


def _check_result(
    family: Family, start: Node, members: list[tuple[int, Spot]], edits: list[Edit], new: str
) -> None:
    """Raise EditError if a read would mean another definition, or another scope, afterwards."""
    source, name = family.source, family.name

    def called(position: int, side: str, old: str) -> str:
        return new if old == name and family.holds(start, (position, side)) else old

    expected = {(r, called(m, "after", n), m) for r, n, m in needs(source)}
    now = after(source, edits, renamed=lambda position, old: called(position, "after", old))
    chosen = {(position, id(spot)) for position, spot in members}
    for position in sorted({position for position, _ in members}):
        if now.cells[position].broken:
            raise EditError(f"Cell {position + 1} could not be parsed with the name `{new}`.")
        old = source.spots(position)
        names = [new if (position, id(spot)) in chosen else spot.name for spot in old]
        if names != [spot.name for spot in now.spots(position)]:
            raise EditError(f"`{new}` would mean something else in cell {position + 1}.")
        _check_apart(position, new, now, [(position, id(spot)) in chosen for spot in old])
    _check_calls(family, start, new)
    _check_homes(source, members, new)
    unknown = {name for _, name in open_reads(source)}
    same(expected, now, (lambda need: need[1] in unknown) if unknown else None)


def _check_apart(position: int, new: str, now: Source, chosen: list[bool]) -> None:
    """The cell may have another name that is called so only if one of the two ends where the other
    begins, as in `df = df.dropna()`.
    """
    ours: set[str] = set()
    others: set[str] = set()
    bound = False
    for spot, mine in zip(now.spots(position), chosen, strict=True):
        if spot.name == new:
            (ours if mine else others).add(spot.side)
            bound = bound or spot.kind == BIND
    if others and bound and ("both" in ours | others or ours & others):
        raise EditError(f"Cell {position + 1} has another `{new}`.")


def _check_calls(family: Family, start: Node, new: str) -> None:
    """A function that a cell calls may not come to see what the cell itself binds."""
    source, name = family.source, family.name
    inherited = source.resolution.inherited
    for position, cell in enumerate(source.cells):
        binds = cell.facts.binds
        ours = name in binds and family.holds(start, (position, "after"))
        if not ours and new not in binds:
            continue
        for maker in sorted(set(source.resolution.needs[position].values())):
            theirs = name in inherited[maker] and family.holds(start, (maker, "after"))
            if (ours and new in inherited[maker]) or (new in binds and theirs):
                raise EditError(
                    f"A function of cell {maker + 1} that cell {position + 1} may call "
                    f"would come to read another `{new}`."
                )


def _check_homes(source: Source, members: list[tuple[int, Spot]], new: str) -> None:
    if source.strict:
        for position, cell in enumerate(source.cells):
            if new in cell.facts.binds:
                raise EditError(f"Cell {position + 1} already defines `{new}`.")


def fresh_name(source: Source, name: str) -> str:
    """A name like this one that no cell uses, not even in a string: `name_2`, `name_3`, …"""
    number = 2
    while any(holds_word(cell.cell.source, f"{name}_{number}") for cell in source.cells):
        number += 1
    return f"{name}_{number}"
