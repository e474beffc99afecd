"""Fingerprints of builtin values, code and instances of Python classes."""

# ruff: noqa: E501, F401 - a case is a line, and the cases are evaluated

from __future__ import annotations

import collections
import copy
import datetime
import decimal
import enum
import fractions
import functools
import itertools
import json
import math
import pathlib
import random
import re
import sys
import threading
import types
import typing
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_ls.kernel import fingerprint, fingerprint_walk
from sessions_ls.kernel.fingerprint import Probe, probe


def look(value: object) -> Probe:
    return probe(value, lambda obj: f"opaque {type(obj).__name__}")


def exact(value: object) -> str:
    seen = look(value)
    assert seen.exact, value
    return seen.digest


def defined(source: str, name: str = "it") -> typing.Any:
    """What a cell of the notebook makes: code that runs as `__main__`."""
    namespace: dict[str, typing.Any] = {"__name__": "__main__"}
    exec(compile(source, "notebook.py", "exec"), namespace)
    return namespace[name]


# --- different values differ ----------------------------------------------------------------------

NAN = float("nan")
DIFFERENT = """
None  True  False  0  1  -1  2**31  2**63  -2**63  2**64  10**400  0.0  -0.0  1.0  NAN  math.inf  -math.inf
0j  complex(0.0, -0.0)  1+0j  ""  "a"  "\\ud800"  "\\udcff"  b""  b"a"  bytearray()  bytearray(b"a")
memoryview(b"")  memoryview(b"a")  memoryview(bytearray(b"a"))  ...  NotImplemented
range(0)  range(1)  range(0,1,2)  slice(1)  slice(0,1)  slice(None,None,1)
[]  ()  {}  set()  frozenset()  [[]]  [()]  ([],)  ((),)  [1]  [True]  [1.0]  (1,)  {1}  {True}  {1.0}  frozenset([1])
[None]  ["a","b"]  ["ab"]  [b"a",b"b"]  [["a"],["b"]]  [["a","b"]]  [["a","b"],[]]  [[],["a","b"]]
[("a",),("b",)]  [("a","b"),()]  (("a",),("b",))  (["a"],["b"])
{"a":1}  {"a":1,"b":2}  {"b":2,"a":1}  {"a":{"b":2}}  {"a":["b",2]}  [{"a":1},{"b":2}]  [{"a":1,"b":2},{}]  [{},{"a":1,"b":2}]
{1:2}  {2:1}  {1,2}  {1,"a"}  {"1","a"}  {(1,2)}  {(2,1)}  {1,(2,)}  {frozenset([1])}  {frozenset()}  {b"a"}  {0.0}  {-0.0}
collections.deque()  collections.deque([],3)  collections.deque([1])  collections.OrderedDict()  collections.OrderedDict(a=1)
collections.defaultdict()  collections.defaultdict(list)  collections.defaultdict(set)  collections.Counter("a")
types.SimpleNamespace()  types.SimpleNamespace(a=1)  types.MappingProxyType({})  types.MappingProxyType({"a":1})
datetime.date(2020,1,1)  datetime.datetime(2020,1,1)  datetime.datetime(2020,1,1,fold=1)  datetime.time(1)  datetime.time(1,fold=1)
datetime.datetime(2020,1,1,tzinfo=datetime.timezone.utc)  datetime.timezone.utc  datetime.timezone(datetime.timedelta(0),"x")
datetime.timezone(datetime.timedelta(hours=1))  datetime.timedelta(1)  datetime.timedelta(0,1)
decimal.Decimal("1")  decimal.Decimal("1.0")  decimal.Decimal("NaN")  decimal.Decimal("-0")  decimal.Decimal("0")
fractions.Fraction(1)  fractions.Fraction(1,2)  uuid.UUID(int=1)  uuid.UUID(int=2)
pathlib.Path("a")  pathlib.PurePosixPath("a")  pathlib.PureWindowsPath("a")  pathlib.Path("b")
re.compile("a")  re.compile("a",re.I)  re.compile(b"a")
functools.partial(int)  functools.partial(int,"1")  functools.partial(int,base=2)
int  str  list  len  sorted  [].append  [1].append  "a".upper  str.upper  str.lower  dict.fromkeys  type  object
typing.Optional[int]  typing.Union[int,str]  list[int]  tuple[int]  typing.TypeVar("T")  typing.TypeVar("U")
sys  math  json  json.dumps  math.sin  random.Random(1)  random.Random(2)
Plain(1)  Plain(2)  Plain([])  Slots(1)  Slots(2)  Plain  Slots  Sub([1])  Sub([2])  SubInt(1)  SubStr("a")  SubTuple((1,))
SubDict(a=1)  SubSet({1})  SubFloat(0.0)  SubFloat(-0.0)  Point(1,2)  Point(2,1)  Colour.RED  Colour.BLUE  Flags.A  Flags.B
Flags.A|Flags.B  Colour  Other  Other(1)
"""


