"""Fingerprints of numpy and pandas values."""

# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import copy
import re
import typing
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sessions_ls.kernel.fingerprint import Probe, probe


def look(value: object) -> Probe:
    return probe(value, lambda obj: f"opaque {type(obj).__name__}")


def exact(value: object) -> str:
    seen = look(value)
    assert seen.exact, value
    return seen.digest


def text(*items: object) -> np.ndarray[typing.Any, typing.Any]:
    return np.array(items, dtype=np.dtypes.StringDType())


DIFFERENT = """
1
1.0
True
"a"
np.int64(1)
np.int32(1)
np.uint64(1)
np.float64(1)
np.float32(1)
np.bool_(1)
np.str_("a")
np.bytes_(b"a")
np.datetime64("2020-01-01")
np.datetime64("2020-01-01", "s")
np.timedelta64(1, "s")
np.float64("nan")
np.float64(-0.0)
np.float64(0.0)
np.array(1)
np.array([1])
np.array([[1]])
np.array([1], dtype="i4")
np.array([1], dtype=">i8")
np.array([1.0])
np.array([True])
np.array([1], dtype=object)
np.array([1.0], dtype=object)
np.array([True], dtype=object)
np.array([[1], [2]], dtype=object)
np.array([])
np.array([], dtype=int)
np.zeros((0, 1))
np.zeros((1, 0))
np.array(["a"])
np.array(["a"], dtype="U2")
np.array([b"a"])
text("a")
text("b")
np.zeros((2, 3))
np.zeros((3, 2))
np.zeros((2, 3), order="F")
np.arange(6).reshape(2, 3)
np.arange(6).reshape(3, 2).T
np.arange(6).reshape(2, 3).copy(order="F")
np.zeros(2, dtype=[("a", "i4"), ("b", "i4")])
np.zeros(2, dtype=[("a", "i4"), ("c", "i4")])
np.zeros(2, dtype=[("b", "i4"), ("a", "i4")])
np.zeros(2, dtype=np.dtype([("a", "i1"), ("b", "i4")], align=True))
np.array([(1, [])], dtype=[("a", "i4"), ("b", "O")])
np.array([(1, [2])], dtype=[("a", "i4"), ("b", "O")])
np.ma.array([1, 2], mask=[0, 1])
np.ma.array([1, 2], mask=[1, 0])
np.ma.array([1, 2])
np.dtype("f8")
np.dtype("f4")
np.dtype([("a", "f8")])
np.random.default_rng(1)
np.random.default_rng(2)
np.random.Generator(np.random.MT19937(1))
np.random.RandomState(1)
np.random.RandomState(2)
np.sin
np.cos
np.mean
np.sum
np
pd
pd.DataFrame()
pd.DataFrame({"a": [1]})
pd.DataFrame({"b": [1]})
pd.DataFrame({"a": [1.0]})
pd.DataFrame({"a": [True]})
pd.DataFrame({"a": [1]}, index=[1])
pd.DataFrame({"a": [1]}, index=["a"])
pd.DataFrame({"a": [1], "b": [2]})
pd.DataFrame({"b": [2], "a": [1]})
pd.DataFrame({"a": [1], "b": [2]}).rename_axis("i")
pd.DataFrame({"a": [1], "b": [2]}).rename_axis(columns="i")
pd.DataFrame({"a": ["x"]})
pd.DataFrame({"a": ["x"]}, dtype=object)
pd.DataFrame({"a": ["x"]}, dtype="string")
pd.DataFrame({"a": ["x"]}, dtype="category")
pd.DataFrame({"a": [None]}, dtype=object)
pd.DataFrame({"a": [float("nan")]}, dtype=object)
pd.Series([1])
pd.Series([1], name="a")
pd.Series([1], dtype="Int64")
pd.Series([1], dtype="int8")
pd.Series([None], dtype="Int64")
pd.Series([1], dtype="Float64")
pd.Series([True], dtype="boolean")
pd.Series(["a"])
pd.Series(["a"], dtype=object)
pd.Series(["a"], dtype="string")
pd.Series([None, "a"], dtype="string")
pd.Series(["a", "b"], dtype="category")
pd.Series(["b", "a"], dtype="category")
pd.Series(pd.Categorical(["a"], categories=["a", "b"]))
pd.Series(pd.Categorical(["a"], categories=["b", "a"]))
pd.Series(pd.Categorical(["a"], categories=["a", "b"], ordered=True))
pd.Series(pd.to_datetime(["2020-01-01"]))
pd.Series(pd.to_datetime(["2020-01-01"])).dt.tz_localize("UTC")
pd.Series(pd.to_datetime(["2020-01-01"])).dt.tz_localize("Europe/Berlin")
pd.Series(pd.to_timedelta([1]))
pd.Series(pd.period_range("2020", periods=1, freq="M"))
pd.Series(pd.period_range("2020", periods=1, freq="D"))
pd.Series(pd.interval_range(0, 1))
pd.Series(pd.interval_range(0, 1, closed="left"))
pd.Index([1])
pd.Index([1], name="a")
pd.RangeIndex(1)
pd.RangeIndex(2)
pd.MultiIndex.from_tuples([(1, "a")])
pd.MultiIndex.from_tuples([(1, "a")], names=["x", "y"])
pd.date_range("2020", periods=2)
pd.DatetimeIndex(["2020-01-01", "2020-01-02"])
pd.array([1])
pd.array([1, None])
pd.Categorical(["a"])
pd.Timestamp("2020")
pd.Timestamp("2020", tz="UTC")
pd.Timestamp("2021")
pd.Timedelta(1)
pd.Timedelta(2)
pd.Period("2020-01")
pd.Period("2020-01-01")
pd.NaT
pd.NA
pd.Interval(0, 1)
pd.Interval(0, 1, closed="both")
pd.CategoricalDtype(["a"])
pd.CategoricalDtype(["b"])
pd.Int64Dtype()
pd.StringDtype()
pd.DatetimeTZDtype(tz="UTC")
"""


