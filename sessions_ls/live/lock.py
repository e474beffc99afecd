"""Who has a notebook: one process at a time, by a lock that ends with its process."""

from __future__ import annotations

import errno
import os
import sys
import time

from sessions_ls.live.place import PlaceError, private_folder, read_record
from sessions_ls.results.alive import is_alive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.live.place import Place

#: Attempts to take a lock that only questions hold, and seconds between them.
_ATTEMPTS, _PAUSE = 100, 0.001
#: Seconds to wait for the record of a holder that has the lock and has not yet written it.
_WRITING = 0.2

_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Holder:
    """Who holds a notebook's lock.

    ``what`` is "session" or "run"; ``pid`` 0 and ``what`` "" where the holder has not said it yet.
    ``address`` is where a session listens: "unix:PATH" or "tcp:HOST:PORT", "" while it does not;
    ``token`` is to be shown there. ``started`` is in seconds since the epoch.
    """

    __slots__ = ("address", "notebook", "pid", "socket", "started", "token", "version", "what")

    def __init__(self, record: dict[str, object], place: Place) -> None:
        pid, started = record.get("pid"), record.get("started")
        self.pid = pid if isinstance(pid, int) else 0
        self.started = float(started) if isinstance(started, (int, float)) else 0.0
        self.what = str(record.get("what", ""))
        self.version = str(record.get("version", ""))
        self.notebook = str(record.get("notebook", place.notebook))
        self.socket = str(record.get("socket", ""))
        self.address = str(record.get("address", ""))
        self.token = str(record.get("token", ""))


class Lock:
    """A notebook's lock, held by this process. For one thread.

    It ends with the process, however that ends. Processes started from here do not inherit it,
    except forks: fork first, then acquire.
    """

    __slots__ = ("_record", "fd", "place")

    def __init__(self, place: Place, fd: int, record: dict[str, str | float]) -> None:
        self.place = place
        self.fd = fd
        self._record = record

    @classmethod
    def acquire(cls, place: Place, what: str, version: str = "") -> Lock | None:
        """The lock, for a "session" or a "run"; None when another one holds it. Never waits.

        A socket that a dead session has left is removed. Raises PlaceError.
        """
        fd = _take(place)
        if fd is None:
            return None
        record: dict[str, str | float] = {
            "pid": os.getpid(),
            "what": what,
            "version": version,
            "notebook": place.notebook,
            "socket": place.socket if what == "session" else "",
            "started": time.time(),
            "address": "",
            "token": "",
        }
        lock = cls(place, fd, record)
        try:
            _remove(place.socket)
            lock._write()
        except PlaceError:
            lock.release()
            raise
        return lock

    def announce(self, address: str, token: str = "") -> None:
        """Say where this process listens, and what has to be shown there. Raises PlaceError."""
        self._record["address"] = address
        self._record["token"] = token
        self._write()

    def check(self) -> bool:
        """Whether the lock is still ours; to be asked now and then by who holds it for long.

        Keeps the files young for those who clean by age, and makes a lock file again that was
        deleted. False when another process has taken the lock meanwhile: then this one has lost
        the notebook. Raises PlaceError.
        """
        if not _is_current(self.fd, self.place.lock):
            private_folder(self.place.folder)
            fd = _take(self.place)
            if fd is None:
                return False
            os.close(self.fd)
            self.fd = fd
            self._write()
        for path in (self.place.lock, self.place.socket):
            try:
                os.utime(path)
            except OSError:  # no socket yet, or a system where it has no times
                pass
        return True

    def release(self) -> None:
        """Give the lock back and remove its file and the socket. Harmless when done before."""
        if self.fd < 0:
            return
        fd, self.fd = self.fd, -1
        try:
            # Removed while held: whoever has opened the old file sees that it is not current.
            if _is_current(fd, self.place.lock):
                _remove(self.place.socket)  # first: without the file the next holder is free to
                _remove(self.place.lock)
        finally:
            os.close(fd)

    def _write(self) -> None:
        """Readers find the old record, one that is not whole, or the new one."""
        fields = ", ".join(f"{_json(name)}: {_json(value)}" for name, value in self._record.items())
        content = b"{" + fields.encode("ascii") + b"}\n"
        try:
            # Not truncated first: some file systems then write to the disk at the next close.
            os.lseek(self.fd, 0, os.SEEK_SET)
            os.write(self.fd, b"\0" + content[1:])
            if os.fstat(self.fd).st_size > len(content):
                os.ftruncate(self.fd, len(content))
            os.lseek(self.fd, 0, os.SEEK_SET)
            os.write(self.fd, content[:1])
        except OSError as error:
            raise PlaceError(_unusable(self.place, error)) from error


