"""What is said about a program before it runs.

A problem is written `cell line:column-end severity code: message`; the line counts from 1 in the
file, columns from 0.
"""

# ruff: noqa: E501 - a case is a line
from __future__ import annotations

import sys

import pytest

from sessions_ls.reactive.problems import problems
from tests.reactive.resolved import program

CASES = r"""
== nothing
# %%
x = 1
# %%
print(x)
--

== undefined
# %%
x = 1
print(x, nowhere)
--
1 3:9-16 warning undefined-name: `nowhere` is not defined in any cell

== undefined in a function that nothing binds it for
# %%
def f(n):
    return n + nowhere
--
1 3:15-22 warning undefined-name: `nowhere` is not defined in any cell

== undefined in a function that the cell calls
# %%
def f(n):
    return n + nowhere
f(1)
--
1 3:15-22 warning undefined-name: `nowhere` is not defined in any cell

== not in a function whose name any cell binds
# %%
def f(n):
    return n + later
# %%
later = 1
--

== not where NameError is caught
# %%
try:
    nowhere
except NameError:
    pass
--

== not below a cell that may bind anything
# %%
a
# %%
from math import *
# %%
sqrt(4)
--
1 2:0-1 warning undefined-name: `a` is not defined in any cell

== nor while a cell that cannot be parsed may be about to define it
# %%
rate = = 2
# %%
def f():
    return rate
print(rate, nowhere)
--
1 2:7-8 error syntax-error: invalid syntax
2 6:12-19 warning undefined-name: `nowhere` is not defined in any cell

== nor a builtin, a name of the module, or `display`
# %%
print(len, __name__, __file__, display)
--

== columns are code points
# %%
é = "🎉"; print(é, nowhere)
--
1 2:18-25 warning undefined-name: `nowhere` is not defined in any cell

== read before the cell itself binds it
# %%
print(total)
total = 1
--
1 2:6-11 warning undefined-name: `total` is read before this cell defines it, and no other cell does

== read to bind it
# %%
n += 1
m = m or 1
del k
--
1 2:0-1 warning undefined-name: `n` is read before this cell defines it, and no other cell does
1 3:4-5 warning undefined-name: `m` is read before this cell defines it, and no other cell does
1 4:4-5 warning undefined-name: `k` is read before this cell defines it, and no other cell does

== read above on the same line, columns in code points
# %%
é = "🎉"; print(w); w = 1
--
1 2:15-16 warning undefined-name: `w` is read before this cell defines it, and no other cell does

== not where the order is not certain
# %%
for i in range(3):
    if i:
        print(before)
    before = i
if i:
    after = 1
print(after)
try:
    found
except NameError:
    found = 1
--

== not where another cell binds it
# %%
x = 1
# %%
x = x + y
y = 1
# %%
y = 2
--

== not below a cell that may bind anything, nor a builtin
# %%
print(max)
max = 3
# %%
from math import *
# %%
pi = pi * 2
--

== ambiguous
# %%
x + 1
# %%
x = 1
# %%
x = 2
--
1 2:0-1 error ambiguous-name: `x` is not defined above, and cells 2, 3 below define it: move one of them up, or rename the others

== cyclic
# %%
a = b
# %%
b = a
--
1 2:4-5 warning cyclic-reference: `b` is defined in cell 2, which needs this cell (cells 1 → 2 → 1): it has no value here

== cyclic: the path is spelled out
# %%
a = d
# %%
b = a
# %%
c = b
# %%
d = c
--
1 2:4-5 warning cyclic-reference: `d` is defined in cell 4, which needs this cell (cells 1 → 4 → 3 → 2 → 1): it has no value here

== out of order
# %%
total = rate
# %%
rate = 1
--
1 2:8-12 hint script-order: `rate` is defined below, in cell 2, which runs first; run as a script, this file would stop here

== P37 a syntax error
# %%
x = 1
y = = 2
--
1 3:4-5 error syntax-error: invalid syntax

== P37 an unfinished one
# %%
x = (1,
# %%
y = 1
--
1 2:4-5 error syntax-error: '(' was never closed

== P37 an indentation
# %%
if x:
y = 1
--
1 3:0-1 error syntax-error: expected an indented block after 'if' statement on line 1

== P37 a return at the top
# %%
x = 1
return x
--
1 3:0-1 error syntax-error: 'return' outside function

== no problems of names in a cell that cannot be parsed
# %%
x = = nowhere
--
1 2:4-5 error syntax-error: invalid syntax

== several, in file order
# %%
b
a
# %%
print(c)
--
1 2:0-1 warning undefined-name: `b` is not defined in any cell
1 3:0-1 warning undefined-name: `a` is not defined in any cell
2 5:6-7 warning undefined-name: `c` is not defined in any cell

== the cell before the first marker
print(nowhere)
# %%
nowhere_else
--
1 1:6-13 warning undefined-name: `nowhere` is not defined in any cell
2 3:0-12 warning undefined-name: `nowhere_else` is not defined in any cell

== a hidden name is nobody's problem
# %%
import random
random.random()
#! amends: @random
--
"""

STRICT = r"""
== several homes
# %%
x = 1
# %%
y = 1; x = 2
# %%
def x(): pass
--
1 2:0-1 error multiple-definitions: `x` is also defined in cells 2, 3
2 4:7-8 error multiple-definitions: `x` is also defined in cells 1, 3
3 6:4-5 error multiple-definitions: `x` is also defined in cells 1, 2

== an import may be repeated
# %%
import os
# %%
import os
--

== a cycle is an error
# %%
a = b
# %%
b = a
--
1 2:4-5 error cyclic-reference: `b` is defined in cell 2, which needs this cell (cells 1 → 2 → 1): it has no value here
"""


def table(text: str) -> list[tuple[str, str, str]]:
    found = []
    for block in text.split("\n== ")[1:]:
        name, _, rest = block.partition("\n")
        notebook, _, expected = rest.partition("\n--\n")
        found.append((name, notebook + "\n", expected.strip()))
    return found


ROWS = [(*row, False) for row in table(CASES)] + [(*row, True) for row in table(STRICT)]


@pytest.mark.parametrize(
    ("notebook", "expected", "strict"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_problems(notebook: str, expected: str, strict: bool) -> None:
    found = [
        f"{p.cell} {p.line + 1}:{p.column}-{p.end_column} {p.severity} {p.code}: {p.message}"
        for p in problems(program(notebook, strict=strict))
    ]
    assert "\n".join(found) == expected


def test_a_cell_broken_after_an_edit_has_no_problems_of_its_old_text() -> None:
    before = program("# %%\nprint(b)\n")
    made = program("# %%\nprint(b\n")
    made.cells[0].keep_facts_of(before.cells[0])
    made.resolve()
    assert [problem.code for problem in problems(made)] == ["syntax-error"]


OURS = f"{sys.version_info[0]}.{sys.version_info[1]}"
NEWER = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"


@pytest.mark.parametrize(
    ("python", "said"), [("", False), ("3.9", False), (OURS, False), (NEWER, True), ("4.0", True)]
)
def test_a_newer_python_may_know_the_syntax(python: str, said: bool) -> None:
    [problem] = problems(program("# %%\nx = = 1\n"), python)
    assert problem.message.startswith("invalid syntax")
    assert ("the notebook's is" in problem.message) is said
