"""From a request to the cells it concerns."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sessions_ls.reactive.program import Program
    from sessions_ls.reactive.staleness import Status


class Selection:
    """Positions of cells: ``forced`` run in any case, ``wanted`` where they are not fresh (with
    what the forced ones need), ``auto`` where they become stale by it.
    """

    __slots__ = ("auto", "forced", "wanted")

    def __init__(self, forced: list[int], wanted: list[int], auto: list[int]) -> None:
        self.forced = forced
        self.wanted = wanted
        self.auto = auto


def select(
    program: Program,
    statuses: Sequence[Status],
    forced: Iterable[int] = (),
    stale: bool = False,
    retry: bool = False,
) -> Selection:
    """The cells of a request: ``forced`` ones, or with ``stale`` every one that is not fresh.

    ``retry`` counts failed cells among the stale. A `manual` cell runs only when it is forced.
    """
    asked = {p for p in forced if program.cells[p].runs}
    wanted: set[int] = set()
    if stale:
        for position, status in enumerate(statuses):
            if not program.cells[position].unasked:
                continue
            if status.state == "error" and retry:
                asked.add(position)
            elif status.state not in ("fresh", "disabled", "error"):
                wanted.add(position)
    wanted |= {p for p in _unproven(program, statuses, asked | wanted) if program.cells[p].unasked}
    scope = asked | wanted
    return Selection(sorted(asked), sorted(wanted), _affected(program, statuses, scope))


def _unproven(program: Program, statuses: Sequence[Status], positions: Iterable[int]) -> set[int]:
    """Every cell not proven that the cells at ``positions`` need, directly or through others.

    A proven cell needs proven cells alone.
    """
    found: set[int] = set()
    stack = list(positions)
    while stack:
        for maker in program.resolution.needs[stack.pop()].values():
            if maker not in found and not statuses[maker].proven:
                found.add(maker)
                stack.append(maker)
    return found


def _affected(program: Program, statuses: Sequence[Status], scope: set[int]) -> list[int]:
    """Cells that run if the request makes them stale.

    Not those that are stale on their own account, or that need such a cell, unless the request
    runs it: nobody asked for that edit to run.
    """
    tainted: set[int] = set()
    out: list[int] = []
    needs = program.resolution.needs
    for position in program.resolution.order:
        if position in scope:
            continue
        status = statuses[position]
        own = status.own and status.state in ("new", "stale", "interrupted")
        if own or (tainted and not tainted.isdisjoint(needs[position].values())):
            tainted.add(position)
        elif program.cells[position].unasked:
            out.append(position)
    return sorted(out)
