"""The program in the form the kernel takes: whole, or what an edit changed of it."""

from __future__ import annotations

from sessions_ls.notebook.common import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

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


def edited(before: str, program: Program, text: str, changed: Sequence[int]) -> dict[str, Any]:
    """What is new for a kernel that has a program with the same resolution, as its ``edit``
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


def changes(before: Program, after: Program) -> list[int]:
    """The positions of cells that are not the same, wherever they stand. The programs have the
    same number of cells, resolved alike.
    """
    pairs = zip(before.cells, after.cells, strict=True)
    return [at for at, (old, new) in enumerate(pairs) if old is not new and not _same(old, new)]


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
