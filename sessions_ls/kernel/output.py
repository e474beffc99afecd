"""Where everything a cell shows comes together, in order, and leaves as events.

Text written through Python waits in `queue` (appending needs no lock), text written below Python
in the two captures. `drain` turns both into `out` events; every other event drains first. A
flusher thread drains while a cell runs or text arrives, and sleeps otherwise.
"""

from __future__ import annotations

import _thread
from os import O_CLOEXEC, O_WRONLY, _exit, close, getppid, write
from os import open as open_fd
from time import monotonic, sleep

from .capture import Capture
from .jsonout import printable
from .streams import LIMIT, Direct, Stream
from .transcript import Cutter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .channel import Channel
    from .interrupts import Interrupts

#: Seconds between two looks of the flusher.
TICK = 0.04
#: Looks of the flusher after the last thing that happened.
PATIENCE = 3
#: Exit status of a kernel whose server went away while a cell ran.
ORPHANED = 87

NAMES = ("", "stdout", "stderr")


class Output:
    """The cell that shows things now, and the way out for them."""

    def __init__(self, channel: Channel, interrupts: Interrupts, private: int) -> None:
        self.channel = channel
        self.interrupts = interrupts
        self.out = Capture(1, private)
        self.err = Capture(2, private + 1)
        self.stdout = Stream(1, self)
        self.stderr = Stream(2, self)
        #: (stream number, text) in the order written.
        self.queue: list[tuple[int, str]] = []
        self.size = 0
        #: The next write is to show at once.
        self.alert = True
        self.cell: object = None
        self.running = False
        self._cutters: dict[int, Cutter] = {}
        self._lock = _thread.RLock()
        self._draining = False
        self._wake = _thread.allocate_lock()
        self._awake = False
        self._flusher = 0
        self._parent = getppid()
        self._restless = 0.0
        interrupts.harmless = (Stream.write.__code__,)

    # -- a cell's time --------------------------------------------------------------------------

    def begin(self, cell: object) -> None:
        """What is shown from now on is of `cell`; what came before is late output of the last."""
        self.drain()
        if self._cutters:
            self._finish()
        self.cell = cell
        self.running = True
        self.alert = True
        if not self._awake:
            self._rouse()

    def end(self) -> None:
        """The cell is over; what its threads and children still write is late."""
        self.drain(final=True)
        if self._cutters:
            self._finish()
        self.running = False
        self._restless = 0.0

    def renew(self, name: str) -> Stream:
        """Make the stream `name` anew: user code closed the old one."""
        if name == "stdout":
            self.stdout = Stream(1, self)
            return self.stdout
        self.stderr = Stream(2, self)
        return self.stderr

    # -- events ---------------------------------------------------------------------------------

    def emit(self, event: dict[str, object]) -> None:
        """Queue an event after everything written so far."""
        self.drain()
        self.channel.emit(event)

    def secure(self) -> None:
        """Put everything written so far where the server finds it if the process dies."""
        self.drain()
        self.channel.secure()

    def pull(self) -> None:
        """Move what was written below Python into the queue."""
        with self._lock:
            if self._draining:
                return
            for number, capture in ((1, self.out), (2, self.err)):
                while capture.grown():
                    text = capture.pull()
                    if text is None:
                        break
                    self._restless = monotonic() + 10.0
                    self.queue.append((number, text))
                    self.size += len(text)
                    if self.size > LIMIT:
                        self.drain()

    def drain(self, final: bool = False) -> bool:
        """Turn what waits into `out` events; say whether there was anything."""
        moved = False
        with self._lock:
            if self._draining:
                return True  # called from inside itself, by a finalizer or a signal handler
            self._draining = True
            try:
                if self._take():
                    moved = True
                for number, capture in ((1, self.out), (2, self.err)):
                    while capture.grown():
                        text = capture.pull(final)
                        if text is None:
                            break
                        moved = True
                        self._restless = monotonic() + 10.0
                        self._show(number, text)
            finally:
                self._draining = False
        return moved

    def _take(self) -> bool:
        queue = self.queue
        if not queue:
            return False
        count = len(queue)
        items = queue[:count]
        del queue[:count]
        self.size = 0
        parts: list[str] = []
        stream = items[0][0]
        for number, text in items:
            if number != stream:
                self._show(stream, "".join(parts))
                parts = []
                stream = number
            parts.append(text)
        self._show(stream, "".join(parts))
        return True

    def _show(self, number: int, text: str) -> None:
        cutter = self._cutters.get(number)
        if cutter is None:
            cutter = self._cutters[number] = Cutter()
        self._say(number, cutter.feed(text))

    def _say(self, number: int, text: str) -> None:
        if text:
            event: dict[str, object] = {
                "e": "out",
                "cell": self.cell,
                "stream": NAMES[number],
                "text": printable(text),
            }
            if not self.running:
                event["late"] = True
            self.channel.emit(event)

    def _finish(self) -> None:
        cutters, self._cutters = self._cutters, {}
        for number, cutter in cutters.items():
            self._say(number, cutter.finish())

    # -- the flusher ----------------------------------------------------------------------------

    def kick(self, text: str) -> None:
        """`text` was written and should show now, or the queue is long.

        An unfinished line waits for the flusher: its end, most likely, is being written.
        """
        if not self._awake:
            self._rouse()
        if self.size <= LIMIT and text[-1:] != "\n":
            return
        self.alert = False
        self.drain()
        if monotonic() - self.channel.sent_at > 0.01:
            self.channel.flush()
        self.interrupts.checkpoint()

    def _rouse(self) -> None:
        self._awake = True
        try:
            if not self._flusher:
                self._flusher = _thread.start_new_thread(self._flush_for_ever, ())
            elif self._wake.locked():
                self._wake.release()
        except RuntimeError:  # no more threads, or another thread was faster
            self._awake = False

    def _flush_for_ever(self) -> None:
        self._be_expendable()
        self._wake.acquire()
        while True:
            idle = 0
            while idle < PATIENCE:
                sleep(TICK)
                if getppid() != self._parent:
                    _exit(ORPHANED)
                self.interrupts.redeliver()
                moved = self.drain()
                if self.channel.waiting():
                    self.channel.flush()
                    moved = True
                if not moved:
                    self.alert = True
                idle = 0 if moved or self.running or monotonic() < self._restless else idle + 1
            self._awake = False
            if self.running or self.queue:
                self._awake = True
                continue
            self._wake.acquire()

    @staticmethod
    def _be_expendable() -> None:
        """When memory runs out, the system should end this process before the editor."""
        try:
            fd = open_fd("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        except OSError:  # not Linux, or not allowed
            return
        try:
            write(fd, b"500")
        except OSError:  # not allowed here
            return
        finally:
            close(fd)

    # -- after fork -----------------------------------------------------------------------------

    def become_child(self, streams: object) -> None:
        """In a forked child: say nothing on the channel, write straight to descriptors 1 and 2.

        `streams` is the `sys` module; its streams are replaced where they are ours.
        """
        self.channel.abandon()
        self._lock = _thread.RLock()
        self._draining = False
        self.queue = []
        self._cutters = {}
        for name, ours, number in (("stdout", self.stdout, 1), ("stderr", self.stderr, 2)):
            if getattr(streams, name, None) is ours:
                setattr(streams, name, Direct(number))
