"""What a cell binds and reads: the catalogue of scoping situations, one line each.

A line is `id | source | section: names …`. Sections that are not given are empty: reads, binds,
maybe (bound, but not on every path), deferred, called, amends, guarded, imports, future, flags.
`\\n` in the source is a line end. Builtins are left out, on both sides.
"""

# ruff: noqa: E501 - a case is a line
from __future__ import annotations

import builtins
import re
import sys
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_ls.reactive.names import Names, analyse

CASES = r"""
E01 | a | reads: a
E03 | 1 + 1 |
E04 | f(1) | reads: f
E05 | x = 3 | binds: x
E06 | x = x | reads: x | binds: x
E07 | x = 1 + y | reads: y | binds: x
E08 | f(*a, **b) | reads: f a b
E09 | a[b:c:d] | reads: a b c d
E14 | a[1:3, 4] | reads: a
E15 | a[b] | reads: a b
E16 | a.prop | reads: a
E17 | [*a, b] | reads: a b
E17b | {**a, b: c} | reads: a b c
E18 | class A: pass | binds: A
E18b | class A:\n  n = 1\n  m = n | binds: A
E18c | class A:\n  m = n\n  n = 1 | reads: n | binds: A
E18d | n = 1\nclass A:\n  m = n | binds: A n
E18e | class A:\n  if c: n = 1\n  m = n | reads: c n | binds: A
E18f | class A:\n  n = 1\n  del n\n  m = n | reads: n | binds: A
E18g | class A:\n  n = 1\n  try: f()\n  except E as n: pass\n  m = n | reads: f E n | binds: A
E18h | class A:\n  n = 1\n  def f(self): return n | deferred: n | binds: A
E18i | class A:\n  n = 1\n  class B:\n    m = n | reads: n | binds: A
E18j | class A:\n  n = 1\n  m = [n for _ in n] | reads: n | binds: A
E18k | class A:\n  m = __qualname__, __module__ | binds: A
E19 | def f():\n  class A:\n    x = y\n    def m(self): return A, x | deferred: y x | binds: f
E19b | def f():\n  x = 1\n  class A:\n    y = x\n    def m(self): return x, y | deferred: y | binds: f
E19c | def f():\n  x = 1\n  class A:\n    x = x | deferred: x | binds: f
E19d | def f():\n  class A:\n    x = 1\n    y = x\n    if y: z = 1\n    z | deferred: z | binds: f
E20 | class A(B): pass | reads: B | binds: A
E21 | class A(B[C], metaclass=M, k=v): pass | reads: B C M v | binds: A
E22 | class A:\n  x: T\n  y: U = v | reads: T U v | binds: A | flags: <3.14
E24 | class A:\n  def __init__(self): self.x = f(A) | deferred: f A | binds: A
E25 | x: Foo = 3 | reads: Foo | binds: x | flags: <3.14
E26 | x: Foo | reads: Foo | flags: <3.14
E26b | x: int\nx | reads: x
E27 | x[0]: int = 1 | reads: x | amends: x
E27b | x.a: int | reads: x
E27c | (x): int = 1 | binds: x
E29 | P = namedtuple('P', 'x y') | reads: namedtuple | binds: P
E31 | x = a = a + 1 | reads: a | binds: a x
E33 | a[b, c] = d | reads: a b c d | amends: a
E34 | a.b = c | reads: a c | amends: a
E34b | a.b[c].d = e | reads: a c e | amends: a
E34c | a = []\na.b = c | reads: c | binds: a
E34d | if c: a = []\na.b = 1 | reads: c a | binds: a | maybe: a | amends: a
E35 | f(a, b=c) | reads: f a c
E36 | a += 1 | reads: a | binds: a | amends: a
E36b | a = 1\na += b | reads: b | binds: a
E36c | a @= a | reads: a | binds: a | amends: a
E37 | a[1] += 1 | reads: a | amends: a
E37b | a.b += c | reads: a c | amends: a
E38 | _ = a + 1 | reads: a | binds: _
E39 | f()[g()] = 1 | reads: f g
E39b | f(a).b = 1 | reads: f a
E40 | a, b = 1, 2 | binds: a b
E41 | a, _, c = d | reads: d | binds: a _ c
E42 | (a, b) = (c) | reads: c | binds: a b
E43 | (x, y), a, [b, c] = z | reads: z | binds: x y a b c
E44 | (x[i], y.r), a = z | reads: x i y z | binds: a | amends: x y
E45 | a, *b = c | reads: c | binds: a b
E45b | *a.b, c = d | reads: a d | binds: c | amends: a
E46 | a[x], x = 1, 2 | reads: a x | binds: x | amends: a
E46b | x, a[x] = 1, 2 | reads: a | binds: x | amends: a
E49 | (a, b) | reads: a b
E55 | a[:] = b | reads: a b | amends: a
E56 | for k in r:\n  s = k | reads: r | binds: k s | maybe: k s
E56b | for k in r: pass\nk | reads: r k | binds: k | maybe: k
E56c | for a.b in r: pass | reads: r a | amends: a
E56d | while c: x = 1 | reads: c | binds: x | maybe: x
E56e | while True:\n  x = f()\n  if x: break\nx | reads: f | binds: x
E56f | for k in r:\n  if k: break\nelse:\n  k = 1\nk | reads: r | binds: k
E56g | for k in r:\n  x = 1\n  break\nelse: raise E\nx | reads: r E | binds: k x
E56h | while x := f(x): pass | reads: f x | binds: x
E56i | while (x := f()): x\nx | reads: f | binds: x
E57 | if c: x = 1\nelse: x = 2\nx | reads: c | binds: x
E57b | if c: x = 1\nx | reads: c x | binds: x | maybe: x
E57c | if a: x = 1\nelif b: x = 2\nelse: raise E\nx | reads: a b E | binds: x
E57d | if a: x = 1\nelif b: x = 2\nx | reads: a b x | binds: x | maybe: x
E57e | if (x := f()) and (y := g(x)): y | reads: f g | binds: x y | maybe: y
E57f | if (x := f()) or (y := g(x)): y | reads: f g y | binds: x y | maybe: y
E57g | if not (a and (y := b)): raise E\ny | reads: a b E | binds: y
E57h | if True: x = 1\nx | binds: x
E57i | z = a if (x := b) else x | reads: a b | binds: x z
E57j | a < (x := b) < (y := c) | reads: a b c | binds: x y | maybe: y
E57k | assert (x := f()), x\nx | reads: f | binds: x
E58 | try: f()\nexcept E as e: e | reads: f E | binds: e | maybe: e
E58b | try: f()\nexcept E as e: pass\ne | reads: f E e | binds: e | maybe: e
E59 | try: x = f()\nexcept: x = 0\nx | reads: | guarded: f | binds: x
E59b | try: x = f()\nexcept ValueError: pass\nx | reads: f x | binds: x | maybe: x
E59c | try: x = f()\nexcept ValueError: raise\nx | reads: f | binds: x
E60 | try: x = 1\nfinally: x | reads: x | binds: x
E60b | try: x = f()\nfinally: y = 1\nx, y | reads: f | binds: x y
E60c | try: f()\nexcept E: x = 1\nelse: x = 2\nx | reads: f E | binds: x
E61 | [a for a in b] | reads: b
E62 | [a + b for a in c for b in d] | reads: c d
E63 | [a for (a, b), c in d] | reads: d
E64 | [a for a in b if a > c] | reads: b c
E66 | [b for a in c for b in a] | reads: c
E66b | [b for a in c for b in b] | reads: c
E67 | [a for a in a] | reads: a
E68 | a = [a for a in a] | reads: a | binds: a
E68b | {k: v for k, v in z} | reads: z
E68c | (g(i) for i in r) | reads: g r
E68d | [(y := i) for i in r]\ny | reads: r y | binds: y | maybe: y
E68e | [y for i in r if (y := i)] | reads: r | binds: y | maybe: y
E68f | [y for i in r if i or (y := i)] | reads: r y | binds: y | maybe: y
E68g | [0 for a.b in r] | reads: r a | amends: a
E68h | [lambda: (i, j) for i in r] | reads: r | deferred: j | called: j
E68i | [[i, j, k] for i in [j for j in k]] | reads: k j
E68j | [x async for x in y] | reads: y
E71 | a = 1; b = a + 1 | binds: a b
E72 | a = b = 1 | binds: a b
E73 | def f():\n  x = 1\n  return x | binds: f
E75 | def f():\n  def g(): return g, f | deferred: f | binds: f
E76 | def f(x, y=d, *, z=e): return x, y, z | reads: d e | binds: f
E77 | def f(a): return a | binds: f
E79 | def f(*a, **k): return a, k, b | deferred: b | binds: f
E80 | def f(x, y=x): pass | reads: x | binds: f
E82 | def f(): return a | deferred: a | binds: f
E82b | def f():\n  if a: x = 1\n  return x | deferred: a | binds: f
E82c | def f(): return [i for i in j if k] | deferred: j k | binds: f
E82d | def f(): return [lambda: i for i in j] | deferred: j | binds: f
E82e | def f():\n  [y := i for i in j]\n  return y | deferred: j | binds: f
E82f | def f():\n  import a.b, c as d\n  from e import g\n  return a, d, g, c | deferred: c | binds: f
E82g | def f():\n  for i in r: pass\n  with a as b: pass\n  try: pass\n  except E as e: e\n  i, b | deferred: r a E | binds: f
E82h | def f(): x: T = y | deferred: y | binds: f
E82i | def f():\n  x: T\n  return x | binds: f
E82j | def f():\n  x += 1 | binds: f
E82k | def f():\n  del x | binds: f
E83 | def f():\n  global a\n  a = b | binds: f a | maybe: a | deferred: b
E83b | def f():\n  global a\n  a += 1 | binds: f a | maybe: a | deferred: a
E83c | def f():\n  def g():\n    global a\n    a = 1 | binds: f a | maybe: a
E83d | def f():\n  a = 1\n  def g():\n    global a\n    return a | binds: f | deferred: a
E83e | def f():\n  global a\n  del a | binds: f a | maybe: a | deferred: a
E83f | class A:\n  global x\n  x = 1\nx | binds: A x
E83g | def f():\n  class A:\n    global x\n    x = y | binds: f x | maybe: x | deferred: y
E83h | def f():\n  global a\n  def a(): pass\n  class a: pass\n  import a | binds: f a | maybe: a
E83i | def f():\n  global a\n  for a in b: pass | binds: f a | maybe: a | deferred: b
E83j | def f():\n  a = 1\n  def g():\n    nonlocal a\n    a = b | binds: f | deferred: b
E83k | def f():\n  global a\n  [a := i for i in b] | binds: f a | maybe: a | deferred: b
E83l | if c:\n  global x\n  x = 1 | reads: c | binds: x | maybe: x
E84 | m.attr = f | reads: m f | amends: m
E85 | lambda x, y=d: x + y + z | reads: d | deferred: z | called: z
E87 | f = lambda x: x * y | binds: f | deferred: y
E87b | f = g = lambda x: x * y\ng | binds: f g | deferred: y | called: y
E87c | f, g = lambda: x, lambda: y | binds: f g | deferred: x y | called: x y
E87d | d['k'] = lambda: x | reads: d | amends: d | deferred: x | called: x
E87e | f: T = lambda: x | reads: T | binds: f | deferred: x | flags: <3.14
E90 | def g(b=b): return b | reads: b | binds: g
E91 | f(a)(b); f(a).b(); a.b(c); a.b.c(d); a.b[c].d(e) | reads: f a b c d e
E94 | def f():\n  def g(): pass\n  g()\ng() | reads: g | binds: f
E95 | def f(a: T, *b: U, c: V = d, **e: W) -> R: pass | reads: T U V d W R | binds: f | flags: <3.14
E95b | from __future__ import annotations\ndef f(a: T) -> R: pass\nx: X = 1 | future: annotations | imports: annotations | binds: annotations f x | deferred: T R X
E99 | class A:\n  def __call__(self): return a | binds: A | deferred: a
E99b | class A:\n  def m(self): return a\nA | binds: A | deferred: a | called: a
E99c | class A:\n  def m(self): return __s, __t__\n  __u = __v | reads: _A__v | binds: A | deferred: _A__s __t__
E99d | class _A:\n  def m(self, __p): return __p, self.__q | binds: _A
E99e | class __:\n  def m(self): return __s | binds: __ | deferred: __s
E99f | class A:\n  def m(self): return super().m(), __class__ | binds: A
E99g | class A:\n  @property\n  def m(self): return a\n  @m.setter\n  def m(self, v): b | binds: A | deferred: a b
E99h | @d\nclass A:\n  def m(self): return a | reads: d | binds: A | deferred: a | called: a
E99i | @d(e)\ndef f(): return a | reads: d e | binds: f | deferred: a | called: a
E99j | def f(): return g()\ndef g(): return a\nf() | binds: f g | deferred: g a | called: g a
E99k | def f(): return g()\ndef g(): return a\ng() | binds: f g | deferred: g a | called: a
E99l | class A:\n  def m(self): return a\n  x = m | binds: A | deferred: a | called: a
E99m | class A(metaclass=M):\n  def m(self): return a | reads: M | binds: A | deferred: a | called: a
E99n | class A:\n  k = sorted(r, key=lambda i: a) | reads: r | binds: A | deferred: a | called: a
E99o | class A:\n  k = lambda self: a | binds: A | deferred: a
E101 | global k\nk = 3 | binds: k
E109 | import a | binds: a | imports: a
E110 | import a.b | binds: a | imports: a
E110b | import a.b as c | binds: c | imports: c
E111 | import a, b.c, d as e | binds: a b e | imports: a b e
E112 | from m import x as y, z | binds: y z | imports: y z
E113 | from . import x\nfrom ..p import q | binds: x q | imports: x q
E114 | try: import x\nexcept ImportError: x = None\nx | binds: x
E114b | if TYPE_CHECKING: import x | reads: TYPE_CHECKING | binds: x | maybe: x | imports: x
E114c | import x\ndel x | binds: x
E114d | import x; import x.y | binds: x | imports: x
E115 | from m import * | flags: star
E115b | from __future__ import division | binds: division | imports: division | future: division
E142 | f"{a} {b!r:>{w}} {c.d[e]:{f}.{g}}" | reads: a b w c e f g
E142b | f"{a=}" | reads: a
E143 | f"{(b := c)}" | reads: c | binds: b
E144 | eval('x') | flags: dynamic
E144b | globals()['x'] = 1 | flags: dynamic
E144c | def f(): return eval('x') | binds: f | flags: dynamic
E144d | def f(): return a\nexec(s) | reads: s | binds: f | deferred: a | called: a | flags: dynamic
X01 | del x | reads: x | binds: x
X02 | x = 1\ndel x\nx | binds: x
X03 | if c: del x\nx | reads: c x | binds: x | maybe: x
X04 | del a[b], c.d, (e, f) | reads: a b c e f | binds: e f | amends: a c
X05 | with a as b, c as (d, e): pass | reads: a c | binds: b d e | maybe: d e
X06 | with a as b: x = 1\nx | reads: a x | binds: b x | maybe: x
X07 | with open(p) as h: x = h.read()\nx | reads: p | binds: h x
X08 | with suppress(E): raise E\nx = 1 | reads: suppress E | binds: x
X09 | with a as b.c: pass | reads: a b | amends: b
X10 | async with a as b: pass\nasync for c in b: await c | reads: a | binds: b c | maybe: c
X11 | try: a\nexcept NameError: b | reads: b | guarded: a
X12 | try: a\nexcept (KeyError, NameError): a | reads: a
X13 | try: a\nexcept KeyError: b | reads: a b
X14 | try: a\nexcept builtins.Exception: pass\nelse: b | reads: b builtins | guarded: a | flags:
X15 | try:\n  with a: b\nexcept: pass | guarded: a b
X16 | try: a.x = 1\nexcept: pass | guarded: a | amends: a
X17 | x = (y := z) + y | reads: z | binds: x y
X18 | f(y := z, y) | reads: f z | binds: y
X19 | {(k := a): k} | reads: a | binds: k
X20 | raise E from c | reads: E c
X21 | while True:\n  try: x = f()\n  except E: continue\n  break\nx | reads: f E | binds: x
X22 | for i in r:\n  try: pass\n  finally:\n    x = 1\nx | reads: r x | binds: i x | maybe: i x
X23 | x = yield_(await y) | reads: yield_ y | binds: x
X24 | class A(B): x: int = x | reads: B x | binds: A
X25 | __debug__ |
X31 | if c:\n  try: raise E\n  except E: pass\nelse: x = 1\nx | reads: c E x | binds: x | maybe: x
E82l | def f():\n  x: (lambda: [(a := i) for i in b])() = a | deferred: a | binds: f
X26 | def f(): yield a; yield from b; return c | deferred: a b c | binds: f
X27 | async def f():\n  async with a as b: return [c async for c in d] | deferred: a d | binds: f
X28 | x = x = y\ny = x | reads: y | binds: x y
X29 | a.b.c(d)[e] = g | reads: a d e g
X32 | class A:\n  def m(self): A.n += 1; self.n = 1 | binds: A | deferred: A | alters: A
X33 | def f(b): del a.n; b.n = c.n; d.n.m = 1 | binds: f | deferred: a c d | alters: a
X30 | model.fit(x) | reads: model x
"""

