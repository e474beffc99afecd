"""The program as the kernel is told it: cells, what each needs, and which cell gives it."""

from __future__ import annotations

from bisect import bisect_left, insort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, FrozenSet, List, Optional, Set, Tuple


class Cell:
    """One cell. ``needs`` maps a name to the position of the cell whose version of it counts.

    ``amends`` are the names it is known to change in place (by its text or learnt), ``pokes`` those
    with a bare method call on them, and ``defines`` those of which later cells see its version.
    ``held`` says why it may not run ("" where it may), and ``passes`` whether reading it hands on
    deferred reads.
    """

    __slots__ = (
        "amends", "binds", "changes", "code", "defines", "dynamic", "first_line", "flags", "held",
        "ident", "needs", "passes", "pokes", "source", "volatile",
    )  # fmt: skip

    def __init__(self, fields: Dict[str, Any]) -> None:
        self.ident: str = fields["ident"]
        self.code: str = fields["code"]
        self.source: str = fields["source"]
        self.first_line: int = fields["first_line"]
        self.flags: int = fields["flags"]
        self.needs: Dict[str, int] = fields["needs"]
        self.binds: FrozenSet[str] = frozenset(fields["binds"])
        self.amends: FrozenSet[str] = frozenset(fields["amends"])
        self.pokes: FrozenSet[str] = frozenset(fields["pokes"])
        self.held: str = fields["held"]
        self.passes: bool = fields["passes"]
        self.volatile: bool = fields["volatile"]
        self.dynamic: bool = fields["dynamic"]
        self.changes = self.binds | self.amends
        self.defines = self.changes


class Plan:
    """The cells in file order, the order they run in, and where each name is defined."""

    def __init__(self, cells: List[Cell], order: List[int], forward: bool) -> None:
        self.cells = cells
        self.order = order
        self.rank = {position: rank for rank, position in enumerate(order)}
        self.forward = forward
        self._definers: Dict[str, List[int]] = {}
        self._readers: List[Set[int]] = [set() for _ in cells]
        self._layout: Optional[Layout] = None
        for position, cell in enumerate(cells):
            cell.defines = _defined(cell, position)
            for name in cell.defines:
                self._definers.setdefault(name, []).append(position)
            for maker in cell.needs.values():
                self._readers[maker].add(position)

    def replace(self, position: int, fields: Dict[str, Any]) -> None:
        """Take the new text of a cell that needs and defines what it did."""
        cell = Cell({"ident": self.cells[position].ident, **fields})
        cell.defines = _defined(cell, position)
        self.cells[position] = cell
        for maker in cell.needs.values():
            self._readers[maker].add(position)

    def readers(self, position: int) -> Set[int]:
        """The cells that need the one at ``position``, and maybe some that did until an edit."""
        return self._readers[position]

    def before(self, name: str, position: int) -> int:
        """The nearest cell before ``position`` that binds or amends ``name``, or -1."""
        definers = self._definers.get(name)
        if definers is None:
            return -1
        place = bisect_left(definers, position)
        return definers[place - 1] if place else -1

    def layout(self) -> Layout:
        """Where names are defined first, and where again."""
        if self._layout is None:
            self._layout = Layout(self.cells, self._definers)
        return self._layout

    def learn(self, position: int, names: FrozenSet[str]) -> bool:
        """Take in that a cell amends ``names``; False where that needs a new resolution.

        The cell becomes the nearest earlier definition for every later reader. That is all there
        is to it when no read looks forward, and neither the cell nor the maker of what it amends
        hands on deferred reads.
        """
        cell = self.cells[position]
        if self.forward or cell.passes:
            return False
        makers = [self.before(name, position) for name in names]
        if any(maker >= 0 and self.cells[maker].passes for maker in makers):
            return False
        self._layout = None
        readers = self._readers[position]
        for name in names:
            earlier = self.before(name, position)
            if earlier >= 0:
                cell.needs[name] = earlier
                self._readers[earlier].add(position)
            for place, later in enumerate(self.cells[position + 1 :], position + 1):
                maker = later.needs.get(name)
                if (maker is not None and maker < position) or (
                    maker is None and name in later.amends - later.binds
                ):
                    later.needs[name] = position
                    readers.add(place)
            if position not in self._definers.setdefault(name, []):
                insort(self._definers[name], position)
        cell.amends |= names
        cell.changes |= names
        cell.defines |= names
        return True


class Layout:
    """The names of a plan by the places of their definitions.

    ``_first`` holds every name once, in the order of first definitions, of which ``_firsts[i]``
    stand before cell ``i``; ``_again`` and ``_agains`` the definitions that are not a name's first.
    """

    def __init__(self, cells: List[Cell], definers: Dict[str, List[int]]) -> None:
        self._definers = definers
        self._first: List[str] = []
        self._again: List[str] = []
        self._firsts = [0]
        self._agains = [0]
        for position, cell in enumerate(cells):
            for name in cell.defines:
                is_first = definers[name][0] == position
                (self._first if is_first else self._again).append(name)
            self._firsts.append(len(self._first))
            self._agains.append(len(self._again))

    def new(self, start: int, end: int) -> List[str]:
        """The names whose first definition is in the cells from ``start`` to before ``end``."""
        return self._first[self._firsts[start] : self._firsts[end]]

    def redefined(self, start: int, end: int) -> Set[str]:
        """The names that these cells define and a cell before them does, too."""
        again = self._again[self._agains[start] : self._agains[end]]
        return {name for name in again if self._definers[name][0] < start}


def _defined(cell: Cell, position: int) -> FrozenSet[str]:
    """Names of which later cells see its version: what it was given by looking forward it changes
    for nobody else.
    """
    return cell.binds | {name for name in cell.amends if cell.needs.get(name, -1) < position}


def read_plan(message: Dict[str, Any]) -> Tuple[Plan, Dict[str, Optional[Dict[str, Any]]]]:
    """A plan from its message, and by ident the last runs: {} where the kernel has it, or None."""
    cells = [Cell(fields) for fields in message["cells"]]
    stored = {fields["ident"]: fields["stored"] for fields in message["cells"]}
    return Plan(cells, message["order"], message["forward"]), stored
