"""Which cells' last runs still prove their results, and which cells a round has to look at."""

from __future__ import annotations

from .marks import SHARING, UNBOUND, gather, sharing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Collection, Dict, Iterable, Iterator, Set

    from .plan import Plan
    from .versions import Run


class Freshness:
    """The proofs of one plan's cells.

    ``_open`` are the cells not known to be settled: fresh, with a value, and amending nothing. What
    a settled cell's proof rests on is its own text and run and the runs of the cells it needs, so
    whoever changes one of these says so with `doubt` or `renewed`. What an amender's rests on is
    not followed: it stays open. A cell that is settled is nothing to a request that does not name
    it, as long as the cells it needs are settled or were found to be fresh: a round passes it by.
    """

    def __init__(self, plan: Plan, runs: Dict[str, Run], closed: Callable[[int], bool]) -> None:
        self._plan = plan
        self._runs = runs
        self._closed = closed
        self._open: Set[int] = set(range(len(plan.cells)))
        self._ahead = bytearray(len(plan.cells))

    def walk(self, asked: Iterable[int]) -> Iterator[int]:
        """In the plan's order, the cells in ``asked``, the open ones, and those that become open
        on the way and are still ahead.
        """
        order, rank = self._plan.order, self._plan.rank
        ahead = self._ahead = bytearray(len(order))
        for position in self._open.union(asked):
            ahead[rank[position]] = 1
        at = ahead.find(1)
        while at >= 0:
            yield order[at]
            at = ahead.find(1, at + 1)

    def doubt(self, positions: Collection[int]) -> None:
        """What the proofs of these cells rest on may have changed."""
        self._open.update(positions)
        ahead, rank = self._ahead, self._plan.rank
        for position in positions:
            ahead[rank[position]] = 1

    def renewed(self, position: int) -> None:
        """A cell has another run than it had."""
        self._open.add(position)
        self.doubt(self._plan.readers(position))

    def proven(self, position: int) -> bool:
        """Whether a cell's last run shows what it would show now."""
        cell = self._plan.cells[position]
        run = self._runs.get(cell.ident)
        if cell.code:
            if run is None or run.code != cell.code or run.state == "interrupted":
                return False
            if not self._same_inputs(position, run):
                return False
            if cell.amends:
                return self._closed(position)
        if not cell.held and (run is None or run.state == "ok"):
            self._open.discard(position)
        return True

    def _same_inputs(self, position: int, run: Run) -> bool:
        """Whether a cell read then what it would get now."""
        reads, runs, cells = run.reads, self._runs, self._plan.cells
        needs = cells[position].needs
        for name, maker in needs.items():
            made = runs.get(cells[maker].ident)
            if reads.get(name) != (UNBOUND if made is None else made.binds.get(name, UNBOUND)):
                return False
        shared = self.sharing(position, needs) if len(reads) > 1 else ""
        return reads.get(SHARING, "") == shared and len(reads) == len(needs) + bool(shared)

    def sharing(self, position: int, names: Iterable[str]) -> str:
        """Which of these values, as the cell at ``position`` gets them, share objects."""
        needs = self._plan.cells[position].needs
        objects: Dict[str, str] = {}
        for name in names:
            maker = needs[name] if name in needs else self._plan.before(name, position)
            run = self._runs.get(self._plan.cells[maker].ident) if maker >= 0 else None
            if run is not None:
                gather(objects, name, run.objects)
        return sharing(objects)
