"""What a session says of itself, as a client last heard it."""

from __future__ import annotations

from sessions_ls.kernel.marks import UNTRUSTED
from sessions_ls.live.wire import event_from_plain, record_from_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from sessions_ls.live.cells import Trait
    from sessions_ls.live.wire import Message
    from sessions_ls.results.record import Record

NO_KERNEL: dict[str, Any] = {"state": "none", "pid": None}


class Mirror:
    """The session's cells, by identity, in the order of the text it last ran or read.

    ``live`` are those whose values the kernel has, ``passing`` those that are queued or run,
    ``traits`` code, own id and title of each.
    """

    def __init__(self, kernel: dict[str, Any]) -> None:
        self.idents: list[str] = []
        self.traits: list[Trait] = []
        self.records: dict[str, Record] = {}
        self.live: set[str] = set()
        self.passing: dict[str, str] = {}
        self.kernel = kernel
        self.bonds: dict[str, object] = {}

    def fill(self, records: Iterable[Record]) -> None:
        """Stand for a session that does not live: what its file holds."""
        for record in records:
            if record.id not in self.records:
                if record.volatile:
                    record = record.replaced(reads={UNTRUSTED: ""})
                self.records[record.id] = record
                self.idents.append(record.id)
                self.traits.append((record.code, record.id, record.title))

    def snapshot(self, message: Message) -> None:
        """Take everything anew."""
        self.program(message)
        records = [record_from_plain(plain) for plain in message["records"]]
        self.records = {record.id: record for record in records}
        self.passing = message["passing"]
        self.kernel = message["kernel"]
        self.bonds = message["bonds"]

    def program(self, message: Message) -> None:
        """The session took another text."""
        self.idents = message["idents"]
        self.traits = [(code, own, title) for code, own, title in message["traits"]]
        self.live = set(message["live"])

    def edited(self, message: Message) -> None:
        """The session took a text that differs within cells."""
        for position, (code, own, title) in message["traits"].items():
            self.traits[position] = (code, own, title)

    def forget(self, idents: Iterable[str]) -> None:
        """Results were cleared."""
        for ident in idents:
            self.records.pop(ident, None)
            self.live.discard(ident)

    def lose_values(self) -> None:
        """The kernel is gone, and with it the ground for trusting results of volatile cells."""
        self.live = set()
        self.passing = {}
        self.kernel = {**self.kernel, **NO_KERNEL}
        for ident, record in self.records.items():
            if record.volatile:
                self.records[ident] = record.replaced(reads={UNTRUSTED: ""})

    def event(self, event: Message) -> Message:
        """Take an event of a run; the event with its record in place of plain values."""
        event = event_from_plain(event)
        kind = event["event"]
        if kind == "cell":
            ident = event["id"]
            if event["state"] in ("queued", "running"):
                self.passing[ident] = event["state"]
            else:
                self.passing.pop(ident, None)
            if "record" in event:
                self.records[ident] = event["record"]
                self.live.add(ident)
        elif kind == "done":
            self.passing = {}
        return event
