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
SHOWS = ("getstate", "get_state", "bit_generator")  # by one of these a cell can look at a state
WORDS = 624  # of a block of the Mersenne Twister, which is made anew when all of it is used


class Generators:
    """The global generators of ``random`` and ``numpy.random``, where the notebook loaded them.

    ``initial`` is the state in which each was first seen, what a cell finds when no cell above it
    moved the generator: before the first cell, or after the cell that loaded it.

    A cell that seeds a generator may find it in that very state, and still it is the one that
    counts for what comes below. So before a cell runs, a state with no numbers drawn from it is
    *turned*: replaced by one that gives the same numbers and that no seeding makes.
    """

    def __init__(self) -> None:
        self.initial: Dict[str, Any] = {}
        self._now: Dict[str, Any] = {}
        self._turned: Dict[str, Any] = {}

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
        turned, self._turned = self._turned, {}
        for name, state in _states().items():
            if name in turned and state == turned[name]:
                _set(name, self._now[name])
                continue
            if name not in self._now:
                self.initial[name] = state
            if self._now.get(name) != state or name in turned:
                moved[name] = self._now[name] = state
        return moved

    def turn(self, source: str) -> None:
        """Before the cell with this source runs: let no seeding go unseen."""
        if any(word in source for word in SHOWS):
            return
        for name, state in self._now.items():
            turned = _turned(name, state)
            if turned is not None:
                self._turned[name] = turned
                _set(name, turned)

    def put(self, name: str, state: Any) -> None:
        """Put the generator into ``state``, unless it is there already."""
        if self._now.get(name) is state and name not in self._turned:
            return
        self._turned.pop(name, None)
        _set(name, state)
        self._now[name] = state


def _set(name: str, state: Any) -> None:
    if name == PYTHON:
        generator = getattr(sys.modules.get("random"), "_inst", None)
        if generator is not None:
            generator.setstate(state)
    else:
        generator = _numpy_generator()
        if generator is not None:
            _set_numpy(generator, state)


def _set_numpy(generator: Any, state: Any) -> None:
    key = sys.modules["numpy"].frombuffer(state[1], dtype="uint32")
    generator.set_state((state[0], key, state[2], state[3], state[4]))


def _turned(name: str, state: Any) -> Any:
    """A state that gives the same numbers with its next block made already; None where a block is
    under way. The block is made by a generator of its own that draws one number.
    """
    if name == PYTHON:
        if state[1][WORDS] != WORDS:
            return None
        own = type(sys.modules["random"]._inst)(0)
        own.setstate(state)
        own.getrandbits(32)
        return (state[0], (*own.getstate()[1][:WORDS], 0), state[2])
    if state[2] != WORDS:
        return None
    generator = _numpy_generator()
    assert generator is not None
    own = type(generator)(0)
    _set_numpy(own, state)
    own.bytes(4)
    return (state[0], own.get_state()[1].tobytes(), 0, state[3], state[4])


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
