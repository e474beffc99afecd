"""Names that a cell certainly reads, if it comes to that, before it binds them."""

from __future__ import annotations

import _ast

from sessions_ls.reactive.names import syntax_tree
from sessions_ls.reactive.syntax import CHILDREN, target_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from sessions_ls.reactive.syntax import Place

_ASSIGNMENTS = (_ast.AugAssign, _ast.AnnAssign)


def read_too_early(source: str, names: Iterable[str], where: Mapping[str, Place]) -> Iterator[str]:
    """Those of ``names`` whose first read stands above the first statement that binds them.

    ``where`` has the first read of each, as `Names` does. Within a loop, a branch or another
    compound statement that reads and binds a name, the order is not certain.
    """
    tree = syntax_tree(source)
    lines = source.split("\n")
    for name in names:
        line, column, _ = where[name]
        place = line, len(lines[line][:column].encode("utf-8", "surrogatepass"))
        if tree is not None and _is_too_early(tree.body, name, place):
            yield name


def _is_too_early(statements: list[Any], name: str, place: tuple[int, int]) -> bool:
    for statement in statements:
        binds = name in _bound(statement)
        if place < (statement.end_lineno - 1, statement.end_col_offset):
            return not binds or name in _assigned(statement)
        if binds:
            return False
    return False


def _assigned(statement: Any) -> list[str]:
    """The names that a plain assignment or `del` binds when all else in it is done."""
    kind = type(statement)
    found: list[str] = []
    if kind is _ast.Assign or kind is _ast.Delete:
        for target in statement.targets:
            target_names(target, found)
    elif kind in _ASSIGNMENTS:
        target_names(statement.target, found)
    return found


def _bound(statement: Any) -> set[str]:
    """Every name that a statement may bind, and more: those of functions in it count as well."""
    found: set[str] = set()
    stack = [statement]
    while stack:
        node = stack.pop()
        if type(node) is _ast.Name:
            if type(node.ctx) is not _ast.Load:
                found.add(node.id)
            continue
        for field in ("name", "asname", "rest", "names"):
            value = getattr(node, field, None)
            if type(value) is str:
                found.add(value.partition(".")[0])
            elif type(value) is list:
                stack += [part for part in value if type(part) is _ast.alias]
        for field in CHILDREN[type(node)]:
            child = getattr(node, field, None)
            if type(child) is list:
                stack += child
            elif child is not None:
                stack.append(child)
    return found
