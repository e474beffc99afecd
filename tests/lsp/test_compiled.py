"""What libraries compile while they are imported is kept, and used for the very same text."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COUNT = """
import attrs, builtins
real, count = compile, 0
def counted(*arguments, **options):
    global count
    count += arguments[-1] == "exec" and len(arguments) == 3
    return real(*arguments, **options)
builtins.compile = counted
from sessions_ls.lsp.compiled import kept_code
with kept_code():
    {body}
assert builtins.compile is counted
print(count)
"""
ATTRS = """
    @attrs.define
    class Point:
        x: int
        {more}: int = 1
    assert Point(3).x == 3 and repr(Point(3)) == "Point(x=3, {more}=1)"
"""

_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[:-9],
    "another Python": lambda whole: b"x" + whole[1:],
    "another thing": lambda whole: whole[:4] + b"N",
}


def compiled(folder: Path, more: str = "y", **variables: str) -> int:
    """How many texts a new process compiles that makes a class with attrs."""
    return _count(folder, ATTRS.replace("{more}", more).strip(), **variables)


def _count(folder: Path, body: str, **variables: str) -> int:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder), **variables}
    if not variables:
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = COUNT.replace("{body}", body)
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not found.returncode, found.stderr
    return int(found.stdout)


def _kept(folder: Path) -> list[Path]:
    return list(folder.rglob("*.imports"))


def test_the_second_start_compiles_next_to_nothing(tmp_path: Path) -> None:
    assert _count(tmp_path, "import sessions_ls.lsp.server") > 500
    (file,) = _kept(tmp_path)
    made = file.stat()
    assert _count(tmp_path, "import sessions_ls.lsp.server") < 30
    assert file.stat().st_mtime_ns == made.st_mtime_ns
    assert [one.name for one in file.parent.iterdir() if ".imports" in one.name] == [file.name]


def test_another_text_is_compiled(tmp_path: Path) -> None:
    first = compiled(tmp_path)
    assert first > 0
    assert compiled(tmp_path, "z") > 0
    assert compiled(tmp_path, "z") == 0


@pytest.mark.parametrize("damage", sorted(_DAMAGE))
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    compiled(tmp_path)
    (file,) = _kept(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(_DAMAGE[damage](whole))
    assert compiled(tmp_path) > 0
    assert compiled(tmp_path) == 0


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path: Path) -> None:
    assert compiled(tmp_path, PYTHONDONTWRITEBYTECODE="1") > 0
    assert not _kept(tmp_path)
    file = tmp_path / "file"
    file.write_text("no folder", "utf-8")
    assert compiled(file) > 0
