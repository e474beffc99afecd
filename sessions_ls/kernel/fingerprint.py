"""What a value is, in 16 hex digits: equal in another process exactly when the value is equal."""

from __future__ import annotations

from _blake2 import blake2b

from . import fingerprint_objects
from .fingerprint_walk import ATOMS, FORMAT, LIMIT, TooBig, Walk, dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SMALL = 1 << 20


class Probe:
    """The fingerprint of a value.

    `digest` covers all the value holds, with what the caller said of opaque objects mixed in;
    `exact` tells that there were none. `mutable`: something in the value can be changed in place.
    `parts`: the ids of the mutable objects in it, None when unknown or more than 10 000.
    `moves`: an opaque iterator is in it, which whoever reads the value may use up.
    """

    __slots__ = ("digest", "exact", "moves", "mutable", "parts")

    def __init__(
        self,
        digest: str,
        exact: bool,
        mutable: bool,
        parts: tuple[int, ...] | None,
        moves: bool = False,
    ) -> None:
        self.digest = digest
        self.exact = exact
        self.mutable = mutable
        self.parts = parts
        self.moves = moves

    def __repr__(self) -> str:
        return f"Probe({self.digest!r}, exact={self.exact}, mutable={self.mutable})"


def probe(value: object, opaque: Callable[[object], str]) -> Probe:
    """The fingerprint of `value`; `opaque` says what an object without exact encoding stands for.

    Never runs code of the user and never raises for what the value is.
    """
    if id(type(value)) in ATOMS:
        try:
            data = dumps(value, FORMAT)
        except ValueError:  # larger than the format can say
            return _as_a_whole(value, opaque)
        if len(data) <= LIMIT:
            return Probe(blake2b(data, digest_size=8).hexdigest(), True, False, ())
        return _as_a_whole(value, opaque)
    walk = Walk(opaque, fingerprint_objects.find)
    walk.stack.append(value)
    try:
        walk.run()
    except TooBig:
        return _as_a_whole(value, opaque)
    except Exception:  # noqa: BLE001 - a thread may change the value meanwhile, or a library its layout
        return _as_a_whole(value, opaque)
    parts = walk.parts
    return Probe(
        walk.hash.hexdigest(),
        walk.exact,
        walk.mutable,
        None if parts is None else tuple(parts),
        walk.moves,
    )


def _as_a_whole(value: object, opaque: Callable[[object], str]) -> Probe:
    data = b"\xffwhole\x00" + dumps(opaque(value), FORMAT)
    return Probe(blake2b(data, digest_size=8).hexdigest(), False, True, None)
