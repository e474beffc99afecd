"""`sessions trust`: notebooks whose stale cells run when they are saved in an editor."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import OK, console
from sessions_ls.cli.arguments import Arguments, UsageError
from sessions_ls.live.trust import TrustError, load, record

WHAT = "a notebook, or a folder with all below it; without it, the folder you are in"


def main(args: list[str]) -> int:
    """Carry out `sessions trust`. Raises SessionsError where nothing can be trusted."""
    arguments = Arguments(
        "trust",
        "Let an editor run the stale cells of a notebook, or of all notebooks in a folder, "
        "whenever you save it. Opening a notebook never runs anything.",
        "sessions trust notebook.py",
    )
    arguments.place("PATH", WHAT, needed=False).option("--list", "", "print what is trusted")
    given = arguments.parse(args)
    if given.has("--list"):
        _print()
        return OK
    path = given.last("PATH") or "."
    if not os.path.exists(path):
        raise UsageError(f"there is no {path}")
    real = os.path.realpath(path)
    inside = os.path.join(real, "")
    kept = record(path, True).paths
    what = f"every notebook in {real} is trusted" if os.path.isdir(real) else f"{real} is trusted"
    console.message(f"{what}; `sessions untrust {path}` takes it back")
    for other in sorted(kept):
        if other.startswith(inside) and not kept[other]:
            console.message(f"but not {other}, which you untrusted")
    return OK


def _print() -> None:
    trust = load()
    if trust.trouble is not None:
        raise TrustError(trust.trouble)
    for path in sorted(trust.paths):
        sys.stdout.write(f"{'trusted  ' if trust.paths[path] else 'untrusted'} {path}\n")
