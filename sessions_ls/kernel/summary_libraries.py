"""Summaries of what numpy, pandas and the standard library define; imported when first needed.

Their code is trusted to change nothing when it is asked for a shape; code of the notebook that is
inside (an element of an array of objects, a time zone) is not asked.
"""

from __future__ import annotations

from .amounts import ITEMS, LONGEST, first, items, shape
from .fingerprint_modules import (
    derives,
    is_installed,
    module_namespace,
    type_module,
    type_name,
)
from .summary import short, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple

    Size = Callable[[Any, type], str]
    Text = Callable[[Any, type, int], str]
    Teller = Tuple[Size, Text]

CHEAP = 1_000_000
"""Bytes of an array whose smallest and largest elements are looked for."""
FEW = 6
"""Elements of an array that are shown one by one."""


def teller(of: type) -> Optional[Teller]:
    """How values of a type are told, None where this module does not know it."""
    numpy = module_namespace("numpy")
    if numpy is not None and "ndarray" in numpy and derives(of, numpy["ndarray"]):
        return _array_size, _array
    origin = type_module(of)
    if type(origin) is not str or not is_installed(origin):
        return None
    package = origin.partition(".")[0]
    if package == "numpy" and numpy is not None and derives(of, numpy["generic"]):
        return _no_size, _scalar
    pandas = module_namespace("pandas")
    if pandas is not None and "DataFrame" in pandas:
        found = _pandas(of, package, pandas)
        if found is not None:
            return found
    if (package, type_name(of)) in _SHAPED:
        return _shaped_size, _shaped
    return _STANDARD.get((origin, type_name(of))) if _is_where_it_says(of, origin) else None


def _is_where_it_says(of: type, origin: str) -> bool:
    namespace = module_namespace(origin)
    return namespace is not None and namespace.get(type_name(of)) is of


def _no_size(value: Any, of: type) -> str:
    return ""


# -- numpy ---------------------------------------------------------------------------------------


def _numpy() -> Any:
    from sys import modules

    return modules["numpy"]


def _of_array(value: Any, name: str) -> Any:
    """An attribute of an array, whatever a class that builds on arrays makes of it."""
    return _numpy().ndarray.__dict__[name].__get__(value)


def _array_size(value: Any, of: type) -> str:
    return shape(_of_array(value, "shape"))


def _array(value: Any, of: type, depth: int) -> str:
    dtype = _of_array(value, "dtype")
    words = dtype.name if dtype.names is None else f"({', '.join(dtype.names)})"
    if of is not _numpy().ndarray or dtype.kind not in "biuf" or value.size == 0:
        return str(words)
    if value.size <= FEW:
        return f"{words} {short(value.tolist(), depth)}"
    if value.nbytes > CHEAP or not _in_memory(value):
        return str(words)
    numpy = _numpy()
    with numpy.errstate(all="ignore"):
        low, high = numpy.fmin.reduce(value, axis=None), numpy.fmax.reduce(value, axis=None)
    return f"{words}, {_number(low)} … {_number(high)}"


def _in_memory(value: Any) -> bool:
    """Whether no file or device lies behind an array."""
    owner = value
    while owner.base is not None:
        owner = owner.base
        if type(owner) is not _numpy().ndarray:
            return False
    return True


def _number(value: Any) -> str:
    plain = value.item()
    return f"{plain:.6g}" if type(plain) is float else short(plain)


def _scalar(value: Any, of: type, depth: int) -> str:
    numpy = _numpy()
    if derives(of, numpy.character):
        return short((str if derives(of, str) else bytes)(value), depth)
    if derives(of, numpy.flexible) or derives(of, numpy.object_):
        return unknown(of)
    return str(value)


# -- pandas --------------------------------------------------------------------------------------


def _pandas(of: type, package: str, pandas: Dict[str, Any]) -> Optional[Teller]:
    if derives(of, pandas["DataFrame"]):
        return _frame_size, _frame
    if derives(of, pandas["Series"]) or derives(of, pandas["Index"]):
        return _series_size, _series
    return (_no_size, _text) if package == "pandas" and type_name(of) in _SCALARS else None


_SCALARS = frozenset(("Timestamp", "Timedelta", "NaTType", "NAType", "Interval", "Period"))


def _frame_size(value: Any, of: type) -> str:
    return shape((len(value.index), len(value.columns)))


def _frame(value: Any, of: type, depth: int) -> str:
    columns = value.columns
    names = first(columns[: ITEMS + 1].tolist(), lambda name: _label(name, depth))
    return f"columns: {', '.join(names)}" if names else "no columns"


