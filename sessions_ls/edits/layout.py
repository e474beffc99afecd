"""Moving, splitting and joining cells. The lines of a cell are moved as they are.

The blank lines after a cell stay where they are, so that the file looks as it did.
"""

from __future__ import annotations

from sessions_ls.edits.check import after, needs, open_reads, same
from sessions_ls.edits.outline import first_line
from sessions_ls.edits.spots import parsed
from sessions_ls.edits.text import Edit, EditError, applied, line_end, lines_of
from sessions_ls.notebook.cells import read_notebook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.edits.source import Source

_KEPT = ("disabled", "manual", "volatile")


def moved(source: Source, position: int, step: int) -> list[Edit]:
    """Move a cell one place up (``step`` -1) or down (1). Raises EditError where it cannot be."""
    other = position + step
    if not 0 <= other < len(source.cells):
        raise EditError(f"Cell {position + 1} is the {'first' if step < 0 else 'last'} one.")
    order = list(range(len(source.cells)))
    order[position], order[other] = other, position
    edits = arranged(source, order)
    _moved(source, edits, order)
    return edits


def arranged(source: Source, order: Sequence[int]) -> list[Edit]:
    """Put the cells in this order (of their positions now). Raises EditError.

    Only what lies between the cells that keep their place is replaced.
    """
    changed = [place for place, position in enumerate(order) if place != position]
    if not changed:
        return []
    if source.cells[0].cell.marker is None and order[0]:
        raise EditError("Cell 1 has no marker: give it one (`# %%`) first.")
    first, last = changed[0], changed[-1]
    edits = []
    for place in range(first, last + 1):
        if order[place] != place:
            start, end = _body(source, place)
            edits.append(Edit(start, end, _text(source, order[place])))
    return edits