class Plain:
    def __init__(self, x: object) -> None:
        self.x = x


class Other:
    def __init__(self, x: object) -> None:
        self.x = x


class Slots:
    __slots__ = ("x",)

    def __init__(self, x: object) -> None:
        self.x = x


class Sub(list):
    pass


class SubInt(int):
    pass


class SubStr(str):
    pass


class SubFloat(float):
    pass


class SubTuple(tuple):
    pass


class SubDict(dict):
    pass


class SubSet(set):
    pass


class Point(typing.NamedTuple):
    x: int
    y: int


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Flags(enum.IntFlag):
    A = 1
    B = 2


def test_different_values_differ() -> None:
    found: dict[str, str] = {}
    for text in re.split(r"\s{2,}|\n", DIFFERENT.strip()):
        digest = exact(eval(text))
        assert digest not in found, (text, found[digest])
        found[digest] = text


# --- equal values are equal, however they were made -----------------------------------------------

EQUAL = [
    ("interned and not", lambda: ["abc", "".join(["a", "bc"])], lambda: ["abc", "abc"]),
    ("shared immutables", lambda: [(1000, "x")] * 3, lambda: [(1000, c) for c in ("x", "xy"[:1], "yx"[1:])]),
    ("big ints", lambda: [10**30] * 2, lambda: [10**30, int("1" + "0" * 30)]),
    ("set order", lambda: {*range(50), "a", (1,)}, lambda: {(1,), "a", *reversed(range(50))}),
    ("string set", lambda: set(map(str, range(99))), lambda: set(map(str, reversed(range(99))))),
    ("cycle", lambda: _cycle(1), lambda: _cycle(1)),
    ("function moved", lambda: defined("def it(a): return a+1"), lambda: defined("#\n\n#\n\ndef it(a): return a+1")),
    ("closure", lambda: defined("it = (lambda n: lambda x: x+n)(2)"), lambda: defined("it = (lambda n: lambda x: x+n)(2)")),
    ("class", lambda: defined("class it:\n  a = 1\n  def f(self): return {1,2}"), lambda: defined("#\nclass it:\n\n  a = 1\n\n  def f(self): return {1,2}")),
]  # fmt: skip


def _cycle(x: int) -> list[object]:
    made: list[object] = [x]
    made.append({"me": made})
    return made


@pytest.mark.parametrize(("one", "two"), [case[1:] for case in EQUAL], ids=[c[0] for c in EQUAL])
def test_equal_values_agree(one: Callable[[], object], two: Callable[[], object]) -> None:
    assert exact(one()) == exact(two())


