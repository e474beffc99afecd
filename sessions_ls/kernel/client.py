"""The server's side of a kernel: starts it, talks to it, notices its death.

KernelDied      the kernel is gone; the message says how
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import sys
import time

from .frames import LOST_CHANNEL, EventParser, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: The kernel's descriptors for reading, for writing and for its journal; far above what
#: programs close in loops.
READ_FD, WRITE_FD, JOURNAL_FD = 200, 201, 202
#: Exit statuses with a meaning of their own.
ORPHANED = 87
#: Seconds between two looks at a kernel where the system cannot wake us at its death.
LOOK = 0.25


class KernelDied(Exception):
    """The kernel's process ended without being asked. The message is for the person."""

    def __init__(self, message: str, status: int | None, stderr: str) -> None:
        super().__init__(message)
        #: As `Popen.returncode`: an exit status, or minus a signal number; None if unknown.
        self.status = status
        #: The last lines that the process wrote to descriptor 2.
        self.stderr = stderr


class Kernel:
    """One kernel process. For one thread at a time, except `interrupt` and `kill`."""

    def __init__(
        self, pid: int, python: str, reading: int, writing: int, stderr: int, journal: int = -1
    ) -> None:
        self.pid = pid
        self.python = python
        self._reading = reading
        self._writing = writing
        self._stderr = stderr
        self._journal = journal
        self._last_payload = b""
        self._stderr_from = 0
        self._parser = EventParser()
        self._ready: list[list[dict[str, Any]]] = []
        self._unsent = bytearray()
        self._status: int | None = None
        self._dead = False
        self._eof = False
        self._words = ""
        self._killed = False
        self._closed = False
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        self._pidfd = _pidfd(pid)
        self._poll = select.poll()
        self._poll.register(reading, select.POLLIN)
        if self._pidfd >= 0:
            self._poll.register(self._pidfd, select.POLLIN)

    @classmethod
    def start(
        cls, python: str, notebook: str, cwd: str, env: Mapping[str, str] | None = None
    ) -> Kernel:
        """Start a kernel for `notebook` under the interpreter `python`; return at once.

        Raises OSError when the interpreter cannot be started. A kernel that fails later, for an
        interpreter too old say, is a KernelDied from `receive`.
        """
        boot = os.path.join(os.path.dirname(os.path.abspath(__file__)), "boot.py")
        notebook = os.path.abspath(notebook)
        numbers = [str(fd) for fd in (READ_FD, WRITE_FD, JOURNAL_FD)]
        argv = [python, boot, *numbers, notebook, os.path.abspath(cwd)]
        opened: list[int] = []
        try:
            to_kernel, writing = os.pipe()
            opened += [to_kernel, writing]
            reading, from_kernel = os.pipe()
            opened += [reading, from_kernel]
            out, err = _nameless_file("stdout"), _nameless_file("stderr")
            journal = _nameless_file("journal")
            opened += [out, err, journal]
            given = [_out_of_the_way(fd) for fd in (to_kernel, from_kernel, out, err, journal)]
            opened += [fd for fd in given if fd not in opened]
            actions = [
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, given[2], 1),
                (os.POSIX_SPAWN_DUP2, given[3], 2),
                (os.POSIX_SPAWN_DUP2, given[0], READ_FD),
                (os.POSIX_SPAWN_DUP2, given[1], WRITE_FD),
                (os.POSIX_SPAWN_DUP2, given[4], JOURNAL_FD),
            ]
            pid = _spawn(python, argv, os.environ if env is None else env, actions)
        except BaseException:
            for fd in opened:
                os.close(fd)
            raise
        for fd in opened:
            if fd not in (reading, writing, err, journal):
                os.close(fd)
        return cls(pid, python, reading, writing, err, journal)

    # -- talking --------------------------------------------------------------------------------

    def fileno(self) -> int:
        """The descriptor that is readable when events wait."""
        return self._reading

    def send(self, message: dict[str, Any]) -> None:
        """Send one message: plain values that marshal knows. Never blocks: what the kernel
        does not take yet leaves during `receive`. A dead kernel is noticed by `receive`."""
        self._stderr_from = self._stderr_size()
        self._unsent += pack(marshal.dumps(message, 2))
        self._send_more()

    def receive(self, timeout: float | None) -> list[dict[str, Any]] | None:
        """Return the next batch of events, None when `timeout` (seconds; None: no limit) is over.

        Raises KernelDied, after the last batch, within a second of the kernel's death.
        """
        limit = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._ready:
                return self._ready.pop(0)
            if self._dead or self._closed:
                raise self._obituary()
            left = None if limit is None else limit - time.monotonic()
            if left is not None and left < 0:
                left = 0.0
            self._wait(left)
            if not self._ready and not self._dead and left == 0.0:
                return None

    def _wait(self, left: float | None) -> None:
        """Wait for bytes, death or `left` seconds; take in what there is."""
        self._send_more()
        waits = bool(self._unsent)
        if waits:
            self._poll.register(self._writing, select.POLLOUT)
        # Never for long: Python hears a signal that comes just before poll() when that returns.
        pause = LOOK if left is None else min(left, LOOK)
        ready = dict(self._poll.poll(pause * 1000.0))
        if waits:
            self._poll.unregister(self._writing)
        if self._reading in ready and not self._eof:
            self._read()
        if self._pidfd in ready or self._pidfd < 0 or self._eof:
            self._look()

    def _read(self) -> None:
        for _turn in range(16):  # then give the caller its turn
            try:
                data = os.read(self._reading, 1 << 18)
            except BlockingIOError:
                return
            except InterruptedError:
                continue
            if not data:
                self._eof = True
                self._poll.unregister(self._reading)
                self._eof_since = time.monotonic()
                return
            self._take(data)
            if len(data) < 1 << 16:
                return

    _eof_since = 0.0

    def _take(self, data: bytes) -> None:
        for payload in self._parser.feed(data):
            self._last_payload = payload
            self._take_batch(payload)

    def _take_batch(self, payload: bytes) -> None:
        import json

        try:
            batch = json.loads(payload)
        except (ValueError, RecursionError):  # written by user code to our descriptor
            return
        events = [event for event in batch if isinstance(event, dict) and "e" in event]
        if events:
            self._ready.append(events)

    def _take_journal(self) -> None:
        """Take the events that a dead kernel had no time to send."""
        journal, self._journal = self._journal, -1
        if journal < 0:
            return
        try:
            data = os.pread(journal, os.fstat(journal).st_size, 0)
        finally:
            os.close(journal)
        if data and not self._last_payload.startswith(b"[" + data):
            self._take_batch(b"[" + data + b"]")

    def _send_more(self) -> None:
        while self._unsent:
            try:
                count = os.write(self._writing, memoryview(self._unsent)[: 1 << 16])
            except BlockingIOError:
                return
            except OSError:  # it died; `receive` says so
                self._unsent.clear()
                return
            del self._unsent[:count]

    # -- its life -------------------------------------------------------------------------------

    def alive(self) -> bool:
        """Whether the process runs."""
        if not self._dead:
            self._reap()
        return not self._dead

    def interrupt(self) -> None:
        """Interrupt what runs: SIGINT to the kernel and its children. Harmless while idle.

        Code that swallows KeyboardInterrupt, or C code that does not look for signals, goes on;
        when a second request shows that it does, `kill` is the way.
        """
        self._signal(signal.SIGINT)

    def secured(self) -> bool:
        """Whether a cell has started that lets no other thread say so: what the kernel could not
        send before it stands in its journal."""
        return self._journal >= 0 and os.fstat(self._journal).st_size > 0

    def kill(self) -> None:
        """End the kernel and its children at once; `receive` then raises KernelDied."""
        self._killed = True
        self._signal(signal.SIGKILL)

    def close(self, grace: float = 2.0) -> None:
        """End the kernel: in order if it does so within `grace` seconds, running the notebook's
        exit handlers, else by force. What it started in its process group ends too."""
        if self._closed:
            return
        if self.alive():
            self.send({"op": "exit"})
            limit = time.monotonic() + grace
            if not self._gone_by(min(limit, time.monotonic() + 0.15)):
                self._signal(signal.SIGINT)  # a cell runs: stop it, then the exit op is read
                self._gone_by(limit)
        self._signal(signal.SIGTERM)
        if not self._gone_by(time.monotonic() + 0.3):
            self._signal(signal.SIGKILL)
            self._gone_by(time.monotonic() + 5.0)
        self._signal(signal.SIGKILL)
        self._words = self._last_words()
        self._closed = True
        for fd in (self._reading, self._writing, self._stderr, self._journal, self._pidfd):
            if fd >= 0:
                os.close(fd)

    def _gone_by(self, limit: float) -> bool:
        """Wait for its death until `limit`, taking its last words in meanwhile."""
        while self.alive():
            left = limit - time.monotonic()
            if left <= 0:
                return False
            self._wait(min(left, 0.05))
        return True

    def _signal(self, number: int) -> None:
        if self._closed:
            return
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # gone, or only zombies left in the group
            return

    def _look(self) -> None:
        """Is it dead? Then read what it left. A kernel without a channel is as good as dead."""
        self._reap()
        if not self._dead and self._eof and time.monotonic() - self._eof_since > 0.5:
            self._killed = False
            self._signal(signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self._dead = True
            self._status = LOST_CHANNEL
        if self._dead:
            if not self._eof:
                self._read_rest()
            self._take_journal()

    def _read_rest(self) -> None:
        """A forked child may hold the pipe open: read what there is, do not wait for its end."""
        while True:
            try:
                data = os.read(self._reading, 1 << 20)
            except (BlockingIOError, OSError):
                return
            if not data:
                return
            self._take(data)

    def _reap(self) -> None:
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else reaped it: how it ended is not known
            self._dead = True
            return
        if pid:
            self._dead = True
            self._status = os.waitstatus_to_exitcode(status)

    def _stderr_size(self) -> int:
        try:
            return os.lseek(self._stderr, 0, os.SEEK_END)
        except OSError:
            return 0

    def _last_words(self) -> str:
        """The last lines on descriptor 2 since the last message, from the kernel's own file."""
        try:
            end = self._stderr_size()
            begin = self._stderr_from if self._stderr_from <= end else 0
            begin = max(begin, end - 8192)
            data = os.pread(self._stderr, end - begin, begin)
        except OSError:
            return ""
        home = f'File "{os.path.dirname(os.path.abspath(__file__))}{os.sep}'
        text = data.decode("utf-8", "replace").strip()
        lines = [line for line in text.splitlines() if home not in line]
        return "\n".join(lines[-20:])

    def _obituary(self) -> KernelDied:
        status = self._status
        words = self._words if self._closed else self._last_words()
        if self._killed and status == -signal.SIGKILL:
            how = "the kernel was killed on request"
        elif self._closed and (status is None or status == 0):
            how = "the kernel was closed"
        elif status is None:
            how = "the kernel died"
        elif status == LOST_CHANNEL:
            how = "the kernel lost its channel: its code closed all file descriptors"
        elif status < 0:
            how = f"the kernel died: {_signal_name(-status)} (signal {-status})"
            if -status == signal.SIGKILL:
                how += "; out of memory?"
        else:
            how = f"the kernel died: exit status {status}"
        return KernelDied(f"{how}\n{words}" if words else how, status, words)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return "signal"


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        return -1


def _nameless_file(name: str) -> int:
    """A file without a name, open for reading and appending."""
    if sys.platform == "linux":
        try:
            fd = os.memfd_create("sessions-" + name)
            try:
                return os.open(f"/proc/self/fd/{fd}", os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            finally:
                os.close(fd)
        except OSError:  # no /proc, or forbidden
            pass
    folder = os.environ.get("TMPDIR") or "/tmp"
    path = os.path.join(folder, f".sessions-{name}-{os.getpid()}-{time.monotonic_ns()}")
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.unlink(path)
    return fd


def _out_of_the_way(fd: int) -> int:
    """`fd`, or a copy of it where it would collide with the numbers it is copied to."""
    if fd > 2 and not READ_FD <= fd <= JOURNAL_FD:
        return fd
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, JOURNAL_FD + 10)


def _spawn(python: str, argv: list[str], env: Mapping[str, str], actions: list[Any]) -> int:
    """Start the process in a session of its own, SIGINT blocked until it is ready for it."""
    usual = [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE]
    mask = [signal.SIGINT]
    try:
        return os.posix_spawn(
            python, argv, env, file_actions=actions, setsid=True, setsigmask=mask, setsigdef=usual
        )
    except NotImplementedError:
        return os.posix_spawn(
            python, argv, env, file_actions=actions, setpgroup=0, setsigmask=mask, setsigdef=usual
        )
