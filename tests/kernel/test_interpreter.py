"""Choosing an interpreter, over folders made for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sessions_ls.kernel.interpreter import choose


def environment(folder: Path, config: str = "", python: str = "bin/python") -> str:
    path = folder / python
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    if config:
        (folder / "pyvenv.cfg").write_text(config)
    return str(path)


@pytest.fixture
def notebook(tmp_path: Path) -> str:
    (tmp_path / "project" / "deep").mkdir(parents=True)
    return str(tmp_path / "project" / "deep" / "nb.py")


def test_the_setting_is_first(notebook: str, tmp_path: Path) -> None:
    environment(tmp_path / "project" / ".venv")
    wanted = environment(tmp_path / "project" / "deep" / "env")
    choice = choose(notebook, "env/bin/python", {"VIRTUAL_ENV": str(tmp_path)})
    assert (choice.path, choice.reason) == (wanted, "the setting python = env/bin/python")
    assert choose(notebook, "env", {}).path == wanted
    assert choose(notebook, wanted, {}).path == wanted
    from_project = choose(notebook, "deep/env", {}, str(tmp_path / "project"))
    assert from_project.path == wanted


def test_a_wrong_setting_keeps_its_name(notebook: str, tmp_path: Path) -> None:
    choice = choose(notebook, "../nothing/python", {})
    assert choice.path == str(tmp_path / "project" / "nothing" / "python")
    assert choice.version is None


def test_active_environments(notebook: str, tmp_path: Path) -> None:
    environment(tmp_path / "project" / ".venv")
    active = environment(tmp_path / "active")
    conda = environment(tmp_path / "conda")
    environ = {"VIRTUAL_ENV": str(tmp_path / "active"), "CONDA_PREFIX": str(tmp_path / "conda")}
    choice = choose(notebook, None, environ)
    assert (choice.path, choice.reason) == (active, "$VIRTUAL_ENV")
    del environ["VIRTUAL_ENV"]
    assert choose(notebook, None, environ).path == conda
    gone = {"VIRTUAL_ENV": str(tmp_path / "gone"), "CONDA_PREFIX": ""}
    assert choose(notebook, None, gone).reason == f".venv in {tmp_path / 'project'}"


@pytest.mark.parametrize("name", [".venv", "venv"])
@pytest.mark.parametrize("python", ["bin/python", "bin/python3", "Scripts/python.exe"])
def test_an_environment_above(notebook: str, tmp_path: Path, name: str, python: str) -> None:
    far = environment(tmp_path / name, python=python)
    assert choose(notebook, None, {}).path == far
    near = environment(tmp_path / "project" / name, python=python)
    assert choose(notebook, None, {}).path == near


def test_our_own_is_last(notebook: str) -> None:
    choice = choose(notebook, None, {})
    assert choice.path == sys.executable
    assert choice.version == ".".join(str(part) for part in sys.version_info[:3])


CONFIGS = [
    ("home = /usr/bin\nversion = 3.12.1\n", "3.12.1"),
    ("version_info = 3.11.7.final.0\n", "3.11.7"),
    ("VERSION=3.9.18", "3.9.18"),
    ("nonsense\n\0", None),
    ("", None),
]


@pytest.mark.parametrize(("config", "version"), CONFIGS)
def test_version_is_read(notebook: str, tmp_path: Path, config: str, version: str | None) -> None:
    environment(tmp_path / ".venv", config)
    assert choose(notebook, None, {}).version == version


def test_nothing_is_run(notebook: str, tmp_path: Path) -> None:
    python = Path(environment(tmp_path / ".venv", "version = 3.12.1\n"))
    python.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    choose(notebook, None, {})
    choose(notebook, str(python), {})
    assert not os.path.exists(tmp_path / "ran")
