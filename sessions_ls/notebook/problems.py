"""What is wrong with a notebook, and where."""

from __future__ import annotations


class Problem:
    """One finding.

    `severity` is "error", "warning" or "hint". `cell` counts from 1 (None: the file), `line` from 0
    in the file, columns in code points from 0.
    """

    __slots__ = ("cell", "code", "column", "end_column", "line", "message", "severity")

    def __init__(
        self,
        code: str,
        severity: str,
        cell: int | None,
        line: int,
        column: int,
        end_column: int,
        message: str,
    ) -> None:
        self.code = code
        self.severity = severity
        self.cell = cell
        self.line = line
        self.column = column
        self.end_column = end_column
        self.message = message

    def _all(self) -> tuple[object, ...]:
        return (
            self.code,
            self.severity,
            self.cell,
            self.line,
            self.column,
            self.end_column,
            self.message,
        )

    def __eq__(self, other: object) -> bool:
        return self._all() == other._all() if isinstance(other, Problem) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return f"Problem{self._all()!r}"
