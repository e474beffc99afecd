"""Editors on a machine where they were never configured, and where they were."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.finding import apart, environment, found, version
from tests.editors.helix import HOW as GET_HELIX
from tests.editors.neovim.editor import HOW as GET_NEOVIM
from tests.editors.tmux import Tmux

NOTEBOOK = "# %% A\na = 6\n\n# %% B\na * 7\n"

#: As lazy.nvim does: it forgets where plugins are, loads those of its own list, and no others.
LAZY = """\
vim.opt.runtimepath = { vim.fn.stdpath('config'), vim.env.VIMRUNTIME }
vim.go.loadplugins = false
vim.g.mine = 'kept'
"""
CONFIG = 'theme = "base16_terminal"\n\n[keys.normal]\nC-s = ":w"\n'
LANGUAGES = '[[language]]\nname = "python"\nlanguage-servers = ["ruff"]\n'


@pytest.fixture
def folder() -> Iterator[Path]:
    with apart() as made:
        (made / "work" / "n.py").write_text(NOTEBOOK)
        yield made


@pytest.fixture(params=["nvim", "hx"])
def editor(request: pytest.FixtureRequest) -> str:
    """Each editor's program."""
    if request.param == "nvim":
        return found("SESSIONS_NVIM", "nvim", GET_NEOVIM, lambda name: version(name) >= (0, 11))
    return found("SESSIONS_HELIX", "hx", GET_HELIX, lambda name: version(name) >= (25, 7))


def is_helix(editor: str) -> bool:
    return os.path.basename(editor) == "hx"


def variables(folder: Path, editor: str) -> dict[str, str]:
    """An environment in which that editor is the one that is found."""
    link = folder / "bin" / os.path.basename(editor)
    if not link.exists():
        link.write_text(f'#!/bin/sh\nexec "{editor}" "$@"\n')
        link.chmod(0o755)
    return {**environment(folder), "SESSIONS_EDITOR": link.name}


def run_all(terminal: Tmux, editor: str) -> None:
    if is_helix(editor):
        terminal.keys("Space", "n", "A")
    else:
        terminal.type(":Sessions run-all")
        terminal.keys("Enter")


def ready(terminal: Tmux, editor: str) -> None:
    """Wait until the editor has the server: it shows what an earlier run gave."""
    terminal.wait("└─42" if is_helix(editor) else "▏ 42")


def sessions(folder: Path, editor: str, *arguments: str) -> None:
    """A command of ours, to its end."""
    subprocess.run(
        [sys.executable, "-m", "sessions_ls", *arguments],
        cwd=folder / "work",
        env=variables(folder, editor),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )


def configure(folder: Path, editor: str) -> dict[Path, bytes]:
    """A configuration that somebody has."""
    if is_helix(editor):
        texts = {"helix/config.toml": CONFIG, "helix/languages.toml": LANGUAGES}
    else:
        texts = {"nvim/init.lua": LAZY}
    for name, text in texts.items():
        path = folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return configuration(folder)


def configuration(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (folder / "config").rglob("*") if path.is_file()}


@pytest.mark.parametrize("configured", [False, True], ids=["never configured", "configured"])
def test_sessions_notebook_has_all_that_it_needs(
    folder: Path, editor: str, configured: bool
) -> None:
    before = configure(folder, editor) if configured else configuration(folder)
    sessions(folder, editor, "run", "n.py")
    terminal = Tmux(
        folder, [sys.executable, "-m", "sessions_ls", "n.py"], variables(folder, editor)
    )
    try:
        ready(terminal, editor)
        terminal.wait("Space n r runs the cell" if is_helix(editor) else ":Sessions run runs")
        if configured and not is_helix(editor):
            terminal.type(":echo 'mine is ' .. g:mine")
            terminal.keys("Enter")
            terminal.wait("mine is kept")
        if not configured and not is_helix(editor):
            terminal.type(":help sessions")
            terminal.keys("Enter")
            terminal.wait("WHAT IT IS")
            terminal.type(":quit")
            terminal.keys("Enter")
        terminal.type("2ggA0")
        terminal.keys("Escape")
        terminal.wait("stale")
        run_all(terminal, editor)
        terminal.wait("420", without=["stale"])
    finally:
        terminal.end()
    assert configuration(folder) == before


@pytest.mark.parametrize(
    ("editor", "configured"), [("nvim", False), ("hx", False), ("hx", True)], indirect=["editor"]
)
def test_sessions_editor_sets_it_up(folder: Path, editor: str, configured: bool) -> None:
    name = "helix" if is_helix(editor) else "nvim"
    before = configure(folder, editor) if configured else configuration(folder)
    sessions(folder, editor, "editor", name)
    sessions(folder, editor, "run", "n.py")
    terminal = Tmux(folder, [editor, "n.py"], variables(folder, editor))
    try:
        ready(terminal, editor)
        if name == "nvim":
            terminal.type(":help sessions")
            terminal.keys("Enter")
            terminal.wait("WHAT IT IS")
    finally:
        terminal.end()
    sessions(folder, editor, "editor", name, "--undo")
    assert configuration(folder) == before
