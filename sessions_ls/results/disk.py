"""Files are read whole or not at all, and written whole or not at all."""

from __future__ import annotations

import os
import re
import time
from stat import S_IMODE, S_ISREG

from sessions_ls.results.alive import is_alive
from sessions_ls.results.foreign import stamp_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_ls.results.foreign import Stamp

_TEMPORARY = r"\.sessions-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}~"
_day = 86_400.0


class NotAFile(OSError):
    """There is something of that name which is no regular file, or one beyond the limit."""


def read(path: str, limit: int, follow: bool = True) -> tuple[bytes, Stamp]:
    """A file's bytes and its stamp. Raises OSError.

    Never waits (as opening a pipe would) and never reads more than `limit` bytes. With
    `follow=False` a symbolic link is refused.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags)
    try:
        stat = os.fstat(descriptor)
        if not S_ISREG(stat.st_mode):
            raise NotAFile("it is not a regular file")
        if stat.st_size > limit:
            raise NotAFile(f"it is larger than {limit // 1_048_576} MiB")
        pieces = []
        while piece := os.read(descriptor, max(stat.st_size, 65_536)):
            pieces.append(piece)
    finally:
        os.close(descriptor)
    return b"".join(pieces), stamp_of(stat)


def write(path: str, content: bytes, aside: str | None = None, mode: int | None = None) -> Stamp:
    """Puts `content` at `path` in one step and returns the new file's stamp. Raises OSError.

    Whatever fails, the old file stays as it was and nothing is left behind. The mode of the old
    file is kept, unless `mode` gives one. With `aside` the old file is kept under that name.
    """
    try:
        old: int | None = os.stat(path).st_mode
    except FileNotFoundError:
        old = None
    if old is not None and not S_ISREG(old):
        raise NotAFile("it is not a regular file")
    mode = old if mode is None else mode
    temporary = os.path.join(os.path.dirname(path), _temporary_name())
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600)
    try:
        try:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, S_IMODE(mode) & 0o777)
            _write_all(descriptor, content)
            os.fsync(descriptor)
            stamp = stamp_of(os.fstat(descriptor))
        finally:
            os.close(descriptor)
        _swap(temporary, path, aside if old is not None else None)
    except BaseException:
        remove([temporary])
        raise
    return stamp


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _swap(temporary: str, path: str, aside: str | None) -> None:
    if aside is None:
        os.replace(temporary, path)
        return
    os.replace(path, aside)
    try:
        os.replace(temporary, path)
    except BaseException:
        os.replace(aside, path)
        raise


def remove(paths: Iterable[str]) -> None:
    """Removes files, as far as it can: what stays behind is in no one's way and tried again."""
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            continue


def abandoned(folder: str) -> list[str]:
    """The paths of the temporary files in `folder` whose writer is gone."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []  # who may not list a folder has left nothing there
    found = []
    for name in names:
        match = re.fullmatch(_TEMPORARY, name)
        if match is None:
            continue
        path = os.path.join(folder, name)
        dead = match[1] == _host() and not is_alive(int(match[2]))
        if dead or _age(path) > _day:
            found.append(path)
    return found


def _temporary_name() -> str:
    return f".sessions-{_host()}-{os.getpid()}-{os.urandom(4).hex()}~"


def _host() -> str:
    """Process numbers mean something on one host alone; folders are shared by several."""
    from binascii import crc32

    uname = getattr(os, "uname", None)
    return f"{crc32(uname().nodename.encode() if uname else b''):08x}"


def _age(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime
    except OSError:
        return 0.0
