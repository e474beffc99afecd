"""The names found in the cells of a large notebook, kept from one process to the next.

To find them again takes longer than all else that opening such a notebook takes. They follow from a
cell's text and from our own code alone, and are kept by a digest of both: what was found in another
text, or by another version of us, is not found here. It is a cache; whatever is wrong with it costs
time and nothing else.
"""

from __future__ import annotations

import marshal
import os
import sys
from _blake2 import blake2b

from sessions_ls.live.folders import cache_folder
from sessions_ls.live.place import PlaceError, private_folder
from sessions_ls.reactive.names import Names
from sessions_ls.results import disk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sessions_ls.reactive.program import Text

SMALLEST = 40_000
"""Characters of a notebook; the names of a smaller one are found before anybody waits."""

LARGEST = 64 * 1_048_576
"""Bytes of a file that is read."""

MOST = 100
"""Notebooks of which something is kept."""

_DIGEST = 16


class Known:
    """What is kept of the notebook at ``path``, which holds ``text`` now. Touches no other file."""

    def __init__(self, path: str, text: str, environ: Mapping[str, str] = os.environ) -> None:
        self._file = _file(path, environ) if len(text) >= SMALLEST else ""
        self._names = _read(self._file) if self._file else {}
        self._lacks = False

    def names(self, text: Text) -> Names | None:
        """The names of a cell's text, None where they are not kept."""
        found = self._names.get(_key(text))
        if found is None:
            self._lacks = True
            return None
        return Names.of(found)

    def keep(self, found: Mapping[Text, Names]) -> None:
        """Keep these names in place of what was kept, if there are any new ones among them."""
        if not self._file or not self._lacks:
            return
        self._lacks = False
        self._names = {
            _key(text): names.plain() for text, names in found.items() if not names.error
        }
        content = marshal.dumps(self._names)
        folder = os.path.dirname(self._file)
        try:
            private_folder(folder)
            disk.write(self._file, _seal(content) + content)
            _forget_oldest(folder)
        except (OSError, PlaceError):
            self._file = ""


def _file(path: str, environ: Mapping[str, str]) -> str:
    name = blake2b(os.fsencode(os.path.realpath(path)), digest_size=8).hexdigest()
    return os.path.join(cache_folder(environ), f"{name}.names")


def _key(text: Text) -> bytes:
    source, future_annotations = text
    kind = b"\1" if future_annotations else b"\0"
    return blake2b(kind + source.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def _read(path: str) -> dict[bytes, dict[str, Any]]:
    try:
        private_folder(os.path.dirname(path))  # marshal trusts what it reads
        raw, _ = disk.read(path, LARGEST, follow=False)
        content = raw[_DIGEST:]
        if raw[:_DIGEST] == _seal(content):
            found: dict[bytes, dict[str, Any]] = marshal.loads(content)
            return found
    except (OSError, PlaceError):
        pass
    return {}


def _seal(content: bytes) -> bytes:
    """A digest of what is kept, and of what found it: this Python's parser and our own code."""
    digest = blake2b(sys.version.encode(), digest_size=_DIGEST)
    folder = os.path.dirname(sys.modules[Names.__module__].__file__ or "")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:
                digest.update(file.read())
    digest.update(content)
    return digest.digest()


def _forget_oldest(folder: str) -> None:
    paths = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".names")]
    if len(paths) > MOST:
        disk.remove(sorted(paths, key=os.path.getmtime)[:-MOST])
    disk.remove(disk.abandoned(folder))
