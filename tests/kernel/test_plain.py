"""Which cells reach nothing but their own names and plain values."""

from __future__ import annotations

import warnings

import pytest

from sessions_ls.kernel.fingerprint import Probe
from sessions_ls.kernel.plain import is_plain
from sessions_ls.kernel.versions import Version

GIVEN = {"n": 1, "s": "text", "none": None}

PLAIN = [
    "",
    "rate = 0.3",
    "rate = 0.3\nrate",
    "area = n * 2 if n else -1",
    "low, (high, top) = 1, (2, 3)",
    "a = b = n < 3 and not none\nf'{a!r:>9} {b}'",
    "[n, *s, {s: n, **{}}, {n}][0:n]",
]
NOT_PLAIN = [
    "f(n)",
    "other",
    "late\nlate = 1",
    "n.real",
    "n += 1",
    "n[0] = 1",
    "x: int = 3",
    "x = [one for one in s]",
    "x = lambda: 1",
    "(x := 3)",
    "await n",
    "import os",
    "del n",
    "for x in s: pass",
    "__name__ = 'other'",
    "'\\d'",
    "x = (",
    "x = '\0'",
    "x = [" + "1, " * 1000 + "]",
]


def given(values: dict[str, object]) -> dict[str, Version | None]:
    probe = Probe("", True, False, ())
    return {name: Version(value, probe, "", 0) for name, value in values.items()}


@pytest.mark.parametrize("source", PLAIN)
def test_plain(source: str) -> None:
    assert is_plain(source, given(GIVEN))


@pytest.mark.parametrize("source", NOT_PLAIN)
def test_not_plain(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not is_plain(source, given(GIVEN))


class Number(int):
    """A number that may do anything."""


@pytest.mark.parametrize("value", [[1], (1,), Number(1), len, int])
def test_a_value_that_may_lead_elsewhere(value: object) -> None:
    assert not is_plain("x = 1", given({"n": value}))


def test_a_value_that_is_not_there() -> None:
    assert not is_plain("x = 1", {"n": None})
