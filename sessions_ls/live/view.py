"""What a client sees of a notebook: its cells with state and result, as plain data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.notebook.problems import Problem
    from sessions_ls.reactive.program import Program, ProgramCell
    from sessions_ls.reactive.staleness import Status
    from sessions_ls.results.record import Record


class CellView:
    """One cell as it stands. ``record`` is its last run, whether or not it is still true.

    ``state`` is one of SEMANTICS 6's; ``live`` says that the kernel holds its values.
    """

    __slots__ = ("cell", "ident", "live", "names", "number", "record", "state", "status")

    def __init__(
        self,
        cell: ProgramCell,
        ident: str,
        record: Record | None,
        status: Status,
        state: str,
        live: bool,
    ) -> None:
        self.cell = cell.cell
        self.names = cell
        self.ident = ident
        self.number = cell.cell.number
        self.record = record
        self.status = status
        self.state = state
        self.live = live

    @property
    def cold(self) -> bool:
        """A result is shown whose value is not in the kernel."""
        return self.record is not None and not self.live

    @property
    def true_now(self) -> bool:
        """Whether what its last run gave may be taken for the cell's result as the text stands.

        A cell that cannot run, for a syntax error say, is an error too: its record is older.
        """
        return self.state == "fresh" or (self.state == "error" and not self.status.own)

    @property
    def holds_code(self) -> bool:
        """Whether there is code in the cell, also where that cannot run as it stands."""
        return self.runs or self.status.state == "error"

    @property
    def runs(self) -> bool:
        """Whether the cell holds code that can run."""
        return self.names.runs


class View:
    """A snapshot of a notebook; it does not change when the notebook does."""

    __slots__ = (
        "bonds", "cells", "kernel", "needs", "notebook", "path", "problems", "resolution",
        "strict",
    )  # fmt: skip

    def __init__(
        self,
        path: str,
        kernel: dict[str, Any],
        bonds: dict[str, object],
        cells: list[CellView],
        problems: list[Problem],
        program: Program,
    ) -> None:
        self.path = path
        self.kernel = kernel
        self.bonds = bonds
        self.cells = cells
        self.problems = problems
        self.notebook = program.notebook
        self.strict = program.strict
        self.resolution = program.resolution
        self.needs = self.resolution.needs

    def restate(self, cell: CellView, status: Status) -> None:
        """Show another state of a cell; the view that it came from stays as it is."""
        state = status.state if cell.state == cell.status.state else cell.state
        other = CellView(cell.names, cell.ident, cell.record, status, state, cell.live)
        self.cells[cell.number - 1] = other

    @property
    def readers(self) -> list[list[int]]:
        """For each cell, by position, the cells that need it directly."""
        return self.resolution.readers

    def to_json(self) -> dict[str, Any]:
        """The object that `sessions status --json` prints."""
        return {
            "notebook": self.path,
            "kernel": self.kernel,
            "bonds": self.bonds,
            "cells": [self.cell_json(position) for position in range(len(self.cells))],
            "problems": [problem_json(problem) for problem in self.problems],
        }

    def cell_json(self, position: int) -> dict[str, Any]:
        """One cell of `to_json`."""
        view = self.cells[position]
        cell, record, facts = view.cell, view.record, view.names.facts
        first = cell.marker if cell.marker is not None else cell.start
        return {
            "number": view.number,
            "title": cell.title,
            "id": view.ident,
            "kind": cell.kind,
            "lines": [first + 1, max(first + 1, cell.stop)],
            "state": view.state,
            "cold": view.cold,
            "reason": view.status.reason,
            "runtime_ms": record.runtime_ms if record else None,
            "text": record.text if record else "",
            "stdout": record.stdout if record else "",
            "stderr": record.stderr if record else "",
            "mimes": mimes(record),
            "error": error_json(record, cell.start),
            "binds": sorted(facts.binds),
            "reads": sorted(n for n in self.needs[position] if not n.startswith("@")),
            "upstream": sorted({p + 1 for p in self.needs[position].values()}),
            "downstream": [p + 1 for p in self.readers[position]],
        }


def mimes(record: Record | None) -> list[str]:
    """The types in which a result can be had."""
    if record is None:
        return []
    found = ["text/plain"] if record.text else []
    for output in record.outputs:
        if output.mime not in found:
            found.append(output.mime)
    return found


def error_json(record: Record | None, start: int) -> dict[str, Any] | None:
    """An error for JSON; ``start`` is the cell's first body line in the file, from 0."""
    if record is None or record.error is None:
        return None
    error = record.error
    return {
        "type": error.type,
        "message": error.message,
        "line": None if error.line is None else start + error.line,
        "traceback": error.traceback,
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem for JSON; its line counts from 1."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "cell": problem.cell,
        "line": problem.line + 1,
        "message": problem.message,
    }
