"""Fingerprints of code: functions, classes, modules and what wraps them.

What is installed goes by name and version; what the notebook or a local module defines goes by
what it is: bytecode without places, defaults, closures, and the namespace of a class.
"""

from __future__ import annotations

import sys

from .fingerprint_modules import (
    HEAP_TYPE,
    FunctionType,
    ModuleType,
    by_name,
    derives,
    home_of,
    module_namespace,
    type_bases,
    type_dict,
    type_flags,
    type_module,
    type_name,
    version_of,
)
from .fingerprint_walk import Walk, handles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any


def _sample() -> Callable[[], object]:
    local = None
    return lambda: local


_CLOSURE: Any = _sample().__closure__
_CodeType = type(_sample.__code__)
_BuiltinType = type(len)
_MethodType: Any = type(Walk(str, lambda walk, kind: None).run)


# --- functions ------------------------------------------------------------------------------------


@handles(_CodeType)
def _code(walk: Walk, value: CodeType) -> None:
    """Code without file name and line numbers."""
    walk.tag(
        b"code",
        value.co_name,
        value.co_argcount,
        value.co_posonlyargcount,
        value.co_kwonlyargcount,
        value.co_flags,
        value.co_code,
        value.co_names,
        value.co_varnames,
        value.co_freevars,
        value.co_cellvars,
        getattr(value, "co_exceptiontable", None),
    )
    walk.items(value.co_consts)


def _annotations(value: Any) -> object:
    """The annotations, or where they are lazy (3.14) the function that would make them."""
    lazy = getattr(value, "__annotate__", None)
    if lazy is not None:
        return lazy
    known = value.__annotations__
    return tuple(known.items()) if known else None


@handles(FunctionType)
def _function(walk: Walk, value: Any) -> None:
    origin = value.__module__
    if walk.again(value) or by_name(walk, value, origin, value.__qualname__):
        return
    walk.met(value)
    cells = value.__closure__ or ()
    keyword_defaults = value.__kwdefaults__ or {}
    attributes = value.__dict__
    home = value.__globals__
    origin = dict.get(home, "__name__")
    surroundings: tuple[object, ...] = ()
    used: tuple[str, ...] = ()
    if type(origin) is not str or origin != "__main__":
        if type(origin) is str and module_namespace(origin) is home:
            surroundings = (sys.modules[origin],)
        else:
            used = tuple(sorted(_global_names(value.__code__, home)))
            surroundings = tuple(home[name] for name in used)
    if any(type(key) is not str for key in attributes):
        walk.stands_for(value)
        return
    walk.tag(
        b"function",
        value.__name__,
        value.__qualname__,
        value.__doc__ if type(value.__doc__) is str else None,
        value.__module__ if type(value.__module__) is str else None,
        len(surroundings),
        used,
        tuple(keyword_defaults),
        tuple(attributes),
        len(cells),
    )
    if any(key != "__wrapped__" for key in attributes):
        walk.changes(value)
    code = value.__code__
    described = (_annotations(value), getattr(value, "__type_params__", ()))
    if described[0] is not None or described[1]:
        walk.write(b"n" + walk.nested(described, frozen=True))
    stored = _rebinds(code) if cells else None
    kept: list[object] = []
    counts = _counts(cells)
    for number, name in enumerate(code.co_freevars):
        if name == "repr_running":  # the guard against recursion of dataclasses and reprlib
            kept.append(None)
            continue
        kept.append(cells[number])
        if name == "__class__":
            continue
        if stored is None or name in stored or counts[number] > _SOLE:
            walk.changes(cells[number])
    walk.push(
        (
            code,
            value.__defaults__,
            *surroundings,
            *keyword_defaults.values(),
            *attributes.values(),
            *kept,
        )
    )


def _global_names(code: CodeType, home: dict[str, Any]) -> set[str]:
    """The names of a namespace of its own (made by exec) that some code may use."""
    names = {name for name in code.co_names if name in home}
    for constant in code.co_consts:
        if type(constant) is _CodeType:
            names |= _global_names(constant, home)
    return names


def _counts(cells: tuple[object, ...]) -> list[int]:
    return [sys.getrefcount(cell) for cell in cells]


# The count while only one closure holds a variable: then no other function can rebind it.
_SOLE = _counts(_CLOSURE)[0]


def _rebinds(code: CodeType) -> set[str] | None:
    """The closure variables that this code, or a function inside it, may rebind (`nonlocal`)."""
    found: set[str] = set()
    frees = set(code.co_freevars)
    stored = _stored_derefs(code)
    if stored is None:
        return None
    found |= stored & frees
    for constant in code.co_consts:
        if type(constant) is _CodeType:
            inner = _rebinds(constant)
            if inner is None:
                return None
            found |= inner & frees
    return found


