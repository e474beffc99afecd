"""Cells in newer syntax than our own Python knows are read by the notebook's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sessions_ls.live import newer
from sessions_ls.live.newer import NewerPython
from sessions_ls.reactive.names import analyse
from tests.kernel.kernels import newer_python, version
from tests.live.shared import Person, at_notebook, until, who_holds


@pytest.fixture(scope="module")
def python() -> str:
    """The newest interpreter there is, where it knows syntax that ours does not."""
    return newer_python()


BOTH_KNOW = [
    ("", False),
    ("# nothing\n", False),
    ("x = [y for y in z if (w := y)]\nx.append(a.b[c])\n", False),
    ("def f(n: Late) -> None:\n    return n + far\n\nf(1)\n", True),
    ("'é'; ö = ä\nfrom m import *\n", False),
    ("try:\n    x\nexcept NameError:\n    x = exec('y = 1')\n", False),
    ("x = = 1\n", False),
]


def test_it_finds_what_we_find(python: str) -> None:
    other = NewerPython(python)
    found = other.names(BOTH_KNOW)
    other.close()
    for text, names in zip(BOTH_KNOW, found, strict=True):
        assert names.reader == ".".join(map(str, version(python)))
        del names.reader
        assert names.plain() == analyse(*text).plain()


SCRIPTS = {
    "ends": "#!/bin/sh\nexit 1\n",
    "is silent": "#!/bin/sh\nsleep 60\n",
    "babbles": "#!/bin/sh\necho hello there >&0\nsleep 60\n",
    "is none": "",
    "is not newer": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
}


@pytest.mark.parametrize("what", SCRIPTS)
def test_one_that_is_of_no_use(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "is silent" in what or "babbles" in what:
        monkeypatch.setattr(newer, "PATIENCE", 0.2)
    script = tmp_path / "python"
    script.write_text(SCRIPTS[what])
    script.chmod(0o755)
    other = NewerPython(str(script))
    assert [other.names([("x = = 1", False)]) for _ in range(2)] == [[], []]
    other.close()


TEXT = """\
# %%
type Pair[T] = tuple[T, T]
def first[T](pair: Pair[T]) -> T:
    return pair[0]
# %%
prices = {"tea": 3}
f"{prices["tea"]}"
# %%
first((prices["tea"], 0))
"""


def test_a_notebook_in_newer_syntax(python: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.sessions]\npython = "{python}"\n')
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, TEXT, "a", "b") as (a, b):
        assert a.states == "error error new"
        assert a.run().ok
        for person in (a, b):
            person.sees("fresh fresh fresh")
            assert person.texts == ["", "'3'", "3"]
            assert told(person) == []
        b.type('"tea": 3', '"tea": 4')
        b.sees("fresh stale stale")
        b.save()
        assert b.run().ran == 2
        assert b.texts == ["", "'4'", "4"]
        a.type("return pair[0]", "return = pair[0]")
        until(lambda: told(a) == ["invalid syntax"], lambda: f"{told(a)}")
        a.type("return = pair[0]", "return pair[0]")
        a.reload()
        a.sees("fresh fresh fresh")
        [reader] = readers(notebook)
    until(lambda: not Path(f"/proc/{reader}").exists(), lambda: "its process is still there")


def told(person: Person) -> list[str]:
    """The problems that somebody sees."""
    return [problem.message for problem in person.client.view().problems]


def readers(notebook: Path) -> list[int]:
    """The processes that read this notebook's cells: children of its session."""
    held = who_holds(notebook)
    assert held is not None
    threads = Path(f"/proc/{held.pid}/task").glob("*/children")
    children = [pid for thread in threads for pid in thread.read_text().split()]
    return [
        int(pid)
        for pid in children
        if b"sessions_ls.reactive.reader" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
