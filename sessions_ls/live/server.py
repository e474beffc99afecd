"""A live session for many clients: who connects, what each says, when it ends."""

from __future__ import annotations

import json
import logging
import os
import selectors
import socket
import threading
import time

from sessions_ls.kernel.frames import pack
from sessions_ls.live.jobs import Job
from sessions_ls.live.kernelwatch import KernelWatch
from sessions_ls.live.peers import Peers
from sessions_ls.live.request import Request
from sessions_ls.live.runner import Runner
from sessions_ls.live.wire import PROTOCOL, record_to_plain, unpacked
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from sessions_ls.live.cells import Trait
    from sessions_ls.live.disk import Disk
    from sessions_ls.live.peers import Peer
    from sessions_ls.live.session import LiveSession
    from sessions_ls.reactive.program import Text

    Message = dict[str, Any]

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that a cell gets to end by itself when the kernel is to go."""

LOOK = 60.0
"""Seconds between two looks at the clock when nothing happens."""

FORGETTABLE = 10.0
"""Seconds that a session without a kernel outlives its last client."""


class Server:
    """Serves one session to its clients. `serve` blocks; the rest comes from any thread."""

    def __init__(
        self,
        version: str,
        listener: socket.socket,
        token: str,
        linger: float,
        still_ours: Callable[[], bool],
    ) -> None:
        """``linger``: seconds that the session outlives its last client; 0 ends it with that.

        ``still_ours`` is asked now and then: whether the notebook's lock is this process's.
        """
        self._version = version
        self._still_ours = still_ours
        self._listener = listener
        self._token = token
        self._linger = linger
        self._peers = Peers(self._wake)
        self.runner = Runner(self._peers, self._after_job)
        self._session: LiveSession
        self._disk: Message = {"m": "disk", "text": None, "digest": "", "problem": None}
        self._serial = 0  # of the newest look at the file
        self._since = time.monotonic()  # when somebody last used the session
        self._used = False
        self._looked = self._since
        self._end: str | None = None
        self._ending: list[tuple[int, int]] = []  # who waits for the end
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._kernel = KernelWatch(self._selector)
        self.after_run = _nothing

    # -- from other threads ----------------------------------------------------------------------

    def changed_on_disk(self, disk: Disk) -> None:
        """The notebook's file is another one now. A look that was overtaken is ignored."""
        if disk.serial < self._serial:
            return
        self._serial = disk.serial
        self._disk = {
            "m": "disk", "text": disk.text, "digest": disk.digest, "problem": disk.problem
        }  # fmt: skip
        self._peers.broadcast(self._disk)

    def files_changed(self) -> None:
        """A file that results depend on may be another one now."""
        self._peers.broadcast({"m": "files"})

    def end(self, why: str) -> None:
        """Let `serve` return soon. Safe in a signal handler."""
        self._end = self._end or why
        self._wake()

    def move(self, listener: socket.socket) -> None:
        """Listen there from now on; for `still_ours`."""
        self._selector.unregister(self._listener)
        self._listener.close()
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ, None)

    def _wake(self) -> None:
        try:
            self._waker.send(b"!")
        except BlockingIOError:
            return  # it is awake already
        except OSError:
            return  # it has ended

    def _after_job(self) -> None:
        self._since = time.monotonic()
        self.after_run()
        self._wake()

    def _told(self, what: str, traits: Mapping[int, Trait] | None = None) -> None:
        """The session changed in a way that no event says. It holds its lock."""
        session = self._session
        if what == "program":
            self._peers.broadcast({"m": "program", **session.outline()})
        elif what == "edited":
            self._peers.broadcast({"m": "edited", "traits": traits})
        elif what == "kernel":
            self._wake()
            self._peers.broadcast({"m": "kernel", "kernel": session.kernel_json()})
        elif what == "lost":
            self._peers.broadcast({"m": "lost"})
        elif what == "cleared":
            self._peers.broadcast(self._snapshot())

    # -- the loop --------------------------------------------------------------------------------

    def serve(self, session: LiveSession) -> None:
        """Serve until the end, then end the kernel. Everybody who is there hears why."""
        self._session = session
        session.told = self._told
        self.runner.start(session)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        try:
            while self._end is None:
                ready = self._selector.select(self._patience())
                for key, events in ready:
                    self._serve_one(key.fileobj, key.data, events)
                self._watch_writers()
                self._kernel.watch(self._session.kernel_pid())
                self._look()
        finally:
            self._finish()

    def _serve_one(self, what: Any, peer: Peer | None, events: int) -> None:
        if what is self._listener:
            self._accept()
        elif what is self._woken:
            self._woken.recv(4096)
        elif what == self._kernel.fd:
            self._kernel.watch(None)
            self._session.notice_death()
        elif peer is not None:
            if events & selectors.EVENT_WRITE:
                self._peers.send_more(peer)
            if events & selectors.EVENT_READ:
                self._read(peer)

    def _patience(self) -> float:
        """How long nothing may happen; ends the session when that is over."""
        linger = self._linger
        works = linger > 0 and (self.runner.busy or len(self.runner.jobs) > 0)
        if self._peers.all() or works:
            return LOOK
        if self._session.kernel_pid() is None:
            linger = min(linger, FORGETTABLE)
        if not self._used:
            linger = max(linger, FORGETTABLE)  # whoever started it is about to connect
        left = self._since + linger - time.monotonic()
        if left <= 0:
            self.end("nobody used it any more")
        return min(max(left, 0.0), LOOK)

    def _look(self, every: float = LOOK) -> None:
        """Is the notebook still ours? Asked when so many seconds have passed."""
        now = time.monotonic()
        if now - self._looked >= every:
            self._looked = now
            try:
                if not self._still_ours():
                    self.end("another process has taken the notebook")
            except (SessionsError, OSError) as error:  # what is in memory is worth more
                log.warning("%s", error)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it is gone again
            return
        connection.setblocking(False)
        peer = self._peers.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, peer)

    def _watch_writers(self) -> None:
        for peer in self._peers.all():
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.waiting else 0)
            if self._selector.get_key(peer.connection).events != wanted:
                self._selector.modify(peer.connection, wanted, peer)

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.connection.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._leave(peer)
            return
        try:
            for payload in peer.incoming.feed(data):
                if peer.greeted:
                    self._take(peer, unpacked(payload))
                elif not self._greet(peer, json.loads(payload)):
                    self._leave(peer)
                    return
        except Exception as error:  # noqa: BLE001  no client may end the session for the others
            log.warning("%s is let go: it said what nobody understands: %r", peer.who, error)
            self._leave(peer)

    def _leave(self, peer: Peer) -> None:
        self._peers.leave(peer)
        try:
            self._selector.unregister(peer.connection)
        except KeyError:
            return
        peer.connection.close()
        self._since = time.monotonic()

    # -- what clients say ------------------------------------------------------------------------

    def _greet(self, peer: Peer, hello: Message) -> bool:
        """Answer a client's first words; whether it may stay."""
        answer: Message = {"version": self._version, "protocol": PROTOCOL, "pid": os.getpid()}
        if self._token and hello.get("token") != self._token:
            answer["refused"] = "the token is not that of this session"
        elif hello.get("protocol") != PROTOCOL:
            answer["refused"] = (
                f"it is of sessions-ls {self._version}, and this is {hello.get('version')}"
            )
        answer["you"] = peer.number
        self._peers.tell_frame(peer, pack(json.dumps(answer).encode()))
        if "refused" in answer:
            self._peers.send_more(peer)
            return False
        peer.who, peer.pid = str(hello.get("who", "")), int(hello.get("pid", 0))
        with self._session.lock:
            self._peers.join(peer, self._snapshot(), self._disk)
        self._used = True
        return True

    def _snapshot(self) -> Message:
        message = self._session.snapshot()
        message["records"] = [record_to_plain(record) for record in message["records"]]
        return {"m": "snapshot", "troubles": self._session.troubles, **message}

    def _take(self, peer: Peer, message: Message) -> None:
        what, ticket = message["m"], message.get("id", 0)
        self._since = time.monotonic()
        if ticket:
            self._peers.tell(peer.number, {"m": "heard", "id": ticket})
        if what in ("run", "clear"):
            peer.text = message["text"]
            request = Request.of(message["request"]) if what == "run" else None
            cells = message.get("cells", ())
            self._look(0.0)
            if self._end is None:
                self.runner.jobs.put(Job(peer.number, ticket, peer.text, request, cells))
        elif what == "cancel":
            self.runner.cancel(peer.number, message["ticket"])
        elif what == "interrupt":
            self.runner.drop()
            self._session.interrupt()
        elif what == "kill":
            self.runner.drop()
            self._session.kill()
        elif what == "restart":
            self.runner.drop()
            self._aside(self._restart, peer.number, ticket)
        elif what == "variables":
            given = (message["at"], message["only"], message["limit"])
            self._aside(self._variables, peer.number, ticket, *given)
        elif what == "names":
            self._aside(self._names, peer.number, ticket, message["texts"])
        elif what == "who":
            self._peers.tell(peer.number, {"m": "answer", "id": ticket, "who": self._clients()})
        elif what == "stop":
            self._ending.append((peer.number, ticket))
            self.end(f"stopped by {peer.describe()}")

    @staticmethod
    def _aside(work: Callable[..., None], *arguments: object) -> None:
        """Do something that takes time while the loop goes on."""
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _variables(self, number: int, ticket: int, *given: Any) -> None:
        answer = self._session.variables(*given)
        self._peers.tell(number, {"m": "answer", "id": ticket, **answer})

    def _names(self, number: int, ticket: int, texts: Sequence[Text]) -> None:
        found = [names.plain() for names in self._session.names(texts)]
        self._peers.tell(number, {"m": "answer", "id": ticket, "names": found})

    def _restart(self, number: int, ticket: int) -> None:
        self._session.restart(PATIENCE)
        self._peers.tell(number, {"m": "answer", "id": ticket})

    def _clients(self) -> list[dict[str, object]]:
        return [{"who": peer.who, "pid": peer.pid} for peer in self._peers.all()]

    # -- the end ---------------------------------------------------------------------------------

    def _finish(self) -> None:
        log.info("the session ends: %s", self._end)
        self._listener.close()
        self.runner.end()
        self._session.close(PATIENCE)
        self._peers.broadcast({"m": "bye", "why": self._end or "it failed"})
        for number, ticket in self._ending:
            self._peers.tell(number, {"m": "answer", "id": ticket})
        limit = time.monotonic() + 0.5
        while self._peers.send_all():
            if time.monotonic() > limit:
                break
            time.sleep(0.01)
        for peer in self._peers.all():
            self._leave(peer)
        self._kernel.watch(None)
        self._selector.close()
        self._waker.close()
        self._woken.close()


def _nothing() -> None:
    """Nobody follows the runs."""
