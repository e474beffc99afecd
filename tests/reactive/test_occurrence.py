"""Names at places of a text, and the cells that gave them their values."""

from __future__ import annotations

import ast
import re
import time

import pytest

from sessions_ls.reactive.occurrence import makers, name_at
from tests.reactive.resolved import program

# Each line with the names of the module in it: `=` is bound there, `<` is read before the end of
# the first statement that binds it, `~` is read when somebody calls.
TEXT = r'''
import numpy as np, os.path             | np= os=
from a import b as c, d                 | c= d=
@deco(z)                                | deco< z<
def f(p, q=np) -> int:                  | f= np int<
    global g                            | g<~
    loc = p + zz + "word"               | zz<~
    def inner(): return loc + top       | top<~
    return [k + m for k in ks]          | m<~ ks<~
class C(Base):                          | C= Base<
    attr = attr2                        | attr2<
    other = attr                        |
    def meth(self): return attr + C     | attr<~ C<~
df.x["k"].y = 3  # comment              | df<
w = f"a {df} {np!r}";print(w, end=np)    | w= df< np print< w np
é = "🎉"; print(é, nowhere)             | é= print< é nowhere<
for i in range(3): t += i               | i= range< t= i<
lam = lambda a, b=i: a + b + i          | lam= i i~
try: pass                               |
except E as e: print(e)                 | E< e= print< e<
now = await f(1)                        | now= f
match now:                              | now
    case {"a": aa, **rest}: rest        | aa= rest<
    case Point(x=0) as pt: pt           | Point< pt= pt<
if (n := len(w)) > 1: n                 | n= len< w n<
pairs = {key: n for key in w}           | pairs= n w
with open(w) as file: file              | open< w file= file<
del t                                   | t
x: int = 3                              | x= int<
""" + """                               |
'''.strip()
LINES = [line.rpartition("|") for line in TEXT.splitlines()][:-1]
SOURCE = "\n".join(code.rstrip() for code, _, _ in LINES) + '\n"""a df\nin text"""\n'


@pytest.mark.parametrize("number", range(len(LINES)), ids=lambda number: LINES[number][0].strip())
def test_names(number: int) -> None:
    found = []
    text = LINES[number][0].rstrip()
    for word in re.finditer(r"\w+", text):
        for column in (word.start(), word.end()):  # a cursor stands on or behind a character
            here = name_at(SOURCE, number, column)
            if here is not None:
                assert text[here.column : here.end] == here.name == word[0]
                assert here.line == number
        if here is not None:
            marks = "=" * here.binds + "<" * here.early + "~" * here.later
            found.append(here.name + marks)
    assert " ".join(found) == LINES[number][2].strip()


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [(SOURCE, len(LINES), 5), (SOURCE, 500, 0), (SOURCE, 0, 500), ("", 0, 0), ("x = = x", 0, 0),
     ("x = 1 ", 0, 6), ("3 + 4", 0, 0), ("# x", 0, 2), ("None", 0, 1)],
)  # fmt: skip
def test_no_name(source: str, line: int, column: int) -> None:
    assert name_at(source, line, column) is None


def test_lines_end_as_python_ends_them() -> None:
    found = [name_at("a\r\nb\rc\nd", line, 0) for line in range(4)]
    assert [here and here.name for here in found] == ["a", "b", "c", "d"]


# The place is behind `^`; then the cells, from 1, that may have given the value.
MAKERS = [
    ("# %%\nx = 1\n# %%\n^x = 2\n", "2"),
    ("# %%\nx = 1\n# %%\ny = ^x\n", "1"),
    ("# %%\nx = 1\n# %%\nx = ^x + 1\n", "1"),
    ("# %%\nx = 1\n# %%\n^x = x + 1\n", "2"),
    ("# %%\nx = 1\n# %%\nx = x + 1\n^x\n", "2"),
    ("# %%\nx = 1\n# %%\n^x += 1\n", "2"),
    ("# %%\nx = 1\n# %%\nprint(^x)\nx = 2\n", "1"),
    ("# %%\nx = 1\n# %%\nx = 2\nprint(^x)\n", "2"),
    ("# %%\ni = 1\n# %%\nfor i in [2]:\n    print(^i)\n", "2"),
    ("# %%\nrows = []\n# %%\n^rows['a'] = 1\n", "2 1"),
    ("# %%\nrows = []\n# %%\n^rows.append(1)\n#! amends: rows\n", "2 1"),
    ("# %%\nrows = []\n# %%\n^rows.append(1)\n", "1"),
    ("# %%\n^rate * 2\n# %%\nrate = 1\n", "2"),
    ("# %%\ndef f(): return ^rate\n# %%\nrate = 1\n", "2"),
    ("# %%\nrate = 0\n# %%\ndef f(): return ^rate\n# %%\nrate = 1\n", "1"),
    ("# %%\nrate = 1\ndef f(): return ^rate\n", "1"),
    ("# %%\ndef f(): return ^f\n", "1"),
    ("# %%\n^print(1)\n", ""),
    ("# %%\n^nowhere\n", ""),
]


@pytest.mark.parametrize(("text", "expected"), MAKERS)
def test_makers(text: str, expected: str) -> None:
    before, _, after = text.partition("^")
    made = program(before + after)
    line = before.count("\n")
    column = len(before) - before.rfind("\n") - 1
    [cell] = [one.cell for one in made.cells if one.cell.start <= line < one.cell.stop]
    here = name_at(cell.source, line - cell.start, column)
    assert here is not None
    needs = made.resolution.needs[cell.number - 1]
    found = makers(made.cells, needs, cell.number - 1, here)
    assert " ".join(str(position + 1) for position in found) == expected


def test_a_long_cell_takes_little_more_than_parsing_it() -> None:
    source = "def f(a):\n    return a + b\n" * 1000 + "total = f(1)\n"
    parsing, finding = [], []
    for _ in range(7):
        started = time.process_time()
        ast.parse(source)
        parsed = time.process_time()
        here = name_at(source, 2000, 9)
        parsing.append(parsed - started)
        finding.append(time.process_time() - parsed)
    assert here is not None
    assert here.name == "f"
    assert min(finding) < 5 * min(parsing), (min(finding), min(parsing))
