"""Which scope a name in the text of a cell belongs to, as Python's compiler sees it."""

from __future__ import annotations

import ast

from sessions_ls.reactive.syntax import mangled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MODULE, FUNCTION, CLASS, COMPREHENSION, PARAMETERS = range(5)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Bound:
    """The names that some statements bind in their own scope, declared ones left out."""

    __slots__ = ("deleted", "names", "outside", "world")

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        self.names: set[str] = set()
        self.deleted: set[str] = set()
        self.world: set[str] = set()  # declared global
        self.outside: set[str] = set()  # declared nonlocal
        stack: list[tuple[ast.AST, bool]] = [(node, False) for node in nodes]
        while stack:
            node, within = stack.pop()
            stack += self._take(node, within)
        self.names -= self.world | self.outside

    def _take(self, node: ast.AST, within: bool) -> Iterable[tuple[ast.AST, bool]]:
        """Take in a node; what else is to look at. ``within``: inside a comprehension."""
        if isinstance(node, ast.Name):
            if not within and not isinstance(node.ctx, ast.Load):
                self.names.add(node.id)
                if isinstance(node.ctx, ast.Del):
                    self.deleted.add(node.id)
            return ()
        if isinstance(node, ast.NamedExpr):
            self.names.add(node.target.id)
            return [(node.value, within)]
        if isinstance(node, _FUNCTIONS):
            self.names.add(node.name)
            args = node.args
            parts = [*node.decorator_list, *args.defaults, *args.kw_defaults]
            return [(part, within) for part in parts if part is not None]
        if isinstance(node, ast.Lambda):
            parts = [*node.args.defaults, *node.args.kw_defaults]
            return [(part, within) for part in parts if part is not None]
        if isinstance(node, ast.ClassDef):
            self.names.add(node.name)
            return [(part, within) for part in (*node.decorator_list, *node.bases, *node.keywords)]
        if isinstance(node, ast.AnnAssign) and node.value is None and not node.simple:
            return [(node.annotation, within)]  # `(x): int` alone binds nothing
        if isinstance(node, ast.Global):
            self.world.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            self.outside.update(node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        else:
            name = getattr(node, "rest", None) or getattr(node, "name", None)
            if isinstance(name, str):  # `except … as name`, captures of `match`
                self.names.add(name)
                if isinstance(node, ast.ExceptHandler):
                    self.deleted.add(name)
        within = within or isinstance(node, _COMPREHENSIONS)
        return [(child, within) for child in ast.iter_child_nodes(node)]


class Order:
    """Where in a list of statements a name is bound first: what stands before means another.

    The answer is only sure where that statement binds it at its end and on every path.
    """

    __slots__ = ("_deleted", "_first", "_statements")

    def __init__(self, statements: Sequence[ast.stmt], private: str | None = None) -> None:
        """``private`` is the class whose body this is."""
        self._statements = statements
        found = [Bound([statement]) for statement in statements]
        self._deleted = {mangled(private, name) for one in found for name in one.deleted}
        self._first: dict[str, int] = {}
        for at, one in enumerate(found):
            for name in one.names | one.world:
                self._first.setdefault(mangled(private, name), at)

    def side(self, name: str, statement: int, binds: bool = False) -> str:
        """Whether a read (or binding) of ``name`` in that statement means what was there "before",
        what these statements bound ("after"), or cannot be told ("both").
        """
        first = self._first.get(name)
        if first is None or statement < first:
            return "before"
        if name in self._deleted or not _plain(self._statements[first]):
            return "both"
        return "after" if statement > first or binds else "before"


def _plain(node: ast.stmt) -> bool:
    """Whether a statement binds names last of all, and in any case."""
    if isinstance(node, ast.Assign):
        targets = [
            part
            for target in node.targets
            for part in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])
        ]
        simple = all(isinstance(target, ast.Name) for target in targets)
        return simple and not _walrus(node.value)
    if isinstance(node, ast.AnnAssign):
        return node.value is not None and isinstance(node.target, ast.Name)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, *_FUNCTIONS))


def _walrus(node: ast.AST) -> bool:
    return any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))


class Scope:
    """One scope of a cell."""

    __slots__ = ("bound", "kind", "order", "outer", "statement", "world")

    def __init__(
        self, kind: int, outer: Scope | None, bound: Iterable[str] = (), world: Iterable[str] = ()
    ) -> None:
        self.kind = kind
        self.outer = outer
        self.bound = set(bound)
        self.world = set(world)
        self.order: Order | None = None  # of a class body
        self.statement = 0  # the one that is looked at, in a class body

    def meaning(self, name: str, binds: bool = False) -> str:
        """What ``name`` is where it is read, or bound, here: "module", "own" to the scope or one
        around it, or "unsure".
        """
        scope: Scope | None = self
        near = True
        while scope is not None and scope.kind != MODULE:
            if name in scope.world:
                return "module"
            if name in scope.bound and (scope.kind != CLASS or near):
                return "own" if binds or scope.kind != CLASS else scope._of_class(name)
            near = near and scope.kind == PARAMETERS
            scope = scope.outer
        return "module"

    def _of_class(self, name: str) -> str:
        """A name that the class body binds is the module's until then."""
        assert self.order is not None
        side = self.order.side(name, self.statement)
        return {"before": "module", "after": "own", "both": "unsure"}[side]
