"""The process that has a notebook: reached, signalled, waited for."""

from __future__ import annotations

import os
import time

from sessions_ls.live.client import Client
from sessions_ls.live.lock import holder
from sessions_ls.live.place import place_of
from sessions_ls.live.settings import Settings
from sessions_ls.notebook.files import read_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.live.lock import Holder
    from sessions_ls.live.place import Place

_BEAT = 0.01
"""Seconds between two looks."""


def who_has(path: str) -> tuple[Place, Holder | None]:
    """Where the processes of the notebook meet, and which has it.

    Raises PlaceError, and NotebookError where nobody has it and there is no such file.
    """
    place = place_of(path)
    found = holder(place)
    if found is None and not os.path.exists(place.notebook):
        read_source(path)
    return place, found


def attached(path: str, who: str, emit: Callable[[dict[str, Any]], None] | None = None) -> Client:
    """A client of the live session of the notebook. Raises SessionsError where it has no answer.

    It is not attached where the session has ended just now.
    """
    client = Client(path, Settings(), emit or _ignore, who)
    client.attach(start=False)
    return client


def has_let_go(place: Place, pid: int, seconds: float) -> bool:
    """Whether this process gives the notebook back within that time."""
    return became(lambda: not has(place, pid), seconds)


def has(place: Place, pid: int) -> bool:
    """Whether this process has the notebook now."""
    found = holder(place)
    return found is not None and found.pid == pid


def send(place: Place, pid: int, number: int) -> bool:
    """Send a signal to the process that has the notebook; False where it has it no more."""
    if not has(place, pid):
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def became(true: Callable[[], bool], seconds: float) -> bool:
    """Whether something becomes true within that time."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(_BEAT)
    return True


def _ignore(event: dict[str, Any]) -> None:
    """Nobody watches."""
