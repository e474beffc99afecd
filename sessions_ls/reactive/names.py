"""What a cell binds, reads and changes, found from its text.

The rules are Python's own, cell by cell; which cell a name comes from is the resolver's business.
"""

from __future__ import annotations

import _ast
import sys
from _warnings import filters as _first_filters

from sessions_ls.reactive.codehash import digest
from sessions_ls.reactive.flow import Flow
from sessions_ls.reactive.places import locate
from sessions_ls.reactive.syntax import NOTHING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from sessions_ls.reactive.syntax import Place

# Code that uses these may bind names that its text does not show.
DYNAMIC = {
    *("exec", "eval", "globals", "locals", "vars"),
    *("__import__", "__builtins__", "__main__"),
}
AST_ONLY = 0x400
TOP_LEVEL_AWAIT = 0x2000
_FUTURE_ANNOTATIONS = 0x1000000
_IGNORE = ("ignore", None, Warning, None, 0)
_DEEP = 10_000  # frames for code nested deeper than Python's own limit allows the walk


class SyntaxIssue:
    """Why a cell is no valid Python: line from 0 in the cell, column from 0 in code points."""

    __slots__ = ("column", "line", "message")

    def __init__(self, line: int, column: int, message: str) -> None:
        self.line = line
        self.column = column
        self.message = message

    def __repr__(self) -> str:
        return f"SyntaxIssue({self.line}, {self.column}, {self.message!r})"


class Names:
    """The names of one cell.

    binds: every name its execution may bind in the module; `del x` and `except … as x` count.
    certain: those of `binds` that every normal path to the end of the cell binds or deletes.
    reads: may be read from the namespace before this cell has certainly bound them.
    deferred: global names of the functions, methods, lambdas and lazy annotations it creates.
    called: those of `deferred` that its own execution may come to read.
    amends: those of `reads` whose object it changes in place, as far as the text shows.
    pokes: names of which a method is called as a statement of its own, as in `model.fit(X)`.
    rebinds: those of `binds` that a function binds through `global`, whenever it is called.
    alters: those of `deferred` of which a function sets an attribute, as in `Point.made += 1`.
    guarded: those of `reads` that are only read inside a `try` that catches NameError.
    imports: those of `binds` that only ever come from import statements.
    star: whether it has `from m import *`.
    dynamic: whether it uses `exec` and the like, so that it may bind what the text does not show.
    future: the features of its `from __future__ import …`.
    code: the digest of its normalised code, "" without statements.
    where: the first place a name is read, or else deferred; bound_at: the first place it is bound.
        Both as line (from 0 in the cell), column and end column in code points.
    error: why it cannot be compiled; everything else is empty then.
    reader: the version of the Python that found them, where that is another one than ours.
    empty: whether it has no statements at all.
    """

    binds: frozenset[str] = NOTHING
    certain: frozenset[str] = NOTHING
    reads: frozenset[str] = NOTHING
    deferred: frozenset[str] = NOTHING
    called: frozenset[str] = NOTHING
    amends: frozenset[str] = NOTHING
    pokes: frozenset[str] = NOTHING
    rebinds: frozenset[str] = NOTHING
    alters: frozenset[str] = NOTHING
    guarded: frozenset[str] = NOTHING
    imports: frozenset[str] = NOTHING
    star = False
    dynamic = False
    future: frozenset[str] = NOTHING
    code = ""
    error: SyntaxIssue | None = None
    reader = ""
    empty = False

    def __init__(self, where: dict[str, Place], bound_at: dict[str, Place]) -> None:
        self.where = where
        self.bound_at = bound_at

    def plain(self) -> dict[str, Any]:
        """All of it as plain values, for `of`."""
        if self.error is None:
            return vars(self)
        error = self.error
        return {**vars(self), "error": (error.line, error.column, error.message)}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """The names that `plain` stands for."""
        names = cls.__new__(cls)
        names.__dict__ = plain
        if plain.get("error") is not None:
            names.error = SyntaxIssue(*plain["error"])
        return names


def analyse(source: str, future_annotations: bool = False) -> Names:
    """The names of the cell `source`. Never raises: what Python cannot compile has an `error`.

    `future_annotations` says that an earlier cell has `from __future__ import annotations`.
    """
    try:
        tree = compiled(source, AST_ONLY | TOP_LEVEL_AWAIT)
        if not tree.body:
            names = Names({}, {})
            names.empty = True
            return names
        flow = _walk(tree, future_annotations)
        if flow.doubtful or "__debug__" in source:
            flags = _FUTURE_ANNOTATIONS if future_annotations else 0
            compiled(source, TOP_LEVEL_AWAIT | flags)
        code = digest(tree)
    except _FAILURES as failure:
        names = Names({}, {})
        names.error = _issue(failure, source)
        return names
    return _names(flow, code, source)


