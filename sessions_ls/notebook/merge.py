"""Three versions of a notebook's text into one, cell by cell. Pure; every text is accepted.

`base` is what both sides started from, `mine` what one side shows, `theirs` what the other one
made of it (the file on disk). A cell that only one side changed, added, removed or moved is as that
side has it; where both changed the same cell, mine stays and the cell is a conflict. The text
before the first marker counts as a cell here: its number is 1 where it is one, else 0.
"""

from __future__ import annotations

from .merged import Conflict, Merge, describe
from .ordering import merged_order, moved_there
from .pairing import Pairs
from .pieces import cut, line_end, parted, resolve, same, with_line_ends
from .scan import only_docstring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Conflict", "Merge", "describe", "edited_elsewhere", "merge", "take_theirs"]

_HEADER = -1


def merge(base: str, mine: str, theirs: str) -> Merge:
    """Merge by cells; the text is exactly theirs where mine is base, and the other way round.

    Line ends and the byte order mark are merged by themselves; blank lines below a cell that both
    changed are mine.
    """
    if theirs in (base, mine):
        return Merge(mine)
    return _Three(base, mine, theirs).merged()


def edited_elsewhere(base: str, mine: str, theirs: str) -> list[int]:
    """The numbers in mine of the cells that mine left as they were and theirs has otherwise."""
    found = merge(base, mine, theirs)
    both = {conflict.number for conflict in found.conflicts}
    return [number for number in found.theirs_changed if number not in both]


def take_theirs(
    base: str, mine: str, theirs: str, number: int | None, theirs_number: int | None = None
) -> str:
    """Mine with one cell as theirs has it, everything else as it is.

    `number` is the cell's in mine: its text is replaced, or removed where theirs has the cell no
    more; a cell that theirs never had stays. With `number` None the cell `theirs_number` of theirs
    is put in. Raises ValueError when there is no such cell.
    """
    three = _Three(base, mine, theirs)
    if number is not None:
        return three.replaced(three.mine.index(number))
    if theirs_number is None:
        raise ValueError("Say which cell to take: its number in mine or in theirs.")
    return three.put_in(three.theirs.index(theirs_number))


