"""The names of a cell, statement by statement in the order of execution.

Branches intersect, loops may run zero times, and what `try` or `with` protects may stop anywhere.
"""

from __future__ import annotations

import _ast

from sessions_ls.reactive.definitions import Definitions
from sessions_ls.reactive.state import Loop
from sessions_ls.reactive.syntax import CHILDREN, MOST_BLOCKS, by_class, mangled, name_place, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from sessions_ls.reactive.state import Way
    from sessions_ls.reactive.syntax import Place

# Handlers for these also catch a NameError.
_CATCHES_NAME_ERROR = frozenset({"NameError", "Exception", "BaseException"})
# Context managers that let every exception pass, so the statement after a `with` follows its body.
_TRANSPARENT = frozenset({"open"})


class Flow(Definitions):
    """Walks the statements of one cell; afterwards its attributes hold what was found."""

    def block(self, statements: Iterable[Any]) -> None:
        """Executes statements one after the other."""
        self._blocks += 1
        if self._blocks > MOST_BLOCKS:
            self.doubtful = True
        for statement in statements:
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                handler(self, statement)
            else:
                self._children(statement)
        self._blocks -= 1

    def _expression_statement(self, node: _ast.Expr) -> None:
        value = node.value
        if type(value) is _ast.Starred:
            self.doubtful = True
        elif type(value) is _ast.Call and type(value.func) is _ast.Attribute:
            root = root_of(value.func)
            if root is not None:
                self.pokes |= {mangled(self._private, root)}
        self.expr(value)

    def _assign(self, node: _ast.Assign) -> None:
        value = node.value
        kind = type(value)
        if kind is _ast.Lambda:
            self._stored_lambda(value, node.targets)
        else:
            if kind is _ast.Starred:
                self.doubtful = True
            self.expr(value)
            if kind is _ast.GeneratorExp:
                self._stored_generator(value, node.targets)
        for target in node.targets:
            if type(target) is _ast.Name:
                self._bind(target.id, place(target))
            else:
                self._store(target)

    def _stored_generator(self, value: Any, targets: list[_ast.expr]) -> None:
        """What it reads it reads again, or only, when somebody goes through it: as a function."""
        nothing = _ast.arguments(
            posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]
        )
        self._stored_lambda(_ast.Lambda(args=nothing, body=value), targets)

    def _stored_lambda(self, value: Any, targets: list[_ast.expr]) -> None:
        names = [target.id for target in targets if isinstance(target, _ast.Name)]
        self._lambda(value, self._owners(*names) if len(names) == len(targets) else None)

    def _augmented(self, node: _ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, _ast.Name):
            self._amend(target)
            self.expr(node.value)
            self._store(target)
        else:
            self._store(target)
            self.expr(node.value)

    def _annotated(self, node: _ast.AnnAssign) -> None:
        target = node.target
        if node.value is not None:
            if isinstance(node.value, _ast.Lambda):
                self._stored_lambda(node.value, [target])
            else:
                self.expr(node.value)
            self._store(target)
        elif isinstance(target, _ast.Attribute):
            self.expr(target.value)
        elif isinstance(target, _ast.Subscript):
            self.expr(target.value)
            self.expr(target.slice)
        self._annotation(node.annotation, self._owners("__annotations__"))

    def _delete(self, node: _ast.Delete) -> None:
        for target in node.targets:
            self._delete_target(target)

    def _delete_target(self, target: Any) -> None:
        kind = type(target)
        if kind is _ast.Name:
            name = mangled(self._private, target.id)
            cls = self._class
            # Deleting needs the name as reading it does. In a class it only looks at the class.
            if (cls is None or name in cls.world) and name not in self.settled:
                self._into.setdefault(name, place(target))
            self._bind(target.id, place(target))
        elif kind is _ast.Tuple or kind is _ast.List:
            for part in target.elts:
                self._delete_target(part)
        else:
            self._store(target)

    def _import(self, node: _ast.Import) -> None:
        if self.imported is None:
            self.imported = {}
        for alias in node.names:
            if alias.asname:
                self._bind(alias.asname, _alias_place(alias), self.imported)
            else:
                name = alias.name.partition(".")[0]
                self._bind(name, name_place(alias, name), self.imported)

    def _import_from(self, node: _ast.ImportFrom) -> None:
        if self.imported is None:
            self.imported = {}
        if node.module == "__future__" and not node.level:
            self.doubtful = True
            self.future += tuple([alias.name for alias in node.names])
            if "annotations" in self.future:
                self._lazy = True
        for alias in node.names:
            if alias.name == "*":
                self.star = True
                if self._class is not None:
                    self.doubtful = True
            elif alias.asname:
                self._bind(alias.asname, _alias_place(alias), self.imported)
            else:
                self._bind(alias.name, place(alias), self.imported)

    def _if(self, node: _ast.If) -> None:
        before = self._over
        if_true, if_false = self._condition(node.test)
        start = len(self.settled)
        never = always = False
        if type(node.test) is _ast.Constant:
            always = bool(node.test.value)
            never = not always
        self._settle(if_true)
        self.block(node.body)
        first = (self._back(start), self._over or never)
        self._over = before
        self._settle(if_false)
        self.block(node.orelse)
        second = (self._back(start), self._over or always)
        self._join([first, second], before)

    def _while(self, node: _ast.While) -> None:
        if_true, if_false = self._condition(node.test)
        forever = type(node.test) is _ast.Constant and bool(node.test.value)
        self._repeat(node, None, if_true, if_false, forever)

    def _for(self, node: Any) -> None:
        if type(node.iter) is _ast.Starred or (
            type(node) is _ast.AsyncFor and self._class is not None
        ):
            self.doubtful = True
        self.expr(node.iter)
        self._repeat(node, node.target, (), (), False)

    def _repeat(
        self,
        node: Any,
        target: _ast.expr | None,
        if_true: Iterable[str],
        if_false: Iterable[str],
        forever: bool,
    ) -> None:
        before = self._over
        loop = Loop(len(self.settled))
        self._loops += (loop,)
        self._settle(if_true)
        if target is not None:
            self._store(target)
        self.block(node.body)
        self._loops = self._loops[:-1]
        self._back(loop.mark)
        self._over = before or forever
        self._settle(if_false)
        self.block(node.orelse)
        ways: list[Way] = [(self._back(loop.mark), self._over)]
        if loop.broken is not None:
            ways.append((list(loop.broken), False))
        self._join(ways, before)

    def _break(self, node: object) -> None:
        if not self._loops:
            self.doubtful = True
            return
        loop = self._loops[-1]
        if not self._over:
            names = set(list(self.settled)[loop.mark :])
            loop.broken = names if loop.broken is None else loop.broken & names
        self._over = True

    def _continue(self, node: object) -> None:
        if not self._loops:
            self.doubtful = True
        self._over = True

    def _raise(self, node: _ast.Raise) -> None:
        self._children(node)
        self._over = True

    def _assert(self, node: _ast.Assert) -> None:
        if_true, if_false = self._condition(node.test)
        start = len(self.settled)
        if node.msg is not None:
            self._settle(if_false)
            self.expr(node.msg)
            self._back(start)
        self._settle(if_true)

    def _try(self, node: Any) -> None:
        if type(node) is not _ast.Try or any(part.type is None for part in node.handlers[:-1]):
            self.doubtful = True
        before = self._over
        mark = len(self.settled)
        into = self._into
        if any(_catches_name_error(handler.type) for handler in node.handlers):
            if self.guarded is None:
                self.guarded = {}
            self._into = self.guarded
        self.block(node.body)
        self._into = into
        self.block(node.orelse)
        ways: list[Way] = [(self._back(mark), self._over)]
        for handler in node.handlers:
            self._over = before
            if handler.type is not None:
                self.expr(handler.type)
            if handler.name:
                self._bind(handler.name, name_place(handler, handler.name, search=True))
            self.block(handler.body)
            ways.append((self._back(mark), self._over))
        # The last part may be reached from anywhere, whatever the ways that go on after it settled.
        self._over = before
        self.block(node.finalbody)
        over = self._over
        self._join(ways, before)
        self._over = self._over or over

    def _with(self, node: Any) -> None:
        if type(node) is _ast.AsyncWith and self._class is not None:
            self.doubtful = True
        before = self._over
        items = node.items
        self.expr(items[0].context_expr)
        first = items[0].optional_vars
        if isinstance(first, _ast.Name):
            self._store(first)
            first = None
        # Anything from here on may stop, and the context manager may swallow the exception.
        mark = len(self.settled)
        passes = self._lets_pass(items[0].context_expr)
        if first is not None:
            self._store(first)
        for item in items[1:]:
            self.expr(item.context_expr)
            passes = passes and self._lets_pass(item.context_expr)
            if item.optional_vars is not None:
                self._store(item.optional_vars)
        self.block(node.body)
        if not passes:
            self._back(mark)
            self._over = before

    def _lets_pass(self, node: _ast.expr) -> bool:
        return (
            isinstance(node, _ast.Call)
            and isinstance(node.func, _ast.Name)
            and node.func.id in _TRANSPARENT
            and node.func.id not in self.settled
        )

    def _match(self, node: Any) -> None:
        self.doubtful = True
        before = self._over
        self.expr(node.subject)
        mark = len(self.settled)
        ways: list[Way] = []
        exhaustive = False
        for case in node.cases:
            self._over = before
            captures: list[tuple[str, Place]] = []
            self._pattern(case.pattern, captures)
            for name, at in captures:
                self._bind(name, at)
            if case.guard is not None:
                if_true, _ = self._condition(case.guard)
                self._settle(if_true)
            self.block(case.body)
            ways.append((self._back(mark), self._over))
            if case.guard is None and _matches_all(case.pattern):
                exhaustive = True
        if not exhaustive:
            ways.append(([], False))
        self._join(ways, before)

    def _pattern(self, node: Any, captures: list[tuple[str, Place]]) -> None:
        """Reads what a pattern compares with; what it captures is bound when all of it matched."""
        for field in CHILDREN[type(node)]:
            child = getattr(node, field)
            for part in child if type(child) is list else (child,):
                if isinstance(part, _ast.expr):
                    self.expr(part)
                elif part is not None:
                    self._pattern(part, captures)
        name = getattr(node, "rest", None) or getattr(node, "name", None)
        if name is not None:
            captures.append((name, name_place(node, name, search=True)))

    def _global(self, node: _ast.Global) -> None:
        self.doubtful = True
        if self._class is not None:
            self._class.world.update([mangled(self._private, name) for name in node.names])


