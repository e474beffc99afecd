"""`--set name=value`: another value for a constant of the notebook, for one run.

The text that runs is changed, never the file; the line numbers stay.
"""

from __future__ import annotations

import ast
import warnings

from sessions_ls.cli.arguments import UsageError
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.notebook.lines import split_lines
from sessions_ls.reactive.names import analyse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessions_ls.notebook.cells import Cell

_NUMBER = (int, float, complex)
_SHOWN = 10
"""So many names are given as what could be set instead."""


class _Constant:
    """A top-level `name = literal`: where its literal stands in the file, and its value."""

    def __init__(self, cell: Cell, name: str, node: ast.expr, value: object) -> None:
        self.cell = cell
        self.name = name
        self.value = value
        first, last = node.lineno, node.end_lineno or node.lineno
        self.start = (cell.start + first - 1, node.col_offset)
        self.stop = (cell.start + last - 1, node.end_col_offset or node.col_offset)


def with_values(text: str, settings: Sequence[str], path: str) -> str:
    """The notebook's text with `name=value` carried out for each of `settings`.

    Raises UsageError for a name that is no constant or several, and for a value of another type.
    """
    return changed(text, settings, path, "--set ")[0]


def changed(text: str, settings: Sequence[str], path: str, option: str) -> tuple[str, list[int]]:
    """That text, and the numbers of the cells that it changes. Raises UsageError.

    ``option`` stands before the name in the sentences.
    """
    wanted = dict(_pair(setting, option) for setting in settings)
    cells = [c for c in read_notebook(text).cells if c.kind == "code" and not c.disabled]
    known: dict[str, list[_Constant]] = {}
    for cell in cells:
        for constant in _constants(cell):
            known.setdefault(constant.name, []).append(constant)
    chosen = []
    for name, value in wanted.items():
        found = known.get(name, [])
        if len(found) != 1:
            raise UsageError(f"{option}{name}: {_why_not(name, known, cells, path)}")
        chosen.append((found[0], _literal(name, value, found[0].value, option)))
    lines = split_lines(text)
    for constant, literal in sorted(chosen, key=lambda pair: pair[0].start, reverse=True):
        _replace(lines, constant, literal)
    return "".join(lines), sorted({constant.cell.number for constant, _ in chosen})


def _pair(setting: str, option: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier():
        raise UsageError(f"{option}{setting}: it takes name=value")
    return name, value


def _constants(cell: Cell) -> Iterator[_Constant]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(cell.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return  # the run will say so
    for statement in tree.body:
        target: ast.expr | None = None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        if isinstance(target, ast.Name):
            try:
                yield _Constant(cell, target.id, value, ast.literal_eval(value))
            except (ValueError, TypeError, RecursionError, MemoryError):
                continue  # computed


def _why_not(name: str, known: dict[str, list[_Constant]], cells: Sequence[Cell], path: str) -> str:
    found = known.get(name, [])
    numbers = sorted({constant.cell.number for constant in found})
    if len(numbers) > 1:
        listed = ", ".join(str(number) for number in numbers)
        return f"it is set in cells {listed} of {path}, which is ambiguous"
    if found:
        return f"cell {numbers[0]} of {path} sets it several times, which is ambiguous"
    for cell in cells:
        if name in analyse(cell.source).binds:
            return f"cell {cell.number} of {path} computes it; only a plain constant can be set"
    single = [other for other, places in known.items() if len(places) == 1]
    if not single:
        return f"{path} has no such constant, nor any other"
    more = ", …" if len(single) > _SHOWN else ""
    return f"{path} has no such constant; it has {', '.join(single[:_SHOWN])}{more}"


def _literal(name: str, text: str, present: object, option: str) -> str:
    """The new literal's source. For a text any value will do, quoted or not."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
        value = ast.literal_eval(tree)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        tree, value = None, text
    if isinstance(present, str):
        return repr(value if isinstance(value, str) else text)
    if isinstance(present, bool) and text.strip().lower() in ("true", "false"):
        return text.strip().title()
    if tree is None and present is not None:
        raise UsageError(
            f"{option}{name}={text}: {text!r} is no Python literal; "
            f"{name} is {present!r} in the file"
        )
    if not _same_kind(value, present):
        raise UsageError(
            f"{option}{name}={text}: {name} is {present!r} in the file, "
            f"{_kind(present)}, and this is {_kind(value)}"
        )
    return repr(value) if tree is None else ast.unparse(tree)


def _same_kind(value: object, present: object) -> bool:
    if present is None:
        return True
    if isinstance(value, bool) or isinstance(present, bool):
        return type(value) is type(present)
    if isinstance(value, _NUMBER) and isinstance(present, _NUMBER):
        return True
    return type(value) is type(present)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, _NUMBER):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "None" if value is None else f"a {type(value).__name__}"


def _replace(lines: list[str], constant: _Constant, literal: str) -> None:
    """Put a literal in place of the constant's, over as many lines."""
    (first, start), (last, stop) = constant.start, constant.stop
    before = lines[first].encode()[:start].decode()
    after = lines[last].encode()[stop:].decode()
    if last > first:
        body = "".join(_line_end(line) for line in lines[first:last])
        literal = f"({body}{literal})"
    lines[first : last + 1] = split_lines(f"{before}{literal}{after}")


def _line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
