"""Fingerprints of builtin values: containers, buffers, ranges."""

from __future__ import annotations

from .fingerprint_modules import derives
from .fingerprint_walk import ATOMS, FORMAT, Walk, dumps, handles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WHOLE = slice(None)
_SORTABLE = tuple({id(kind)} for kind in (str, int, bytes))


# --- contents: what a builtin base holds, for the type itself and for subclasses ------------------


def list_content(walk: Walk, value: Any) -> None:
    walk.items(value if type(value) is list else list(list.__iter__(value)))


def tuple_content(walk: Walk, value: Any) -> None:
    walk.items(value if type(value) is tuple else tuple(tuple.__iter__(value)))


def dict_content(walk: Walk, value: Any) -> None:
    walk.items([*dict.keys(value), *dict.values(value)])


def set_content(walk: Walk, value: Any) -> None:
    elements = list(set.__iter__(value) if derives(type(value), set) else frozenset.__iter__(value))
    kinds = set(map(id, map(type, elements)))
    if kinds in _SORTABLE:
        elements.sort()
        walk.items(elements)
    elif kinds <= ATOMS:
        walk.write(b"s")
        walk.items(sorted([dumps(element, FORMAT) for element in elements]))
    else:
        _mixed_set(walk, value, elements)


def _mixed_set(walk: Walk, value: Any, elements: list[Any]) -> None:
    """Order the elements by what they hold on their own, then visit them in that order.

    Two elements that hold the same and have an identity cannot be told apart in a way that
    another process repeats, so such a set has no exact encoding.
    """
    met = len(walk.memo)
    keyed: list[tuple[bytes, Any]] = []
    walk.count += len(elements)
    with_identity = False
    for element in elements:
        digest = walk.nested((element,))
        with_identity = with_identity or len(walk.memo) > met
        walk.forget(met)
        keyed.append((digest, element))
    keyed.sort(key=_first)
    digests = [digest for digest, _ in keyed]
    walk.write(b"m")
    walk.items(digests)
    if not with_identity:
        return
    if len(set(digests)) != len(digests):
        walk.stands_for(value)
    walk.push([element for _, element in keyed])


def _first(pair: tuple[bytes, Any]) -> bytes:
    return pair[0]


def bytearray_content(walk: Walk, value: Any) -> None:
    data = value if type(value) is bytearray else bytearray.__getitem__(value, _WHOLE)
    walk.buffer(data, len(data))


# --- handlers -------------------------------------------------------------------------------------


@handles(list)
def _list(walk: Walk, value: list[Any]) -> None:
    if not walk.met(value):
        walk.changes(value)
        walk.write(b"\xfd")
        walk.items(value)


@handles(tuple)
def _tuple(walk: Walk, value: tuple[Any, ...]) -> None:
    walk.write(b"\xfc")
    walk.items(value)


@handles(dict)
def _dict(walk: Walk, value: dict[Any, Any]) -> None:
    if not walk.met(value):
        walk.changes(value)
        walk.write(b"\xfb")
        dict_content(walk, value)


@handles(set)
def _set(walk: Walk, value: set[Any]) -> None:
    if not walk.met(value):
        walk.changes(value)
        walk.write(b"\xfa")
        set_content(walk, value)


@handles(frozenset)
def _frozenset(walk: Walk, value: frozenset[Any]) -> None:
    walk.write(b"\xf9")
    set_content(walk, value)


@handles(bytearray)
def _bytearray(walk: Walk, value: bytearray) -> None:
    if not walk.met(value):
        walk.changes(value)
        walk.tag(b"bytearray")
        bytearray_content(walk, value)


@handles(memoryview)
def _memoryview(walk: Walk, value: memoryview) -> None:
    if walk.met(value):
        return
    owner = value.obj
    walk.tag(b"memoryview", value.format, value.shape, value.strides, value.readonly)
    walk.grow(value.nbytes)
    data = value.tobytes()
    walk.buffer(data, len(data))
    if type(owner) is not bytes:
        walk.changes(value)
        walk.changes(owner)


@handles(range)
def _range(walk: Walk, value: range) -> None:
    walk.tag(b"range", value.start, value.stop, value.step)


@handles(slice)
def _slice(walk: Walk, value: slice) -> None:
    walk.tag(b"slice")
    walk.push((value.start, value.stop, value.step))


@handles(type(NotImplemented))
def _not_implemented(walk: Walk, value: object) -> None:
    walk.tag(b"NotImplemented")


@handles(object)
def _bare(walk: Walk, value: object) -> None:
    """A bare `object()` is nothing but its identity, so it counts like something mutable."""
    if not walk.met(value):
        walk.changes(value)
        walk.tag(b"object")
