"""What a session file on disk holds besides the results we understand."""

from __future__ import annotations

from sessions_ls.results.record import Plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

Stamp = tuple[int, int, int]


class Foreign(Plain):
    """What a save over a file must respect.

    stamp: which state of the file this tells of; None when there is no file.
    newer: its format, when that is newer than ours: such a file is never written.
    broken: something in it could not be read, so it is kept aside when it is saved over.
    keys: unknown top-level keys; cells: unknown keys of each cell, by its id.
    """

    __slots__ = ("broken", "cells", "keys", "newer", "stamp")

    def __init__(self, stamp: Stamp | None = None) -> None:
        self.stamp = stamp
        self.newer: int | None = None
        self.broken = False
        self.keys: dict[str, object] = {}
        self.cells: dict[str, dict[str, object]] = {}


def stamp_of(stat: os.stat_result) -> Stamp:
    """Tells one state of a file from another, as far as the file system can."""
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
