"""The program: the cells of a notebook with their names, resolved."""

from __future__ import annotations

from sessions_ls.reactive.again import resolve_again
from sessions_ls.reactive.facts import EMPTY, facts_of
from sessions_ls.reactive.names import analyse
from sessions_ls.reactive.resolve import resolve
from sessions_ls.reactive.strict import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sessions_ls.notebook.cells import Cell, Notebook
    from sessions_ls.reactive.facts import Facts
    from sessions_ls.reactive.names import Names
    from sessions_ls.reactive.resolve import Resolution

    Text = tuple[str, bool]  # a cell's source, and whether annotations are lazy in it

NOTHING: frozenset[str] = frozenset()
# The compiler's flags of the features that are not always on, the same since Python 3.9.
FUTURE_FLAGS = {"annotations": 0x1000000, "barry_as_FLUFL": 0x400000}
NO_LESSON = (NOTHING, NOTHING)


class ProgramCell:
    """One cell of a program.

    ``code`` is the digest of its normalised code, the features of ``__future__`` in force
    included; "" where nothing runs. ``flags`` are the compiler's for those features. ``names`` are
    those of its text; ``facts`` add what running it has taught, and are those of its last good
    text while it is ``broken``. ``unasked`` says whether it may run without being named.
    """

    __slots__ = (
        "broken", "cell", "code", "disabled", "facts", "flags", "lesson", "names", "unasked"
    )  # fmt: skip

    def __init__(self, cell: Cell, names: Names, code: str, broken: bool, flags: int = 0) -> None:
        self.cell = cell
        self.names = names
        self.code = code
        self.broken = broken
        self.disabled = cell.disabled
        self.unasked = bool(code) and not (broken or cell.disabled or cell.manual)
        self.flags = flags
        self.lesson = NO_LESSON
        self.facts: Facts = facts_of(names) if code or broken else EMPTY

    @property
    def text(self) -> Text:
        """What its names were found in."""
        return self.cell.source, bool(self.flags & FUTURE_FLAGS["annotations"])

    def moved(self, cell: Cell) -> ProgramCell:
        """The same cell at another place in the file."""
        copy = ProgramCell.__new__(ProgramCell)
        for slot in self.__slots__:
            setattr(copy, slot, getattr(self, slot))
        copy.cell = cell
        return copy

    def is_moved(self, before: ProgramCell) -> bool:
        """Whether this is that cell at another place in the file."""
        return (
            self.facts is before.facts
            and self.names is before.names
            and self.cell.metadata is before.cell.metadata
        )

    def proves_as(self, before: ProgramCell) -> bool:
        """Whether the same results are proof of the same for both, needs being equal."""
        return (
            self.code == before.code
            and self.broken == before.broken
            and self.disabled == before.disabled
            and (self.names is before.names or not self.broken)
        )

    def keep_facts_of(self, before: ProgramCell) -> None:
        """While this text cannot be parsed, count as what the cell was before."""
        self.facts = before.facts

    @property
    def runs(self) -> bool:
        """Whether there is anything to run: code that parses or at least claims to be code."""
        return bool(self.code)

    def learn(self, amends: frozenset[str], appears: frozenset[str]) -> None:
        """Take in what the last run of this code taught: amended names and names that appeared."""
        lesson = (amends, appears)
        if lesson != self.lesson and self.code:
            self.lesson = lesson
            self.facts = facts_of(self.names, amends, appears)


