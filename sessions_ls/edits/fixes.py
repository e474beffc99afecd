"""What can be offered at a line: edits by name, each with a title and what it is about."""

from __future__ import annotations

from sessions_ls.edits import layout, magics
from sessions_ls.edits.meaning import Family
from sessions_ls.edits.private import private
from sessions_ls.edits.rename import fresh_name, rename_family
from sessions_ls.edits.text import EditError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sessions_ls.edits.source import Source
    from sessions_ls.edits.text import Edit
    from sessions_ls.notebook.problems import Problem

QUICKFIX, REWRITE, MOVE = "quickfix", "refactor.rewrite", "refactor.move"
_MOST = 4  # offers of one kind for one problem


class Offer:
    """An edit that could be made: `made` makes it.

    ``problem`` is what it mends, if anything. The rest are the arguments: a cell, another one, a
    line and a name, as far as the operation needs them.
    """

    __slots__ = ("kind", "line", "name", "operation", "other", "position", "problem", "title")

    def __init__(
        self,
        title: str,
        kind: str,
        operation: str,
        position: int,
        other: int = 0,
        line: int = 0,
        name: str = "",
        problem: Problem | None = None,
    ) -> None:
        self.title = title
        self.kind = kind
        self.operation = operation
        self.position = position
        self.other = other
        self.line = line
        self.name = name
        self.problem = problem

    def data(self) -> dict[str, object]:
        """What `from_data` makes the offer from again."""
        names = ("operation", "position", "other", "line", "name")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_data(cls, data: dict[str, object]) -> Offer:
        """The offer of which this is the data. Raises EditError for anything else."""
        try:
            numbers = [data[name] for name in ("position", "other", "line")]
            operation, name = str(data["operation"]), str(data["name"])
        except KeyError as error:
            raise EditError("That is none of the edits that were offered.") from error
        if operation not in OPERATIONS or not all(isinstance(n, int) for n in numbers):
            raise EditError("That is none of the edits that were offered.")
        position, other, line = (int(str(number)) for number in numbers)
        return cls("", "", operation, position, other, line, name)


def made(source: Source, offer: Offer) -> list[Edit]:
    """The edits of an offer. Raises EditError where they cannot be made."""
    if not 0 <= offer.position < len(source.cells) > offer.other >= 0:
        raise EditError("That cell is gone.")
    return OPERATIONS[offer.operation](source, offer)


def _rename(source: Source, offer: Offer) -> list[Edit]:
    family = Family(source, offer.name, apart=True)
    start = (offer.position, "after")
    if offer.other != offer.position and family.holds(start, (offer.other, "after")):
        raise EditError(
            f"Cells {offer.other + 1} and {offer.position + 1} share one `{offer.name}`."
        )
    return rename_family(family, start, fresh_name(source, offer.name))


def _comment_all(source: Source, offer: Offer) -> list[Edit]:
    edits = []
    for position in range(len(source.cells)):
        lines = magics.magic_lines(source, position)
        edits += magics.commented(source, lines) if lines else []
    return edits


OPERATIONS: dict[str, Callable[[Source, Offer], list[Edit]]] = {
    "split": lambda source, offer: layout.split(source, offer.line),
    "insert": lambda source, offer: layout.inserted(source, offer.position),
    "merge": lambda source, offer: layout.merged(source, offer.position),
    "up": lambda source, offer: layout.moved(source, offer.position, -1),
    "down": lambda source, offer: layout.moved(source, offer.position, 1),
    "sort": lambda source, offer: layout.in_script_order(source),
    "above": lambda source, offer: layout.above_reader(source, offer.other, offer.position),
    "rename": _rename,
    "private": lambda source, offer: private(source, offer.position, offer.name),
    "comment": lambda source, offer: magics.commented(
        source, magics.magic_lines(source, offer.position)
    ),
    "comment all": _comment_all,
}
"""Every edit that can be offered. Those that mend keep what every other read means."""


# -- what is offered -----------------------------------------------------------------------------


