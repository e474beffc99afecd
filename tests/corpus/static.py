"""What can be said of a notebook without running it, by us and by the one-definition rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sessions_ls.notebook.cells import Notebook, read_notebook
from sessions_ls.notebook.problems import Problem
from sessions_ls.reactive.names import Names
from sessions_ls.reactive.plans import select
from sessions_ls.reactive.problems import problems
from sessions_ls.reactive.program import Analyser, Program
from sessions_ls.reactive.staleness import prove


class Finding:
    """One notebook, analysed and planned.

    problems: every diagnostic. planned: whether a first run would take exactly the code cells, in
    file order. reused: names that several cells bind, other than by imports alone (Pluto's rule);
    reused_marimo: the same where imports count and `_names` belong to their cell.
    """

    def __init__(self, text: str) -> None:
        notebook = read_notebook(text)
        program = analysed(notebook)
        self.cells = len(notebook.cells)
        self.code = [position for position, cell in enumerate(program.cells) if cell.runs]
        self.problems: list[Problem] = problems(program)
        self.planned = plan(program) == self.code
        names = [program.cells[position].names for position in self.code]
        self.reused = several_homes(names)
        self.reused_marimo = several_homes(names, marimo=True)


def analysed(notebook: Notebook) -> Program:
    """The program of a notebook that was just opened."""
    return Program(notebook, Analyser().cells(notebook, None), strict=False)


def plan(program: Program) -> list[int]:
    """The positions that a first run of all stale cells takes, in the order it takes them."""
    found = prove(program, [None] * len(program.cells)).found
    wanted = set(select(program, found, stale=True).wanted)
    return [position for position in program.resolution.order if position in wanted]


def several_homes(cells: Sequence[Names], marimo: bool = False) -> set[str]:
    """The names for which a rule of one definition per name refuses a notebook."""
    count = Counter(name for names in cells for name in names.binds)
    often = {name for name, cells_ in count.items() if cells_ > 1}
    if marimo:
        return {name for name in often if not name.startswith("_")}
    return {name for name in often if not _only_imported(name, cells) and name.strip("_")}


def _only_imported(name: str, cells: Iterable[Names]) -> bool:
    return all(name in names.imports for names in cells if name in names.binds)
