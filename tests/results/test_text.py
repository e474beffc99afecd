"""Results as text."""

from __future__ import annotations

import pytest

from sessions_ls.results.record import Output
from sessions_ls.results.text import amount, best, cut, first_line, unstyled


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("", 0, ""),
        ("x" * 300, 22, "x" * 300),
        ("x" * 301, 22, "x" * 22 + "\n… 257 characters omitted …\n" + "x" * 22),
        ("x" * 5000, 0, "… 5.0 kB omitted …\n"),
        ("a\n" + "b" * 2000 + "\nc", 2, "a\n… 2.0 kB omitted …\nc"),
    ],
)
def test_cut(text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown
    assert cut(shown, limit) == shown


@pytest.mark.parametrize(
    ("characters", "shown"),
    [(0, "0 characters"), (999, "999 characters"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"),
     (7_200_000_000, "7.2 GB")],
)  # fmt: skip
def test_amount(characters: int, shown: str) -> None:
    assert amount(characters) == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        (" \n\n  a  b\nc", "a b"),
        ("0123456789", "0123456789"),
        ("01234567890", "012345678…"),
        ("\x1b[2K\n\x1b[1m0123\x1b[0m456789\x1b[m", "0123456789"),
    ],
)
def test_first_line(text: str, line: str) -> None:
    assert first_line(text, 10) == line


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a [31m b\n", "a [31m b\n"),
        ("\x1b[31mred\x1b[0m \x1b[38;2;1;2;3mrgb\x1b[m", "red rgb"),
        ("\x1b[2J\x1b[1;1Hhome\x1b[?25l", "home"),
        ("\x1b]8;;https://a.b/c\x1b\\link\x1b]8;;\x1b\\ \x1b]0;title\x07end", "link end"),
        ("\x1b(B\x1bMup\x1b=", "up"),
        ("cut \x1b[38;5", "cut "),
        ("cut \x1b]8;;https://a\nnext", "cut \nnext"),
        ("cut \x1b", "cut "),
    ],
)
def test_unstyled(text: str, plain: str) -> None:
    assert unstyled(text) == plain


def test_best() -> None:
    html, other, png = Output("text/html", "1"), Output("text/html", "2"), Output("image/png", b"")
    assert best([other, html, png], ["image/png", "text/html"]) is png
    assert best([html, other], ["image/png", "text/html"]) is html
    assert best([png], ["text/html"]) is None
