"""A notebook's file as it is on disk now, and when a change of it is worth telling."""

from __future__ import annotations

import hashlib
import os
import stat
import time

from sessions_ls.notebook.cells import read_notebook
from sessions_ls.notebook.errors import NotebookError
from sessions_ls.notebook.files import decoded, read_source
from sessions_ls.reactive.names import analyse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.notebook.cells import Notebook

    Signature = tuple[int, int, int, int, int]

SETTLE = 0.1  # seconds a text that looks half-written must stay the same
GONE = 2.0  # seconds a file must be missing: to delete and to create it is one save
PACE = 0.1  # seconds between two tellings at least
YOUNG = 0.1  # seconds in which a file may change again without its times showing it
TRIES = 3  # readings of a file that changes while it is read
_PLAIN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Disk:
    """What a look at the file found.

    Exactly one holds: `text` is the text; `problem` is a sentence why there is none; the file is
    missing and both are None. `digest` is the SHA-256 of the bytes in hex, "" where none could be
    read. Of two looks by one watcher the later has the larger `serial`.
    """

    __slots__ = ("digest", "problem", "serial", "text")

    def __init__(self, text: str | None, problem: str | None, digest: str, serial: int = 0) -> None:
        self.text = text
        self.problem = problem
        self.digest = digest
        self.serial = serial

    @property
    def missing(self) -> bool:
        """There is no such file."""
        return self.text is None and self.problem is None

    @property
    def key(self) -> str:
        """The same for two looks that found the same."""
        return self.digest or self.problem or ""

    def __repr__(self) -> str:
        return f"<Disk {self.serial} {self.digest[:12] or self.problem or 'missing'}>"


def signature(facts: os.stat_result) -> Signature:
    """What of a file's facts changes with its content, nearly always."""
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def look_at(path: str) -> tuple[Disk, Signature | None]:
    """The file at `path` now, and its signature if a later change is sure to change that.

    Never raises for what is wrong with the file; waits for no writer of a pipe.
    """
    for _ in range(TRIES):
        try:
            data, facts = _bytes(path)
        except FileNotFoundError:
            return Disk(None, None, ""), None
        except (OSError, ValueError):
            sentence = _sentence(path)
            if sentence is not None:
                return Disk(None, sentence, ""), None
            continue
        if data is None:
            kind = "a folder, not a notebook" if stat.S_ISDIR(facts.st_mode) else "no regular file"
            return Disk(None, f"{path} is {kind}.", ""), None
        digest = hashlib.sha256(data).hexdigest()
        known = signature(facts) if time.time() - facts.st_ctime > YOUNG else None
        try:
            return Disk(decoded(data, path), None, digest), known
        except NotebookError as error:
            return Disk(None, str(error), digest), known
    return Disk(None, f"{path} cannot be read: it keeps changing.", ""), None


def _bytes(path: str) -> tuple[bytes | None, os.stat_result]:
    """The bytes of a file with its facts; no bytes where it is no regular file."""
    number = os.open(path, _PLAIN)
    try:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode):
            return None, facts
        with open(number, "rb", closefd=False) as file:
            return file.read(), facts
    finally:
        os.close(number)


def _sentence(path: str) -> str | None:
    """Why the file cannot be read, in the words used everywhere; None if it can be by now."""
    try:
        read_source(path)
    except NotebookError as error:
        return str(error)
    return None


class Settling:
    """Decides when what is on disk is to be told: never twice the same, a whole text at once.

    What looks half-written waits until it stays. Knows no file and no clock.
    """

    def __init__(self) -> None:
        self.told: Disk | None = None
        self._notebook: Notebook | None = None  # of the last text that was told
        self._key: str | None = None  # what was found and is not told yet
        self._ready = 0.0  # when that may be told
        self._next = 0.0  # before that nothing more is told

    @property
    def waits(self) -> bool:
        """Something was found that is not told yet."""
        return self._key is not None

    def take(self, disk: Disk) -> None:
        """Count `disk` as told."""
        self.told = disk
        self._key = None
        if disk.text is not None:
            self._notebook = read_notebook(disk.text, self._notebook)

    def due(self, disk: Disk, now: float) -> float | None:
        """Seconds until `disk`, found now, is to be told if it stays; None when it is known."""
        if self.told is not None and disk.key == self.told.key:
            self._key = None
            return None
        if disk.key != self._key:
            self._key = disk.key
            self._ready = now + (GONE if disk.missing else SETTLE if self._doubtful(disk) else 0.0)
        return max(self._ready - now, self._next - now, 0.0)

    def tell(self, disk: Disk, now: float) -> None:
        """Take `disk` as told just now; the next one keeps its distance."""
        self.take(disk)
        self._next = now + PACE

    def _doubtful(self, disk: Disk) -> bool:
        """Whether this may be the first half of a text that is being written."""
        text = disk.text
        if not text:
            return True
        before = "" if self.told is None else self.told.text or ""
        if before.startswith(text) or (before.endswith("\n") and not text.endswith("\n")):
            return True
        known = set() if self._notebook is None else {cell.source for cell in self._notebook.cells}
        cells = read_notebook(text, self._notebook).cells
        return any(
            cell.kind == "code" and cell.source not in known and analyse(cell.source).error
            for cell in reversed(cells)
        )
