"""The analysis against Python's own symbol tables and bytecode, with modules as cells."""

from __future__ import annotations

import ast
import doctest
import os
import random
import textwrap
import time
import warnings
from pathlib import Path

import pytest

from sessions_ls.reactive.names import analyse
from tests.reactive.compiler_oracle import AWAIT, check_file, disagreements

LIBRARY = Path(os.__file__).parent
THOROUGH = "SESSIONS_LS_THOROUGH" in os.environ
SECONDS = 4.0
ENOUGH = 12


def library_files() -> list[str]:
    """The standard library in a fixed random order; the small files only, unless thorough."""
    files = [
        str(path)
        for path in sorted(LIBRARY.rglob("*.py"))
        if "site-packages" not in path.parts and (THOROUGH or path.stat().st_size < 40_000)
    ]
    random.Random(2).shuffle(files)
    return files


def test_the_standard_library() -> None:
    start = time.monotonic()
    checked = 0
    wrong: dict[str, list[str]] = {}
    for path in library_files():
        if not THOROUGH and checked >= ENOUGH and time.monotonic() - start > SECONDS:
            break
        _, found = check_file(path)
        if found is not None:
            checked += 1
            if found:
                wrong[path] = found
    assert checked >= ENOUGH
    assert not wrong


# What the catalogue has no room for, or where the compiler's view is the point.
SNIPPETS = [
    "class A:\n  x = [a for a in b]\n  def m(self): return [__class__ for a in b if a]",
    "def f():\n  class A:\n    a = 1\n    b = [a for _ in c]\n    def m(self): return a",
    "def f(a):\n  def g():\n    nonlocal a\n    a = b\n    def h(): return a, c\n  return g",
    "def f():\n  x = 1\n  def g():\n    global x\n    def h(): return x\n",
    "def top(a):\n  return a, b",
    "x = lambda a, *b, c=d, **e: (a, b, c, e, f)",
    "class A:\n  __x = 1\n  def __f(self, __y): return __x, __y, __z\n  class __B: __x",
    "class A:\n  import __a, b.__c\n  global __d\n  __d = 1",
    "def f():\n  for x in y:\n    try: z\n    except E as e: del e\n  else: return x",
    "[[a for a in b if c] for b in d if (e := b)]",
    "def f():\n  return {k: v for k, v in a for k in v}, lambda k: [k, v]",
    "async def f():\n  return [a async for b in c async for a in b]",
    "x: a.b[c]\ny.z: d = e\n(w): g\ndef f(h: i = j) -> k:\n  l: m = n\n  o.p: q\n",
    "if 0:\n  a = b\nwhile 0: c\n",
    "def f():\n  return 1\n  a\n  def g(): return b",
]


@pytest.mark.parametrize("source", SNIPPETS)
def test_snippets(source: str) -> None:
    assert disagreements(source) == []


def invalid_and_valid_code() -> list[str]:
    """The pieces of code in Python's own tests of its compiler, where they are installed."""
    found: list[str] = []
    for name in ("test_syntax", "test_named_expressions", "test_global", "test_type_params"):
        path = LIBRARY / "test" / f"{name}.py"
        if not path.exists():
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if ">>>" in node.value:
                    examples = doctest.DocTestParser().get_examples(node.value)
                    found += [example.source for example in examples]
                found.append(textwrap.dedent(node.value).strip("\n"))
    return found


def test_errors_are_those_of_the_compiler() -> None:
    sources = invalid_and_valid_code()
    if not sources:
        pytest.skip("this Python comes without its tests")
    for source in sources:
        assert (analyse(source).error is None) == compiles(source), source


def compiles(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<cell>", "exec", AWAIT, True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True
