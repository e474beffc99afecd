"""The digest of code: equal for equal programs however they are written, and only for those."""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_ls.reactive import codehash
from sessions_ls.reactive.codehash import digest

LIBRARY = Path(os.__file__).parent
OTHER_VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def of(source: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return digest(ast.parse(source))


SAME = [
    ("x = 1", "x  =  1  # a comment"),
    ("x = 1\ny = 2", "x = 1; y = 2"),
    ("x = 1\n\n\ny = 2\n", "# %%\nx = 1\ny = 2"),
    ("x = 'a'", 'x = "a"'),
    ("x = 'ab'", "x = 'a' 'b'"),
    ("x = 'a\\nb'", "x = '''a\nb'''"),
    ("x = u'a'", "x = 'a'"),
    ("x = r'\\d'", "x = '\\\\d'"),
    ("x = (1)", "x = 1"),
    ("x = (a, b)", "x = a, b,"),
    ("f(a, b)", "f(\n    a,\n    b,\n)"),
    ("x = 1_000", "x = 1000"),
    ("x = 0x10", "x = 16"),
    ("x = 1.50", "x = 1.5"),
    ("if a:\n  b", "if a: b"),
    ("if a: b\nelse:\n  if c: d", "if a: b\nelif c: d"),
    ("f'{a}'", 'f"{a}"'),
    ("f'a' f'b{c}'", "'a' f'b{c}'"),
    ("f'a{b}c' 'd'", "f'a{b}cd'"),
    ("from a import (b, c)", "from a import b, c"),
    ("ﬁ = 1", "fi = 1"),
]
DIFFERENT = [
    "x = 1",
    "x = 1.0",
    "x = True",
    "x = 1j",
    "x = '1'",
    "x = b'1'",
    "x = ''",
    "x = b''",
    "x = f''",
    "x = f'1'",
    "x = None",
    "x = ...",
    "x = 'None'",
    "x = -1",
    "x = 0.0",
    "x = -0.0",
    "x = 0",
    "x = 1e999",
    "x = 0x" + "f" * 5000,
    "x = 0x" + "f" * 5001,
    "x = '\\ud800'",
    "x = '\\ud801'",
    "x = a",
    "y = 1",
    "x == 1",
    "x += 1",
    "x -= 1",
    "x: int = 1",
    "x: int",
    "(x): int",
    "x = y = 1",
    "x = 1; y = 1",
    "x, y = 1",
    "x = [1]",
    "x = {1}",
    "x = (1,)",
    "x = {}",
    "x = []",
    "x = ()",
    "x = {**a}",
    "x = {a: b}",
    "x = {a: b, **c}",
    "x = {**c, a: b}",
    "f(a, b)",
    "f(a, *b)",
    "f(a, b=b)",
    "f(a, **b)",
    "f(a)(b)",
    "f(a); b",
    "a.b",
    "a.c",
    "a[b]",
    "a[b:]",
    "a[:b]",
    "a[::b]",
    "a[b,]",
    "a + b * c",
    "(a + b) * c",
    "a < b < c",
    "(a < b) < c",
    "a and b and c",
    "(a and b) and c",
    "a or b or c",
    "lambda: a",
    "lambda a: a",
    "lambda *a: a",
    "lambda **a: a",
    "lambda *, a: a",
    "lambda a=a: a",
    "lambda *, a=a: a",
    "lambda a, /: a",
    "[a for a in b]",
    "(a for a in b)",
    "{a for a in b}",
    "[a for a in b if c]",
    "[a for a in b for c in d]",
    "[a async for a in b]",
    "await a",
    "import a",
    "import a as b",
    "import a.b",
    "from a import b",
    "from . import b",
    "from .. import b",
    "from .a import b",
    "from a import *",
    "def f(): pass",
    "async def f(): pass",
    "def f() -> a: pass",
    "def f(a): pass",
    "def f(a: b): pass",
    "@a\ndef f(): pass",
    "def f(): 'doc'",
    "def f():\n  'doc'\n  pass",
    "def f(): return",
    "def f(): return None",
    "class f: pass",
    "class f(a): pass",
    "class f(a=a): pass",
    "class f(*a): pass",
    "if a: b",
    "if a: b\nelse: c",
    "if a: b\nc",
    "while a: b",
    "while a: b\nelse: c",
    "for a in b: c",
    "for a in b: c\nelse: d",
    "with a: b",
    "with a as b: b",
    "with a, b: b",
    "try: a\nexcept: b",
    "try: a\nexcept b: b",
    "try: a\nexcept b as c: b",
    "try: a\nfinally: b",
    "try: a\nexcept: b\nelse: c",
    "try: a\nexcept: b\nfinally: c",
    "try: a\nexcept: b\nelse: c\nfinally: d",
    "raise",
    "raise a",
    "raise a from b",
    "assert a",
    "assert a, b",
    "global a",
    "global a, b",
    "del a",
    "f'{a}'",
    "f'{a!r}'",
    "f'{a!s}'",
    "f'{a:b}'",
    "f'{a:{b}}'",
    "f'{a=}'",
    "f'b{a}'",
    "f'{a}b'",
    "'{a}'",
]
PATTERNS = ["True", "False", "None", "1", "'a'", "a", "_", "[a]", "[*a]", "[*_]", "{'a': a}"]
PATTERNS += ["{'a': a, **b}", "A()", "A(a)", "A(a=a)", "a.b", "1 | 2", "1 | a", "1 as a", "(1, a)"]
DIFFERENT += [f"match x:\n  case {pattern}: pass" for pattern in PATTERNS]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_how_code_is_written_does_not_count(one: str, other: str) -> None:
    assert of(one) == of(other)


def test_different_programs_have_different_digests() -> None:
    digests: dict[str, str] = {}
    for source in DIFFERENT:
        assert digests.setdefault(of(source), source) == source
    assert all(len(text) == 16 and int(text, 16) >= 0 for text in digests)


ODD_CONSTANTS = [0.0, -0.0, 0j, complex(0.0, -0.0), complex(-0.0, 0.0), float("nan"), 0, False]
ODD_CONSTANTS += [float("inf"), -1, (), (1,), (1.0,), ((1,),), "", b"", "a\nb", "a\0b", "\ud800"]


def test_constants_that_no_source_spells_differ_too() -> None:
    trees = [ast.Module([ast.Expr(ast.Constant(value))], []) for value in ODD_CONSTANTS]
    assert len({digest(tree) for tree in trees}) == len(trees)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_type_parameters_count() -> None:
    sources = ["def f(): pass", "def f[T](): pass", "def f[*T](): pass", "def f[T: a](): pass"]
    sources += ["class f: pass", "class f[T]: pass", "type T = a", "type T[T] = a"]
    assert len({of(source) for source in sources}) == len(sources)


def test_no_depth_is_too_deep() -> None:
    assert of("x = a" + " + a" * 900) != of("x = a" + " + a" * 899)


# Mutations: two trees have one digest exactly when they have one dump.


def _statements() -> list[str]:
    """Statements of the standard library as text, the short ones."""
    found = []
    for name in (
        "argparse",
        "ast",
        "asyncio/tasks",
        "dataclasses",
        "decimal",
        "typing",
        "statistics",
    ):
        path = LIBRARY / f"{name}.py"
        source = path.read_text("utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.stmt) and not isinstance(node, ast.ClassDef):
                text = ast.unparse(node)
                if 20 < len(text) < 800:
                    found.append(text)
    return sorted(set(found))


STATEMENTS = _statements()


def same_dump(one: ast.Module, other: ast.Module) -> bool:
    return _dump(one) == _dump(other)


def _dump(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = None
    return ast.dump(tree)


def mutate(tree: ast.Module, rng: random.Random) -> None:
    """Changes one thing somewhere in the tree, perhaps into something equal."""
    nodes = [node for node in ast.walk(tree) if node._fields]
    node = rng.choice(nodes)
    field = rng.choice(node._fields)
    value = getattr(node, field)
    if field in ("ctx", "kind", "type_comment", "type_ignores"):
        return
    if isinstance(value, list) and value:
        if rng.random() < 0.5:
            value.pop(rng.randrange(len(value)))
        else:
            rng.shuffle(value)
    elif isinstance(value, ast.operator):
        setattr(node, field, rng.choice([ast.Add(), ast.Sub(), ast.Mult()]))
    elif isinstance(value, bool) or value is None or isinstance(value, ast.AST):
        other = rng.choice(nodes)
        if isinstance(value, ast.expr) and isinstance(other, ast.expr):
            setattr(node, field, rng.choice([value, ast.Name("x", ast.Load()), ast.Constant(1)]))
    elif isinstance(value, int):
        setattr(node, field, rng.choice([value, value + 1]))
    elif isinstance(value, str):
        setattr(node, field, rng.choice([value, value + "_"]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(STATEMENTS), st.sampled_from(STATEMENTS), st.randoms(use_true_random=False))
def test_digests_are_equal_exactly_when_the_trees_are(
    one: str, other: str, rng: random.Random
) -> None:
    tree, changed, second = ast.parse(one), ast.parse(one), ast.parse(other)
    assert digest(tree) == of(ast.unparse(tree)) or not same_dump(
        tree, ast.parse(ast.unparse(tree))
    )
    for _ in range(5):
        mutate(changed, rng)
        assert (digest(tree) == digest(changed)) == same_dump(tree, changed)
    assert (digest(tree) == digest(second)) == same_dump(tree, second)


# Versions: one program has one digest under every Python that can parse it.

DIGEST_ALL = """
import ast, importlib.util, json, sys, warnings
warnings.simplefilter("ignore")
spec = importlib.util.spec_from_file_location("codehash", sys.argv[1])
codehash = importlib.util.module_from_spec(spec)
spec.loader.exec_module(codehash)
found = []
for source in json.load(sys.stdin):
    try:
        found.append(codehash.digest(ast.parse(source)))
    except SyntaxError:
        found.append(None)
print(json.dumps(found))
"""


def interpreter(version: str) -> str | None:
    """An installed Python of this version, other than the running one."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return None
    managed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if managed:
        return str(managed[-1])
    return shutil.which(f"python{version}")


@pytest.mark.parametrize("version", OTHER_VERSIONS)
def test_other_versions_agree(version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no other Python {version} is installed")
    rng = random.Random(3)
    files = sorted(LIBRARY.glob("*.py"))
    whole = [path.read_text("utf-8") for path in rng.sample(files, 25)]
    snippets = [source for source in DIFFERENT if "\\ud" not in source]
    sources = snippets + rng.sample(STATEMENTS, 300) + whole
    run = subprocess.run(
        [python, "-c", DIGEST_ALL, codehash.__file__],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    theirs = json.loads(run.stdout)
    compared = 0
    for source, other in zip(sources, theirs, strict=True):
        if other is not None:
            assert of(source) == other, source[:500]
            compared += 1
    assert compared > 0.8 * len(sources)
