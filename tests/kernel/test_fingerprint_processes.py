"""Exact fingerprints are the same in another process, on every Python the kernel runs on."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

KERNEL = pathlib.Path(__file__).parents[2] / "sessions_ls" / "kernel"
VERSIONS = pathlib.Path.home() / ".pyenv" / "versions"

# Made in a `__main__` of its own, as a notebook does; every value must be exact.
PROGRAM = '''
import collections, dataclasses, datetime, decimal, enum, fractions, functools, json, math, os
import pathlib, random, re, sys, types, typing, uuid

package = types.ModuleType("_sessions_kernel")
package.__path__ = [sys.argv[1]]
sys.modules["_sessions_kernel"] = package
from _sessions_kernel.fingerprint import probe

@dataclasses.dataclass
class Order:
    who: str
    items: typing.List[int] = dataclasses.field(default_factory=list)
    def total(self) -> "int": return sum(self.items)
    @property
    def empty(self): return not self.items
    @functools.cached_property
    def cached(self): return {1, "a"}
@dataclasses.dataclass(frozen=True, order=True)
class Frozen:
    x: int = 1
class Slots:
    __slots__ = ("a", "b", "__weakref__")
    def __init__(self): self.a = 1
class Mixed(Slots):
    def __init__(self): super().__init__(); self.c = {"x", "y", "z"}
class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"
class Bits(enum.Flag):
    A = 1
    B = 2
class Point(typing.NamedTuple):
    x: int
    y: float = 0.5
class Names(list): pass
class Number(int): pass
class Box(typing.Generic[typing.TypeVar("T")]):
    size: int = 3
class Random(random.Random): pass
Pair = collections.namedtuple("Pair", "a b", defaults=[1])
def counter():
    n = 0
    def inc():
        nonlocal n
        n += 1
        return n
    return inc
def generic(a, /, b: "int" = 1, *c: typing.Optional[int], d={"x", "y"}, **e):
    """Doc."""
    with open(a) as f:
        try: return [f for f in {"a", "b", "c"} if f in {1, 2, "three"}]
        finally: print(lambda: c)
@functools.lru_cache(maxsize=3)
def cached(n): return n
async def later(): return 1
loop = [1]; loop.append(loop)
VALUES = dict(
    atoms=[None, True, 1, 2**70, 1.5, float("nan"), -0.0, 1j, "a", "\\ud800", b"a", ...],
    words={"alpha", "beta", "gamma", b"x", 1, None, (1, "y")}, frozen=frozenset("abcdef"),
    sets={frozenset("abc"), frozenset("de")}, text=set(map(str, range(100))),
    nested={"a": [1, {"b": (2, {3})}]}, loop=loop, rows=[{"a": 1, "b": "x"}] * 2,
    deque=collections.deque([1], 2), ordered=collections.OrderedDict(b=1, a=2),
    counter=collections.Counter("abca"), default=collections.defaultdict(list, a=[1]),
    time=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
    day=datetime.date(2020, 1, 1), decimal=decimal.Decimal("1.50"), third=fractions.Fraction(1, 3),
    uuid=uuid.UUID(int=7), path=pathlib.Path("/tmp/x"), pattern=re.compile("a+", re.I),
    space=types.SimpleNamespace(a=1), partial=functools.partial(generic, 1, b=2),
    rng=random.Random(1), own_rng=Random(3), order=Order("me", [1]), Order=Order,
    frozen_instance=Frozen(2), Frozen=Frozen,
    slots=Slots(), mixed=Mixed(), red=Colour.RED, Colour=Colour, bits=Bits.A | Bits.B, Bits=Bits,
    point=Point(1), Point=Point, pair=Pair(1), Pair=Pair, names=Names("ab"), number=Number(5),
    Box=Box, box=Box(), closure=counter(), function=generic, cached=cached, later=later,
    annotation=typing.Dict[str, typing.Optional[int]], alias=typing.Callable[..., int],
    method=Order("a").total, builtin=len, bound=[1].append, json=json, dumps=json.dumps, math=math,
    join=os.path.join, objects={Frozen(1), Frozen(2), Frozen(3)}, instances={Slots(), Mixed()},
    range=range(3), slice=slice(1, None), view=memoryview(b"abc"), bytes=bytearray(b"abc"),
    proxy=types.MappingProxyType({"a": 1}), NoneType=type(None), exec_code=generic.__code__,
)
ok = True
for name, value in VALUES.items():
    met = []
    seen = probe(value, lambda obj: met.append(obj) or "opaque")
    print(name, seen.digest, seen.mutable)
    if not seen.exact:
        ok = False
        print("NOT EXACT", name, met, file=sys.stderr)
sys.exit(not ok)
'''

INTERPRETERS = {"this": sys.executable} | {
    found.parents[1].name: str(found)
    for found in sorted(VERSIONS.glob("3.*/bin/python"))
    if tuple(map(int, found.parents[1].name.split(".")[:2])) >= (3, 9)
}


def digests(python: str, seed: str, flags: tuple[str, ...] = ()) -> str:
    done = subprocess.run(
        [python, *flags, "-c", PROGRAM, str(KERNEL)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", INTERPRETERS)
def test_the_same_in_two_processes(name: str) -> None:
    python = INTERPRETERS[name]
    first = digests(python, "1")
    assert len(first.splitlines()) > 50
    assert digests(python, "2") == first


def test_kernel_modules_import_little() -> None:
    program = (
        "import sys, types; sys.modules['k'] = p = types.ModuleType('k'); p.__path__ = sys.argv[1:]"
        "; before = set(sys.modules); import k.fingerprint; k.fingerprint.probe([1, len, {}], str);"
        "print(*sorted(m for m in set(sys.modules) - before if not m.startswith('k.')))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, str(KERNEL)],
        capture_output=True,
        text=True,
        check=True,
    )
    allowed = {
        "__future__",
        "_blake2",
        "marshal",
        "os",
        "stat",
        "_stat",
        "posixpath",
        "genericpath",
    }
    assert set(done.stdout.split()) <= allowed | {"os.path", "_collections_abc", "abc", "_abc"}
