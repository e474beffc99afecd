"""Exact places of what stands inside f-strings, for parsers that do not know them (before 3.12)."""

from __future__ import annotations

import ast
import re

from sessions_ls.reactive.names import AST_ONLY, compiled

_PREFIX = re.compile(r"([A-Za-z]{0,2})('''|\"\"\"|'|\")")
_BETWEEN = re.compile(r"(?:[ \t\f\n]|\\\n|#[^\n]*)*")
_NAMED = re.compile(r"\\N\{[^}]*\}")
_OPENING, _CLOSING = "([{", ")]}"

Field = tuple[int, int, "list[Field]"]
"""Start and end of an expression in the text, and the fields in its format."""


class Misplaced(Exception):
    """The text and the tree do not fit together."""


def mend(tree: ast.AST, source: str) -> None:
    """Parse the expressions in every f-string of ``tree`` again, each with its place in ``source``.

    Raises Misplaced when that cannot be done; the tree is of no use then.
    """
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr):
            _mend_string(node, source, starts)
        else:
            stack += ast.iter_child_nodes(node)


def _mend_string(node: ast.JoinedStr, source: str, starts: list[int]) -> None:
    start = _offset(source, starts, node.lineno, node.col_offset)
    end = _offset(source, starts, node.end_lineno or 0, node.end_col_offset or 0)
    fields: list[Field] = []
    while start < end:
        start = _literal(source, start, end, fields)
        between = _BETWEEN.match(source, start)
        start = between.end() if between else start
    _replace(node, fields, source, starts)


def _replace(node: ast.JoinedStr, fields: list[Field], source: str, starts: list[int]) -> None:
    parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
    if len(parts) != len(fields):
        raise Misplaced
    for part, (start, end, inner) in zip(parts, fields, strict=True):
        part.value = _parsed(source, start, end, starts)
        if isinstance(part.format_spec, ast.JoinedStr):
            _replace(part.format_spec, inner, source, starts)
        elif inner:
            raise Misplaced


def _parsed(source: str, start: int, end: int, starts: list[int]) -> ast.expr:
    """The expression that stands there, with its place in the whole source."""
    text = f"({source[start:end]})"
    try:
        statement = compiled(text, AST_ONLY).body[0]
    except (SyntaxError, ValueError) as error:
        raise Misplaced from error
    if not isinstance(statement, ast.Expr):
        raise Misplaced
    mend(statement, text)
    tree = statement.value
    line = source.count("\n", 0, start)
    column = len(source[starts[line] : start].encode()) - 1  # less the parenthesis
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.keyword | ast.arg):
            if node.lineno == 1:
                node.col_offset += column
            if node.end_lineno == 1 and node.end_col_offset is not None:
                node.end_col_offset += column
            node.lineno += line
            node.end_lineno = (node.end_lineno or 0) + line
    return tree


def _offset(source: str, starts: list[int], line: int, column: int) -> int:
    """The code points before a place of a tree."""
    text = source[starts[line - 1] : starts[line]]
    return starts[line - 1] + len(text.encode()[:column].decode("utf-8", "replace"))


def _literal(source: str, start: int, end: int, fields: list[Field]) -> int:
    """Take in one string literal; where it ends."""
    opening = _PREFIX.match(source, start)
    if opening is None:
        raise Misplaced
    prefix, quotes = opening.group(1).lower(), opening.group(2)
    at = opening.end()
    while at < end:
        if source.startswith(quotes, at):
            return at + len(quotes)
        character = source[at]
        if character == "\\" and "f" in prefix and "r" not in prefix:
            named = _NAMED.match(source, at)
            at = named.end() if named else at + (1 if source[at + 1] in "{}" else 2)
        elif character == "\\":
            at += 1 if "f" in prefix and source[at + 1] in "{}" else 2
        elif "f" in prefix and character in "{}":
            if source[at + 1] == character:
                at += 2
            else:
                at = _field(source, at, end, fields)
        else:
            at += 1
    raise Misplaced


def _field(source: str, brace: int, end: int, fields: list[Field]) -> int:
    """Take in one replacement field; where it ends."""
    stop = _expression_end(source, brace + 1, end)
    inner: list[Field] = []
    fields.append((brace + 1, stop, inner))
    at = stop
    while at < end and source[at] not in ":}":  # `=`, blanks, `!r`
        at += 1
    if source[at : at + 1] == ":":
        at += 1
        while at < end and source[at] != "}":
            at = _field(source, at, end, inner) if source[at] == "{" else at + 1
    if at >= end:
        raise Misplaced
    return at + 1


def _expression_end(source: str, at: int, end: int) -> int:
    depth = 0
    while at < end:
        character = source[at]
        if character in "'\"":
            at = _literal(source, at, end, [])
            continue
        if not depth and character in "!:=<>}":
            if character in "!=<>" and source[at + 1] == "=":
                at += 2
                continue
            if character not in "<>":
                return at
        depth += (character in _OPENING) - (character in _CLOSING)
        at += 1
    raise Misplaced
