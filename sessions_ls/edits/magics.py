"""Lines of IPython's that are no Python: magics, shell commands, questions for help."""

from __future__ import annotations

import re

from sessions_ls.edits.text import Edit, EditError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.edits.source import Source

_MAGIC = re.compile(r"([ \t\f]*)(?:%%?[A-Za-z_]|!|\?{1,2}[A-Za-z_]|[A-Za-z_][\w.]*\?{1,2}\s*$)")
# After these the rest of the cell is Python all the same.
_PYTHON = ("%%capture", "%%prun", "%%time", "%%timeit")


def magic_lines(source: Source, position: int) -> list[int]:
    """The lines of a cell that hold a magic, where the cell is no Python; lines it goes on on too.

    A cell magic for another language (`%%bash`) takes in the whole cell.
    """
    cell = source.cells[position]
    if not cell.broken:
        return []
    found = []
    goes_on = whole = False
    for number, text in enumerate(cell.cell.source.split("\n")):
        if whole or goes_on or _MAGIC.match(text):
            if text.startswith("%%") and not text.startswith(_PYTHON):
                whole = True
            if text.strip():
                found.append(cell.cell.start + number)
            goes_on = text.endswith("\\")
    return found


def commented(source: Source, lines: list[int]) -> list[Edit]:
    """Make comments of these lines. In a block the first becomes `pass`, which it may need."""
    if not lines:
        raise EditError("There is no magic here.")
    whole = source.text.line(lines[0]).startswith("%%")
    edits = []
    for line in lines:
        text = source.text.line(line)
        column = source.shift(line) + (0 if whole else len(text) - len(text.lstrip()))
        plain = whole or column == source.shift(line) or line - 1 in lines
        edits.append(Edit((line, column), (line, column), "# " if plain else "pass  # "))
    return edits
