"""Starting a session's process: it comes up, or it is said why not, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sessions_ls.live.lock import Lock, holder
from sessions_ls.live.place import Place, all_places, place_of
from sessions_ls.live.spawn import PATIENCE, SpawnError, spawn

ROOT = str(Path(__file__).parents[2])
MODULE = "tests.live.spawned"
LONG = 60.0  # seconds that nothing takes, however slow the machine
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of its own; who holds a lock there at the end is killed."""
    monkeypatch.setenv("SESSIONS_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("PYTHONPATH", ROOT)
    yield tmp_path / "run"
    for place in all_places():
        found = holder(place)
        if found is not None and found.pid != os.getpid():
            os.kill(found.pid, signal.SIGKILL)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_of(str(tmp_path / "works.py"))


def start(place: Place, seconds: float = LONG) -> int:
    return spawn(place.notebook, place, MODULE, seconds)


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def marked(text: str) -> list[int]:
    """The processes whose command line has the text."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                line = Path("/proc", name, "cmdline").read_bytes()
            except OSError:  # it has ended
                continue
            if text.encode() in line:
                found.append(int(name))
    return found


def test_it_is_started_once(place: Place) -> None:
    before = descriptors()
    pid = start(place)
    found = holder(place)
    assert found is not None
    assert (found.pid, found.what, found.notebook) == (pid, "session", place.notebook)
    assert start(place) == pid
    assert descriptors() == before
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + LONG
    while holder(place) is not None and time.monotonic() < until:
        time.sleep(0.001)
    assert start(place) != pid


def test_who_holds_the_lock_already_is_the_one(place: Place) -> None:
    lock = Lock.acquire(place, "run")
    assert lock is not None
    assert start(place) == os.getpid()
    lock.release()


def test_all_who_start_at_once_get_the_same_one(place: Place) -> None:
    code = (
        "from sessions_ls.live.place import place_of; from sessions_ls.live.spawn import spawn\n"
        f"n = {place.notebook!r}; print(spawn(n, place_of(n), {MODULE!r}, {LONG}))"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({starter.communicate()[0] for starter in starters}) == 1


@on_linux
def targets_of(pid: int) -> dict[int, str]:
    """What the descriptors of a process lead to."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found[int(entry.name)] = os.readlink(entry)
    return found


def test_it_shares_nothing_with_who_started_it(place: Place, tmp_path: Path) -> None:
    shared = os.open(tmp_path / "shared", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(shared, True)
    pid = start(place)
    os.close(shared)
    limit = time.monotonic() + LONG
    targets = targets_of(pid)
    while any(target.startswith("pipe:") for target in targets.values()):
        assert time.monotonic() < limit  # it closes the pipe just after its word
        targets = targets_of(pid)
    own = targets.pop(0), targets.pop(1), targets.pop(2)
    assert own == ("/dev/null", place.log, place.log)
    assert list(targets.values()) == [place.lock]
    assert os.getsid(pid) == os.getpgid(pid) == pid
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    status = Path(f"/proc/{pid}/status").read_text()
    assert f"PPid:\t{os.getpid()}\n" not in status
    assert "SigBlk:\t0000000000000000" in status
    assert os.stat(place.log).st_mode & 0o777 == 0o600


def test_no_zombie_is_left(tmp_path: Path) -> None:
    for name in ("works", "works", "exits", "exits_early", "refuses", "hangs", "hangs_early"):
        place = place_of(str(tmp_path / f"{name}.py"))
        try:
            start(place, 0.3 if name.startswith("hangs") else LONG)
        except SpawnError:
            assert name != "works"
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


def test_a_parent_that_ignores_its_children_can_start_one(place: Place) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        pid = start(place)
    finally:
        signal.signal(signal.SIGCHLD, before)
    found = holder(place)
    assert found is not None and found.pid == pid


FAILS = {
    "exits_early": ["ended with exit status 7"],
    "killed_early": ["ended by signal 9"],
    "raises_early": ["ended with exit status 1", "Its last words", "RuntimeError: no such thing"],
    "prints_early": ["ended with exit status 1", "Its last words", "here is\nsome noise"],
    "exits": ["it ended before it was ready."],
    "raises": ["it ended before it was ready", "Its last words", "RuntimeError: no such other"],
    "refuses": ["The notebook is \\n two lines,\nwith “quotes” and \udc80."],
}


@pytest.mark.parametrize("case", FAILS)
def test_what_went_wrong_is_said(tmp_path: Path, case: str) -> None:
    place = place_of(str(tmp_path / f"{case}.py"))
    Path(place.log).write_text("the words of an older one\n")
    before = descriptors()
    began = time.monotonic()
    with pytest.raises(SpawnError) as caught:
        start(place)
    assert time.monotonic() - began < LONG / 2
    for words in [place.notebook, *FAILS[case]]:
        assert words in str(caught.value)
    assert "older" not in str(caught.value)
    assert descriptors() == before
    assert holder(place) is None


@on_linux
@pytest.mark.parametrize(("case", "seconds"), [("hangs", 2.5), ("hangs_early", 0.6)])
def test_what_never_gets_ready_is_ended(tmp_path: Path, case: str, seconds: float) -> None:
    """The one says something first, which takes a while on a slow machine."""
    place = place_of(str(tmp_path / f"{case}.py"))
    began = time.monotonic()
    with pytest.raises(SpawnError, match="not ready in time") as caught:
        start(place, seconds)
    assert seconds <= time.monotonic() - began < LONG / 2
    assert ("I am" in str(caught.value)) is (case == "hangs")
    until = time.monotonic() + LONG / 2  # less than it would hang
    while marked(place.notebook) and time.monotonic() < until:
        time.sleep(0.005)
    assert marked(place.notebook) == []


def test_nobody_waits_long_by_default() -> None:
    assert 1 <= PATIENCE <= 3


def test_a_module_that_is_missing_is_said(place: Place) -> None:
    with pytest.raises(SpawnError, match="No module named"):
        spawn(place.notebook, place, "sessions_ls.live.no_such_module")


def test_a_python_that_is_gone_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(SpawnError, match="/no/such/python: No such file"):
        start(place)


def test_a_log_that_cannot_be_written_is_said(place: Place) -> None:
    os.mkdir(place.log)
    with pytest.raises(SpawnError, match="cannot be written"):
        start(place)


def test_a_large_log_is_begun_anew(place: Place) -> None:
    Path(place.log).write_bytes(b"x\n" * 1_000_000)
    start(place)
    assert os.stat(place.log).st_size < 1000


def test_a_parent_without_standard_streams_can_start_one(place: Place, tmp_path: Path) -> None:
    code = f"""
import os
os.closerange(0, 3)
from sessions_ls.live.place import place_of
from sessions_ls.live.spawn import spawn
pid = spawn({place.notebook!r}, place_of({place.notebook!r}), {MODULE!r}, {LONG})
with open({str(tmp_path / "pid")!r}, "w") as file:
    file.write(str(pid))
"""
    subprocess.run([sys.executable, "-c", code], check=False, timeout=LONG)
    found = holder(place)
    assert found is not None
    assert (tmp_path / "pid").read_text() == str(found.pid)


def test_it_survives_the_end_of_who_started_it(place: Place) -> None:
    code = (
        "import os, signal\n"
        "from sessions_ls.live.place import place_of; from sessions_ls.live.spawn import spawn\n"
        f"n = {place.notebook!r}; spawn(n, place_of(n), {MODULE!r}, {LONG})\n"
        "os.killpg(0, signal.SIGKILL)"
    )
    starter = subprocess.run([sys.executable, "-c", code], start_new_session=True, timeout=LONG)
    assert starter.returncode == -signal.SIGKILL
    assert holder(place) is not None


def test_by_hand_it_stays_in_the_foreground(place: Place) -> None:
    command = [sys.executable, "-m", MODULE, place.notebook.replace("works", "refuses")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=LONG, check=False)
    assert b"The notebook is" in ran.stderr
