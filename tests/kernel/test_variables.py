"""Values in one line: what is said of each type, and that looking runs no code of the notebook."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import math
import pathlib
import random
import re
import time
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from sessions_ls.kernel.amounts import LONGEST, volume
from sessions_ls.kernel.summary import short, summary


class Plain:
    def __init__(self) -> None:
        self.rate = 2
        self._cache = "not shown"
        self.rows = [1, [2, [3]]]


class Slots:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1


@dataclasses.dataclass
class Data:
    x: int = 1
    y: str = "a"


class Rows(list[int]):
    pass


class Colour(enum.Enum):
    RED = 1


class Pixels(np.ndarray):  # type: ignore[type-arg]
    pass


Point = collections.namedtuple("Point", "x y")


def price(n: int, rate: float = 2.5, /, *rest: int, key: Any = None, **more: int) -> None: ...


def only_named(*, key: int) -> None: ...


async def later(a: int) -> None: ...


ZONE = datetime.timezone(datetime.timedelta(hours=2))

VALUES = [
    # value, its type, its size, what it holds
    (None, "NoneType", "", "None"),
    (True, "bool", "", "True"),
    (-42, "int", "", "-42"),
    (10**5000, "int", "", "<int of about 5,001 digits>"),
    (0.1, "float", "", "0.1"),
    ("a\nb", "str", "3 characters", r"'a\nb'"),
    ("a", "str", "1 character", "'a'"),
    (b"x" * 2000, "bytes", "2.0 kB", "b'" + "x" * (LONGEST - 3) + "…"),
    (bytearray(b"ab"), "bytearray", "2 bytes", "bytearray(b'ab')"),
    ([], "list", "0 items", "[]"),
    ((1,), "tuple", "1 item", "(1,)"),
    (set(), "set", "0 items", "set()"),
    (frozenset([1]), "frozenset", "1 item", "frozenset({1})"),
    (range(5), "range", "5 items", "range(0, 5)"),
    (list(range(100_000)), "list", "100,000 items", "[0, 1, 2, 3, 4, 5, 6, 7, …]"),
    ({"a": [1, {"b": 2}]}, "dict", "1 item", "{'a': [1, {…}]}"),
    (Plain(), "Plain", "", "Plain(rate=2, rows=[1, […]])"),
    (Slots(), "Slots", "", "Slots(a=1)"),
    (Data(), "Data", "", "Data(x=1, y='a')"),
    (Rows([1]), "Rows", "1 item", "Rows([1])"),
    (Colour.RED, "Colour", "", "Colour.RED"),
    (Point(1, "b"), "Point", "2 items", "Point(x=1, y='b')"),
    (ValueError("no", 3), "ValueError", "", "ValueError('no', 3)"),
    (price, "function", "", "price(n, rate=2.5, /, *rest, key=None, **more)"),
    (only_named, "function", "", "only_named(*, key)"),
    (later, "function", "", "async later(a)"),
    (lambda x, y=1: x, "function", "", "lambda x, y=1"),
    (Plain().__init__, "method", "", "__init__()"),
    (math.hypot, "builtin_function_or_method", "", "hypot(…)"),
    (functools.lru_cache(price), "_lru_cache_wrapper", "", short(price)),
    (functools.partial(only_named, key=1), "partial", "", "partial(only_named(*, key), key=1)"),
    (Plain, "type", "", "class Plain"),
    (Rows, "type", "", "class Rows(list)"),
    (math, "module", "", "math"),
    (np, "module", "", f"numpy {np.__version__}"),
    (collections.deque(range(9)), "deque", "9 items", "deque([0, 1, 2, 3, 4, 5, 6, 7, …])"),
    (collections.OrderedDict(a=1), "OrderedDict", "1 item", "OrderedDict({'a': 1})"),
    (collections.Counter("aab"), "Counter", "2 items", "Counter({'a': 2, 'b': 1})"),
    (datetime.datetime(2026, 1, 2, tzinfo=ZONE), "datetime", "", "2026-01-02 00:00:00+02:00"),
    (datetime.timedelta(days=1), "timedelta", "", "1 day, 0:00:00"),
    (decimal.Decimal("1.50"), "Decimal", "", "1.50"),
    (fractions.Fraction(1, 3), "Fraction", "", "1/3"),
    (pathlib.PurePosixPath("/a"), "PurePosixPath", "", "PurePosixPath('/a')"),
    (re.compile("a+"), "Pattern", "", "re.compile('a+')"),
    ((n for n in ()), "generator", "", "<generator>"),
    (object(), "object", "", "<object>"),
    (np.arange(12.0).reshape(3, 4), "ndarray", "3 × 4", "float64, 0 … 11"),
    (np.array([1, np.nan, 3] * 3), "ndarray", "9 items", "float64, 1 … 3"),
    (np.array([1, 2]), "ndarray", "2 items", "int64 [1, 2]"),
    (np.array(1.5), "ndarray", "", "float64 1.5"),
    (np.zeros((2000, 1000)), "ndarray", "2,000 × 1,000", "float64"),
    (np.array([Plain()] * 9), "ndarray", "9 items", "object"),
    (np.zeros(3, [("x", "f8")]), "ndarray", "3 items", "(x)"),
    (np.zeros((2, 4)).view(Pixels), "Pixels", "2 × 4", "float64"),
    (np.float64(0.5), "float64", "", "0.5"),
    (np.str_("a"), "str_", "1 character", "'a'"),
    (pd.DataFrame({"a": [1], "é": [2], 3: [4]}), "DataFrame", "1 × 3", "columns: a, é, 3"),
    (pd.DataFrame({"a\nb": [1]}), "DataFrame", "1 × 1", r"columns: 'a\nb'"),
    (pd.DataFrame(), "DataFrame", "0 × 0", "no columns"),
    (pd.Series([1.5, 2]), "Series", "2 items", "float64: 1.5, 2.0"),
    (pd.RangeIndex(20), "RangeIndex", "20 items", "int64: 0, 1, 2, 3, 4, 5, 6, 7, …"),
    (pd.Timestamp(2026, 1, 2), "Timestamp", "", "2026-01-02 00:00:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind", "size", "text"), VALUES, ids=[f"{row[1]} {row[3][:20]!a}" for row in VALUES]
)
def test_what_is_said(value: object, kind: str, size: str, text: str) -> None:
    told = summary(value)
    assert (told.type, told.size, told.value) == (kind, size, text)


KINDS = [(math, "module"), (Plain, "class"), (price, "function"), (len, "function"), (3, "value")]


@pytest.mark.parametrize(("value", "kind"), KINDS)
def test_kinds(value: object, kind: str) -> None:
    assert summary(value).kind == kind


def test_volumes() -> None:
    said = [volume(count) for count in (1, 999, 1000, 9_960, 999_400, 999_600, 3_200_000, 10**12)]
    assert " | ".join(said) == (
        "1 byte | 999 bytes | 1.0 kB | 10 kB | 999 kB | 1.0 MB | 3.2 MB | 1.0 TB"
    )


class Sly(type):
    """A metaclass that notices every question."""

    asked: ClassVar[list[str]] = []

    def __getattribute__(cls, name: str) -> Any:
        Sly.asked.append(f"type.{name}")
        return super().__getattribute__(name)

    def __instancecheck__(cls, instance: object) -> bool:
        Sly.asked.append("isinstance")
        return True

    def __subclasscheck__(cls, other: type) -> bool:
        Sly.asked.append("issubclass")
        return True

    def __hash__(cls) -> int:
        Sly.asked.append("hash of the type")
        return 1


def noticing(*bases: type) -> Any:
    """A class that notices whatever is asked of its instances, and draws a random number."""

    def notice(name: str) -> Any:
        def method(self: object, *given: object) -> Any:
            Sly.asked.append(name)
            random.random()
            raise RuntimeError(name)

        return method

    special = "repr str len iter bool format getattribute getattr getitem contains eq dir int index"
    # A property of this name stands in the way of the real one; `__eq__` alone leaves no hash.
    body: dict[str, Any] = {f"__{name}__": notice(f"__{name}__") for name in special.split()}
    body["__class__"] = property(notice("__class__"))
    body["__hash__"] = object.__hash__
    body["shape"] = body["dtype"] = body["columns"] = property(notice("shape"))
    return Sly("Noticing", bases, body)


def in_array(value: object) -> Any:
    array = np.empty(3, dtype=object)
    array[0] = value
    return array


INSIDE = [
    lambda value: value,
    lambda value: [value],
    lambda value: {"a": value},
    lambda value: (value, value),
    lambda value: ValueError(value),
    lambda value: functools.partial(print, value),
    lambda value: collections.defaultdict(list, a=value),
    lambda value: in_array(value),
    lambda value: pd.Series(in_array(value), dtype=object),
    lambda value: pd.DataFrame({"a": pd.Series(in_array(value), dtype=object)}),
    lambda value: type(value),
]


@pytest.mark.parametrize(
    "bases", [(), (list,), (dict,), (int,), (str,), (Exception,), (np.ndarray,)]
)
@pytest.mark.parametrize("around", INSIDE)
def test_no_code_of_the_notebook_runs(bases: tuple[type, ...], around: Any) -> None:
    kind = noticing(*bases)
    made: Any = bases[0].__new__(kind, (2,)) if bases == (np.ndarray,) else None
    if made is None:
        made = (bases[0] if bases else object).__new__(kind)
    value = around(made)
    random.seed(1)
    state = random.getstate()
    Sly.asked.clear()
    told = summary(value)
    assert Sly.asked == []
    assert random.getstate() == state
    assert told.type
    assert told.value.isprintable()


def test_what_refers_to_itself_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert summary(loop).value == "[[[…]]]"

    def around(f: object = None) -> None: ...

    around.__defaults__ = (around,)
    assert summary(around).value.startswith("around(f=around(f=")
    held = Plain()
    held.rows = [held]  # type: ignore[list-item]
    assert summary(held).value == "Plain(rate=2, rows=[Plain(…)])"


HUGE = {
    "list": [[0] * 1000] * 1_000_000,
    "dict": dict.fromkeys(range(1_000_000), "x" * 1000),
    "text": "é" * 50_000_000,
    "number": 7**2_000_000,
    "array": np.zeros(50_000_000, "u1"),
    "frame": pd.DataFrame(np.zeros((10, 20_000))),
    "names": {f"n{i}" * 100: i for i in range(1000)},
}


@pytest.mark.parametrize("name", list(HUGE))
def test_huge_values_take_no_time(name: str) -> None:
    summary(HUGE[name])  # what is imported when first needed
    best = min(_seconds(HUGE[name]) for _ in range(5))
    assert best < 0.003
    assert len(summary(HUGE[name]).value) <= LONGEST


def _seconds(value: object) -> float:
    started = time.process_time()
    summary(value)
    return time.process_time() - started
