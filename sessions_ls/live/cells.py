"""The cells of an open notebook across edits: which is which, and what each last gave."""

from __future__ import annotations

from _blake2 import blake2b

from sessions_ls.kernel.marks import UNTRUSTED
from sessions_ls.notebook.identity import align
from sessions_ls.reactive.keys import key
from sessions_ls.reactive.program import Analyser, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.reactive.program import ProgramCell
    from sessions_ls.results.record import Record

    Trait = tuple[str, str | None, str | None]

BURIED = 1000  # records of removed cells that are kept, so that undoing a deletion brings them back


class Cells:
    """The current program, with an identity and the last record of every cell.

    Identities are the person's own `id`, else made of the code a cell had when it was first
    seen, so that the same notebook gives the same session file.
    """

    def __init__(self, records: Iterable[Record], strict: bool) -> None:
        self.idents: list[str] = []
        self.records: dict[str, Record] = {}
        self.program: Program | None = None
        self._strict = strict
        self.analyser = Analyser()
        self._traits: list[Trait] = []
        self._buried: dict[str, Record] = {}
        for record in records:
            if record.id not in self.records:
                self.records[record.id] = record
                self.idents.append(record.id)
                self._traits.append((record.code, record.id, record.title))
        self.distrust()

    def distrust(self) -> None:
        """Let the records of volatile cells prove nothing any more: their values are gone."""
        for ident, record in self.records.items():
            if record.volatile:
                self.records[ident] = record.replaced(reads={UNTRUSTED: ""})

    def submit(self, notebook: Notebook) -> Program:
        """Take a new text: analyse what changed, and carry identities and records over."""
        before = self.program
        made = self.analyser.cells(notebook, before)
        changed = None if before is None else _differences(made, before.cells)
        if changed is None or not self._edited_in_place(made, changed):
            self._align(made, before)
            changed = None
        self.program = Program(notebook, made, self._strict, before, changed)
        self.analyser.forget_all_but(self.program)
        return self.program

    def _edited_in_place(self, made: list[ProgramCell], changed: list[int]) -> bool:
        """Whether the cells plainly correspond one to one, as after the edit of one cell."""
        if len(changed) > 1:
            return False
        for position in changed:
            trait = _trait(made[position])
            if trait[1] != self._traits[position][1]:
                return False
            assert self.program is not None
            if made[position].broken:
                made[position].keep_facts_of(self.program.cells[position])
            self._traits[position] = trait
            self._teach(made[position], self.records.get(self.idents[position]))
        return True

    def _align(self, made: list[ProgramCell], before: Program | None) -> None:
        old = {} if before is None else dict(zip(self.idents, before.cells, strict=True))
        traits = [_trait(cell) for cell in made]
        if traits != self._traits:
            self._carry_over(made, traits)
        for cell, ident in zip(made, self.idents, strict=True):
            if cell.broken and ident in old:
                cell.keep_facts_of(old[ident])
            self._teach(cell, self.records.get(ident))

    def adopt(
        self, idents: Sequence[str], traits: Sequence[Trait], records: Mapping[str, Record]
    ) -> None:
        """Continue the cells of another program, with its identities and records.

        Ours that correspond to none of its cells get identities of their own.
        """
        self.records = dict(records)
        self._buried = {}
        self.idents, self._traits = list(idents), list(traits)
        if self.program is not None:
            made = list(self.program.cells)
            before = [cell.facts.key() for cell in made]
            self._align(made, None)
            if [cell.facts.key() for cell in made] != before:
                self.program.resolve()

    @property
    def traits(self) -> list[Trait]:
        """Code, own id and title of every cell, by position."""
        return list(self._traits)

    def put(self, position: int, record: Record) -> bool:
        """Keep a new record; True when it taught something that changes the resolution."""
        assert self.program is not None
        self.records[self.idents[position]] = record
        cell = self.program.cells[position]
        before = cell.facts
        self._teach(cell, record)
        return cell.facts is not before and cell.facts.key() != before.key()

    def current(self) -> list[Record | None]:
        """The record of every cell, by position."""
        records = self.records
        return [records.get(ident) for ident in self.idents]

    def forget(self, positions: Iterable[int]) -> None:
        """Drop the records of these cells."""
        for position in positions:
            self.records.pop(self.idents[position], None)

    def _carry_over(self, made: list[ProgramCell], traits: list[Trait]) -> None:
        continued = align(self._traits, traits)
        old = self.idents
        taken = {old[index] for index in continued if index is not None}
        for ident in old:
            if ident not in taken and ident in self.records:
                record = self.records.pop(ident)
                self._buried[record.code] = record
        while len(self._buried) > BURIED:
            self._buried.pop(next(iter(self._buried)))
        idents: list[str] = []
        used = taken | {record.id for record in self._buried.values()}
        for cell, index in zip(made, continued, strict=True):
            ident = old[index] if index is not None else self._raise(cell, used)
            used.add(ident)
            idents.append(ident)
        self.idents = idents
        self._traits = traits

    def _raise(self, cell: ProgramCell, used: set[str]) -> str:
        """The identity of a cell that continues none: one that was removed, or a new one."""
        record = self._buried.pop(cell.code, None) if cell.code else None
        if record is not None and record.id not in self.records:
            self.records[record.id] = record
            return record.id
        if cell.cell.id and cell.cell.id not in used:
            return cell.cell.id
        ident = cell.code[:8]
        number = 0
        while not ident or ident in used:
            text = f"{cell.code or cell.cell.source}\0{number}"
            ident = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
            number += 1
        return ident

    @staticmethod
    def _teach(cell: ProgramCell, record: Record | None) -> None:
        if record is not None and record.code == cell.code and (record.amends or record.appears):
            cell.learn(frozenset(record.amends), frozenset(record.appears))
        elif cell.lesson[0] or cell.lesson[1]:
            cell.learn(frozenset(), frozenset())


def _trait(cell: ProgramCell) -> Trait:
    return cell.code or cell.cell.source, cell.cell.id, cell.cell.title


def _differences(new: list[ProgramCell], old: list[ProgramCell]) -> list[int] | None:
    """The positions at which the cells are not the same, wherever they stand; None where their
    number changed.
    """
    if len(new) != len(old):
        return None
    return [
        place
        for place, cell in enumerate(new)
        if cell is not old[place] and not cell.is_moved(old[place])
    ]


def record_key(record: Record, python: str) -> str:
    """The key of a record made under ``python`` (major.minor)."""
    reads = record.reads
    if record.files:
        reads = {**reads, **{f"file {path}": mark for path, mark in record.files.items()}}
    return key(record.code, python, reads)