CODE = [
    ("body", "def it(a): return a+1", "def it(a): return a+2"),
    ("operator", "def it(a): return a+1", "def it(a): return a-1"),
    ("type of a constant", "def it(a): return a+1", "def it(a): return a+1.0"),
    ("sign of zero", "def it(a): return 0.0", "def it(a): return -0.0"),
    ("default", "def it(a=1): return a", "def it(a=2): return a"),
    ("keyword default", "def it(*, a=1): return a", "def it(*, a=2): return a"),
    ("closure", "it = (lambda n: lambda: n)(1)", "it = (lambda n: lambda: n)(2)"),
    ("inner function", "def it(): return lambda: 1", "def it(): return lambda: 2"),
    ("global name", "def it(): return a", "def it(): return b"),
    ("name", "def it(): pass", "def f(): pass\nit = f"),
    ("attribute", "def it(): pass", "def it(): pass\nit.a = 1"),
    ("annotation", "def it(a: int): pass", "def it(a: str): pass"),
    ("docstring", "def it(): 'a'", "def it(): 'b'"),
    ("generator", "def it(): return 1", "async def it(): return 1"),
    ("class attribute", "class it: a = 1", "class it: a = 2"),
    ("method", "class it:\n def f(self): return 1", "class it:\n def f(self): return 2"),
    ("base", "class it(int): pass", "class it(str): pass"),
    ("metaclass", "class it: pass", "import abc\nclass it(metaclass=abc.ABCMeta): pass"),
    ("slots", "class it: __slots__ = ('a',)", "class it: __slots__ = ('b',)"),
    ("property", "class it:\n @property\n def f(s): return 1", "class it:\n @property\n def f(s): return 2"),
    ("static", "class it:\n @staticmethod\n def f(s): return 1", "class it:\n @classmethod\n def f(s): return 1"),
    ("cached", "from functools import lru_cache\n@lru_cache(1)\ndef it(): pass", "from functools import lru_cache\n@lru_cache(2)\ndef it(): pass"),
    ("instance of a class", "class C: a = 1\nit = C()", "class C: a = 2\nit = C()"),
    ("enum", "import enum\nclass it(enum.Enum): A = 1", "import enum\nclass it(enum.Enum): A = 2"),
    ("dataclass default", "import dataclasses as d\n@d.dataclass\nclass it: a: int = 1", "import dataclasses as d\n@d.dataclass\nclass it: a: int = 2"),
    ("frozen", "import dataclasses as d\n@d.dataclass\nclass it: a: int = 1", "import dataclasses as d\n@d.dataclass(frozen=True)\nclass it: a: int = 1"),
    ("named tuple", "import collections as c\nit = c.namedtuple('P', 'a b')", "import collections as c\nit = c.namedtuple('P', 'b a')"),
    ("namespace of its own", "d = {'k': 1}\nexec('def f(): return k', d)\nit = d['f']", "d = {'k': 2}\nexec('def f(): return k', d)\nit = d['f']"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), [c[1:] for c in CODE], ids=[c[0] for c in CODE])
def test_different_code_differs(one: str, two: str) -> None:
    assert exact(defined(one)) == exact(defined(one))
    assert exact(defined(one)) != exact(defined(two))


# --- aliases ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [list, dict, set, bytearray, lambda: [1, "a"], lambda: Plain(1), lambda: Slots(1), lambda: Sub([1]),
     collections.deque, lambda: [[]], lambda: ([],), types.SimpleNamespace],
)  # fmt: skip
def test_aliases_inside_a_value_count(make: Callable[[], object]) -> None:
    one = make()
    assert exact([one, one]) != exact([make(), make()])
    assert exact([one, one]) == exact(copy.deepcopy([one, one]))


def test_many_aliased_rows() -> None:
    assert exact([[0] * 3] * 3) != exact([[0] * 3 for _ in range(3)])
    shared = {"a": 1}
    assert exact([shared, {"a": 1}, shared]) != exact([{"a": 1}, shared, shared])
    row = [1]
    assert exact([row, [[1], [2]]]) != exact([row, [row, [2]]])


def test_sets_of_objects_with_identity() -> None:
    assert exact({Plain(1), Plain(2)}) == exact({Plain(2), Plain(1)})
    assert exact({Plain(1), Plain(2)}) != exact({Plain(1), Plain(3)})
    shared: list[int] = []
    assert exact({Plain((1, shared)), Plain((2, shared))}) != exact(
        {Plain((1, [])), Plain((2, []))}
    )
    assert not look({Plain(1), Plain(1)}).exact


# --- mutable, parts ---------------------------------------------------------------------------------

