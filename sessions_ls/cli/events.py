"""A run as a program reads it: the events of `sessions run --json`, an object a line."""

from __future__ import annotations

import json

from sessions_ls.live.view import error_json, mimes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.cli.remote import Remote
    from sessions_ls.cli.screen import Screen
    from sessions_ls.live.session import LiveSession

    Event = dict[str, Any]


class EventLines:
    """Writes the events of one run of ``session``, each as it comes.

    ``about`` is what the last one also says: which bytes the results belong to, who asked and why.
    """

    def __init__(self, session: LiveSession | Remote, screen: Screen, about: Event) -> None:
        self._session = session
        self._screen = screen
        self._about = about

    def take(self, event: Event) -> None:
        """Write one event."""
        self._screen.out(json.dumps(self._plain(event)) + "\n")

    def close(self) -> None:
        """Nothing is left to write: the last event was ``done``."""

    def _plain(self, event: Event) -> Event:
        if event["event"] == "done":
            return {**event, **self._about, **event}
        if "outputs" in event:
            event = {key: value for key, value in event.items() if key != "outputs"}
        record = event.get("record")
        if record is None:
            return event
        start = self._session.notebook.cells[event["number"] - 1].start
        plain = {key: value for key, value in event.items() if key != "record"}
        plain["runtime_ms"] = record.runtime_ms
        plain["text"] = record.text
        plain["stdout"] = record.stdout
        plain["stderr"] = record.stderr
        plain["mimes"] = mimes(record)
        plain["error"] = error_json(record, start)
        return plain
