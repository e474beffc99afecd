"""Events of a session on their way to the event loop, which a client that stops reading holds up.

Nothing is lost then but what was on its way to be drawn anew: output of cells that run, and states
that others have replaced. The memory that waits stays bounded however long it takes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    Event = dict[str, Any]
    Run = tuple[int, int]

OUTPUT = 4_000_000
"""Characters and bytes of output that may wait, or one piece that is larger."""

EVENTS = 10_000
"""Events that may wait before those that others have replaced are dropped."""


class Mailbox:
    """Filled by one thread, emptied by another."""

    def __init__(self, output: bool, ours: Callable[[Run], bool]) -> None:
        """``output``: whether what cells write is wanted at all; ``ours``: whether we wait for the
        end of a run.
        """
        self._output = output
        self._ours = ours
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._held = 0  # of output, as in OUTPUT
        self._most = EVENTS

    def put(self, event: Event) -> bool:
        """Keep an event; whether it is the first one, for which somebody has to be woken."""
        with self._lock:
            if event["event"] in ("output", "display", "ambient") and not self._room(event):
                return False
            event.pop("record", None)  # the client has it
            self._events.append(event)
            if len(self._events) > self._most:
                self._thin()
            return len(self._events) == 1

    def empty(self) -> list[Event]:
        """Everything that waits, in order."""
        with self._lock:
            events, self._events = self._events, []
            self._held, self._most = 0, EVENTS
            return events

    def _room(self, event: Event) -> bool:
        if not self._output or event["event"] == "ambient":
            return False
        size = len(event.get("text", ""))
        size += sum(len(output.data) for output in event.get("outputs", ()))
        if self._held and self._held + size > OUTPUT:
            return False
        self._held += size
        return True

    def _thin(self) -> None:
        """Keep the last of each kind: of a cell, of a run that we wait for."""
        kept: dict[Hashable, Event] = {}
        for event in self._events:
            kind = event["event"]
            if kind in ("output", "display"):
                continue
            key: Hashable = (kind, event.get("id"))
            if kind == "done" and event["run"] and self._ours(event["run"]):
                key = (kind, event["run"])
            kept.pop(key, None)  # a dict would leave it where the first one was
            kept[key] = event
        self._events = list(kept.values())
        self._held = 0
        self._most = max(EVENTS, 2 * len(kept))
