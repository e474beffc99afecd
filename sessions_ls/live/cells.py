"""The cells of an open notebook across edits: which is which, and what each last gave."""

from __future__ import annotations

from _blake2 import blake2b

from sessions_ls.notebook.identity import align
from sessions_ls.reactive.keys import key
from sessions_ls.reactive.program import Analyser, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.reactive.program import ProgramCell
    from sessions_ls.results.record import Record

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
        self._analyser = Analyser()
        self._traits: list[tuple[str, str | None, str | None]] = []
        self._buried: dict[str, Record] = {}
        for record in records:
            if record.id not in self.records:
                self.records[record.id] = record
                self.idents.append(record.id)
                self._traits.append((record.code, record.id, record.title))

    def submit(self, notebook: Notebook) -> Program:
        """Take a new text: analyse what changed, and carry identities and records over."""
        made = self._analyser.cells(notebook, self.program)
        traits = [(c.code or c.cell.source, c.cell.id, c.cell.title) for c in made]
        before = (
            {} if self.program is None else dict(zip(self.idents, self.program.cells, strict=True))
        )
        if traits != self._traits:
            self._carry_over(made, traits)
        for cell, ident in zip(made, self.idents, strict=True):
            if cell.broken and ident in before:
                cell.keep_facts_of(before[ident])
        for cell, ident in zip(made, self.idents, strict=True):
            self._teach(cell, self.records.get(ident))
        self.program = Program(notebook, made, self._strict, self.program)
        self._analyser.forget_all_but(self.program)
        return self.program

    def put(self, position: int, record: Record) -> bool:
        """Keep a new record; True when it taught something that changes the resolution."""
        assert self.program is not None
        self.records[self.idents[position]] = record
        cell = self.program.cells[position]
        before = cell.facts.key
        self._teach(cell, record)
        return cell.facts.key != before

    def current(self) -> list[Record | None]:
        """The record of every cell, by position."""
        records = self.records
        return [records.get(ident) for ident in self.idents]

    def forget(self, positions: Iterable[int]) -> None:
        """Drop the records of these cells."""
        for position in positions:
            self.records.pop(self.idents[position], None)

    def _carry_over(
        self, made: list[ProgramCell], traits: list[tuple[str, str | None, str | None]]
    ) -> None:
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
        used = set(taken)
        for cell, index in zip(made, continued, strict=True):
            ident = old[index] if index is not None else self._raise(cell, used)
            used.add(ident)
            idents.append(ident)
        self.idents = idents
        self._traits = traits

    def _raise(self, cell: ProgramCell, used: set[str]) -> str:
        """The identity of a cell that continues none: one that was removed, or a new one."""
        record = self._buried.pop(cell.code, None) if cell.code else None
        if record is not None and record.id not in used:
            self.records[record.id] = record
            return record.id
        if cell.cell.id and cell.cell.id not in used:
            return cell.cell.id
        number = 0
        while True:
            text = f"{cell.code or cell.cell.source}\0{number}"
            ident = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
            if ident not in used:
                return ident
            number += 1

    @staticmethod
    def _teach(cell: ProgramCell, record: Record | None) -> None:
        if record is not None and record.code == cell.code and (record.amends or record.appears):
            cell.learn(frozenset(record.amends), frozenset(record.appears))
        elif cell.lesson[0] or cell.lesson[1]:
            cell.learn(frozenset(), frozenset())


def record_key(record: Record, python: str) -> str:
    """The key of a record made under ``python`` (major.minor)."""
    reads = record.reads
    if record.files:
        reads = {**reads, **{f"file {path}": mark for path, mark in record.files.items()}}
    return key(record.code, python, reads)
