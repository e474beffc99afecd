"""The names of expressions and assignment targets that are evaluated at once."""

from __future__ import annotations

import _ast
from _ast import Attribute, BinOp, Constant, Name, Subscript

from sessions_ls.reactive.later import Later
from sessions_ls.reactive.state import State
from sessions_ls.reactive.syntax import (
    CHILDREN,
    MISPLACED_IN_STRINGS,
    by_class,
    mangled,
    place,
    repeated,
    starred_in_string,
    target_names,
    too_many_stars,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


class Expressions(State):
    """Follows an expression in the order of its evaluation."""

    def expr(self, node: Any) -> None:
        """Evaluates an expression."""
        while True:
            kind = type(node)
            if kind is Name:
                name = node.id
                if self._private is not None:
                    name = mangled(self._private, name)
                if name not in self._hidden:
                    self.loads.add(name)
                    if name not in self.settled and name not in self._into:
                        at = (node.lineno - 1, node.col_offset, node.end_col_offset)
                        self._into[name] = at
                return
            if kind is Constant:
                return
            if kind is Attribute:
                node = node.value
            elif kind is BinOp:
                self.expr(node.left)
                node = node.right
            elif kind is Subscript:
                self.expr(node.value)
                node = node.slice
            else:
                handler = _EXPRESSIONS.get(kind)
                if handler is not None:
                    handler(self, node)
                else:
                    self._children(node)
                return

    def _children(self, node: Any) -> None:
        for field in CHILDREN[type(node)]:
            child = getattr(node, field, None)
            if type(child) is list:
                for part in child:
                    if part is not None:
                        self.expr(part)
            elif child is not None:
                self.expr(child)

    def _call(self, node: _ast.Call) -> None:
        self.expr(node.func)
        for argument in node.args:
            self.expr(argument)
        keywords = node.keywords
        if keywords:
            for keyword in keywords:
                self.expr(keyword.value)
            if len(keywords) > 1 and repeated(keywords):
                self.doubtful = True

    def _condition(self, node: Any) -> tuple[Iterable[str], Iterable[str]]:
        """Evaluates a condition; returns what else is settled if it is true, and if it is false."""
        kind = type(node)
        if kind is _ast.BoolOp:
            both = type(node.op) is _ast.And
            extra = self._condition(node.values[0])
            mark = len(self.settled)
            side = 0 if both else 1
            self._settle(extra[side])
            for value in node.values[1:]:
                self._settle(self._condition(value)[side])
            names = self._back(mark)
            return (names, ()) if both else ((), names)
        if kind is _ast.UnaryOp and type(node.op) is _ast.Not:
            if_true, if_false = self._condition(node.operand)
            return if_false, if_true
        self.expr(node)
        return (), ()

    def _unary(self, node: _ast.UnaryOp) -> None:
        self.expr(node.operand)

    def _compare(self, node: _ast.Compare) -> None:
        self.expr(node.left)
        self.expr(node.comparators[0])
        if len(node.comparators) > 1:
            mark = len(self.settled)
            for comparator in node.comparators[1:]:
                self.expr(comparator)
            self._back(mark)

    def _conditional(self, node: _ast.IfExp) -> None:
        if_true, if_false = self._condition(node.test)
        mark = len(self.settled)
        self._settle(if_true)
        self.expr(node.body)
        first = self._back(mark)
        self._settle(if_false)
        self.expr(node.orelse)
        second = self._back(mark)
        if first and second:
            self._settle([name for name in first if name in set(second)])

    def _dict(self, node: _ast.Dict) -> None:
        for key, value in zip(node.keys, node.values):  # noqa: B905 - the parser keeps them equally long
            if key is not None:
                self.expr(key)
            self.expr(value)

    def _walrus(self, node: _ast.NamedExpr) -> None:
        self.expr(node.value)
        self._store(node.target)
        if self._comprehensions:
            self.doubtful = True

    def _formatted(self, node: Any) -> None:
        self.inexact = self.inexact or MISPLACED_IN_STRINGS
        if starred_in_string(node):
            self.doubtful = True
        self._children(node)

    def _await(self, node: _ast.Await) -> None:
        if self._class is not None:
            self.doubtful = True
        self.expr(node.value)

    def _lambda(self, node: _ast.Lambda, owners: tuple[str, ...] | None = None) -> None:
        self._defaults(node.args)
        later = Later(self._private)
        later.function(node)
        self._defer(later, owners)

    def _defaults(self, arguments: _ast.arguments) -> None:
        for default in arguments.defaults:
            self.expr(default)
        for keyword_default in arguments.kw_defaults:
            if keyword_default is not None:
                self.expr(keyword_default)

    def _comprehension(self, node: Any) -> None:
        """Its targets are its own. Conditions and elements see no names of a class around it."""
        first = node.generators[0]
        self._comprehensions += 1
        self.expr(first.iter)
        names: list[str] = []
        for generator in node.generators:
            target_names(generator.target, names)
            if generator.is_async and self._class is not None:
                self.doubtful = True
        if self._private is not None:
            names = [mangled(self._private, name) for name in names]
        covered = self._cover_class()
        saved = (self._class, self._hidden)
        mark = len(self.settled)
        self._class = None
        self._hidden = self._hidden.union(names)
        if saved[0] is not None:
            self._hidden |= {"__class__"}
        self._settle(names)
        for generator in node.generators:
            if generator is not first:
                self.expr(generator.iter)
            self._comprehension_target(generator.target)
            for condition in generator.ifs:
                self._settle(self._condition(condition)[0])
        if type(node) is _ast.DictComp:
            self.expr(node.key)
            if node.value is not None:
                self.expr(node.value)
        else:
            self.expr(node.elt)
        self._comprehensions -= 1
        self._class, self._hidden = saved
        self._back(mark)
        self._uncover(covered)

    def _comprehension_target(self, target: Any) -> None:
        kind = type(target)
        if kind is Attribute or kind is Subscript:
            self._store(target)
        elif kind is _ast.Starred:
            self._comprehension_target(target.value)
        elif kind is not Name:
            for part in target.elts:
                self._comprehension_target(part)

    def _store(self, target: Any) -> None:
        kind = type(target)
        if kind is Name:
            self._bind(target.id, place(target))
        elif kind is Attribute:
            self._amend(target.value)
        elif kind is Subscript:
            self._amend(target.value)
            self.expr(target.slice)
        elif kind is _ast.Starred:
            self.doubtful = True
            self._store(target.value)
        else:
            if too_many_stars(target.elts):
                self.doubtful = True
            for part in target.elts:
                self._store(part.value if type(part) is _ast.Starred else part)

    def _amend(self, node: Any) -> None:
        """Evaluates the object that an assignment changes."""
        root = node
        while type(root) is Attribute or type(root) is Subscript:
            root = root.value
        if type(root) is Name:
            name = mangled(self._private, root.id)
            if name not in self.settled and name not in self._hidden:
                self.amends |= {name}
        self.expr(node)

    def _wrong(self, node: Any) -> None:
        """Valid in a function only; the compiler has the words for it."""
        self.doubtful = True
        self._children(node)


_EXPRESSIONS: dict[type, Callable[[Expressions, Any], None]] = by_class(
    {
        "Call": Expressions._call,
        "BoolOp": Expressions._condition,
        "UnaryOp": Expressions._unary,
        "Compare": Expressions._compare,
        "IfExp": Expressions._conditional,
        "Dict": Expressions._dict,
        "NamedExpr": Expressions._walrus,
        "Await": Expressions._await,
        "JoinedStr": Expressions._formatted,
        "Lambda": Expressions._lambda,
        "ListComp SetComp DictComp GeneratorExp": Expressions._comprehension,
        "Yield YieldFrom": Expressions._wrong,
    }
)
