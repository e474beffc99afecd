"""What may run: trusted notebooks when they are saved, and any when somebody asks for it.

A `Grant` is the only way to have a process started for a notebook, and this module alone makes one.
What a person trusts is kept by real path in a file of theirs, outside every project.
"""

from __future__ import annotations

import os

from sessions_ls.live.folders import state_folder
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sessions_ls.results.foreign import Stamp

    Paths = Mapping[str, bool]

LIMIT = 4_194_304  # bytes; as large as no file of ours gets

PATIENCE = 2.0
"""Seconds to wait for another process that is changing what is trusted."""

_HEAD = """\
# Notebooks, and folders with all below them, whose stale cells run when you save: true.
# The longest path that fits counts. Kept by `sessions trust` and `sessions untrust`.

[paths]
"""


class TrustError(SessionsError):
    """What is trusted cannot be changed; the sentence says why, and what to do."""


class Grant:
    """Leave to run the notebook at ``path``, for one request. Plain data.

    ``why`` is "request" (somebody asked for this run), "trust" (it is trusted, and was saved) or
    "editor" (it was saved, in an editor that answers for what is in it).
    """

    __slots__ = ("path", "why")

    def __init__(self, path: str, why: str) -> None:
        self.path = os.path.abspath(path)
        self.why = why

    def covers(self, path: str) -> bool:
        """Whether it is for the notebook at ``path``, whatever the way to it."""
        return self.path == path or os.path.realpath(self.path) == os.path.realpath(path)

    def plain(self) -> tuple[str, str]:
        """All of it as plain values, for `received`."""
        return self.path, self.why


def on_request(path: str) -> Grant:
    """The grant for a run of this notebook that somebody asked for."""
    return Grant(path, "request")


def by_editor(path: str) -> Grant:
    """The grant for a save in an editor that has been told that its workspace is trusted."""
    return Grant(path, "editor")


def received(plain: tuple[str, str]) -> Grant:
    """The grant that a client has sent to its session."""
    return Grant(*plain)


# -- what is trusted -------------------------------------------------------------------------------


class Trust:
    """What a person trusts, as it was read.

    ``paths`` are real paths, each with whether it is trusted. ``trouble`` says what is wrong with
    the file, if anything: then nothing is trusted. ``stamp`` tells which state of the file it was.
    """

    __slots__ = ("paths", "stamp", "trouble")

    def __init__(
        self, paths: Paths, trouble: str | None = None, stamp: Stamp | None = None
    ) -> None:
        self.paths = paths
        self.trouble = trouble
        self.stamp = stamp

    def grant(self, path: str) -> Grant | None:
        """The grant for a save of this notebook; None where it is not trusted."""
        return Grant(path, "trust") if trusts(self.paths, os.path.realpath(path)) else None


def trusts(paths: Paths, path: str) -> bool:
    """Whether the real path is trusted: the nearest entry counts, its own or that of a folder."""
    while path not in paths:
        above = os.path.dirname(path)
        if above == path:
            return False
        path = above
    return paths[path]


def changed(paths: Paths, path: str, trusted: bool) -> dict[str, bool]:
    """The entries, with that of this real path changed.

    Who trusts a folder does not mean what they have untrusted in it; who untrusts one means all.
    """
    inside = os.path.join(path, "")
    kept = {
        other: value
        for other, value in paths.items()
        if other != path and (not other.startswith(inside) or (trusted and not value))
    }
    if trusts(kept, path) is not trusted:
        kept[path] = trusted
    return kept


# -- the file --------------------------------------------------------------------------------------


def trust_file(environ: Mapping[str, str] = os.environ) -> str:
    """Where it is kept what is trusted."""
    return os.path.join(state_folder(environ), "trust.toml")


def load(environ: Mapping[str, str] = os.environ, known: Trust | None = None) -> Trust:
    """What is trusted now: ``known``, where the file is still that one.

    A file that cannot be understood trusts nothing.
    """
    from sessions_ls.results import disk
    from sessions_ls.results.foreign import stamp_of

    file = trust_file(environ)
    try:
        if known is not None and known.stamp == stamp_of(os.stat(file)):
            return known
        content, stamp = disk.read(file, LIMIT)
    except FileNotFoundError:
        return Trust({})
    except OSError as error:
        return _nothing(file, f"it cannot be read: {error.strerror or error}")
    import tomllib

    try:
        found = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return _nothing(file, str(error))
    paths = found.pop("paths", {})
    if found:
        return _nothing(file, f"it is not known what `{next(iter(found))}` means")
    if not isinstance(paths, dict):
        return _nothing(file, "`paths` has to be a table")
    for path, value in paths.items():
        if not isinstance(value, bool) or not os.path.isabs(path):
            return _nothing(file, f"`{path}` has to be an absolute path that is true or false")
    return Trust(paths, stamp=stamp)


def _nothing(file: str, why: str) -> Trust:
    return Trust({}, f"No notebook is trusted: {file} is damaged ({why}). Mend or remove it.")


def record(path: str, trusted: bool, environ: Mapping[str, str] = os.environ) -> Trust:
    """Keep whether the notebook or folder at ``path`` is trusted; what is trusted then.

    Raises TrustError. A damaged file is left as it is.
    """
    real = os.path.realpath(path)
    try:
        real.encode()
    except UnicodeEncodeError:
        raise TrustError(
            f"{path!r} cannot be kept: it is no UTF-8; trust the folder above it, or rename it."
        ) from None

    def change() -> Trust:
        before = load(environ)
        if before.trouble is not None:
            raise TrustError(before.trouble)
        after = Trust(changed(before.paths, real, trusted))
        if after.paths != before.paths:
            _write(trust_file(environ), after.paths)
        return after

    try:
        return _alone(state_folder(environ), change)
    except OSError as error:
        file = trust_file(environ)
        raise TrustError(f"{file} cannot be written: {error.strerror or error}.") from error


def _write(file: str, paths: Paths) -> None:
    from sessions_ls.results import disk, toml

    disk.remove(disk.abandoned(os.path.dirname(file)))
    lines = [f"{toml.key(path)} = {toml.value(paths[path])}\n" for path in sorted(paths)]
    disk.write(file, (_HEAD + "".join(lines)).encode(), mode=0o600)


def _alone(folder: str, work: Callable[[], Trust]) -> Trust:
    """Do the work while no other process does any in that folder. Raises OSError, TrustError."""
    os.makedirs(folder, 0o700, exist_ok=True)
    descriptor = _open_folder(folder)
    try:
        if descriptor is not None:
            _lock(descriptor, folder)
        return work()
    finally:
        if descriptor is not None:
            os.close(descriptor)  # which ends the lock


def _open_folder(folder: str) -> int | None:
    """A descriptor of the folder; None where folders have none, as on Windows."""
    return os.open(folder, os.O_RDONLY) if hasattr(os, "O_DIRECTORY") else None


def _lock(descriptor: int, folder: str) -> None:
    import fcntl
    import time

    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TrustError(f"Another process keeps {folder} locked: try again.") from None
            time.sleep(0.002)
        except OSError:  # a storage without locks: the file is still replaced whole
            return
        else:
            return