class _Three:
    r"""The three versions, cut and paired.

    Where each text has one kind of line end only, they are compared and joined with `\n`, and
    `_plain` says so.
    """

    def __init__(self, base: str, mine: str, theirs: str) -> None:
        self.base_end, self.mine_end, self.theirs_end = map(line_end, (base, mine, theirs))
        self._plain = None not in (self.base_end, self.mine_end, self.theirs_end)
        if self._plain:
            base, mine, theirs = (with_line_ends(text, "\n") for text in (base, mine, theirs))
        self.base = cut(base)
        self.mine = cut(mine, self.base)
        self.theirs = cut(theirs, self.base)
        self.pairs = Pairs(self.base, self.mine, self.theirs)

    def merged(self) -> Merge:
        """The whole merge."""
        found = Merge("")
        header = self._header(found)
        texts = self._kept(found)
        count = len(self.mine.cells)
        dropped = {index for index in range(count) if index not in texts}
        added = self._added(found)
        moved = moved_there(self.pairs)
        found.moved = len(moved)
        texts.update((count + index, self.theirs[index]) for index in added)
        order = merged_order(self.pairs, dropped, added, moved)
        self._space(texts, order)
        end = self.mine_end
        if end in ("", self.base_end):
            end = self.theirs_end or self.base_end
        bom = self.theirs.bom if self.mine.bom == self.base.bom else self.mine.bom
        found.text = bom + self._joined(header, [texts[place] for place in order], end)
        first = 1 if not order or not only_docstring(with_line_ends(header, "\n")) else 0
        places = {place: position for position, place in enumerate(order)}
        for conflict in found.conflicts:
            if conflict.number is not None:
                place = self.mine.index(conflict.number)
                conflict.merged_number = first + places.get(place, _HEADER) + 1
        return found

    def replaced(self, index: int) -> str:
        """Mine with the cell of this index as in theirs."""
        cells, header = list(self.mine.cells), self.mine.header
        there: int | None = _HEADER if index < 0 else self.pairs.theirs_of_mine[index]
        if there is None:
            if self.pairs.base_of_mine[index] is not None:
                del cells[index]
        elif not same(self.mine[index], self.theirs[there]):
            text = self._as_mine(parted(self.theirs[there])[0]) + parted(self.mine[index])[1]
            if index < 0:
                header = text
            else:
                cells[index] = text
        return self._mine_with(header, cells)

    def put_in(self, index: int) -> str:
        """Mine with the cell of theirs of this index."""
        here: int | None = _HEADER if index < 0 else self.pairs.mine_of_theirs[index]
        if here is not None and (here >= 0 or parted(self.mine.header)[0]):
            return self.replaced(here)
        text = self._as_mine(self.theirs[index])
        if here is not None:
            return self._mine_with(text, self.mine.cells)
        count = len(self.mine.cells)
        order = merged_order(self.pairs, (), (index,), ())
        cells = [self.mine[place] if place < count else text for place in order]
        return self._mine_with(self.mine.header, cells)

    def _header(self, found: Merge) -> str:
        base, mine, theirs = self.base.header, self.mine.header, self.theirs.header
        text, conflict = resolve(base, mine, theirs)
        if same(theirs, base) or same(theirs, mine):
            return text
        here, there = bool(parted(mine)[0]), bool(parted(theirs)[0])
        if conflict:
            self._conflict(found, _HEADER if here else None, _HEADER if there else None)
        if here and there:
            found.theirs_changed.append(self.mine.first)
        elif here and not conflict:
            found.removed.append(self.mine.first)
        elif there and not conflict:
            found.added += 1
        return text

    def _kept(self, found: Merge) -> dict[int, str]:
        """The merged text of each cell of mine that stays."""
        texts = {}
        base, mine, theirs = self.base.cells, self.mine.cells, self.theirs.cells
        for index, text in enumerate(mine):
            before, there = self.pairs.base_of_mine[index], self.pairs.theirs_of_mine[index]
            if before is None:
                texts[index] = text
            elif there is None:
                if same(text, base[before]):
                    found.removed.append(self.mine.number(index))
                    continue
                texts[index] = text
                self._conflict(found, index, None)
            else:
                old, new = base[before], theirs[there]
                texts[index], conflict = resolve(old, text, new)
                if conflict:
                    self._conflict(found, index, there)
                if new not in (old, text) and not same(new, old) and not same(new, text):
                    found.theirs_changed.append(self.mine.number(index))
        return texts

    def _added(self, found: Merge) -> set[int]:
        """The cells that theirs added; one that mine deleted and theirs edited is a conflict."""
        added = set()
        for index, here in enumerate(self.pairs.mine_of_theirs):
            if here is None:
                before = self.pairs.base_of_theirs[index]
                if before is None:
                    added.add(index)
                elif not same(self.theirs[index], self.base[before]):
                    self._conflict(found, None, index)
        found.added += len(added)
        return added

    def _conflict(self, found: Merge, mine: int | None, theirs: int | None) -> None:
        title = None if mine is None else self.mine.title(mine)
        if title is None and theirs is not None:
            title = self.theirs.title(theirs)
        found.conflicts.append(
            Conflict(
                None if mine is None else self.mine.number(mine),
                None if theirs is None else self.theirs.number(theirs),
                None if mine is None else self.mine[mine],
                None if theirs is None else self.theirs[theirs],
                title,
            )
        )

    def _space(self, texts: dict[int, str], order: Sequence[int]) -> None:
        """Give a side's last cell, where it is last no more, the blank lines its neighbour has."""
        count = len(self.mine.cells)
        for side, offset in ((self.mine, 0), (self.theirs, count)):
            place = offset + len(side.cells) - 1
            if side.cells and place in texts and place != order[-1]:
                if place < count and self.pairs.theirs_of_mine[place] is not None:
                    continue
                text, tail = parted(texts[place])
                usual = parted(side[len(side.cells) - 2])[1]
                texts[place] = text + max(tail, usual, key=len)

    def _joined(self, header: str, cells: Sequence[str], end: str | None) -> str:
        """The text of these pieces; only the last one may lack its line end."""
        pieces = [header, *cells]
        missing = "\n" if self._plain else end or "\n"
        for index, piece in enumerate(pieces[:-1]):
            if piece and piece[-1] not in "\r\n":
                pieces[index] = piece + missing
        text = "".join(pieces)
        return with_line_ends(text, end or "\n") if self._plain else text

    def _as_mine(self, text: str) -> str:
        """A text of theirs with the line ends of mine, where mine has one kind."""
        return with_line_ends(text, self.mine_end) if self.mine_end and not self._plain else text

    def _mine_with(self, header: str, cells: Sequence[str]) -> str:
        end = self.mine_end or self.theirs_end
        return self.mine.bom + self._joined(header, cells, end)
