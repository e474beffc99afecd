"""Starts the process of a session, and lets it go.

The started process says over its standard output, which is a pipe until then, how it went:

pid N        I am the process that stays
ready        I hold the lock and listen
taken N      process N holds the lock: use that one
failed TEXT  it cannot be; the text says why (with escapes, on one line)
"""

from __future__ import annotations

import os
import sys
import time

from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sessions_ls.live.place import Place

#: Seconds a process has until it says that it is ready.
PATIENCE = 3.0

_VARIABLE = "SESSIONS_SPAWNED"
#: What is shown of a log: that many lines and bytes from its end.
_LINES, _BYTES = 20, 4096
#: A log that is larger is begun anew.
_LOG_BYTES = 1_048_576


class SpawnError(SessionsError):
    """No session process could be started; the sentence ends with its last words, if any."""


class Ready:
    """The word of a started process to the one that waits for it. Only the first one counts."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def say(self, word: str) -> None:
        """``word`` is "ready", or "taken N" where process N holds the lock."""
        self._send(word)

    def fail(self, sentence: str) -> None:
        """There will be no session; ``sentence`` is for the person."""
        if self._fd < 0:
            print(sentence, file=sys.stderr)
        self._send("failed " + sentence.encode("unicode_escape").decode("ascii"))

    def _send(self, line: str) -> None:
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        try:
            os.write(fd, line.encode("ascii") + b"\n")
        except BrokenPipeError:  # who started us has gone meanwhile
            pass
        finally:
            os.close(fd)


def daemonize() -> Ready:
    """Part from the process that started this one; to be called first, before any thread and lock.

    Only in a process that `spawn` started, else it stays where it is. Afterwards this is another
    process than before, in a session of its own.
    """
    if os.environ.pop(_VARIABLE, None) is None:
        return Ready(-1)
    import fcntl

    fd = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    os.dup2(2, 1)
    _close_inherited()
    if os.fork():
        os._exit(0)  # init is the parent of the other one, and nobody has to wait for it
    try:
        os.write(fd, b"pid %d\n" % os.getpid())
    except BrokenPipeError:  # who started us has gone meanwhile
        os._exit(0)
    os.setsid()
    os.chdir("/")
    return Ready(fd)


def _close_inherited() -> None:
    """Close the descriptors that came with the process: Python's own are never inheritable."""
    folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    for fd in map(int, os.listdir(folder)):
        try:
            if fd > 2 and os.get_inheritable(fd):
                os.close(fd)
        except OSError:  # the one by which the folder was read
            pass


def spawn(
    notebook: str,
    place: Place,
    module: str = "sessions_ls.live.process",
    seconds: float = PATIENCE,
) -> int:
    """The pid of a session process for ``notebook``: a new one, or the one that has the lock.

    The new one is in a session of its own, in the folder `/`, without our descriptors, with its
    output in the place's log, and no child of this process. Raises SpawnError, at the latest after
    ``seconds`` and a little; then what was started has been ended.
    """
    if not sys.executable or not hasattr(os, "posix_spawn"):
        raise SpawnError("A session cannot be a process of its own on this system.")
    start = _Start(os.path.abspath(notebook), place)
    try:
        start.launch(module)
        return start.wait(time.monotonic() + seconds)
    except OSError as error:
        raise start.error(f"{sys.executable}: {error.strerror or error}.") from error
    finally:
        start.close()


