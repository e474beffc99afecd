"""Writing a function around the code of a cell."""

from __future__ import annotations

import ast
import io
import tokenize

from sessions_ls.edits.outline import first_line
from sessions_ls.edits.text import Edit, EditError, line_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessions_ls.edits.source import Source

_STRINGS = ("FSTRING_START", "TSTRING_START")
_STRING_ENDS = ("FSTRING_END", "TSTRING_END")


def wrapped(
    source: Source,
    position: int,
    tree: ast.Module,
    shared: Sequence[str],
    given: Sequence[str],
    names: tuple[str, str],
) -> list[Edit]:
    """The code of a cell in a function that takes ``given`` and gives back ``shared``.

    ``names`` are those of the function and, where one is needed, of what the cell shows. Comments
    above and below the code stay where they are.
    """
    cell = source.cells[position].cell
    function, result = names
    first = first_line(tree.body[0])
    last = (tree.body[-1].end_lineno or 0) - 1
    indent, end = _indent(cell.source), line_end(source.text)
    edits = [_at(source, position, first, 0, f"def {function}({', '.join(given)}):{end}")]
    edits += [
        _at(source, position, line, column, indent)
        for line, column in _indentable(cell.source, first, last)
    ]
    shown = _shown(tree, cell.source)
    name = shown.value.id if shown is not None and isinstance(shown.value, ast.Name) else result
    back = list(shared)
    if shown is not None and name not in shared:
        back += [result] if shared else []
        put = f"{result} = " if shared else "return "
        edits.append(_at(source, position, shown.lineno - 1, _column(cell.source, shown), put))
        name = result
    call = f"{function}({', '.join(given)})"
    lines = [f"{indent}return {', '.join(back)}", f"{', '.join(back)} = {call}"] if back else [call]
    if back and shown is not None:
        lines.append(name)
    stop = (cell.start + last, len(source.text.line(cell.start + last)))
    return [*edits, Edit(stop, stop, "".join(end + line for line in lines))]


def _at(source: Source, position: int, line: int, column: int, new: str) -> Edit:
    """An insertion into a cell."""
    line += source.cells[position].cell.start
    place = (line, column + source.shift(line))
    return Edit(place, place, new)


def _column(source: str, node: ast.stmt) -> int:
    line = source.split("\n")[node.lineno - 1]
    return len(line.encode()[: node.col_offset].decode("utf-8", "replace"))


def _shown(tree: ast.Module, source: str) -> ast.Expr | None:
    """The expression that the cell shows: its last one, unless its line ends with `;`."""
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        return None
    line = source.split("\n")[(last.end_lineno or 0) - 1]
    rest = line.encode()[last.end_col_offset or 0 :].decode("utf-8", "replace")
    return None if rest.lstrip().startswith(";") else last


def _indent(source: str) -> str:
    """What the cell indents its blocks with."""
    for line in source.split("\n"):
        if line[:1] == "\t":
            return "\t"
    return "    "


def _indentable(source: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The lines that may be indented, and where: not blank ones, and not the text of strings."""
    inside = _within_strings(source)
    for number, line in enumerate(source.split("\n")):
        if first <= number <= last and number not in inside and line.strip():
            blank = len(line) - len(line.lstrip())
            yield number, line.rfind("\f", 0, blank) + 1  # a form feed sets the column to 0


def _within_strings(source: str) -> set[int]:
    """The lines that begin within a string."""
    inside: set[int] = set()
    opened: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            kind = tokenize.tok_name[token.type]
            start = token.start[0]
            if kind in _STRINGS:
                opened.append(start)
            elif kind in _STRING_ENDS:
                start = opened.pop()
            if kind == "STRING" or kind in _STRING_ENDS:
                inside.update(range(start, token.end[0]))
    except (tokenize.TokenError, SyntaxError) as error:
        raise EditError("The strings of the cell cannot be told apart.") from error
    return inside
