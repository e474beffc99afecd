"""Frames, JSON and transcripts: pure functions against oracles."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.kernel.frames import EventParser, pack
from sessions_ls.kernel.jsonout import encode, printable
from sessions_ls.kernel.transcript import Cutter, Transcript, collapse, cut

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def without_special_floats(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [without_special_floats(one) for one in value]
    if isinstance(value, dict):
        return {key: without_special_floats(one) for key, one in value.items()}
    return value


@given(VALUES)
def test_json(value: object) -> None:
    text = encode(value)
    assert text.isascii()
    assert json.loads(text) == without_special_floats(value)


@given(st.text(st.characters()))
def test_printable(text: str) -> None:
    printable(text).encode("utf-8")
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert printable(text) == text


GOOD = st.lists(st.integers(), min_size=1).map(
    lambda numbers: json.dumps(
        [{"e": number} for number in numbers], separators=(",", ":")
    ).encode()
)


@given(st.lists(GOOD), st.integers(1, 50))
def test_frames_in_pieces(payloads: list[bytes], size: int) -> None:
    parser = EventParser()
    data = b"".join(pack(one) for one in payloads)
    found = []
    for start in range(0, len(data), size):
        found += parser.feed(data[start : start + size])
    assert found == payloads
    assert parser.skipped == 0


@given(st.lists(st.tuples(st.binary(max_size=40), GOOD)), st.integers(1, 50))
def test_frames_among_garbage(pieces: list[tuple[bytes, bytes]], size: int) -> None:
    """Garbage that does not look like a frame costs nothing else."""
    parser = EventParser()
    pieces = [(garbage.replace(b"[", b""), payload) for garbage, payload in pieces]
    data = b"".join(garbage + pack(payload) for garbage, payload in pieces)
    found = []
    for start in range(0, len(data), size):
        found += parser.feed(data[start : start + size])
    assert found == [payload for _garbage, payload in pieces]


SEEN = [
    ("", ""),
    ("a\nb\n", "a\nb\n"),
    ("1\r2\r3", "3"),
    ("1\r2\r3\n", "3\n"),
    ("1\r2\r", "2\r"),
    ("1\r2\r\nx", "2\nx"),
    ("a\r\nb\r\n", "a\nb\n"),
    ("a\nb\rc\nd", "a\nc\nd"),
    ("\rx", "x"),
    ("x\r", "x\r"),
]


@pytest.mark.parametrize(("text", "seen"), SEEN)
def test_collapse(text: str, seen: str) -> None:
    assert collapse(text) == seen


def redrawn(text: str) -> str:
    """A terminal on which a drawing replaces its whole line."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        parts = [part for part in line.split("\r") if part]
        lines.append(parts[-1] if parts else "")
    return "\n".join(lines)


@given(st.lists(st.text("ab\r\n", max_size=12)))
def test_pieces_make_the_whole(pieces: list[str]) -> None:
    """However a text is split, cutter and transcript show what a terminal would."""
    cutter, transcript = Cutter(1000, 1000), Transcript()
    for piece in pieces:
        transcript.append(cutter.feed(piece))
    transcript.append(cutter.finish())
    assert transcript.text() == redrawn("".join(pieces))


@given(st.lists(st.text("ab\n", max_size=30)))
def test_a_long_text_keeps_head_and_tail(pieces: list[str]) -> None:
    whole = "".join(pieces)
    cutter, transcript = Cutter(20, 20), Transcript()
    for piece in pieces:
        transcript.append(cutter.feed(piece))
    transcript.append(cutter.finish())
    seen = transcript.text()
    if len(whole) <= 40:
        assert seen == whole
    else:
        assert seen.startswith(whole[:20])
        tail = seen.rpartition(" omitted …\n")[2]
        assert whole.endswith(tail)
        assert len(tail) <= 20


@pytest.mark.parametrize(
    ("size", "said"),
    [(10, None), (20, None), (21, "1 characters"), (5020, "5.0 kB"), (3_000_020, "3.0 MB")],
)
def test_cut(size: int, said: str | None) -> None:
    text = cut("x" * size, 10, 10)
    assert text == ("x" * size if said is None else f"{'x' * 10}\n… {said} omitted …\n{'x' * 10}")
