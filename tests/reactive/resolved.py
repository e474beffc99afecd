"""Programs from text and what they resolve to as text: the words of the tables in these tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sessions_ls.notebook.cells import read_notebook
from sessions_ls.reactive.program import Analyser, Program

LESSONS = ("amends", "appears")


def program(text: str, strict: bool = False, previous: Program | None = None) -> Program:
    """The program of a notebook.

    A comment `#! amends: rows` or `#! appears: x` in a cell is what its last run has taught.
    """
    notebook = read_notebook(text, previous.notebook if previous else None)
    cells = Analyser().cells(notebook, previous)
    for cell in cells:
        taught: dict[str, frozenset[str]] = dict.fromkeys(LESSONS, frozenset())
        for line in cell.cell.source.splitlines():
            if line.startswith("#! "):
                kind, _, names = line[3:].partition(":")
                taught[kind] = frozenset(names.split())
        cell.learn(taught["amends"], taught["appears"])
    return Program(notebook, cells, strict, previous)


def described(program: Program) -> str:
    """The resolution, a line a cell: `3: rate<-1 price<-2`, then order and reads without a home.

    The order is left out where it is the file's.
    """
    resolution = program.resolution
    lines = []
    for position, needs in enumerate(resolution.needs):
        if needs:
            pairs = [f"{name}<-{maker + 1}" for name, maker in sorted(needs.items())]
            lines.append(f"{position + 1}: {' '.join(pairs)}")
    order = [position + 1 for position in resolution.order]
    if order != sorted(order):
        lines.append(f"order: {numbers(order)}")
    for position, names in sorted(resolution.undefined.items()):
        lines.append(f"undefined: {position + 1} {' '.join(sorted(names))}")
    for position, later in sorted(resolution.ambiguous.items()):
        for name, cells in sorted(later.items()):
            lines.append(f"ambiguous: {position + 1} {name} {numbers(p + 1 for p in cells)}")
    for position, cyclic in sorted(resolution.cyclic.items()):
        for name, maker in sorted(cyclic.items()):
            lines.append(f"cyclic: {position + 1} {name} {maker + 1}")
    if program.refused:
        lines.append(f"refused: {numbers(position + 1 for position in sorted(program.refused))}")
    return "\n".join(lines)


def numbers(cells: Iterable[int]) -> str:
    return " ".join(map(str, cells))


def cases(path: str | Path) -> list[tuple[str, str, str]]:
    """The cases of a table: (name, notebook, expected).

    A case begins with `== name`; a line `--` ends its notebook.
    """
    found = []
    for block in Path(path).read_text(encoding="utf-8").split("\n== ")[1:]:
        name, _, rest = block.partition("\n")
        notebook, expected = re.split(r"(?m)^--(?:\n|$)", rest)
        found.append((name, notebook, expected.strip()))
    return found


class Ran:
    """The last run of a cell, as staleness reads it."""

    def __init__(self, code: str, state: str) -> None:
        self.code = code
        self.state = state
        self.reads: dict[str, str] = {}
        self.binds: dict[str, str] = {}
        self.objects: dict[str, str] = {}


def records(program: Program, lines: str) -> list[Ran | None]:
    """The runs of a program's cells, a line each; cells without a line have not run.

    `2 y=f1 p=~f2@o1,o2 : x=f3` is cell 2, which bound y and p, the latter with the objects o1 and
    o2, and read x. `2 old`, `2 error`, `2 interrupted` say that other code ran, or how it ended.
    A `+` in a fingerprint is a blank.
    """
    found: list[Ran | None] = [None] * len(program.cells)
    for line in lines.splitlines():
        made, _, read = line.partition(" : ")
        number, *words = made.split()
        ran = Ran(program.cells[int(number) - 1].code, "ok")
        for word in words:
            name, equals, print_ = word.partition("=")
            if not equals and name == "old":
                ran.code = "old"
            elif not equals:
                ran.state = name
            else:
                ran.binds[name], at, objects = print_.partition("@")
                if at:
                    ran.objects[name] = objects.replace(",", " ")
        for word in read.split():
            name, _, print_ = word.partition("=")
            ran.reads[name] = print_.replace("+", " ")
        found[int(number) - 1] = ran
    return found
