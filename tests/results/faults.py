"""Saves with the n-th call into the operating system failing, or with the process dying there.

As a script, `python -m results.faults FOLDER`: in each folder FOLDER/n a process saves OLD, and one
that is killed before its n-th call saves NEW over it; the last folder is that of a whole save.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count

from sessions_ls.results.record import Output, Record
from sessions_ls.results.session_file import SessionWriter

from .sessions import PNG, cells, session

OLD = session(Record("old", outputs=[Output("image/png", PNG + b"old")]))
NEW = session(*cells(100), Record("new", outputs=[Output("image/png", PNG + b"new")]))

FILES = ("open", "close", "read", "write", "fsync", "fstat", "fchmod", "stat", "lstat")
CALLS = frozenset((*FILES, "scandir", "listdir", "mkdir", "rmdir", "unlink", "replace"))


def save_with_fault(path: str, number: int, act: Callable[[], None]) -> bool:
    """Saves NEW and calls `act` before the `number`-th call; whether there were that many."""
    calls = 0

    def trace(frame: object, event: str, function: object) -> None:
        nonlocal calls
        if event != "c_call" or getattr(function, "__module__", "") != os.open.__module__:
            return
        if getattr(function, "__name__", "") in CALLS:
            calls += 1
            if calls == number:
                act()

    writer = SessionWriter(path)
    sys.setprofile(trace)
    try:
        writer.save(NEW)
    finally:
        sys.setprofile(None)
    return calls >= number


def main(folder: str) -> None:
    for number in count(1):
        os.mkdir(f"{folder}/{number}")
        path = f"{folder}/{number}/nb.session.toml"
        SessionWriter(path).save(OLD)
        child = os.fork()
        if not child:
            save_with_fault(path, number, lambda: os.kill(os.getpid(), signal.SIGKILL))
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break


if __name__ == "__main__":
    main(sys.argv[1])
