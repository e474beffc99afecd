"""The notebook's own Python as a reader of cells, where it knows newer syntax than ours.

It runs our code for that and nothing of the notebook's, in a process that imports no package of its
environment. It is a program that the notebook chose, all the same: whoever starts it must have been
allowed to run the notebook.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

from sessions_ls.live.wire import Line
from sessions_ls.reactive.names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from subprocess import Popen
    from typing import Any

    from sessions_ls.reactive.program import Text

PATIENCE = 5.0
"""Seconds that it may take to start, or to answer."""

OURS = sys.version_info[:2]

_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
"""The folder with our package."""

_START = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from sessions_ls.reactive.reader import serve; serve(0)"
)


class NewerPython:
    """Asks the interpreter at ``path``. Started when it is first asked; for any thread.

    One that turns out not to be newer, that cannot run our code or does not answer is not asked
    again.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = allocate_lock()
        self._process: Popen[bytes] | None = None
        self._line: Line | None = None
        self._version = ""
        self._useless = False

    def names(self, texts: Sequence[Text]) -> list[Names]:
        """The names that it finds in these cells; none if it is of no use."""
        with self._lock:
            try:
                return self._ask(texts)
            except (AttributeError, LookupError, OSError, TypeError, ValueError):
                self._end()
                return []

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._end()

    def _ask(self, texts: Sequence[Text]) -> list[Names]:
        if self._useless:
            return []
        if self._line is None:
            self._line = self._begin()
            theirs = self._answer()["version"]
            self._version = ".".join(map(str, theirs))
            if theirs <= OURS:
                self._end()
                return []
        self._line.send({"texts": list(texts)})
        found = [Names.of(plain) for plain in self._answer()["names"]]
        for names in found:
            names.reader = self._version
        return found

    def _begin(self) -> Line:
        import socket
        import subprocess

        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [self._path, "-I", "-S", "-c", _START, _HOME],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # an interrupt in a terminal is not for it
                )
            except OSError:
                ours.close()
                raise
        return Line(ours.detach(), self._process.pid)

    def _answer(self) -> dict[str, Any]:
        assert self._line is not None
        message = self._line.receive(PATIENCE)
        if message is None:
            raise LookupError("it has ended")
        return message

    def _end(self) -> None:
        self._useless = True
        if self._line is not None:
            self._line.shut()
            self._line.close()
            self._line = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
