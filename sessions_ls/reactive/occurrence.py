"""The name at a place in a cell's text, where it is one of the module's, and who gives its value.

Not for attributes, strings, comments, parameters, and names that are local to a function, a class
or a comprehension.
"""

from __future__ import annotations

import ast
import keyword
from itertools import pairwise

from sessions_ls.notebook.lines import split_lines
from sessions_ls.reactive.names import syntax_tree
from sessions_ls.reactive.syntax import parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sessions_ls.reactive.program import ProgramCell

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_STRINGS = (ast.JoinedStr, ast.FormattedValue)
_CAPTURES = (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)


class Occurrence:
    """A name in the text of a cell: ``line`` from 0 in the cell, columns in code points.

    ``binds``: the name is bound here. ``early``: it is read before the statement that binds it
    first is over. ``later``: code that runs when it is called reads it.
    """

    __slots__ = ("binds", "column", "early", "end", "later", "line", "name")

    def __init__(self, name: str, line: int, column: int, end: int) -> None:
        self.name = name
        self.line = line
        self.column = column
        self.end = end
        self.binds = False
        self.early = False
        self.later = False


def name_at(source: str, line: int, column: int) -> Occurrence | None:
    """The name at a place of a cell's text, None where no name of the module stands."""
    lines = split_lines(source)
    text = lines[line] if 0 <= line < len(lines) else ""
    start, end = _word(text, column)
    name = text[start:end]
    if not name.isidentifier() or keyword.iskeyword(name):
        return None
    tree = syntax_tree(source)
    if tree is None:
        return None
    found = Occurrence(name, line, start, end)
    path = _path(tree, line + 1, len(text[:start].encode("utf-8", "surrogatepass")))
    if not _stands_for_name(path[-1], found, text) or not _is_of_module(path, found):
        return None
    found.early = not found.binds and _before_binding(tree, path, name)
    return found


def makers(
    cells: Sequence[ProgramCell], needs: Mapping[str, int], position: int, found: Occurrence
) -> list[int]:
    """The cells that may have given the name the value it has there; the first that has one did.

    ``needs`` are those of the cell at ``position``, as in `Resolution`.
    """
    name, facts = found.name, cells[position].facts
    need = needs.get(name)
    given = [] if need is None else [need]
    if found.binds:
        return [position]
    if found.later:
        own = [position] if name in facts.changes else []
        return given + own or _defined(cells, name, position)
    if name not in facts.changes:
        return given
    if name not in facts.binds:  # it changes what it was given in place
        return [position, *given]
    return given if found.early and name in facts.reads else [position]


def _defined(cells: Sequence[ProgramCell], name: str, position: int) -> list[int]:
    """The nearest cell above that defines the name, else the first below."""
    places = [place for place, cell in enumerate(cells) if name in cell.facts.binds]
    above = [place for place in places if place < position]
    return above[-1:] or places[:1]


# -- where it stands -----------------------------------------------------------------------------


def _word(text: str, column: int) -> tuple[int, int]:
    start = end = min(column, len(text))
    while start and _in_word(text[start - 1]):
        start -= 1
    while end < len(text) and _in_word(text[end]):
        end += 1
    return start, end


def _in_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _path(tree: ast.Module, line: int, column: int) -> list[ast.AST]:
    """The nodes around a place, from the module inwards."""
    path: list[ast.AST] = [tree]
    while True:
        for child in _parts(path[-1]):
            if _covers(child, line, column):
                path.append(child)
                break
        else:
            return path


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """The children that have a place; those without one are taken apart.

    The parts of an f-string that are no names have a wrong one before Python 3.12.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant):
            continue
        if hasattr(child, "lineno") and not isinstance(child, _STRINGS):
            yield child
        else:
            yield from _parts(child)


def _covers(node: ast.AST, line: int, column: int) -> bool:
    starts = [node, *getattr(node, "decorator_list", ())]
    first = min((one.lineno, one.col_offset) for one in starts)
    end = (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    return first <= (line, column) < end


def _stands_for_name(node: ast.AST, found: Occurrence, text: str) -> bool:
    """Whether the node around the place is the name itself; notes whether it is bound there."""
    name = found.name
    if isinstance(node, ast.Name):
        found.binds = isinstance(node.ctx, ast.Store)
        return node.id == name
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return name in node.names
    found.binds = True
    if isinstance(node, ast.alias):
        return name == (node.asname or node.name.partition(".")[0]) and not text[
            : found.column
        ].endswith(".")
    if isinstance(node, _DEFINITIONS):
        before = text[: found.column].split()[-1:]
        return node.name == name and before in (["def"], ["class"])
    return isinstance(node, _CAPTURES) and node.name == name


# -- whose it is ---------------------------------------------------------------------------------


def _is_of_module(path: list[ast.AST], found: Occurrence) -> bool:
    """Whether the name is not local to anything around it; notes whether it is used later."""
    scopes = [node for node, inner in pairwise(path) if _is_inside(node, inner)]
    found.later = any(isinstance(node, _FUNCTIONS) for node in scopes)
    for depth, node in enumerate(reversed(scopes)):
        if isinstance(node, ast.ClassDef) and depth:
            continue  # a function in a class does not see the names of the class
        bound, world = _bound_in(node)
        if found.name in world:
            return True
        if found.name in bound:
            return False
    return True


def _is_inside(node: ast.AST, inner: ast.AST) -> bool:
    """Whether a part of a node belongs to the scope that the node opens."""
    if isinstance(node, ast.Lambda):
        return inner is node.body or inner in parameters(node.args)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return inner in node.body or inner in parameters(node.args)
    if isinstance(node, ast.ClassDef):
        return inner in node.body
    if isinstance(node, _COMPREHENSIONS):
        return inner is not node.generators[0].iter
    return False


def _bound_in(node: ast.AST) -> tuple[set[str], set[str]]:
    """The names that a scope binds for itself, and those it declares global."""
    bound: set[str] = set()
    world: set[str] = set()
    if isinstance(node, _COMPREHENSIONS):
        _add_bound([part.target for part in node.generators], bound, world)
        return bound, world
    if isinstance(node, _FUNCTIONS):
        bound.update(parameter.arg for parameter in parameters(node.args))
    if not isinstance(node, ast.Lambda):
        _add_bound(node.body, bound, world)  # type: ignore[attr-defined]
    return bound - world, world


def _add_bound(nodes: Iterable[ast.AST], bound: set[str], world: set[str]) -> None:
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
        elif isinstance(node, _DEFINITIONS):
            bound.add(node.name)
        elif isinstance(node, ast.Global):
            world.update(node.names)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, _COMPREHENSIONS):
            stack += [part.target for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, _CAPTURES) and node.name:
                bound.add(node.name)
            elif isinstance(node, ast.MatchMapping) and node.rest:
                bound.add(node.rest)
            stack += ast.iter_child_nodes(node)


def _before_binding(tree: ast.Module, path: list[ast.AST], name: str) -> bool:
    """Whether the place is above the end of the first statement that binds the name."""
    for statement in tree.body:
        bound: set[str] = set()
        _add_bound([statement], bound, set())
        if name in bound:
            return statement is path[1]
        if statement is path[1]:
            return True
    return True
