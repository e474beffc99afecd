"""Definite assignment: which names a cell has certainly bound or deleted so far.

A name is *settled* once every path to this place has bound or deleted it in this cell; from then on
reading it concerns no other cell. A settled name stays settled, so the state is one set, with a
trail to take back what only one branch settled.
"""

from __future__ import annotations

import sys

from sessions_ls.reactive.syntax import NOTHING, mangled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_ls.reactive.later import Later
    from sessions_ls.reactive.syntax import Place

    # The names that one way through a statement settles, and whether that way ends before the next.
    Way = tuple[list[str], bool]

LAZY_ANNOTATIONS = sys.version_info >= (3, 14)


class ClassBody:
    """A class body that is being executed."""

    __slots__ = ("mark", "owners", "unstable", "world")

    def __init__(self, mark: int, owners: tuple[str, ...] | None, unstable: set[str]) -> None:
        self.mark = mark
        self.owners = owners
        self.unstable = unstable  # deleted somewhere in the body: never relied on
        self.world: set[str] = set()  # declared global


class Loop:
    """A loop that is being executed."""

    __slots__ = ("broken", "mark")

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.broken: set[str] | None = None  # settled at every `break` so far


class State:
    """What is known at one place of a cell, and what was found on the way to it."""

    # What few cells have is made when it is first needed.
    guarded: dict[str, Place] | None = None  # read where NameError is caught
    imported: dict[str, Place] | None = None
    amends: frozenset[str] = NOTHING
    pokes: frozenset[str] = NOTHING  # a method of it is called as a statement of its own
    rebinds: frozenset[str] = NOTHING  # bound by functions through `global`
    alters: frozenset[str] = NOTHING  # functions set attributes of it
    future: tuple[str, ...] = ()
    # For each function the names that lead to a call of it (None: perhaps called at once)
    # and what it defers.
    groups: tuple[tuple[tuple[str, ...] | None, dict[str, Place]], ...] = ()
    star = False
    doubtful = False  # only the compiler can tell whether the cell is valid: see `names.analyse`
    inexact = False  # some places need the text of their line: see `names.analyse`
    _over = False  # no path leads here
    _class: ClassBody | None = None
    _private: str | None = None
    _hidden: frozenset[str] = NOTHING  # targets of comprehensions, type parameters around here
    _comprehensions = 0
    _blocks = 0
    _loops: tuple[Loop, ...] = ()
    _lazy: bool = LAZY_ANNOTATIONS

    def __init__(self, future_annotations: bool = False) -> None:
        self.loads: set[str] = set()  # every name read at once, settled or not
        self.reads: dict[str, Place] = {}
        self.bound: dict[str, Place] = {}  # other than by imports
        self.settled: dict[str, None] = {}  # in order, so that the end can be taken back
        self._into = self.reads
        if future_annotations:
            self._lazy = True

    def _read(self, name: str, at: Place) -> None:
        name = mangled(self._private, name)
        if name in self._hidden:
            return
        self.loads.add(name)
        if name not in self.settled and name not in self._into:
            self._into[name] = at

    def _bind(self, name: str, at: Place, table: dict[str, Place] | None = None) -> None:
        cls = self._class
        if self._private is not None:
            name = mangled(self._private, name)
        if cls is not None and name not in cls.world:
            if name in cls.unstable:
                return
        else:
            if table is None:
                table = self.bound
            if name not in table:
                table[name] = at
                if at[2] < 0:
                    self.inexact = True
        self.settled[name] = None

    def _settle(self, names: Iterable[str]) -> None:
        for name in names:
            self.settled[name] = None

    def _back(self, mark: int) -> list[str]:
        """Takes back what was settled since `mark` and returns it."""
        settled = self.settled
        names: list[str] = []
        while len(settled) > mark:
            names.append(settled.popitem()[0])
        return names

    def _join(self, ways: list[Way], before: bool) -> None:
        """Continues after a statement that control leaves in one of several ways."""
        open_ways = [names for names, over in ways if not over]
        self._over = before or not open_ways
        if not open_ways:
            open_ways = [names for names, _ in ways]
        if len(open_ways) == 1:
            self._settle(open_ways[0])
        elif all(open_ways):
            common = set(open_ways[0]).intersection(*open_ways[1:])
            self._settle([name for name in open_ways[0] if name in common])

    def _defer(self, later: Later, owners: tuple[str, ...] | None) -> None:
        self.doubtful = self.doubtful or later.doubtful
        for name, at in later.globals_bound.items():
            self.bound.setdefault(name, at)
            self.rebinds |= {name}
        self.inexact = self.inexact or later.inexact
        found = later.deferred
        for name, at in later.finish().items():
            # In a class, functions find `__class__` in the class itself.
            if name not in self._hidden and (self._class is None or name != "__class__"):
                found.setdefault(name, at)
        if found:
            self.groups += ((owners, found),)
            if later.altered:
                self.alters |= later.altered & found.keys()

    def _owners(self, *names: str) -> tuple[str, ...] | None:
        """The names through which something stored under `names` here can be reached."""
        cls = self._class
        if cls is None:
            return names
        if cls.owners is None:
            return None
        return cls.owners + tuple([mangled(self._private, name) for name in names])

    def _cover_class(self) -> dict[str, None] | None:
        """Makes the names of the class body around this place invisible.

        Returns what `_uncover` needs to make them visible again.
        """
        cls = self._class
        if cls is None:
            return None
        everything = self.settled
        names = set(list(everything)[cls.mark :]) - cls.world
        self.settled = dict.fromkeys([name for name in everything if name not in names])
        return everything

    def _uncover(self, everything: dict[str, None] | None) -> None:
        if everything is not None:
            self.settled = everything
