"""Which results still hold: notebook, last runs (see resolved.py), and the state of every cell.

A state is written `number state own <cause: reason`, with what there is of it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.reactive.program import Program
from sessions_ls.reactive.staleness import Proof, Status, prove
from tests.reactive.resolved import Ran, program, records

CASES = r"""
== nothing has run
# %%
x = 1
# %%
x
--
--
1 new own: it has not run yet
2 new own: it has not run yet

== everything holds
# %%
x = 1
# %%
x
--
1 x=1
2 : x=1
--
1 fresh
2 fresh

== code: the cell itself is other code
# %%
x = 1
# %%
x
--
1 old x=1
2 : x=1
--
1 stale own: its code changed
2 stale <1: it needs cell 1, which is stale

== upstream: stale through others, and the reason is the nearest
# %%
x = 1
# %%
y = x
# %%
y
--
1 old x=1
2 y=1 : x=1
3 : y=1
--
1 stale own: its code changed
2 stale <1: it needs cell 1, which is stale
3 stale <2: it needs cell 2, which is stale

== upstream: of several the first in the file
# %%
x = 1
# %%
y = 1
# %%
x, y
--
1 old x=1
2 old y=1
3 : x=1 y=1
--
1 stale own: its code changed
2 stale own: its code changed
3 stale <1: it needs cell 1, which is stale

== upstream: a maker that has not run
# %%
x = 1
# %%
x
--
2 : x=1
--
1 new own: it has not run yet
2 stale <1: it needs cell 1, which is stale

== own code counts before what is upstream
# %%
x = 1
# %%
x
--
1 old x=1
2 old : x=1
--
1 stale own: its code changed
2 stale own: its code changed

== early cutoff: the maker ran again and made the same
# %%
x = 1
# %%
x
# %%
y = 1
--
1 x=7
2 : x=7
3 y=2
--
1 fresh
2 fresh
3 fresh

== the maker ran again and made another value
# %%
x = 1
# %%
x
--
1 x=8
2 : x=7
--
1 fresh
2 stale own <1: `x` from cell 1 changed

== the maker bound nothing after all
# %%
if 1 > 2: x = 1
# %%
x
--
1
2 : x=7
--
1 fresh
2 stale own <1: `x` from cell 1 changed

== both know that the maker bound nothing
# %%
if 1 > 2: x = 1
# %%
x
--
1
2 error : x=-
--
1 fresh
2 error

== the read means another cell now
# %%
x = 1
# %%
x = 2
# %%
x
--
1 x=1
2 x=2
3 : x=1
--
1 fresh
2 fresh
3 stale own <2: `x` from cell 2 changed

== the read means another cell with the same value
# %%
x = 1
# %%
x = 1
# %%
x
--
1 x=1
2 x=1
3 : x=1
--
1 fresh
2 fresh
3 fresh

== a read whose definition is gone
# %%
x
--
1 : x=1
--
1 stale own: `x` no longer comes from another cell

== a read that had no definition when it ran
# %%
x = 1
# %%
x
--
1 x=1
2 error
--
1 fresh
2 stale own <1: `x` from cell 1 changed

== a function that was edited brings another need
# %%
rate = 1
# %%
def price(): return rate
# %%
price()
--
1 rate=1
2 price=2
3 : price=2
--
1 fresh
2 fresh
3 stale own <1: `rate` from cell 1 changed

== an inherited need that changed
# %%
rate = 1
# %%
def price(): return rate
# %%
price()
--
1 rate=9
2 price=2
3 : price=2 rate=1
--
1 fresh
2 fresh
3 stale own <1: `rate` from cell 1 changed

== a failed cell keeps its state, and blocks
# %%
x = 1 / 0
# %%
y = x
# %%
y
# %%
z = 1
--
1 error
2 y=1 : x=1
3 : y=1
4 z=1
--
1 error
2 blocked <1: it needs cell 1, which failed
3 blocked <1: it needs cell 1, which failed
4 fresh

== a failed cell whose input changed may do better
# %%
x = 1
# %%
1 / x
--
1 x=1
2 error : x=0
--
1 fresh
2 stale own <1: `x` from cell 1 changed

== a failed cell below a stale one
# %%
x = 1
# %%
1 / x
--
1 old x=0
2 error : x=0
--
1 stale own: its code changed
2 stale <1: it needs cell 1, which is stale

== a failed cell that was edited is stale, and so are its readers
# %%
x = 1
# %%
x
--
1 old error
2 : x=1
--
1 stale own: its code changed
2 stale <1: it needs cell 1, which is stale

