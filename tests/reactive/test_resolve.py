"""Which definition a read means, and the order that follows: the tables beside this file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.reactive.again import resolve_again
from sessions_ls.reactive.facts import Facts
from sessions_ls.reactive.resolve import Resolution, resolve
from tests.reactive.resolved import cases, described, program

HERE = Path(__file__).parent
ALLOW = cases(HERE / "resolve_cases.txt")
STRICT = cases(HERE / "strict_cases.txt")

# Graph cases of Pluto that say nothing here, each with the reason.
NOT_OURS = {
    "P07": "`..` is no name in Python",
    "P08": "packages are installed outside the notebook, so no cell runs first for them",
    "P20": "a name that only its reader binds: test_problems.py",
    "P25": "what a refused or broken cell would do: tests/live/test_session.py",
    "P29": "what becomes of a deleted value: tests/live/test_session.py",
    "P30": "no modules are made for cells; they run in `__main__`",
    "P33": "edits that change no code: test_keys.py",
    "P36": "cells are not wrapped in functions",
    "P37": "the words of syntax errors: test_problems.py",
    "P39": "disabled cells: test_staleness.py, test_plans.py",
    "P43": "widgets are not built yet",
    "P44": "streams: tests/kernel/test_output.py",
    "P45": "displays: tests/kernel/test_display.py",
}


def names(table: list[tuple[str, str, str]]) -> list[str]:
    return [name for name, _, _ in table]


@pytest.mark.parametrize(("name", "notebook", "expected"), ALLOW, ids=names(ALLOW))
def test_resolution(name: str, notebook: str, expected: str) -> None:
    assert described(program(notebook)) == expected


@pytest.mark.parametrize(("name", "notebook", "expected"), STRICT, ids=names(STRICT))
def test_strict(name: str, notebook: str, expected: str) -> None:
    assert described(program(notebook, strict=True)) == expected


def test_every_graph_case_is_accounted_for() -> None:
    here = {match[0] for name in names(ALLOW + STRICT) if (match := re.match(r"P\d\d", name))}
    assert here | NOT_OURS.keys() == {f"P{number:02}" for number in range(1, 46)}


TOP_LEVEL_RETURNS = [
    "return",
    "return 1",
    "x = 1; return x",
    "if x:\n    return 1",
    "for i in y:\n    return i",
    "while x:\n    return",
    "try:\n    return\nfinally:\n    pass",
    "with x:\n    return x",
    "class A:\n    return 1",
    "match x:\n    case 1:\n        return",
]


@pytest.mark.parametrize("source", TOP_LEVEL_RETURNS)
def test_p35_no_return_at_the_top(source: str) -> None:
    cell = program(f"# %%\n{source}\n").cells[0]
    assert cell.broken
    assert not cell.runs


# -- properties ------------------------------------------------------------------------------------

LETTERS = st.frozensets(st.sampled_from("abcd"), max_size=3)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    binds, reads, deferred = draw(LETTERS), draw(LETTERS), draw(LETTERS)
    maybe = draw(LETTERS) & binds - reads
    called = draw(LETTERS) & deferred
    return Facts(
        reads=reads, binds=binds, maybe=maybe, changes=binds, deferred=deferred, called=called
    )


CELLS = st.lists(facts(), max_size=8)


@given(CELLS)
def test_the_order_has_every_cell_once_and_its_needs_first(cells: list[Facts]) -> None:
    resolution = resolve(cells)
    assert sorted(resolution.order) == list(range(len(cells)))
    rank = {position: place for place, position in enumerate(resolution.order)}
    for position, needs in enumerate(resolution.needs):
        assert all(rank[maker] < rank[position] for maker in needs.values())


@given(CELLS)
def test_every_need_is_met_by_a_cell_that_changes_the_name(cells: list[Facts]) -> None:
    for position, needs in enumerate(resolve(cells).needs):
        for name, maker in needs.items():
            assert name in cells[maker].changes
            earlier = [p for p in range(position) if name in cells[p].changes]
            if earlier:
                assert maker == earlier[-1]
            else:
                assert maker > position
                assert [p for p, cell in enumerate(cells) if name in cell.binds] == [maker]


@given(CELLS)
def test_every_read_has_a_home_or_a_problem(cells: list[Facts]) -> None:
    resolution = resolve(cells)
    for position, cell in enumerate(cells):
        problems = (
            resolution.undefined.get(position, set())
            | resolution.ambiguous.get(position, {}).keys()
            | resolution.cyclic.get(position, {}).keys()
        )
        for name in cell.reads - cell.binds:
            assert (name in resolution.needs[position]) != (name in problems)


@given(CELLS)
def test_without_forward_reads_the_order_is_the_files(cells: list[Facts]) -> None:
    resolution = resolve(cells)
    if not resolution.forward:
        assert resolution.order == list(range(len(cells)))


def all_of(resolution: Resolution) -> dict[str, object]:
    return {
        name: getattr(resolution, name)
        for name in (*Resolution.__slots__, "readers")
        if name != "_readers"
    }


@given(CELLS, st.dictionaries(st.integers(0, 7), facts(), max_size=3))
def test_resolving_again_gives_what_resolving_does(
    old: list[Facts], edits: dict[int, Facts]
) -> None:
    edits = {position: cell for position, cell in edits.items() if position < len(old)}
    cells = [edits.get(position, cell) for position, cell in enumerate(old)]
    again = resolve_again(cells, resolve(old), old, edits)
    if again is not None:
        assert all_of(again) == all_of(resolve(cells))


@pytest.mark.parametrize(
    ("edit", "alone"),
    [
        ("b = a\n", True),
        ("b = a + 1\n", True),
        ("b = nothing\n", True),
        ("c = a\n", True),
        ("b = a; n = 1\n", True),
        ("b = d\n", False),  # a read that looks forward
        ("def b(): return a\n", False),  # a function, whose readers need what it reads
    ],
)
def test_an_edit_of_a_cell_is_resolved_alone(edit: str, alone: bool) -> None:
    text = "# %%\na = 1\n# %%\n{}# %%\ne = b\n# %%\nd = a\n"
    old, new = (
        [cell.facts for cell in program(text.format(one)).cells] for one in ("b = a\n", edit)
    )
    before = resolve(old)
    again = resolve_again(new, before, old, [1])
    assert (again is not None) == alone
    assert again is None or all_of(again) == all_of(resolve(new))
