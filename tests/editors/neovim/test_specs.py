"""Tests inside Neovim: every case of every `*_spec.lua`, each file in a Neovim of its own."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.editors.neovim.editor import HERE, each_neovim, environment, init, required

CASE = re.compile(r"^case\('((?:[^'\\]|\\.)+)'", re.MULTILINE)
SPECS = sorted(HERE.glob("*_spec.lua"))
CASES = [(spec.name, name) for spec in SPECS for name in CASE.findall(spec.read_text("utf-8"))]


@functools.cache
def results(program: str, spec: str) -> tuple[dict[str, dict[str, object]], str]:
    """Run a file once; what each case gave, and what else was written."""
    with tempfile.TemporaryDirectory(prefix="sessions-nvim-") as made:
        folder = Path(made).resolve()
        command = [program, "--clean", "--headless", "-u", str(init(folder))]
        run = f"lua dofile({str(HERE / 'check.lua')!r}).run({str(HERE / spec)!r})"
        done = subprocess.run(
            [*command, "-c", run, "-c", "qall!"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
        )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {case["name"]: case for case in found}, done.stderr


def test_there_are_cases() -> None:
    assert len(CASES) == len(set(CASES)) > 10


@each_neovim
@pytest.mark.parametrize(("spec", "name"), CASES, ids=[f"{s[:-9]}: {n}" for s, n in CASES])
def test_case(program: str | None, spec: str, name: str) -> None:
    cases, noise = results(required(program), spec)
    assert name in cases, f"it did not run:\n{noise}"
    assert cases[name]["ok"], f"{cases[name]['message']}\n{noise}"
