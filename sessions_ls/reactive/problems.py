"""What is wrong with a program before it runs, in words."""

from __future__ import annotations

import re
import sys

from sessions_ls.notebook.problems import Problem
from sessions_ls.reactive.firstread import read_too_early
from sessions_ls.reactive.resolve import PREDEFINED
from sessions_ls.reactive.strict import cycle, homes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessions_ls.reactive.program import Program, ProgramCell


def problems(program: Program, python: str = "") -> list[Problem]:
    """The static problems of ``program``, those of its markers included, in file order.

    ``python`` is the version that it runs under, major.minor, where that is known.
    """
    found = list(program.notebook.problems)
    found += _syntax(program, _if_newer(python))
    half_typed = _half_typed(program)
    names = [*_undefined(program, half_typed), *_undefined_in_functions(program, half_typed)]
    names += _too_early(program)
    names += [*_ambiguous(program), *_cyclic(program), *_out_of_order(program)]
    if program.strict:
        names += _several_homes(program)
    broken = {cell.cell.number for cell in program.cells if cell.broken}
    found += [problem for problem in names if problem.cell not in broken]
    found.sort(key=lambda problem: (problem.line, problem.column, problem.code))
    return found


def _if_newer(python: str) -> str:
    """What is to be said of an error in syntax that the notebook's Python may know better."""
    ours = sys.version_info[:2]
    theirs = tuple(int(part) for part in python.split(".") if part.isdecimal())
    if theirs <= ours:
        return ""
    return f" (as Python {ours[0]}.{ours[1]} reads it; the notebook's is {python})"


def _syntax(program: Program, more: str) -> Iterator[Problem]:
    for cell in program.cells:
        error = cell.names.error
        if cell.broken and error is not None:
            line = min(cell.cell.start + error.line, max(cell.cell.start, cell.cell.stop - 1))
            yield Problem(
                "syntax-error", "error", cell.cell.number, line, error.column, error.column + 1,
                error.message if cell.names.reader else error.message + more,
            )  # fmt: skip


def _undefined(program: Program, half_typed: set[str]) -> Iterator[Problem]:
    open_ended = [p for p, cell in enumerate(program.cells) if cell.facts.open_ended]
    for position, names in program.resolution.undefined.items():
        if any(p <= position for p in open_ended):
            continue  # `from m import *` or exec may define it; the run will tell
        cell = program.cells[position]
        for name in sorted(names - cell.facts.guarded):
            if name.startswith("@") or name in half_typed:
                continue
            yield _at(
                cell, name, "undefined-name", "warning", f"`{name}` is not defined in any cell"
            )


def _undefined_in_functions(program: Program, half_typed: set[str]) -> Iterator[Problem]:
    """Names that only functions read, and that nothing in the notebook binds."""
    if any(cell.facts.open_ended for cell in program.cells):
        return
    bound = program.resolution.binders
    for cell in [cell for cell in program.cells if cell.facts.deferred]:
        facts = cell.facts
        names = facts.deferred.difference(bound)
        for name in sorted(names - PREDEFINED - half_typed - facts.reads - facts.called):
            message = f"`{name}` is not defined in any cell"
            yield _at(cell, name, "undefined-name", "warning", message)


def _half_typed(program: Program) -> set[str]:
    """The words of cells that cannot be parsed: such a cell may be about to define each of them."""
    sources = (cell.cell.source for cell in program.cells if cell.broken)
    return {word for source in sources for word in re.findall(r"\w+", source)}


def _too_early(program: Program) -> Iterator[Problem]:
    """Names that a cell reads above its own definition of them, and that no other cell defines."""
    cells, binders = program.cells, program.resolution.binders
    for position, cell in enumerate(cells):
        if cell.names.reads.isdisjoint(cell.names.binds):
            continue
        both = cell.names.reads & cell.names.binds
        names = both - cell.facts.guarded - PREDEFINED - program.resolution.needs[position].keys()
        alone = [name for name in names if binders.get(name, [position]) == [position]]
        if not alone or any(above.facts.open_ended for above in cells[: position + 1]):
            continue
        for name in sorted(read_too_early(cell.cell.source, alone, cell.names.where)):
            message = f"`{name}` is read before this cell defines it, and no other cell does"
            yield _at(cell, name, "undefined-name", "warning", message)


def _ambiguous(program: Program) -> Iterator[Problem]:
    for position, names in program.resolution.ambiguous.items():
        for name in sorted(names):
            why = explanation(program, position, name)
            yield _at(program.cells[position], name, "ambiguous-name", "error", why)


def _cyclic(program: Program) -> Iterator[Problem]:
    severity = "error" if program.strict else "warning"
    for position, names in program.resolution.cyclic.items():
        for name in sorted(names):
            why = explanation(program, position, name)
            yield _at(program.cells[position], name, "cyclic-reference", severity, why)


def explanation(program: Program, position: int, name: str) -> str:
    """Why a cell finds no value for a name that other cells define; "" for any other name."""
    resolution = program.resolution
    if name in resolution.ambiguous.get(position, ()):
        cells = _list(resolution.ambiguous[position][name])
        return (
            f"`{name}` is not defined above, and {cells} below define it: "
            "move one of them up, or rename the others"
        )
    if name in resolution.cyclic.get(position, ()):
        maker = resolution.cyclic[position][name]
        path = " → ".join(str(p + 1) for p in [*cycle(resolution, position, name), position])
        return (
            f"`{name}` is defined in cell {maker + 1}, which needs this cell (cells {path}): "
            "it has no value here"
        )
    return ""


def _out_of_order(program: Program) -> Iterator[Problem]:
    needs = program.resolution.needs if program.resolution.forward else ()
    for reader, need in enumerate(needs):
        for name, maker in sorted(need.items()):
            if maker > reader and name in program.cells[reader].names.where:
                yield _at(
                    program.cells[reader], name, "script-order", "hint",
                    f"`{name}` is defined below, in cell {maker + 1}, which runs first; "
                    "run as a script, this file would stop here",
                )  # fmt: skip


def _several_homes(program: Program) -> Iterator[Problem]:
    for name, positions in homes([cell.facts for cell in program.cells]).items():
        for position in positions:
            others = _list([p for p in positions if p != position])
            cell = program.cells[position]
            place = cell.names.bound_at.get(name, (0, 0, 0))
            yield _problem(
                cell,
                place,
                "multiple-definitions",
                "error",
                f"`{name}` is also defined in {others}",
            )


def _list(positions: Iterable[int]) -> str:
    numbers = [str(p + 1) for p in positions]
    return f"cell{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def _at(cell: ProgramCell, name: str, code: str, severity: str, message: str) -> Problem:
    return _problem(cell, cell.names.where.get(name, (0, 0, 0)), code, severity, message)


def _problem(
    cell: ProgramCell, place: tuple[int, int, int], code: str, severity: str, message: str
) -> Problem:
    line, column, end = place
    return Problem(code, severity, cell.cell.number, cell.cell.start + line, column, end, message)
