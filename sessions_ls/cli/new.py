"""`sessions new`: a new notebook from a small template. Never touches a file that is there."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import OK, console
from sessions_ls.cli.arguments import Arguments, UsageError
from sessions_ls.live.trust import TrustError, record

TEMPLATE = """\
# %% Numbers
n = 10
squares = [i * i for i in range(n)]

# %% Their sum
sum(squares)
"""
"""A cell, and a second one that runs again when the first changes."""


def main(args: list[str]) -> int:
    """Carry out `sessions new`. Raises UsageError where no file can be made."""
    arguments = Arguments(
        "new", "Make a new notebook from a small template.", "sessions new analysis.py"
    )
    arguments.place(
        "PATH", "the file to make, or its folder; notebook.py here, or the next free name",
        needed=False,
    )  # fmt: skip
    path = create(arguments.parse(args).last("PATH"))
    sys.stdout.write(f"{path}\n")
    sys.stdout.flush()
    console.message(f"made {path}; to run it: sessions run {path}")
    return OK


def create(path: str | None) -> str:
    """Make a notebook at `path`, or under a free name in that folder (None: this one).

    It is trusted: saving it in an editor runs it.
    """
    if path is None or os.path.isdir(path):
        path = _create_free(path or "")
    else:
        if not path.endswith(".py"):
            path += ".py"
        if not _create(path):
            raise UsageError(f"{path} is there already; nothing was changed")
    try:
        record(path, True)
    except TrustError as error:  # the notebook is there all the same
        console.message(str(error))
    return path


def _create_free(folder: str) -> str:
    number = 1
    while True:
        name = "notebook.py" if number == 1 else f"notebook-{number}.py"
        path = os.path.join(folder, name)
        if _create(path):
            return path
        number += 1


def _create(path: str) -> bool:
    """Write the template to a new file; False where something has that name."""
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        return False
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} cannot be made: {reason}") from error
    return True
