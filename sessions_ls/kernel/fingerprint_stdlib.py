"""Fingerprints of value types of the standard library that are written in C or keep caches."""

from __future__ import annotations

from .fingerprint_builtins import dict_content
from .fingerprint_modules import derives, module_namespace, type_dict, type_module, type_name
from .fingerprint_walk import ATOMS, FORMAT, Unsupported, Walk, dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .fingerprint_walk import Handler

_Proxy = type(type_dict(type))


def _reduced(walk: Walk, value: Any) -> None:
    """What pickling would keep, for exact types of the standard library that define it in C."""
    state = value.__reduce_ex__(4)
    walk.tag(b"value", type(value).__module__, type(value).__qualname__)
    walk.push((tuple(state[1]),))


def _timezone(walk: Walk, value: Any) -> None:
    walk.tag(b"timezone")
    walk.push(value.__getinitargs__())


def _zone(walk: Walk, value: Any) -> None:
    if value.key is None:
        walk.unknown(value)
    else:
        walk.tag(b"zone", value.key)


def _pytz(walk: Walk, value: Any) -> None:
    """A zone of pytz, which makes a class for each zone and an object for each of its offsets."""
    state = value.__dict__
    walk.tag(b"pytz", type_name(type(value)), value.zone)
    walk.push(tuple(state.get(key) for key in ("_utcoffset", "_dst", "_tzname", "_offset")))


def _decimal(walk: Walk, value: Any) -> None:
    sign, digits, exponent = value.as_tuple()
    walk.tag(b"decimal", sign, digits, exponent)


def _path(walk: Walk, value: Any) -> None:
    walk.tag(b"path", type(value).__qualname__, str(value))


def _pattern(walk: Walk, value: Any) -> None:
    if type(value.pattern) not in (str, bytes):
        walk.unknown(value)
    else:
        walk.tag(b"pattern", value.pattern, value.flags)


def _partial(walk: Walk, value: Any) -> None:
    keywords = value.keywords
    walk.tag(b"partial", tuple(keywords))
    walk.push((value.func, value.args, tuple(keywords.values()), value.__dict__ or None))


def _count(walk: Walk, value: Any) -> None:
    """An endless count: its `repr` says where it is, and is ours where the numbers are."""
    import gc

    if not set(map(type, gc.get_referents(value))) <= {int}:
        walk.unknown(value)
    elif not walk.met(value):
        walk.changes(value)
        walk.tag(b"count", repr(value))


def _cached_function(walk: Walk, value: Any) -> None:
    """A function behind functools.lru_cache; what it has cached follows from what it is."""
    attributes = {k: v for k, v in value.__dict__.items() if k == "cache_parameters"}
    walk.tag(b"lru_cache", tuple(attributes))
    walk.push((value.__wrapped__, *attributes.values()))


def _cached_property(walk: Walk, value: Any) -> None:
    walk.tag(b"cached_property")
    walk.push((value.func, value.attrname, value.__doc__))


def _tuple_getter(walk: Walk, value: Any) -> None:
    """A field of a named tuple class."""
    walk.tag(b"tuple getter")
    walk.push(value.__reduce__()[1])


def _proxy(walk: Walk, value: Any) -> None:
    """A read-only view of a mapping, which only the garbage collector can name."""
    import gc

    walk.tag(b"proxy")
    walk.push(gc.get_referents(value))


def _generic_alias(walk: Walk, value: Any) -> None:
    walk.tag(b"alias", bool(getattr(value, "__unpacked__", False)))
    walk.push((value.__origin__, value.__args__))


def _union(walk: Walk, value: Any) -> None:
    walk.tag(b"union")
    walk.push((value.__args__,))


