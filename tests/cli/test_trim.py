"""`--lines N`: the head and tail of what a cell gave, with a count of what is between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.cli.short import Short
from sessions_ls.cli.trim import trimmed
from sessions_ls.results.record import ErrorInfo, Output, Record

if TYPE_CHECKING:
    from .conftest import Shell

TEN = "".join(f"{n}\n" for n in range(10))
LONG = "a" * 500 + "b" * 500 + "c" * 500

# The text, the number of lines, and what is left.
CASES = [
    ("", 4, ""),
    ("a", 1, "a"),
    ("a\n", 1, "a\n"),
    (TEN, 10, TEN),
    (TEN, 9, TEN),  # a line that counts one line is no gain
    (TEN, 8, "0\n1\n2\n3\n… 2 lines omitted …\n6\n7\n8\n9\n"),
    (TEN, 5, "0\n1\n2\n… 5 lines omitted …\n8\n9\n"),
    (TEN[:-1], 5, "0\n1\n2\n… 5 lines omitted …\n8\n9"),
    (TEN, 1, "0\n… 9 lines omitted …\n"),
    ("\n" * 3000, 2, "\n… 2,998 lines omitted …\n\n"),
    (LONG, 1, f"{'a' * 400}… 700 characters omitted …{'c' * 400}"),
    (LONG[:1000], 1, LONG[:1000]),
]


@pytest.mark.parametrize(("text", "lines", "left"), CASES)
def test_trimmed(text: str, lines: int, left: str) -> None:
    assert trimmed(text, lines) == left
    assert _streamed([text], lines) == left


@given(st.lists(st.text("a\n"), max_size=30), st.integers(1, 12))
def test_a_stream_is_trimmed_as_the_whole_is(pieces: list[str], lines: int) -> None:
    text = "".join(pieces)
    found = _streamed(pieces, lines)
    assert found == trimmed(text, lines)
    assert found.count("\n") <= lines + 1
    if "omitted" not in found:
        assert found == text


def _streamed(pieces: list[str], lines: int) -> str:
    shown: list[str] = []
    short = Short(lambda event: shown.append(event.get("text", "")), lines)
    for piece in pieces:
        short.take({"event": "output", "number": 1, "stream": "stdout", "text": piece})
    short.take({"event": "done"})
    return "".join(shown)


def test_the_first_lines_of_a_stream_do_not_wait() -> None:
    shown: list[Any] = []
    short = Short(shown.append, 4)
    short.take({"event": "output", "number": 1, "stream": "stdout", "text": "a\nb"})
    assert [event["text"] for event in shown] == ["a\n"]


def test_progress_counts_as_one_line() -> None:
    bars = [f"\r{percent} %" for percent in range(101)] + ["\nover\n"]
    assert _streamed(bars, 2) == "100 %\nover\n"


def test_every_text_of_a_record_is_trimmed() -> None:
    shown: list[Any] = []
    error = ErrorInfo("ValueError", "no", 1, TEN)
    outputs = [Output("text/plain", TEN), Output("text/html", TEN), Output("image/png", b"\x89")]
    record = Record("a", stdout=TEN, stderr=TEN, text=TEN, outputs=outputs, error=error)
    short = Short(shown.append, 2)
    short.take({"event": "display", "number": 1, "outputs": outputs[:1]})
    short.take({"event": "cell", "number": 1, "state": "error", "record": record})
    left = "0\n… 8 lines omitted …\n9\n"
    display, cell = shown
    made = cell["record"]
    assert (made.text, made.stdout, made.stderr, made.error.traceback) == (left,) * 4
    assert [output.data for output in made.outputs] == [left, TEN, b"\x89"]
    assert display["outputs"] == made.outputs[:1]
    assert (record.text, outputs[0].data) == (TEN, TEN)


NOTEBOOK = """\
# %% Flood
import sys
for n in range(1000):
    print(n)
    print(-n, file=sys.stderr)
class Long:
    def __repr__(self):
        return "\\n".join(map(str, range(50)))
Long()
# %% Shown
display(Long())
# %% Deep
def f(n):
    if n % 3 == 0:
        g(n)
    f(n - 1) if n else 1 / 0
def g(n): pass
f(40)
"""
HEAD_AND_TAIL = (
    "0\n1\n… 996 lines omitted …\n998\n999\n"
    "0\n1\n… 46 lines omitted …\n48\n49\n"
)  # fmt: skip
SHOWN = "0\n1\n… 46 lines omitted …\n48\n49\n"


def test_run_and_show_and_status(sessions: Shell) -> None:
    sessions.write("nb.py", NOTEBOOK)
    ran = sessions("run", "nb.py", "--lines", "4")
    assert (ran.code, ran.out) == (1, HEAD_AND_TAIL + SHOWN)
    assert "\n… 996 lines omitted …\n-998\n-999\n" in ran.err
    assert len(ran.err.splitlines()) < 20
    shown = sessions("show", "nb.py", "Flood", "--lines", "4")
    assert (shown.code, shown.out) == (0, HEAD_AND_TAIL)
    assert shown.err == "0\n-1\n… 996 lines omitted …\n-998\n-999\n"
    assert sessions("show", "nb.py", "Flood").out.count("\n") == 1050
    deep = sessions("show", "nb.py", "Deep", "--lines", "4")
    assert deep.err.count("\n") == 5
    assert deep.err.endswith("ZeroDivisionError: division by zero\n")
    cells = sessions("status", "nb.py", "--json").json["cells"]
    assert cells[0]["stdout"].count("\n") == 41
    assert "\n… 960 lines omitted …\n" in cells[0]["stdout"]


def test_events(sessions: Shell) -> None:
    sessions.write("nb.py", NOTEBOOK)
    events = sessions("run", "nb.py", "--json", "--lines", "4").events
    streams = [e["text"] for e in events if e["event"] == "output" and e["stream"] == "stdout"]
    cells = [event for event in events if event["event"] == "cell" and "text" in event]
    assert "".join(streams) + cells[0]["text"] + "\n" == HEAD_AND_TAIL
    assert cells[0]["stdout"] == "0\n1\n… 996 lines omitted …\n998\n999\n"
    assert cells[2]["error"]["traceback"].count("\n") <= 5


BAD = ["0", "-1", "x", "", "1.5", "²"]


@pytest.mark.parametrize("value", BAD)
def test_bad_numbers(sessions: Shell, value: str) -> None:
    sessions.write("nb.py", "# %%\n1\n")
    ended = sessions("run", "nb.py", f"--lines={value}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"sessions: --lines: {value!r} is no number of lines above 0\n"
