"""The command `sessions`: one module a command, imported when that command is given."""

from __future__ import annotations

import gc
import os
import sys

from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "script"]

COMMANDS = {
    "run": "run what is stale and print each cell's result as it comes",
    "set": "give constants other values, and run what reads them",
    "status": "show each cell's state, the reason for it, and its result",
    "variables": "show what the names of a live notebook hold",
    "check": "report problems without running anything",
    "show": "print a result in full, or save an image to a file",
    "wait": "return when the results belong to the file as it is now",
    "interrupt": "stop the cell that runs",
    "restart": "end the process that holds the variables; results stay",
    "stop": "end the live session of a notebook",
    "ps": "list the notebooks that are live",
    "trust": "let saving run a notebook, or all in a folder",
    "untrust": "let saving run them no more",
    "editor": "set up Neovim, Helix or VS Code",
    "new": "make a new notebook from a small template",
    "agent-guide": "what an agent needs to know, printed or put into AGENTS.md",
    "lsp": "the language server, on standard input and output",
}
"""Every command with its line in the help text."""

OK, FAILED, BAD_REQUEST = 0, 1, 2
INTERRUPTED = 130
BROKEN_PIPE = 141
"""As the shell reports a program that died writing to a reader that had gone."""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line (without the program's name) and return its exit status."""
    from sessions_ls.cli import console

    console.prepare()
    try:
        status = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return status
    except SessionsError as error:
        console.message(str(error))
        return BAD_REQUEST
    except SystemExit:  # after a help text
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        console.abandon_stdout()
        return BROKEN_PIPE


def script() -> None:
    """The command as a process of its own. Never returns.

    What it allocates lives until it ends, so the collector only costs time, and so does taking
    the interpreter apart.
    """
    gc.disable()
    status = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # the reader has gone, which `main` has dealt with
            continue
    os._exit(status)


def _dispatch(args: list[str]) -> int:
    if not args:
        args = ["new"]
    name = args[0]
    if name in COMMANDS:
        module = __import__(f"sessions_ls.cli.{name.replace('-', '_')}", fromlist=["main"])
        status: int = module.main(args[1:])
        return status
    from sessions_ls.cli import overview

    return overview.main(args)
