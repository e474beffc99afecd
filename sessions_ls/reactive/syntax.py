"""Small questions about syntax trees that the walks have in common."""

from __future__ import annotations

import _ast
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Place = tuple[int, int, int]  # line from 0, column, end column, in UTF-8 bytes

NOTHING: frozenset[str] = frozenset()
# Older parsers do not know where the parts of f-strings stand.
MISPLACED_IN_STRINGS = sys.version_info < (3, 12)
# More blocks within each other than this the compiler may refuse.
MOST_BLOCKS = 18
# Set by Python in every class namespace before the body runs.
CLASS_NAMES = ("__module__", "__qualname__")

_PLAIN_FIELDS = {
    *("id", "ctx", "attr", "op", "ops", "name", "names", "level", "module", "kind", "conversion"),
    *("simple", "is_async", "type_comment", "arg", "asname", "tag", "str", "kwd_attrs", "rest"),
}


class _Children(dict[type, "tuple[str, ...]"]):
    """Node class -> its fields that hold nodes or lists of nodes; filled as classes are met."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        fields = tuple(name for name in getattr(kind, "_fields", ()) if name not in _PLAIN_FIELDS)
        if kind.__name__ == "MatchSingleton":
            fields = ()
        self[kind] = fields
        return fields


CHILDREN = _Children()


def mangled(private: str | None, name: str) -> str:
    """`name` as the compiler spells it inside the class `private` (stripped of underscores)."""
    if private and name[:2] == "__" and name[-2:] != "__":
        return f"_{private}{name}"
    return name


def private_prefix(class_name: str) -> str | None:
    """What `mangled` needs for the body of class `class_name`."""
    return class_name.lstrip("_") or None


def place(node: Any) -> Place:
    """Where a node on one line stands."""
    return node.lineno - 1, node.col_offset, node.end_col_offset


def name_place(node: Any, name: str, search: bool = False) -> Place:
    """Where the name of a node stands that begins with it; with `search`, that has it later on.

    An end of -1 says that only the text of the line can tell the place of the name.
    """
    start = node.col_offset
    return node.lineno - 1, start, -1 if search else start + len(name.encode())


def parameters(arguments: _ast.arguments) -> list[_ast.arg]:
    """All parameters of a function."""
    found = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
    if arguments.vararg:
        found.append(arguments.vararg)
    if arguments.kwarg:
        found.append(arguments.kwarg)
    return found


def target_names(target: _ast.expr, found: list[str]) -> None:
    """Appends the plain names that an assignment to `target` binds."""
    kind = type(target)
    if kind is _ast.Name:
        found.append(target.id)  # type: ignore[attr-defined]
    elif kind is _ast.Tuple or kind is _ast.List:
        for part in target.elts:  # type: ignore[attr-defined]
            target_names(part, found)
    elif kind is _ast.Starred:
        target_names(target.value, found)  # type: ignore[attr-defined]


def deleted_names(body: Iterable[Any]) -> set[str]:
    """Names that the statements of a class body delete, in `del` or at the end of `except`."""
    found: list[str] = []
    stack = list(body)
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is _ast.Delete:
            for target in node.targets:
                target_names(target, found)
        elif kind not in _DEFINITIONS:
            if kind is _ast.ExceptHandler and node.name:
                found.append(node.name)
            for field in _BLOCKS:
                stack += getattr(node, field, ())
    return set(found)


_DEFINITIONS = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


def repeated(keywords: list[_ast.keyword]) -> bool:
    """Whether a keyword argument is given twice."""
    names = [keyword.arg for keyword in keywords if keyword.arg is not None]
    return len(set(names)) < len(names)


def starred_in_string(node: Any) -> bool:
    """Whether an f-string has a starred part, which only the compiler refuses."""
    return any(type(getattr(part, "value", None)) is _ast.Starred for part in node.values)


def too_many_stars(parts: list[_ast.expr]) -> bool:
    """Whether an assignment has more than one starred target."""
    return sum([type(part) is _ast.Starred for part in parts]) > 1


def walrus_targets(node: Any) -> list[str]:
    """The names that assignment expressions within an expression bind."""
    found: list[str] = []
    stack = [node]
    while stack:
        part = stack.pop()
        if type(part) is _ast.Lambda:  # its body is a scope of its own
            stack += part.args.defaults
            stack += [default for default in part.args.kw_defaults if default is not None]
            continue
        if type(part) is _ast.NamedExpr:
            found.append(part.target.id)
        for field in CHILDREN[type(part)] if type(part) is not _ast.Constant else ():
            child = getattr(part, field, None)
            if type(child) is list:
                stack += child
            elif child is not None:
                stack.append(child)
    return found


def by_class(handlers: dict[str, Any]) -> dict[type, Any]:
    """The table with node classes for names; names this Python lacks are left out."""
    table: dict[type, Any] = {}
    for names, handler in handlers.items():
        for name in names.split():
            kind = getattr(_ast, name, None)
            if kind is not None:
                table[kind] = handler
    return table