MATCH = r"""
M01 | match s:\n  case a: pass\na | reads: s | binds: a
M02 | match s:\n  case [a, *b]: pass\n  case {'k': c, **d}: pass | reads: s | binds: a b c d | maybe: a b c d
M03 | match s:\n  case A(x, y=z) as w: pass | reads: s A | binds: x z w | maybe: x z w
M04 | match s:\n  case K.v | None | -1: pass | reads: s K
M05 | match s:\n  case a if a > b: a\n  case _: a = 1\na | reads: s b | binds: a
M06 | match s:\n  case 1: x = 1\n  case _: raise E\nx | reads: s E | binds: x
M07 | match s:\n  case 1: x = 1\n  case 2: x = 2\nx | reads: s x | binds: x | maybe: x
M08 | def f(s):\n  match s:\n    case {'k': c, **d}: return c, d, e\n    case A(x) as y: x, y | binds: f | deferred: A e
M09 | match (s := t):\n  case [(1 | 2) as a, _]: pass | reads: t | binds: s a | maybe: a
"""

STARRED_EXCEPT = r"""
S01 | try: f()\nexcept* E as e: x = 1\nx | reads: f E x | binds: e x | maybe: e x
S02 | try: a\nexcept* Exception: pass | guarded: a
"""

TYPE_PARAMETERS = r"""
T01 | def f[T: B](x: T, y: U = d) -> T: return T, a | reads: U d | binds: f | deferred: B a | flags: <3.14
T02 | class A[T](B[T], C): x: T\nT | reads: B C T | binds: A | flags: <3.14
T03 | type X = list[Y] | binds: X | deferred: Y
T04 | type X[T] = dict[T, Y]\nX | binds: X | deferred: Y | called: Y
T05 | class A:\n  x = 1\n  type Y = x | z | binds: A | deferred: z
T06 | class A[T]:\n  def m(self): return T, a | binds: A | deferred: a
T07 | def f(): \n  type X[T] = T | Y\n  return X | binds: f | deferred: Y
T08 | def f[*Ts, **P](): return Ts, P | binds: f
T09 | class A[T]:\n  y = [T for _ in r] | reads: r | binds: A
T10 | def f[T]():\n  def g[U](x: T, y: U) -> V: pass | binds: f | deferred: V
"""