def fixes(source: Source, problems: Iterable[Problem]) -> Iterator[Offer]:
    """What could mend these problems; not every one can be made."""
    for problem in problems:
        finder = _FIXES.get(problem.code)
        if finder is not None and problem.cell is not None:
            position = problem.cell - 1
            name = _name_at(source, problem)
            for offer in finder(source, position, name):
                offer.problem = problem
                yield offer


def _name_at(source: Source, problem: Problem) -> str:
    return source.text.line(problem.line)[problem.column : problem.end_column]


def _out_of_order(source: Source, position: int, name: str) -> Iterator[Offer]:
    maker = source.resolution.needs[position].get(name)
    if maker is not None and maker > position:
        title = f"Move cell {maker + 1} above this one"
        yield Offer(title, QUICKFIX, "above", position, maker)
        yield Offer("Put all cells into script order", QUICKFIX, "sort", position)


def _ambiguous(source: Source, position: int, name: str) -> Iterator[Offer]:
    later = source.resolution.ambiguous.get(position, {}).get(name, [])
    for maker in later[:_MOST]:
        title = f"Move cell {maker + 1}, which defines `{name}`, above this one"
        yield Offer(title, QUICKFIX, "above", position, maker)
    fresh = fresh_name(source, name) if len(later) == 2 else ""
    for home in later[1:] if fresh else ():
        title = f"Rename `{name}` of cell {home + 1} and its readers to `{fresh}`"
        yield Offer(title, QUICKFIX, "rename", home, later[0], name=name)


def _several_homes(source: Source, position: int, name: str) -> Iterator[Offer]:
    homes = [p for p, cell in enumerate(source.cells) if name in cell.facts.binds]
    if homes and position != homes[0]:
        title = f"Rename this `{name}` and its readers to `{fresh_name(source, name)}`"
        yield Offer(title, QUICKFIX, "rename", position, homes[0], name=name)
    title = f"Keep `{name}` to this cell, in a function"
    yield Offer(title, QUICKFIX, "private", position, name=name)


def _magics(source: Source, position: int, name: str) -> Iterator[Offer]:
    lines = magics.magic_lines(source, position)
    if lines:
        what = source.text.line(lines[0]).strip()
        what = what if len(what) <= 40 else f"{what[:39]}…"
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        yield Offer(f"Comment out `{what}`{more}", QUICKFIX, "comment", position)
        cells = [p for p in range(len(source.cells)) if magics.magic_lines(source, p)]
        if len(cells) > 1:
            title = f"Comment out the magics of {len(cells)} cells"
            yield Offer(title, QUICKFIX, "comment all", position)


_FIXES: dict[str, Callable[[Source, int, str], Iterator[Offer]]] = {
    "script-order": _out_of_order,
    "ambiguous-name": _ambiguous,
    "multiple-definitions": _several_homes,
    "syntax-error": _magics,
}


def rewrites(source: Source, line: int, column: int) -> Iterator[Offer]:
    """What could be done with the cell at a place, whether or not anything is wrong with it."""
    position = source.at(line)
    if position is None:
        return
    cell = source.cells[position].cell
    if line > cell.start:
        yield Offer("Split the cell here", REWRITE, "split", position, line=line)
    yield Offer("Insert a cell below", REWRITE, "insert", position)
    if position and cell.marker is not None and source.cells[position - 1].cell.kind == cell.kind:
        yield Offer(f"Merge with cell {position} above", REWRITE, "merge", position)
    if position and (position > 1 or source.cells[0].cell.marker is not None):
        yield Offer("Move the cell up", MOVE, "up", position)
    if position + 1 < len(source.cells) and cell.marker is not None:
        yield Offer("Move the cell down", MOVE, "down", position)
    if source.resolution.forward:
        yield Offer("Put all cells into script order", REWRITE, "sort", position)
    found = source.spot(line, column)
    if found is not None and found[1].kind == "bind" and not found[1].later:
        name = found[1].name
        if not any(need.get(name) == position for need in source.resolution.needs):
            title = f"Keep `{name}` to this cell, in a function"
            yield Offer(title, REWRITE, "private", position, name=name)
