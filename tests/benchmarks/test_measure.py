"""The benchmark's own arithmetic and its honesty about what could not be measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.limits import Limit
from benchmarks.measure import Command, Contender, MeasureError, Samples, Worker, interleave
from benchmarks.table import Row, markdown, seconds, shown_ratio


def counting(figures: list[float], log: list[str], name: str, every: int = 1) -> Contender:
    """A contender whose measurements are ``figures``, one after the other."""
    left = iter(figures)

    def measure() -> float:
        log.append(name)
        return next(left)

    return Contender(name, measure, every)


def test_turns_are_taken_and_ratios_are_paired() -> None:
    log: list[str] = []
    ours = counting([99, 1, 2, 30], log, "ours")
    theirs = counting([99, 10, 10, 10], log, "theirs")
    samples = interleave([ours, theirs], 3)
    assert log == ["ours", "theirs"] * 4
    assert samples.median("ours") == 2
    assert samples.ratio("ours", "theirs") == 0.2  # of 0.1, 0.2 and 3


def test_slow_contenders_are_compared_with_their_own_rounds() -> None:
    log: list[str] = []
    ours = counting([0, 1, 5, 5, 3], log, "ours")
    theirs = counting([0, 2, 2], log, "theirs", every=3)
    samples = interleave([ours, theirs], 4)
    assert samples.count("theirs") == 2
    assert samples.ratio("ours", "theirs") == 1.0  # of 1/2 and 3/2


def test_a_contender_that_fails_is_reported_and_left_out() -> None:
    def fails() -> float:
        raise MeasureError("it is broken")

    log: list[str] = []
    missing = Contender("missing", lambda: 1.0, problem="not installed: no such package")
    samples = interleave([counting([0, 1], log, "ours"), Contender("bad", fails), missing], 1)
    assert samples.problems == {"bad": "it is broken", "missing": "not installed: no such package"}
    row = Row("a thing", samples, "ours", "bad", Limit("ratio", 2.0))
    assert row.broken()
    assert row.broken(slack=100.0), "what was not measured is not kept"
    assert row.problems == {"bad": "it is broken"}
    assert "not measured" in row.cells()


@pytest.mark.parametrize(
    ("limit", "value", "ratio", "holds"),
    [
        (Limit("ratio", 2.0), 9.0, 2.0, True),
        (Limit("ratio", 2.0), 1.0, 2.1, False),
        (Limit("seconds", 0.3), 0.3, None, True),
        (Limit("seconds", 0.3), 0.31, 1.0, False),
        (Limit("ratio", 2.0), 1.0, None, None),
    ],
)
def test_limits(limit: Limit, value: float, ratio: float | None, holds: bool | None) -> None:
    assert limit.holds(value, ratio) is holds


@pytest.mark.parametrize(("slack", "broken"), [(1.0, True), (1.4, True), (1.5, False)])
def test_slack_is_times_the_limit(slack: float, broken: bool) -> None:
    samples = interleave([counting([3, 3], [], "ours"), counting([1, 1], [], "theirs")], 1)
    assert Row("a thing", samples, "ours", "theirs", Limit("ratio", 2.0)).broken(slack) is broken


@pytest.mark.parametrize(
    ("code", "proof", "fails"),
    [
        ("print(40 + 2)", "42", None),
        ("print(40 + 2)", "43", "without having run"),
        ("raise SystemExit('no kernel')", "", "no kernel"),
    ],
)
def test_a_program_must_prove_that_it_ran(
    tmp_path: Path, code: str, proof: str, fails: str | None
) -> None:
    command = Command([sys.executable, "-c", code], tmp_path, proof)
    if fails is None:
        assert command() > 0
    else:
        with pytest.raises(MeasureError, match=fails):
            command()


def test_a_worker_that_cannot_start_is_reported(tmp_path: Path) -> None:
    from benchmarks.environments import here

    worker = Worker("no_such_module", here())
    with pytest.raises(MeasureError, match="ended with status 1"):
        worker.ask("anything")
    assert worker.problem
    worker.close()


@pytest.mark.parametrize(
    ("figure", "shown"),
    [(1.5, "1.50 s"), (0.0123, "12.3 ms"), (0.000_474, "474 µs"), (2e-8, "0.02 µs")],
)
def test_seconds(figure: float, shown: str) -> None:
    assert seconds(figure) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(3.4, "3.40 ×"), (221.3, "221 ×"), (1 / 15, "1/15"), (0.4, "1/2.5"), (None, "–")],
)
def test_ratios(ratio: float | None, shown: str) -> None:
    assert shown_ratio(ratio) == shown


def test_tables_are_aligned() -> None:
    assert markdown(["a", "long"], [["wider", "b"]]).splitlines() == [
        "| a     | long |",
        "|-------|------|",
        "| wider | b    |",
    ]


def test_samples_of_nothing_have_no_figures() -> None:
    assert Samples().median("ours") is None
    assert Samples().ratio("ours", "theirs") is None


def test_the_worst_figure_and_what_one_takes_more() -> None:
    ours, theirs = counting([0, 3, 9, 5], [], "ours"), counting([0, 1, 2, 3], [], "theirs")
    samples = interleave([ours, theirs], 3)
    row = Row("a thing", samples, "ours", limit=Limit("seconds", 5.0), worst=True)
    assert (row.value, row.broken()) == (9, True)
    assert samples.over("ours", "theirs").figures == {"ours": {0: 2, 1: 7, 2: 2}}
    assert samples.over("ours", "nobody").median("ours") is None


@pytest.mark.parametrize(
    ("count", "at_most", "slack", "broken"),
    [(2, 2, 1.0, False), (3, 2, 1.0, True), (3, 2, 8.0, False), (1, 0, 8.0, True)],
)
def test_numbers_of_things(count: int, at_most: int, slack: float, broken: bool) -> None:
    samples = interleave([counting([0, count], [], "ours")], 1)
    row = Row("things", samples, "ours", limit=Limit("count", at_most), unit="")
    assert row.broken(slack) is broken
    assert row.cells()[1] == str(count)
    assert f"≤ {at_most}" in row.cells()
