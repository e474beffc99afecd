"""Symbols: the cells of a notebook, and in each what it defines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from sessions_ls.edits.outline import Outline, outline
from sessions_ls.lsp.snapshot import Snapshot, snapshot
from sessions_ls.lsp.wire import Json, quoted, range_json
from sessions_ls.results.text import first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_ls.edits.outline import Symbol
    from sessions_ls.lsp.server import SessionsServer
    from sessions_ls.notebook.cells import Cell
    from sessions_ls.reactive.program import ProgramCell

KINDS = {
    "class": types.SymbolKind.Class,
    "constant": types.SymbolKind.Constant,
    "function": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "variable": types.SymbolKind.Variable,
}
CELL, TEXT = types.SymbolKind.Module, types.SymbolKind.String
WORDLESS = re.compile(r"[rR]?(\"{3}|'{3})|={3,}|-{3,}")
"""Lines before the first words of a docstring."""
WIDTH = 40  # columns of a name made of a cell's first line
NOTEBOOKS = 16  # whose symbols are kept
MOST = 200  # answers to a question about all notebooks


async def document_symbols(ls: SessionsServer, params: types.DocumentSymbolParams) -> Json | None:
    """`textDocument/documentSymbol`: nested where the client takes it."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    text: str = await shot.work(ls.outlines.document, shot, ls.client.nested_symbols)
    return Json(text)


async def workspace_symbols(ls: SessionsServer, params: types.WorkspaceSymbolParams) -> Json:
    """`workspace/symbol`: of the notebooks that are open."""
    found: list[str] = []
    for uri in list(ls.workspace.text_documents):
        shot = await snapshot(ls, uri)
        if shot is not None and len(found) < MOST:
            found += await shot.work(_matching, shot, params.query)
    return Json(f"[{','.join(found[:MOST])}]")


def cell_title(cell: Cell) -> str:
    """What a cell is called in a list: its title, else its number and first line."""
    if cell.title:
        return cell.title
    lines = (line.strip() for line in cell.source.split("\n"))
    if cell.kind == "code":
        code = (line for line in lines if line and not line.startswith("#"))
        text = next((line for line in code if not WORDLESS.fullmatch(line)), "")
    else:
        text = next((words for line in lines if (words := line.strip("# \t\"'"))), "")
    text = first_line(text, WIDTH)
    return f"Cell {cell.number}: {text}" if text else f"Cell {cell.number}"


def _outline(cell: ProgramCell) -> Outline:
    return outline(cell.cell.source) if cell.code and not cell.broken else Outline([], [])


class Outlines:
    """The symbols of each cell as JSON text; a cell that did not change or move keeps its own."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, tuple[Cell, str]]] = {}

    def document(self, shot: Snapshot, nested: bool) -> str:
        """The answer to `textDocument/documentSymbol`."""
        before = self._known.get(shot.uri, {})
        found: dict[int, tuple[Cell, str]] = {}
        for position, program_cell in enumerate(shot.source.cells):
            cell = program_cell.cell
            known = before.get(position)
            if known is None or known[0] is not cell:
                known = (cell, _of_cell(shot, position, nested))
            found[position] = known
        self._known.pop(shot.uri, None)
        self._known[shot.uri] = found  # the last ones asked for are at the end
        while len(self._known) > NOTEBOOKS:
            del self._known[next(iter(self._known))]
        return f"[{','.join(text for _, text in found.values())}]"


def _of_cell(shot: Snapshot, position: int, nested: bool) -> str:
    cell = shot.source.cells[position]
    start, title = cell.cell.start, cell_title(cell.cell)
    head = shot.source.head(position)
    last = min(shot.source.stop(position), len(shot.text)) - 1
    kind = CELL if cell.cell.kind == "code" else TEXT
    whole, symbols = shot.range_json(head, last), _outline(cell).symbols
    if nested:
        children = ",".join(_nested(shot, start, symbol) for symbol in symbols)
        return (
            f'{{"name":{quoted(title)},"detail":"cell {position + 1}","kind":{kind.value},'
            f'"range":{whole},"selectionRange":{shot.range_json(head, head)},'
            f'"children":[{children}]}}'
        )
    found = [_flat(shot, quoted(title), kind, whole, "")]
    for symbol in symbols:
        found += _flattened(shot, cell.cell, symbol, title)
    return ",".join(found)


def _nested(shot: Snapshot, start: int, symbol: Symbol) -> str:
    children = ",".join(_nested(shot, start, inner) for inner in symbol.inner)
    return (
        f'{{"name":{quoted(symbol.name)},"kind":{KINDS[symbol.kind].value},'
        f'"range":{shot.range_json(start + symbol.first, start + symbol.last)},'
        f'"selectionRange":{_name_range(shot, start, symbol)},"children":[{children}]}}'
    )


def _name_range(shot: Snapshot, start: int, symbol: Symbol) -> str:
    line = start + symbol.line
    column = symbol.column + shot.source.shift(line)
    first, last = shot.units(line, column), shot.units(line, column + len(symbol.name))
    return range_json(line, first, line, last)


def _flattened(shot: Snapshot, cell: Cell, symbol: Symbol, container: str) -> Iterator[str]:
    place = _name_range(shot, cell.start, symbol)
    yield _flat(shot, quoted(symbol.name), KINDS[symbol.kind], place, container)
    for inner in symbol.inner:
        yield from _flattened(shot, cell, inner, symbol.name)


def _flat(shot: Snapshot, name: str, kind: types.SymbolKind, place: str, container: str) -> str:
    within = f',"containerName":{quoted(container)}' if container else ""
    return (
        f'{{"name":{name},"kind":{kind.value},'
        f'"location":{{"uri":{quoted(shot.uri)},"range":{place}}}{within}}}'
    )


def _matching(shot: Snapshot, query: str) -> list[str]:
    wanted = query.lower()
    found = []
    for position, cell in enumerate(shot.source.cells):
        title = cell_title(cell.cell)
        if _matches(wanted, title):
            head = shot.source.head(position)
            kind = CELL if cell.cell.kind == "code" else TEXT
            found.append(_flat(shot, quoted(title), kind, shot.range_json(head, head), ""))
        stack = list(_outline(cell).symbols)
        while stack:
            symbol = stack.pop(0)
            stack = [*symbol.inner, *stack]
            if _matches(wanted, symbol.name):
                place = _name_range(shot, cell.cell.start, symbol)
                found.append(_flat(shot, quoted(symbol.name), KINDS[symbol.kind], place, title))
        if len(found) >= MOST:
            break
    return found


def _matches(query: str, name: str) -> bool:
    """Whether the characters of the query occur in the name, in this order."""
    rest = iter(name.lower())
    return all(character in rest for character in query)
