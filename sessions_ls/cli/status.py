"""`sessions status`: each cell's state, the reason for it, and its result. Starts no kernel."""

from __future__ import annotations

import sys

from sessions_ls.cli import OK, console, source
from sessions_ls.cli.arguments import Arguments
from sessions_ls.cli.check import problem_line
from sessions_ls.cli.opening import looked_at
from sessions_ls.cli.rendering import headline, shown
from sessions_ls.cli.trim import trimmed_cell
from sessions_ls.results.text import first_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.live.view import CellView, View

_COLOURS = {"fresh": "32", "error": "31", "blocked": "33", "stale": "33", "interrupted": "33"}
_LONGEST = 200
"""Characters of a result's first line, where no terminal sets a limit."""
_LINES = 40
"""Lines of each text in JSON; `sessions show` has them all."""


def main(args: list[str]) -> int:
    """Carry out `sessions status`. Raises SessionsError where the request is wrong."""
    arguments = Arguments(
        "status",
        "Show each cell's state, why it is so, and the first line of its last result.",
        "sessions status notebook.py --json",
    )
    arguments.place("NOTEBOOK", "a Python file with `# %%` cells")
    given = arguments.option("--json", "", "print one JSON object").parse(args)
    path = given["NOTEBOOK"]
    text, digest = source.read(path)
    client = looked_at(path, text, "sessions status")
    view = client.view()
    client.close()
    if given.has("--json"):
        from sessions_ls.cli.jsontext import laid_out

        sys.stdout.write(laid_out(_plain(view, digest)))
    else:
        sys.stdout.write(_table(view, path))
    return OK


def _plain(view: View, digest: str) -> dict[str, Any]:
    """The view for JSON, with the hash of the file's bytes, its long texts trimmed."""
    whole = view.to_json()
    cells = [trimmed_cell(cell, _LINES) for cell in whole["cells"]]
    return {"notebook": whole["notebook"], "source": digest, **whole, "cells": cells}


def _table(view: View, path: str) -> str:
    paint = console.Paint(sys.stdout)
    kernel = view.kernel
    lines = [paint("2", f"{path} · {kernel['python']} ({kernel['reason']})")]
    rows = [_row(cell) for cell in view.cells]
    widths = [max((console.width(row[i]) for row in rows), default=0) for i in range(4)]
    columns = console.columns(sys.stdout) if console.is_terminal(sys.stdout) else 0
    for number, state, time, title, said in rows:
        space = " " * (widths[3] - console.width(title))
        start = f"{number:>{widths[0]}}  "
        rest = f"  {time:>{widths[2]}}  {title}{space}  {said}".rstrip()
        if columns:
            rest = console.fitted(rest, columns - len(start) - widths[1])
        colour = _COLOURS.get(state, "2")
        lines.append(f"{start}{paint(colour, f'{state:<{widths[1]}}')}{rest}".rstrip())
    lines += [problem_line(path, problem) for problem in view.problems]
    return "\n".join(lines) + "\n"


def _row(cell: CellView) -> tuple[str, str, str, str, str]:
    state, time = cell.state, ""
    if cell.cell.kind != "code":
        state = cell.cell.kind
    elif not cell.runs and state == "fresh":
        state = "empty"
    elif cell.record is not None:
        time = console.duration(cell.record.runtime_ms / 1000)
    return str(cell.number), state, time, cell.cell.title or "", _said(cell)


def _said(cell: CellView) -> str:
    """The reason for the state, else the first line of what the cell gave."""
    record, reason = cell.record, cell.status.reason
    if reason is not None:
        return first_line(reason, _LONGEST)
    if record is None:
        return ""
    if record.error is not None:
        return first_line(headline(record.error), _LONGEST)
    for text in (record.text, *shown(record.outputs), record.stdout):
        line = first_line(text, _LONGEST)
        if line:
            return line
    return ""