COUNTER = "def make():\n n = 0\n def inc():\n  nonlocal n\n  n += 1\n def get(): return n\n return inc, get\n"
MUTABILITY = [
    (False, "1"), (False, "'a'"), (False, "(1, (2,))"), (True, "(1, [])"), (True, "[]"),
    (False, "frozenset([1])"), (True, "bytearray()"), (False, "memoryview(b'')"),
    (True, "memoryview(bytearray())"), (True, "Plain(1)"), (False, "fractions.Fraction(1)"),
    (False, "pathlib.Path('a')"), (False, "len"), (False, "sys"), (True, "[].append"),
    (False, "lambda: 1"), (False, "lambda a=1: 1"), (True, "lambda a=[]: 1"),
    (False, "(lambda n: lambda: n)(1)"), (True, "(lambda n: lambda: n)([])"),
    (True, "defined(COUNTER + 'it = make()[0]')"), (True, "defined(COUNTER + 'it = make()')"),
    (True, "defined('def it(): pass\\nit.calls = 0')"),
    (False, "defined('class it: a = 1')"), (True, "defined('class it: a = []')"),
    (False, "Point"), (False, "Colour"), (False, "typing.Optional[int]"),
    (False, "defined('import dataclasses as d\\n@d.dataclass\\nclass it: a: int = 1')"),
    (False, "defined('def it(a: dict[str, int], b: \"x\") -> None: pass')"),
    (True, "iter([])"), (True, "threading.Lock()"),
]  # fmt: skip


@pytest.mark.parametrize(("mutable", "text"), MUTABILITY, ids=[text for _, text in MUTABILITY])
def test_mutable(mutable: bool, text: str) -> None:
    assert look(eval(text)).mutable is mutable


def test_parts_name_what_can_change() -> None:
    inner: list[int] = []
    outer = {"a": (1, inner)}
    assert set(look(outer).parts or ()) == {id(inner), id(outer)}
    data = bytearray(8)
    view = memoryview(data)
    assert set(look(view).parts or ()) == {id(view), id(data)}
    assert look((1, "a")).parts == ()
    assert look([threading.Lock()]).parts is None
    assert look([[i] for i in range(9_000)]).parts is not None
    assert look([[i] for i in range(11_000)]).parts is None
    assert look([[[i]] for i in range(6_000)]).parts is None


def test_a_shared_closure_is_a_common_part() -> None:
    inc, get = defined(COUNTER + "it = make()")
    before = exact(get)
    assert set(look(inc).parts or ()) & set(look(get).parts or ())
    inc()
    assert exact(get) != before


# --- opaque objects ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [threading.Lock, lambda: iter([]), lambda: (x for x in ()), lambda: ValueError(1), lambda: sys.stdout])  # fmt: skip
def test_opaque_objects_stand_for_what_the_caller_says(make: Callable[[], object]) -> None:
    value = make()
    for wrapped in (value, [1, value], Plain(value)):
        one = probe(wrapped, lambda obj: "run 1")
        two = probe(wrapped, lambda obj: "run 2")
        assert not one.exact and one.mutable and one.parts is None
        assert one.digest != two.digest
        assert one.digest == probe(wrapped, lambda obj: "run 1").digest


def test_a_value_with_an_opaque_part_still_shows_its_changes() -> None:
    value = [threading.Lock(), [1]]
    before = look(value).digest
    value[1].append(2)  # type: ignore[attr-defined]
    assert look(value).digest != before


def test_an_installed_object_with_an_opaque_part_is_opaque_as_a_whole() -> None:
    value = collections.UserDict(lock=threading.Lock(), rows=[])
    for wrapped in (value, [value], Plain(value)):
        before = look(wrapped)
        assert not before.exact and before.parts is None
        value["rows"].append(1)
        assert look(wrapped).digest == before.digest
    plain = collections.UserDict(rows=[])
    digest = exact(plain)
    plain["rows"].append(1)
    assert exact(plain) != digest
    assert exact([plain, plain]) != exact([plain, copy.deepcopy(plain)])


def test_too_large_values_are_opaque(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint_walk, "LIMIT", 1000)
    monkeypatch.setattr(fingerprint, "LIMIT", 1000)
    for value in (
        "a" * 1001,
        ["a" * 600, "b" * 600],
        bytearray(1001),
        memoryview(bytes(1001)),
        [list("ab") * 300],
    ):
        assert not look(value).exact
    assert look("a" * 900).exact


