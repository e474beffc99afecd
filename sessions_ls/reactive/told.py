"""The program in the form the kernel takes: whole, or what an edit changed of it."""

from __future__ import annotations

from sessions_ls.notebook.common import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sessions_ls.reactive.facts import Facts
    from sessions_ls.reactive.program import Program, ProgramCell


def whole(
    program: Program, text: str, idents: Sequence[str], stored: Sequence[Mapping[str, Any] | None]
) -> dict[str, Any]:
    """The program of the file ``text`` as the kernel's ``program`` operation takes it.

    ``stored`` holds the last run of each cell: {} where this kernel has it, None for none.
    """
    resolution = program.resolution
    return {
        "op": "program",
        "text": text,
        "cells": [
            {"ident": idents[position], "stored": stored[position], **_cell(program, position)}
            for position in range(len(program.cells))
        ],
        "order": resolution.order,
        "forward": resolution.forward,
    }


class Told:
    """A program of the file ``text`` as the kernel was told it."""

    __slots__ = ("facts", "program", "refused", "resolution", "text")

    def __init__(self, program: Program, text: str) -> None:
        self.program = program
        self.text = text
        self.facts = [cell.facts for cell in program.cells]
        self.resolution = program.resolution
        self.refused = program.refused

    def is_all(self, program: Program) -> bool:
        """Whether there is nothing to add about ``program``."""
        return program is self.program and program.resolution is self.resolution

    def changes(self, program: Program) -> list[int] | None:
        """The positions of the cells of ``program`` that are not the same or need other cells,
        wherever they stand. Both have the same cells, by identity.

        None where an edit of cells does not say it all: where names are defined elsewhere now.
        """
        new, known = program.resolution, self.resolution
        if new.forward or known.forward or program.refused != self.refused:
            return None
        found = []
        cells = zip(
            self.facts, self.program.cells, program.cells, known.needs, new.needs,
            known.inherited, new.inherited, strict=True,
        )  # fmt: skip
        for position, (facts, was, cell, needed, need, inherited, inherits) in enumerate(cells):
            if not (facts is cell.facts or _defines_the_same(facts, cell.facts)):
                return None
            if (
                not (was is cell or _same(was, cell))
                or not (needed is need or needed == need)
                or bool(inherited) != bool(inherits)
            ):
                found.append(position)
        return found


def edited(before: str, program: Program, text: str, changed: Sequence[int]) -> dict[str, Any]:
    """What is new for a kernel that has a program with the same definitions, as its ``edit``
    operation takes it: the cells at the positions ``changed``, the first line of every cell, and
    in ``text`` how much stays of the text ``before`` at both ends, with what is between them.
    """
    start, end = common(before, text)
    return {
        "op": "edit",
        "text": (start, end, text[start : len(text) - end]),
        "cells": {position: _cell(program, position) for position in changed},
        "lines": [cell.cell.start + 1 for cell in program.cells],
    }


def _defines_the_same(old: Facts, new: Facts) -> bool:
    return old is new or (
        old.binds == new.binds and old.changes == new.changes and old.amends == new.amends
    )


def _same(old: ProgramCell, new: ProgramCell) -> bool:
    return (
        old.names is new.names
        and old.code == new.code
        and old.flags == new.flags
        and old.cell.metadata == new.cell.metadata
    )


def _cell(program: Program, position: int) -> dict[str, Any]:
    cell, resolution = program.cells[position], program.resolution
    facts = cell.facts
    return {
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
    }


def held(program: Program, position: int) -> str:
    """Why a cell may not run at all; "" where it may."""
    cell = program.cells[position]
    if cell.cell.disabled:
        return "disabled"
    if cell.broken:
        return "syntax"
    return program.refused.get(position, "")
