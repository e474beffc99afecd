"""What is trusted, how that is kept, and who may make a grant."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import sessions_ls
from sessions_ls.live.request import Request
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings
from sessions_ls.live.trust import (
    TrustError,
    by_editor,
    changed,
    load,
    on_request,
    record,
    trust_file,
    trusts,
)

SOURCE = Path(sessions_ls.__file__).parent
CASES = (Path(__file__).parent / "trust_cases.txt").read_text("utf-8").split("\n== ")[1:]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("\n")[0])
def test_what_is_trusted(case: str) -> None:
    """The entries before the first `trust` or `untrust` are what there was, those after it is."""
    before: dict[str, bool] = {}
    done: dict[str, bool] | None = None
    expected: dict[str, bool] = {}
    for line in case.splitlines()[1:]:
        word, _, rest = line.partition(" ")
        if word in ("+", "-"):
            (before if done is None else expected)[rest] = word == "+"
        elif word in ("trust", "untrust"):
            done = changed(before, rest, word == "trust")
        elif word == "?":
            path, answer = rest.split()
            assert trusts(before if done is None else done, path) is (answer == "yes"), line
    assert done is None or done == expected


# -- the file --------------------------------------------------------------------------------------


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return {"XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({}, "home/.local/state/sessions-ls"),
        ({"XDG_STATE_HOME": "relative"}, "home/.local/state/sessions-ls"),
        ({"XDG_STATE_HOME": "/s"}, "/s/sessions-ls"),
    ],
)
def test_where_it_is_kept(
    environ: object, tmp_path: Path, given: dict[str, str], folder: str
) -> None:
    assert trust_file(given) == str(tmp_path / folder / "trust.toml")


def test_it_is_kept_by_real_path_for_its_owner_alone(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    notebook = tmp_path / "link" / 'it\'s "n" ü\n.py'
    assert load(environ).grant(str(notebook)) is None
    record(str(notebook), True, environ)
    for folder in ("link", "real"):
        grant = load(environ).grant(str(tmp_path / folder / notebook.name))
        assert grant is not None
        assert grant.why == "trust"
    file = Path(trust_file(environ))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o644)
    record(str(tmp_path), True, environ)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == [file.name]


DAMAGED = [
    (b"[paths]\n'/a' = true\nnonsense", "Expected"),
    (b"\xff", "codec"),
    (b"paths = 3", "has to be a table"),
    (b"[paths]\n'/a' = 'yes'", "`/a` has to be"),
    (b"[paths]\n'a' = true", "`a` has to be"),
    (b"[paths.'/a']\nb = true", "`/a` has to be"),
    (b"format = 2\n[paths]\n'/a' = true", "it is not known what `format` means"),
    (b"paths = " + b"[" * 100_000, "recursion"),
]


@pytest.mark.parametrize(("content", "why"), DAMAGED, ids=[why for _, why in DAMAGED])
def test_a_damaged_file_trusts_nothing_and_stays(
    content: bytes, why: str, environ: dict[str, str]
) -> None:
    file = Path(trust_file(environ))
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    trust = load(environ)
    assert trust.grant("/a") is None
    assert f"{file} is damaged (" in (trust.trouble or "")
    assert why in (trust.trouble or "")
    for trusted in (True, False):
        with pytest.raises(TrustError, match="is damaged"):
            record("/a", trusted, environ)
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_read_or_written(tmp_path: Path, environ: dict[str, str]) -> None:
    Path(trust_file(environ)).mkdir(parents=True)
    assert "cannot be read" in (load(environ).trouble or "")
    (tmp_path / "file").touch()
    with pytest.raises(TrustError, match=r"trust\.toml cannot be written: Not a directory"):
        record("/a", True, {"XDG_STATE_HOME": str(tmp_path / "file")})


def test_a_name_that_toml_cannot_hold(environ: dict[str, str]) -> None:
    with pytest.raises(TrustError, match="UTF-8"):
        record("/a\udcff.py", True, environ)


def test_two_that_add_at_once_lose_nothing(tmp_path: Path, environ: dict[str, str]) -> None:
    code = (
        "import sys\n"
        "from sessions_ls.live.trust import record\n"
        "sys.stdin.read()\n"
        "for n in range(40): record(f'/{sys.argv[1]}/{n}.py', True)\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, name],
            stdin=subprocess.PIPE,
            env={**os.environ, **environ, "PYTHONPATH": str(SOURCE.parent)},
        )
        for name in "ab"
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()  # now
    assert [process.wait(60) for process in started] == [0, 0]
    expected = {f"/{name}/{number}.py": True for name in "ab" for number in range(40)}
    assert load(environ).paths == expected


def test_a_lock_that_is_never_let_go_is_told(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    record("/a", True, environ)
    monkeypatch.setattr("sessions_ls.live.trust.PATIENCE", 0.01)
    folder = os.open(os.path.dirname(trust_file(environ)), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(TrustError, match=r"keeps .* locked"):
            record("/b", True, environ)
    finally:
        os.close(folder)
    assert load(environ).paths == {"/a": True}


# -- grants ----------------------------------------------------------------------------------------


def test_a_request_is_the_same_on_both_sides(tmp_path: Path) -> None:
    request = Request(by_editor(str(tmp_path / "n.py")), [2], cause="save")
    there = Request.of(request.plain())
    assert there.plain() == request.plain()
    assert there.grant.why == "editor"


def test_a_grant_is_for_one_notebook(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.py", tmp_path / "other.py"
    mine.write_text("# %%\n1\n")
    (tmp_path / "link.py").symlink_to(mine)
    session = LiveSession(str(mine), Settings(), lambda event: None, write=False)
    try:
        session.submit(mine.read_text())
        with pytest.raises(ValueError, match=r"a grant for .*other"):
            session.run(Request(on_request(str(other)), all=True))
        assert session.kernel_pid() is None
        assert session.run(Request(on_request(str(tmp_path / "link.py")), all=True)).ran == 1
    finally:
        session.close()


WAYS = {
    # What starts a process, by its last name, and the modules that may.
    "posix_spawn": {"kernel/client.py", "live/spawn.py"},
    "fork": {"live/spawn.py"},
    "execv": {"cli/open.py"},
    "call": {"cli/open.py", "cli/setup/helix_apart.py"},
    # `Popen.run` and `Kernel.start` have names that others have too: by what they belong to.
    "subprocess": {
        "cli/open.py",
        "cli/setup/helix.py",
        "cli/setup/helix_apart.py",
        "cli/setup/helix_servers.py",
        "cli/setup/neovim.py",
        "cli/setup/vscode.py",
        "live/newer.py",
    },
    "NewerPython": {"live/session.py"},
    "Popen": {"live/newer.py"},
    "Kernel.start": {"live/early.py", "live/session.py"},
    "Grant": {"live/trust.py"},
    # Nobody does these.
    "multiprocessing": set(),
    "system": set(),
    "popen": set(),
    "pty": set(),
    "forkpty": set(),
    "create_subprocess_exec": set(),
    "create_subprocess_shell": set(),
    "subprocess_exec": set(),
    "ProcessPoolExecutor": set(),
    "execve": set(),
    "execvp": set(),
    "spawnv": set(),
    "fork_exec": set(),
}


def used(module: Path) -> set[str]:
    """What a module imports and calls, as far as it is among the ways to start a process."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").partition(".")[0]}
        elif isinstance(node, ast.Call):
            found.add(ast.unparse(node.func).rpartition(".")[2])
        elif isinstance(node, ast.Attribute):
            found.add(ast.unparse(node))
    return found & WAYS.keys()


def test_processes_are_started_in_few_places_and_grants_made_in_one() -> None:
    """The way from a request to a process is short: `Grant`, `start_kernel`, `Kernel.start`."""
    found: dict[str, set[str]] = {way: set() for way in WAYS}
    for module in SOURCE.rglob("*.py"):
        if "editors" not in module.parts:
            for way in used(module):
                found[way].add(module.relative_to(SOURCE).as_posix())
    assert found == WAYS
