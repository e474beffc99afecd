"""The example notebooks: as scripts and as notebooks they print the same, and nothing is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sessions_ls.cli.check import check

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PATCH = {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"}
CHOICES = ("VIRTUAL_ENV", "CONDA_PREFIX")  # they would choose another Python than this one
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in CHOICES} | PATCH


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env=ENVIRONMENT, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_prints_as_the_script_does(example: Path, tmp_path: Path) -> None:
    shutil.copy(example, tmp_path)
    script = run(tmp_path, example.name)
    shown = run(tmp_path, "-m", "sessions_ls", "run", example.name)
    lines = iter(shown.splitlines())
    missing = [line for line in script.splitlines() if line not in lines]  # in this order
    assert script
    assert not missing
    assert run(tmp_path, "-m", "sessions_ls", "run", example.name) == ""  # all fresh


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_has_no_problem(example: Path) -> None:
    assert check(str(example)) == []
