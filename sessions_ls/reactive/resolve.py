"""Which definition a read means (`docs/semantics.md`, section 3), and the order that follows."""

from __future__ import annotations

import builtins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.reactive.facts import Facts

MODULE_NAMES = frozenset(
    {
        "__annotate__", "__annotations__", "__builtins__", "__cached__",
        "__conditional_annotations__", "__debug__", "__dict__", "__doc__", "__file__",
        "__loader__", "__name__", "__package__", "__path__", "__spec__",
    }
)  # fmt: skip
# Names that a read finds without a definition. A later cell that binds one of them does not
# take it away from an earlier reader: as a script, that reader gets the builtin.
PREDEFINED = frozenset(dir(builtins)) | MODULE_NAMES | {"display"}


class Resolution:
    """The definition behind every read of a program; positions count cells from 0.

    ``needs[i]`` maps each name cell ``i`` needs to the position of the cell whose version of it
    it gets. ``order`` runs dependencies first and keeps file order otherwise. ``undefined[i]``,
    ``ambiguous[i]`` (name -> the later cells that bind it) and ``cyclic[i]`` (name -> the cell
    it would have been read from) are the reads that got no definition. ``forward`` says
    whether any need points to a later cell. ``binders`` maps each name to the cells that bind it.
    """

    __slots__ = (
        "_readers", "ambiguous", "binders", "cyclic", "forward", "inherited", "needs", "order",
        "undefined",
    )  # fmt: skip

    def __init__(
        self,
        binders: dict[str, list[int]],
        needs: list[dict[str, int]],
        inherited: list[frozenset[str]],
    ) -> None:
        self.binders = binders
        self.needs = needs
        self.inherited = inherited
        self.order: list[int] = list(range(len(needs)))
        self.undefined: dict[int, set[str]] = {}
        self.ambiguous: dict[int, dict[str, list[int]]] = {}
        self.cyclic: dict[int, dict[str, int]] = {}
        self.forward = False
        self._readers: list[list[int]] | None = None

    @property
    def readers(self) -> list[list[int]]:
        """For each cell the cells that need it directly, in file order."""
        if self._readers is None:
            self._readers = [[] for _ in self.needs]
            for reader, need in enumerate(self.needs):
                for maker in set(need.values()):
                    self._readers[maker].append(reader)
        return self._readers


def resolve(cells: Sequence[Facts]) -> Resolution:
    """Resolve every read of ``cells``, given in file order.

    A forward read that lies on a cycle is no dependency, so the result has no cycles: such reads
    are banned and the rest is resolved again until none is left.
    """
    binders = _binders(cells)
    banned: dict[int, dict[str, int]] = {}
    while True:
        result = Resolution(binders, [{} for _ in cells], [frozenset()] * len(cells))
        _resolve_names(cells, binders, banned, result)
        if result.forward:
            found = _forward_on_cycles(result.needs)
            if found:
                for reader, name, maker in found:
                    banned.setdefault(reader, {})[name] = maker
                continue
            result.order = _order(result.needs)
        result.cyclic = banned
        return result


def _binders(cells: Sequence[Facts]) -> dict[str, list[int]]:
    binders: dict[str, list[int]] = {}
    for position, cell in enumerate(cells):
        for name in cell.binds:
            if name in binders:
                binders[name].append(position)
            else:
                binders[name] = [position]
    return binders


def _resolve_names(
    cells: Sequence[Facts],
    binders: dict[str, list[int]],
    banned: dict[int, dict[str, int]],
    result: Resolution,
) -> None:
    """Fill needs. Inheritance along forward needs asks for another pass, until nothing is new."""
    while True:
        grown = False
        last: dict[str, int] = {}
        for position, cell in enumerate(cells):
            if resolve_cell(position, cell, last, binders, banned.get(position), result):
                grown = True
            need = result.needs[position]
            for name in cell.changes:
                # What a cell was given by looking forward it changes for nobody else.
                if name in cell.binds or need.get(name, -1) < position:
                    last[name] = position
        if not (grown and result.forward):
            return


