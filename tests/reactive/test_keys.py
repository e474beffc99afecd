"""What a key covers: code, interpreter, and the fingerprint of each name it needs."""

from __future__ import annotations

import pytest

from sessions_ls.reactive.keys import key
from tests.reactive.resolved import program

BASE = ("c0de", "3.12", {"x": "1", "y": "2"})

DIFFERENT = [
    ("code", ("c0df", "3.12", {"x": "1", "y": "2"})),
    ("python", ("c0de", "3.13", {"x": "1", "y": "2"})),
    ("a fingerprint", ("c0de", "3.12", {"x": "1", "y": "3"})),
    ("a name", ("c0de", "3.12", {"x": "1", "z": "2"})),
    ("a name more", ("c0de", "3.12", {"x": "1", "y": "2", "z": "3"})),
    ("a name less", ("c0de", "3.12", {"x": "1"})),
    ("values exchanged", ("c0de", "3.12", {"x": "2", "y": "1"})),
    ("nothing read", ("c0de", "3.12", {})),
    ("not mixed up across fields", ("c0de", "3.12x", {"1": "y", "2": ""})),
]


@pytest.mark.parametrize("other", [case[1] for case in DIFFERENT], ids=[c[0] for c in DIFFERENT])
def test_what_changes_a_key(other: tuple[str, str, dict[str, str]]) -> None:
    assert key(*other) != key(*BASE)


def test_the_order_of_the_reads_does_not_count() -> None:
    assert key("c0de", "3.12", {"y": "2", "x": "1"}) == key(*BASE)


def test_the_key_of_a_run_stays_the_same_over_versions() -> None:
    """Stored results are found again by it."""
    assert key(*BASE) == "722e70ebbb3c84c0"


def test_any_name_can_be_in_a_key() -> None:
    assert len(key("c", "3.12", {"été": "1", "@random": "2", "&": "p=q", "\udc80": "3"})) == 16


# (what, one cell, another, whether they are the same code)
SAME = [
    ("P33 a comment", "x = 1", "x = 1  # one", True),
    ("blank lines", "x = 1\ny = 2", "\n\nx = 1\n\n\ny = 2\n", True),
    ("formatting", "x = f(1,2)", "x = f(\n    1,\n    2,\n)", True),
    ("quotes", "x = 'a'", 'x = "a"', True),
    ("P33 a docstring", 'def f():\n    "a"', 'def f():\n    "b"', False),
    ("a value", "x = 1", "x = 2", False),
    ("the order of statements", "x = 1\ny = 2", "y = 2\nx = 1", False),
]


@pytest.mark.parametrize(
    ("one", "other", "same"), [case[1:] for case in SAME], ids=[case[0] for case in SAME]
)
def test_what_counts_as_code(one: str, other: str, same: bool) -> None:
    codes = [program(f"# %%\n{source}\n").cells[0].code for source in (one, other)]
    assert (codes[0] == codes[1]) == same


@pytest.mark.parametrize("marker", ["# %% Title", '# %% id="a"', "#%%", "# %% manual=true"])
def test_the_text_of_a_marker_does_not_count(marker: str) -> None:
    assert program(f"{marker}\nx = 1\n").cells[0].code == program("# %%\nx = 1\n").cells[0].code


def test_a_future_feature_counts_in_the_cells_below_it() -> None:
    body = "# %%\ndef f(x: int): pass\n"
    plain = program("# %%\n1\n" + body)
    future = program("# %%\nfrom __future__ import annotations\n" + body)
    assert plain.cells[1].code != future.cells[1].code
    assert (plain.cells[1].flags, future.cells[1].flags) == (0, 0x1000000)
