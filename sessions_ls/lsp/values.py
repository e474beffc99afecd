"""The live value of a name in a code cell, as it is seen there."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from sessions_ls.lsp.words import cell_name
from sessions_ls.reactive.occurrence import makers, name_at

if TYPE_CHECKING:
    from sessions_ls.live.view import CellView, View
    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer
    from sessions_ls.reactive.occurrence import Occurrence

PATIENCE = 0.05
"""Seconds that a live value may take; without one in that time nothing is said."""


class Value:
    """What is said of a name, as Markdown and as plain text, and where the name stands."""

    __slots__ = ("markdown", "plain", "span")

    def __init__(self, variable: dict[str, Any], maker: CellView, span: types.Range) -> None:
        name, kind, text = variable["name"], variable["qualified"], variable["value"]
        size = f" · {variable['size']}" if variable["size"] else ""
        made = _made(variable, maker)
        parts = [f"**{_escaped(name)}** · {_code(kind)}{size}", _code(text), _escaped(made)]
        self.markdown = "\n\n".join(part for part in parts if part)
        self.plain = "\n".join(part for part in (f"{name} · {kind}{size}", text, made) if part)
        self.span = span


async def value_at(
    ls: SessionsServer, notebook: OpenNotebook, view: View, position: types.Position
) -> Value | None:
    """The value of the name at a place. None without one, and while a cell runs."""
    document, session = notebook.document, notebook.session
    if document is None or session is None or view.kernel["state"] != "idle":
        return None
    line, column = document.position(position)
    cell = _cell_at(view, line)
    found = name_at(cell.cell.source, line - cell.cell.start, column) if cell is not None else None
    if cell is None or found is None:
        return None
    cells = [view.cells[place] for place in _makers(view, cell, found)]
    only = [(maker.ident, found.name) for maker in cells]
    if not only:
        return None
    span = types.Range(
        types.Position(line, document.units(line, found.column)),
        types.Position(line, document.units(line, found.end)),
    )
    asked = ls.blocking(session.variables, None, only, PATIENCE)
    try:
        answer: dict[str, Any] = await asyncio.wait_for(asked, PATIENCE)
    except TimeoutError:
        return None
    for variable in answer["variables"]:
        [maker] = [one for one in cells if one.ident == variable["id"]]
        return Value(variable, maker, span)
    return None


def _cell_at(view: View, line: int) -> CellView | None:
    """The code cell whose text has this line, from 0."""
    for cell in view.cells:
        if cell.cell.start <= line < cell.cell.stop:
            return cell if cell.runs else None
    return None


def _makers(view: View, cell: CellView, found: Occurrence) -> list[int]:
    position = cell.number - 1
    return makers([one.names for one in view.cells], view.needs[position], position, found)


def _made(variable: dict[str, Any], maker: CellView) -> str:
    """Which cell made it, and whether that can be relied on."""
    said = f"from {cell_name(maker)}"
    if not variable["held"]:
        return f"{said}; changed in place since, made again when it is needed"
    if maker.state == "fresh":
        return said
    reason = f": {maker.status.reason}" if maker.status.reason else ""
    return f"{said}, which is {maker.state}{reason}"


def _code(text: str) -> str:
    """Text in a line as it is, whatever backticks it holds."""
    if not text:
        return ""
    marks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{marks}{text}{marks}" if len(marks) == 1 else f"{marks} {text} {marks}"


def _escaped(text: str) -> str:
    """Text of the person as Markdown shows it."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>" else c for c in text)