BUILTINS = frozenset(dir(builtins)) | {"__debug__"}
SETS = ("reads", "binds", "deferred", "called", "alters", "amends", "guarded", "imports", "future")


LINE = re.compile(
    rf"(\S+) \| (.*?)((?: \| (?:{'|'.join((*SETS, 'maybe', 'flags'))}):[^|]*)*)(?: \|)?"
)


def cases(table: str) -> list[object]:
    found = []
    for line in table.strip().splitlines():
        matched = LINE.fullmatch(line)
        assert matched, line
        name, source, sections = matched.groups()
        expected = dict(part.split(":", 1) for part in sections.split(" | ")[1:])
        found.append(pytest.param(source.replace("\\n", "\n"), expected, id=name))
    return found


def check(source: str, expected: dict[str, str]) -> None:
    flags = expected.pop("flags", "").split()
    if "<3.14" in flags and sys.version_info >= (3, 14):
        pytest.skip("annotations are lazy from Python 3.14 on")
    names = analyse(source)
    assert names.error is None
    wanted = {part: set(expected.pop(part, "").split()) for part in (*SETS, "maybe")}
    assert not expected
    wanted["reads"] |= wanted["guarded"]
    found = {part: set(getattr(names, part)) for part in SETS}
    found["maybe"] = set(names.binds - names.certain)
    for part in ("reads", "deferred", "called"):
        found[part] -= BUILTINS - wanted[part]
    assert found == wanted
    assert names.star == ("star" in flags)
    assert names.dynamic == ("dynamic" in flags)
    check_invariants(names)


