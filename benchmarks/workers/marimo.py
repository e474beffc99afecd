"""Measures marimo's analysis: its compiler and its graph, without its server."""

from __future__ import annotations

import time

from marimo._ast.compiler import compile_cell
from marimo._runtime.dataflow import DirectedGraph

from benchmarks.workers import serve

_graphs: dict[int, DirectedGraph] = {}
_edits = 0


def open_(sources: list[str]) -> float:
    """CPU seconds to compile and register all cells."""
    started = time.process_time()
    graph = DirectedGraph()
    for number, source in enumerate(sources):
        graph.register_cell(str(number), compile_cell(source, cell_id=str(number)))
    seconds = time.process_time() - started
    _graphs[len(sources)] = graph
    return seconds


def edit(cells: int, position: int, source: str) -> float:
    """CPU seconds to put a changed cell into the graph that `open_` made."""
    global _edits
    _edits += 1
    graph = _graphs[cells]
    started = time.process_time()
    graph.delete_cell(str(position))
    graph.register_cell(str(position), compile_cell(f"{source} + {_edits}", cell_id=str(position)))
    return time.process_time() - started


if __name__ == "__main__":
    serve({"open": open_, "edit": edit}, lambda: None)
