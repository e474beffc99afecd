"""What a cell may change that its text does not show, until it has run.

Amendments are learnt by running. So while a cell is not proven fresh, every mutable object it can
reach may come to be another, and with it every result below that was computed from one.
"""

from __future__ import annotations

from sessions_ls.reactive.resolve import PREDEFINED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.reactive.program import Program
    from sessions_ls.reactive.staleness import Ran


class Reach:
    """The objects that cells not proven fresh may change, as a program is walked in file order."""

    def __init__(self, program: Program, records: Sequence[Ran | None]) -> None:
        self._program = program
        self._records = records
        self._objects: dict[str, int] = {}
        self._altered: dict[str, int] = {}
        self._generators: int | None = None
        self._anything: int | None = None

    def spread(self, position: int) -> None:
        """The cell at ``position`` is not proven: take in what it may change."""
        cell = self._program.cells[position]
        facts, need = cell.facts, self._program.resolution.needs[position]
        if facts.open_ended and self._anything is None:
            self._anything = position
        if self._generators is None and (facts.reads or facts.imports):
            self._generators = position
        for name, maker in need.items():
            made = self._records[maker]
            if made is not None and made.objects:
                for token in made.objects.get(name, "").split():
                    self._objects[token] = position  # the last one that any later cell sees
            if name in self._program.alterable:
                self._altered[name] = position

    def changer(self, position: int) -> tuple[str, int] | None:
        """A name that the cell at ``position`` needs, and the unproven cell that may change it."""
        need = self._program.resolution.needs[position]
        if self._anything is not None:
            facts = self._program.cells[position].facts
            for name in (*need, *facts.reads, *facts.called):
                if name not in PREDEFINED and not name.startswith("@"):
                    return name, self._anything
        if self._objects or self._altered:
            for name, maker in need.items():
                by = self._altered.get(name)
                if by is None or by <= maker:
                    by = self._changer_of(name, maker)
                if by is not None:
                    return name, by
        if self._generators is not None:
            for name in self._program.cells[position].facts.amends:
                if name.startswith("@"):
                    return name, self._generators
        return None

    def _changer_of(self, name: str, maker: int) -> int | None:
        made = self._records[maker]
        if made is None:
            return None
        for token in made.objects.get(name, "").split():
            by = self._objects.get(token)
            if by is not None and by > maker:
                return by
        return None


def unclosed(program: Program, records: Sequence[Ran | None]) -> dict[int, tuple[str, str]]:
    """Cells that amend an object which another name has come to share, each with both names.

    What such a cell does to the other name is not known until it has run again.
    """
    found: dict[int, tuple[str, str]] = {}
    holders: dict[str, set[str]] = {}
    held: dict[str, list[str]] = {}
    amending = [position for position, cell in enumerate(program.cells) if cell.facts.amends]
    for position, cell in enumerate(program.cells[: amending[-1] + 1] if amending else ()):
        facts, record = cell.facts, records[position]
        if not (facts.amends or held or (record is not None and record.objects)):
            continue
        if facts.amends and record is not None:
            pair = _newly_shared(program, records, position, holders)
            if pair is not None:
                found[position] = pair
        need = program.resolution.needs[position]
        for name in facts.changes:
            if name not in facts.binds and need.get(name, -1) > position:
                continue
            for token in held.pop(name, ()):
                holders[token].discard(name)
            if record is not None and name in record.objects:
                held[name] = record.objects[name].split()
                for token in held[name]:
                    holders.setdefault(token, set()).add(name)
    return found


def _newly_shared(
    program: Program,
    records: Sequence[Ran | None],
    position: int,
    holders: dict[str, set[str]],
) -> tuple[str, str] | None:
    facts, need = program.cells[position].facts, program.resolution.needs[position]
    for name in facts.amends:
        made = records[need[name]] if name in need else None
        for token in made.objects.get(name, "").split() if made is not None else ():
            for other in holders.get(token, ()):
                if other not in facts.changes:
                    return name, other
    return None