def lines() -> list[str]:
    """The values above that these versions of numpy and pandas tell apart."""
    old_numpy = not hasattr(np.dtypes, "StringDType")
    old_pandas = pd.Series(["a"]).dtype == object
    return [
        line
        for line in DIFFERENT.strip().splitlines()
        if not (old_numpy and "text(" in line)
        and not (old_pandas and re.search(r'\["[xa]"\]}?\)$', line) and "Series(pd." not in line)
    ]


def test_different_values_differ() -> None:
    found: dict[str, str] = {}
    for line in lines():
        digest = exact(eval(line))
        assert digest not in found, (line, found[digest])
        found[digest] = line


def test_copies_agree() -> None:
    for line in lines():
        if ".T" in line or re.search(r"^(np|pd)$", line):
            continue
        value = eval(line)
        assert exact(eval(line)) == exact(value), line
        if "np.random" in line:
            continue  # before numpy 2, copies lose the seeds they would spawn from
        assert exact(copy.deepcopy(value)) == exact(value), line


CHANGES: list[tuple[Callable[[], typing.Any], Callable[[typing.Any], object]]] = [
    (lambda: np.zeros(3), lambda x: x.__setitem__(0, -0.0)),
    (lambda: np.zeros((2, 3), order="F"), lambda x: x.__setitem__((0, 2), 1)),
    (lambda: np.zeros((4, 4))[::2, ::2], lambda x: x.__setitem__((1, 1), 1)),
    (lambda: np.zeros(3), lambda x: setattr(x, "shape", (3, 1))),
    (lambda: np.zeros(3), lambda x: x.setflags(write=False)),
    (lambda: np.array([[], 1], dtype=object), lambda x: x[0].append(1)),
    (lambda: np.zeros(2, [("a", "i4"), ("b", "f8")]), lambda x: x["b"].__setitem__(1, 1)),
    (lambda: np.ma.array([1, 2]), lambda x: x.__setitem__(0, np.ma.masked)),
    (lambda: np.random.default_rng(1), lambda x: x.random()),
    (lambda: np.random.default_rng(1), lambda x: x.spawn(1)),
    (lambda: np.random.RandomState(1), lambda x: x.standard_normal()),
    *([(lambda: text("a", "b"), lambda x: x.__setitem__(0, "c"))] if hasattr(np.dtypes, "StringDType") else []),
    (lambda: pd.DataFrame({"a": [1, 2]}), lambda x: x.__setitem__("b", 1)),
    (lambda: pd.DataFrame({"a": [1, 2]}), lambda x: x.insert(0, "b", 1)),
    (lambda: pd.DataFrame({"a": [1, 2]}), lambda x: x.loc.__setitem__((0, "a"), 9)),
    (lambda: pd.DataFrame({"a": [1, 2]}), lambda x: x.attrs.update(a=1)),
    (lambda: pd.DataFrame({"a": [2, 1]}), lambda x: x.sort_values("a", inplace=True)),
    (lambda: pd.DataFrame({"a": [2, 1]}), lambda x: setattr(x, "columns", ["b"])),
    (lambda: pd.DataFrame({"a": [2, 1]}), lambda x: setattr(x.flags, "allows_duplicate_labels", False)),
    (lambda: pd.DataFrame({"a": [[]]}), lambda x: x.a[0].append(1)),
    (lambda: pd.Series([1, 2]), lambda x: x.__setitem__(0, 5)),
    (lambda: pd.Series([1, None], dtype="Int64"), lambda x: x.__setitem__(0, None)),
    (lambda: pd.Series(["a", "b"]), lambda x: x.__setitem__(0, "c")),
    (lambda: pd.Series(["a", "b"], dtype="category"), lambda x: x.__setitem__(0, "b")),
    (lambda: pd.Series([1, 2]), lambda x: setattr(x, "name", "b")),
    (lambda: pd.Index([1, 2]), lambda x: setattr(x, "name", "b")),
]  # fmt: skip


