"""Fingerprints of numpy values; imported only when the notebook has imported numpy."""

from __future__ import annotations

import sys

from .fingerprint_modules import by_name, derives, is_installed, type_module, type_name
from .fingerprint_walk import Unsupported, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .fingerprint_walk import Handler

_np: Any = sys.modules["numpy"]
_ndarray: Any = _np.ndarray
_base_of = _ndarray.__dict__["base"].__get__

# Kinds of dtype whose elements are exactly their bytes. Long doubles are not: they have padding.
_PLAIN_KINDS = frozenset("biufcSUMm?V")


# --- arrays ---------------------------------------------------------------------------------------


def dtype_token(dtype: Any) -> tuple[object, ...]:
    """All that a dtype says, in atoms and tuples; raises Unsupported for other packages' dtypes."""
    if not (type_module(type(dtype)) or "").startswith("numpy") or dtype.isbuiltin == 2:
        raise Unsupported
    if dtype.metadata is not None:
        raise Unsupported
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return ("sub", dtype_token(base), tuple(map(int, shape)))
    if dtype.names is None:
        return (dtype.char, dtype.str, int(dtype.itemsize))
    fields: list[object] = []
    for name in dtype.names:
        field = dtype.fields[name]
        title = field[2] if len(field) > 2 else None
        if title is not None and type(title) is not str:
            raise Unsupported
        fields.append((name, dtype_token(field[0]), int(field[1]), title))
    kind = "record" if dtype.type is _np.record else "struct"
    return (kind, tuple(fields), int(dtype.itemsize), bool(dtype.isalignedstruct))


def elements(walk: Walk, value: Any) -> None:
    """The dtype, the shape and the elements (in C order) of an exact ndarray."""
    dtype = value.dtype
    shape = tuple(map(int, value.shape))
    walk.tag(b"elements", dtype_token(dtype), shape)
    _data(walk, value, dtype)


def _data(walk: Walk, value: Any, dtype: Any) -> None:
    if dtype.names is not None:
        for name in dtype.names:  # by field: the bytes between fields are anything
            field = value[name]
            _data(walk, field, field.dtype)
        return
    if value.size == 0 or dtype.itemsize == 0:
        return
    if dtype.hasobject or dtype.char == "T":
        walk.items(value.astype(object).reshape(-1).tolist())
        return
    if dtype.kind not in _PLAIN_KINDS or dtype.char in "gG":
        raise Unsupported
    walk.grow(int(value.nbytes))
    flat = value if value.flags.c_contiguous else _np.ascontiguousarray(value)
    walk.write(flat.reshape(-1).view(_np.uint8))


def owner_of(value: Any) -> tuple[Any, bool]:
    """The object that owns an array's memory, and whether the memory may be written."""
    writeable = bool(value.flags.writeable)
    owner = value
    while True:
        base = _base_of(owner) if derives(type(owner), _ndarray) else None
        if type(owner) is memoryview:
            base = owner.obj
        if base is None:
            break
        owner = base
        if derives(type(owner), _ndarray):
            writeable = writeable or bool(_ndarray.__dict__["flags"].__get__(owner).writeable)
    if not derives(type(owner), _ndarray) and type(owner) is not bytes:
        writeable = True
    return owner, writeable


def owns(walk: Walk, value: Any) -> Any:
    """Count an array, and whoever owns its memory, among the mutable parts; return the owner."""
    owner, writeable = owner_of(value)
    if writeable:
        walk.changes(value)
        if owner is not value:
            walk.changes(owner)
    return owner


def _address(value: Any) -> int:
    return int(value.__array_interface__["data"][0])


