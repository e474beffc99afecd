"""Every place of a name: in cases, and against the analysis of names over real code."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from sessions_ls.edits.spot import READ, UNSURE
from sessions_ls.edits.spots import spots
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.reactive.names import analyse

# Under each line of code the spots in it: r(ead), b(ound), g(lobal), i(mported), p(ackage),
# u(nsure); capitals in code that runs later. Everything else in the line is none.
CASES = """
import numpy as np, os.path, sys
                b   p        i
from a import (b, c as d)
               i       b
x = y = x + z.x
b   b   r   r
f(x=x, **y)
r   r    r
def f(x, y=z) -> np: return x + g(q=y)
    b      r     R              R
async def f(): return await f
          b                 R
def f(): global g, h; g = h
    b           G  G  B   R
def f(a): a  # def b
    b
lambda x: x + y
              R
[x for x in y if x and z]
            r          r
[y for x in x if (w := x)]
 r          r     b
(x for x in y for z in w)
            r          R
class K(B, metaclass=M): v = x; w = v + x
      b r            r       r          r
class K: x = x; y = x
      b      r
class K: m = lambda: (K, m)
      b               R  R
class K: __x = __x
      b        u
f'{x} {y!r:>{w}} {{z}} {x=}' 'x' f"{z['y']}"
   r   r     r          r           r
f'é{x + é}' + é
    r   r     r
print('x', "x", x)  # x
r               r
del x, y[x]
    b  r r
x += y
b    r
x: y = z
b  R   r
with a as b, c: pass
     r    b  r
for i in i: pass
    b    r
*a, (b, c.d) = e
 b   b  r      r
if (y := x): z
    b    r   r
try: x  # as y
     r
except (E  # as no
        r
  ) as e: e
       b  r
match x:
      r
    case {'x': a, **b} | K(x=c): d
               b    b    r   b   r
    case [*e, f.x] as g: pass
           b  r       b
    case h: pass
         b
ﬁ = fi
b   r
class K: exec = 1; v = [exec for _ in exec]
      b                 r
"""


def _cases() -> list[tuple[str, str]]:
    lines = CASES.strip("\n").split("\n")
    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    found: list[tuple[str, str]] = []
    for code, marks in pairs:
        if found and (code.startswith((" ", "except"))):
            before = found.pop()
            found.append((f"{before[0]}\n{code}", f"{before[1]}\n{marks}"))
        else:
            found.append((code, marks))
    return found


def _marked(source: str) -> str:
    lines = [[" "] * len(line) for line in source.split("\n")]
    for spot in spots(source):
        mark = {"read": "r", "bind": "b", "declare": "g"}[spot.kind]
        mark = {"imported": "i", "package": "p", "unsure": "u"}.get(spot.how, mark)
        lines[spot.line][spot.column] = mark.upper() if spot.later else mark
    return "\n".join("".join(line).rstrip() for line in lines)


@pytest.mark.parametrize(("code", "marks"), _cases())
def test_spots_of(code: str, marks: str) -> None:
    assert _marked(code) == "\n".join(line.rstrip() for line in marks.split("\n"))


SIDES = [
    # the sides of `x`, in the order of the text
    ("x = x + 1\nx", "after before after"),
    ("print(x)\nx = 1\nx = x", "before after after after"),
    ("x += 1", "both"),
    ("if c: x = 1\nx", "both both"),
    ("x.a, x = 1, x", "both both both"),
    ("def f(): x\nx = 1\ndef g(): x", "both after after"),
    ("x = x.x(x=x)\ndel x", "both both both both"),
    ("import x\nx", "after after"),
    ("for x in x: x", "both both both"),
    ("print(x, lambda: x)", "before before"),
]


@pytest.mark.parametrize(("code", "sides"), SIDES)
def test_which_side_of_a_binding_is_meant(code: str, sides: str) -> None:
    assert " ".join(spot.side for spot in spots(code) if spot.name == "x") == sides


def agree(source: str) -> None:
    """The names at the spots are those that the analysis of the cell finds."""
    names = analyse(source)
    if names.error is not None or names.empty:
        return
    found = spots(source)
    assert found or not (names.binds | names.reads | names.deferred) - {"__annotations__"}
    sure = {spot.name for spot in found if spot.how != UNSURE}
    read = {spot.name for spot in found if spot.kind == READ}
    bound = {spot.name for spot in found if spot.kind != READ}
    taken = names.reads | names.deferred
    assert names.binds <= bound
    assert taken - {"__class__", "__annotations__"} <= read | bound
    # What is read and bound in the cell may be its own. The rest is what the analysis reads, but
    # for annotations of local variables, which are never evaluated.
    assert {name for name in sure & read - bound - taken if f": {name}" not in source} == set()
    lines = source.split("\n")
    for spot in found:
        text = lines[spot.line][spot.column : spot.end]
        assert spot.how == UNSURE or not text.isascii() or text == spot.name


LIBRARY = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))


@pytest.mark.parametrize("path", LIBRARY[::4], ids=lambda path: path.name)
def test_spots_agree_with_the_names_of_the_standard_library(path: Path) -> None:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        pytest.skip("not in UTF-8")
    agree(read_notebook(text).cells[0].source)