== blocked counts before stale
# %%
x = 1 / 0
# %%
y = 1
# %%
x, y
--
1 error
2 old y=1
3 : x=1 y=1
--
1 error
2 stale own: its code changed
3 blocked <1: it needs cell 1, which failed

== P39 a disabled cell blocks what needs it, directly or through others
# %% disabled=true
x = 1
# %%
y = x
# %%
y
# %%
1
--
1 x=1
2 y=1 : x=1
3 : y=1
4
--
1 disabled: disabled=true
2 blocked <1: it needs cell 1, which is disabled
3 blocked <1: it needs cell 1, which is disabled
4 fresh

== P39 enabled again, its result still holds
# %%
x = 1
# %%
x
--
1 x=1
2 : x=1
--
1 fresh
2 fresh

== a manual cell becomes stale like any
# %% manual=true
x = 1
# %%
x
--
1 old x=1
2 : x=1
--
1 stale own: its code changed
2 stale <1: it needs cell 1, which is stale

== interrupted
# %%
x = 1
# %%
x
--
1 interrupted
2 : x=1
--
1 interrupted own: its last run was interrupted
2 stale <1: it needs cell 1, which is stale

== interrupted, then edited
# %%
x = 1
--
1 old interrupted
--
1 stale own: its code changed

== P37 a cell that cannot be parsed is in error, and blocks
# %%
x = = 1
# %%
y = 1
--
2 y=1
--
1 error own: invalid syntax
2 fresh

== markdown and empty cells are fresh
# %% [markdown]
Text
# %%
# nothing
--
--
1 fresh
2 fresh

== P33 comments and formatting are no change
# %%
x  =  1   # one
# %%
(x)
--
1 x=1
2 : x=1
--
1 fresh
2 fresh

== sharing: two values read came to be one object
# %%
p = [1]
q = p
# %%
p, q
--
1 p=~1@a q=~1@a
2 : p=~1 q=~1
--
1 fresh
2 stale own: which of the values it reads are one object changed

== sharing: they are no longer one object
# %%
p = [1]
q = [1]
# %%
p, q
--
1 p=~1@a q=~1@b
2 : p=~1 q=~1 &=p=q
--
1 fresh
2 stale own: which of the values it reads are one object changed

== sharing: as it was
# %%
p = [1]
q = p
r = [p, q]
# %%
p, q, r
--
1 p=~1@a q=~1@a r=~2@a,b
2 : p=~1 q=~1 r=~2 &=p=q+p=r+q=r
--
1 fresh
2 fresh

== sharing: one value alone shares with nothing
# %%
p = [1]
q = p
# %%
p
--
1 p=~1@a q=~1@a
2 : p=~1
--
1 fresh
2 fresh

== unproven: a new cell may change what it reads, and so what stands below
# %%
rows = [1]
# %%
shuffle(rows)
# %%
rows
--
1 rows=~1@a
3 : rows=~1
--
1 fresh
2 new own: it has not run yet
3 stale <2: cell 2 is to run first and may change `rows`

== unproven: not what stands above
# %%
rows = [1]
# %%
rows
# %%
shuffle(rows)
--
1 rows=~1@a
2 : rows=~1
--
1 fresh
2 fresh
3 new own: it has not run yet

== unproven: not what cannot be changed
# %%
rate = 1
# %%
print(rate)
# %%
rate
--
1 rate=1
3 : rate=1
--
1 fresh
2 new own: it has not run yet
3 fresh

== unproven: through an alias
# %%
rows = [1]
same = rows
# %%
shuffle(rows)
# %%
same
--
1 rows=~1@a same=~1@a
3 : same=~1
--
1 fresh
2 new own: it has not run yet
3 stale <2: cell 2 is to run first and may change `same`

== unproven: not a copy
# %%
rows = [1]
same = list(rows)
# %%
shuffle(rows)
# %%
same
--
1 rows=~1@a same=~1@b
3 : same=~1
--
1 fresh
2 new own: it has not run yet
3 fresh

== unproven: not what was made anew below
# %%
rows = [1]
# %%
shuffle(rows)
# %%
rows = [2]
# %%
rows
--
1 rows=~1@a
3 rows=~2@b
4 : rows=~2
--
1 fresh
2 new own: it has not run yet
3 fresh
4 fresh

== unproven: a stale cell, and an interrupted one
# %%
rows = [1]
# %%
shuffle(rows)
# %%
rows
# %%
cards = [1]
# %%
shuffle(cards)
# %%
cards
--
1 rows=~1@a
2 old : rows=~1
3 : rows=~1
4 cards=~1@b
5 interrupted : cards=~1
6 : cards=~1
--
1 fresh
2 stale own: its code changed
3 stale <2: cell 2 is to run first and may change `rows`
4 fresh
5 interrupted own: its last run was interrupted
6 stale <5: cell 5 is to run first and may change `cards`

