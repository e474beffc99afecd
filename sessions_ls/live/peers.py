"""The clients of a session, and what is on its way to each."""

from __future__ import annotations

import socket
import threading

from sessions_ls.live.wire import Incoming, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sessions_ls.live.wire import Message

LONGEST_QUEUE = 64 << 20
"""Bytes that may wait for a client beside its snapshot. One that reads nothing is let go then."""

LONGEST_WORD = 64 << 20
"""Bytes that a client may say at once: the text of a notebook. More is garbage."""

LONGEST_HELLO = 1 << 16

PIECE = 1 << 18


class Peer:
    """One client: its connection, who it says it is, and the text it last ran."""

    def __init__(self, connection: socket.socket, number: int) -> None:
        self.connection = connection
        self.number = number
        self.who = ""
        self.pid = 0
        self.greeted = False
        self.text = ""
        self.incoming = Incoming(LONGEST_HELLO)
        self.waiting = bytearray()
        self.allowance = LONGEST_QUEUE

    def describe(self) -> str:
        """Who it is, for a person."""
        return f"{self.who} (pid {self.pid})" if self.pid else self.who


class Peers:
    """All clients. Any thread may send; one thread, woken by ``wake``, sends what had to wait."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.RLock()
        self._peers: dict[int, Peer] = {}
        self._count = 0

    def add(self, connection: socket.socket) -> Peer:
        """A new client, to whom nothing is broadcast yet."""
        self._count += 1
        return Peer(connection, self._count)

    def join(self, peer: Peer, *messages: Message) -> None:
        """Begin to tell it everything, after these messages."""
        with self._lock:
            for message in messages:
                data = packed(message)
                peer.allowance += len(data)
                self._send(peer, data)
            peer.greeted = True
            peer.incoming.longest = LONGEST_WORD
            self._peers[peer.number] = peer

    def leave(self, peer: Peer) -> None:
        """It is gone, or is to go."""
        with self._lock:
            self._peers.pop(peer.number, None)
            peer.waiting.clear()

    def all(self) -> list[Peer]:
        """Those who joined, oldest first."""
        with self._lock:
            return list(self._peers.values())

    def find(self, number: int) -> Peer | None:
        """The client with this number, if it is still there."""
        with self._lock:
            return self._peers.get(number)

    def broadcast(self, message: Message) -> None:
        """Tell every client."""
        with self._lock:
            if self._peers:
                data = packed(message)
                for peer in self._peers.values():
                    self._send(peer, data)

    def tell(self, number: int, message: Message) -> None:
        """Tell one client, if it is still there."""
        with self._lock:
            peer = self._peers.get(number)
            if peer is not None:
                self._send(peer, packed(message))

    def tell_frame(self, peer: Peer, frame: bytes) -> None:
        """Send a frame to one that may not have joined."""
        with self._lock:
            self._send(peer, frame)

    def _send(self, peer: Peer, data: bytes) -> None:
        if peer.waiting:
            peer.waiting += data
        else:
            sent = self._write(peer, data)
            if sent == len(data):
                return
            peer.waiting += memoryview(data)[sent:]
        if len(peer.waiting) > peer.allowance:
            peer.waiting.clear()
            _hang_up(peer)
        self._wake()

    def send_more(self, peer: Peer) -> bool:
        """Send what waits for it; whether something still does."""
        with self._lock:
            while peer.waiting:
                sent = self._write(peer, bytes(memoryview(peer.waiting)[:PIECE]))
                if not sent:
                    break
                del peer.waiting[:sent]
            return bool(peer.waiting)

    def send_all(self) -> bool:
        """Send what waits for anybody; whether something still does."""
        return max([self.send_more(peer) for peer in self.all()], default=False)

    @staticmethod
    def _write(peer: Peer, data: bytes) -> int:
        """How much the system took. A client that is gone is noticed by whoever reads from it."""
        try:
            return peer.connection.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)


def _hang_up(peer: Peer) -> None:
    """End the conversation; whoever reads from it hears that it is over."""
    try:
        peer.connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it was faster
        return
