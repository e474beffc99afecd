"""The module namespace, set to what a cell would find in a run from the top."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Set

    from .plan import Plan
    from .versions import Version

MISSING = object()


class Namespace:
    """Keeps ``names`` equal to the view from one place in the file.

    The view at a position holds every name at the version of its nearest earlier definition.
    Moving from a cell to the next costs what that cell binds, so a run in file order is cheap.
    """

    def __init__(self, names: Dict[str, Any]) -> None:
        self.names = names
        self.own = frozenset(names)
        self._plan: Optional[Plan] = None
        self._versions: Callable[[int], Dict[str, Version]] = lambda position: {}
        self._at = 0
        self._placed: Set[str] = set()
        self._borrowed: List[str] = []
        self._stays = False

    def use(self, plan: Plan, versions: Callable[[int], Dict[str, Version]]) -> None:
        """Start again at the top of ``plan``; what earlier plans put here is removed.

        ``versions`` gives those that the last run of the cell at a position made, by name.
        """
        for name in self._placed:
            self.names.pop(name, None)
        self._placed.clear()
        self._borrowed = []
        self._plan = plan
        self._versions = versions
        self._at = 0

    def is_past(self, position: int) -> bool:
        """Whether names show that are defined at ``position`` or below."""
        return position < self._at

    def enter(
        self, position: int, needs: Dict[str, Optional[Version]], stays: bool = False
    ) -> None:
        """Set the view for the cell at ``position`` and give it the versions it needs.

        With ``stays`` the view stays where it is: this cell sees no name but those it needs and
        binds.
        """
        plan = self._plan
        assert plan is not None
        self._stays = stays
        if not stays:
            self.view(position)
        for name, version in needs.items():
            if name[0] != "@":
                self._set(name, version)
                if stays or plan.cells[position].needs[name] > position:
                    self._borrowed.append(name)
        for name in plan.cells[position].binds:
            if name not in needs:
                self.names.pop(name, None)

    def leave(self, position: int, kept: bool) -> None:
        """The cell has run; unless its result is ``kept``, what it bound goes away again."""
        assert self._plan is not None
        defines = self._plan.cells[position].defines
        if kept:
            self._placed |= defines
        else:
            self._show(position, position + 1)
        if self._stays:
            self._borrowed += defines
        else:
            self._at = position + 1

    def adopt(self, names: Set[str]) -> None:
        """Names that appeared while a cell ran are placed here like those its text shows."""
        self._placed |= names

    def view(self, position: int) -> None:
        """Show every name as a run from the top has it before ``position``."""
        plan = self._plan
        assert plan is not None
        for name in self._borrowed:
            self._restore(name, position)
        self._borrowed = []
        if position >= self._at:
            self._show(self._at, position)
        else:
            layout = plan.layout()
            for name in layout.new(position, self._at):
                self.names.pop(name, None)
            for name in layout.redefined(position, self._at):
                self._restore(name, position)
        self._at = position

    def expected(self, name: str, position: int) -> object:
        """The value that the view at ``position`` gives ``name``, or MISSING."""
        assert self._plan is not None
        definer = self._plan.before(name, position)
        version = self._versions(definer).get(name) if definer >= 0 else None
        return MISSING if version is None else version.value

    def _show(self, start: int, end: int) -> None:
        """Give what the cells from ``start`` to before ``end`` define the versions they made."""
        assert self._plan is not None
        names, placed = self.names, self._placed
        for position, cell in enumerate(self._plan.cells[start:end], start):
            versions = self._versions(position)
            for name in cell.defines:
                version = versions.get(name)
                if version is None:
                    names.pop(name, None)
                elif name[0] != "@":
                    names[name] = version.value
                    placed.add(name)

    def _restore(self, name: str, position: int) -> None:
        value = self.expected(name, position)
        if value is MISSING:
            self.names.pop(name, None)
        else:
            self.names[name] = value

    def _set(self, name: str, version: Optional[Version]) -> None:
        if version is None:
            self.names.pop(name, None)
        else:
            self.names[name] = version.value
            self._placed.add(name)
