"""`sessions untrust`: saving runs these notebooks no more."""

from __future__ import annotations

import os

from sessions_ls.cli import OK, console
from sessions_ls.cli.arguments import Arguments
from sessions_ls.cli.trust import WHAT
from sessions_ls.live.trust import record


def main(args: list[str]) -> int:
    """Carry out `sessions untrust`. Raises SessionsError where that cannot be kept."""
    arguments = Arguments(
        "untrust",
        "Let no save run a notebook, or the notebooks of a folder, until it is trusted again. In a "
        "trusted folder this makes an exception.",
        "sessions untrust notebook.py",
    )
    path = arguments.place("PATH", WHAT, needed=False).parse(args).last("PATH") or "."
    record(path, False)
    real = os.path.realpath(path)
    what = f"no notebook in {real} is" if os.path.isdir(real) else f"{real} is not"
    console.message(f"{what} trusted")
    return OK
