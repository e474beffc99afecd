"""The walk behind a fingerprint: one pass over everything a value holds, written to a hash.

The bytes written decide everything: two values share a digest only if they write the same bytes.
A reader that mirrors the stack below could rebuild the value from them, which is what makes
the encoding safe: every handler writes its own tag, says how many children follow, and
pushes them.

Nothing here runs code of the user: types are compared by identity, and state is read with the
methods of the builtin base (`list.__iter__(x)`, a slot's descriptor), never through `x.anything`.
"""

from __future__ import annotations

import marshal
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    Handler = Callable[["Walk", Any], None]

LIMIT = 256 * 1024 * 1024
"""Bytes of buffers and atoms in one value; a larger value is not fingerprinted by content."""
ELEMENTS = 2_000_000
"""Elements in one value; a larger value is not fingerprinted by content."""
OBJECT = 4
"""How many elements an object counts for that is visited on its own: it takes that much longer."""
PARTS = 10_000
"""Mutable objects whose ids are kept."""

CHUNK = 8192

# Marshal format 2 has neither references nor interned strings, so equal atoms give equal bytes.
FORMAT = 2
dumps: Callable[[Any, int], bytes] = marshal.dumps

ATOM_TYPES: tuple[type, ...] = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type(Ellipsis),
)
# By id: a metaclass may define __hash__ and __eq__, so types are never hashed themselves.
ATOMS = frozenset(map(id, ATOM_TYPES))
_ONLY_TUPLES = {id(tuple)}
_ONLY_LISTS = {id(list)}
_ONLY_DICTS = {id(dict)}


class TooBig(Exception):
    """The value is larger than a fingerprint by content may cost."""


class Unsupported(Exception):
    """An object whose content has no exact encoding after all."""


class Sealed(Exception):
    """Something opaque inside an object that is opaque as a whole if any of it is."""


_mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
_dict: Callable[[type], Any] = type.__dict__["__dict__"].__get__
_module: Callable[[type], Any] = type.__dict__["__module__"].__get__


# Of iterators, asynchronous ones, and coroutines.
_STEPS = ("__next__", "__anext__", "cr_await")


def _moves(kind: type) -> bool:
    """Whether objects of this type are used up by whoever goes through them."""
    return any(step in _dict(base) for base in _mro(kind) for step in _STEPS)


def _streams(value: object) -> bool:
    return bool(_module(type(value)) == "_io")


HANDLERS: dict[int, Handler] = {}
"""Handlers of exact types, by the type's id; the types are builtin or kept alive in `_kept`."""
_kept: list[type] = []


def handles(*kinds: type) -> Callable[[Handler], Handler]:
    """Register a handler for exactly these types."""

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            _kept.append(kind)
            HANDLERS[id(kind)] = handler
        return handler

    return register