def _type_variable(walk: Walk, value: Any) -> None:
    """A TypeVar; what `class C[T: bound]` says is evaluated lazily, by code of the user."""
    lazy = bool(getattr(value, "__infer_variance__", False))
    if lazy and getattr(value, "evaluate_bound", value) is not None:
        raise Unsupported
    walk.tag(b"type variable", value.__name__, value.__covariant__, value.__contravariant__, lazy)
    walk.push((None, ()) if lazy else (value.__bound__, value.__constraints__))


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("datetime", "datetime"): _reduced,
    ("datetime", "date"): _reduced,
    ("datetime", "time"): _reduced,
    ("datetime", "timedelta"): _reduced,
    ("datetime", "timezone"): _timezone,
    ("zoneinfo", "ZoneInfo"): _zone,
    ("decimal", "Decimal"): _decimal,
    ("re", "Pattern"): _pattern,
    ("functools", "partial"): _partial,
    ("functools", "cached_property"): _cached_property,
    ("itertools", "count"): _count,
    ("collections", "_tuplegetter"): _tuple_getter,
    ("_collections", "_tuplegetter"): _tuple_getter,
    ("builtins", "mappingproxy"): _proxy,
    ("types", "GenericAlias"): _generic_alias,
    ("types", "UnionType"): _union,
    ("typing", "Union"): _union,
    ("typing", "TypeVar"): _type_variable,
    ("functools", "_lru_cache_wrapper"): _cached_function,
}
for _name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"):
    for _module in ("pathlib", "pathlib._local"):
        _HANDLERS[_module, _name] = _path


def handler(origin: str, kind: type) -> Handler | None:
    """The handler for exactly this type of the standard library, if it has one here."""
    name = type_name(kind)
    found = _HANDLERS.get((origin, name))
    if found is None:
        zones = module_namespace("pytz") if origin.partition(".")[0] == "pytz" else None
        return _pytz if zones is not None and derives(kind, zones["BaseTzInfo"]) else None
    return found if _is_named(origin, name, kind) else None


def _is_named(origin: str, name: str, kind: type) -> bool:
    """Whether it is this type that the standard library knows by the name."""
    if origin == "builtins":
        return kind is _Proxy
    namespace = module_namespace(origin)
    return namespace is not None and namespace.get(name) is kind


# --- types written in C that Python classes build on ----------------------------------------------


def _deque_content(walk: Walk, value: Any) -> None:
    base = _type("collections", "deque")
    walk.write(dumps(base.__dict__["maxlen"].__get__(value), FORMAT))
    walk.items(list(base.__iter__(value)))


def _default_dict_content(walk: Walk, value: Any) -> None:
    dict_content(walk, value)
    base = _type("collections", "defaultdict")
    walk.push((base.__dict__["default_factory"].__get__(value),))


def _ordered_dict_content(walk: Walk, value: Any) -> None:
    """An OrderedDict has an order of its own, and finds the next key by its hash."""
    dict_content(walk, value)
    if not set(map(id, map(type, dict.keys(value)))) <= ATOMS:
        raise Unsupported
    walk.items(list(_type("collections", "OrderedDict").__iter__(value)))


def _random_content(walk: Walk, value: Any) -> None:
    walk.items(_type("_random", "Random").getstate(value))


def _namespace_content(walk: Walk, value: Any) -> None:
    walk.push((_type("types", "SimpleNamespace").__dict__["__dict__"].__get__(value),))


def _no_content(walk: Walk, value: Any) -> None:
    return


def _type(origin: str, name: str) -> Any:
    return (module_namespace(origin) or {})[name]


_BASES: dict[tuple[str, str], tuple[Handler, bool]] = {
    ("collections", "deque"): (_deque_content, True),
    ("collections", "defaultdict"): (_default_dict_content, True),
    ("collections", "OrderedDict"): (_ordered_dict_content, True),
    ("_random", "Random"): (_random_content, True),
    ("datetime", "tzinfo"): (_no_content, False),
    ("types", "SimpleNamespace"): (_namespace_content, True),
}


def base(kind: type) -> tuple[Handler, bool] | None:
    """How to write what this C type holds, and whether that is mutable; None if unknown here."""
    origin, name = type_module(kind), type_name(kind)
    found = _BASES.get((origin, name)) if type(origin) is str else None
    return found if found is not None and _is_named(origin, name, kind) else None
