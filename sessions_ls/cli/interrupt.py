"""`sessions interrupt`: stops the cell that runs, whoever asked for it."""

from __future__ import annotations

import signal

from sessions_ls.cli import FAILED, OK, console, reaching
from sessions_ls.cli.arguments import Arguments

RUNS = ("starting", "busy")
"""States of a kernel that has something to run."""

PATIENCE = 1.5
"""Seconds that a cell gets to end before something is said."""


def main(args: list[str]) -> int:
    """Carry out `sessions interrupt`. Raises SessionsError where the request is wrong."""
    arguments = Arguments(
        "interrupt",
        "Stop the cell that runs in a notebook, and drop what waits to run. The process and its "
        "variables stay.",
        "sessions interrupt notebook.py",
    )
    path = arguments.place("NOTEBOOK", "a Python file with `# %%` cells").parse(args)["NOTEBOOK"]
    place, found = reaching.who_has(path)
    if found is not None and found.what == "run":
        over = not reaching.send(place, found.pid, signal.SIGINT) or reaching.has_let_go(
            place, found.pid, PATIENCE
        )
        return _said(over, path, "stop")
    client = None if found is None else reaching.attached(path, "sessions interrupt")
    if client is None or client.kernel_json()["state"] not in RUNS:
        console.message(f"nothing runs in {path}")
        return OK
    client.interrupt()
    over = reaching.became(lambda: client.kernel_json()["state"] not in RUNS, PATIENCE)
    client.close()
    return _said(over, path, "restart")


def _said(over: bool, path: str, instead: str) -> int:
    if over:
        console.message(f"interrupted {path}")
        return OK
    console.message(
        f"{path} was interrupted, but its cell has not ended yet; "
        f"`sessions {instead} {path}` ends it by force"
    )
    return FAILED