def check_invariants(names: Names) -> None:
    assert names.certain <= names.binds
    assert names.amends <= names.reads
    assert names.guarded <= names.reads
    assert names.called <= names.deferred
    assert names.alters <= names.deferred
    assert names.imports <= names.binds
    assert set(names.where) == names.reads | names.deferred
    assert set(names.bound_at) == names.binds


@pytest.mark.parametrize(("source", "expected"), cases(CASES))
def test_catalogue(source: str, expected: dict[str, str]) -> None:
    check(source, dict(expected))


@pytest.mark.parametrize(("source", "expected"), cases(MATCH) + cases(STARRED_EXCEPT))
def test_catalogue_of_newer_statements(source: str, expected: dict[str, str]) -> None:
    check(source, dict(expected))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
@pytest.mark.parametrize(("source", "expected"), cases(TYPE_PARAMETERS))
def test_catalogue_of_type_parameters(source: str, expected: dict[str, str]) -> None:
    check(source, dict(expected))


def test_annotations_wait_when_an_earlier_cell_says_so() -> None:
    names = analyse("def f(a: T) -> R: return b\nx: X = y", future_annotations=True)
    assert (names.reads, names.deferred) == ({"y"}, {"T", "R", "X", "b"})


@pytest.mark.parametrize("source", ["", "\n\n", "# only a comment\n", "   # indented"])
def test_a_cell_without_statements_is_empty(source: str) -> None:
    names = analyse(source)
    assert (names.empty, names.code, names.binds, names.reads) == (True, "", set(), set())