== unproven: a cell that ran and changed nothing is proven
# %%
rows = [1]
# %%
print(rows)
# %%
rows
--
1 rows=~1@a
2 : rows=~1
3 : rows=~1
--
1 fresh
2 fresh
3 fresh

== unproven: a cell that may bind anything
# %%
x = 1
# %%
exec(text)
# %%
x
# %%
2
--
1 x=1
3 : x=1
4
--
1 fresh
2 new own: it has not run yet
3 stale <2: cell 2 is to run first and may change `x`
4 fresh

== unproven: a cell may call a function that binds a global
# %%
count = 0
# %%
def tick():
    global count
    count = 1
# %%
count = 5
# %%
print(tick)
# %%
count
--
1 count=0
2 tick=1 : count=0
3 count=5
5 : count=5
--
1 fresh
2 fresh
3 fresh
4 new own: it has not run yet
5 stale <4: cell 4 is to run first and may change `count`

== unproven: random state, whatever it reads
# %%
import random
# %%
n = 1
# %%
print(n)
# %%
random.random()
#! amends: @random
--
1 random=m
2 n=1
4 @random=s : random=m
--
1 fresh
2 fresh
3 new own: it has not run yet
4 stale <3: cell 3 is to run first and may change the state of random

== learnt: a reader of what was amended
# %%
rows = []
# %%
rows.append(1)
#! amends: rows
# %%
rows
--
1 rows=~0@a
2 rows=~1@a : rows=~0
3 : rows=~1
--
1 fresh
2 fresh
3 fresh

== learnt: an amended object has come to have another name
# %%
rows = []
same = rows
# %%
rows.append(1)
#! amends: rows
# %%
same
--
1 rows=~0@a same=~0@a
2 rows=~1@a : rows=~0
3 : same=~0
--
1 fresh
2 stale: it changes `rows`, and `same` now shares an object with it
3 stale <2: cell 2 is to run first and may change `same`

== forward: a cell that runs before one above it
# %%
y = x
# %%
x = 1
--
1 y=1 : x=1
2 old x=1
--
1 stale <2: it needs cell 2, which is stale
2 stale own: its code changed