def holder(place: Place) -> Holder | None:
    """Who holds the lock now; None when nobody does, whatever is in the file.

    Answers at once, also when the holder is stopped. Raises PlaceError.
    """
    until = 0.0
    while True:
        try:
            fd = os.open(place.lock, os.O_RDONLY | _FLAGS)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PlaceError(_unusable(place, error)) from error
        try:
            if _lock(fd, False, place):
                return None
            record = read_record(fd)
        except OSError as error:
            raise PlaceError(_unusable(place, error)) from error
        finally:
            os.close(fd)
        found = Holder(record or {}, place)
        # A record of a dead process is of the one before: the new holder is about to write.
        if found.pid and is_alive(found.pid):
            return found
        now = time.monotonic()
        until = until or now + _WRITING
        if now >= until:
            return found
        time.sleep(_PAUSE)


def stopped(pid: int) -> bool:
    """Whether the process is stopped (SIGSTOP, a debugger); False where that cannot be known."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:  # no such process, or a system without /proc
        return False
    try:
        line = os.read(fd, 4096)
    except OSError:  # it ended just now
        return False
    finally:
        os.close(fd)
    # The name before the state is in parentheses and may hold any character.
    return line.rpartition(b")")[2].split()[:1] in ([b"T"], [b"t"])


def _take(place: Place) -> int | None:
    """A descriptor that holds the lock; None when another one does. Raises PlaceError."""
    for _ in range(_ATTEMPTS):
        try:
            fd = os.open(place.lock, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
        except OSError as error:
            raise PlaceError(_unusable(place, error)) from error
        ours = False
        try:
            granted = _locked(fd, place)
            if _is_current(fd, place.lock):
                ours = granted is True
                if ours:
                    return fd
                if granted is False:
                    return None
        finally:
            if not ours:
                os.close(fd)
        if granted is None:
            time.sleep(_PAUSE * (1 + os.getpid() % 5))  # so that two do not meet again and again
    raise PlaceError(f"The lock file {place.lock} is kept open by a stopped `sessions` process.")


def _locked(fd: int, place: Place) -> bool | None:
    """Whether the lock was granted; None when it was not and yet nobody holds it alone.

    Those who ask for the holder share the lock for a moment, and a shared lock that is granted
    proves that nobody holds it alone.
    """
    if _lock(fd, True, place):
        return True
    if not _lock(fd, False, place):
        return False
    return _lock(fd, True, place) or None


def _lock(fd: int, alone: bool, place: Place) -> bool:
    """Lock an open file, alone or shared; whether that was granted. The close ends it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(fd, 1 << 30, os.SEEK_SET)  # what is locked cannot be read there
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise PlaceError(
            f"{place.folder} is on a storage without locks ({error.strerror or error}): "
            "set SESSIONS_RUNTIME_DIR to a folder on a local disk."
        ) from error
    return True


def _is_current(fd: int, path: str) -> bool:
    """Whether the open file is the one of that name."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    ours = os.fstat(fd)
    return (ours.st_ino, ours.st_dev) == (there.st_ino, there.st_dev)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        if sys.platform == "win32":
            return  # open files cannot be removed there
        raise PlaceError(f"{path} cannot be removed: {error.strerror or error}.") from error


def _unusable(place: Place, error: OSError) -> str:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    remedy = "make room there" if full else "remove it"
    return (
        f"The lock file {place.lock} cannot be used ({error.strerror or error}): "
        f"{remedy}, or set SESSIONS_RUNTIME_DIR to another folder."
    )


def _json(value: str | float) -> str:
    """As json does it, which costs more to import than all else that is done here."""
    from _json import encode_basestring_ascii

    return encode_basestring_ascii(value) if isinstance(value, str) else repr(value)