PLACES = [
    ("x = a + a", {"a": (0, 4, 5)}, {"x": (0, 0, 1)}),
    ("é = ñ + b", {"ñ": (0, 4, 5), "b": (0, 8, 9)}, {"é": (0, 0, 1)}),
    ("s = '𝒳' + b", {"b": (0, 10, 11)}, {"s": (0, 0, 1)}),
    ("import os.path, re as  rx", {}, {"os": (0, 7, 9), "rx": (0, 23, 25)}),
    ("from m import a as b, c", {}, {"b": (0, 19, 20), "c": (0, 22, 23)}),
    ("@d\nasync  def  f(): pass", {"d": (0, 1, 2)}, {"f": (1, 12, 13)}),
    ("class d(d): pass", {"d": (0, 8, 9)}, {"d": (0, 6, 7)}),
    ("try: pass\nexcept e2 as e: pass", {"e2": (1, 7, 9)}, {"e": (1, 13, 14)}),
    ("def f():\n  return é, b", {"é": (1, 9, 10), "b": (1, 12, 13)}, {"f": (0, 4, 5)}),
    ("def f():\n  global g\n  g = 1", {}, {"f": (0, 4, 5), "g": (2, 2, 3)}),
    ("match 1:\n  case [a, *b]: pass", {}, {"a": (1, 8, 9), "b": (1, 12, 13)}),
    ("a\nif a: a = b", {"a": (0, 0, 1), "b": (1, 10, 11)}, {"a": (1, 6, 7)}),
]


