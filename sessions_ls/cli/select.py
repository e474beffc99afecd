"""Which cell a person means: its number, or its title where that is unique."""

from __future__ import annotations

from sessions_ls.cli.arguments import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.notebook.cells import Cell, Notebook


def cell_named(notebook: Notebook, word: str, path: str) -> Cell:
    """The cell that `word` names. Raises UsageError where that is none or several."""
    cells = notebook.cells
    if word.strip().isdecimal() and 1 <= int(word) <= len(cells):
        return cells[int(word) - 1]
    found = [cell for cell in cells if cell.title == word]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(cell.number) for cell in found)
        raise UsageError(f"{path}: the title {word!r} belongs to cells {numbers}; use a number")
    if word.strip().lstrip("-").isdecimal():
        count = len(cells)
        there = f"they are numbered 1 to {count}" if count > 1 else "it has one cell"
        raise UsageError(f"{path} has no cell {word.strip()}; {there if count else 'it is empty'}")
    titles = [cell.title for cell in cells if cell.title]
    from difflib import get_close_matches

    near = get_close_matches(word, titles, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"{path} has no cell with the title {word!r}{hint}")
