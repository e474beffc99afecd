"""Where the processes of a notebook meet."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE

import pytest

from sessions_ls.live.lock import Lock
from sessions_ls.live.place import (
    SOCKET_BYTES,
    Place,
    PlaceError,
    all_places,
    place_of,
    runtime_folder,
)

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def given(folder: Path) -> dict[str, str]:
    return {"SESSIONS_RUNTIME_DIR": str(folder)}


def make(path: Path, mode: int = 0o700, owner: int | None = None) -> Path:
    path.mkdir(parents=True)
    path.chmod(mode)
    if owner is not None:
        os.chown(path, owner, owner)
    return path


def test_the_variable_comes_first_and_the_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    environ = {**given(folder), "XDG_RUNTIME_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    assert runtime_folder(environ) == str(folder)
    assert S_IMODE(folder.stat().st_mode) == 0o700
    assert runtime_folder(environ) == str(folder)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277])
def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path, mask: int) -> None:
    folder = tmp_path / "new"
    before = os.umask(mask)
    try:
        runtime_folder(given(folder))
    finally:
        os.umask(before)
    assert S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_without_the_variable_it_is_below_a_folder_of_this_user(tmp_path: Path) -> None:
    own = make(tmp_path / "own")
    elsewhere = f"sessions-ls-{os.geteuid()}"
    assert runtime_folder({"XDG_RUNTIME_DIR": str(own)}) == str(own / "sessions-ls")
    unfit = {"open": str(make(tmp_path / "open", 0o777)), "missing": "/no/such", "relative": "x"}
    if os.geteuid() == 0:
        unfit["foreign"] = str(make(tmp_path / "foreign", owner=12345))
    for path in unfit.values():
        found = runtime_folder({"XDG_RUNTIME_DIR": path, "TMPDIR": str(own)})
        usual = f"/run/user/{os.geteuid()}/sessions-ls"
        assert found in (usual, f"/tmp/{elsewhere}")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (lambda path: path.symlink_to(make(path.parent / "real")), "symbolic link"),
    "dangling": (lambda path: path.symlink_to(path.parent / "nothing"), "symbolic link"),
    "file": (lambda path: path.write_text(""), "not a folder"),
    "pipe": (lambda path: os.mkfifo(path), "not a folder"),
    "entered": (lambda path: make(path, 0o711), "chmod 700"),
    "read": (lambda path: make(path, 0o750), "chmod 700"),
    "written": (lambda path: make(path, 0o777), "chmod 700"),
    "sticky": (lambda path: make(path, 0o1777), "chmod 700"),
    "below a file": (lambda path: path.parent.joinpath("f").write_text(""), "cannot be used"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_folder_that_is_not_private_is_refused(tmp_path: Path, case: str) -> None:
    folder = tmp_path / ("f/below" if case == "below a file" else "folder")
    prepare, words = REFUSED[case]
    prepare(tmp_path / "folder")
    for path in (str(folder), f"{folder}/"):
        with pytest.raises(PlaceError) as caught:
            place_of("nb.py", {"SESSIONS_RUNTIME_DIR": path})
        assert words in str(caught.value)
        assert str(folder) in str(caught.value)


@as_root
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "folder", owner=12345)
    with pytest.raises(PlaceError, match="belongs to another user"):
        runtime_folder(given(folder))


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(PlaceError, match="absolute"):
        runtime_folder({"SESSIONS_RUNTIME_DIR": "some/folder"})


def test_one_file_has_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = given(tmp_path / "run")
    notebook = tmp_path / "nb.py"
    notebook.write_text("")
    (tmp_path / "link.py").symlink_to(notebook)
    (tmp_path / "folder").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    paths = [str(notebook), "nb.py", "link.py", "folder/nb.py", "./run/../nb.py"]
    assert {place_of(path, environ).lock for path in paths} == {place_of("nb.py", environ).lock}
    assert place_of("link.py", environ).notebook == str(notebook)
    others = {place_of(path, environ).lock for path in ("nb", "NB.py", "nb.py ", "\udc80.py", "é")}
    assert len(others) == 5
    assert place_of("nb.py", environ).lock not in others


def test_a_socket_can_be_bound_whatever_the_length_of_the_folder(tmp_path: Path) -> None:
    sockets = set()
    for length in (1, 20, 60, 100, 200):
        folder = tmp_path / ("é" * (length // 2) + "x")
        place = place_of("nb.py", given(folder))
        assert len(os.fsencode(place.socket)) < SOCKET_BYTES
        assert os.path.dirname(place.lock) == str(folder)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(place.socket)
        os.unlink(place.socket)
        sockets.add(place.socket)
        assert S_IMODE(os.stat(os.path.dirname(place.socket)).st_mode) == 0o700
    assert len(sockets) == 5


def test_all_places_are_those_that_name_a_notebook(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    environ = given(folder)
    assert all_places(environ) == []
    names = ["b.py", "a.py", "with\nline.py", "\udc80.py"]
    held = [Lock.acquire(place_of(str(tmp_path / name), environ), "run") for name in names]
    record = Path(place_of(str(tmp_path / "a.py"), environ).lock).read_bytes()
    folder.joinpath("renamed.lock").write_bytes(record)
    folder.joinpath("empty.lock").write_bytes(b"")
    folder.joinpath("half.lock").write_bytes(record[:20])
    folder.joinpath("list.lock").write_bytes(b"[{}\n]}\n")
    folder.joinpath("folder.lock").mkdir()
    folder.joinpath("link.lock").symlink_to(folder / "empty.lock")
    os.mkfifo(folder / "pipe.lock")
    found = [place.notebook for place in all_places(environ)]
    assert found == sorted(str(tmp_path / name) for name in names)
    for lock in held:
        assert lock is not None
        lock.release()
    assert all_places(environ) == []


def test_a_place_is_nothing_but_names(tmp_path: Path) -> None:
    place = Place(str(tmp_path), "/nb.py")
    assert list(tmp_path.iterdir()) == []
    names = {place.lock, place.socket, place.log}
    assert {os.path.dirname(name) for name in names} == {str(tmp_path)}
    assert len({os.path.basename(name).split(".")[0] for name in names}) == 1


def test_what_every_command_imports_is_light() -> None:
    code = (
        "import sys; import sessions_ls.live.place, sessions_ls.live.lock, sessions_ls.live.spawn;"
        "print(*sys.modules)"
    )
    command = [sys.executable, "-S", "-c", code]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    loaded = set(subprocess.check_output(command, env=environ, text=True).split())
    heavy = {"json", "socket", "subprocess", "typing", "pathlib", "tempfile", "logging", "re"}
    heavy |= {"threading", "dataclasses", "enum", "signal", "hashlib", "select", "fcntl"}
    assert loaded & heavy == set()
