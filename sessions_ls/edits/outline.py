"""What a cell is made of: its definitions, and the blocks that can be folded or selected."""

from __future__ import annotations

import ast
import functools

from sessions_ls.edits.spots import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_KEPT = 4096
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Symbol:
    """A definition: "function", "class", "method", "constant" or "variable".

    Lines count from 0 in the cell, up to and with ``last``; the name stands on ``line`` from
    ``column`` on, in code points.
    """

    __slots__ = ("column", "first", "inner", "kind", "last", "line", "name")

    def __init__(self, name: str, kind: str, first: int, last: int, line: int, column: int) -> None:
        self.name = name
        self.kind = kind
        self.first = first
        self.last = last
        self.line = line
        self.column = column
        self.inner: list[Symbol] = []


class Outline:
    """``symbols`` in the order of the text; ``folds`` are pairs of first and last line."""

    __slots__ = ("folds", "symbols")

    def __init__(self, symbols: list[Symbol], folds: list[tuple[int, int]]) -> None:
        self.symbols = symbols
        self.folds = folds


@functools.lru_cache(_KEPT)
def outline(source: str) -> Outline:
    """The outline of a cell; an empty one where it cannot be parsed."""
    tree = parsed(source)
    if tree is None:
        return Outline([], [])
    lines = source.split("\n")
    return Outline(list(_symbols(tree.body, lines, "function", True)), sorted(_folds(tree, lines)))


def _symbols(
    body: Iterable[ast.stmt], lines: Sequence[str], function: str, variables: bool
) -> Iterator[Symbol]:
    seen: set[str] = set()
    for node in body:
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if isinstance(node, _DEFINED):
            kind = "class" if isinstance(node, ast.ClassDef) else function
            column = _column(lines[first], node.name, _points(lines[first], node.col_offset))
            made = Symbol(node.name, kind, first_line(node), last, first, column)
            if isinstance(node, ast.ClassDef):
                made.inner = list(_symbols(node.body, lines, "method", False))
            yield made
        elif variables:
            for name in _assigned(node):
                if name.id not in seen:
                    seen.add(name.id)
                    line = name.lineno - 1
                    kind = "constant" if name.id.isupper() else "variable"
                    column = _points(lines[line], name.col_offset)
                    yield Symbol(name.id, kind, first, last, line, column)


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, decorators included."""
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    return min([node.lineno, *[decorator.lineno for decorator in decorators]]) - 1


def _assigned(node: ast.stmt) -> Iterator[ast.Name]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    while targets:
        target = targets.pop(0)
        if isinstance(target, ast.Name):
            yield target
        elif isinstance(target, ast.Tuple | ast.List):
            targets = [*target.elts, *targets]
        elif isinstance(target, ast.Starred):
            targets = [target.value, *targets]


def _points(line: str, column: int) -> int:
    """A column in code points from one in bytes."""
    return column if line.isascii() else len(line.encode()[:column].decode("utf-8", "replace"))


def _column(line: str, name: str, start: int) -> int:
    found = line.find(name, line.find(" ", start) + 1)
    return found if found >= 0 else start


def _folds(tree: ast.Module, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Every statement of several lines, and each block of one that has several."""
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.match_case):
            head = node.pattern.lineno - 1
        elif isinstance(node, ast.stmt | ast.excepthandler):
            head = node.lineno - 1
        blocks = [block for field in _BLOCKS if (block := getattr(node, field, None))]
        if not blocks or isinstance(node, ast.Match):
            last = getattr(node, "end_lineno", head + 1) - 1
            if last > head:
                yield head, last
        else:
            yield from _blocks(head, blocks, lines)
        for block in blocks:
            stack += block


_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


def _blocks(
    head: int, blocks: list[list[ast.stmt]], lines: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """The lines of each block with the line that opens it."""
    end = head
    for block in blocks:
        start = head if block is blocks[0] else _opening(lines, end, block[0].lineno - 1)
        end = (block[-1].end_lineno or 0) - 1
        if end > start and not isinstance(block[0], ast.excepthandler):
            yield start, end


def _opening(lines: Sequence[str], end: int, start: int) -> int:
    """The line of the `else` or `finally` between the last block's end and the next one's start."""
    for line in range(start, end, -1):
        if lines[line].lstrip().startswith(("else", "finally", "elif")):
            return line
    return start