class Walk:
    """The state of one fingerprint: the hash, the objects met, and what is still to visit."""

    __slots__ = (
        "cache",
        "count",
        "exact",
        "find",
        "found",
        "frozen",
        "hash",
        "kept",
        "memo",
        "moves",
        "mutable",
        "opaque",
        "order",
        "parts",
        "sealed",
        "size",
        "stack",
        "write",
    )

    def __init__(
        self, opaque: Callable[[object], str], find: Callable[[Walk, type], Handler | None]
    ) -> None:
        self.opaque = opaque
        self.find = find
        self.found: dict[int, Handler] = {}  # by the id of a class that lives as long as the value
        self.hash = blake2b(digest_size=8)
        self.write: Callable[[Any], None] = self.hash.update
        self.stack: list[Any] = []
        self.memo: dict[int, int] = {}
        self.order: list[int] = []
        self.parts: dict[int, None] | None = {}
        self.kept: list[object] = []  # temporaries whose ids are in `memo`
        self.cache: dict[int, Any] = {}  # of layouts, by the id of the class
        self.exact = True
        self.mutable = False
        self.moves = False
        self.frozen = False
        self.sealed = False
        self.count = -OBJECT  # the value itself is no element
        self.size = 0

    # --- the loop -----------------------------------------------------------------------------

    def run(self) -> None:
        """Visit what is on the stack, last first, until nothing is left."""
        stack = self.stack
        write = self.write
        atoms = ATOMS
        handlers = HANDLERS
        found = self.found
        value: Any = None
        while stack:
            try:
                while stack:
                    value = stack.pop()
                    kind = type(value)
                    key = id(kind)
                    if key in atoms:
                        data = dumps(value, FORMAT)
                        if len(data) > 4096:
                            self.grow(len(data))
                        write(data)
                    else:
                        self.count += OBJECT
                        if self.count > ELEMENTS:
                            raise TooBig
                        handler = handlers.get(key) or found.get(key)
                        if handler is None:
                            handler = self.find(self, kind) or Walk.unknown
                            found[key] = handler
                        handler(self, value)
            except Unsupported:
                self.stands_for(value)

    def nested(self, children: Iterable[object], frozen: bool = False) -> bytes:
        """The digest of some children on their own, objects met before counting as met.

        With `frozen` the mutable objects among them do not make the value mutable.
        """
        outer = (self.stack, self.hash, self.write, self.frozen)
        self.stack = list(children)
        self.stack.reverse()
        self.hash = blake2b(digest_size=16)
        self.write = self.hash.update
        self.frozen = self.frozen or frozen
        try:
            self.run()
            return self.hash.digest()
        finally:
            self.stack, self.hash, self.write, self.frozen = outer

    def whole(self, value: object, content: object) -> None:
        """Write the content of `value`, or if any of it is opaque then only what it stands for."""
        if self.sealed:
            self.push((content,))
            return
        met = len(self.memo)
        self.sealed = True
        digest = None
        try:
            digest = self.nested((content,))
        except Sealed:
            self.forget(met)
        finally:
            self.sealed = False
        if digest is None:
            self.stands_for(value)
        else:
            self.write(digest)

    # --- what handlers write ------------------------------------------------------------------

    def tag(self, name: bytes, *atoms: object) -> None:
        """Start one object: its kind and a few facts (atoms, or tuples of them)."""
        self.write(b"\xff" + name + b"\x00" + dumps(atoms, FORMAT))

    def grow(self, size: int) -> None:
        """Count bytes; raises TooBig."""
        self.size += size
        if self.size > LIMIT:
            raise TooBig

    def buffer(self, data: Any, size: int) -> None:
        """Write a contiguous buffer of `size` bytes."""
        self.grow(size)
        self.write(dumps(size, FORMAT))
        self.write(data)

    def met(self, value: object) -> bool:
        """Whether this object was met before (then a back-reference is written); else it is now."""
        key = id(value)
        number = self.memo.get(key)
        if number is None:
            self.memo[key] = len(self.memo)
            self.order.append(key)
            return False
        self.write(b"\xfe" + dumps(number, FORMAT))
        return True

    def again(self, value: object) -> bool:
        """Write a back-reference if this object was met before."""
        number = self.memo.get(id(value))
        if number is None:
            return False
        self.write(b"\xfe" + dumps(number, FORMAT))
        return True

    def forget(self, length: int) -> None:
        """Take back every object met since there were `length` of them."""
        for key in self.order[length:]:
            del self.memo[key]
        del self.order[length:]

    def changes(self, value: object) -> None:
        """This object can be changed in place."""
        if not self.frozen:
            self.mutable = True
            if self.parts is not None:
                self.parts[id(value)] = None
                if len(self.parts) > PARTS:
                    self.parts = None

    def unknown(self, value: object) -> None:
        """An object that has no exact encoding: it stands for what the caller says of it."""
        if not self.met(value):
            if not self.sealed and not self.moves:
                # What holds a stream, as a default `file=sys.stderr`, seldom reads from it.
                self.moves = _moves(type(value)) and (len(self.memo) == 1 or not _streams(value))
            self.stands_for(value)

    def stands_for(self, value: object) -> None:
        """Write what the caller says of an object whose content is not, or not fully, written."""
        if self.sealed:
            raise Sealed
        self.exact = False
        if not self.frozen:
            self.mutable = True
            self.parts = None
        self.tag(b"opaque", self.opaque(value))

    def push(self, children: Sequence[object]) -> None:
        """Visit these next, in order; how many they are must follow from what was written."""
        self.count += len(children)
        if self.count > ELEMENTS:
            raise TooBig
        self.stack.extend(reversed(children))

    def items(self, values: Any) -> None:
        """Write the length of a list or tuple, then its elements, at once if they are plain."""
        length = len(values)
        if self.count + length > ELEMENTS:
            raise TooBig
        kinds = set(map(id, map(type, values)))
        if kinds <= ATOMS:
            self._plain(b"a", values, length)
            return
        if length > 1:
            if kinds == _ONLY_TUPLES:
                inner = set().union(*(map(id, map(type, row)) for row in values))
                if inner <= ATOMS:
                    self._plain(b"t", values, length + sum(map(len, values)))
                    return
            elif kinds == _ONLY_LISTS:
                if self._rows(values):
                    return
            elif kinds == _ONLY_DICTS and self._records(values):
                return
        self.write(b"c" + dumps(length, FORMAT))
        self.push(values)

    def _plain(self, mode: bytes, values: Any, count: int) -> None:
        self.count += count
        length = len(values)
        if self.count > ELEMENTS:
            raise TooBig
        self.write(mode + dumps(length, FORMAT))
        if length <= CHUNK:
            data = dumps(values, FORMAT)
            self.grow(len(data))
            self.write(data)
            return
        for start in range(0, length, CHUNK):
            data = dumps(values[start : start + CHUNK], FORMAT)
            self.grow(len(data))
            self.write(data)

    def _rows(self, values: Any) -> bool:
        """Many lists of atoms, each met for the first time."""
        inner = set().union(*(map(id, map(type, row)) for row in values))
        if not inner <= ATOMS or not self._all_new(values):
            return False
        self._plain(b"l", values, len(values) + sum(map(len, values)))
        return True

    def _records(self, values: Any) -> bool:
        """Many dicts of atoms, each met for the first time."""
        inner = set().union(
            *(map(id, map(type, row)) for row in values),
            *(map(id, map(type, row.values())) for row in values),
        )
        if not inner <= ATOMS or not self._all_new(values):
            return False
        self._plain(b"d", values, len(values) + 2 * sum(map(len, values)))
        return True

    def _all_new(self, values: Any) -> bool:
        keys = list(map(id, values))
        memo = self.memo
        if len(set(keys)) != len(keys) or not memo.keys().isdisjoint(keys):
            return False
        start = len(memo)
        memo.update({key: start + number for number, key in enumerate(keys)})
        self.order.extend(keys)
        if not self.frozen:
            self.mutable = True
            if self.parts is not None:
                if len(self.parts) + len(keys) > PARTS:
                    self.parts = None
                else:
                    self.parts.update(dict.fromkeys(keys))
        return True
