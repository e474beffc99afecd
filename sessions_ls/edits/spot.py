"""What a spot is, and where in a text the names are that a syntax tree speaks of."""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata

from sessions_ls.edits.scopes import MODULE, Order, Scope
from sessions_ls.reactive.syntax import mangled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator
    from typing import Any

READ, BIND, DECLARE = "read", "bind", "declare"
REPLACED, IMPORTED, PACKAGE, UNSURE = "replaced", "imported", "package", "unsure"
_TOKEN = re.compile(r"#[^\n]*|([^\W\d]\w*)")
_AT_THE_END = 1 << 30


class Spot:
    """One place: a line of the cell from 0, and columns in code points.

    kind: whether the name is read, bound (or deleted), or only declared (`global x`, `x: int`).
    how: what renaming does there: the name is "replaced"; after one that is "imported" ` as new` is
        added; a "package" (`import a.b`) cannot be renamed; of "unsure" ones nobody knows whether
        the notebook is meant or a class.
    later: in code that runs later, if ever.
    side: for a name that the cell both reads and binds: whether what was there "before" is meant,
        what it binds ("after"), or either ("both").
    """

    __slots__ = ("column", "end", "how", "kind", "later", "line", "name", "side")

    def __init__(
        self, name: str, place: tuple[int, int, int], kind: str, how: str, later: bool, side: str
    ) -> None:
        self.name = name
        self.line, self.column, self.end = place
        self.kind = kind
        self.how = how
        self.later = later
        self.side = side

    def key(self) -> tuple[object, ...]:
        """All of it but the side."""
        return (self.name, self.line, self.column, self.end, self.kind, self.how, self.later)

    def __repr__(self) -> str:
        return f"Spot{self.key()}"


class Places:
    """The text of one cell, the scope that is looked at, and the spots that were found so far."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.found: list[Spot] = []
        self.statement = 0
        self._source = source
        self._lines = source.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.scope = Scope(MODULE, None)
        self._order = Order(tree.body)
        self.private: str | None = None
        self.later = False

    def _offset(self, line: int, column: int) -> int:
        """The offset of a place in the tree's terms: lines from 1, columns in bytes."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode("utf-8", "replace"))
        return self._starts[line - 1] + column

    def words(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The words from one offset to another; comments are skipped."""
        found = _TOKEN.finditer(self._source, start, end)
        return (match.span() for match in found if match.group(1))

    def take(
        self, name: str, start: int, end: int, kind: str, how: str = REPLACED, scope: Any = None
    ) -> None:
        """Note a name that stands from one offset to another, if it is the module's."""
        name = mangled(self.private, name)
        meaning = (scope or self.scope).meaning(name, kind != READ)
        if meaning == "own" or name == "__class__":
            return
        written = self._source[start:end]
        if meaning == "unsure" or (
            written != name and unicodedata.normalize("NFKC", written) != name
        ):
            how = UNSURE
        line = bisect.bisect_right(self._starts, start) - 1
        column = start - self._starts[line]
        place = (line, column, column + end - start)
        side = self._order.side(name, self.statement, kind != READ)
        if self.later and side == "before" and self._order.side(name, _AT_THE_END) != "before":
            side = "both"
        self.found.append(Spot(name, place, kind, how, self.later, side))

    def take_word(self, name: str, kind: str, start: int, end: int, number: int) -> None:
        """Note the name that is the word of this number between two offsets."""
        words = self.words(start, end)
        found = (
            list(words)[number:]
            if number < 0
            else list(itertools.islice(words, number, number + 1))
        )
        if found:
            self.take(name, *found[0], kind)

    def span(self, node: Any) -> tuple[int, int]:
        """The offsets of a node's start and end."""
        start = self._offset(node.lineno, node.col_offset)
        return start, self._offset(node.end_lineno, node.end_col_offset)