def _body(source: Source, position: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a cell begins and ends, without the blank lines after it and its last line end."""
    first, stop = source.head(position), source.stop(position)
    last = min(stop, len(source.text)) - 1
    while last > first and not source.text.line(last).strip():
        last -= 1
    return (first, source.shift(first)), (last, len(source.text.line(last)))


def _text(source: Source, position: int) -> str:
    start, end = _body(source, position)
    return source.text.text[source.text.offset(*start) : source.text.offset(*end)]


def in_script_order(source: Source) -> list[Edit]:
    """Put the cells in the order in which they run. Text cells go with the cell below them.

    Raises EditError when some read would mean another definition then, or when the order is right.
    """
    order = _script_order(source)
    if order == sorted(order):
        raise EditError("The cells stand in the order in which they run.")
    edits = arranged(source, order)
    keeping_meaning(source, edits, order)
    return edits


def _script_order(source: Source) -> list[int]:
    """The order of `Resolution.order`, with text and empty cells above the cells they precede."""
    with_next: dict[int, list[int]] = {}
    waiting: list[int] = []
    for position, cell in enumerate(source.cells):
        if cell.code:
            with_next[position], waiting = [*waiting, position], []
        else:
            waiting.append(position)
    order = [p for run in source.resolution.order for p in with_next.get(run, ())]
    return order + waiting


def above_reader(source: Source, maker: int, reader: int) -> list[Edit]:
    """Move the cell ``maker``, and what it needs from below ``reader``, above ``reader``.

    Raises EditError when that would change what any read means.
    """
    with_it = _needed(source, maker, reader)
    if reader in with_it:
        raise EditError(f"Cell {maker + 1} needs cell {reader + 1}: neither can be first.")
    rest = [position for position in range(len(source.cells)) if position not in with_it]
    at = rest.index(reader)
    order = rest[:at] + sorted(with_it) + rest[at:]
    edits = arranged(source, order)
    keeping_meaning(source, edits, order, maker)
    return edits


def _needed(source: Source, maker: int, reader: int) -> set[int]:
    found: set[int] = set()
    stack = [maker]
    while stack:
        position = stack.pop()
        if position >= reader and position not in found:
            found.add(position)
            stack += source.resolution.needs[position].values()
    return found


def keeping_meaning(
    source: Source, edits: list[Edit], order: Sequence[int], healing: int | None = None
) -> None:
    """Raise EditError if some read would mean another definition with the cells in this order.

    Reads whose definition cannot be told now may come to mean that of the cell ``healing``.
    """
    moving = [position for place, position in enumerate(order) if place != position]
    for position in moving:
        if source.cells[position].names.future:
            raise EditError(f"Cell {position + 1} has a `from __future__` import: it stays first.")
    now = _moved(source, edits, order)
    places = {position: place for place, position in enumerate(order)}
    expected = {(places[r], name, places[m]) for r, name, m in needs(source)}
    unknown = {name for _, name in open_reads(source)}
    same(expected, now, lambda need: healing is not None and need[1] in unknown)


def _moved(source: Source, edits: list[Edit], order: Sequence[int]) -> Source:
    """The notebook afterwards. Raises EditError if its cells are not those of before."""
    now = after(source, edits, order)
    for cell, position in zip(now.cells, order, strict=True):
        if cell.cell.source.rstrip() != source.cells[position].cell.source.rstrip():
            raise EditError(f"Cell {position + 1} does not end where it seems to: mend it first.")
    return now


def split(source: Source, line: int) -> list[Edit]:
    """Begin a new cell at a line, or at the statement around it. Raises EditError."""
    position = source.at(line)
    if position is None:
        raise EditError("There is no cell here.")
    cell = source.cells[position]
    line = _boundary(source, position, line)
    above = lines_of(source.text, cell.cell.start, line)
    if line <= cell.cell.start or not above.strip():
        raise EditError("There is nothing above in the cell to split it from.")
    words = "" if cell.cell.kind == "code" else f" [{cell.cell.kind}]"
    words += "".join(f" {flag}=true" for flag in _KEPT if cell.cell.metadata.get(flag) is True)
    end = line_end(source.text)
    gap = end if source.text.line(line - 1).strip() else ""
    edits = [Edit((line, 0), (line, 0), f"{gap}# %%{words}{end}")]
    return _counted(source, edits, 1)


def inserted(source: Source, position: int) -> list[Edit]:
    """Put an empty cell below a cell; its first line is the third below the insertion.

    Raises EditError.
    """
    _, place = _body(source, position)
    end = line_end(source.text)
    return _counted(source, [Edit(place, place, f"{end}{end}# %%{end}")], 1)


def _counted(source: Source, edits: list[Edit], more: int) -> list[Edit]:
    """The edits. Raises EditError if they do not make (or remove) just so many cells."""
    notebook = read_notebook(applied(source.text, edits), source.notebook)
    if len(notebook.cells) != len(source.cells) + more:
        raise EditError("That would change where other cells begin: a string may be open above.")
    return edits


def _boundary(source: Source, position: int, line: int) -> int:
    """The line, or the first line of the statement around it."""
    cell = source.cells[position]
    tree = parsed(cell.cell.source) if cell.cell.kind == "code" else None
    if tree is None:
        if cell.broken:
            raise EditError(f"Cell {position + 1} cannot be parsed: mend it, then it can be split.")
        return line
    before = -1  # the last line of the statement above
    for statement in tree.body:
        first = first_line(statement)
        last = (statement.end_lineno or 0) - 1
        if first <= line - cell.cell.start <= last:
            if first == before:
                raise EditError("This line begins within another statement's line.")
            return cell.cell.start + first
        before = last
    return line


def merged(source: Source, position: int) -> list[Edit]:
    """Join a cell to the one above it. Its title stays as a comment. Raises EditError."""
    cell = source.cells[position].cell
    if position == 0 or cell.marker is None:
        raise EditError(f"There is no cell above cell {position + 1}.")
    if cell.kind != source.cells[position - 1].cell.kind:
        raise EditError(f"Cell {position + 1} and the one above it are of different kinds.")
    line = cell.marker
    width = len(source.text.line(line))
    if cell.title:
        edit = Edit((line, 0), (line, width), f"# {cell.title}")
    elif line + 1 < len(source.text):
        edit = Edit((line, 0), (line + 1, 0), "")
    else:
        edit = Edit((line - 1, len(source.text.line(line - 1))), (line, width), "")
    return _counted(source, [edit], -1)
