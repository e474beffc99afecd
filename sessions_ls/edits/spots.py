"""Every place in the text of a cell where a name of the notebook stands.

Names of functions' and comprehensions' own, attributes, keyword arguments, and what strings and
comments say are none. `reactive.names` finds the same names faster, with one place for each.
"""

from __future__ import annotations

import ast
import functools
import itertools
import sys

from sessions_ls.edits.fstrings import Misplaced, mend
from sessions_ls.edits.scopes import CLASS, COMPREHENSION, FUNCTION, PARAMETERS, Bound, Order, Scope
from sessions_ls.edits.spot import BIND, DECLARE, IMPORTED, PACKAGE, READ, Places, Spot
from sessions_ls.reactive.names import AST_ONLY, TOP_LEVEL_AWAIT, compiled
from sessions_ls.reactive.syntax import CHILDREN, mangled, parameters, private_prefix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

_KEPT = 4096


@functools.lru_cache(_KEPT)
def spots(source: str) -> tuple[Spot, ...]:
    """The spots of a cell in the order of the text; none where it cannot be parsed."""
    tree = parsed(source)
    if tree is None:
        return ()
    finder = _Finder(source, tree)
    for number, statement in enumerate(tree.body):
        finder.statement = number
        finder.visit(statement)
    return tuple(sorted(finder.found, key=lambda spot: (spot.line, spot.column)))


def parsed(source: str) -> ast.Module | None:
    """The tree of a cell with exact places, None where there is none."""
    try:
        tree = compiled(source, AST_ONLY | TOP_LEVEL_AWAIT)
        if sys.version_info < (3, 12) and ("f'" in source.lower() or 'f"' in source.lower()):
            mend(tree, source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, Misplaced):
        return None
    return tree


