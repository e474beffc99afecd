"""Which scope a name belongs to, in code that runs later.

Order does not matter there; this is the compiler's symbol table for one function, reduced to the
question which names it takes from the module and binds in it.
"""

from __future__ import annotations

from sessions_ls.reactive.syntax import NOTHING, mangled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.reactive.syntax import Place


class Scope:
    """One function, or one class inside a function."""

    __slots__ = (
        "bound",
        "depth",
        "inner",
        "is_async",
        "is_class",
        "loops",
        "nonlocals",
        "settled",
        "unstable",
        "used",
        "world",
    )

    def __init__(self, is_class: bool = False, is_async: bool = False) -> None:
        self.bound: set[str] = set()
        self.world: set[str] = set()  # declared global
        self.nonlocals: set[str] = set()
        self.used: dict[str, Place] = {}
        # What functions inside leave open. They do not see the names of a class.
        self.inner: dict[str, Place] = {} if is_class else self.used
        self.is_class = is_class
        self.is_async = is_async
        self.settled: set[str] = set()  # of a class: certainly bound so far
        self.unstable: set[str] = set()
        self.depth = 0
        self.loops = 0


class Scopes:
    """The scopes around one place, and what was found on the way to it."""

    __slots__ = (
        "altered",
        "bypass",
        "comprehensions",
        "deferred",
        "doubtful",
        "globals_bound",
        "hidden",
        "inexact",
        "private",
        "scope",
    )

    def __init__(self, private: str | None) -> None:
        self.deferred: dict[str, Place] = {}
        self.altered: set[str] = set()  # names in any scope of which an attribute is set
        self.globals_bound: dict[str, Place] = {}
        # Only the compiler can tell whether it is valid: see `names.analyse`.
        self.doubtful = False
        self.inexact = False
        self.private = private
        self.scope = Scope()
        self.hidden = NOTHING  # targets of comprehensions and type parameters around this place
        self.bypass = False  # inside a comprehension of a class body: the class is not seen
        self.comprehensions = 0

    def finish(self) -> dict[str, Place]:
        """The names taken from the surroundings, some of which a comprehension around may bind."""
        return self.scope.used

    def _enter(self, scope: Scope) -> tuple[Scope, frozenset[str], bool, int]:
        saved = (self.scope, self.hidden, self.bypass, self.comprehensions)
        self.scope = scope
        self.hidden = NOTHING
        self.bypass = False
        self.comprehensions = 0
        return saved

    def _leave(self, saved: tuple[Scope, frozenset[str], bool, int]) -> None:
        scope = self.scope
        self.scope, self.hidden, self.bypass, self.comprehensions = saved
        hidden = self.hidden
        outer = self.scope.inner
        for name, at in scope.used.items():
            if name in scope.world or (scope.is_class and name in scope.bound):
                # A class looks in its own namespace, then in the module, never in between.
                self.deferred.setdefault(name, at)
            elif name not in scope.bound and name not in hidden:
                outer.setdefault(name, at)
        if scope.is_class:
            for name, at in scope.inner.items():
                if name != "__class__" and name not in hidden:
                    outer.setdefault(name, at)

    def _read(self, name: str, at: Place) -> None:
        name = mangled(self.private, name)
        if name in self.hidden:
            return
        scope = self.scope
        if self.bypass:
            scope.inner.setdefault(name, at)
        elif name not in scope.settled:
            scope.used.setdefault(name, at)

    def _bind(self, name: str, at: Place, settles: bool = True) -> None:
        name = mangled(self.private, name)
        if name in self.hidden:
            return
        scope = self.scope
        if name in scope.world:
            self.globals_bound.setdefault(name, at)
            self.inexact = self.inexact or at[2] < 0
        elif name not in scope.nonlocals:
            scope.bound.add(name)
            if scope.is_class and settles and not scope.depth and name not in scope.unstable:
                scope.settled.add(name)
