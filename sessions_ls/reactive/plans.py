"""From a request to the cells it concerns, and the program in the form the kernel takes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

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
            if not runs_unasked(program, position):
                continue
            if status.state == "error" and retry:
                asked.add(position)
            elif status.state not in ("fresh", "disabled", "error"):
                wanted.add(position)
    closure = upstream(program, asked | wanted)
    wanted |= {p for p in closure if not statuses[p].proven and runs_unasked(program, p)}
    scope = asked | wanted
    return Selection(sorted(asked), sorted(wanted), _affected(program, statuses, scope))


def runs_unasked(program: Program, position: int) -> bool:
    """Whether a cell may run without being named."""
    cell = program.cells[position]
    return cell.runs and not (cell.cell.manual or cell.cell.disabled or cell.broken)


def upstream(program: Program, positions: Iterable[int]) -> set[int]:
    """Every cell that the cells at ``positions`` need, directly or through others."""
    return _closure([set(need.values()) for need in program.resolution.needs], positions)


def downstream(program: Program, positions: Iterable[int]) -> set[int]:
    """Every cell that needs one of the cells at ``positions``, directly or through others."""
    return _closure(program.resolution.readers(), positions)


def _closure(edges: Sequence[Iterable[int]], positions: Iterable[int]) -> set[int]:
    found: set[int] = set()
    stack = list(positions)
    while stack:
        for other in edges[stack.pop()]:
            if other not in found:
                found.add(other)
                stack.append(other)
    return found


def _affected(program: Program, statuses: Sequence[Status], scope: set[int]) -> list[int]:
    """Cells that run if the request makes them stale.

    Not those that are stale on their own account, or that need such a cell, unless the request
    runs it: nobody asked for that edit to run.
    """
    tainted: set[int] = set()
    out: list[int] = []
    for position in program.resolution.order:
        if position in scope:
            continue
        status = statuses[position]
        unasked = status.own and status.state in ("new", "stale", "interrupted")
        if unasked or any(m in tainted for m in program.resolution.needs[position].values()):
            tainted.add(position)
        elif runs_unasked(program, position):
            out.append(position)
    return sorted(out)


def program_message(
    program: Program, text: str, idents: Sequence[str], stored: Sequence[Mapping[str, Any] | None]
) -> dict[str, Any]:
    """The program of the file ``text`` as the kernel's ``program`` operation takes it.

    ``stored`` holds the last run of each cell: {} where this kernel has it, None for none.
    """
    resolution = program.resolution
    cells = []
    for position, cell in enumerate(program.cells):
        facts = cell.facts
        cells.append(
            {
                "ident": idents[position],
                "code": cell.code,
                "source": cell.cell.source,
                "first_line": cell.cell.start + 1,
                "flags": cell.flags,
                "needs": resolution.needs[position],
                "binds": list(facts.binds),
                "amends": list(facts.amends),
                "pokes": list(cell.names.pokes),
                "held": held(program, position),
                "passes": bool(resolution.inherited[position]),
                "volatile": cell.cell.volatile,
                "dynamic": facts.open_ended,
                "stored": stored[position],
            }
        )
    return {
        "op": "program",
        "text": text,
        "cells": cells,
        "order": resolution.order,
        "forward": resolution.forward,
    }


def held(program: Program, position: int) -> str:
    """Why a cell may not run at all; "" where it may."""
    cell = program.cells[position]
    if cell.cell.disabled:
        return "disabled"
    if cell.broken:
        return "syntax"
    return program.refused.get(position, "")