class Program:
    """An analysed and resolved notebook. Positions count its cells from 0.

    ``alterable`` are the names that functions bind through ``global`` or set attributes of: whoever
    calls one may.
    """

    __slots__ = ("alterable", "cells", "notebook", "refused", "resolution", "strict")

    def __init__(
        self,
        notebook: Notebook,
        cells: Sequence[ProgramCell],
        strict: bool,
        previous: Program | None = None,
        changed: Sequence[int] | None = None,
    ) -> None:
        """``changed`` are the positions where the cells differ from ``previous``, if known."""
        self.notebook = notebook
        self.cells = list(cells)
        self.strict = strict
        self.alterable: frozenset[str] = NOTHING
        self.resolution: Resolution
        self.refused: dict[int, str]
        differing = self._differing(previous, changed)
        if previous is None or differing is None:
            self.resolve()
        elif differing:
            self._resolve_again(previous, differing)
        else:
            self.resolution, self.refused = previous.resolution, previous.refused
            self.alterable = previous.alterable

    def resolve(self) -> None:
        """Resolve again, after cells learnt something."""
        facts = [cell.facts for cell in self.cells]
        self._take(facts, resolve(facts))

    def _resolve_again(self, previous: Program, differing: Sequence[int]) -> None:
        facts = [cell.facts for cell in self.cells]
        old = [cell.facts for cell in previous.cells]
        found = resolve_again(facts, previous.resolution, old, differing)
        self._take(facts, found or resolve(facts))

    def _take(self, facts: list[Facts], resolution: Resolution) -> None:
        self.alterable = NOTHING.union(
            *[f.rebinds | f.alters for f in facts if f.rebinds or f.alters]
        )
        self.resolution = resolution
        self.refused = refuse(facts, resolution) if self.strict else {}

    def _differing(
        self, previous: Program | None, changed: Sequence[int] | None
    ) -> list[int] | None:
        """Where the facts are others than those of the program before; None where its cells do
        not correspond.
        """
        if previous is None or previous.strict != self.strict:
            return None
        if len(previous.cells) != len(self.cells):
            return None
        found = []
        for position in range(len(self.cells)) if changed is None else changed:
            new, old = self.cells[position], previous.cells[position]
            if new.facts is not old.facts and new.facts.key() != old.facts.key():
                found.append(position)
        return found


class Analyser:
    """Analyses cells, each text once. One of these lives as long as its notebook is open.

    ``known`` gives the names of texts that were analysed before it began, as far as they are known.
    """

    def __init__(self) -> None:
        self.known: Callable[[Text], Names | None] | None = None
        self._memo: dict[Text, Names] = {}
        self._told: set[str] = set()  # sources whose names another Python has found

    @property
    def memory(self) -> Mapping[Text, Names]:
        """The names of every text that it remembers."""
        return self._memo

    def names(self, source: str, future_annotations: bool = False) -> Names:
        """The names of a cell's text, from memory where it was seen before."""
        text = (source, future_annotations)
        names = self._memo.get(text)
        if names is None:
            known = None if self.known is None else self.known(text)
            names = self._memo[text] = known or analyse(source, future_annotations)
        return names

    def tell(self, found: Mapping[Text, Names]) -> None:
        """Take the names that another Python has found, over those that ours did not."""
        self._memo.update(found)
        self._told.update(source for source, _ in found)

    def forget_all_but(self, program: Program) -> None:
        """Drop what was remembered of texts that ``program`` no longer holds, once that is most."""
        if len(self._memo) > 64 + 4 * len(program.cells):
            kept = {cell.cell.source for cell in program.cells}
            self._memo = {key: names for key, names in self._memo.items() if key[0] in kept}
            self._told &= kept

    def cells(self, notebook: Notebook, previous: Program | None) -> list[ProgramCell]:
        """Analyse ``notebook``; cells that ``previous`` holds with the same text are taken over."""
        before = [] if previous is None else previous.cells
        shift = len(notebook.cells) - len(before)
        out: list[ProgramCell] = []
        future: frozenset[str] = NOTHING
        for position, cell in enumerate(notebook.cells):
            old = before[position] if position < len(before) else None
            if old is None or old.cell is not cell:
                old = _moved(before, (position, position - shift), cell)
            if old is not None and old.broken and self._outdated(old):
                old = None
            if old is not None and not future and not old.names.future:
                out.append(old if old.cell is cell else old.moved(cell))
                continue
            made = self._cell(cell, future)
            future |= made.names.future
            out.append(made)
        return out

    def _outdated(self, old: ProgramCell) -> bool:
        """Whether another Python has read since what ours could not."""
        return not old.names.reader and old.cell.source in self._told

    def _cell(self, cell: Cell, future: frozenset[str]) -> ProgramCell:
        if cell.kind != "code":
            return ProgramCell(cell, self.names(""), "", broken=False)
        names = self.names(cell.source, "annotations" in future)
        code = names.code
        if code and future:
            code = f"{code}+{','.join(sorted(future))}"
        flags = sum(FUTURE_FLAGS.get(feature, 0) for feature in future)
        return ProgramCell(cell, names, code, names.error is not None, flags)


def _moved(
    before: Sequence[ProgramCell], places: tuple[int, int], cell: Cell
) -> ProgramCell | None:
    """What the cell was before it moved; None if its text was read anew."""
    for place in places:
        if 0 <= place < len(before) and before[place].cell.metadata is cell.metadata:
            return before[place]
    return None
