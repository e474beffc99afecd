"""Keeping a cell's names to itself: its code goes into a function that gives back what others read.

What else the code binds is gone from the notebook then, and those names are free for other cells.
"""

from __future__ import annotations

import ast
import keyword
import re

from sessions_ls.edits.check import after, needs, same
from sessions_ls.edits.meaning import Family
from sessions_ls.edits.rename import fresh_name
from sessions_ls.edits.scopes import Bound
from sessions_ls.edits.spot import DECLARE
from sessions_ls.edits.spots import parsed
from sessions_ls.edits.text import EditError, holds_word
from sessions_ls.edits.wrap import wrapped
from sessions_ls.reactive.resolve import PREDEFINED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.edits.source import Source
    from sessions_ls.edits.text import Edit

_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def private(source: Source, position: int, name: str) -> list[Edit]:
    """Put the code of a cell into a function, so that ``name`` becomes the cell's own.

    Raises EditError where that would change what a read means, or cannot be done.
    """
    cell = source.cells[position]
    tree = parsed(cell.cell.source)
    if tree is None or not tree.body:
        raise EditError(f"Cell {position + 1} holds no code that could be put into a function.")
    shared = _shared(source, position)
    _check_name(source, position, name, shared)
    _check_code(source, position, tree, shared)
    _check_functions(source, position)
    facts = cell.facts
    given = sorted(n for n in facts.binds if n in facts.reads or (n in facts.maybe and n in shared))
    _check_values(source, position, tree, shared, given)
    names = (
        _free(source, _slug(cell.cell.title or f"cell {position + 1}")),
        _free(source, "result"),
    )
    edits = wrapped(source, position, tree, shared, given, names)
    now = after(source, edits)
    if now.cells[position].broken:
        raise EditError(f"The code of cell {position + 1} is none that may stand in a function.")
    deferred = now.cells[position].facts.deferred
    own = facts.maybe - set(
        given
    )  # it passed these on where it did not bind them: nobody reads them
    expected = {need for need in needs(source) if need[0] != position or need[1] not in own}
    same(expected, now, lambda need: need[0] != position and need[1] in deferred)
    return edits


def _shared(source: Source, position: int) -> list[str]:
    """The names that other cells read from this one, in the order of its text."""
    binds = source.cells[position].facts.binds
    found = set()
    for reader, need in enumerate(source.resolution.needs):
        if reader != position:
            found |= {name for name, maker in need.items() if maker == position and name in binds}
    for reader, cell in enumerate(source.cells):
        # Functions that nobody calls yet may come to read it.
        for name in (cell.facts.deferred & binds) - found if reader != position else ():
            if Family(source, name).holds((position, "after"), (reader, "after")):
                found.add(name)
    order: dict[str, int] = {}
    for at, spot in enumerate(source.spots(position)):
        order.setdefault(spot.name, at)
    return sorted(found, key=lambda name: (order.get(name, -1), name))


# -- what is refused -----------------------------------------------------------------------------


def _check_name(source: Source, position: int, name: str, shared: list[str]) -> None:
    if name not in source.cells[position].facts.binds:
        raise EditError(f"Cell {position + 1} does not define `{name}`.")
    if name in shared:
        needs_ = source.resolution.needs
        readers = [p + 1 for p, need in enumerate(needs_) if need.get(name) == position]
        which = f"cell {readers[0]} reads it" if readers else "a function elsewhere reads it"
        raise EditError(f"`{name}` cannot be kept to cell {position + 1}: {which}.")


def _check_code(source: Source, position: int, tree: ast.Module, shared: list[str]) -> None:
    cell, number = source.cells[position], position + 1
    spots = source.spots(position)
    if cell.names.star or cell.names.future:
        raise EditError(f"Cell {number} has an import that a function may not have.")
    if cell.facts.open_ended:
        raise EditError(f"Cell {number} uses `exec`, `eval`, `globals` or the like.")
    if cell.facts.rebinds or any(spot.kind == DECLARE for spot in spots):
        raise EditError(f"Cell {number} declares names with `global` or without a value.")
    if cell.facts.binds - {spot.name for spot in spots}:
        raise EditError(f"Cell {number} binds names that its text does not show.")
    for node in ast.walk(tree):
        if isinstance(node, _AWAITS):
            raise EditError(f"Cell {number} uses `await`.")
        if isinstance(node, ast.ClassDef) and Bound(node.body).names & cell.facts.binds:
            raise EditError(f"The class `{node.name}` has names of its own that cell {number} has.")
    for node in tree.body:
        if isinstance(node, _DEFINED) and node.name in shared:
            raise EditError(
                f"Cell {number} defines `{node.name}`, which others use: "
                "move it to a cell of its own first."
            )
        if isinstance(node, ast.AnnAssign):
            raise EditError(f"Cell {number} annotates names, which says nothing in a function.")


def _check_functions(source: Source, position: int) -> None:
    """A function of the cell keeps the values that the cell gave: nobody else may give others.

    And functions that the cell calls no longer see what it binds.
    """
    facts = source.cells[position].facts
    for name in sorted(facts.deferred & facts.binds):
        for other, cell in enumerate(source.cells):
            if other != position and name in cell.facts.changes:
                raise EditError(
                    f"A function of cell {position + 1} reads `{name}`, "
                    f"to which cell {other + 1} gives a value too."
                )
    for maker in sorted(set(source.resolution.needs[position].values())):
        for name in sorted(source.resolution.inherited[maker] & facts.binds):
            raise EditError(
                f"A function of cell {maker + 1} may read the `{name}` of cell {position + 1} "
                "while it runs."
            )


def _check_values(
    source: Source, position: int, tree: ast.Module, shared: list[str], given: list[str]
) -> None:
    """Every name that goes in or out must have a value there."""
    names = source.cells[position].names
    lost = [name for name in given if name not in source.resolution.needs[position]]
    lost += [name for name in shared if name not in names.certain and name not in given]
    lost += sorted(Bound(tree.body).deleted.intersection(shared))
    if lost:
        raise EditError(f"Cell {position + 1} may leave `{lost[0]}` without a value.")


# -- names for what is new -----------------------------------------------------------------------


def _slug(title: str) -> str:
    """A name for a function from the title of a cell."""
    word = "_".join(re.findall(r"[a-z0-9]+", title.lower()))
    return word if word.isidentifier() and not keyword.iskeyword(word) else "cell"


def _free(source: Source, name: str) -> str:
    used = name in PREDEFINED or any(holds_word(cell.cell.source, name) for cell in source.cells)
    return fresh_name(source, name) if used else name
