"""What the variables of a live notebook hold, and that nothing changes when they are asked for."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions_ls.live.variables import BEFORE, BUSY, NOTHING
from tests.kernel.kernels import INTERPRETERS
from tests.live.sessions import SharedKernel, Told
from tests.live.shared import NO_HANG, Person, at_notebook, until, who_holds

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedKernel]:
    """A kernel for all notebooks here."""
    kernel = SharedKernel()
    yield kernel
    kernel.end()


def described(told: Told, answer: Answer) -> str:
    """The variables in the words of the table below; `?` where the value is not held."""
    numbers = {cell.ident: cell.number for cell in told.session.view().cells}
    return "; ".join(
        f"{one['name']}={one['value'] if one['held'] else '?'} @{numbers[one['id']]}"
        for one in answer["variables"]
    )


SEEN = r"""
== each name at its last definition, in the order of the cells
# %%
x = 1
b = 0
# %%
x = x + 1
--
all: b=0 @1; x=2 @2
1: b=0 @1; x=1 @1
2: b=0 @1; x=2 @2

== a name that is deleted is gone
# %%
x = 1
y = 2
# %%
del x
--
all: y=2 @1
1: x=1 @1; y=2 @1

== what a cell changes in place is its own, and no longer that of the cell above
# %%
rows = [1]
other = [5]
# %%
rows.append(2)
--
all: other=[5] @1; rows=[1, 2] @2
1: other=[5] @1; rows=? @1

== a change that the text does not show
# %%
rows = [1]
def add(n): rows.append(n)
# %%
add(7)
--
all: add=add(n) @1; rows=[1, 7] @2

== a cell gets a name from below
# %%
total = rate * 2
# %%
rate = 3
--
all: total=6 @1; rate=3 @2
1: total=6 @1; rate=3 @2

== names that only the run shows, of modules and private ones too
# %%
exec("found = 1")
# %%
import math
_hidden = found
--
all: found=1 @1; _hidden=1 @2; math=math @2

== a cell that failed gives nothing
# %%
x = 1
# %%
x = 2
y = 3
1 / 0
--
all:
1: x=1 @1

== generators of random numbers are no variables
# %%
import random
random.seed(1)
# %%
n = random.randint(1, 1)
--
all: random=random @1; n=1 @2
"""


def cases() -> list[tuple[str, str, str]]:
    found = []
    for block in SEEN.split("\n== ")[1:]:
        name, _, rest = block.partition("\n")
        notebook, _, expected = rest.partition("\n--\n")
        found.append((name, notebook + "\n", expected.strip()))
    return found


@pytest.mark.parametrize(
    ("notebook", "expected"), [case[1:] for case in cases()], ids=[case[0] for case in cases()]
)
def test_what_is_seen(tmp_path: Path, shared: SharedKernel, notebook: str, expected: str) -> None:
    told = Told(str(tmp_path / "n.py"), shared)
    told.submit(notebook)
    told.run(all=True)
    lines = []
    for line in expected.splitlines():
        where = line.partition(":")[0]
        at = None if where == "all" else told.session.view().cells[int(where) - 1].ident
        answer = told.session.variables(at)
        assert (answer["current"], answer["why"]) == (True, None)
        lines.append(f"{where}: {described(told, answer)}".rstrip())
    assert "\n".join(lines) == expected
    told.close()


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.split(os.sep)[-3])
def test_in_every_python(tmp_path: Path, python: str) -> None:
    told = Told(str(tmp_path / "n.py"), python=python)
    told.submit(
        "# %%\nimport dataclasses, enum, datetime\n"
        "@dataclasses.dataclass\nclass Data:\n    x: int = 1\n"
        "class Colour(enum.Enum):\n    RED = 1\n"
        "# %%\ndata, red, when = Data(), Colour.RED, datetime.date(2026, 1, 2)\n"
        "def f(a, *, b=None): pass\nrows = [data] * 100\n"
    )
    told.run()
    shown = described(told, told.session.variables())
    assert shown.partition("; data=")[2] == (
        "Data(x=1) @2; f=f(a, *, b=None) @2; red=Colour.RED @2; "
        f"rows=[{'Data(x=1), ' * 8}…] @2; when=2026-01-02 @2"
    )
    told.close()


TOUCHY = """\
# %%
import random
random.seed(3)
# %%
class Touchy:
    looks = 0
    def __repr__(self):
        Touchy.looks += 1
        random.random()
        print("looked")
        return "touchy"
    def __len__(self):
        self.counted = True
        return 3
    def __getattr__(self, name):
        self.__dict__.setdefault("asked", []).append(name)
        raise AttributeError(name)
touchy = Touchy()
rows = [touchy, {"a": touchy}]
# %%
class Slow:
    def __repr__(self):
        import time
        time.sleep(60)
