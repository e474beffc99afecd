"""Folding and selection ranges: cells as units, and the blocks of Python inside them."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from lsprotocol import types

from sessions_ls.edits.outline import outline
from sessions_ls.edits.spots import parsed
from sessions_ls.lsp.snapshot import Snapshot, snapshot
from sessions_ls.lsp.symbols import cell_title
from sessions_ls.lsp.wire import Json, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_ls.lsp.server import SessionsServer

Span = tuple[tuple[int, int], tuple[int, int]]
"""Start and end, as (line, column)."""

_KEPT = 16


async def folding_ranges(ls: SessionsServer, params: types.FoldingRangeParams) -> Json | None:
    """`textDocument/foldingRange`: cells first, for clients that take only so many."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    text: str = await shot.work(_folds, shot, ls.client.fold_text, ls.client.fold_limit)
    return Json(text)


def _folds(shot: Snapshot, with_text: bool, limit: int | None) -> str:
    cells, blocks = [], []
    for position, cell in enumerate(shot.source.cells):
        head, last = shot.source.head(position), shot.source.stop(position) - 1
        last = min(last, len(shot.text) - 1)
        while last > head and not shot.text.line(last).strip():
            last -= 1
        if last > head:
            text = (
                f',"collapsedText":{quoted(f"# %% {cell_title(cell.cell)}")}' if with_text else ""
            )
            cells.append(f'{{"startLine":{head},"endLine":{last},"kind":"region"{text}}}')
        if cell.code and not cell.broken:
            start = cell.cell.start
            blocks += [
                f'{{"startLine":{start + first},"endLine":{start + end}}}'
                for first, end in outline(cell.cell.source).folds
            ]
    return f"[{','.join([*cells, *blocks][:limit])}]"


async def selection_ranges(
    ls: SessionsServer, params: types.SelectionRangeParams
) -> list[types.SelectionRange] | None:
    """`textDocument/selectionRange`: expression, statement, block, cell, notebook."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    found: list[types.SelectionRange] = await shot.work(_selections, shot, params.positions)
    return found


def _selections(shot: Snapshot, positions: list[types.Position]) -> list[types.SelectionRange]:
    found = []
    for position in positions:
        chosen: types.SelectionRange | None = None
        for start, end in _around(shot, *shot.point(position)):
            chosen = types.SelectionRange(shot.range(start, end), parent=chosen)
        assert chosen is not None
        found.append(chosen)
    return found


def _around(shot: Snapshot, line: int, column: int) -> list[Span]:
    """What contains a place, from the whole notebook inwards; each within the one before."""
    source, text = shot.source, shot.text
    last = len(text) - 1
    spans: list[Span] = [((0, 0), (last, len(text.line(last))))]
    position = source.at(line)
    if position is not None:
        cell = source.cells[position].cell
        stop = min(source.stop(position), len(text)) - 1
        while stop > source.head(position) and not text.line(stop).strip():
            stop -= 1
        end = (stop, len(text.line(stop)))
        if line <= stop:
            spans.append(((source.head(position), 0), end))
            if cell.marker is not None and cell.start <= line:
                spans.append(((cell.start, 0), end))
            spans += _nodes(shot, position, line, column)
    spans.append(((line, 0), (line, len(text.line(line)))))
    found = [spans[0]]
    for span in sorted(spans[1:], key=lambda span: (span[0], (-span[1][0], -span[1][1]))):
        if found[-1][0] <= span[0] and span[1] <= found[-1][1] and span != found[-1]:
            found.append(span)
    return found


def _nodes(shot: Snapshot, position: int, line: int, column: int) -> Iterator[Span]:
    """The nodes of a cell's tree that contain a place, and runs of statements in one block."""
    cell = shot.source.cells[position].cell
    shift = shot.source.shift(line)
    for first, start, last, end in _node_spans(cell.source):
        span = ((cell.start + first, start + shift), (cell.start + last, end + shift))
        if span[0] <= (line, column) <= span[1]:
            yield span


@functools.lru_cache(_KEPT)
def _node_spans(source: str) -> tuple[tuple[int, int, int, int], ...]:
    """The places of all nodes and blocks of a cell, in code points."""
    tree = parsed(source)
    if tree is None:
        return ()
    lines = source.split("\n")

    def points(line: int, column: int) -> int:
        text = lines[line]
        if text.isascii():
            return column
        return len(text.encode()[:column].decode("utf-8", "replace"))

    found = []
    for node in ast.walk(tree):
        parts = [(node, node)]
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and not isinstance(node, ast.Module):
                parts.append((block[0], block[-1]))
        for one, other in parts:
            first, last = getattr(one, "lineno", 0) - 1, (getattr(other, "end_lineno", 0) or 0) - 1
            if first >= 0 and last >= 0:
                start = points(first, getattr(one, "col_offset", 0))
                found.append(
                    (first, start, last, points(last, getattr(other, "end_col_offset", 0)))
                )
    return tuple(found)
