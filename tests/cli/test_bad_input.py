"""Whatever is wrong with a request: exit 2, one sentence on standard error that names it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from sessions_ls.cli import main

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, bytes] = {
    "nb.py": b"# %% A\nn = 10\nname = 'x'\n# %% B\nm = len(name)\nk = 1\n# %% B\nk = 2\n"
    b"flag = True\n# %% [markdown]\n# words\n",
    "binary.py": b"\x7fELF\0\0",
    "bytes.py": b"x = '\xff'\n",
    "unknown.py": b"# coding: klingon\nx = 1\n",
    "marker.py": b"# %% A\nx = 1\n# %% B disabled=maybe\ny = 1\n",
    "empty.py": b"",
}

# The command line, and a pattern for the whole of standard error.
CASES = [
    ("run gone.py", r"gone\.py: there is no such file\."),
    ("run folder", r"folder is a folder, not a notebook\."),
    ("run locked.py", r"locked\.py cannot be read: permission denied\."),
    ("run binary.py", r"binary\.py is not a Python file: it holds binary data\."),
    ("run bytes.py", r"bytes\.py is not valid utf-8: byte 0xff on line 1\."),
    ("run unknown.py", r"unknown\.py declares an unknown encoding: 'klingon'\."),
    (
        "run marker.py",
        r"marker\.py:3: Marker metadata: disabled=maybe .*|.*marker\.py:3: .*disabled.*",
    ),
    ("run nb.py --cell 9", r"nb\.py has no cell 9; they are numbered 1 to 4"),
    ("run nb.py --cell 0", r"nb\.py has no cell 0; .*"),
    ("run nb.py --cell -1", r"nb\.py has no cell -1; they are numbered 1 to 4"),
    ("run nb.py --cell C", r"nb\.py has no cell with the title 'C'.*"),
    ("run nb.py --cell B", r"nb\.py: the title 'B' belongs to cells 2, 3; use a number"),
    ("run nb.py --cell 4", r"cell 4 of nb\.py is text: nothing to run"),
    ("run nb.py --all --cell 1", r"--all and --cell exclude each other .*"),
    ("run nb.py --set n", r"--set n: it takes name=value"),
    ("run nb.py --set 1=2", r"--set 1=2: it takes name=value"),
    ("run nb.py --set q=1", r"--set q: nb\.py has no such constant; it has n, name, flag"),
    ("run empty.py --set q=1", r"--set q: empty\.py has no such constant, nor any other"),
    ("run nb.py --set m=1", r"--set m: cell 2 of nb\.py computes it; .*"),
    ("run nb.py --set k=1", r"--set k: it is set in cells 2, 3 of nb\.py, which is ambiguous"),
    ("run nb.py --set n=ten", r"--set n=ten: 'ten' is no Python literal; n is 10 in the file"),
    ("run nb.py --set n=[1]", r"--set n=\[1\]: n is 10 in the file, a number, and this is a list"),
    ("run nb.py --set n=True", r"--set n=True: n is 10 .* a number, and this is True or False"),
    ("run nb.py --set flag=1", r"--set flag=1: flag is True .*"),
    ("run nb.py --timeout 0", r"--timeout: '0' is no number of seconds above 0"),
    ("run nb.py --timeout soon", r"--timeout: 'soon' is no number of seconds above 0"),
    ("run nb.py --junit no/such.xml", r"--junit: no/such\.xml cannot be made: no folder .*no"),
    ("run nb.py --junit folder", r"--junit: folder is a folder"),
    ("run nb.py --junit nb.py", r"--junit: nb\.py is the notebook itself"),
    ("run nb.py --keep --no-write", r"--keep and --no-write exclude each other .*"),
    ("run nb.py --lines 0", r"--lines: '0' is no number of lines above 0"),
    ("set nb.py", r"NAME=VALUE is missing .*"),
    ("set gone.py n=1", r"gone\.py: there is no such file\."),
    ("set nb.py n", r"n: it takes name=value"),
    ("set nb.py q=1", r"q: nb\.py has no such constant; it has n, name, flag"),
    ("set nb.py m=1", r"m: cell 2 of nb\.py computes it; only a plain constant can be set"),
    ("set nb.py n=ten", r"n=ten: 'ten' is no Python literal; n is 10 in the file"),
    ("set nb.py n=1 --timeout x", r"--timeout: 'x' is no number of seconds above 0"),
    ("set marker.py x=2", r"marker\.py:3: .*disabled.*"),
    ("wait gone.py --fresh", r"gone\.py: there is no such file\."),
    ("wait nb.py --fresh --timeout 0", r"--timeout: '0' is no number of seconds above 0"),
    ("interrupt gone.py", r"gone\.py: there is no such file\."),
    ("restart gone.py", r"gone\.py: there is no such file\."),
    ("stop gone.py", r"gone\.py: there is no such file\."),
    ("stop", r"NOTEBOOK is missing .*"),
    ("ps nb.py", r"nb\.py is one argument too many .*"),
    ("show nb.py 1 --lines 3 --out x", r"--out and --lines exclude each other .*"),
    ("agent-guide --frobnicate", r"there is no option --frobnicate .*"),
    ("run nb.py --frobnicate", r"there is no option --frobnicate .*"),
    ("run", r"NOTEBOOK is missing \(see `sessions run --help`\)"),
    ("run --al nb.py", r"there is no option --al .*"),
    ("run nb.py nb.py", r"nb\.py is one argument too many .*"),
    ("run nb.py --all=1", r"--all takes no value .*"),
    ("run nb.py --timeout", r"--timeout lacks its value, --timeout S .*"),
    ("run nb.py --cell --json", r"--cell lacks its value, --cell N-or-TITLE .*"),
    ("status gone.py", r"gone\.py: there is no such file\."),
    ("status folder --json", r"folder is a folder, not a notebook\."),
    ("check gone.py", r"gone\.py: there is no such file\."),
    ("check", r"NOTEBOOK is missing .*"),
    ("show gone.py", r"gone\.py: there is no such file\."),
    ("show nb.py 9", r"nb\.py has no cell 9; .*"),
    ("show nb.py 4", r"cell 4 of nb\.py holds no code"),
    ("show nb.py --mime image/png", r"nb\.py has no image/png; it shows nothing"),
    ("new nb.py", r"nb\.py is there already; nothing was changed"),
    ("new nb", r"nb\.py is there already; nothing was changed"),
    ("new no/such.py", r"no/such\.py cannot be made: No such file or directory"),
    ("rum nb.py", r"there is no command rum; did you mean `sessions run`\?"),
    ("frobnicate", r"there is no command frobnicate; see `sessions --help`"),
    ("inspect nb.py", r"there is no command inspect; .*"),
    ("--frobnicate", r"there is no option --frobnicate \(see `sessions --help`\)"),
]


@pytest.mark.parametrize(("line", "sentence"), CASES, ids=[line for line, _ in CASES])
def test_bad_input(
    line: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "locked" in line and os.geteuid() == 0:
        pytest.skip("root may read anything")
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    (tmp_path / "locked.py").touch(mode=0)
    before = sorted(os.listdir(tmp_path))
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(f"sessions: (?:{sentence})\n", err), err
    assert sorted(os.listdir(tmp_path)) == before
    assert all((tmp_path / name).read_bytes() == content for name, content in FILES.items())


@pytest.mark.parametrize("content", ["tool.sessions = [", "[tool.sessions]\npython = 3\n"])
def test_bad_settings(
    content: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(f"# tool.sessions\n{content}")
    (tmp_path / "nb.py").write_text("x = 1\n")
    for command in ("run", "status", "check", "show"):
        assert main([command, "nb.py"]) == 2
        assert "pyproject.toml" in capsys.readouterr().err
