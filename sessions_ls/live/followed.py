"""The files a notebook's cells have read, watched for other content than they had."""

from __future__ import annotations

import os
from time import monotonic

from sessions_ls.kernel.filemarks import FileMarks
from sessions_ls.live.disk import signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_ls.live.disk import Signature

SETTLE = 0.1  # seconds a file must stay as it is before its content is read
AT_LAST = 2.0  # seconds after which the content of a file that keeps changing is read all the same
SLICE = 2000  # files that one sweep looks at
READING = 0.05  # seconds that one turn of reading may take, one file at least


class Moving:
    """A file that is changing: as last seen, since when it is so, since when it changes."""

    __slots__ = ("first", "seen", "since")

    def __init__(self, seen: Signature | None, now: float) -> None:
        self.seen = seen
        self.since = self.first = now


class Followed:
    """Notices other content. For one thread, except `look`."""

    def __init__(self) -> None:
        self._known: dict[str, Signature | None] = {}  # as last understood; None: missing
        self._marks: dict[str, str] = {}  # of files whose content has been read
        self._unread: dict[str, None] = {}
        self._moving: dict[str, Moving] = {}
        self._order: list[str] = []
        self._at = 0  # where the next sweep starts

    @staticmethod
    def look(paths: Iterable[str]) -> dict[str, Signature | None]:
        """What `follow` takes: the files as they are now. For any thread."""
        return {path: _signature(path) for path in paths}

    @property
    def paths(self) -> list[str]:
        """The files that are followed."""
        return self._order

    @property
    def waits(self) -> bool:
        """Files are changing, or are yet to be read."""
        return bool(self._moving or self._unread)

    def follow(self, seen: dict[str, Signature | None]) -> None:
        """Watch these files and no others; new ones count from as they were `seen`."""
        for path in self._known.keys() - seen.keys():
            del self._known[path]
            self._marks.pop(path, None)
            self._unread.pop(path, None)
            self._moving.pop(path, None)
        for path, facts in seen.items():
            if path not in self._known:
                self._known[path] = facts
                self._unread[path] = None
        self._order = list(self._known)

    def suspect(self, paths: Iterable[str]) -> bool:
        """Look at these files. Whether one of them is not as it was."""
        found = False
        for path in paths:
            if path in self._known and path not in self._moving:
                seen = _signature(path)
                if seen != self._known[path]:
                    self._moving[path] = Moving(seen, monotonic())
                    found = True
        return found

    def sweep(self) -> bool:
        """Look at the next of all files. Whether one of them is not as it was."""
        start = self._at if self._at < len(self._order) else 0
        self._at = start + SLICE
        return self.suspect(self._order[start : self._at])

    def settle(self) -> bool:
        """Read what stays as it is. Whether a file has other content than it had."""
        changed = self._read_moving()
        end = monotonic() + READING
        while self._unread and monotonic() < end:
            path = next(iter(self._unread))
            mark = FileMarks().mark(path)
            del self._unread[path]
            # Looked at after it was read: what changed meanwhile is a change.
            if not self.suspect([path]) and path not in self._moving:
                self._marks[path] = mark
        return changed

    def _read_moving(self) -> bool:
        changed = False
        for path, moving in list(self._moving.items()):
            now, seen = monotonic(), _signature(path)
            if seen != moving.seen:
                moving.seen, moving.since = seen, now
            if now - moving.since < SETTLE and now - moving.first < AT_LAST:
                continue
            del self._moving[path]
            self._unread.pop(path, None)
            self._known[path] = seen
            mark = FileMarks().mark(path)
            changed = changed or self._marks.get(path) != mark
            self._marks[path] = mark
        return changed


def _signature(path: str) -> Signature | None:
    try:
        return signature(os.stat(path))
    except (OSError, ValueError):  # missing, or no file name at all
        return None
