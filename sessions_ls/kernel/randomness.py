"""The global random generators, as hidden names that cells read and amend."""

from __future__ import annotations

import sys
from _blake2 import blake2b
from marshal import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

PYTHON = "@random"
NUMPY = "@numpy.random"


class Generators:
    """The global generators of ``random`` and ``numpy.random``, where the notebook loaded them.

    ``initial`` is the state in which each was first seen, what a cell finds when no cell above it
    moved the generator: before the first cell, or after the cell that loaded it.
    """

    def __init__(self) -> None:
        self.initial: Dict[str, Any] = {}
        self._now: Dict[str, Any] = {}

    def notice(self) -> None:
        """Before a cell runs: take in generators that something else has loaded."""
        if not self._now and sys.modules.get("random") is not None:
            self.read()

    def loaded(self) -> Dict[str, Any]:
        """The states as they were when last read, by hidden name."""
        return self._now

    def read(self) -> Dict[str, Any]:
        """Read the states again: those that moved, or that are new, since the last look."""
        moved: Dict[str, Any] = {}
        if "random" not in sys.modules:
            return moved  # numpy.random loads it, too
        for name, state in _states().items():
            if name not in self._now:
                self.initial[name] = state
            if self._now.get(name) != state:
                moved[name] = self._now[name] = state
        return moved

    def put(self, name: str, state: Any) -> None:
        """Put the generator into ``state``, unless it is there already."""
        if self._now.get(name) is state:
            return
        if name == PYTHON:
            module = sys.modules.get("random")
            if module is not None:
                module._inst.setstate(state)
        else:
            generator = _numpy_generator()
            if generator is not None:
                key = sys.modules["numpy"].frombuffer(state[1], dtype="uint32")
                generator.set_state((state[0], key, state[2], state[3], state[4]))
        self._now[name] = state


def fingerprint(state: Any) -> str:
    """The fingerprint of a state; it is exact."""
    return blake2b(dumps(state, 2), digest_size=8).hexdigest()


def _states() -> Dict[str, Any]:
    states: Dict[str, Any] = {}
    generator = getattr(sys.modules.get("random"), "_inst", None)
    if generator is not None:
        states[PYTHON] = generator.getstate()
    numpy = _numpy_generator()
    if numpy is not None:
        state = numpy.get_state()
        if isinstance(state, tuple):  # another bit generator than MT19937 gives a dict
            states[NUMPY] = (state[0], state[1].tobytes(), state[2], state[3], state[4])
    return states


def _numpy_generator() -> Optional[Any]:
    return getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