def test_too_many_elements_are_opaque() -> None:
    assert look(range(10**9)).exact
    assert not look([0] * 2_000_001).exact
    assert not look([[0]] * 2_000_001).exact
    dag: object = ()
    for _ in range(60):
        dag = (dag, dag)
    assert not look(dag).exact


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"a": x}, lambda x: frozenset([x]), Plain])  # fmt: skip
def test_deep_nesting(wrap: Callable[[object], object]) -> None:
    value: object = 1
    with_limit = 2_000 if wrap(1) == frozenset([1]) else 100_000
    for _ in range(with_limit):
        value = wrap(value)
    assert look(value).digest == look(value).digest
    while not isinstance(value, int):  # taken apart by hand: its destructor is recursive
        held: typing.Any = value
        value = (
            held.x
            if isinstance(held, Plain)
            else next(iter(held.values() if isinstance(held, dict) else held))
        )
    del held


def test_code_of_the_user_never_runs() -> None:
    source = """
class Meta(type):
    def __hash__(cls): raise SystemExit("hash of the class")
    def __eq__(cls, other): raise SystemExit("eq of the class")
    def __getattribute__(cls, name): raise SystemExit("getattribute of the class")
    __module__ = property(lambda cls: 1 / 0)
class Trap(metaclass=Meta):
    def __init__(self): object.__setattr__(self, "x", 1)
    def stop(self, *args): raise SystemExit("code of the user ran")
    __eq__ = __getattr__ = __getattribute__ = __reduce__ = __reduce_ex__ = __iter__ = __len__ = stop
    __repr__ = __str__ = __bool__ = __getstate__ = __deepcopy__ = __setattr__ = __sizeof__ = stop
    __hash__ = lambda self: 7
    __class__ = __dict__ = property(stop)
class TrapList(list):
    def stop(self, *args): raise SystemExit("code of the user ran")
    __eq__ = __getattribute__ = __iter__ = __len__ = __getitem__ = __bool__ = __reversed__ = stop
class TrapDict(dict):
    def stop(self, *args): raise SystemExit("code of the user ran")
    __eq__ = __getattribute__ = __iter__ = __len__ = __getitem__ = keys = items = values = stop
class TrapStr(str):
    def stop(self, *args): raise SystemExit("code of the user ran")
    __eq__ = __getattribute__ = __iter__ = __len__ = __str__ = encode = stop
    __hash__ = str.__hash__
class Lazy:
    def __getattr__(self, name): raise SystemExit("code of the user ran")
trap = Trap()
it = [trap, Trap, (trap, trap), [Trap(), Trap()], {"a": Trap()}, TrapList([1]), TrapDict(a=1), TrapStr("a"), Lazy()]
"""
    value = defined(source)
    for part in (value, *value):
        assert probe(part, lambda obj: "run").digest == probe(part, lambda obj: "run").digest


# --- in-place changes -------------------------------------------------------------------------------

CHANGES: list[tuple[Callable[[], typing.Any], Callable[[typing.Any], object]]] = [
    (lambda: [1, 2], lambda x: x.append(3)),
    (lambda: [2, 1], lambda x: x.sort()),
    (lambda: {"a": 1, "b": 2}, lambda x: x.update(a=x.pop("a"))),
    (lambda: {1}, lambda x: x.add(2)),
    (lambda: collections.deque([1, 2]), lambda x: x.rotate()),
    (lambda: collections.OrderedDict(a=1, b=2), lambda x: x.move_to_end("a")),
    (lambda: collections.defaultdict(list), lambda x: x["a"]),
    (lambda: collections.Counter("a"), lambda x: x.update("a")),
    (lambda: bytearray(b"ab"), lambda x: x.reverse()),
    (lambda: memoryview(bytearray(b"ab")), lambda x: x.__setitem__(0, 1)),
    (lambda: Plain(1), lambda x: setattr(x, "y", 1)),
    (lambda: Slots(1), lambda x: delattr(x, "x")),
    (lambda: Sub([1]), lambda x: setattr(x, "y", 1)),
    (lambda: [Plain({})], lambda x: x[0].x.update(a=1)),
    (lambda: types.SimpleNamespace(a=1), lambda x: setattr(x, "a", 2)),
    (lambda: random.Random(1), lambda x: x.random()),
    (lambda: random.Random(1), lambda x: x.gauss(0, 1)),
    (lambda: functools.partial(len, []), lambda x: x.args[0].append(1)),
    (lambda: [].append, lambda x: x(1)),
    (lambda: defined("def it(a=[]): a.append(1)"), lambda x: x()),
    (lambda: defined("def it(): it.n = 1"), lambda x: x()),
    (lambda: defined("class it: a = []"), lambda x: x.a.append(1)),
    (lambda: defined("class it: pass"), lambda x: setattr(x, "f", len)),
    (lambda: defined("class C: a = []\nit = C()"), lambda x: x.a.append(1)),
    (lambda: _cycle(1), lambda x: x[1].pop("me")),
]


