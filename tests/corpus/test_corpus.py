"""The corpus tools, on notebooks whose answers are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.notebooks import REAL, chain, mixed
from tests.corpus.running import Cache, compare, run
from tests.corpus.static import Finding


@pytest.mark.parametrize(
    ("notebook", "pluto", "marimo"),
    [
        ("# %%\na = 1\n# %%\nb = a\n", "", ""),
        ("# %%\na = 1\n# %%\na = 2\n", "a", "a"),
        ("# %%\nimport os\n# %%\nimport os\n", "", "os"),
        ("# %%\nimport os\n# %%\nos = 1\n", "os", "os"),
        ("# %%\n_a = 1\n# %%\n_a = 2\n", "_a", ""),
        ("# %%\nfor _ in (): pass\n# %%\nfor _ in (): pass\n", "", ""),
        ("# %%\na = 1\na = 2\n# %%\nprint([a for a in ()])\n", "", ""),
        ("# %%\na = 1\n# %% [markdown]\n# a = 2\n", "", ""),
    ],
)
def test_names_with_several_homes(notebook: str, pluto: str, marimo: str) -> None:
    finding = Finding(notebook)
    assert finding.reused == set(pluto.split())
    assert finding.reused_marimo == set(marimo.split())


def test_a_finding_knows_wrong_from_right() -> None:
    wrong = Finding("# %%\nprint(nowhere)\n# %%\n1 +\n")
    assert [problem.code for problem in wrong.problems] == ["undefined-name", "syntax-error"]
    assert not Finding("# %%\nprint(later)\n# %%\nlater = 1\n").planned


@pytest.mark.parametrize(
    ("text", "cells"),
    [(chain(50), 50), (chain(50, shows=True), 50), (mixed(60), 61), (REAL.read_text(), 14)],
    ids=["chain", "chain that shows", "mixed", "real"],
)
def test_measured_notebooks_have_no_fault(text: str, cells: int) -> None:
    finding = Finding(text)
    assert finding.cells == cells
    assert finding.problems == []
    assert finding.planned
    assert not finding.reused | finding.reused_marimo, "rivals can run it too"


@pytest.mark.parametrize(
    ("plain", "ours", "verdict"),
    [
        ("a\n", "a\n", "same"),
        ("took 0.12 s\n", "took 0.5 s\n", "same but for numbers"),
        ("<A at 0x7f01>", "<A at 0x7e0b>", "same but for numbers"),
        ("a\n", "a", "differs"),
        ("a\nb\n", "b\na\n", "differs"),
    ],
)
def test_comparing_what_was_printed(plain: str, ours: str, verdict: str) -> None:
    assert compare(plain, ours) == verdict


def test_results_of_an_interrupted_run_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    Cache(path).put("one", {"state": "ok"})
    with path.open("a") as file:
        file.write('{"key": "two", "sta')
    again = Cache(path)
    assert again.get("one") == {"key": "one", "state": "ok"}
    assert again.get("two") is None


@pytest.mark.parametrize(
    ("code", "state", "stdout"),
    [
        ("echo hello", "ok", "hello\n"),
        ("echo before; exit 3", "failed", "before\n"),
        ("echo before; sleep 60", "too long", "before\n"),
    ],
)
def test_running_a_program(tmp_path: Path, code: str, state: str, stdout: str) -> None:
    result = run(["sh", "-c", code], tmp_path, {"PATH": "/usr/bin:/bin"}, 0.5)
    assert (result["state"], result["stdout"]) == (state, stdout)
