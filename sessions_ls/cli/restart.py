"""`sessions restart`: ends the process that holds a notebook's variables. Results stay."""

from __future__ import annotations

from sessions_ls.cli import OK, console, reaching
from sessions_ls.cli.arguments import Arguments, UsageError
from sessions_ls.cli.owning import described


def main(args: list[str]) -> int:
    """Carry out `sessions restart`. Raises SessionsError where the request is wrong."""
    arguments = Arguments(
        "restart",
        "End the process that holds a notebook's variables, and with it the cell that runs. "
        "Results stay; the next run starts a new process.",
        "sessions restart notebook.py",
    )
    path = arguments.place("NOTEBOOK", "a Python file with `# %%` cells").parse(args)["NOTEBOOK"]
    _, found = reaching.who_has(path)
    if found is not None and found.what == "run":
        raise UsageError(f"{described(found, path)} and ends its process itself")
    client = None if found is None else reaching.attached(path, "sessions restart")
    if client is None or client.kernel_json()["pid"] is None:
        console.message(f"{path} has no process; its next run starts one")
        return OK
    client.restart()
    client.close()
    console.message(f"ended the process of {path}; its next run starts a new one")
    return OK