def _label(name: object, depth: int) -> str:
    return name[:LONGEST] if type(name) is str and name.isprintable() else short(name, depth)


def _series_size(value: Any, of: type) -> str:
    return items(len(value))


def _series(value: Any, of: type, depth: int) -> str:
    if getattr(value, "nlevels", 1) > 1:
        return f"{value.nlevels} levels"
    start = list(value.array[: ITEMS + 1])
    held = ", ".join(first(start, lambda item: short(item, depth - 1)))
    return f"{value.dtype}: {held}" if held else str(value.dtype)


# -- the standard library ------------------------------------------------------------------------


def _text(value: Any, of: type, depth: int) -> str:
    return str(value)


def _repr(value: Any, of: type, depth: int) -> str:
    return repr(value)


def _time(value: Any, of: type, depth: int) -> str:
    """A date or a time; a zone made by the person is not asked how far from UTC it is."""
    zone = value.tzinfo
    if zone is None or _is_where_it_says(type(zone), str(type_module(type(zone)))):
        return str(value)
    return f"{value.replace(tzinfo=None)} {unknown(type(zone))}"


def _fraction(value: Any, of: type, depth: int) -> str:
    return f"{short(value._numerator, depth)}/{short(value._denominator, depth)}"


def _partial(value: Any, of: type, depth: int) -> str:
    given = [short(value.func, depth - 1)]
    given += first(value.args, lambda item: short(item, depth - 1))
    given += [f"{name}={short(item, depth - 1)}" for name, item in dict.items(value.keywords)]
    return f"partial({', '.join(given)})"


def _cached(value: Any, of: type, depth: int) -> str:
    return short(value.__wrapped__, depth - 1)


def _length(value: Any, of: type) -> str:
    return items(of.__len__(value))  # type: ignore[attr-defined]


def _queue(value: Any, of: type, depth: int) -> str:
    return f"deque({short(list(value) if len(value) <= ITEMS else _head(value), depth)})"


def _head(value: Any) -> list[object]:
    return [value[index] for index in range(ITEMS + 1)]


def _mapping(value: Any, of: type, depth: int) -> str:
    pairs = first(
        iter(of.items(value)),  # type: ignore[attr-defined]  # an ordered one has its own order
        lambda pair: f"{short(pair[0], depth - 1)}: {short(pair[1], depth - 1)}",
    )
    return f"{type_name(of)}({{{', '.join(pairs)}}})"


_STANDARD: Dict[Tuple[str, str], Teller] = {
    ("datetime", "datetime"): (_no_size, _time),
    ("datetime", "time"): (_no_size, _time),
    ("datetime", "date"): (_no_size, _text),
    ("datetime", "timedelta"): (_no_size, _text),
    ("datetime", "timezone"): (_no_size, _text),
    ("zoneinfo", "ZoneInfo"): (_no_size, _text),
    ("decimal", "Decimal"): (_no_size, _text),
    ("fractions", "Fraction"): (_no_size, _fraction),
    ("uuid", "UUID"): (_no_size, _text),
    ("re", "Pattern"): (_no_size, _repr),
    ("functools", "partial"): (_no_size, _partial),
    ("functools", "_lru_cache_wrapper"): (_no_size, _cached),
    ("collections", "deque"): (_length, _queue),
    ("collections", "OrderedDict"): (_length, _mapping),
    ("collections", "defaultdict"): (_length, _mapping),
    ("collections", "Counter"): (_length, _mapping),
    **{
        (module, name): (_no_size, _repr)
        for module in ("pathlib", "pathlib._local")
        for name in ("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath")
    },
}

# -- other libraries with arrays and tables ------------------------------------------------------

_SHAPED = frozenset(
    [
        ("torch", "Tensor"), ("jaxlib", "ArrayImpl"), ("cupy", "ndarray"),
        ("polars", "DataFrame"), ("polars", "Series"), ("pyarrow", "Table"),
        ("xarray", "DataArray"),
        *(("scipy", f"{form}_{kind}") for form in ("csr", "csc", "coo", "bsr", "dia", "lil")
          for kind in ("matrix", "array")),
    ]
)  # fmt: skip


def _shaped_size(value: Any, of: type) -> str:
    return shape([int(length) for length in value.shape])


def _shaped(value: Any, of: type, depth: int) -> str:
    for name in ("columns", "column_names"):
        names = getattr(value, name, None)
        if type(names) is list:
            return f"columns: {', '.join(first(names, lambda label: _label(label, depth)))}"
    dtype = getattr(value, "dtype", None)
    return unknown(of) if dtype is None else str(dtype)
