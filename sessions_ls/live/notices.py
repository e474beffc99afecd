"""What the operating system tells of changed files, through watchfiles.

Folders are watched, not files: a watched file is lost as soon as another is renamed over it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Event

    from watchfiles._rust_notify import RustNotify

STEP = 20  # milliseconds between two questions to the watching library
TOGETHER = 40  # milliseconds in which changes are taken as one
MOST_LINKS = 40  # symbolic links in a row, as many as the kernel follows


class Notices:
    """Hears of changes of files, wherever symbolic links lead to them. For one thread.

    `wake` ends a wait early. `deaf` says that nothing is heard; `log` is told why, once.
    """

    def __init__(self, wake: Event, log: Callable[[str], None]) -> None:
        self.deaf = False
        self._wake = wake
        self._log = log
        self._notify: RustNotify | None = None
        self._armed: tuple[str, ...] = ()  # the folders that are watched
        self._folders: dict[str, tuple[int, int] | None] = {}  # as named -> device and inode
        self._names: dict[str, list[str]] = {}  # as it will be told -> the paths that go there
        self._home = ""
        self._torn = False  # a watched folder went
        self._missed = 0

    def follow(self, paths: Iterable[str], first: str) -> None:
        """Hear of these files from now on, of `first` even where there are too many others."""
        folders: dict[str, tuple[int, int] | None] = {}
        real: dict[str, str] = {}
        names: dict[str, list[str]] = {}
        for path in (first, *paths):
            for hop in _hops(path):
                folder, name = os.path.split(hop)
                if folder not in real:
                    real[folder] = os.path.realpath(folder)
                    folders[folder] = _identity(folder)
                names.setdefault(os.path.join(real[folder], name), []).append(path)
        self._folders, self._names = folders, names
        there = tuple(sorted({real[f] for f, known in folders.items() if known is not None}))
        if there != self._armed or self._torn:
            self._home = os.path.realpath(os.path.dirname(first))
            self._arm(there)

    def moved(self) -> bool:
        """Whether a folder is another one now than was asked to be watched, or came or went."""
        return self._torn or any(
            _identity(folder) != known for folder, known in self._folders.items()
        )

    def wait(self, seconds: float) -> list[str] | None:
        """Wait at most this long (by about 20 ms more). The files that changed; None: nothing did.

        The list is empty when a folder changed and `moved` should be asked.
        """
        if self._notify is None:
            self._wake.wait(seconds)
            return None
        try:
            told = self._notify.watch(TOGETHER, STEP, max(1, int(seconds * 1000)), self._wake)
        except RuntimeError as error:
            self._give_up(f"the system's notices of changed files ended ({error})")
            self.close()
            return None
        if isinstance(told, str):
            return None
        found: dict[str, None] = {}
        for _, name in told:
            found.update(dict.fromkeys(self._names.get(name, ())))
            self._torn = self._torn or name in self._armed
        if not found and not self._torn:
            return None
        self._missed = 0
        return list(found)

    def missed(self) -> None:
        """A look found a change that no notice told of; twice in a row is no accident."""
        self._missed += 1
        if self._missed > 1:
            self._give_up("the system gives no notice of some changes, as on network drives")

    def _give_up(self, reason: str) -> None:
        if not self.deaf:
            self.deaf = True
            self._log(f"{self._home} is watched by looking at it often: {reason}.")

    def close(self) -> None:
        """Hear of nothing more."""
        if self._notify is not None:
            self._notify.close()
        self._notify, self._armed = None, ()

    def _arm(self, folders: tuple[str, ...]) -> None:
        self.close()
        self._armed, self._torn = folders, False
        for some in (folders, (self._home,)):
            try:
                self._notify = _rust_notify()(list(some), False, False, 0, False, True)
                break
            except (ImportError, OSError, RuntimeError) as error:
                self._give_up(f"the system gives no notice of changes of all files ({error})")


def _hops(path: str) -> list[str]:
    """A path and, while that is a symbolic link, where it leads."""
    hops = [path]
    while len(hops) <= MOST_LINKS:
        try:
            target = os.readlink(hops[-1])
        except (OSError, ValueError):  # no link, or nothing there
            break
        hops.append(os.path.normpath(os.path.join(os.path.realpath(os.path.dirname(path)), target)))
        path = hops[-1]
    return hops


def _identity(folder: str) -> tuple[int, int] | None:
    """Which folder this is; None where there is none."""
    try:
        facts = os.stat(folder)
    except (OSError, ValueError):
        return None
    return facts.st_dev, facts.st_ino


def _rust_notify() -> type[RustNotify]:
    """The compiled part of watchfiles.

    Its package imports asyncio and anyio first: 60 to 100 ms, against 1 to 2 ms for this part.
    """
    name = "watchfiles._rust_notify"
    if name not in sys.modules:
        from importlib.machinery import PathFinder
        from importlib.util import module_from_spec

        package = PathFinder.find_spec("watchfiles")
        spec = package and PathFinder.find_spec(name, package.submodule_search_locations)
        if spec is not None and spec.loader is not None:
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules[name] = module
        else:
            import watchfiles  # noqa: F401  installed in some other way
    found: type[RustNotify] = sys.modules[name].RustNotify
    return found
