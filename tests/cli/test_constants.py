"""`--set`: the text that runs, against Python's own reading of it."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.cli.arguments import UsageError
from sessions_ls.cli.constants import with_values

# The notebook, the settings, and the text that is to run.
CASES: dict[str, tuple[str, list[str], str]] = {
    "a number": ("n = 10\n", ["n=3"], "n = 3\n"),
    "a float for an int": ("n = 10\n", ["n=2.5"], "n = 2.5\n"),
    "a negative one": ("n = -10\n", ["n=-3"], "n = -3\n"),
    "an infinite one": ("n = 1.0\n", ["n=1e999"], "n = 1e309\n"),
    "a text": ("s = 'a'\n", ["s=b c"], "s = 'b c'\n"),
    "a quoted text": ("s = 'a'\n", ['s="b"'], "s = 'b'\n"),
    "a text like a number": ("s = '2023'\n", ["s=2024"], "s = '2024'\n"),
    "an empty text": ("s = 'a'\n", ["s="], "s = ''\n"),
    "a text with an equals sign": ("s = 'a'\n", ["s=b=c"], "s = 'b=c'\n"),
    "a text of two lines": ("s = 'a'\n", ["s=b\nc"], "s = 'b\\nc'\n"),
    "true and false": ("f = True\n", ["f=false"], "f = False\n"),
    "a list": ("l = [1, 2]\n", ["l=[3]"], "l = [3]\n"),
    "a list over lines keeps the lines": (
        "l = [\n    1,\n]  # end\nm = 2\n", ["l=[3]"], "l = (\n\n[3])  # end\nm = 2\n",
    ),
    "anything for None": ("p = None\n", ["p=data.csv"], "p = 'data.csv'\n"),
    "None's own": ("p = None\n", ["p=[1]"], "p = [1]\n"),
    "an annotation": ("n: int = 10\n", ["n=3"], "n: int = 3\n"),
    "several": (
        "n = 1; m = 2\n# %%\nk = 3\n", ["m=5", "n=444", "k=6"], "n = 444; m = 5\n# %%\nk = 6\n",
    ),
    "the last of two": ("n = 1\n", ["n=2", "n=3"], "n = 3\n"),
    "other line ends": (
        "a = 1\r\nn = [\r\n1]\rb = 2\n", ["n=[2]"], "a = 1\r\nn = (\r\n[2])\rb = 2\n",
    ),
    "after wide characters": ("s = '★é𝄞'; n = 1  # ★\n", ["n=2"], "s = '★é𝄞'; n = 2  # ★\n"),
    "elsewhere it is computed": ("n = 1\n# %%\nn = n + 1\n", ["n=5"], "n = 5\n# %%\nn = n + 1\n"),
    "in functions it is another": (
        "n = 1\ndef f():\n    n = 2\n", ["n=5"], "n = 5\ndef f():\n    n = 2\n",
    ),
    "a broken cell elsewhere": (
        "# %%\nx = (\n# %%\nn = 1\n", ["n=2"], "# %%\nx = (\n# %%\nn = 2\n",
    ),
    "a disabled cell does not count": (
        "# %% disabled=true\nn = 1\n# %%\nn = 2\n",
        ["n=3"],
        "# %% disabled=true\nn = 1\n# %%\nn = 3\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values(name: str) -> None:
    text, settings, expected = CASES[name]
    assert with_values(text, settings, "nb.py") == expected


REFUSED = [
    ("n = 1\nn = 2\n", "n=3", "--set n: cell 1 of nb.py sets it several times, which is ambiguous"),
    (
        "a = b = 1\n",
        "a=2",
        "--set a: cell 1 of nb.py computes it; only a plain constant can be set",
    ),
    (
        "a, b = 1, 2\n",
        "a=2",
        "--set a: cell 1 of nb.py computes it; only a plain constant can be set",
    ),
    (
        "if 1:\n    n = 1\n",
        "n=2",
        "--set n: cell 1 of nb.py computes it; only a plain constant can be set",
    ),
    ("n = 1\n", "n=None", "--set n=None: n is 1 in the file, a number, and this is None"),
    ("n = 1\n", "n='a'", "--set n='a': n is 1 in the file, a number, and this is a text"),
    ("n = (1,)\n", "n=[1]", "--set n=[1]: n is (1,) in the file, a tuple, and this is a list"),
]


@pytest.mark.parametrize(("text", "setting", "sentence"), REFUSED)
def test_refused(text: str, setting: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_values(text, [setting], "nb.py")
    assert str(caught.value) == sentence


_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_atoms = _numbers | st.text() | st.booleans() | st.none()
_values = st.one_of(
    st.tuples(_numbers, _numbers),
    st.tuples(st.booleans(), st.booleans()),
    st.tuples(st.lists(_atoms), st.lists(_atoms)),
    st.tuples(st.dictionaries(st.text(), _atoms), st.dictionaries(st.text(), _atoms)),
)
_laid_out = st.sampled_from(["{}", "({})", "(\n{}\n)", "(  # é\n\n  {}  )"])


@given(
    _values,
    _laid_out,
    st.sampled_from(["", "é = '★'; "]),
    st.sampled_from(["", " ; z = 1", "  # n = 1"]),
)
def test_only_the_value_changes(
    values: tuple[Any, Any], layout: str, before: str, after: str
) -> None:
    old, new = values
    text = f"# %%\nfirst = 1\n{before}n = {layout.format(repr(old))}{after}\n# %%\nlast = 2\n"
    changed = with_values(text, [f"n={new!r}"], "nb.py")
    assert changed.count("\n") == text.count("\n")
    expected = ast.parse(f"first = 1\n{before}n = {new!r}{after}\nlast = 2\n")
    assert ast.dump(ast.parse(changed)) == ast.dump(expected)
