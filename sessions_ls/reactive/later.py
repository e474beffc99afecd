"""The names of code that runs later: bodies of functions and lambdas, lazy annotations."""

from __future__ import annotations

import _ast

from sessions_ls.reactive.scopes import Scope, Scopes
from sessions_ls.reactive.syntax import (
    CHILDREN,
    CLASS_NAMES,
    MISPLACED_IN_STRINGS,
    MOST_BLOCKS,
    by_class,
    deleted_names,
    mangled,
    name_place,
    parameters,
    place,
    private_prefix,
    repeated,
    starred_in_string,
    target_names,
    too_many_stars,
    walrus_targets,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


class Later(Scopes):
    """What code that runs later takes from the module and binds in it."""

    __slots__ = ()

    def function(self, node: Any) -> None:
        """Takes in the body (not decorators, defaults and annotations) of a function or lambda."""
        saved = self._enter(Scope(is_async=type(node) is _ast.AsyncFunctionDef))
        bound = self.scope.bound
        found = parameters(node.args)
        for parameter in found:
            bound.add(mangled(self.private, parameter.arg))
        if len(bound) < len(found):
            self.doubtful = True
        if type(node) is _ast.Lambda:
            self.comprehensions = 1  # there may be one around it, where not everything is allowed
            self.visit(node.body)
        else:
            for statement in node.body:
                self.visit(statement)
        self._leave(saved)

    def expression(self, node: _ast.expr) -> None:
        """Takes in an expression that is evaluated later, if ever."""
        saved = self._enter(Scope())
        self.visit(node)
        self._leave(saved)

    def visit(self, node: Any) -> None:
        kind = type(node)
        if kind is _ast.Name:
            if type(node.ctx) is _ast.Load:
                self._read(node.id, place(node))
            else:
                if type(node.ctx) is _ast.Del and node.id in self.scope.world:
                    self._read(node.id, place(node))
                self._bind(node.id, place(node))
            return
        if kind is _ast.Constant:
            return
        special = _SPECIAL.get(kind)
        if special is not None:
            special(self, node)
        else:
            self._children(node)

    def _children(self, node: Any) -> None:
        for field in CHILDREN[type(node)]:
            child = getattr(node, field, None)
            if type(child) is list:
                for part in child:
                    if part is not None:
                        self.visit(part)
            elif child is not None:
                self.visit(child)

    def _all(self, nodes: Iterable[Any]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _attribute(self, node: _ast.Attribute) -> None:
        if type(node.ctx) is not _ast.Load and type(node.value) is _ast.Name:
            self.altered.add(mangled(self.private, node.value.id))
        self.visit(node.value)

    def _call(self, node: _ast.Call) -> None:
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        keywords = node.keywords
        for keyword in keywords:
            self.visit(keyword.value)
        if len(keywords) > 1 and repeated(keywords):
            self.doubtful = True

    def _definition(self, node: Any) -> None:
        self._all(node.decorator_list)
        self._all(node.args.defaults)
        self._all(node.args.kw_defaults)
        hidden = self._type_parameters(node)
        for parameter in parameters(node.args):
            if parameter.annotation is not None:
                self.visit(parameter.annotation)
        if node.returns is not None:
            self.visit(node.returns)
        self.function(node)
        self.hidden = hidden
        self._bind(node.name, name_place(node, node.name, search=True))

    def _lambda(self, node: _ast.Lambda) -> None:
        self._all(node.args.defaults)
        self._all(node.args.kw_defaults)
        self.function(node)

    def _class(self, node: _ast.ClassDef) -> None:
        self._all(node.decorator_list)
        hidden = self._type_parameters(node)
        self._all(node.bases)
        for keyword in node.keywords:
            self.visit(keyword.value)
        saved = self._enter(Scope(is_class=True))
        private = self.private
        self.private = private_prefix(node.name)
        scope = self.scope
        scope.bound.update(CLASS_NAMES)
        scope.settled.update(CLASS_NAMES)
        for name in deleted_names(node.body):
            scope.unstable.add(mangled(self.private, name))
        self._all(node.body)
        self.private = private
        self._leave(saved)
        self.hidden = hidden
        self._bind(node.name, name_place(node, node.name, search=True))

    def _type_parameters(self, node: Any) -> frozenset[str]:
        """Hides type parameters, visits their bounds; returns what was hidden before."""
        hidden = self.hidden
        found = getattr(node, "type_params", None)
        if found:
            self.doubtful = True
            self.hidden = hidden | {mangled(self.private, parameter.name) for parameter in found}
            self._all(found)
        return hidden

    def _type_alias(self, node: Any) -> None:
        self.doubtful = True
        hidden = self._type_parameters(node)
        self.visit(node.value)
        self.hidden = hidden
        self.visit(node.name)

    def _comprehension(self, node: Any) -> None:
        first = node.generators[0]
        self.comprehensions += 1
        self.visit(first.iter)
        names: list[str] = []
        for generator in node.generators:
            target_names(generator.target, names)
            if generator.is_async and not self.scope.is_async:
                self.doubtful = True
        saved = (self.hidden, self.bypass)
        self.hidden = self.hidden.union([mangled(self.private, name) for name in names])
        self.bypass = self.scope.is_class
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
            self.visit(generator.target)
            self._all(generator.ifs)
        if type(node) is _ast.DictComp:
            self.visit(node.key)
            if node.value is not None:
                self.visit(node.value)
        else:
            self.visit(node.elt)
        self.comprehensions -= 1
        self.hidden, self.bypass = saved

    def _formatted(self, node: Any) -> None:
        self.inexact = self.inexact or MISPLACED_IN_STRINGS
        if starred_in_string(node):
            self.doubtful = True
        self._children(node)

    def _walrus(self, node: _ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target.id, place(node.target), settles=False)
        if self.comprehensions:
            self.doubtful = True

    def _assign(self, node: _ast.Assign) -> None:
        self.visit(node.value)
        if type(node.value) is _ast.Starred or any(
            type(target) is _ast.Starred for target in node.targets
        ):
            self.doubtful = True
        self._all(node.targets)

    def _augmented(self, node: _ast.AugAssign) -> None:
        if type(node.target) is _ast.Name:
            self._read(node.target.id, place(node.target))
        self.visit(node.value)
        self.visit(node.target)

    def _annotated(self, node: _ast.AnnAssign) -> None:
        target = node.target
        if node.value is not None:
            self.visit(node.value)
        if self.scope.is_class:
            self.visit(node.annotation)
        else:  # never evaluated
            for name in walrus_targets(node.annotation):
                self.scope.bound.add(mangled(self.private, name))
                self.doubtful = True
        if node.value is not None or type(target) is not _ast.Name:
            self.visit(target)
        elif node.simple:
            self._bind(target.id, place(target), settles=False)

    def _global(self, node: _ast.Global) -> None:
        self.doubtful = True
        self.scope.world.update([mangled(self.private, name) for name in node.names])

    def _nonlocal(self, node: _ast.Nonlocal) -> None:
        self.doubtful = True
        self.scope.nonlocals.update([mangled(self.private, name) for name in node.names])

    def _import(self, node: Any) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.doubtful = True
                continue
            name = alias.asname or alias.name.partition(".")[0]
            self._bind(name, name_place(node, name, search=True))
        if getattr(node, "module", None) == "__future__":
            self.doubtful = True

    def _nested(self, node: Any) -> None:
        self.scope.depth += 1
        if self.scope.depth > MOST_BLOCKS:
            self.doubtful = True
        self._children(node)
        self.scope.depth -= 1

    def _with(self, node: Any) -> None:
        if type(node) is _ast.AsyncWith and not self.scope.is_async:
            self.doubtful = True
        self._nested(node)

    def _loop(self, node: Any) -> None:
        scope = self.scope
        scope.depth += 1
        if scope.depth > MOST_BLOCKS or type(getattr(node, "target", None)) is _ast.Starred:
            self.doubtful = True
        if type(node) is _ast.While:
            self.visit(node.test)
        else:
            self.visit(node.iter)
            self.visit(node.target)
            if type(node) is _ast.AsyncFor and not scope.is_async:
                self.doubtful = True
        scope.loops += 1
        self._all(node.body)
        scope.loops -= 1
        self._all(node.orelse)
        scope.depth -= 1

    def _leap(self, node: Any) -> None:
        if not self.scope.loops:
            self.doubtful = True

    def _try(self, node: Any) -> None:
        if type(node) is not _ast.Try or any(part.type is None for part in node.handlers[:-1]):
            self.doubtful = True
        self._nested(node)

    def _handler(self, node: _ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self._bind(node.name, name_place(node, node.name, search=True))
        self._all(node.body)

    def _match(self, node: Any) -> None:
        self.doubtful = True
        self._nested(node)

    def _capture(self, node: Any) -> None:
        self._children(node)
        name = node.rest if hasattr(node, "rest") else node.name
        if name is not None:
            self._bind(name, name_place(node, name, search=True), settles=False)

    def _sequence(self, node: Any) -> None:
        if type(node.ctx) is _ast.Store and too_many_stars(node.elts):
            self.doubtful = True
        self._all(node.elts)

    def _bare(self, node: Any) -> None:
        """A statement whose value may be written with a star that the compiler refuses."""
        if type(node.value) is _ast.Starred:
            self.doubtful = True
        if type(node) is _ast.Return and (self.scope.is_class or self.scope.is_async):
            self.doubtful = True
        if node.value is not None:
            self.visit(node.value)

    def _suspend(self, node: Any) -> None:
        scope = self.scope
        if scope.is_class or self.comprehensions:
            self.doubtful = True
        if type(node) is _ast.Await:
            if not scope.is_async:
                self.doubtful = True
        elif scope.is_async:
            self.doubtful = True
        self._bare(node)


_SPECIAL: dict[type, Callable[[Later, Any], None]] = by_class(
    {
        "Attribute": Later._attribute,
        "Call": Later._call,
        "FunctionDef AsyncFunctionDef": Later._definition,
        "Lambda": Later._lambda,
        "ClassDef": Later._class,
        "TypeAlias": Later._type_alias,
        "ListComp SetComp DictComp GeneratorExp": Later._comprehension,
        "NamedExpr": Later._walrus,
        "JoinedStr": Later._formatted,
        "Assign": Later._assign,
        "AugAssign": Later._augmented,
        "AnnAssign": Later._annotated,
        "Global": Later._global,
        "Nonlocal": Later._nonlocal,
        "Import ImportFrom": Later._import,
        "If": Later._nested,
        "With AsyncWith": Later._with,
        "For AsyncFor While": Later._loop,
        "Break Continue": Later._leap,
        "Try TryStar": Later._try,
        "ExceptHandler": Later._handler,
        "Match": Later._match,
        "MatchAs MatchStar MatchMapping": Later._capture,
        "Tuple List": Later._sequence,
        "Expr Return": Later._bare,
        "Yield YieldFrom Await": Later._suspend,
    }
)
