"""A value in one line: its type, its size and what it holds, as far as that costs nothing.

Nothing here runs code of the user, so that looking changes nothing: no `__repr__`, `__len__`,
`__getattr__` or property of a class of the notebook is called. State is read as fingerprints read
it. Of a container the first few items are looked at, of those that hold others no more than two
levels.
"""

from __future__ import annotations

from .amounts import ITEMS, LONGEST, first, items, one_line, volume
from .fingerprint_modules import (
    ModuleType,
    derives,
    is_installed,
    module_namespace,
    type_dict,
    type_module,
    type_mro,
    type_name,
)
from .fingerprint_objects import layout
from .signatures import FUNCTION, METHOD, signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, List, Optional, Tuple

    Text = Callable[[Any, int], str]

DEPTH = 2
"""Containers within each other of which the items are shown."""
BITS = 390
"""Of a longer integer only the number of digits is shown."""

_exception_args = type_dict(BaseException)["args"].__get__


class Summary:
    """``kind`` is "module", "function", "class" or "value"; ``size`` is "" where it has none."""

    __slots__ = ("kind", "qualified", "size", "type", "value")

    def __init__(self, kind: str, of: type, size: str, value: str) -> None:
        self.kind = kind
        self.type, self.qualified = type_names(of)
        self.size = size
        self.value = value


def summary(value: object) -> Summary:
    """The summary of any value. What cannot be told is left out; nothing is raised."""
    of = type(value)
    try:
        size = _size(value, of)
    except Exception:  # noqa: BLE001  a thread may change the value while we look
        size = ""
    return Summary(_kind(of), of, size, one_line(short(value)))


def bare(value: object) -> Summary:
    """The summary without a look at the value."""
    of = type(value)
    return Summary(_kind(of), of, "", one_line(unknown(of)))


def short(value: object, depth: int = DEPTH) -> str:
    """What a value holds; `<Type>` where that cannot be told without running its code."""
    of = type(value)
    try:
        text = _TEXTS.get(id(of))
        return _other(value, of, depth) if text is None else text(value, depth)
    except Exception:  # noqa: BLE001  a thread may change the value while we look
        return unknown(of)


def type_names(of: type) -> Tuple[str, str]:
    """The name of a type, and that with its module."""
    name, origin = type_name(of), type_module(of)
    if type(origin) is not str or origin in ("builtins", "__main__"):
        return one_line(name), one_line(name)
    return one_line(name), one_line(f"{origin}.{name}")


def unknown(of: type) -> str:
    """What is said of a value that cannot be looked into."""
    return f"<{type_name(of)}>"


def _kind(of: type) -> str:
    if derives(of, ModuleType):
        return "module"
    if derives(of, type):
        return "class"
    return "function" if id(of) in _FUNCTIONS else "value"


# -- sizes ---------------------------------------------------------------------------------------


def _size(value: Any, of: type) -> str:
    for base, length in _LENGTHS:
        if derives(of, base):
            count = length(value)
            if base is str:
                return "1 character" if count == 1 else f"{count:,} characters"
            return volume(count) if base in (bytes, bytearray) else items(count)
    library = _library(of)
    return library[0](value, of) if library is not None else ""


_LENGTHS: Tuple[Tuple[type, Callable[[Any], int]], ...] = tuple(
    (base, base.__len__)
    for base in (str, bytes, bytearray, list, tuple, dict, set, frozenset, range)
)

# -- atoms and containers ------------------------------------------------------------------------


def _int(value: int, depth: int) -> str:
    bits = int.bit_length(value)
    if bits > BITS:
        return f"<int of about {int(bits * 0.30103) + 1:,} digits>"
    return int.__repr__(value)


def _str(value: str, depth: int) -> str:
    return _clipped(str.__getitem__(value, slice(LONGEST)), str.__len__(value))


def _bytes(value: bytes, depth: int) -> str:
    return _clipped(bytes.__getitem__(value, slice(LONGEST)), bytes.__len__(value))


def _bytearray(value: bytearray, depth: int) -> str:
    start = bytes(bytearray.__getitem__(value, slice(LONGEST)))
    return f"bytearray({_clipped(start, bytearray.__len__(value))})"


def _clipped(start: object, length: int) -> str:
    text = repr(start)
    return text if length <= LONGEST else f"{text[:-1]}…{text[-1]}"


def _listed(opening: str, closing: str, each: Callable[[Any], Iterable[Any]]) -> Text:
    def text(value: Any, depth: int) -> str:
        if depth <= 0:
            return f"{opening}…{closing}"
        parts = first(each(value), lambda item: short(item, depth - 1))
        comma = "," if opening == "(" and len(parts) == 1 else ""
        return f"{opening}{', '.join(parts)}{comma}{closing}"

    return text


_list = _listed("[", "]", list.__iter__)
_tuple = _listed("(", ")", tuple.__iter__)
_set_items = _listed("{", "}", set.__iter__)
_frozen_items = _listed("frozenset({", "})", frozenset.__iter__)


def _set(value: Any, depth: int) -> str:
    return _set_items(value, depth) if set.__len__(value) else "set()"


