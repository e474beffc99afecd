"""Figures as a table that people read, and as numbers that programs read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.limits import Limit
from benchmarks.measure import Samples


class Row:
    """One comparison: ours beside something else, both from the same rounds.

    ``ours`` and ``beside`` name contenders of ``samples``. ``unit`` is "s", "MiB", or "" for a
    number of things. ``worst``: not the medians but the largest figure counts.
    """

    def __init__(
        self, what: str, samples: Samples, ours: str, beside: str = "",
        limit: Limit | None = None, unit: str = "s", worst: bool = False,
    ) -> None:  # fmt: skip
        self.what = what
        self.beside = beside
        self.limit = limit
        self.unit = unit
        self.count = samples.count(ours)
        self.value = samples.worst(ours) if worst else samples.median(ours)
        self.other = samples.median(beside) if beside else None
        self.ratio = samples.ratio(ours, beside) if beside else None
        self.holds = limit.holds(self.value, self.ratio) if limit else None
        self.problems = {n: samples.problems[n] for n in (ours, beside) if n in samples.problems}
        self.figures = {
            name: list(samples.figures[name].values())
            for name in (ours, beside)
            if name in samples.figures
        }

    def broken(self, slack: float = 1.0) -> bool:
        """Whether there is a limit that is not shown to be kept, with that much slack."""
        limit = self.limit
        return limit is not None and not limit.holds(self.value, self.ratio, slack)

    def cells(self) -> list[str]:
        """The columns of the table."""
        return [
            self.what,
            self._shown(self.value),
            self.beside,
            self._shown(self.other) if self.beside else "",
            shown_ratio(self.ratio),
            self._shown_limit(),
            "" if self.limit is None else "pass" if self.holds else "**fail**",
            str(self.count),
        ]

    def raw(self) -> dict[str, Any]:
        """The row for a program."""
        limit = self.limit
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": self.value,
            "beside": self.beside,
            "theirs": self.other,
            "ratio": self.ratio,
            "limit": None if limit is None else {"kind": limit.kind, "at_most": limit.at_most},
            "holds": self.holds,
            "problems": self.problems,
            "figures": self.figures,
        }

    def _shown(self, figure: float | None) -> str:
        if figure is None:
            return "not measured"
        if self.unit == "s":
            return seconds(figure)
        return f"{figure:.1f} {self.unit}" if self.unit else f"{figure:g}"

    def _shown_limit(self) -> str:
        if self.limit is None:
            return ""
        if self.limit.kind == "ratio":
            return f"≤ {shown_ratio(self.limit.at_most)}"
        if self.limit.kind == "count":
            return f"≤ {self.limit.at_most:g}"
        return f"≤ {seconds(self.limit.at_most)}"


def seconds(figure: float) -> str:
    """Seconds with three digits that count, in s, ms or µs."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if figure >= size or unit == "µs":
            value = figure / size
            digits = 0 if value >= 100 else 1 if value >= 10 else 2
            return f"{value:.{digits}f} {unit}"
    raise AssertionError


def shown_ratio(ratio: float | None) -> str:
    """ "3.4 ×" for ratios from a half up, "1/112" below."""
    if ratio is None:
        return "–"
    if ratio >= 0.5:
        return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:.0f} ×"
    return f"1/{1 / ratio:.0f}" if ratio < 0.1 else f"1/{1 / ratio:.1f}"


HEAD = ("what", "ours", "beside", "theirs", "ours / theirs", "limit", "", "n")


def markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table, its columns aligned for those who read it as text."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    shown = [_line(line, widths) for line in lines]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
