"""Which places mean the same: a definition of a name, the reads of it, and what belongs with them.

Two cells that bind a name are two names, unless one reads the other's version of it or a function
reads now the one, now the other.
"""

from __future__ import annotations

from sessions_ls.edits.spot import BIND, READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_ls.edits.source import Place, Source
    from sessions_ls.edits.spot import Spot

Node = tuple[int, str]
"""A cell, and the side of it: what a name is there "before" the cell binds it, or "after"."""


class Family:
    """A name with everything that is, or may be, the same object under it.

    With ``apart`` a cell that clearly reads one version first and then makes another keeps the two
    apart, as in `df = df.dropna()`. Else they are one name.
    """

    def __init__(self, source: Source, name: str, apart: bool = False) -> None:
        self.source = source
        self.name = name
        self._parents: dict[Node, Node] = {}
        self._split = self._separable() if apart else frozenset()
        self._join_versions()
        self._join_idle()

    def members(self, start: Node) -> list[tuple[int, Spot]]:
        """Every spot that goes with one side of a cell, in the order of the text."""
        root = self._root(start)
        found = []
        for position in self._cells():
            for spot in self.source.spots(position):
                if spot.name == self.name and self._root((position, spot.side)) == root:
                    found.append((position, spot))
        return found

    def of(self, position: int, spot: Spot) -> list[tuple[int, Spot]]:
        """Every spot that goes with this one."""
        return self.members((position, spot.side))

    def holds(self, start: Node, node: Node) -> bool:
        """Whether two sides belong together."""
        return self._root(start) == self._root(node)

    def cells(self, start: Node) -> list[int]:
        """The cells of which some side goes with this one, whether or not their text shows it."""
        root = self._root(start)
        nodes = list(self._parents)
        return sorted({node[0] for node in nodes if self._root(node) == root})

    # -- building --------------------------------------------------------------------------------

    def _node(self, node: Node) -> Node:
        position, side = node
        if position in self._split and side != "both":
            return position, side
        return position, "after"

    def _root(self, node: Node) -> Node:
        node = self._node(node)
        parents = self._parents
        root = node
        while (above := parents.get(root, root)) != root:
            root = above
        while node != root:  # the next look is short
            parents[node], node = root, parents[node]
        return root

    def _join(self, one: Node, other: Node) -> None:
        first, second = self._root(one), self._root(other)
        self._parents.setdefault(first, first)
        self._parents[second] = first

    def _cells(self) -> Iterator[int]:
        """The cells that may show the name."""
        name = self.name
        for position, cell in enumerate(self.source.cells):
            facts = cell.facts
            if name in facts.binds or name in facts.reads or name in facts.deferred:
                yield position

    def _separable(self) -> frozenset[int]:
        found = set()
        for position in self._cells():
            names = self.source.cells[position].names
            reads = self.name in names.reads and self.name not in names.deferred
            if reads and self.name in names.certain and self.name not in names.rebinds:
                ours = [s for s in self.source.spots(position) if s.name == self.name]
                if all(spot.side != "both" and not spot.later for spot in ours):
                    found.add(position)
        return frozenset(found)

    def _join_versions(self) -> None:
        name, resolution = self.name, self.source.resolution
        passing = {p for p, names in enumerate(resolution.inherited) if name in names}
        for reader, need in enumerate(resolution.needs):
            maker = need.get(name)
            if maker is not None:
                self._join((reader, "before"), (maker, "after"))
            if passing:
                # A function of such a cell may be called here: its name is whatever is here.
                for other in passing.intersection(need.values()):
                    self._join((reader, "after"), (other, "after"))
                    self._join((reader, "before"), (other, "after"))

    def _join_idle(self) -> None:
        """A function that nobody calls means what it would mean if it were called on the spot."""
        name, cells = self.name, self.source.cells
        homes = [p for p, cell in enumerate(cells) if name in cell.facts.binds]
        rooted = {self._root((home, "after")) for home in homes}
        for position, cell in enumerate(cells):
            if name in cell.facts.deferred and self._root((position, "after")) not in rooted:
                above = [p for p in homes if p < position]
                below = [p for p in homes if p > position]
                if above or len(below) == 1:
                    home = above[-1] if above else below[0]
                    self._join((position, "after"), (home, "after"))


def definitions(source: Source, position: int, spot: Spot) -> list[tuple[int, Place]]:
    """The definitions that a spot may mean, each with its cell; none for a builtin."""
    name = spot.name
    if spot.kind != READ:
        return [(position, source.place(position, spot))]
    if spot.side != "before":
        return _first_binding(source, position, name)
    found: list[tuple[int, Place]] = []
    for maker in _makers(source, position, spot):
        seen = {maker}
        while name not in source.cells[maker].facts.binds:  # it changes what another one made
            above = source.resolution.needs[maker].get(name)
            if above is None or above in seen:
                break
            seen.add(above)
            maker = above
        found += [place for place in _first_binding(source, maker, name) if place not in found]
    return found


def _makers(source: Source, position: int, spot: Spot) -> list[int]:
    """The cells whose version of a name a spot reads."""
    needs, inherited = source.resolution.needs, source.resolution.inherited
    name = spot.name
    found = {needs[position][name]} if name in needs[position] else set()
    if spot.later:
        group = Family(source, name)
        for reader, need in enumerate(needs):
            calls = any(name in inherited[maker] for maker in set(need.values()))
            if calls and group.holds((position, "after"), (reader, "after")):
                if name in need:
                    found.add(need[name])
                elif name in source.cells[reader].facts.binds:
                    found.add(reader)
        if not found:
            cells = group.cells((position, "after"))
            found = {p for p in cells if name in source.cells[p].facts.binds}
    return sorted(found)


def _first_binding(source: Source, position: int, name: str) -> list[tuple[int, Place]]:
    for spot in source.spots(position):
        if spot.name == name and spot.kind == BIND:
            return [(position, source.place(position, spot))]
    return []
