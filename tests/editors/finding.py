"""Real editors for tests: a newcomer without one skips its tests and is told how to get it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHES = [Path.home() / ".cache" / f"sessions-{name}" / "bin" for name in ("editors", "vscode")]
REQUIRED = "SESSIONS_REQUIRE_EDITORS"
"""With this in the environment a missing editor is a failure."""


def missing(how: str) -> NoReturn:
    """Skip the test with a sentence that says how to get the editor, or fail with it."""
    if os.environ.get(REQUIRED):
        pytest.fail(how)
    pytest.skip(how)


def found(variable: str, name: str, how: str, good: Callable[[str], bool] = bool) -> str:
    """The program that a variable names, or that is on the PATH or in a cache, if it is good."""
    named = os.environ.get(variable)
    places = [shutil.which(name), *(shutil.which(cache / name) for cache in CACHES)]
    for program in [named] if named else places:
        if program and good(program):
            return program
    if named:
        pytest.fail(f"${variable} names {named}. {how}")
    missing(how)


def version(program: str) -> tuple[int, ...]:
    """The first numbers with a point that the program tells with --version; () for none."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    except OSError:
        return ()
    numbers = re.search(r"(\d+)\.(\d+)", told.stdout)
    return tuple(int(number) for number in numbers.groups()) if numbers else ()


@contextmanager
def apart() -> Iterator[Path]:
    """A folder for one editor: short, since names of sockets must be, and gone in the end."""
    with tempfile.TemporaryDirectory(prefix="sls-", ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        for name in ("run", "bin", "home", "config/sessions", "work"):
            (folder / name).mkdir(mode=0o700, parents=True)
        # The live session ends with the editor.
        (folder / "config/sessions/config.toml").write_text("linger = 0\n")
        server = folder / "bin" / "sessions-ls"
        server.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sessions_ls.lsp "$@"\n')
        server.chmod(0o755)
        yield folder


def environment(folder: Path) -> dict[str, str]:
    """Variables that keep an editor in that folder away from the person's own files."""
    own = ("XDG_", "NVIM", "HELIX_", "SESSIONS_", "TMUX", "VSCODE_", "VIRTUAL_ENV", "CONDA_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    places = {f"XDG_{name.upper()}_HOME": str(folder / name) for name in ("data", "state", "cache")}
    return {
        **kept,
        **places,
        "XDG_CONFIG_HOME": str(folder / "config"),
        "HOME": str(folder / "home"),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SESSIONS_RUNTIME_DIR": str(folder / "run"),
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }
