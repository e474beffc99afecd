"""The promise: every result is marked stale, or is what a fresh run of the file shows.

Random notebooks, random edits, random run requests. A plain run plays the same stories every time;
`SESSIONS_LS_THOROUGH=7` plays 10,000 steps of new ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings
from tests.live.inprocess import open_session
from tests.live.promise import Referee, Step, Tally, in_this_process, play, reduced, told
from tests.live.random_notebooks import HEAD, story, text

THOROUGH = int(os.environ.get("SESSIONS_LS_THOROUGH", "1"))
STEPS = 12
SEEDS = st.integers(0, 2**32)
Open = Callable[[], LiveSession]


def stories(number: int) -> settings:
    """Settings for so many examples. A seed says nothing by being small, so none is shrunk."""
    return settings(
        max_examples=number * THOROUGH,
        deadline=None,
        derandomize=THOROUGH == 1,
        phases=(Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


def check(
    tale: list[Step], opened: Open, referee: Referee, new_kernels: bool, tally: Tally | None = None
) -> None:
    """Play a story; where it breaks the promise, fail with the smallest story that does."""

    def outcome(steps: list[Step], tally: Tally | None = None) -> str | None:
        session = opened()
        try:
            return play(steps, session, referee, new_kernels, tally)
        finally:
            session.close()

    if outcome(tale, tally) is not None:
        small = reduced(tale, lambda steps: outcome(steps) is not None)
        pytest.fail(f"{outcome(small)}\n{told(small)}", pytrace=False)


def in_process() -> LiveSession:
    return open_session("/nowhere/notebook.py")


@pytest.mark.parametrize(
    ("head", "new_kernels", "number"),
    [
        pytest.param(HEAD, False, 50, id="one live kernel"),
        pytest.param(HEAD, True, 25, id="a new kernel at every step"),
        pytest.param([], False, 30, id="definitions anywhere, one live kernel"),
        pytest.param([], True, 15, id="definitions anywhere, a new kernel at every step"),
    ],
)
def test_promise(
    head: list[str],
    new_kernels: bool,
    number: int,
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
) -> None:
    tally = Tally()

    @stories(number)
    @given(SEEDS)
    def kept(seed: int) -> None:
        check(story(Random(seed), STEPS, head), in_process, in_this_process, new_kernels, tally)

    kept()
    record_property("promise", f"{request.node.callspec.id}: {tally}")


# -- with real kernels, and a process of its own for every fresh run -------------------------------

# What a cell shows is written after it ran, so that all of it is plain `python notebook.py`.
REFEREE = """
import ast, io, json, sys
from contextlib import redirect_stdout

names = globals()
for source in json.load(sys.stdin):
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(tree, "<cell>", "exec"), names)
        shown = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
    print(json.dumps(out.getvalue() + ("" if shown is None else repr(shown))), flush=True)
"""


class PlainPython:
    """A referee that runs the cells in a new process. What comes after a failing cell is open."""

    def __init__(self) -> None:
        self._known: dict[str, list[str | None]] = {}

    def __call__(self, cells: list[str]) -> list[str | None]:
        file = text(cells)
        if file not in self._known:
            done = subprocess.run(
                [sys.executable, "-S", "-E", "-c", REFEREE],
                input=json.dumps(cells),
                capture_output=True,
                text=True,
                timeout=60,
            )
            shown: list[str | None] = [json.loads(line) for line in done.stdout.splitlines()]
            self._known[file] = shown + [None] * (len(cells) - len(shown))
        return self._known[file]


SEEDED = ["import random; random.seed(7)", *HEAD]


@pytest.mark.parametrize(
    ("new_kernels", "number"),
    [
        pytest.param(False, 16, id="one live kernel"),
        pytest.param(True, 8, id="a new kernel at every step"),
    ],
)
def test_promise_with_real_kernels(new_kernels: bool, number: int, tmp_path: Path) -> None:
    referee = PlainPython()
    path = str(tmp_path / "notebook.py")

    def opened() -> LiveSession:
        return LiveSession(path, Settings(), lambda event: None, write=False)

    @stories(number)
    @given(SEEDS)
    def kept(seed: int) -> None:
        check(story(Random(seed), 4, SEEDED), opened, referee, new_kernels)

    kept()