def syntax_tree(source: str) -> _ast.Module | None:
    """The syntax tree of a cell's text, None where it cannot be parsed."""
    try:
        return compiled(source, AST_ONLY | TOP_LEVEL_AWAIT)
    except _FAILURES:
        return None


_FAILURES = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError)


def compiled(source: str, flags: int) -> _ast.Module:
    """compile(), without its warnings: they belong to the run of the cell."""
    warnings = sys.modules.get("warnings")
    filters = _first_filters if warnings is None else warnings.filters
    filters.insert(0, _IGNORE)
    try:
        tree: _ast.Module = compile(source, "<cell>", "exec", flags, True)
        return tree
    finally:
        filters.remove(_IGNORE)


def _walk(tree: _ast.Module, future_annotations: bool) -> Flow:
    flow = Flow(future_annotations)
    try:
        flow.block(tree.body)
    except RecursionError:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _DEEP))
        try:
            flow = Flow(future_annotations)
            flow.block(tree.body)
        finally:
            sys.setrecursionlimit(limit)
    return flow


def _names(flow: Flow, code: str, source: str) -> Names:
    where, bound, loads = flow.reads, flow.bound, flow.loads
    names = Names(where, bound)
    names.code = code
    names.dynamic = dynamic = not DYNAMIC.isdisjoint(loads)
    if flow.imported is not None:
        _add_imports(names, flow.imported)
    if flow.guarded is not None:
        names.guarded = frozenset([name for name in flow.guarded if name not in where])
        _add_places(where, flow.guarded)
    names.reads = frozenset(where)
    if bound:
        names.binds = names.certain = frozenset(bound)
        if len(flow.settled) < len(bound):  # what is settled is bound somewhere
            names.certain = frozenset([name for name in bound if name in flow.settled])
    if flow.amends:
        names.amends = flow.amends
    if flow.pokes:
        names.pokes = flow.pokes
    if flow.rebinds:
        names.rebinds = flow.rebinds
    if flow.alters:
        names.alters = flow.alters
    if flow.star:
        names.star = True
    if flow.future:
        names.future = frozenset(flow.future)
    if flow.groups:
        deferred = {name: None for _, group in flow.groups for name in group}
        names.deferred = frozenset(deferred)
        # Code made of text may call anything.
        names.called = names.deferred if dynamic else _called(flow)
        names.dynamic = dynamic or not DYNAMIC.isdisjoint(deferred)
        for _, group in flow.groups:
            _add_places(where, group)
    if flow.inexact or not source.isascii():
        locate(where, source)
        locate(bound, source)
    return names


def _add_imports(names: Names, imported: dict[str, Place]) -> None:
    bound = names.bound_at
    names.imports = frozenset([name for name in imported if name not in bound])
    for name, place in imported.items():
        if name not in bound or place < bound[name]:
            bound[name] = place
    names.dynamic = names.dynamic or not DYNAMIC.isdisjoint(imported)


def _add_places(where: dict[str, Place], more: dict[str, Place]) -> None:
    for name, place in more.items():
        if name not in where:
            where[name] = place


def _called(flow: Flow) -> frozenset[str]:
    """What the functions that the cell itself may call defer.

    A function may be called once anything that runs reads a name that leads to it.
    """
    called: set[str] = set()
    waiting = list(flow.groups)
    while True:
        still = []
        for owners, group in waiting:
            if owners is not None and flow.loads.isdisjoint(owners) and called.isdisjoint(owners):
                still.append((owners, group))
            else:
                called.update(group)
        if len(still) == len(waiting):
            return frozenset(called)
        waiting = list(still)


def _issue(failure: Exception, source: str) -> SyntaxIssue:
    if "\0" in source:
        return _issue_at(source, source.index("\0"), "source code cannot contain null bytes")
    if isinstance(failure, SyntaxError):
        line = max((failure.lineno or 1) - 1, 0)
        return SyntaxIssue(line, max((failure.offset or 1) - 1, 0), failure.msg or "invalid syntax")
    if isinstance(failure, UnicodeError):
        return _issue_at(source, _surrogate(source), "a lone surrogate is no character")
    if isinstance(failure, (RecursionError, MemoryError)):
        return SyntaxIssue(0, 0, "too deeply nested to compile")
    return SyntaxIssue(0, 0, str(failure))


def _issue_at(source: str, offset: int, message: str) -> SyntaxIssue:
    before = source[:offset]
    return SyntaxIssue(before.count("\n"), offset - (before.rfind("\n") + 1), message)


def _surrogate(source: str) -> int:
    return next((at for at, char in enumerate(source) if "\ud800" <= char <= "\udfff"), 0)
