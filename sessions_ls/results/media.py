"""Pictures and long results, in files named by their content beside the session file.

`notebook.session/` holds nothing but these. A reference is always that folder's name, a slash and
a name of our own making, so no reference leads anywhere else.
"""

from __future__ import annotations

import os
import re

from sessions_ls.results import disk
from sessions_ls.results.toml import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 256 * 1_048_576
"""Bytes of one file; more is not read."""

_our_name = re.compile(r"[0-9a-f]{16}\.[a-z0-9]{1,5}").fullmatch

_extensions = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "text/html": "html",
    "text/markdown": "md",
    "text/latex": "tex",
    "text/plain": "txt",
    "text/csv": "csv",
    "application/javascript": "js",
    "application/pdf": "pdf",
}


class MediaError(Exception):
    """What is wrong with a reference, as the end of a sentence."""


def digest(content: bytes) -> str:
    """The part of a file's name that stands for its content."""
    from _blake2 import blake2b

    return blake2b(content, digest_size=8).hexdigest()


def is_binary(mime: str) -> bool:
    """Whether data of this type is bytes unless the session file says otherwise."""
    if mime == "image/svg+xml":
        return False
    return mime.startswith(("image/", "audio/", "video/")) or mime in (
        "application/pdf",
        "application/octet-stream",
    )


def name_of(mime: str, content: bytes) -> str:
    """The file name for this content."""
    extension = _extensions.get(mime)
    if extension is None:
        extension = "json" if mime.endswith("json") else "bin" if is_binary(mime) else "txt"
    return f"{digest(content)}.{extension}"


def folder_of(session_path: str) -> str:
    """`notebook.session.toml` -> `notebook.session`."""
    stem = session_path.removesuffix(".toml")
    return stem if stem != session_path else f"{session_path}.d"


def read(folder: str, reference: str) -> bytes:
    """The content behind a `file = …`. Raises MediaError."""
    owner, _, name = reference.rpartition("/")
    if owner != clean(os.path.basename(folder)) or not _our_name(name):
        raise MediaError("is not a file of this notebook's results")
    try:
        if os.path.islink(folder):
            raise MediaError("lies behind a symbolic link")
        content, _ = disk.read(os.path.join(folder, name), LARGEST, follow=False)
    except FileNotFoundError:
        raise MediaError("is missing") from None
    except OSError as error:
        raise MediaError(f"cannot be read ({error.strerror or error})") from None
    if digest(content) != name[:16]:
        raise MediaError("is not what was saved")
    return content


def write_missing(folder: str, contents: Mapping[str, bytes]) -> list[str]:
    """Writes those of `contents` (by name) that the folder lacks; their paths. Raises OSError.

    When one cannot be written, those written before it are taken away again.
    """
    if not contents:
        return []
    present = _sizes(folder)
    if present is None:
        os.mkdir(folder)
        present = {}
    written: list[str] = []
    try:
        for name, content in contents.items():
            if present.get(name) != len(content):
                path = os.path.join(folder, name)
                disk.write(path, content)
                written.append(path)
    except BaseException:
        take_back(folder, written)
        raise
    return written


def take_back(folder: str, paths: list[str]) -> None:
    """Undoes `write_missing`."""
    disk.remove(paths)
    _remove_if_empty(folder)


def remove_unused(folder: str, used: Mapping[str, bytes]) -> None:
    """Removes our files that nothing refers to any more, and the folder once it is empty."""
    try:
        present = _sizes(folder)
    except OSError:
        return  # the results are saved; this is tried again with the next save
    if present is None:
        return
    unused = [name for name in present if name not in used and _our_name(name)]
    disk.remove([os.path.join(folder, name) for name in unused])
    disk.remove(disk.abandoned(folder))
    if not used:
        _remove_if_empty(folder)


def _remove_if_empty(folder: str) -> None:
    try:
        os.rmdir(folder)
    except OSError:
        return  # someone keeps a file of their own there


def _sizes(folder: str) -> dict[str, int] | None:
    """The size of each file in the folder, None when there is no folder."""
    if os.path.islink(folder):
        raise disk.NotAFile(f"{folder} is a symbolic link")
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat(follow_symlinks=False).st_size for entry in entries}
    except FileNotFoundError:
        return None
