"""Fingerprints of pandas values; imported only when the notebook has imported pandas.

They are read from what holds the data (blocks, extension arrays), never through caches, and do
not depend on how columns are spread over blocks.
"""

from __future__ import annotations

import sys

from .fingerprint_arrays import dtype_token, elements, owns
from .fingerprint_modules import derives, is_installed, type_module, type_name
from .fingerprint_walk import Unsupported, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .fingerprint_walk import Handler

_np: Any = sys.modules["numpy"]
_pd: Any = sys.modules["pandas"]
_ndarray: Any = _np.ndarray

# Offsets that their frequency string, `n` and `normalize` describe fully.
_OFFSETS = frozenset(
    (
        "Day",
        "Hour",
        "Minute",
        "Second",
        "Milli",
        "Micro",
        "Nano",
        "MonthEnd",
        "MonthBegin",
        "BusinessMonthEnd",
        "BusinessMonthBegin",
        "QuarterEnd",
        "QuarterBegin",
        "BQuarterEnd",
        "BQuarterBegin",
        "YearEnd",
        "YearBegin",
        "BYearEnd",
        "BYearBegin",
        "Week",
    )
)
# Arrow types whose elements are atoms of Python, exactly.
_ARROW_TYPES = frozenset(
    (
        "string",
        "large_string",
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float",
        "double",
        "binary",
        "large_binary",
    )
)


# --- columns --------------------------------------------------------------------------------------


def column(walk: Walk, values: Any) -> None:
    """One column: an ndarray or an extension array; raises Unsupported for one not known here."""
    kind = type(values)
    if kind is _ndarray:
        owns(walk, values)
        elements(walk, values)
        return
    if not is_installed(type_module(kind)):
        raise Unsupported
    write = _EXTENSIONS.get(type_name(kind))
    if write is None or not derives(kind, _pd.api.extensions.ExtensionArray):
        raise Unsupported
    walk.tag(b"extension", type_name(kind))
    write(walk, values)


def _categorical(walk: Walk, values: Any) -> None:
    dtype = values.dtype
    walk.tag(b"categories", None if dtype.ordered is None else bool(dtype.ordered))
    column(walk, values._ndarray if hasattr(values, "_ndarray") else values._codes)
    walk.push((dtype.categories,))


def _dated(walk: Walk, values: Any) -> None:
    """DatetimeArray, TimedeltaArray and PeriodArray."""
    column(walk, values._ndarray)
    dtype = values.dtype
    walk.push((getattr(dtype, "tz", None), getattr(values, "_freq", None), _period_freq(dtype)))


def _period_freq(dtype: Any) -> object:
    return dtype.freq if type_name(type(dtype)) == "PeriodDtype" else None


def _masked(walk: Walk, values: Any) -> None:
    """Integer, floating and boolean arrays; what lies under the mask is no part of the value."""
    data, mask = values._data, values._mask
    owns(walk, data)
    owns(walk, mask)
    elements(walk, mask)
    if mask.any():
        data = data.copy()
        data[mask] = 0
    elements(walk, data)


def _wrapped(walk: Walk, values: Any) -> None:
    """Extension arrays around one ndarray."""
    _string_dtype(walk, values.dtype)
    column(walk, values._ndarray)


def _arrow(walk: Walk, values: Any) -> None:
    data = values._pa_array
    kind = str(data.type)
    if kind not in _ARROW_TYPES:
        raise Unsupported
    walk.grow(int(data.nbytes))
    _string_dtype(walk, values.dtype)
    walk.tag(b"arrow", kind)
    walk.items(data.to_pylist())
    walk.changes(values)


def _string_dtype(walk: Walk, dtype: Any) -> None:
    if type_name(type(dtype)) == "StringDtype":
        missing = getattr(dtype, "na_value", None)
        walk.tag(b"string dtype", dtype.storage, missing is _pd.NA)
    else:
        walk.tag(b"dtype of", type_name(type(dtype)))


def _interval(walk: Walk, values: Any) -> None:
    walk.tag(b"intervals", values.closed)
    for side in (values._left, values._right):
        column(walk, getattr(side, "_data", side))


_EXTENSIONS: dict[str, Callable[[Walk, Any], None]] = {
    "Categorical": _categorical,
    "DatetimeArray": _dated,
    "TimedeltaArray": _dated,
    "PeriodArray": _dated,
    "IntegerArray": _masked,
    "FloatingArray": _masked,
    "BooleanArray": _masked,
    "StringArray": _wrapped,
    "StringArrayNumpySemantics": _wrapped,
    "NumpyExtensionArray": _wrapped,
    "PandasArray": _wrapped,
    "ArrowStringArray": _arrow,
    "ArrowStringArrayNumpySemantics": _arrow,
    "ArrowExtensionArray": _arrow,
    "IntervalArray": _interval,
}