def resolve_cell(
    position: int,
    cell: Facts,
    last: dict[str, int],
    binders: dict[str, list[int]],
    banned: dict[str, int] | None,
    result: Resolution,
) -> bool:
    """Fill in ``result`` for one cell; True when what it passes on to its readers has grown.

    ``last`` has the nearest definition of each name before it, ``binders`` all cells that bind it,
    ``banned`` the names that it may not read from a later cell.
    """
    need = result.needs[position]
    for name in cell.reads:
        maker = last.get(name)
        if maker is None:
            _look_ahead(name, position, cell, binders, banned, result, True)
        else:
            need[name] = maker
    for name in cell.maybe:
        if name in last:
            need[name] = last[name]
    if cell.reads_all:
        for name, maker in last.items():
            if not name.startswith("@"):
                need.setdefault(name, maker)
    inherited = result.inherited
    if not cell.deferred and not any(inherited[maker] for maker in need.values()):
        return False
    for name in cell.called:
        if name not in binders:
            _look_ahead(name, position, cell, binders, banned, result, True)
    # A name that no cell binds is nobody's edge.
    passed = {name for name in cell.deferred if name in binders}
    waiting = {name for name in cell.called if name in binders}
    seen: set[int] = set()
    while True:
        for maker in sorted(set(need.values()) - seen, reverse=True):
            if maker not in seen:
                waiting |= inherited[maker]
                seen.add(maker)
                if maker < position:  # what cells above it hand on it has taken in
                    seen.update([m for m in result.needs[maker].values() if m < maker])
        passed |= waiting
        waiting -= need.keys()
        for name in waiting:
            if name in last:
                need[name] = last[name]
            else:
                _look_ahead(name, position, cell, binders, banned, result, name in cell.called)
        waiting = set()
        if seen.issuperset(need.values()):
            break
    if len(passed) > len(inherited[position]):
        inherited[position] = frozenset(passed)
        return True
    return False


def _look_ahead(
    name: str,
    position: int,
    cell: Facts,
    binders: dict[str, list[int]],
    banned: dict[str, int] | None,
    result: Resolution,
    certain: bool,
) -> None:
    """A read without an earlier definition: the only later one, or a problem, or a builtin.

    ``certain`` is False for a name that only a function which the cell could call may read:
    whether it is called nobody knows, so it is no problem.
    """
    if name in cell.binds or name in PREDEFINED or name.startswith("@"):
        return
    later = binders.get(name)
    if not later:
        if certain:
            result.undefined.setdefault(position, set()).add(name)
    elif name in cell.guarded or (banned and name in banned):
        return
    elif len(later) == 1:
        result.needs[position][name] = later[0]
        result.forward = True
    elif certain:
        result.ambiguous.setdefault(position, {})[name] = later


def _forward_on_cycles(needs: list[dict[str, int]]) -> list[tuple[int, str, int]]:
    """The forward needs whose both ends lie in one strongly connected component."""
    component = _components(needs)
    return [
        (reader, name, maker)
        for reader, need in enumerate(needs)
        for name, maker in need.items()
        if maker > reader and component[maker] == component[reader]
    ]


def _components(needs: list[dict[str, int]]) -> list[int]:
    """Strongly connected components (Tarjan 1972, iterative): a component number for each cell."""
    count = len(needs)
    index = [-1] * count
    low = [0] * count
    component = [-1] * count
    stack: list[int] = []
    counter = found = 0
    for root in range(count):
        if index[root] >= 0:
            continue
        work = [(root, iter(sorted(set(needs[root].values()))))]
        index[root] = low[root] = counter
        counter += 1
        stack.append(root)
        while work:
            node, makers = work[-1]
            for maker in makers:
                if index[maker] < 0:
                    index[maker] = low[maker] = counter
                    counter += 1
                    stack.append(maker)
                    work.append((maker, iter(sorted(set(needs[maker].values())))))
                    break
                if component[maker] < 0:
                    low[node] = min(low[node], index[maker])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    while True:
                        member = stack.pop()
                        component[member] = found
                        if member == node:
                            break
                    found += 1
    return component


def _order(needs: list[dict[str, int]]) -> list[int]:
    """Dependencies first, file order otherwise. ``needs`` has no cycle."""
    done = [False] * len(needs)
    out: list[int] = []
    for root in range(len(needs)):
        stack = [root]
        while stack:
            node = stack[-1]
            if done[node]:
                stack.pop()
                continue
            waiting = [m for m in set(needs[node].values()) if not done[m]]
            if waiting:
                stack.extend(sorted(waiting, reverse=True))
            else:
                done[node] = True
                out.append(node)
                stack.pop()
    return out
