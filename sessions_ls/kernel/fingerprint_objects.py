"""Fingerprints of instances of Python classes, and the choice of a handler for any other type."""

from __future__ import annotations

import sys

from . import fingerprint_builtins as builtin
from . import fingerprint_stdlib
from .fingerprint_code import class_
from .fingerprint_modules import (
    HEAP_TYPE,
    ModuleType,
    derives,
    is_installed,
    module,
    module_namespace,
    type_dict,
    type_flags,
    type_module,
    type_mro,
    type_name,
)
from .fingerprint_walk import Walk, handles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .fingerprint_walk import Handler

_WORD = 8 if sys.maxsize > 2**32 else 4
_MANAGED_DICT = 1 << 4
_type_field = {
    name: type.__dict__[name].__get__
    for name in ("__basicsize__", "__dictoffset__", "__weakrefoffset__", "__base__")
}


class _Sample:
    __slots__ = ("__dict__", "slot")


_SlotType = type(type_dict(_Sample)["slot"])
_DICT_TYPES = (type(type_dict(_Sample)["__dict__"]), _SlotType)


def _int_content(walk: Walk, value: Any) -> None:
    walk.items((int.__add__(value, 0),))


def _float_content(walk: Walk, value: Any) -> None:
    walk.items((float.__pos__(value),))


def _complex_content(walk: Walk, value: Any) -> None:
    walk.items((complex.__pos__(value),))


def _str_content(walk: Walk, value: Any) -> None:
    walk.items((str.__str__(value),))


def _bytes_content(walk: Walk, value: Any) -> None:
    walk.items((bytes.__getitem__(value, slice(None)),))


def _no_content(walk: Walk, value: Any) -> None:
    return


class Base:
    """A builtin type that Python classes build on: how to write what it holds."""

    __slots__ = ("content", "kind", "mutable")

    def __init__(self, kind: type, content: Handler, mutable: bool) -> None:
        self.kind = kind
        self.content = content
        self.mutable = mutable


BASES: dict[int, Base] = {
    id(kind): Base(kind, content, mutable)
    for kind, content, mutable in (
        (object, _no_content, False),
        (int, _int_content, False),
        (float, _float_content, False),
        (complex, _complex_content, False),
        (str, _str_content, False),
        (bytes, _bytes_content, False),
        (bytearray, builtin.bytearray_content, True),
        (list, builtin.list_content, True),
        (tuple, builtin.tuple_content, False),
        (dict, builtin.dict_content, True),
        (set, builtin.set_content, True),
        (frozenset, builtin.set_content, False),
    )
}


class Layout:
    """Where the instances of a Python class keep their state."""

    __slots__ = ("base", "mutable", "namespace", "slots")

    def __init__(
        self,
        base: Base,
        slots: tuple[tuple[str, Callable[[object], object]], ...],
        namespace: Callable[[object], object] | None,
        mutable: bool,
    ) -> None:
        self.base = base
        self.slots = slots
        self.namespace = namespace
        self.mutable = mutable


def layout(kind: type) -> Layout | None:
    """The layout of a class whose state is only what Python classes keep, else None.

    Every word that a class adds to its base must be a slot, the `__dict__` or the list of weak
    references; a word that is none of these is state that only C code knows.
    """
    current = kind
    while id(current) not in BASES:
        base = fingerprint_stdlib.base(current)
        if base is not None:
            BASES[id(current)] = Base(current, *base)
            break
        if not type_flags(current) & HEAP_TYPE:
            return None
        below = _type_field["__base__"](current)
        if not _accounted(current, below):
            return None
        current = below
    slots = []
    namespace = None
    for owner in type_mro(kind):
        own = type_dict(owner)
        for name, item in own.items():
            if type(item) is _SlotType and id(owner) not in BASES:
                slots.append((name, item.__get__))
        if namespace is None and type(own.get("__dict__")) in _DICT_TYPES:
            namespace = own["__dict__"].__get__
    if _type_field["__dictoffset__"](kind) and namespace is None:
        return None
    known = BASES[id(current)]
    return Layout(known, tuple(slots), namespace, _changeable(kind, known, slots, namespace))


def _accounted(kind: type, below: type) -> bool:
    get = _type_field
    grown = get["__basicsize__"](kind) - get["__basicsize__"](below)
    own = sum(type(item) is _SlotType for item in type_dict(kind).values())
    if get["__dictoffset__"](kind) and not get["__dictoffset__"](below):
        own += not type_flags(kind) & _MANAGED_DICT
    if get["__weakrefoffset__"](kind) > 0 and not get["__weakrefoffset__"](below) > 0:
        own += 1
    return bool(grown == own * _WORD)


