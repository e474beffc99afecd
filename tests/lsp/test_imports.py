"""What is imported in our own way is what everybody else gets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sessions_ls.lsp import imports


def run(code: str) -> str:
    """What a new process prints, which prepares its imports first."""
    prepared = f"import sys\nfrom sessions_ls.lsp.imports import prepare\nprepare()\n{code}"
    found = subprocess.run(
        [sys.executable, "-c", prepared],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not found.returncode, found.stderr
    return found.stdout


def test_there_is_one_module_of_types_and_its_classes_carry_no_copy_of_it() -> None:
    code = """
made = sys.modules["lsprotocol.types"]
from lsprotocol import types
import lsprotocol.types, pygls.lsp.server
assert types is made is lsprotocol.types is pygls.lsp.server.types
print(len(types.InitializeParams.__init__.__globals__))
"""
    assert int(run(code)) < 100, "attrs copies the module's names again: half a million of them"


def test_the_server_needs_no_ssl_and_others_may_have_it() -> None:
    code = """
from sessions_ls.lsp.server import create
create("1")
print("ssl" in sys.modules)
import asyncio, ssl
assert ssl.create_default_context()
"""
    assert run(code).split() == ["False"]


def test_a_module_that_cannot_be_made_apart_is_left_to_the_usual_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "asks.py").write_text("import sys\nhere = sys.modules[__name__]\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    imports._apart("package.asks")
    assert "package.asks" not in sys.modules
    imports._apart("package.nothing")
    import package.asks  # type: ignore[import-not-found]

    assert package.asks.here is package.asks