def array(walk: Walk, value: Any) -> None:
    """An exact ndarray: its memory layout, how it overlaps arrays met before, and its elements."""
    if walk.met(value):
        return
    owner = owns(walk, value)
    flags = value.flags
    strides = None if flags.c_contiguous else tuple(map(int, value.strides))
    key = -id(owner) - 1  # memory, as opposed to the object that owns it
    number = walk.memo.get(key)
    if number is None:
        walk.memo[key] = len(walk.memo)
        walk.order.append(key)
        walk.cache[key] = _address(value)
        place = None
    else:
        place = (number, _address(value) - walk.cache[key])
    walk.tag(b"ndarray", strides, bool(flags.writeable), place)
    if strides is not None and flags.f_contiguous:
        value = value.T  # the same memory in its own order, without a copy
    elements(walk, value)


def _masked(walk: Walk, value: Any) -> None:
    if walk.met(value):
        return
    walk.changes(value)
    state = value.__dict__
    plain = _ndarray.view(value, _ndarray)
    owns(walk, plain)
    mask = state["_mask"]
    walk.tag(b"masked", bool(state.get("_hardmask")), type(mask) is _ndarray)
    elements(walk, plain)
    if type(mask) is _ndarray:
        elements(walk, mask)
    fill = state.get("_fill_value")
    walk.write(b"\x00" if fill is None else b"\x01")
    if fill is not None:
        elements(walk, _np.asarray(fill))


def _scalar(walk: Walk, value: Any) -> None:
    if value.dtype.names is not None or value.dtype.char in "gG":
        raise Unsupported
    walk.tag(b"scalar", dtype_token(value.dtype), value.tobytes())


def _dtype(walk: Walk, value: Any) -> None:
    walk.tag(b"dtype", dtype_token(value))


# --- random state ---------------------------------------------------------------------------------


def _plain(state: Any) -> object:
    """A state of dicts, lists, arrays and numbers as tuples of atoms; raises Unsupported."""
    kind = type(state)
    if kind is dict:
        return ("dict", tuple((_plain(key), _plain(item)) for key, item in state.items()))
    if kind in (list, tuple):
        return tuple(map(_plain, state))
    if kind is _ndarray:
        return ("array", dtype_token(state.dtype), state.shape, state.tobytes())
    if kind in (int, float, str, bool, type(None)):
        return state
    if derives(kind, _np.generic):
        return ("scalar", dtype_token(state.dtype), state.tobytes())
    raise Unsupported


def _bit_generator(walk: Walk, value: Any) -> None:
    if walk.met(value):
        return
    walk.changes(value)
    seeds = getattr(value, "seed_seq", None) or getattr(value, "_seed_seq", None)
    state = _plain(value.state), _plain(getattr(seeds, "state", None))
    walk.tag(b"bit generator", type_name(type(value)), *state)


def _generator(walk: Walk, value: Any) -> None:
    if not walk.met(value):
        walk.changes(value)
        walk.tag(b"generator")
        walk.push((value.bit_generator,))


def _random_state(walk: Walk, value: Any) -> None:
    if not walk.met(value):
        walk.changes(value)
        walk.tag(b"random state", _plain(value.get_state(legacy=False)))
        walk.push((value._bit_generator,))


def _named(walk: Walk, value: Any) -> None:
    """A function of numpy that is written in C."""
    origin = getattr(value, "__module__", None) or "numpy"
    if not by_name(walk, value, origin, getattr(value, "__qualname__", value.__name__)):
        raise Unsupported


# --- which handler --------------------------------------------------------------------------------


def handler(origin: str, kind: type) -> Handler | None:
    """The handler for exactly this type of numpy, if it has one."""
    if not is_installed(origin):
        return None
    name = type_name(kind)
    if kind is _ndarray:
        return array
    if derives(kind, _np.generic):
        return _scalar
    if derives(kind, _np.dtype):
        return _dtype
    if name == "MaskedArray" and origin.startswith("numpy.ma"):
        return _masked
    if kind is _np.ufunc or name == "_ArrayFunctionDispatcher":
        return _named
    if origin.startswith("numpy.random"):
        if name == "Generator":
            return _generator
        if name == "RandomState":
            return _random_state
        if derives(kind, _np.random.BitGenerator):
            return _bit_generator
    return None
