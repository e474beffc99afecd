"""Whether an edit changed which definition each read means. Edits that claim not to are asked."""

from __future__ import annotations

from sessions_ls.edits.source import Source
from sessions_ls.edits.text import EditError, applied
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.notebook.lines import Lines
from sessions_ls.reactive.names import analyse
from sessions_ls.reactive.program import FUTURE_FLAGS, ProgramCell
from sessions_ls.reactive.resolve import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sessions_ls.edits.text import Edit
    from sessions_ls.notebook.cells import Cell

Need = tuple[int, str, int]
"""A reader, a name, and the cell whose version of it the reader gets."""


def after(
    source: Source,
    edits: Iterable[Edit],
    old: Sequence[int] | None = None,
    renamed: Callable[[int, str], str] = lambda position, name: name,
) -> Source:
    """The notebook after ``edits`` that neither make nor remove a cell.

    ``old`` holds for each cell afterwards its position before (None: the same). ``renamed`` says
    what a name is called afterwards that running a cell, by its old position, has taught. Raises
    EditError when the text has other cells afterwards.
    """
    text = applied(source.text, edits)
    notebook = read_notebook(text, source.notebook)
    before = range(len(source.cells)) if old is None else old
    if len(notebook.cells) != len(source.cells):
        raise EditError("That would change where cells begin: a string may be open above.")
    cells = []
    for cell, position in zip(notebook.cells, before, strict=True):
        cells.append(_cell(cell, source.cells[position], position, renamed))
    resolution = resolve([cell.facts for cell in cells])
    return Source(Lines(text), notebook, cells, resolution, source.strict)


def _cell(
    cell: Cell, old: ProgramCell, position: int, renamed: Callable[[int, str], str]
) -> ProgramCell:
    if cell is old.cell:
        return old
    if cell.kind != old.cell.kind:
        raise EditError("That would change where cells begin: a fence may be open above.")
    if cell.source.rstrip() == old.cell.source.rstrip() or cell.kind != "code":
        made = ProgramCell(cell, old.names, old.code, old.broken, old.flags)
        made.facts, made.lesson = old.facts, old.lesson
        return made
    names = analyse(cell.source, bool(old.flags & FUTURE_FLAGS["annotations"]))
    made = ProgramCell(cell, names, names.code, names.error is not None, old.flags)
    amends, appears = old.lesson
    made.learn(
        frozenset([renamed(position, name) for name in amends]),
        frozenset([renamed(position, name) for name in appears]),
    )
    return made


def needs(source: Source) -> set[Need]:
    """Which definition each read means."""
    return {
        (reader, name, maker)
        for reader, need in enumerate(source.resolution.needs)
        for name, maker in need.items()
    }


def open_reads(source: Source) -> set[tuple[int, str]]:
    """The reads whose definition cannot be told, or lies on a cycle."""
    resolution = source.resolution
    found = {(p, name) for p, names in resolution.ambiguous.items() for name in names}
    return found | {(p, name) for p, names in resolution.cyclic.items() for name in names}


def same(expected: set[Need], now: Source, allowed: Callable[[Need], bool] | None = None) -> None:
    """Raise EditError with the first read that means another definition than it should.

    Reads that were not there may come in where ``allowed`` says so.
    """
    found = needs(now)
    for reader, name, _ in sorted(expected - found):
        maker = now.resolution.needs[reader].get(name)
        instead = "nothing" if maker is None else f"the one of cell {maker + 1}"
        raise EditError(
            f"That would change what `{name}` means in cell {reader + 1}: it would be {instead}."
        )
    for need in sorted(found - expected):
        if allowed is None or not allowed(need):
            reader, name, maker = need
            raise EditError(
                f"That would give cell {reader + 1} the `{name}` of cell {maker + 1}, "
                "which it does not read now."
            )
