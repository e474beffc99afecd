"""Fingerprints of files, for the kernel that read them and for the session that asks again."""

from __future__ import annotations

import os
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Tuple

LARGE = 32 << 20  # bytes; of a larger file size and time stand for the content
MISSING = "-"  # the fingerprint of a file that is not there


class FileMarks:
    """Remembers the fingerprint of each file until its size, times or place change."""

    def __init__(self) -> None:
        self._known: Dict[str, Tuple[Tuple[int, ...], str]] = {}

    def mark(self, path: str) -> str:
        """The content of a file as 16 hex digits; of a large one size and time."""
        try:
            facts = os.stat(path)
        except OSError:
            return MISSING
        size, time = facts.st_size, facts.st_mtime_ns
        signature = (size, time, facts.st_ctime_ns, facts.st_ino)
        known = self._known.get(path)
        if known is not None and known[0] == signature:
            return known[1]
        mark = "%d.%d" % (size, time) if size > LARGE else _content(path)
        self._known[path] = (signature, mark)
        return mark


def _content(path: str) -> str:
    digest = blake2b(digest_size=8)
    try:
        with open(path, "rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                digest.update(piece)
    except OSError:  # gone since, a folder, or not readable
        return MISSING
    return digest.hexdigest()
