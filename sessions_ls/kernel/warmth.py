"""Which versions this kernel still holds, and which cells have to run again to make the others."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, Optional, Set

    from .plan import Plan
    from .versions import Run, Version, Watch

ATTEMPTS = 8  # rounds to make the inputs of a cell warm before everything above it runs again


class Warmth:
    """What the cells of one plan need, and whether it is here, as their runs left it."""

    def __init__(self, plan: Plan, runs: Dict[str, Run], watch: Watch) -> None:
        self._plan = plan
        self._runs = runs
        self._watch = watch

    def bring(self, position: int, restore: Callable[[int], None]) -> None:
        """Make the inputs of a cell warm; ``restore`` runs a cell for the values it makes."""
        rank = self._plan.rank
        for _ in range(ATTEMPTS):
            cold = self._cold(position)
            if not cold:
                break
            for maker in sorted(cold, key=rank.__getitem__):
                if self._cold(maker):
                    break  # an earlier one of these chilled its inputs: look again
                restore(maker)
        else:
            for maker in sorted(self._above(position), key=rank.__getitem__):
                restore(maker)

    def pristine(self, position: int, version: Version) -> bool:
        """Whether what the value shares with its maker's inputs is still what their makers hold."""
        pending = [(position, version)]
        while pending:
            at, held = pending.pop()
            needs = self._plan.cells[at].needs
            for name, value in held.aliases.items():
                maker = needs.get(name)
                source = None if maker is None else self._version(maker, name)
                if maker is None or source is None or source.value is not value:
                    return False
                pending.append((maker, source))
        return True

    def _warm(self, position: int, name: str) -> bool:
        """Whether the kernel holds the version of ``name`` that this cell's last run made."""
        run = self._run_at(position)
        if run is None or run.versions is None:
            return False
        version = run.versions.get(name)
        if version is None or not (version.mutable or version.aliases):
            return True
        return self._watch.unchanged(version) and self.pristine(position, version)

    def _cold(self, position: int) -> Set[int]:
        """The cells that have to run again before ``position`` can, with what those need."""
        cold = {
            maker for name, maker in self._needed(position).items() if not self._warm(maker, name)
        }
        if not cold:
            return cold
        found: Set[int] = set(cold)
        stack = list(cold)
        while stack:
            for name, maker in self._plan.cells[stack.pop()].needs.items():
                if maker not in found and not self._warm(maker, name):
                    found.add(maker)
                    stack.append(maker)
        return found

    def _needed(self, position: int) -> Dict[str, int]:
        """What a cell needs, and what it amended when it ran last: it may well do so again, and
        then what it amends must be in its place.
        """
        needs = self._plan.cells[position].needs
        run = self._run_at(position)
        if run is None or not run.amends or run.amends <= needs.keys():
            return needs
        needs = dict(needs)
        for name in run.amends:
            maker = self._plan.before(name, position)
            made = self._run_at(maker) if maker >= 0 else None
            if made is not None and made.state == "ok":
                needs.setdefault(name, maker)
        return needs

    def _above(self, position: int) -> Set[int]:
        found: Set[int] = set()
        stack = [position]
        while stack:
            for maker in self._plan.cells[stack.pop()].needs.values():
                if maker not in found:
                    found.add(maker)
                    stack.append(maker)
        return found

    def _run_at(self, position: int) -> Optional[Run]:
        return self._runs.get(self._plan.cells[position].ident)

    def _version(self, position: int, name: str) -> Optional[Version]:
        run = self._run_at(position)
        return None if run is None or run.versions is None else run.versions.get(name)
