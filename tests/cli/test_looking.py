"""`status`, `check` and `show`: what they say of a notebook that ran, and that they run nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sessions_ls.cli import main

from .conftest import Shell

if TYPE_CHECKING:
    from collections.abc import Callable

    Look = Callable[..., tuple[int, str, str]]

NOTEBOOK = """\
# %% Load
print("loading")
n = 3
n
# %% [markdown] Words
# Some text.
# %% Plot
class Picture:
    def _repr_png_(self):
        head = b"\\x89PNG\\r\\n\\x1a\\n" + bytes([0, 0, 0, 13]) + b"IHDR"
        return head + bytes([0, 0, 0, 4, 0, 0, 0, n])
    def __repr__(self):
        return "Picture()"
Picture()
# %% Two
display(Picture())
display(Picture())
# %% Table
class Table:
    def _repr_html_(self):
        return "<b>table</b>"
    def __repr__(self):
        return "a\\nb"
Table()
# %% Bad
import sys
print("warned", file=sys.stderr)
raise ValueError("no\\nway")
# %% Quiet
k = n
# %% Off disabled=true
n
# %% New
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook that ran."""
    folder = tmp_path_factory.mktemp("ran")
    sessions = Shell(folder)
    sessions.write("nb.py", NOTEBOOK)
    assert sessions("run", "nb.py").code == 1
    return folder


@pytest.fixture
def look(
    ran: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Look:
    """Carry out a command in a copy of that folder."""
    shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def looked(*args: str) -> tuple[int, str, str]:
        code = main(args)
        return (code, *capsys.readouterr())

    return looked


def _edit(old: str, new: str) -> None:
    path = Path("nb.py")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# -- status ----------------------------------------------------------------------------------------


def test_status(look: Look) -> None:
    code, out, err = look("status", "nb.py")
    assert (code, err) == (0, "")
    head, *lines = out.splitlines()
    assert re.fullmatch(r"nb\.py · /.*python.* \(.*\)", head)
    patterns = [
        r"1  fresh     +[0-9.]+ m?s  Load   3",
        r"2  markdown  +Words",
        r"3  fresh     +[0-9.]+ m?s  Plot   Picture\(\)",
        r"4  fresh     +[0-9.]+ m?s  Two    \[image/png 4x3\]",
        r"5  fresh     +[0-9.]+ m?s  Table  a",
        r"6  error     +[0-9.]+ m?s  Bad    ValueError: no",
        r"7  fresh     +[0-9.]+ m?s  Quiet",
        r"8  disabled  +Off    disabled=true",
        r"9  empty     +New",
    ]
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), line


def test_status_after_an_edit_says_why(look: Look) -> None:
    _edit("n = 3", "n = 4")
    _, out, _ = look("status", "nb.py")
    assert re.search(r"^1  stale .* Load   its code changed$", out, re.M)
    assert re.search(r"^7  stale .* Quiet  it needs cell 1, which is stale$", out, re.M)


def test_status_has_the_problems(look: Look) -> None:
    _edit("k = n", "k = nowhere")
    _, out, _ = look("status", "nb.py")
    assert out.endswith("nb.py:30: warning[undefined-name]: `nowhere` is not defined in any cell\n")


def test_status_json(look: Look) -> None:
    code, out, err = look("status", "nb.py", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found.keys() == {"notebook", "source", "kernel", "bonds", "cells", "problems"}
    assert found["notebook"] == str(Path("nb.py").resolve())
    assert found["source"] == f"sha256:{hashlib.sha256(Path('nb.py').read_bytes()).hexdigest()}"
    assert found["kernel"]["state"] == "none"
    assert os.path.isabs(found["kernel"]["python"])
    first, words, *_ = found["cells"]
    expected: dict[str, Any] = {
        "number": 1, "title": "Load", "kind": "code", "lines": [1, 4], "state": "fresh",
        "cold": True, "reason": None, "text": "3", "stdout": "loading\n",
        "mimes": ["text/plain"], "error": None, "binds": ["n"], "reads": [], "upstream": [],
    }  # fmt: skip
    assert {key: first[key] for key in expected} == expected
    assert first["runtime_ms"] >= 0
    assert set(first["downstream"]) >= {3, 7}
    assert (words["kind"], words["state"]) == ("markdown", "fresh")
    bad = found["cells"][5]
    assert bad["error"]["type"] == "ValueError"
    assert bad["error"]["line"] == 28
    assert found["cells"][2]["mimes"] == ["text/plain", "image/png"]


def test_status_of_a_notebook_that_never_ran(look: Look) -> None:
    os.remove("nb.session.toml")
    _, out, _ = look("status", "nb.py")
    assert re.search(r"^1  new       +Load   it has not run yet$", out, re.M)


def test_a_damaged_session_file_is_said(look: Look) -> None:
    Path("nb.session.toml").write_text("format = [")
    for command in ("status", "show"):
        code, _, err = look(command, "nb.py")
        assert code == 0
        assert err.startswith("sessions: nb.session.toml")


# -- check -----------------------------------------------------------------------------------------

CHECKS = [
    ("x = 1\n", 0, ""),
    (
        "x = nowhere\n",
        0,
        "nb.py:1: warning[undefined-name]: `nowhere` is not defined in any cell\n",
    ),
    (
        "# %%\nx\n# %%\nx = 1\n# %%\nx = 2\n",
        1,
        "nb.py:2: error[ambiguous-name]: `x` is not defined above, and cells 2, 3 below define it: "
        "move one of them up, or rename the others\n",
    ),
    (
        "# %%\nx\n# %%\nx = 1\n",
        0,
        "nb.py:2: note[script-order]: `x` is defined below, in cell 2, which runs first; "
        "run as a script, this file would stop here\n",
    ),
    ("# %%\nx = (\n", 1, "nb.py:2: error[syntax-error]: '(' was never closed\n"),
]


@pytest.mark.parametrize(("text", "status", "said"), CHECKS)
def test_check(look: Look, text: str, status: int, said: str) -> None:
    Path("nb.py").write_text(text)
    assert look("check", "nb.py") == (status, said, "")


def test_check_of_several(look: Look) -> None:
    Path("a.py").write_text("x = (\n")
    Path("b.py").write_text("y = nowhere\n")
    code, out, _ = look("check", "a.py", "b.py")
    assert code == 1
    assert [line.partition(" ")[0] for line in out.splitlines()] == ["a.py:1:", "b.py:1:"]
    code, out, err = look("check", "gone.py", "b.py", "--json")
    assert code == 2
    assert "gone.py" in err
    assert json.loads(out) == {
        "problems": [
            {
                "notebook": os.path.abspath("b.py"),
                "code": "undefined-name",
                "severity": "warning",
                "cell": 1,
                "line": 1,
                "message": "`nowhere` is not defined in any cell",
            }
        ]
    }


def test_check_keeps_one_home_for_a_name_where_that_is_set(look: Look) -> None:
    Path("pyproject.toml").write_text('[tool.sessions]\nmultiple-definitions = "error"\n')
    Path("nb.py").write_text("# %%\nx = 1\n# %%\nx = 2\n")
    code, out, _ = look("check", "nb.py")
    assert code == 1
    assert out.count("error[multiple-definitions]") == 2


# -- show ------------------------------------------------------------------------------------------

SHOWN = [
    (("1",), 0, "loading\n3\n", ""),
    (("Load",), 0, "loading\n3\n", ""),
    (("1", "--mime", "text/plain"), 0, "3\n", ""),
    (("Plot",), 0, "[image/png 4x3]\nPicture()\n", ""),
    (("Two",), 0, "[image/png 4x3]\n[image/png 4x3]\n", ""),
    (("Table",), 0, "a\nb\n", ""),
    (("Table", "--mime", "text/html"), 0, "<b>table</b>\n", ""),
    (("--mime", "text/html"), 0, "<b>table</b>\n", ""),
    (("Quiet",), 0, "", "sessions: cell 7 ran and shows nothing\n"),
    (
        ("Table", "--mime", "image/png"),
        2,
        "",
        "sessions: cell 5 of nb.py has no image/png; it has text/plain, text/html\n",
    ),
    (
        ("--mime", "image/png"),
        2,
        "",
        "sessions: cells 3, 4 of nb.py have image/png; name one of them\n",
    ),
    (
        ("Off",),
        1,
        "",
        "sessions: cell 8 has no result yet; to run it: sessions run nb.py --cell 8\n",
    ),
]


@pytest.mark.parametrize(("args", "status", "out", "err"), SHOWN)
def test_show(look: Look, args: tuple[str, ...], status: int, out: str, err: str) -> None:
    assert look("show", "nb.py", *args) == (status, out, err)


def test_show_of_an_error(look: Look) -> None:
    code, out, err = look("show", "nb.py", "Bad")
    assert (code, out) == (0, "")
    assert err.startswith("warned\nTraceback ")
    assert err.endswith("ValueError: no\nway\n")


def test_show_of_all(look: Look) -> None:
    _, out, _ = look("show", "nb.py")
    assert out.startswith("[1] Load\nloading\n3\n[3] Plot\n[image/png 4x3]\nPicture()\n[4] Two\n")


def test_stale_results_are_marked(look: Look) -> None:
    _edit("n = 3", "n = 4")
    assert look("show", "nb.py", "1") == (
        0, "loading\n3\n", "sessions: cell 1 is stale: its code changed\n",
    )  # fmt: skip
    _edit("n = 4", "n = (4")
    assert look("show", "nb.py", "1") == (
        0,
        "loading\n3\n",
        "sessions: cell 1 cannot run: '(' was never closed; it gave this before\n",
    )


OUT = [
    (("Plot", "--out", "p.png"), {"p.png": 24}),
    (("Plot", "--out", "p", "--mime", "image/png"), {"p": 24}),
    (("Two", "--out", "p.png"), {"p.png": 24, "p-2.png": 24}),
    (("Table", "--out", "t.html"), {"t.html": 13}),
    (("Table", "--out", "t.txt"), {"t.txt": 4}),
    (("Table", "--out", "t.weird"), {"t.weird": 4}),
]


@pytest.mark.parametrize(("args", "files"), OUT)
def test_show_into_files(look: Look, args: tuple[str, ...], files: dict[str, int]) -> None:
    before = set(os.listdir())
    code, out, err = look("show", "nb.py", *args)
    assert (code, out) == (0, ""), err
    assert err == "".join(f"sessions: wrote {name}\n" for name in files)
    assert {name: os.path.getsize(name) for name in set(os.listdir()) - before} == files


def test_show_never_writes_the_notebook(look: Look) -> None:
    code, _, err = look("show", "nb.py", "1", "--out", "./nb.py")
    assert (code, err) == (2, "sessions: --out: ./nb.py is the notebook itself\n")
    assert Path("nb.py").read_text() == NOTEBOOK
    code, _, err = look("show", "nb.py", "1", "--out", "no/such")
    assert (code, err) == (
        2,
        "sessions: --out: no/such cannot be written: No such file or directory\n",
    )


def test_binary_results_go_into_pipes_only(look: Look, ran: Path) -> None:
    process = Shell(ran).start("show", "nb.py", "Plot", "--mime", "image/png")
    assert process.communicate()[0].startswith(b"\x89PNG")
    code, _, err = look("show", "nb.py", "Two", "--mime", "image/png")
    assert (code, err) == (2, "sessions: cell 4 has 2 of image/png; use `--out FILE`\n")


def test_looking_writes_nothing(look: Look) -> None:
    def files() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in Path().rglob("*") if p.is_file()}

    before = files()
    for command in ("status", "check", "show"):
        look(command, "nb.py")
    assert files() == before


@pytest.mark.parametrize("text", [b"# %%\r\nx = 1\r\n", b"\xef\xbb\xbfx = 1", b""])
def test_the_source_is_the_hash_of_the_bytes(look: Look, text: bytes) -> None:
    Path("nb.py").write_bytes(text)
    _, out, _ = look("status", "nb.py", "--json")
    assert json.loads(out)["source"] == f"sha256:{hashlib.sha256(text).hexdigest()}"


def test_json_is_a_cell_a_line(look: Look) -> None:
    _, out, _ = look("status", "nb.py", "--json")
    found = json.loads(out)
    lines = out.splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines if line.startswith("  {")] == [
        *found["cells"],
        *found["problems"],
    ]