== forward: what an unproven cell below may change
# %%
rows
# %%
rows = [1]
--
1 : rows=~1
2 rows=~1@a
--
1 fresh
2 fresh
"""


def described(number: int, status: Status) -> str:
    words = f"{number} {status.state}"
    if status.own:
        words += " own"
    if status.cause is not None:
        words += f" <{status.cause + 1}"
    return words if status.reason is None else f"{words}: {status.reason}"


def read(block: str) -> tuple[str, str, str, str]:
    """The name, the notebook, the runs and the states of a case."""
    name, _, rest = block.partition("\n")
    notebook, ran, expected = re.split(r"(?m)^--\n", rest)
    return name, notebook, ran, expected.strip()


TABLE = [read(block) for block in CASES.split("\n== ")[1:]]


@pytest.mark.parametrize(
    ("notebook", "ran", "expected"), [case[1:] for case in TABLE], ids=[case[0] for case in TABLE]
)
def test_states(notebook: str, ran: str, expected: str) -> None:
    made = program(notebook)
    found = prove(made, records(made, ran)).found
    assert "\n".join(described(n, status) for n, status in enumerate(found, 1)) == expected


STRICT = """\
# %%
x = 1
# %%
x = 2
# %%
x
# %%
a = b
# %%
b = a
"""


def test_strict() -> None:
    made = program(STRICT, strict=True)
    found = prove(made, records(made, "1 x=1\n2 x=2\n3 : x=2")).found
    assert [described(n, status) for n, status in enumerate(found, 1)] == [
        "1 error own: `x` is also defined in cell 2",
        "2 error own: `x` is also defined in cell 1",
        "3 blocked <2: it needs cell 2, which failed",
        "4 error own: it is part of a cycle through `b`",
        "5 error own: it is part of a cycle through `b`",
    ]


def test_a_cell_that_cannot_be_parsed_keeps_its_readers_blocked() -> None:
    """While its text is broken, it still is the home of what it bound before."""
    before = program("# %%\nx = 1\n# %%\nx\n")
    made = program("# %%\nx = = 1\n# %%\nx\n")
    made.cells[0].keep_facts_of(before.cells[0])
    made.resolve()
    found = prove(made, records(made, "1 x=1\n2 : x=1")).found
    assert [described(n, status) for n, status in enumerate(found, 1)] == [
        "1 error own: invalid syntax",
        "2 blocked <1: it needs cell 1, which has a syntax error",
    ]


# -- properties over chains of cells ---------------------------------------------------------------


@given(st.lists(st.sampled_from(["ok", "old", "error", "interrupted", "none"]), min_size=1))
def test_below_a_cell_that_is_not_fresh_nothing_is(kinds: list[str]) -> None:
    """In a chain of cells, each the reader of the one above."""
    made = program(
        "# %%\nx0 = 1\n" + "".join(f"# %%\nx{n} = x{n - 1}\n" for n in range(1, len(kinds)))
    )
    runs: list[Ran | None] = []
    for number, kind in enumerate(kinds):
        if kind == "none":
            runs.append(None)
            continue
        ran = Ran(
            "old" if kind == "old" else made.cells[number].code, "ok" if kind == "old" else kind
        )
        ran.reads = {f"x{number - 1}": "1"} if number else {}
        ran.binds = {f"x{number}": "1"}
        runs.append(ran)
    states = [status.state for status in prove(made, runs).found]
    first = next((n for n, kind in enumerate(kinds) if kind != "ok"), len(kinds))
    assert states[:first] == ["fresh"] * first
    assert "fresh" not in states[first:]


# -- a proof from the one before -------------------------------------------------------------------

BODIES = [
    "a = 1\n", "a = b\n", "b = a\n", "c = a + b\n", "a.append(b)\n", "b = [a]\nc = b\n",
    "def f(): return a\nb = 2\n", "c = f()\n", "def g():\n    global a\n    a = 1\n", "b = g()\n",
    "a = = 1\n", "exec('b = 1')\n", "import random\n", "b\n", "",
]  # fmt: skip
HEADS = ["# %%\n", "# %%\n", "# %% disabled=true\n"]
PRINTS = st.sampled_from(["1", "2"])
OBJECTS = st.sampled_from(["", "", "o1", "o2", "o1 o2"])


@st.composite
def ran(draw: st.DrawFn) -> tuple[bool, str, dict[str, str], dict[str, str], dict[str, str]]:
    """A last run: whether it was of this code, its end, what it read and bound, and the objects."""
    binds = {name: draw(PRINTS) for name in "abcfg"}
    objects = {name: found for name in "abc" if (found := draw(OBJECTS))}
    reads = {name: draw(PRINTS) for name in draw(st.sets(st.sampled_from("abcf")))}
    end = draw(st.sampled_from(["ok", "ok", "ok", "error", "interrupted"]))
    return draw(st.integers(0, 5)) > 0, end, reads, binds, objects


CELL_TEXT = st.tuples(st.sampled_from(HEADS), st.sampled_from(BODIES)).map("".join)
STEP = st.one_of(
    st.tuples(st.just("edit"), st.integers(0, 7), CELL_TEXT),
    st.tuples(st.just("run"), st.integers(0, 7), ran()),
    st.tuples(st.just("file"), st.integers(0, 7), st.none()),
    st.tuples(st.just("insert"), st.integers(0, 7), CELL_TEXT),
)


@given(st.lists(st.tuples(CELL_TEXT, ran()), min_size=1, max_size=8), st.lists(STEP), st.booleans())
def test_a_proof_from_the_one_before_is_a_proof(
    cells: list[tuple[str, Any]], steps: list[tuple[str, int, Any]], strict: bool
) -> None:
    texts = [text for text, _ in cells]
    made = program("".join(texts), strict)
    runs: list[Ran | None] = [_ran(made, n, run) for n, (_, run) in enumerate(cells)]
    outdated: dict[int, str] = {}
    proof: Proof | None = None
    for what, at, detail in [("file", 7, None), *steps]:
        at %= len(texts)
        if what == "edit":
            texts[at] = detail
        elif what == "insert":
            texts.insert(at, detail)
            runs.insert(at, None)
        elif what == "run":
            runs = [_ran(made, at, detail) if n == at else run for n, run in enumerate(runs)]
        elif outdated.pop(at, None) is None:
            outdated[at] = "data.csv"
        made = program("".join(texts), strict, made)
        proof = prove(made, runs, outdated, proof)
        anew = prove(made, runs, outdated)
        for one, other in zip(proof.found + proof.bare, anew.found + anew.bare, strict=True):
            assert one.says(other)


def _ran(made: Program, position: int, run: Any) -> Ran:
    same, end, reads, binds, objects = run
    made_of = made.cells[position].code if same else "old"
    found = Ran(made_of, end)
    found.reads, found.binds, found.objects = reads, binds, objects
    return found