# Installed Python classes whose instances nobody changes, though they have slots or a __dict__.
_IMMUTABLE = frozenset(
    (
        ("fractions", "Fraction"),
        ("uuid", "UUID"),
        ("ipaddress", "IPv4Address"),
        ("ipaddress", "IPv6Address"),
        ("functools", "partialmethod"),
        ("functools", "singledispatchmethod"),
    )
)


def _changeable(kind: type, base: Base, slots: object, namespace: object) -> bool:
    """Whether instances count as mutable.

    Those of a class that is not installed always do: when its cell runs again they are instances
    of a class that is gone, so they must not outlive it unnoticed.
    """
    origin = type_module(kind)
    if type(origin) is not str or not is_installed(origin):
        return True
    if (origin, type_name(kind)) in _IMMUTABLE or origin == "typing":
        return False
    if type_module(base.kind) == "datetime":
        return False
    return base.mutable or bool(slots) or namespace is not None


_UNSET = b"unset"


class _Content:
    """An object whose class is decided on, on its way to `_content`."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


@handles(_Content)
def _content(walk: Walk, value: _Content) -> None:
    _write(walk, value.value)


def _instance(walk: Walk, value: Any) -> None:
    """An instance of a class of the notebook, or of a local module."""
    if walk.cache[id(type(value))].mutable:
        if walk.met(value):
            return
        walk.changes(value)
    _write(walk, value)


def _installed_instance(walk: Walk, value: Any) -> None:
    """An instance of an installed class.

    One that holds anything opaque (a figure, an estimator, a client) is opaque as a whole: the
    rest of its state is caches and bookkeeping, which change whenever somebody looks at it.
    """
    if walk.cache[id(type(value))].mutable:
        if walk.met(value):
            return
        walk.changes(value)
    walk.write(b"\xf7")
    walk.whole(value, _Content(value))


def _write(walk: Walk, value: Any) -> None:
    """The class, slots, `__dict__` and base's content of an instance."""
    kind = type(value)
    known: Layout = walk.cache[id(kind)]
    values: list[object] = []
    names: list[str] = []
    for name, get in known.slots:
        try:
            values.append(get(value))
            names.append(name)
        except AttributeError:
            continue
    walk.tag(b"instance", tuple(names), known.namespace is not None)
    if not walk.again(kind):
        walk.push((kind,))
    known.base.content(walk, value)
    if known.namespace is not None:
        values.append(known.namespace(value))
    walk.push(values)


def _typing(walk: Walk, value: Any) -> None:
    """A form of `typing`: an instance of a Python class that nobody changes."""
    walk.write(b"\xf8" + walk.nested((_Content(value),), frozen=True))


def _enum_member(walk: Walk, value: Any) -> None:
    """A member of an enum: its class, its name and its value."""
    kind = type(value)
    attributes = walk.cache[id(kind)].namespace(value)
    if walk.met(value):
        return
    walk.tag(b"enum")
    state = (kind, attributes.get("_name_"), attributes.get("_value_"))
    walk.write(walk.nested(state, frozen=True))
    origin = type_module(kind)
    if type(origin) is not str or not is_installed(origin):
        walk.changes(value)


# --- which handler --------------------------------------------------------------------------------


def find(walk: Walk, kind: type) -> Handler | None:
    """The handler for a type that has none of its own, or None where the object is opaque."""
    if derives(kind, type):
        return class_
    if derives(kind, ModuleType):
        return module
    origin = type_module(kind)
    if type(origin) is str and origin != "__main__":
        handler = fingerprint_stdlib.handler(origin, kind)
        if handler is None and origin.partition(".")[0] in ("numpy", "pandas"):
            handler = _third_party(origin.partition(".")[0], kind)
        if handler is not None:
            handles(kind)(handler)
            return handler
    key = id(kind)
    if key not in walk.cache:
        walk.cache[key] = layout(kind)
        walk.kept.append(kind)
    if walk.cache[key] is None:
        return None
    enum = module_namespace("enum")
    if enum is not None and derives(kind, enum["Enum"]):
        return _enum_member
    if origin == "typing":
        return _typing
    if key not in BASES and type(origin) is str and is_installed(origin):
        return _installed_instance
    return _instance


def _third_party(package: str, kind: type) -> Handler | None:
    """The handler for a type of a package that the notebook has imported."""
    origin = type_module(kind)
    if package == "numpy":
        from . import fingerprint_arrays

        return fingerprint_arrays.handler(origin, kind)
    from . import fingerprint_frames

    return fingerprint_frames.handler(origin, kind) or Walk.unknown
