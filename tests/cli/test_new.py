"""`sessions new`, and `sessions` alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sessions_ls.cli import main
from sessions_ls.cli.new import TEMPLATE
from sessions_ls.notebook.cells import read_notebook


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("there", "args", "made"),
    [
        ([], [], "notebook.py"),
        ([], ["new"], "notebook.py"),
        (["notebook.py"], [], "notebook-2.py"),
        (["notebook.py", "notebook-2.py"], ["new"], "notebook-3.py"),
        ([], ["new", "a.py"], "a.py"),
        ([], ["new", "a"], "a.py"),
        (["sub/x"], ["new", "sub"], "sub/notebook.py"),
        (["sub/x"], ["new", "sub/b.py"], "sub/b.py"),
    ],
)
def test_new(
    there: list[str], args: list[str], made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in there:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("mine")
    assert main(args) == 0
    out, err = capsys.readouterr()
    assert out == f"{made}\n"
    assert err == f"sessions: made {made}; to run it: sessions run {made}\n"
    assert Path(made).read_text() == TEMPLATE
    assert all(Path(name).read_text() == "mine" for name in there)


def test_a_dangling_link_is_not_followed(capsys: pytest.CaptureFixture[str]) -> None:
    os.symlink("elsewhere.py", "a.py")
    assert main(["new", "a.py"]) == 2
    assert not os.path.exists("elsewhere.py")


def test_the_template_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(read_notebook(TEMPLATE).cells) == 2
    main([])
    assert main(["check", "notebook.py"]) == 0
    assert main(["run", "notebook.py"]) == 0
    assert capsys.readouterr().out == "notebook.py\n285\n"