def _stored_derefs(code: CodeType) -> set[str] | None:
    import opcode

    stores = {opcode.opmap[name] for name in ("STORE_DEREF", "DELETE_DEREF")}
    extended = opcode.opmap["EXTENDED_ARG"]
    names = code.co_cellvars + code.co_freevars
    if sys.version_info >= (3, 11):
        arguments = code.co_varnames
        names = arguments + tuple(n for n in code.co_cellvars if n not in arguments)
        names += code.co_freevars
    found: set[str] = set()
    raw = code.co_code
    high = 0
    for at in range(0, len(raw), 2):
        operation, argument = raw[at], raw[at + 1] | high
        high = argument << 8 if operation == extended else 0
        if operation in stores:
            if argument >= len(names):
                return None
            found.add(names[argument])
    return found


@handles(type(_CLOSURE[0]))
def _cell(walk: Walk, value: Any) -> None:
    """A variable of a closure."""
    if walk.met(value):
        return
    try:
        content = value.cell_contents
    except ValueError:
        walk.tag(b"empty cell")
        return
    walk.tag(b"cell")
    walk.push((content,))


@handles(_MethodType)
def _method(walk: Walk, value: Any) -> None:
    walk.tag(b"method")
    walk.push((value.__func__, value.__self__))


@handles(_BuiltinType)
def _builtin(walk: Walk, value: Any) -> None:
    home = value.__self__
    if home is None or derives(type(home), ModuleType):
        origin = value.__module__
        if home is None and type(origin) is str:
            home = sys.modules.get(origin)
        walk.tag(b"builtin", value.__name__)
        walk.push((home,))
        return
    walk.tag(b"builtin method", value.__name__)
    walk.push((home,))


@handles(type("".__str__))
def _method_wrapper(walk: Walk, value: Any) -> None:
    walk.tag(b"method wrapper", value.__name__)
    walk.push((value.__self__,))


@handles(
    type(str.upper),
    type(str.__str__),
    type(type_dict(dict)["fromkeys"]),
    type(type_dict(FunctionType)["__code__"]),
    type(type_dict(FunctionType)["__globals__"]),
)
def _descriptor(walk: Walk, value: Any) -> None:
    """A method, slot or attribute that a type written in C, or `__slots__`, defines."""
    if not walk.met(value):
        walk.tag(b"descriptor", value.__name__)
        walk.push((value.__objclass__,))


@handles(property)
def _property(walk: Walk, value: property) -> None:
    walk.tag(b"property")
    walk.push((value.fget, value.fset, value.fdel, value.__doc__))


@handles(staticmethod)
def _static(walk: Walk, value: Any) -> None:
    walk.tag(b"staticmethod")
    walk.push((value.__func__,))


@handles(classmethod)
def _class_method(walk: Walk, value: Any) -> None:
    walk.tag(b"classmethod")
    walk.push((value.__func__,))


# --- classes --------------------------------------------------------------------------------------

# Filled in by the interpreter, `abc` or `copy`, or not the same from one process to the next.
_SKIPPED = frozenset(
    (
        "__dict__",
        "__weakref__",
        "__module__",
        "__firstlineno__",
        "__static_attributes__",
        "_abc_impl",
        "__annotations_cache__",
        "__slotnames__",
    )
)
# Tables that describe the class: nobody changes them, though they are dicts.
_TABLES = frozenset(
    (
        "__annotations__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__orig_bases__",
        "_field_defaults",
    )
)


def class_(walk: Walk, value: Any) -> None:
    """An installed class by name; any other by its bases and its namespace."""
    if walk.again(value):
        return
    origin = type_module(value)
    name = type_name(value)
    if by_name(walk, value, origin, name):
        return
    walk.met(value)
    if not type_flags(value) & HEAP_TYPE:
        home = home_of(origin)
        walk.tag(b"type", origin, name, version_of(origin), len(home))
        walk.push(home)
        return
    namespace = type_dict(value)
    enum = "_member_map_" in namespace
    names = [key for key in namespace if type(key) is str and key not in _SKIPPED]
    if not namespace.get("__annotations__", True):
        names.remove("__annotations__")  # made by whoever asked for them
    home = home_of(origin)
    walk.tag(b"class", origin if type(origin) is str else None, name, len(home), tuple(names))
    described = []
    children: list[object] = [type(value), *home]
    children.append(type_bases(value))
    for key in names:
        item = namespace[key]
        if key in _TABLES or (enum and (type(item) is value or _sunder(key))):
            described.append(item)
        else:
            children.append(item)
    if described:
        walk.write(walk.nested(described, frozen=True))
    walk.push(children)


def _sunder(name: str) -> bool:
    """Whether a name of an enum class is part of how enums work."""
    return name[:1] == "_" and name[-1:] == "_"


handles(type)(class_)
