"""The names of functions, classes and type aliases that are defined at once."""

from __future__ import annotations

import _ast

from sessions_ls.reactive.expressions import Expressions
from sessions_ls.reactive.later import Later
from sessions_ls.reactive.state import ClassBody
from sessions_ls.reactive.syntax import (
    CLASS_NAMES,
    deleted_names,
    mangled,
    name_place,
    parameters,
    private_prefix,
    repeated,
    walrus_targets,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# Decorators that only wrap: they never call what they get.
_WRAPPERS = frozenset({"classmethod", "property", "staticmethod"})
_PROPERTY_METHODS = frozenset({"deleter", "getter", "setter"})


class Definitions(Expressions):
    """Executes definitions: what they evaluate at once, and what they leave for later."""

    def block(self, statements: Iterable[Any]) -> None:
        """Executes statements one after the other."""
        raise NotImplementedError

    def _definition(self, node: Any) -> None:
        owners = self._owners(node.name)
        for decorator in node.decorator_list:
            if not self._only_wraps(decorator):
                owners = None
            elif isinstance(decorator, _ast.Attribute):
                continue  # `@name.setter` hands the function called `name` on, no more
            self.expr(decorator)
        arguments = node.args
        self._defaults(arguments)
        outside = self._type_parameters(node, owners)
        for parameter in parameters(arguments):
            if parameter.annotation is not None:
                self._annotation(parameter.annotation, owners)
        if node.returns is not None:
            self._annotation(node.returns, owners)
        later = Later(self._private)
        later.function(node)
        self._defer(later, owners)
        self._end_type_parameters(outside)
        self._bind(node.name, name_place(node, node.name, search=True))

    def _class_definition(self, node: _ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.expr(decorator)
        # A decorator or metaclass may call methods at once.
        owners = None if node.decorator_list or node.keywords else self._owners(node.name)
        outside = self._type_parameters(node, owners)
        for base in node.bases:
            self.expr(base)
        for keyword in node.keywords:
            self.expr(keyword.value)
        if len(node.keywords) > 1 and repeated(node.keywords):
            self.doubtful = True
        saved = (self._class, self._private, self._loops)
        covered = self._cover_class()
        self._private = private_prefix(node.name)
        unstable = {mangled(self._private, name) for name in deleted_names(node.body)}
        mark = len(self.settled)
        self._class = cls = ClassBody(mark, owners, unstable)
        self._loops = ()
        self._settle(CLASS_NAMES)
        self.block(node.body)
        self._class, self._private, self._loops = saved
        names = self._back(mark)
        self._uncover(covered)
        if cls.world:
            self._settle([name for name in names if name in cls.world])
        self._end_type_parameters(outside)
        self._bind(node.name, name_place(node, node.name, search=True))

    def _only_wraps(self, decorator: _ast.expr) -> bool:
        if isinstance(decorator, _ast.Name):
            return decorator.id in _WRAPPERS and decorator.id not in self.settled
        return (
            self._class is not None
            and isinstance(decorator, _ast.Attribute)
            and decorator.attr in _PROPERTY_METHODS
            and isinstance(decorator.value, _ast.Name)
            and mangled(self._private, decorator.value.id) in self.settled
        )

    def _type_alias(self, node: Any) -> None:
        self.doubtful = True
        owners = self._owners(node.name.id)
        outside = self._type_parameters(node, owners)
        self._lazily(node.value, owners)
        self._end_type_parameters(outside)
        self._store(node.name)

    def _type_parameters(
        self, node: Any, owners: tuple[str, ...] | None
    ) -> tuple[frozenset[str], int] | None:
        found = getattr(node, "type_params", None)
        if not found:
            return None
        self.doubtful = True
        outside = (self._hidden, len(self.settled))
        names = [mangled(self._private, parameter.name) for parameter in found]
        self._hidden = self._hidden.union(names)
        self._settle(names)
        for parameter in found:
            for field in ("bound", "default_value"):
                value = getattr(parameter, field, None)
                if value is not None:
                    self._lazily(value, owners)
        return outside

    def _end_type_parameters(self, outside: tuple[frozenset[str], int] | None) -> None:
        if outside is not None:
            self._hidden, mark = outside
            self._back(mark)

    def _annotation(self, node: _ast.expr, owners: tuple[str, ...] | None) -> None:
        if self._lazy:
            self._lazily(node, owners)
        else:
            self.expr(node)
        if type(node) is not _ast.Name and walrus_targets(node):
            self.doubtful = True

    def _lazily(self, node: _ast.expr, owners: tuple[str, ...] | None) -> None:
        """An expression that is evaluated on demand; in a class it sees the names of the class."""
        later = Later(self._private)
        later.expression(node)
        cls = self._class
        if cls is not None:
            for name in list(self.settled)[cls.mark :]:
                if name not in cls.world:
                    later.finish().pop(name, None)
        self._defer(later, owners)
