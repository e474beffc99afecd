"""The digest of a cell's code: equal for programs that differ only in how they are written down."""

from __future__ import annotations

import _ast
from _blake2 import blake2b
from marshal import dumps
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    _Shape = tuple[str, "Callable[[Any], tuple[object, ...]] | None", tuple[str, ...]]

# Fields that say nothing about what a program does.
_SILENT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
# Fields that only newer versions of Python have: they count where they are not empty.
_LATE = frozenset({"default_value", "type_params"})
# Lengths of strings, no references, no marks for interned strings: the same bytes in every version.
_MARSHAL_FORMAT = 2


class _Shapes(dict[type, "_Shape"]):
    """How things in a tree are written, by class, made as classes are met.

    Nodes have a label, a function that gives the fields as a tuple (None without fields) and the
    names of late fields; plain values have the label "" and stand for themselves.
    """

    def __missing__(self, kind: type) -> _Shape:
        get: Callable[[Any], tuple[object, ...]] | None = None
        label = kind.__name__ if issubclass(kind, _ast.AST) else ""
        known: tuple[str, ...] = getattr(kind, "_fields", ())
        late = tuple([name for name in known if name in _LATE])
        fields = [name for name in known if name not in _SILENT and name not in _LATE]
        if kind is _ast.JoinedStr:
            get = _joined
        elif len(fields) == 1:
            only = attrgetter(fields[0])
            get = lambda node: (only(node),)  # noqa: E731 - a function either way
        elif fields:
            get = attrgetter(*fields)
        shape = self[kind] = (label, get, late)
        return shape


_SHAPES = _Shapes()


def digest(tree: _ast.Module) -> str:
    """The 16 hexadecimal digits that stand for the program `tree`.

    Blind to comments, blank lines, quotes, redundant parentheses, line numbers and the running
    version of Python; two programs with different trees have different digests.
    """
    return blake2b(dumps(_tokens(tree), _MARSHAL_FORMAT), digest_size=8).hexdigest()


def _tokens(tree: _ast.Module) -> list[object]:
    """The tree in prefix form, without commas or brackets and still with one reading only.

    A node is the name of its class and then its fields, a list its length and then its items.
    What a field holds follows from the class, and marshal keeps the types of constants.
    """
    tokens: list[object] = []
    add = tokens.append
    stack: list[Any] = [tree.body]
    pop = stack.pop
    name_type = _ast.Name
    constant_type = _ast.Constant
    shapes = _SHAPES
    while stack:
        node = pop()
        kind = type(node)
        if kind is name_type:
            add("Name")
            add(node.id)
        elif kind is constant_type:
            add("Constant")
            add(node.value)
        elif kind is list:
            add(len(node))
            stack += node
        else:
            label, get, late = shapes[kind]
            if not label:
                add(node)
                continue
            add(label)
            if get is not None:
                stack += get(node)
            if late:
                for field in late:
                    value = getattr(node, field, None)
                    if value:
                        tokens += ("+", field)
                        stack.append(value)
    return tokens


def _joined(node: _ast.JoinedStr) -> tuple[list[_ast.expr]]:
    """The parts of an f-string, its neighbouring texts joined: Python versions split them apart."""
    joined: list[_ast.expr] = []
    text: list[str] = []
    for value in [*node.values, None]:
        if isinstance(value, _ast.Constant) and isinstance(value.value, str):
            text.append(value.value)
            continue
        if any(text):
            joined.append(_ast.Constant(value="".join(text)))
        text.clear()
        if value is not None:
            joined.append(value)
    return (joined,)