# --- tables ---------------------------------------------------------------------------------------


def _frame(walk: Walk, value: Any) -> None:
    if walk.met(value):
        return
    walk.changes(value)
    manager = value._mgr
    columns, index = manager.axes
    walk.tag(b"frame", bool(value.flags.allows_duplicate_labels), len(columns))
    for number in range(len(columns)):
        column(walk, manager.iget_values(number))
    walk.push((columns, index, value.attrs or None))


def _series(walk: Walk, value: Any) -> None:
    if walk.met(value):
        return
    walk.changes(value)
    manager = value._mgr
    walk.tag(b"series", bool(value.flags.allows_duplicate_labels))
    column(walk, manager.blocks[0].values)
    walk.push((value._name, manager.axes[0], value.attrs or None))


def _index(walk: Walk, value: Any) -> None:
    """An index: no one can change its elements, but anyone can rename it in place."""
    walk.changes(value)
    if type_name(type(value)) == "MultiIndex":
        walk.tag(b"multi index", len(value._levels), value.sortorder)
        for codes in value._codes:
            elements(walk, _ndarray.view(codes, _ndarray))
        for level in value._levels:
            _labels(walk, level)
        walk.push(tuple(value.names))
    else:
        _labels(walk, value)
        walk.push((value._name,))


def _labels(walk: Walk, value: Any) -> None:
    """An index without its name."""
    name = type_name(type(value))
    if name == "RangeIndex":
        walk.tag(b"range index", *(int(getattr(value, key)) for key in ("start", "stop", "step")))
        return
    walk.tag(b"index", name)
    column(walk, value._data)
    if name in ("DatetimeIndex", "TimedeltaIndex"):
        walk.push((value.freq,))


def _array(walk: Walk, value: Any) -> None:
    if not walk.met(value):
        walk.changes(value)
        column(walk, value)


# --- scalars --------------------------------------------------------------------------------------


def _ticks(value: Any) -> tuple[int, str]:
    """Timestamps and timedeltas: how many of which unit."""
    number = getattr(value, "_value", None)
    return int(value.value if number is None else number), str(getattr(value, "unit", "ns"))


def _timestamp(walk: Walk, value: Any) -> None:
    walk.tag(b"timestamp", *_ticks(value), int(value.fold))
    walk.push((value.tzinfo, getattr(value, "_freq", None)))


def _timedelta(walk: Walk, value: Any) -> None:
    walk.tag(b"timedelta", *_ticks(value))


def _period(walk: Walk, value: Any) -> None:
    walk.tag(b"period", int(value.ordinal))
    walk.push((value.freq,))


def _interval_scalar(walk: Walk, value: Any) -> None:
    walk.tag(b"interval", value.closed)
    walk.push((value.left, value.right))


def _singleton(walk: Walk, value: Any) -> None:
    walk.tag(b"pandas", type_name(type(value)))


def _offset(walk: Walk, value: Any) -> None:
    walk.tag(b"offset", type_name(type(value)), int(value.n), bool(value.normalize), value.freqstr)


def _dtype(walk: Walk, value: Any) -> None:
    """An extension dtype of pandas; raises Unsupported for one not known here."""
    name = type_name(type(value))
    if name == "CategoricalDtype":
        walk.tag(b"pandas dtype", name, None if value.ordered is None else bool(value.ordered))
        walk.push((value.categories,))
    elif name == "DatetimeTZDtype":
        walk.tag(b"pandas dtype", name, value.unit)
        walk.push((value.tz,))
    elif name == "PeriodDtype":
        walk.tag(b"pandas dtype", name)
        walk.push((value.freq,))
    elif name == "StringDtype":
        _string_dtype(walk, value)
    elif hasattr(value, "numpy_dtype"):
        walk.tag(b"pandas dtype", name, dtype_token(value.numpy_dtype))
    else:
        raise Unsupported


_HANDLERS: dict[str, Handler] = {
    "DataFrame": _frame,
    "Series": _series,
    "Timestamp": _timestamp,
    "Timedelta": _timedelta,
    "Period": _period,
    "Interval": _interval_scalar,
    "NaTType": _singleton,
    "NAType": _singleton,
}


def handler(origin: str, kind: type) -> Handler | None:
    """The handler for exactly this type of pandas, if it has one."""
    if not is_installed(origin):
        return None
    name = type_name(kind)
    if derives(kind, _pd.Index):
        return _index
    if derives(kind, _pd.api.extensions.ExtensionArray):
        return _array
    if derives(kind, _pd.api.extensions.ExtensionDtype):
        return _dtype
    if name in _OFFSETS and origin.startswith("pandas._libs"):
        return _offset
    return _HANDLERS.get(name)
