"""A notebook taken to run in: its live session, or a session of this process with a lock on it."""

from __future__ import annotations

import os

from sessions_ls.cli import console
from sessions_ls.cli.arguments import UsageError
from sessions_ls.live import early
from sessions_ls.live.place import PlaceError, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.cli.remote import Remote
    from sessions_ls.kernel.client import Kernel
    from sessions_ls.live.lock import Holder, Lock
    from sessions_ls.live.place import Place
    from sessions_ls.live.session import LiveSession
    from sessions_ls.live.settings import Settings
    from sessions_ls.live.trust import Grant

    Emit = Callable[[dict[str, Any]], None]

_ADVICE = "try again when it is done, or end it with `sessions stop {}`"
_TRIES = 50
"""How often the notebook may come free between two looks, and be taken again."""


class Owned:
    """A notebook that is ours to run. ``remote`` is ``session`` where that is the live one."""

    __slots__ = ("_lock", "remote", "session")

    def __init__(
        self, session: LiveSession | Remote, remote: Remote | None = None, lock: Lock | None = None
    ) -> None:
        self.session = session
        self.remote = remote
        self._lock = lock

    def close(self) -> None:
        """Let it go: a live session goes on, one of our own ends."""
        try:
            self.session.close()
        finally:
            if self._lock is not None:
                self._lock.release()


def own(
    path: str,
    grant: Grant,
    settings: Settings,
    who: str,
    emit: Emit,
    write: bool = True,
    keep: bool = False,
) -> Owned:
    """The notebook at ``path``, to run in; the kernel of a session of our own is started already.

    With ``keep`` a live session is started where there is none. Without ``write`` a live one is
    refused, since it saves what runs in it. Raises SessionsError where it cannot be had.
    """
    if keep:
        remote = _remote(path, settings, who, emit, start=True)
        if remote is not None:
            return Owned(remote, remote)
    try:
        place = place_of(path)
        if write:
            return _with_lock(place, path, grant, settings, who, emit)
        _refuse_beside_a_session(place, path)
    except PlaceError as error:
        if write:
            console.message(f"{error} The results of this run are not saved.")
    return Owned(_alone(path, settings, emit, False, _start(grant, settings)))


def _with_lock(
    place: Place, path: str, grant: Grant, settings: Settings, who: str, emit: Emit
) -> Owned:
    # Where there is no lock file, the kernel starts while we make one.
    kernel = None if os.path.exists(place.lock) else _start(grant, settings)
    from sessions_ls.live.lock import Lock, holder

    lock: Lock | None = None
    try:
        for _ in range(_TRIES):
            lock = Lock.acquire(place, "run")
            if lock is not None:
                kernel = kernel or _start(grant, settings)
                return Owned(_alone(path, settings, emit, True, kernel), None, lock)
            found = holder(place)
            if found is not None and found.what != "session":
                raise UsageError(f"{described(found, path)}; {_ADVICE.format(path)}")
            remote = None if found is None else _remote(path, settings, who, emit, start=False)
            if remote is not None:  # else it has ended just now
                if kernel is not None:
                    kernel.close()
                return Owned(remote, remote)
        raise UsageError(f"{path} is taken and let go by others all the time; try again")
    except BaseException:
        if kernel is not None:
            kernel.close()
        if lock is not None:
            lock.release()
        raise


def _alone(path: str, settings: Settings, emit: Emit, write: bool, kernel: Kernel) -> LiveSession:
    from sessions_ls.live.session import LiveSession  # while the kernel starts

    return LiveSession(path, settings, emit, write, kernel)


def _start(grant: Grant, settings: Settings) -> Kernel:
    """Start the kernel before there is anything for it to do: both take their time."""
    try:
        return early.start_kernel(grant, settings)
    except OSError as error:
        choice = early.interpreter(grant.path, settings)
        raise UsageError(
            f"{choice.path} cannot be started: {error.strerror or error} ({choice.reason})"
        ) from error


def _remote(path: str, settings: Settings, who: str, emit: Emit, start: bool) -> Remote | None:
    """The live session, None where there is none. Raises SessionsError where it has no answer."""
    from sessions_ls.cli.remote import Remote

    remote = Remote(path, settings, who, emit)
    return remote if remote.attach(start) else None


def _refuse_beside_a_session(place: Place, path: str) -> None:
    from sessions_ls.live.lock import holder

    found = holder(place)
    if found is not None and found.what == "session":
        raise UsageError(
            f"--no-write: {path} is live, and its session saves what runs in it; "
            f"without the option this runs there, and `sessions stop {path}` ends it"
        )


# -- who has it ------------------------------------------------------------------------------------


def described(found: Holder, path: str) -> str:
    """Who has the notebook, in words."""
    from sessions_ls.live.lock import stopped

    who = {"session": "a live session", "run": "`sessions run`"}.get(found.what, "a process")
    name = os.path.basename(path)
    if not found.pid:
        return f"{who} has {name} and does not say which it is"
    halted = ", which is stopped," if stopped(found.pid) else ""
    return f"{who} (pid {found.pid}, since {clock(found.started)}){halted} has {name}"


def clock(seconds: float) -> str:
    """A time as a person says it: "14:02", with the day where that is another one."""
    import time

    then, now = time.localtime(seconds), time.localtime()
    same = then.tm_year == now.tm_year and then.tm_yday == now.tm_yday
    return time.strftime("%H:%M" if same else "%Y-%m-%d %H:%M", then)