class _Finder(Places):
    """Walks the tree of one cell."""

    def visit(self, node: Any) -> None:
        """Look at a node and all below it."""
        special = _SPECIAL.get(type(node))
        if special is not None:
            special(self, node)
        else:
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        for field in CHILDREN[type(node)]:
            child = getattr(node, field, None)
            if type(child) is list:
                self._all(child)
            elif child is not None:
                self.visit(child)

    def _all(self, nodes: Iterable[Any]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    # -- names -----------------------------------------------------------------------------------

    def _name(self, node: ast.Name) -> None:
        self.take(node.id, *self.span(node), READ if isinstance(node.ctx, ast.Load) else BIND)

    def _walrus(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        scope = self.scope
        while scope.kind == COMPREHENSION and scope.outer is not None:
            scope = scope.outer
        self.take(node.target.id, *self.span(node.target), BIND, scope=scope)

    def _import(self, node: Any) -> None:
        for alias in node.names:
            if alias.name == "*":
                continue
            if alias.asname:
                self.take_word(alias.asname, BIND, *self.span(alias), -1)
            else:
                name, dot, _ = alias.name.partition(".")
                first = next(self.words(*self.span(alias)))
                self.take(name, *first, BIND, PACKAGE if dot else IMPORTED)

    def _global(self, node: ast.Global) -> None:
        words = itertools.islice(self.words(*self.span(node)), 1, None)
        for name, (first, last) in zip(node.names, words, strict=False):
            self.take(name, first, last, DECLARE)

    def _handler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
            if node.name:
                _, start = self.span(node.type)
                end, _ = self.span(node.body[0])
                self.take_word(node.name, BIND, start, end, 1)
        self._all(node.body)

    def _capture(self, node: Any) -> None:
        """A pattern that ends with a name, or with the name of the rest."""
        self._children(node)
        name = node.rest if hasattr(node, "rest") else node.name
        if name is not None:
            start, end = self.span(node)
            parts = getattr(node, "patterns", ())
            if parts:
                _, start = self.span(parts[-1])
            self.take_word(name, BIND, start, end, 0 if parts or hasattr(node, "rest") else -1)

    # -- scopes ----------------------------------------------------------------------------------

    def _definition(self, node: Any) -> None:
        self._all(node.decorator_list)
        self._all(node.args.defaults)
        self._all(node.args.kw_defaults)
        words = 2 if isinstance(node, ast.AsyncFunctionDef) else 1
        self.take_word(node.name, BIND, *self.span(node), words)
        scope = self._type_parameters(node)
        later, self.later = self.later, True  # annotations may be lazy
        for parameter in parameters(node.args):
            if parameter.annotation is not None:
                self.visit(parameter.annotation)
        if node.returns is not None:
            self.visit(node.returns)
        self.later = later
        self._function(node.args, node.body)
        self.scope = scope

    def _lambda(self, node: ast.Lambda) -> None:
        self._all(node.args.defaults)
        self._all(node.args.kw_defaults)
        self._function(node.args, [node.body])

    def _function(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        bound = Bound(body)
        names = bound.names | {parameter.arg for parameter in parameters(arguments)}
        self._inside(Scope(FUNCTION, self.scope, *self._spelt(names, bound.world)), body, True)

    def _inside(self, scope: Scope, body: Iterable[ast.AST], later: bool) -> None:
        saved = (self.scope, self.later)
        self.scope = scope
        self.later = later or self.later
        for number, node in enumerate(body):
            scope.statement = number
            self.visit(node)
        self.scope, self.later = saved

    def _spelt(self, *groups: Iterable[str]) -> list[set[str]]:
        return [{mangled(self.private, name) for name in names} for names in groups]

    def _class(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list)
        self.take_word(node.name, BIND, *self.span(node), 1)
        outer = self._type_parameters(node)
        self._all(node.bases)
        self._all(node.keywords)
        private, self.private = self.private, private_prefix(node.name)
        bound = Bound(node.body)
        names, world = self._spelt(bound.names, bound.world)
        scope = Scope(CLASS, self.scope, names | {"__module__", "__qualname__"} - world, world)
        scope.order = Order(node.body, self.private)
        self._inside(scope, node.body, False)
        self.private = private
        self.scope = outer

    def _type_parameters(self, node: Any) -> Scope:
        """Enter the scope of type parameters if there are any; the scope around."""
        outer = self.scope
        found = getattr(node, "type_params", None)
        if found:
            names = [mangled(self.private, parameter.name) for parameter in found]
            self.scope = Scope(PARAMETERS, outer, names)
            later, self.later = self.later, True
            for parameter in found:
                for field in ("bound", "default_value"):
                    value = getattr(parameter, field, None)
                    if value is not None:
                        self.visit(value)
            self.later = later
        return outer

    def _type_alias(self, node: Any) -> None:
        self.visit(node.name)
        scope = self._type_parameters(node)
        later, self.later = self.later, True
        self.visit(node.value)
        self.later = later
        self.scope = scope

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)
        elif isinstance(node.target, ast.Name):  # binds nothing
            self.take(node.target.id, *self.span(node.target), DECLARE)
        else:
            self.visit(node.target)
        later, self.later = self.later, True
        self.visit(node.annotation)
        self.later = later

    def _comprehension(self, node: Any) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        scope = Scope(COMPREHENSION, self.scope)
        for generator in node.generators:
            targets = [n for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
            scope.bound.update(
                mangled(self.private, target.id)
                for target in targets
                if isinstance(target.ctx, ast.Store)
            )
        parts: list[ast.AST] = []
        for generator in node.generators:
            parts += [generator.target, *generator.ifs]
            if generator is not first:
                parts.append(generator.iter)
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(scope, parts, isinstance(node, ast.GeneratorExp))


_SPECIAL: dict[type, Callable[[_Finder, Any], None]] = {
    ast.Name: _Finder._name,
    ast.Constant: lambda finder, node: None,
    ast.NamedExpr: _Finder._walrus,
    ast.Import: _Finder._import,
    ast.ImportFrom: _Finder._import,
    ast.Global: _Finder._global,
    ast.Nonlocal: lambda finder, node: None,
    ast.ExceptHandler: _Finder._handler,
    ast.MatchAs: _Finder._capture,
    ast.MatchStar: _Finder._capture,
    ast.MatchMapping: _Finder._capture,
    ast.FunctionDef: _Finder._definition,
    ast.AsyncFunctionDef: _Finder._definition,
    ast.Lambda: _Finder._lambda,
    ast.ClassDef: _Finder._class,
    ast.AnnAssign: _Finder._annotated,
    ast.ListComp: _Finder._comprehension,
    ast.SetComp: _Finder._comprehension,
    ast.DictComp: _Finder._comprehension,
    ast.GeneratorExp: _Finder._comprehension,
}
if hasattr(ast, "TypeAlias"):
    _SPECIAL[ast.TypeAlias] = _Finder._type_alias