class _Start:
    """A process that is being started, and what it has said."""

    def __init__(self, notebook: str, place: Place) -> None:
        self.notebook = notebook
        self.place = place
        self.child = 0  # the process we started
        self.pid = 0  # the process that stays: a child of that one
        self.done = False
        self.heard = b""
        self.reading = self.writing = self.log = -1
        self.log_from = 0

    def launch(self, module: str) -> None:
        """Start it. Raises OSError, or SpawnError where there can be no log."""
        self._open_log()
        self.reading, self.writing = map(_above_standard, os.pipe())
        import signal

        usual = {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
        usual |= {signal.SIGPIPE, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
        self.child = os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", module, self.notebook],
            {**os.environ, _VARIABLE: "1"},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, self.writing, 1),
                (os.POSIX_SPAWN_DUP2, self.log, 2),
            ],
            setpgroup=0,
            setsigmask=[],
            setsigdef=usual,
        )
        os.close(self.writing)
        self.writing = -1

    def _open_log(self) -> None:
        # For appending: a session that is live writes there too.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            self.log = _above_standard(os.open(self.place.log, flags, 0o600))
            self.log_from = os.fstat(self.log).st_size
            if self.log_from > _LOG_BYTES:
                os.ftruncate(self.log, 0)
                self.log_from = 0
        except OSError as error:
            raise SpawnError(
                f"The log {self.place.log} cannot be written ({error.strerror or error}): "
                "remove it, or set SESSIONS_RUNTIME_DIR to another folder."
            ) from error

    def wait(self, until: float) -> int:
        """The pid of the session, once it is said. Raises SpawnError."""
        import select

        poll = select.poll()
        poll.register(self.reading, select.POLLIN)
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise self._with_last_words("it was not ready in time and has been ended")
            if not poll.poll(left * 1000):
                continue
            piece = os.read(self.reading, 65_536)
            if not piece:
                raise self._with_last_words(self._how_it_ended())
            self.heard += piece
            found = self._session()
            if found:
                self.done = True
                return found

    def _session(self) -> int:
        """The pid of the session in what was heard, 0 while there is none. Raises SpawnError."""
        *lines, self.heard = self.heard.split(b"\n")
        for line in lines:
            word, _, rest = line.partition(b" ")
            if word == b"pid" and rest.isdigit():
                self.pid = int(rest)
            elif word == b"ready" and self.pid:
                return self.pid
            elif word == b"taken" and rest.isdigit():
                return int(rest)
            elif word == b"failed":
                raise self.error(rest.decode("unicode_escape"))
            elif line:  # something else printed before the process had its own output
                os.write(self.log, line + b"\n")
        return 0

    def _how_it_ended(self) -> str:
        if self.heard:
            os.write(self.log, self.heard + b"\n")
        until = time.monotonic() + 0.2  # it has closed its end: it is ending
        while time.monotonic() < until:
            status = self._status(os.WNOHANG)
            if status is None:
                time.sleep(0.001)
            elif status < 0:
                return f"it was ended by signal {-status}"
            elif status:
                return f"it ended with exit status {status}"
            else:
                break
        return "it ended before it was ready"

    def error(self, reason: str) -> SpawnError:
        """The sentence that says so."""
        return SpawnError(f"No session could be started for {self.notebook}: {reason}")

    def _with_last_words(self, reason: str) -> SpawnError:
        last = self._last_words()
        if not last:
            return self.error(reason + ".")
        return self.error(f"{reason}. Its last words ({self.place.log}):\n{last}")

    def _last_words(self) -> str:
        with open(self.place.log, "rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self.log_from, size - _BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LINES:])

    def _status(self, flags: int) -> int | None:
        """How our child ended, None while it has not. Afterwards it is no zombie."""
        if not self.child:
            return 0
        try:
            pid, status = os.waitpid(self.child, flags)
        except ChildProcessError:  # this process ignores SIGCHLD
            pid, status = self.child, 0
        if not pid:
            return None
        self.child = 0
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End what did not get ready, and leave nothing behind."""
        import signal

        if self.child and not self.done:
            _kill(os.killpg, self.child, signal.SIGKILL)
        if self.pid and not self.done:
            _kill(os.kill, self.pid, signal.SIGKILL)
        if self.child:
            # Once the other one is ready, this one has nothing left to do but to end.
            _kill(os.kill, self.child, signal.SIGKILL)
            self._status(0)
        for fd in (self.reading, self.writing, self.log):
            if fd >= 0:
                os.close(fd)


def _above_standard(fd: int) -> int:
    """``fd``, or a copy where it would collide with a standard stream of the new process."""
    if fd > 2:
        return fd
    import fcntl

    copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(fd)
    return copy


def _kill(kill: Callable[[int, int], None], pid: int, number: int) -> None:
    try:
        kill(pid, number)
    except (ProcessLookupError, PermissionError):  # it has ended by itself; macOS says it so
        pass