def _frozenset(value: Any, depth: int) -> str:
    return _frozen_items(value, depth) if frozenset.__len__(value) else "frozenset()"


def _dict(value: Any, depth: int) -> str:
    if depth <= 0:
        return "{…}"
    pairs = first(
        iter(dict.items(value)),
        lambda pair: f"{short(pair[0], depth - 1)}: {short(pair[1], depth - 1)}",
    )
    return f"{{{', '.join(pairs)}}}"


def _plain(value: Any, depth: int) -> str:
    return repr(value)


# -- objects -------------------------------------------------------------------------------------


def _other(value: Any, of: type, depth: int) -> str:
    if derives(of, type):
        return _class(value)
    if derives(of, ModuleType):
        return _module(value)
    if depth < 0:
        return unknown(of)
    library = _library(of)
    if library is not None:
        told: str = library[1](value, of, depth)
        return told
    if derives(of, BaseException):
        parts = first(_exception_args(value), lambda item: short(item, depth - 1))
        return f"{type_name(of)}({', '.join(parts)})"
    return _instance(value, of, depth)


def _class(value: type) -> str:
    bases = [type_name(base) for base in type.__dict__["__bases__"].__get__(value)]
    inside = ", ".join(base for base in bases if base != "object")
    return f"class {type_name(value)}({inside})" if inside else f"class {type_name(value)}"


def _module(value: object) -> str:
    namespace = type_dict(ModuleType)["__dict__"].__get__(value)
    name, version = namespace.get("__name__"), namespace.get("__version__")
    said = name if type(name) is str else "a module"
    return f"{said} {version}" if type(version) is str else said


def _function(value: Any, depth: int) -> str:
    if depth < 0:
        return unknown(type(value))
    return signature(value, lambda default: short(default, depth - 1))


def _instance(value: Any, of: type, depth: int) -> str:
    """An instance of a Python class: its attributes, and the items of the builtin it builds on."""
    where = layout(of)
    if where is None:
        return unknown(of)
    namespace: Any = where.namespace(value) if where.namespace is not None else {}
    enum = module_namespace("enum")
    if enum is not None and derives(of, enum["Enum"]):
        name = dict.get(namespace, "_name_")
        return f"{type_name(of)}.{name}" if type(name) is str else unknown(of)
    fields = _fields(of)
    if fields is not None and derives(of, tuple):
        pairs = list(zip(fields, tuple.__iter__(value)))  # noqa: B905  strict is of Python 3.10
        return _called(of, pairs, depth)
    base = where.base.kind
    held = _TEXTS.get(id(base))
    if held is not None:
        return f"{type_name(of)}({held(value, depth)})"
    pairs = []
    for name, get in where.slots:
        try:
            pairs.append((name, get(value)))
        except AttributeError:  # a slot without a value
            continue
    pairs += [pair for pair in dict.items(namespace) if type(pair[0]) is str]
    pairs = [pair for pair in pairs if pair[0][0] != "_"]
    origin = type_module(of)
    if type(origin) is str and is_installed(origin) and not _telling(pairs):
        return unknown(of)
    return _called(of, pairs, depth) if depth > 0 else f"{type_name(of)}(…)"


def _telling(pairs: List[Tuple[str, object]]) -> bool:
    """Whether the attributes of an installed class say what an instance is: few, and plain."""
    return 0 < len(pairs) <= 2 * ITEMS and all(id(type(value)) in _ATOMS for _, value in pairs)


def _fields(of: type) -> Optional[Tuple[str, ...]]:
    """The fields of a named tuple."""
    for owner in type_mro(of):
        fields = type_dict(owner).get("_fields")
        if type(fields) is tuple and all(type(field) is str for field in fields):
            return fields
    return None


def _called(of: type, pairs: List[Tuple[str, object]], depth: int) -> str:
    parts = first(pairs, lambda pair: f"{pair[0]}={short(pair[1], depth - 1)}")
    return f"{type_name(of)}({', '.join(parts)})"


def _library(of: type) -> Any:
    """How a type of a known library is told: size and text; None for any other type."""
    from . import summary_libraries

    return summary_libraries.teller(of)


_FUNCTION_TYPES: Tuple[type, ...] = (FUNCTION, METHOD, type(len))
_FUNCTIONS = frozenset(map(id, _FUNCTION_TYPES))
_PLAIN = (type(None), bool, float, complex, type(Ellipsis), type(NotImplemented), range)
_ATOMS = frozenset(map(id, (*_PLAIN, int, str, bytes)))

# By id: a metaclass may define __hash__ and __eq__, so types are never hashed themselves.
_TEXTS: dict[int, Text] = {
    **{id(kind): _plain for kind in _PLAIN},
    **{id(kind): _function for kind in _FUNCTION_TYPES},
    id(int): _int,
    id(str): _str,
    id(bytes): _bytes,
    id(bytearray): _bytearray,
    id(list): _list,
    id(tuple): _tuple,
    id(set): _set,
    id(frozenset): _frozenset,
    id(dict): _dict,
}
