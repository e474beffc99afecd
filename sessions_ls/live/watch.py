"""Watches a notebook's file and the files its cells read, in one thread."""

from __future__ import annotations

import os
import threading
from time import monotonic

from sessions_ls.live.disk import Disk, Settling, look_at, signature
from sessions_ls.live.followed import Followed
from sessions_ls.live.notices import Notices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sessions_ls.live.disk import Signature

LOOK = 2.0  # seconds between looks that wait for no notice
LOOK_DEAF = 0.25  # the same where notices do not come
CHECK = 0.05  # seconds between looks while something settles
LATE = 0.06  # seconds a notice may come after the change it tells of
STOP = 0.5  # seconds `stop` waits for the thread


class Watcher:
    """Says when a notebook, or a file that its cells read, has other content than before.

    ``changed`` gets what is on disk when the bytes are others than were last reported, by it or
    by `current`; ``files`` is called when files given to `follow` changed. Both are called in the
    watching thread, with no lock held. A call of ``changed`` may cross a `current` in another
    thread: the `Disk` with the larger `serial` is the newer one. ``log`` takes sentences.
    """

    def __init__(
        self,
        notebook: str,
        changed: Callable[[Disk], None],
        files: Callable[[], None],
        log: Callable[[str], None],
    ) -> None:
        self._path = os.path.abspath(notebook)
        self._folder = os.path.dirname(self._path)
        self._changed = changed
        self._files = files
        self._log = log
        self._lock = threading.Lock()
        self._settling = Settling()
        self._serial = 0
        self._signature: Signature | None = None  # of the bytes last read, where it can be trusted
        self._wanted: frozenset[str] = frozenset()
        self._handed: dict[str, Signature | None] | None = None  # from `follow` to the thread
        self._followed = Followed()
        self._wake = threading.Event()
        self._stopping = False
        self._notices = Notices(self._wake, log)
        self._thread = threading.Thread(target=self._work, name="sessions-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch. What is on disk now counts as reported if nothing was before."""
        if self._settling.told is None:
            self.current()
        self._thread.start()

    def stop(self) -> None:
        """Report nothing more; waits at most half a second for a call that is under way."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(STOP)

    def follow(self, paths: Iterable[str]) -> None:
        """Watch these files and no others, from as they are now. For any thread.

        A relative path is seen from the notebook's folder.
        """
        wanted = frozenset(paths)
        if wanted == self._wanted:
            return
        with self._lock:
            self._wanted = wanted
            full = {os.path.normpath(os.path.join(self._folder, path)) for path in wanted}
            self._handed = Followed.look(full - {self._path})
        self._wake.set()

    def current(self) -> Disk:
        """What is on disk now, finished or not; it counts as reported. For any thread."""
        with self._lock:
            disk = self._read()
            self._settling.take(disk)
        return disk

    # -- in the thread -----------------------------------------------------------------------------

    def _work(self) -> None:
        self._arrange()
        due = monotonic()
        wait = 0.0
        while not self._stopping:
            told = self._notices.wait(wait)
            self._wake.clear()
            timed = monotonic() >= due
            again = self._arranged(told, timed)
            found = self._look(told, timed or again)
            if timed:
                due = monotonic() + (LOOK_DEAF if self._notices.deaf else LOOK)
            if found and told is None and not (again or self._notices.deaf):
                self._listen()
            wait = self._report(due - monotonic())
        self._notices.close()

    def _arranged(self, told: list[str] | None, timed: bool) -> bool:
        """Adapt to other files to follow, and to other folders; whether anything had to be."""
        with self._lock:
            handed, self._handed = self._handed, None
        if handed is not None:
            self._followed.follow(handed)
        links = any(os.path.islink(path) for path in told or ())
        moved = (timed or told is not None) and self._notices.moved()
        if handed is None and not links and not moved:
            return False
        self._arrange()
        return True

    def _arrange(self) -> None:
        self._notices.follow(self._followed.paths, self._path)

    def _look(self, told: list[str] | None, everywhere: bool) -> bool:
        """Look where something was told of, or everywhere. Whether a file is not as it was."""
        moving = self._followed.suspect(told or ())
        if everywhere:
            moving = self._followed.sweep() or moving
        if told is not None and self._path in told:
            self._signature = None
        return (everywhere and self._differs()) or moving

    def _differs(self) -> bool:
        """Whether the notebook's file is certainly another one than was last read."""
        if self._signature is None:
            return False
        try:
            now = signature(os.stat(self._path))
        except OSError:
            now = None
        if now == self._signature:
            return False
        self._signature = None
        return True

    def _listen(self) -> None:
        """A look found a change that nothing told of: the notice may still be under way."""
        told = self._notices.wait(LATE)
        if told is not None:
            self._look(told, False)
        elif not self._wake.is_set():
            self._notices.missed()

    def _report(self, rest: float) -> float:
        """Report what is ready. Seconds until the next look, at most ``rest``."""
        disk, due = self._next()
        if disk is not None and due == 0 and not self._stopping:
            self._call(lambda: self._changed(disk))
        elif due:
            rest = min(rest, due)
        if self._followed.settle() and not self._stopping:
            self._call(self._files)
        if self._followed.waits:
            rest = min(rest, CHECK)
        return max(rest, 0.0)

    def _next(self) -> tuple[Disk | None, float | None]:
        """Read the notebook if that is needed: what is on disk, and in how long to report it."""
        with self._lock:
            if self._signature is not None and not self._settling.waits:
                return None, None
            disk = self._read()
            now = monotonic()
            due = self._settling.due(disk, now)
            if due == 0:
                self._settling.tell(disk, now)
        return disk, due

    def _read(self) -> Disk:
        disk, self._signature = look_at(self._path)
        self._serial += 1
        disk.serial = self._serial
        return disk

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001  the next change must be seen all the same
            self._log(f"A change of {self._path} or its files was lost: {error!r}.")
