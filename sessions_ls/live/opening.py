"""Opens a notebook for a client: its live session where there is one, else what is stored."""

from __future__ import annotations

from sessions_ls.live.client import Client
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.live.settings import Settings

    Event = dict[str, Any]


def open_client(
    path: str,
    settings: Settings,
    who: str,
    emit: Callable[[Event], None] | None = None,
    start: bool = False,
) -> Client:
    """A client of the notebook at ``path``, to which its text is still to be submitted.

    With ``start`` a live session is started where there is none. Where it cannot be reached, what
    is stored is shown, and the reason stands among the client's ``troubles``.
    """
    client = Client(path, settings, emit or _ignore, who)
    why: str | None = None
    try:
        client.attach(start)
    except SessionsError as error:
        why = str(error)
    if not client.attached:
        client.read_stored()
        if why is not None:
            client.troubles.append(why)
    return client


def _ignore(event: Event) -> None:
    """Nobody watches."""
