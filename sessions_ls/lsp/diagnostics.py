"""What is wrong or out of date, as diagnostics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pygls.uris import from_fs_path

from sessions_ls.lsp import brief
from sessions_ls.lsp.wire import quoted, range_json
from sessions_ls.lsp.words import (
    cell_name,
    duration,
    error_line,
    failure,
    head_line,
    headline,
    last_line,
)
from sessions_ls.reactive.staleness import FRESH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessions_ls.live.view import CellView, View
    from sessions_ls.lsp.documents import Document
    from sessions_ls.lsp.policy import Client
    from sessions_ls.notebook.cells import Cell
    from sessions_ls.notebook.problems import Problem
    from sessions_ls.reactive.staleness import Status
    from sessions_ls.results.record import Record

    # The record is held beside its marks, so that no other one gets its id.
    Kept = dict[tuple[Cell, Status, str, int], tuple[Record | None, list[str]]]

DOCS = "https://github.com/sessions-ls/sessions-ls/blob/main/docs/diagnostics"
"""The folder of the pages that explain each code."""

ERROR, WARNING, INFORMATION, HINT = 1, 2, 3, 4
SEVERITIES = {"error": ERROR, "warning": WARNING, "hint": HINT}
FADED = ',"tags":[1]'
BY_ITSELF = ("fresh", "stale", "interrupted", "new")
"""States whose diagnostics tell of no other cell."""


def diagnostics(
    view: View, document: Document, client: Client, others: Iterable[str], kept: Kept
) -> str:
    """All diagnostics of a notebook, with those made elsewhere: a JSON array.

    They follow what is proven, not what runs at the moment, so that a run does not make them blink.
    ``kept`` is for them alone, empty at first: most marks of a large notebook stay as they were.
    """
    failed = _missing_names(view)
    found = [*others]
    for problem in view.problems:
        missing = failed.get(problem.line)
        if problem.code != "undefined-name" or not missing or missing not in problem.message:
            found.append(_problem(problem, document))
    results = client.policy.results
    # Where nothing has run, that need not be said of each cell.
    unrun = results and any(cell.record is not None for cell in view.cells)
    before = dict(kept)
    kept.clear()
    for cell in view.cells:
        if cell.status is FRESH and not results:
            continue
        if cell.status.state == "new" and not unrun:
            continue
        key = (cell.cell, cell.status, cell.state, id(cell.record))
        known = before.get(key)
        made = list(_of_cell(cell, view, document, client)) if known is None else known[1]
        if cell.status.state in BY_ITSELF:
            kept[key] = (cell.record, made)
        found += made
    return f"[{','.join(found)}]"


def _missing_names(view: View) -> dict[int, str]:
    """By line, each name that a cell failed for want of: the error says all, and is the later."""
    found = {}
    for cell in view.cells:
        if cell.status is FRESH or cell.record is None or cell.record.error is None:
            continue
        line = error_line(cell)
        name = re.match(r"name '(\w+)' is not defined", cell.record.error.message)
        if line is not None and name and cell.record.error.type == "NameError":
            found[line] = f"`{name[1]}`"
    return found


def _of_cell(cell: CellView, view: View, document: Document, client: Client) -> Iterator[str]:
    status, record = cell.status, cell.record
    state = status.state
    if state in ("stale", "interrupted"):
        fade = FADED if client.policy.fade and client.tags else ""
        message = f"{state.capitalize()}: {status.reason}"
        if record is not None and state == "interrupted":
            message = f"Interrupted after {duration(record.runtime_ms)}"
        elif record is not None and record.error is not None and record.state == "error":
            message += f" (the last run failed: {headline(record, brief.WIDEST)[2:]})"
        yield _on_head(cell, document, HINT, "stale-cell", message, fade)
    elif state == "new":
        yield _on_head(cell, document, HINT, "stale-cell", "Not run yet", "")
    elif state == "error" and status.reason is None and record is not None and record.error:
        yield _error(cell, view, document, client)
    elif state == "blocked":
        cause = None if status.cause is None else view.cells[status.cause]
        related = ""
        if cause is not None and client.related:
            place = line_range(document, head_line(cause.cell))
            related = _related([(document.uri, place, cell_name(cause))])
        # The problem is elsewhere: while somebody types there, nothing is to jump here.
        message = f"Blocked: {status.reason}"
        yield _on_head(cell, document, HINT, "blocked-cell", message, related)
    if client.policy.results and record is not None:
        result = brief.result(cell)
        if result:
            place = line_range(document, last_line(cell.cell))
            yield diagnostic(place, INFORMATION, "cell-result", result)


def _error(cell: CellView, view: View, document: Document, client: Client) -> str:
    """The error of a cell, at the line that raised it."""
    record, line = cell.record, error_line(cell)
    assert record is not None
    error = record.error
    assert error is not None
    assert line is not None
    if not client.related:
        text = brief.error(error, view.path, line)
        return diagnostic(line_range(document, line), ERROR, "cell-error", text)
    places = []
    for path, number, function in error.frames:
        if path != view.path:
            place = range_json(number - 1, 0, number, 0)
            places.append((from_fs_path(path) or "", place, f"in {function}"))
        elif number - 1 != line:
            place = line_range(document, min(number, len(document.text)) - 1)
            where = "" if function == "<module>" else f"{function}, "
            places.append((document.uri, place, f"in {where}{_cell_at(view, number - 1)}"))
    told = _related(places)
    return diagnostic(line_range(document, line), ERROR, "cell-error", failure(error), told)


def _cell_at(view: View, line: int) -> str:
    name = ""
    for cell in view.cells:
        if head_line(cell.cell) > line:
            break
        name = cell_name(cell)
    return name


def _problem(problem: Problem, document: Document) -> str:
    start = document.units(problem.line, problem.column)
    end = document.units(problem.line, problem.end_column)
    if end <= start:  # the end of the line is meant
        last = len(document.text.line(problem.line)) - 1
        start = document.units(problem.line, min(problem.column, last))
    return diagnostic(
        range_json(problem.line, start, problem.line, end),
        SEVERITIES[problem.severity],
        problem.code,
        problem.message,
    )


def _on_head(
    cell: CellView, document: Document, severity: int, code: str, message: str, more: str
) -> str:
    return diagnostic(line_range(document, head_line(cell.cell)), severity, code, message, more)


def line_range(document: Document, line: int) -> str:
    """The range of the content of a line, without the blanks around it."""
    start, end = document.text.inside(line, document.encoding)
    return range_json(line, start, line, end)


def _related(places: list[tuple[str, str, str]]) -> str:
    items = [
        f'{{"location":{{"uri":{quoted(uri)},"range":{place}}},"message":{quoted(message)}}}'
        for uri, place, message in places
        if uri
    ]
    return f',"relatedInformation":[{",".join(items)}]' if items else ""


def diagnostic(place: str, severity: int, code: str, message: str, more: str = "") -> str:
    """One diagnostic, as JSON; ``more`` is what else it holds."""
    return (
        f'{{"range":{place},"severity":{severity},"code":"{code}","source":"sessions",'
        f'"codeDescription":{{"href":"{DOCS}/{code}.md"}},"message":{quoted(message)}{more}}}'
    )
