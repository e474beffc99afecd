"""The names of a notebook with their values in short, as a run from the top leaves them.

Only looks: neither the values nor what is known of them change.
"""

from __future__ import annotations

from time import perf_counter

from .summary import bare, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple

    from .engine import Engine
    from .versions import Version

    Found = Tuple[str, int, Version]

SECONDS = 0.3
"""Time for all values together. Of those that it does not reach, the type alone is told."""


def variables(
    engine: Engine, at: Optional[str], only: Optional[Iterable[Tuple[str, str]]]
) -> List[Dict[str, Any]]:
    """The variables, each as a plain object, in the order of the cells that made them.

    ``at``: the identity of a cell; then as that cell leaves them. ``only``: these names, each as
    the cell with this identity made it. What has no value in this process is left out. A version
    that is not ``held`` was changed in place since: its object shows another value.
    """
    found = _seen(engine, at) if only is None else _named(engine, only)
    limit = perf_counter() + SECONDS
    return [_described(engine, one, limit) for one in found]


def _seen(engine: Engine, at: Optional[str]) -> List[Found]:
    """Every name at its last definition, or the last down to a cell."""
    plan = engine.plan
    places = {cell.ident: position for position, cell in enumerate(plan.cells)}
    if at is not None and at not in places:
        return []
    end = len(plan.cells) if at is None else places[at] + 1
    makers: Dict[str, int] = {}
    for position in range(end):
        for name in plan.cells[position].defines:
            makers[name] = position
    if at is not None:
        for name, maker in plan.cells[places[at]].needs.items():
            makers.setdefault(name, maker)  # one that it gets from a cell below
    found = []
    for name, position in makers.items():
        version = None if name[0] == "@" else engine.version(position, name)
        if version is not None:
            found.append((name, position, version))
    found.sort(key=lambda one: (one[1], one[0]))
    return found


def _named(engine: Engine, only: Iterable[Tuple[str, str]]) -> List[Found]:
    places = {cell.ident: position for position, cell in enumerate(engine.plan.cells)}
    found = []
    for ident, name in only:
        version = engine.version(places[ident], name) if ident in places else None
        if version is not None:
            found.append((name, places[ident], version))
    return found


def _described(engine: Engine, one: Found, limit: float) -> Dict[str, Any]:
    name, position, version = one
    held = not version.spoiled
    told = bare(version.value)
    if held and perf_counter() < limit:
        held = engine.warmth.pristine(position, version)
        told = summary(version.value)
    return {
        "name": name,
        "kind": told.kind,
        "type": told.type,
        "qualified": told.qualified,
        "size": told.size,
        "value": told.value if held else "",
        "held": held,
        "id": engine.plan.cells[position].ident,
        "private": name[0] == "_",
    }
