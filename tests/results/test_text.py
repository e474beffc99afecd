"""Results as text."""

from __future__ import annotations

import pytest

from sessions_ls.results.controls import without_controls
from sessions_ls.results.record import Output
from sessions_ls.results.text import amount, best, cut, first_line


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
        ("\x1b[2K\n\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_first_line(text: str, line: str) -> None:
    assert first_line(text, 10) == line


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\tb\nc é 🍷", "a\tb\nc é 🍷"),
        ("\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mrgb\x1b[m", "red rgb"),
        ("\x1b[2K\x1b[1A\x1b[?25lbar\r\b\a\x00\x7f", "bar"),
        ("\x1b]8;;https://a.b\x1b\\link\x1b]8;;\x07 \x1b]0;title\x07.", "link ."),
        ("\x1bPq#0~\x1b\\sixel \x1b(Bset \x1b7saved\x1b", "sixel set saved"),
        ("\x9b31m", "31m"),
        ("cut \x1b[38;5", "cut "),
    ],
)
def test_without_controls(text: str, kept: str) -> None:
    assert without_controls(text) == kept


def test_best() -> None:
    html, other, png = Output("text/html", "1"), Output("text/html", "2"), Output("image/png", b"")
    assert best([other, html, png], ["image/png", "text/html"]) is png
    assert best([html, other], ["image/png", "text/html"]) is html
    assert best([png], ["text/html"]) is None
