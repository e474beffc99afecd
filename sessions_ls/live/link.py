"""How a client reaches the live session of a notebook, or learns why it cannot."""

from __future__ import annotations

import os
import time

from sessions_ls._version import __version__
from sessions_ls.kernel.frames import pack
from sessions_ls.live.lock import holder, stopped
from sessions_ls.live.place import place_of
from sessions_ls.live.wire import PROTOCOL, Line
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.live.lock import Holder
    from sessions_ls.live.place import Place
    from sessions_ls.live.wire import Message

ANSWER = 1.0
"""Seconds that a session may take to answer a connection before it counts as stuck."""

STARTING = 1.5
"""Seconds that a session may take between its lock and its socket."""

LOADING = 10.0
"""Seconds from its start in which a session may be busy with reading a large notebook."""


class Unreachable(SessionsError):
    """Somebody holds the notebook and cannot be talked to; the sentence says who and what to do.

    ``holder`` is that process.
    """

    def __init__(self, message: str, holder: Holder | None = None) -> None:
        super().__init__(message)
        self.holder = holder


def reach(path: str, who: str, start: bool) -> tuple[Line, int] | None:
    """A line to the live session of the notebook at ``path``, and our number there.

    None where nothing is live; with ``start`` a session process is started then. Raises
    Unreachable, and PlaceError and SpawnError as they come. Takes two seconds at most, three where
    a process has to be started; longer only while one that has just begun reads the notebook.
    """
    place = place_of(path)
    limit = time.monotonic() + STARTING
    while True:
        found = holder(place)
        if found is None:
            if not start:
                return None
            from sessions_ls.live.spawn import spawn

            spawn(path, place)
            start = False
            limit = time.monotonic() + STARTING
            continue
        if found.what == "run":
            raise Unreachable(
                f"`sessions run` (pid {found.pid}) is at work on {os.path.basename(path)}", found
            )
        if found.address:
            try:
                return _greet(found, place, who)
            except (FileNotFoundError, ConnectionError):  # it ends, or another begins just now
                if time.monotonic() > limit:
                    raise Unreachable(_stuck(found, path), found) from None
            except OSError:  # a timeout among them
                raise Unreachable(_stuck(found, path), found) from None
        elif time.monotonic() > limit:
            raise Unreachable(_stuck(found, path), found)
        time.sleep(0.005)


def _greet(found: Holder, place: Place, who: str) -> tuple[Line, int]:
    """Connect and say who we are. Raises OSError and Unreachable."""
    import json

    from sessions_ls.live.sockets import connect

    line = Line(connect(found, ANSWER), found.pid)
    try:
        hello = {
            "protocol": PROTOCOL,
            "version": __version__,
            "who": who,
            "pid": os.getpid(),
            "token": found.token,
        }
        line.send_frame(pack(json.dumps(hello).encode()))
        payload = _answer(line, found)
        if payload is None:
            raise ConnectionResetError("the session hung up")
        answer: Message = json.loads(payload)
        number, refused = int(answer["you"]), answer.get("refused")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        line.close()
        raise ConnectionResetError("the session speaks another way") from error
    except BaseException:
        line.close()
        raise
    if refused:
        line.close()
        name = os.path.basename(place.notebook)
        raise Unreachable(
            f"the live session of {name} (pid {found.pid}) cannot be used: {refused}; "
            f"`sessions stop {name}` ends it",
            found,
        )
    return line, number


def _answer(line: Line, found: Holder) -> bytes | None:
    """The first frame of a session. Raises TimeoutError."""
    while True:
        try:
            return line.receive_frame(ANSWER)
        except TimeoutError:
            if stopped(found.pid) or time.time() > found.started + LOADING:
                raise


def _stuck(found: Holder, path: str) -> str:
    name = os.path.basename(path)
    since = time.strftime("%H:%M", time.localtime(found.started))
    why = "is stopped" if stopped(found.pid) else "does not answer"
    return (
        f"the live session of {name} (pid {found.pid}, since {since}) {why}; "
        f"`sessions stop {name}` ends it"
    )