@pytest.mark.parametrize(("source", "where", "bound_at"), PLACES)
def test_places_are_in_code_points(
    source: str, where: dict[str, object], bound_at: dict[str, object]
) -> None:
    names = analyse(source)
    assert (names.where, names.bound_at) == (where, bound_at)


def test_places_in_fstrings_are_those_of_the_text() -> None:
    names = analyse('x = (1,\n  f"""{a}\n é {b:>{w}}""")')
    assert names.where == {"a": (1, 7, 8), "b": (2, 4, 5), "w": (2, 8, 9)}


INVALID = [
    ("x = (", 0),
    ("x = 1\nreturn x", 1),
    ("if c:\n  yield 1", 1),
    ("class A:\n  return 1", 1),
    ("class A:\n  await x", 1),
    ("break", 0),
    ("for i in r:\n  class A:\n    break", 2),
    ("def f():\n  for i in r: pass\n  continue", 2),
    ("def f():\n  await x", 1),
    ("def f(a, a): pass", 0),
    ("def f(a):\n  global a", 1),
    ("lambda a, a: 1", 0),
    ("x = 1\nnonlocal x", 1),
    ("def f():\n  x = 1\n  global x", 2),
    ("class A:\n  from m import *", 1),
    ("f(a=1, a=2)", 0),
    ("*a, *b = c", 0),
    ("x = *a", 0),
    ("*a", 0),
    ("x = 1\nfrom __future__ import annotations", 1),
    ("from __future__ import braces", 0),
    ("try: pass\nexcept: pass\nexcept E: pass", 1),
    ("[x := 1 for x in y]", 0),
    ("class A:\n  [y := 1 for x in z]", 1),
    ("match x:\n  case a: pass\n  case b: pass", 1),
    ("__debug__ = 1", 0),
    ("def f(**__debug__): pass", 0),
    ("a.__debug__ = 1", 0),
    ("*a = b", 0),
    ("for *a in b: pass", 0),
    ("def f():\n  *a = b", 1),
    ("[i for i in (lambda: (j := a))()]", 0),
    ("".join(" " * i + "while a:\n" for i in range(22)) + " " * 22 + "b", -1),
    ("def f():\n" + "".join(" " * i + "with a:\n" for i in range(1, 23)) + " " * 23 + "b", -1),
    ("a = 1\n b = 2", 1),
    ("if x:\n\ta\n        b", 2),
    ("a\n\0b", 1),
    ("a\nb = '\ud800'", 1),
    ("(" * 300, 0),
    ("[" * 150 + "]" * 150 + " = " + "(" * 199, 0),
    ("x" + ".y" * 200_000, 0),
    ("-" * 100_000 + "1", 0),
    ("1" + " + 1" * 100_000, 0),
    ("0" + "9" * 10_000, 0),
    ("'abc", 0),
    ('"""abc', 0),
    ("%time x = 1", 0),
    ("!ls", 0),
]


