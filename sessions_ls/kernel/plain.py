"""Cells that provably reach nothing but their own names and plain values.

`rate = 0.3` and `area = width * height` can neither see a name that they do not mention nor change
a value that another cell holds. For them the namespace need not be set to their place in the file,
and nothing has to be looked at afterwards.
"""

from __future__ import annotations

import _ast

from .execute import ONLY_AST, UNCOMPILABLE, strictly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Optional, Set

    from .versions import Version

#: Of these kinds operators, formatting and `repr` run no code but the interpreter's.
KINDS = (int, float, complex, bool, str, bytes, type(None))
#: Expressions that call nothing but operators, and whose parts can be gone through in any order.
EXPRESSIONS = (
    _ast.BinOp, _ast.BoolOp, _ast.Compare, _ast.Constant, _ast.Dict, _ast.FormattedValue,
    _ast.IfExp, _ast.JoinedStr, _ast.List, _ast.Set, _ast.Slice, _ast.Starred, _ast.Subscript,
    _ast.Tuple, _ast.UnaryOp,
)  # fmt: skip
OPERATORS = (_ast.boolop, _ast.cmpop, _ast.expr_context, _ast.operator, _ast.unaryop)
#: Characters of a cell; to go through a longer one would cost more than it saves.
LONGEST = 2000
ANY = ("error", None, Warning, None, 0)


def is_plain(source: str, inputs: Dict[str, Optional[Version]]) -> bool:
    """Whether a cell that is given ``inputs`` reaches nothing but them and what it binds."""
    if len(source) > LONGEST:
        return False
    for version in inputs.values():
        if version is None or type(version.value) not in KINDS:
            return False
    try:
        tree: Any = strictly(ANY, compile, source, "<cell>", "exec", ONLY_AST, True)
    except UNCOMPILABLE:  # also what the compiler warns of: it would do so twice
        return False
    bound = set(inputs)
    return all(_binds_plainly(statement, bound) for statement in tree.body)


def _binds_plainly(statement: Any, bound: Set[str]) -> bool:
    """Whether a statement is an expression or binds names to one; these are ``bound`` from now."""
    kind = type(statement)
    if kind is not _ast.Expr and kind is not _ast.Assign:
        return False
    if not _reads_only(bound, [statement.value]):
        return False
    targets = list(statement.targets) if kind is _ast.Assign else []
    while targets:
        target = targets.pop()
        if type(target) is _ast.Tuple:
            targets += target.elts
        elif type(target) is not _ast.Name or target.id.startswith("__"):
            return False
        else:
            bound.add(target.id)
    return True


def _reads_only(names: Set[str], parts: Iterable[Any]) -> bool:
    """Whether these expressions are made of constants, operators and ``names`` alone."""
    pending = list(parts)
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind is _ast.Name:
            if part.id not in names:
                return False
        elif kind in EXPRESSIONS:
            for field in part._fields:
                value = getattr(part, field)
                if isinstance(value, list):
                    pending += value
                elif isinstance(value, _ast.AST):
                    pending.append(value)
        elif part is not None and not isinstance(part, OPERATORS):
            return False
    return True