slow = Slow()
# %%
first = random.random()
# %%
(len(vars(touchy)), Touchy.looks, random.random())
"""


def test_asking_changes_nothing(tmp_path: Path, shared: SharedKernel) -> None:
    asked, silent = (Told(str(tmp_path / f"{name}.py"), shared) for name in ("asked", "silent"))
    for told in (silent, asked):
        told.submit(TOUCHY)
        told.run(all=True)
        if told is asked:
            before = told.session.snapshot()
            for _ in range(3):
                started = time.monotonic()
                answer = told.session.variables()
                assert time.monotonic() - started < NO_HANG
                names = {one["name"]: one["value"] for one in answer["variables"]}
                assert names["touchy"] == "Touchy()"
                assert names["rows"] == "[Touchy(), {'a': Touchy(…)}]"
                assert names["slow"] == "Slow()"
            assert told.session.snapshot() == before
            assert told.states == ["fresh"] * 5
            assert told.run().ran == 0
        told.run(5)
        assert told.ran == [5]
        if told is silent:
            told.close()
    assert asked.shown(5) == silent.shown(5) != ""
    assert "looked" not in asked.described()
    asked.close()


def test_output_that_comes_in_between_is_kept(tmp_path: Path, shared: SharedKernel) -> None:
    told = Told(str(tmp_path / "n.py"), shared)
    printed = tmp_path / "printed"
    told.submit(
        "# %%\nimport threading, time\ndef work():\n    time.sleep(0.3)\n"
        f"    print('late', flush=True)\n    open({str(printed)!r}, 'w').close()\n"
        "threading.Thread(target=work).start()\n# %%\n1\n"
    )
    told.run(1)
    until(printed.exists, lambda: "it prints nothing")
    assert told.session.variables()["current"]
    told.run(2)
    [late] = [event for event in told.events if event["event"] == "output"]
    assert (late["number"], late["text"]) == (1, "late\n")
    told.close()


NAP = "# %%\nx = 1\n# %%\nimport time\ntime.sleep(30)\n"


def test_while_a_cell_runs_the_answer_comes_at_once(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", NAP, "editor") as (editor,):
        assert editor.client.variables()["why"] == NOTHING
        editor.run(1)
        wait = editor.begin(2)
        editor.sees("fresh running")
        assert timed(editor) == (False, BUSY, [])
        editor.client.interrupt()
        wait()
        assert timed(editor) == (True, None, [("x", "1", 1, "fresh")])
        wait = editor.begin(2)
        editor.sees("fresh running")
        assert timed(editor) == (False, BEFORE, [("x", "1", 1, "fresh")])
        assert editor.client.variables(at=1)["why"] == BUSY
        editor.client.interrupt()
        wait()
        editor.client.restart()
        assert timed(editor) == (False, NOTHING, [])


def test_whoever_saw_the_last_result_is_told_what_it_left(
    tmp_path: Path, shared: SharedKernel
) -> None:
    """The result comes before the end of the run, and somebody asks in between."""
    told = Told(str(tmp_path / "n.py"), shared)
    told.submit("# %%\nx = 1\n")
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(told.session.variables()))

    def ask(event: dict[str, Any]) -> None:
        if event["event"] == "cell" and event["state"] == "ok":
            asking.start()
            asking.join(0.05)  # it would have its answer, were there no run to wait for

    told.on_event = ask
    told.run(1)
    asking.join()
    assert [(one["current"], described(told, one)) for one in answers] == [(True, "x=1 @1")]
    told.close()


def timed(person: Person) -> tuple[bool, str | None, list[tuple[Any, ...]]]:
    started = time.monotonic()
    answer = person.client.variables()
    assert time.monotonic() - started < NO_HANG
    rows = [(v["name"], v["value"], v["cell"], v["state"]) for v in answer["variables"]]
    return answer["current"], answer["why"], rows


def test_cells_are_those_of_the_client(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", "# %%\nx = 1\n# %%\ny = x\n", "a", "b") as (a, b):
        a.run()
        b.sees("fresh fresh")
        b.type("# %%\nx = 1\n", "# %% New\n0\n# %%\nx = 1\n")
        b.type("x = 1", "x = 5")
        assert timed(b)[2] == [("x", "1", 2, "stale"), ("y", "1", 3, "stale")]
        assert timed(a)[2] == [("x", "1", 1, "fresh"), ("y", "1", 2, "fresh")]
        a.type("# %%\ny = x\n", "")
        assert timed(a)[2] == [("x", "1", 1, "fresh")]


def test_without_a_session_the_reason_is_said(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    notebook.write_text("# %%\nx = 1\n")
    alone = Person(notebook, start=False)
    assert timed(alone) == (False, "n.py has no live session", [])


@pytest.mark.parametrize("who", ["kernel", "session"])
def test_whoever_hangs_keeps_nobody_waiting(tmp_path: Path, who: str) -> None:
    with at_notebook(tmp_path / "n.py", "# %%\nx = 1\n", "editor") as (editor,):
        editor.run()
        held = who_holds(tmp_path / "n.py")
        assert held is not None
        pid = editor.client.kernel_json()["pid"] if who == "kernel" else held.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            current, why, rows = timed(editor)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert (current, rows) == (False, [])
        assert why is not None
        assert "not answer" in why
        until(lambda: timed(editor)[0], lambda: "it does not come back")
        assert editor.run(1).ok


def test_a_kernel_that_died_while_nobody_asked(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", "# %%\nx = 1\nx\n", "editor") as (editor,):
        editor.run()
        os.kill(editor.client.kernel_json()["pid"], signal.SIGKILL)
        current, why, rows = timed(editor)
        assert (current, rows) == (False, [])
        assert why is not None
        assert why.startswith("the kernel died") or why == NOTHING  # the session was first
        editor.sees("fresh*")
        assert editor.run(1).ok
        assert timed(editor)[2] == [("x", "1", 1, "fresh")]
