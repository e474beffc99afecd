"""`sessions variables`: what the names of a live notebook hold. Starts and changes nothing."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import FAILED, OK, console
from sessions_ls.cli.arguments import Arguments
from sessions_ls.cli.opening import looked_at
from sessions_ls.notebook.files import read_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEAD = ("name", "type", "size", "value", "cell")
_VALUE = 3
_NARROWEST = 12
"""Columns that values get in any case."""


def main(args: list[str]) -> int:
    """Carry out `sessions variables`. Raises SessionsError where the request is wrong."""
    arguments = Arguments(
        "variables",
        "Show what the names of a live notebook hold, and which cell made each.",
        "sessions variables notebook.py",
    )
    arguments.place("NOTEBOOK", "a Python file with `# %%` cells")
    arguments.option("--json", "", "print one JSON object; modules and names like `_x` are in it")
    given = arguments.parse(args)
    path = given["NOTEBOOK"]
    answer, live = _asked(path)
    if not live:
        name = os.path.basename(path)
        answer["why"] = f"{name} is not live: nothing holds its variables"
    if answer["why"] is not None:
        console.message(answer["why"])
    shown = [one for one in answer["variables"] if not one["private"] and one["kind"] != "module"]
    if given.has("--json"):
        import json

        sys.stdout.write(json.dumps(answer, indent=1) + "\n")
    elif shown:
        sys.stdout.write(_table(shown))
    return OK if live and (answer["current"] or answer["variables"]) else FAILED


def _asked(path: str) -> tuple[dict[str, Any], bool]:
    """What the session says, and whether there is one."""
    client = looked_at(path, read_source(path), "sessions variables")
    try:
        return client.variables(), client.attached
    finally:
        client.close()


def _table(variables: list[dict[str, Any]]) -> str:
    paint = console.Paint(sys.stdout)
    rows = [_HEAD, *(_row(variable) for variable in variables)]
    widths = [max(console.width(row[i]) for row in rows) for i in range(len(_HEAD))]
    columns = console.columns(sys.stdout)
    if columns:
        others = sum(widths) - widths[_VALUE] + 2 * (len(_HEAD) - 1)
        widths[_VALUE] = max(_NARROWEST, min(widths[_VALUE], columns - others))
    lines = []
    for row in rows:
        cut = [*row[:_VALUE], console.fitted(row[_VALUE], widths[_VALUE]), *row[_VALUE + 1 :]]
        padded = [
            text + " " * (width - console.width(text))
            for text, width in zip(cut, widths, strict=True)
        ]
        line = "  ".join(padded).rstrip()
        lines.append(paint("2", line) if row is _HEAD else line)
    return "\n".join(lines) + "\n"


def _row(variable: dict[str, Any]) -> tuple[str, str, str, str, str]:
    state = variable["state"]
    cell = f"{variable['cell']}" if state == "fresh" else f"{variable['cell']} ({state})"
    value = variable["value"] if variable["held"] else "changed in place since"
    return variable["name"], variable["type"], variable["size"], value, cell
