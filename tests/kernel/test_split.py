"""The short way of compiling agrees with the tree about what a cell ends in."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.kernel.execute import ends_in_statement

SOURCES = [
    ("x = 1", True),
    ("f()\nx = f(1, [2])\n\n", True),
    ("for i in y:\n    i", True),
    ("def f():\n\treturn 1", True),
    ("x", False),
    ("x == 1", False),
    ("f(\nx = 1)", False),
    ("f(\n    x)", False),
    ("f(\n  (1),\n\n    )", False),
    ("x + \\\n    y", False),
    ('"""\n x = 1\n"""', False),
    ("x = 1; y", False),
    ("", False),
]


@pytest.mark.parametrize(("source", "certain"), SOURCES)
def test_cases(source: str, certain: bool) -> None:
    assert ends_in_statement(source) == certain


PIECES = st.sampled_from(
    [
        "x",
        " = ",
        "=",
        "(",
        ")",
        "[",
        "]",
        "\n",
        "\n    ",
        "\\\n",
        "1",
        ",",
        "'",
        '"""',
        "#",
        ";",
        "if x:",
        " + ",
        "f",
        "\n\n",
        " ",
        "\r\n",
        "\t",
        "{",
        "}",
        "lambda: ",
        "==",
        "\x0c",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_never_wrong(source: str) -> None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return
    if ends_in_statement(source):
        assert body
        assert not isinstance(body[-1], ast.Expr)