@pytest.mark.parametrize(("make", "change"), CHANGES, ids=map(str, itertools.count()))
def test_changes_in_place_show(
    make: Callable[[], object], change: Callable[[object], object]
) -> None:
    value = make()
    before = look(value)
    assert before.exact and look(value).digest == before.digest
    change(value)
    assert look(value).digest != before.digest


# --- properties -------------------------------------------------------------------------------------

ATOM = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.binary(),
    st.text(st.characters(exclude_categories=())),
)  # fmt: skip
KEY = st.one_of(st.integers(), st.text(), st.tuples(st.integers(), st.text()))
VALUE = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEY, inner, max_size=3),
        st.sets(KEY, max_size=4),
        st.frozensets(KEY, max_size=4),
        st.builds(Plain, inner),
        st.builds(Slots, inner),
        st.lists(inner, max_size=3).map(collections.deque),
    ),
    max_leaves=12,
)


def shape(value: typing.Any) -> object:
    """A plain form of a tree: equal exactly for equal values of equal types."""
    if isinstance(value, (Plain, Slots)):
        return (type(value).__name__, shape(value.x))
    if isinstance(value, dict):
        return ("dict", [(shape(k), shape(v)) for k, v in value.items()])
    if isinstance(value, (set, frozenset)):
        return (type(value).__name__, sorted(repr(shape(v)) for v in value))
    if isinstance(value, (list, tuple, collections.deque)):
        return (type(value).__name__, [shape(v) for v in value])
    return (type(value).__name__, repr(value))


@given(VALUE)
@settings(max_examples=150, deadline=None)
def test_a_copy_agrees(value: object) -> None:
    assert exact(copy.deepcopy(value)) == exact(value)


@given(VALUE, VALUE)
@settings(max_examples=200, deadline=None)
def test_digests_agree_exactly_where_values_do(one: object, two: object) -> None:
    assert (exact(one) == exact(two)) == (shape(one) == shape(two))


@given(st.lists(VALUE, min_size=1), st.data())
@settings(max_examples=150, deadline=None)
def test_any_change_in_place_shows(value: list[object], data: st.DataObject) -> None:
    before = exact(value)
    places: list[Callable[[object], None]] = []
    _places(value, places)
    data.draw(st.sampled_from(places))("something new, 1234")
    assert exact(value) != before


def _places(value: typing.Any, found: list[Callable[[object], None]]) -> None:
    if isinstance(value, (list, collections.deque)):
        found.append(value.append)
        children = list(value)
    elif isinstance(value, dict):
        found.append(lambda new: value.__setitem__("a new key, 1234", new))
        children = list(value.values())
    elif isinstance(value, (Plain, Slots)):
        found.append(lambda new: setattr(value, "x", new))
        children = [value.x]
    elif isinstance(value, set):
        found.append(value.add)
        children = []
    else:
        children = list(value) if isinstance(value, tuple) else []
    for child in children:
        _places(child, found)


# --- local modules ----------------------------------------------------------------------------------


def test_local_modules_count_by_source(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "fp_low.py").write_text("def rate(): return 2\n")
    (tmp_path / "fp_high.py").write_text("import fp_low\ndef price(n): return n * fp_low.rate()\n")
    import fp_high  # type: ignore[import-not-found]

    values = (fp_high, fp_high.price, fp_high.fp_low, json)
    before = [exact(value) for value in values]
    assert [exact(value) for value in values] == before
    (tmp_path / "fp_low.py").write_text("def rate(): return 30\n")
    after = [exact(value) for value in values]
    assert [one == two for one, two in zip(before, after, strict=True)] == [False] * 3 + [True]
    del sys.modules["fp_high"], sys.modules["fp_low"]
