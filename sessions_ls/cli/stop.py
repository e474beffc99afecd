"""`sessions stop`: ends the live session of a notebook: in order, or by force."""

from __future__ import annotations

import signal

from sessions_ls.cli import FAILED, OK, console, reaching
from sessions_ls.cli.arguments import Arguments, UsageError
from sessions_ls.cli.owning import described
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.live.lock import Holder
    from sessions_ls.live.place import Place

ASKED = 3.0
"""Seconds that a session gets to end when it is asked to."""
SIGNALLED = {"session": 2.0, "run": 7.0}
"""Seconds from SIGTERM to SIGKILL: a run first interrupts its cell, then ends its kernel."""
KILLED = 2.0


def main(args: list[str]) -> int:
    """Carry out `sessions stop`. Raises SessionsError where the request is wrong."""
    arguments = Arguments(
        "stop",
        "End the live session of a notebook and its process. Results are stored already. A session "
        "that does not answer, or is of another version, is ended by force.",
        "sessions stop notebook.py",
    )
    path = arguments.place("NOTEBOOK", "a Python file with `# %%` cells").parse(args)["NOTEBOOK"]
    place, found = reaching.who_has(path)
    if found is None:
        console.message(f"{path} is not live")
        return OK
    if not found.pid:
        raise UsageError(f"{described(found, path)}: there is nobody to end")
    what = "the run" if found.what == "run" else "the session"
    if _in_order(path, place, found):
        console.message(f"ended {what} of {path} (pid {found.pid})")
        return OK
    if _by_force(place, found):
        console.message(f"ended {what} of {path} (pid {found.pid}) by force")
        return OK
    console.message(f"{described(found, path)} and cannot be ended")
    return FAILED


def _in_order(path: str, place: Place, found: Holder) -> bool:
    """Ask it to end; whether it did."""
    from sessions_ls.live.lock import stopped

    if stopped(found.pid):
        return False
    if found.what == "session":
        try:
            client = reaching.attached(path, "sessions stop")
            if client.attached:
                client.stop()
        except SessionsError as error:
            console.message(f"{error}; it is ended by a signal")
        else:
            return reaching.has_let_go(place, found.pid, ASKED)
    if not reaching.send(place, found.pid, signal.SIGTERM):
        return True
    return reaching.has_let_go(place, found.pid, SIGNALLED.get(found.what, 2.0))


def _by_force(place: Place, found: Holder) -> bool:
    number = getattr(signal, "SIGKILL", signal.SIGTERM)
    sent = reaching.send(place, found.pid, number)
    return not sent or reaching.has_let_go(place, found.pid, KILLED)
