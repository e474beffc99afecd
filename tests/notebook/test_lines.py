"""Positions, client units and splices, against an oracle that works on the flat text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_ls.notebook.lines import Lines

PIECES = ["a", "b", "é", "ß", "\u20ac", "😀", "👩‍🚀", "\ud83d", "\ude00", "\f", "\v", "\x1c"]
PIECES += [
    "\u2028",
    "\u2029",
    "\u0085",
    "\ufeff",
    "\0",
    " ",
    "\t",
    "\n",
    "\n",
    "\r\n",
    "\r\n",
    "\r",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
NUMBERS = st.integers(-2, 12)
POSITIONS = st.tuples(st.integers(-2, 8), NUMBERS)
UNIT_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
ENCODINGS = st.sampled_from(sorted(UNIT_BYTES))


def spans(text):
    """Start and end of every line's content."""
    starts, ends = [0], []
    for match in re.finditer(r"\r\n|\r|\n", text):
        ends.append(match.start())
        starts.append(match.end())
    return list(zip(starts, [*ends, len(text)], strict=True))


def flat(text, line, column):
    """The offset of a position, clamped."""
    lines = spans(text)
    if line < 0:
        return 0
    if line >= len(lines):
        return len(text)
    start, end = lines[line]
    return min(start + max(column, 0), end)


def width(character, encoding):
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    return len(character.encode(codec, "surrogatepass")) // UNIT_BYTES[encoding]


@given(TEXTS)
def test_lines_are_cut_at_line_ends_only(text):
    lines = Lines(text)
    assert lines.text == text
    assert [lines.line(n) for n in range(len(lines))] == [text[a:b] for a, b in spans(text)]
    assert lines.line(-1) == lines.line(len(lines)) == ""


@given(TEXTS, POSITIONS)
def test_offsets(text, position):
    assert Lines(text).offset(*position) == flat(text, *position)


@given(TEXTS, st.integers(-3, 40))
def test_positions(text, offset):
    lines = Lines(text)
    line, column = lines.position(offset)
    back = lines.offset(line, column)
    clamped = min(max(offset, 0), len(text))
    # Only between a CR and its LF is there no position of its own.
    assert back == clamped or (text[back : back + 2] == "\r\n" and back + 1 == clamped)


@given(TEXTS, st.integers(0, 6), NUMBERS, ENCODINGS)
def test_units_and_columns(text, number, column, encoding):
    lines = Lines(text)
    line = lines.line(number)
    inside = min(max(column, 0), len(line))
    widths = [width(character, encoding) for character in line]
    assert lines.units(number, column, encoding) == sum(widths[:inside])
    # A client's column names the last character boundary at or before it.
    expected = max(n for n in range(len(line) + 1) if n == 0 or sum(widths[:n]) <= column)
    assert lines.column(number, column, encoding) == expected


@settings(max_examples=300)
@given(TEXTS, st.lists(st.tuples(POSITIONS, POSITIONS, TEXTS), min_size=1, max_size=4))
def test_edits_equal_a_splice_of_the_text(text, edits):
    lines = Lines(text)
    for start, end, new in edits:
        before = lines
        first, last = sorted((flat(text, *start), flat(text, *end)))
        lines = lines.edited(start, end, new)
        assert before.text == text, "an edit changes no older version"
        text = text[:first] + new + text[last:]
        assert [lines.line(n) for n in range(len(lines))] == [text[a:b] for a, b in spans(text)]
        assert lines.text == text
        assert lines.offset(len(lines) - 1, 0) == spans(text)[-1][0]


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "after"),
    [
        ("a\rb", (1, 0), (1, 0), "\n", ["a", "b"]),  # an LF completes the CR before it
        ("a\nb", (0, 1), (0, 1), "\r", ["a", "b"]),  # a CR before the LF
        ("a\rx\nb", (1, 0), (1, 1), "", ["a", "b"]),  # the text between a CR and an LF goes
        ("a\r\nb", (0, 1), (0, 1), "\n", ["a", "", "b"]),
        ("", (0, 0), (5, 5), "x\n", ["x", ""]),
        ("one\ntwo", (9, 9), (9, 9), "!", ["one", "two!"]),
        ("one\ntwo", (1, 1), (0, 1), "", ["owo"]),  # back to front
    ],
)
def test_edits_at_line_ends(text, start, end, new, after):
    lines = Lines(text).edited(start, end, new)
    assert [lines.line(n) for n in range(len(lines))] == after