@pytest.mark.parametrize(
    ("source", "line"), INVALID, ids=[repr(source[:30]) for source, _ in INVALID]
)
def test_what_python_cannot_compile_has_an_error_and_no_names(source: str, line: int) -> None:
    names = analyse(source)
    assert names.error is not None
    assert names.error.message
    assert line in (names.error.line, -1)  # versions disagree where some errors are
    assert names.error.column >= 0
    assert not names.binds | names.reads | names.deferred
    assert (names.code, names.where, names.empty) == ("", {}, False)


VALID = [
    "await x\nasync for a in b: pass\n[c async for c in d]",
    "def f():\n  global x\n  x = 1",
    "for i in r:\n  if i: break\n  else: continue\nelse: pass",
    "while x:\n  try: break\n  finally: pass",
    "lambda: (yield)",
    "f(a=1, b=2, **c, **d)",
    "x = *a, b",
    "a, (*b, c), *d = e",
    "from __future__ import annotations",
    "def f():\n  def g():\n    nonlocal x\n  x = 1",
    "async def f():\n  await x\n  return",
    "[i for i in range(3) if (y := i)]",
    "(" * 90 + ")" * 90,
    "x = " + "[" * 90 + "]" * 90,
    "if a: pass\n" + "elif a: pass\n" * 900,
    "x = a" + " + a" * 900,
    "x = a" + ".b()" * 400,
    "x = 0x" + "f" * 10_000,
    "if x:\n\ta\n\tb",
]


@pytest.mark.parametrize("source", VALID, ids=[repr(source[:30]) for source in VALID])
def test_what_python_compiles_has_no_error(source: str) -> None:
    names = analyse(source)
    assert names.error is None
    assert names.code


def test_a_megabyte_is_no_problem() -> None:
    source = "".join(f"x{i} = x{i - 1} + 1 if c else f(x{i})\n" for i in range(25_000))
    names = analyse(source)
    assert (len(source) > 850_000, len(names.binds)) == (True, 25_000)
    assert {"c", "f", "x-1"} & names.reads == {"c", "f"}


WARNING_SOURCES = [r"x = '\d'", "x is 'a'", "assert (x, 'm')", "1if x else 2", "def f(): x is 1"]


@pytest.mark.parametrize("source", [*WARNING_SOURCES, "global y\nx = '\\d'"])
def test_warnings_of_the_compiler_stay_inside(source: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        assert analyse(source).error is None
        assert warnings.filters == filters
    assert not caught


PIECES = [line.split(" | ")[1].replace("\\n", "\n") for line in CASES.strip().splitlines()]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from([*PIECES, "(", ")", "'", '"', ":", "\n ", "\t", "\0", "\ud800", "é"]))
        .map("".join),
        st.lists(st.sampled_from(PIECES)).map("\n".join),
    )
)  # fmt: skip
def test_no_text_makes_it_raise(source: str) -> None:
    names = analyse(source)
    check_invariants(names)
    assert bool(names.code) == (names.error is None and not names.empty)
