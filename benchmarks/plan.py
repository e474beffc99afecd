"""What a benchmark run is to do, and what it made."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from benchmarks import environments
from benchmarks.environments import Environment
from benchmarks.measure import say
from benchmarks.table import Row


class Plan:
    """Settings of a run.

    ``check`` measures only what has a limit and needs no rival. ``here`` measures this checkout
    with the Python that runs this, and installs no copy of it; a check always does.
    """

    def __init__(self, quick: bool = False, check: bool = False, here: bool = False) -> None:
        self.quick = quick
        self.check = check
        self.here = here or check
        self.used: dict[str, Environment] = {}

    @property
    def rounds(self) -> int:
        """Rounds of what takes less than a second or two."""
        return 5 if self.quick or self.check else 15

    @property
    def slow_every(self) -> int:
        """Rivals that take seconds are measured in every so many rounds."""
        return 5 if self.quick else 3

    def sizes(self, *cells: int) -> list[int]:
        """Those numbers of cells that this run measures."""
        return [number for number in cells if number <= 1_000 or not (self.quick or self.check)]

    def ours(self) -> Environment:
        """Where sessions-ls and the plain `python` beside it run."""
        return environments.here() if self.here else _ours()

    def rival(self, name: str) -> Environment:
        """A rival's environment; its ``problem`` says if it could not be installed."""
        if name not in self.used:
            self.used[name] = made = environments.rival(name)
            if made.problem:
                made.problem = f"not installed: {made.problem}"
                say(f"{name} {made.problem}")
        return self.used[name]


@cache
def _ours() -> Environment:
    return environments.ours()


class Report:
    """The rows of one part, and tables that show it from another side."""

    def __init__(self, title: str, method: str) -> None:
        self.title = title
        self.method = method
        self.rows: list[Row] = []
        self.tables: list[str] = []
        self.notes: list[str] = []


Part = Callable[[Plan], Report]
