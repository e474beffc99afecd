"""`sessions ps`: the notebooks that are live, and what has them."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import OK, console, reaching
from sessions_ls.cli.arguments import Arguments
from sessions_ls.cli.owning import clock
from sessions_ls.live.lock import holder, stopped
from sessions_ls.live.place import all_places
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.live.lock import Holder

    Row = dict[str, Any]

_HEAD = ("notebook", "pid", "kernel", "clients", "since", "memory")


def main(args: list[str]) -> int:
    """Carry out `sessions ps`. Raises SessionsError where there is no place to look."""
    arguments = Arguments(
        "ps",
        "List the notebooks that are live: the process that has each, what its kernel does, how "
        "many clients look at it, since when, and how much memory it all takes.",
        "sessions ps",
    )
    given = arguments.option("--json", "", "print one JSON object").parse(args)
    found = [(place.notebook, holder(place)) for place in all_places()]
    live = [(one, _row(notebook, one)) for notebook, one in found if one is not None]
    if given.has("--json"):
        from sessions_ls.cli.jsontext import laid_out

        sys.stdout.write(laid_out({"sessions": [row for _, row in live]}))
    elif not live:
        console.message("no notebook is live")
    else:
        sys.stdout.write(_table(live))
    return OK


def _row(notebook: str, found: Holder) -> Row:
    """What is known of one notebook, as JSON has it."""
    row: Row = {
        "notebook": notebook,
        "what": found.what,
        "pid": found.pid,
        "version": found.version,
        "since": _stamp(found.started),
        "kernel": None,
        "clients": [],
        "memory": memory(found.pid),
        "problem": None,
    }
    if found.what != "session":
        return row
    if stopped(found.pid):
        return {**row, "problem": "the process is stopped"}
    try:
        client = reaching.attached(notebook, "sessions ps")
        kernel = client.kernel_json()
        others = [one for one in client.clients() if one["pid"] != os.getpid()]
        client.close()
    except SessionsError as error:
        return {**row, "problem": str(error)}
    memories = [row["memory"], memory(kernel["pid"]) if kernel["pid"] else 0]
    whole = sum(memories) if None not in memories else None
    return {**row, "kernel": kernel, "clients": others, "memory": whole}


def memory(pid: int) -> int | None:
    """The bytes of main memory that a process takes; None where that cannot be known."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):  # it ended, or this is another system
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _stamp(seconds: float) -> str:
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _table(live: list[tuple[Holder, Row]]) -> str:
    rows = [_HEAD, *(_cells(one, row) for one, row in live)]
    widths = [max(console.width(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [
        "  ".join(
            word + " " * (width - console.width(word))
            for word, width in zip(row, widths, strict=True)
        )
        for row in rows
    ]
    problems = ["", *(row["problem"] or "" for _, row in live)]
    return "".join(
        f"{line}  {problem}".rstrip() + "\n" for line, problem in zip(lines, problems, strict=True)
    )


def _cells(found: Holder, row: Row) -> tuple[str, ...]:
    kernel = "run" if found.what == "run" else row["kernel"]["state"] if row["kernel"] else "?"
    size = "?" if row["memory"] is None else f"{row['memory'] / 1e6:.0f} MB"
    clients = str(len(row["clients"])) if row["kernel"] else "?" if found.what != "run" else "-"
    return (_near(row["notebook"]), str(found.pid), kernel, clients, clock(found.started), size)


def _near(path: str) -> str:
    """The path from here, where it lies below."""
    here = os.path.join(os.path.realpath(os.getcwd()), "")
    return path.removeprefix(here)