@pytest.mark.parametrize("case", CHANGES, ids=[str(n) for n in range(len(CHANGES))])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_changes_in_place_show(
    case: tuple[Callable[[], object], Callable[[object], object]],
) -> None:
    make, change = case
    value = make()
    before = look(value)
    assert before.exact and before.mutable and look(value).digest == before.digest
    change(value)
    assert look(value).digest != before.digest


READS: list[Callable[[pd.DataFrame], object]] = [
    lambda df: df.head(),
    lambda df: df.describe(include="all"),
    lambda df: df.values,
    lambda df: df.groupby("s").n.sum(),
    lambda df: df["n"],
    lambda df: df.index.get_loc(1),
    lambda df: repr(df) + df._repr_html_(),
    lambda df: df._mgr.consolidate(),
    lambda df: df.memory_usage(deep=True),
]


@pytest.mark.parametrize("read", READS, ids=[str(n) for n in range(len(READS))])
def test_reading_a_frame_changes_nothing(read: Callable[[pd.DataFrame], object]) -> None:
    df = pd.DataFrame({"n": [1, 2]})
    df["m"] = [3, 4]
    df["s"] = ["a", "b"]
    before = exact(df)
    read(df)
    assert exact(df) == before


def test_frames_do_not_depend_on_their_blocks() -> None:
    together = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    apart = pd.DataFrame({"a": [1, 2]})
    apart["b"] = [3, 4]
    assert exact(together) == exact(apart)


def test_what_lies_under_a_mask_is_no_part_of_the_value() -> None:
    made = pd.arrays.IntegerArray(np.array([1, 7]), np.array([False, True]))
    assert exact(made) == exact(pd.array([1, None], dtype="Int64"))


def test_padding_is_no_part_of_the_value() -> None:
    dtype = np.dtype([("a", "i1"), ("b", "i8")], align=True)
    one, two = np.zeros(2, dtype), np.zeros(2, dtype)
    two.view(np.uint8)[3] = 99
    assert exact(one) == exact(two)


def test_views_are_parts_of_what_they_view() -> None:
    base = np.zeros(10)
    view = base[2:][1:]
    assert {id(base), id(view)} == set(look(view).parts or ())
    assert set(look(base).parts or ()) & set(look(view).parts or ())
    assert exact(view) == exact(view.copy())
    assert exact([base, view]) != exact([base, view.copy()])
    assert exact([base, base[1:3]]) != exact([base, base[4:6]])
    fixed = base[:]
    fixed.flags.writeable = False
    assert look(fixed).mutable
    assert not look(np.frombuffer(b"abc", "u1")).mutable
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    assert not look(frozen).mutable


def test_a_frame_and_its_column_have_a_common_part() -> None:
    array = np.zeros((3, 2))
    frame = pd.DataFrame(array, copy=False)
    assert id(array) in set(look(frame).parts or ())


@pytest.mark.parametrize("make", [
    lambda: np.longdouble(1), lambda: np.zeros(2, "g"), lambda: np.zeros(2, [("a", "g")]),
    lambda: np.zeros((1, 1)).view(np.matrix), lambda: pd.DataFrame({"a": [1]}).groupby("a"),
    lambda: type("Mine", (np.ndarray,), {})(3),
])  # fmt: skip
def test_opaque_values(make: Callable[[], object]) -> None:
    value = make()
    seen = look(value)
    assert not seen.exact and seen.mutable and seen.parts is None
    assert seen.digest != probe(value, lambda obj: "another run").digest


def test_a_numpy_scalar_in_a_list_is_not_an_atom() -> None:
    assert exact([1, 2]) != exact([np.int64(1), 2])
    assert exact([1.0]) != exact([np.float64(1.0)])
    assert exact({"a"}) != exact({np.str_("a")})


@given(
    hnp.arrays(
        st.sampled_from(["i4", "f8", "c16", "U3", "S2", "M8[s]", "?", ">u2"]),
        hnp.array_shapes(max_dims=3, max_side=4),
    ),
    st.data(),
)
@settings(max_examples=100, deadline=None)
def test_arrays(value: np.ndarray[typing.Any, typing.Any], data: st.DataObject) -> None:
    before = exact(value)
    assert exact(value.copy()) == before
    raw = value.view(np.uint8) if value.dtype.kind != "?" else value
    place = data.draw(st.integers(0, raw.size - 1))
    raw.flat[place] = ~raw.flat[place]
    assert exact(value) != before
