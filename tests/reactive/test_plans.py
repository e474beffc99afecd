"""Which cells a request concerns. Runs are written as in resolved.py; cells count from 1."""

from __future__ import annotations

import pytest

from sessions_ls.reactive.plans import select
from sessions_ls.reactive.staleness import prove
from tests.reactive.resolved import numbers, program, records

CHAIN = """\
# %% 1
a = 1
# %% 2
b = a
# %% 3
c = b
# %% 4
d = 1
# %% [markdown] 5
Text
"""
FRESH = "1 a=1\n2 b=1 : a=1\n3 c=1 : b=1\n4 d=1"


def edited(*cells: int) -> str:
    """The runs of a chain whose cells with these numbers are other code now."""
    return "\n".join(
        line.replace(" ", " old ", 1) if int(line[0]) in cells else line
        for line in FRESH.splitlines()
    )


def without(*cells: int) -> str:
    return "\n".join(line for line in FRESH.splitlines() if int(line[0]) not in cells)


FAILED = "1 a=1\n2 error : a=1\n4 d=1"
STALE = {"stale": True}
RETRY = {"stale": True, "retry": True}

# (what, markers of the chain, runs, request, forced, wanted, auto)
CASES = [
    ("a cell", "", FRESH, {"forced": [2]}, "2", "", "1 3 4"),
    (
        "a cell of a fresh notebook takes its readers along",
        "",
        FRESH,
        {"forced": [1]},
        "1",
        "",
        "2 3 4",
    ),
    ("a cell with what it needs", "", "", {"forced": [2]}, "2", "1", ""),
    ("a cell, not the stale ones beside it", "", edited(4), {"forced": [2]}, "2", "", "1 3"),
    ("a cell, not its reader that was edited", "", edited(3), {"forced": [1]}, "1", "", "2 4"),
    ("nor what needs that", "", edited(2), {"forced": [1]}, "1", "", "4"),
    (
        "a reader that only waits for it comes along",
        "",
        edited(1),
        {"forced": [1]},
        "1",
        "",
        "2 3 4",
    ),
    ("markdown does not run", "", FRESH, {"forced": [5]}, "", "", "1 2 3 4"),
    ("all stale, of nothing", "", FRESH, STALE, "", "", "1 2 3 4"),
    ("all stale, of everything", "", "", STALE, "", "1 2 3 4", ""),
    ("all stale, and what waits for them", "", edited(2), STALE, "", "2 3", "1 4"),
    ("all stale, of new cells", "", without(4), STALE, "", "4", "1 2 3"),
    ("interrupted is stale", "", "1 interrupted\n4 d=1", STALE, "", "1 2 3", "4"),
    ("a failed cell is not, but where its inputs change", "", FAILED, STALE, "", "2 3", "1 4"),
    ("a failed cell is retried on request", "", FAILED, RETRY, "2", "2 3", "1 4"),
    ("manual: not by itself", "1:manual=true", edited(1), STALE, "", "2 3", "4"),
    ("manual: on request", "1:manual=true", edited(1), {"forced": [1]}, "1", "", "2 3 4"),
    ("manual: a fresh one is no hindrance", "1:manual=true", edited(2), STALE, "", "2 3", "4"),
    ("manual: not for others", "1:manual=true", "", {"forced": [2]}, "2", "", ""),
    ("disabled: not at all", "1:disabled=true", "", STALE, "", "2 3 4", ""),
    ("disabled: others go on", "4:disabled=true", edited(1), STALE, "", "1 2 3", ""),
]


def marked(markers: str) -> str:
    number, _, metadata = markers.partition(":")
    return CHAIN.replace(f"# %% {number}", f"# %% {number} {metadata}") if markers else CHAIN


@pytest.mark.parametrize(
    ("markers", "runs", "request_", "forced", "wanted", "auto"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_select(
    markers: str, runs: str, request_: dict, forced: str, wanted: str, auto: str
) -> None:
    made = program(marked(markers))
    asked = dict(request_)
    chosen = [number - 1 for number in asked.pop("forced", [])]
    found = select(made, prove(made, records(made, runs)).found, chosen, **asked)
    assert [one_based(part) for part in (found.forced, found.wanted, found.auto)] == [
        forced,
        wanted,
        auto,
    ]


def one_based(positions: list[int]) -> str:
    return numbers(position + 1 for position in positions)
