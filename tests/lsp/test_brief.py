"""Results and errors in a few lines, for clients that show them as diagnostics."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sessions_ls.lsp import brief
from sessions_ls.results.record import ErrorInfo, Output, Record

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (640).to_bytes(4, "big") + (480).to_bytes(4, "big")
PICTURE = Output("image/png", PNG)


def numbers(first: int, last: int) -> str:
    return "".join(f"{number}\n" for number in range(first, last + 1))


RESULTS = [
    (Record("i"), "fresh", ""),
    (Record("i", text="42"), "fresh", "42"),
    # the mark takes no line of its own
    (Record("i", text="a  b\n1  2"), "stale", "a  b  ⟵ stale\n1  2"),
    # Helix trims: the head of a table stays above its columns
    (Record("i", text="   a  b\n0  1  2"), "stale", "\u2800  a  b  ⟵ stale\n0  1  2"),
    (Record("i", text="x" * 300), "stale", "x" * 190 + "…  ⟵ stale"),
    # a table in what was printed keeps its empty lines
    (Record("i", stdout="\n a\n\n1\n\n"), "fresh", "\u2800a\n\n1"),
    (Record("i", stdout=" \n", outputs=[PICTURE]), "fresh", "picture, 640 × 480"),
    # what steers a terminal would do so in Helix
    (Record("i", stdout="\x1b[1;31mred\x1b[0m\a", stderr="\x1b[2K"), "fresh", "red"),
    # head and tail; however much was printed, the value is seen
    (Record("i", stdout=numbers(1, 12)), "fresh", numbers(1, 12).rstrip()),
    (Record("i", stdout=numbers(1, 14)), "fresh", "1\n2\n3\n4\n5\n… 5 more lines\n11\n12\n13\n14"),
    (
        Record("i", stdout=numbers(1, 50), text="0.97"),
        "fresh",
        "1\n2\n3\n4\n… 42 more lines\n47\n48\n49\n50\n0.97",
    ),
    (
        Record("i", stdout=numbers(1, 50), text=numbers(101, 150)),
        "fresh",
        "1\n2\n… 46 more lines\n49\n50\n101\n102\n… 46 more lines\n149\n150",
    ),
    # pictures, beside text too
    (Record("i", outputs=[PICTURE]), "fresh", "picture, 640 × 480"),
    (Record("i", text="42", outputs=[PICTURE] * 3), "fresh", "42\n3 pictures, 640 × 480"),
    (
        Record("i", text=numbers(1, 10), outputs=[PICTURE]),
        "fresh",
        numbers(1, 10) + "picture, 640 × 480",
    ),
    (Record("i", outputs=[Output("image/svg+xml", "<svg/>")]), "stale", "picture  ⟵ stale"),
    (Record("i", outputs=[Output("text/html", "<b>")]), "fresh", "text/html"),
]


def shown_as(record: Record, state: str, reason: str | None = None) -> Any:
    return SimpleNamespace(record=record, state=state, status=SimpleNamespace(reason=reason))


@pytest.mark.parametrize(("record", "state", "shown"), RESULTS)
def test_results(record: Record, state: str, shown: str) -> None:
    cell: Any = shown_as(record, state)
    assert brief.result(cell) == shown


@pytest.mark.parametrize(
    ("record", "reason", "shown"),
    [
        (Record("i", stdout="so far", error=ErrorInfo("KeyError", "'k'")), None, "so far"),
        # as it stands it cannot run, and the result is that of another text
        (Record("i", text="42"), "invalid syntax", "42  ⟵ stale"),
    ],
)
def test_results_of_a_cell_with_an_error(record: Record, reason: str | None, shown: str) -> None:
    assert brief.result(shown_as(record, "error", reason)) == shown


LIBRARY = "/env/lib/python3.12/site-packages/sklearn"
ERRORS = [
    (ErrorInfo("KeyError", "'k'", frames=[("/w/n.py", 5, "<module>")]), "KeyError: 'k'"),
    (ErrorInfo("KeyboardInterrupt", ""), "KeyboardInterrupt"),
    (ErrorInfo("ValueError", "\x1b[31mno\x1b[0m"), "ValueError: no"),
    # shown in the function that raised: who called it
    (
        ErrorInfo(
            "TypeError",
            "no",
            frames=[("/w/n.py", 9, "<module>"), ("/w/n.py", 5, "fit"), (f"{LIBRARY}/a.py", 8, "f")],
        ),
        "TypeError: no\n  called from line 9\n  sklearn/a.py, line 8 in f",
    ),
    # the way through one's own code, and where a library gave up
    (
        ErrorInfo(
            "ValueError",
            "no",
            frames=[
                ("/w/n.py", 5, "<module>"),
                ("/w/n.py", 2, "fit"),
                ("/w/tools/own.py", 7, "helper"),
                (f"{LIBRARY}/a.py", 8, "wrapper"),
                (f"{LIBRARY}/utils/b.py", 9, "check"),
            ],
        ),
        "ValueError: no\n  line 2 in fit\n  tools/own.py, line 7 in helper\n"
        "  sklearn/utils/b.py, line 9 in check",
    ),
    (
        ErrorInfo("RecursionError", "deep", frames=[("/w/n.py", 3, "f")] * 50),
        "RecursionError: deep" + "\n  line 3 in f" * 3 + "\n  …" + "\n  line 3 in f" * 3,
    ),
    (
        ErrorInfo("SyntaxError", "invalid syntax", traceback='  File "own.py", line 1\n…\n'),
        'File "own.py", line 1\n…',
    ),
]


@pytest.mark.parametrize(("told", "shown"), ERRORS)
def test_errors(told: ErrorInfo, shown: str) -> None:
    assert brief.error(told, "/w/n.py", 4) == shown