def root_of(node: _ast.expr) -> str | None:
    """The name that a chain of attributes, items and calls starts from."""
    while True:
        if isinstance(node, (_ast.Attribute, _ast.Subscript)):
            node = node.value
        elif isinstance(node, _ast.Call):
            node = node.func
        else:
            return node.id if isinstance(node, _ast.Name) else None


def _alias_place(alias: _ast.alias) -> Place:
    """Where the name after `as` stands."""
    end = alias.end_col_offset or 0
    name = alias.asname or ""
    return (alias.end_lineno or 1) - 1, end - len(name.encode()), end


def _catches_name_error(handled: Any) -> bool:
    if handled is None:
        return True
    if isinstance(handled, _ast.Tuple):
        return any(_catches_name_error(part) for part in handled.elts)
    name = getattr(handled, "id", None) or getattr(handled, "attr", None)
    return name in _CATCHES_NAME_ERROR


def _matches_all(pattern: Any) -> bool:
    """Whether a pattern matches every value."""
    kind = type(pattern).__name__
    if kind == "MatchAs":
        return pattern.pattern is None or _matches_all(pattern.pattern)
    return kind == "MatchOr" and any(_matches_all(part) for part in pattern.patterns)


_STATEMENTS: dict[type, Callable[[Flow, Any], None]] = by_class(
    {
        "Expr": Flow._expression_statement,
        "Assign": Flow._assign,
        "AugAssign": Flow._augmented,
        "AnnAssign": Flow._annotated,
        "Delete": Flow._delete,
        "Import": Flow._import,
        "ImportFrom": Flow._import_from,
        "If": Flow._if,
        "While": Flow._while,
        "For AsyncFor": Flow._for,
        "Break": Flow._break,
        "Continue": Flow._continue,
        "Raise": Flow._raise,
        "Assert": Flow._assert,
        "Try TryStar": Flow._try,
        "With AsyncWith": Flow._with,
        "Match": Flow._match,
        "Global": Flow._global,
        "Nonlocal Return": Flow._wrong,
        "FunctionDef AsyncFunctionDef": Flow._definition,
        "ClassDef": Flow._class_definition,
        "TypeAlias": Flow._type_alias,
    }
)
