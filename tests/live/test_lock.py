"""Who has a notebook: real processes, killed, stopped and racing."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions_ls.live.lock import Lock, holder, stopped
from sessions_ls.live.place import Place, PlaceError, place_of

ROOT = Path(__file__).parents[2]
SOON = 3.0  # seconds in which even a slow machine does what waits for nobody
DEAD = 2**22 + 1  # beyond the largest pid of Linux


class Locker:
    """A process of `tests/live/locker.py`."""

    def __init__(self, notebook: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/live/locker.py"), notebook],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def tell(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def do(self, line: str) -> Any:
        self.tell(line)
        return self.answer()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("SESSIONS_RUNTIME_DIR", str(tmp_path / "run"))
    return place_of(str(tmp_path / 'a "note"\nbook.py'))


@pytest.fixture
def start(place: Place) -> Iterator[Callable[[], Locker]]:
    lockers: list[Locker] = []

    def one() -> Locker:
        lockers.append(Locker(place.notebook))
        return lockers[-1]

    yield one
    for locker in lockers:
        locker.end()


def acquire(place: Place, what: str = "session") -> Lock:
    lock = Lock.acquire(place, what, "1.2")
    assert lock is not None
    return lock


def who(place: Place) -> tuple[int, str] | None:
    found = holder(place)
    return None if found is None else (found.pid, found.what)


def test_one_holds_it_until_it_gives_it_back(place: Place) -> None:
    assert holder(place) is None
    lock = acquire(place)
    assert Lock.acquire(place, "run") is None
    found = holder(place)
    assert found is not None
    assert (found.pid, found.what, found.version) == (os.getpid(), "session", "1.2")
    assert (found.notebook, found.socket, found.address) == (place.notebook, place.socket, "")
    assert abs(found.started - time.time()) < 5
    assert os.stat(place.lock).st_mode & 0o777 == 0o600
    lock.release()
    lock.release()
    assert holder(place) is None
    assert os.listdir(place.folder) == []
    acquire(place, "run").release()


def test_where_it_listens_is_said_later(place: Place) -> None:
    lock = acquire(place)
    for address, token in [("tcp:127.0.0.1:8080", "s" * 40), ("unix:" + place.socket, "")]:
        lock.announce(address, token)
        found = holder(place)
        assert found is not None
        assert (found.address, found.token, found.pid) == (address, token, os.getpid())
    lock.release()


STALE = {
    "empty": b"",
    "half": b'{"pid": 12, "what": "sess',
    "garbage": b"\0\xff\xfe" * 50,
    "no object": b"[1]}\n",
    "other types": b'{"pid": "x", "what": 3, "started": null, "notebook": []}\n',
    "long": b'{"pid": %d, "what": "session", "token": "%s"}\n' % (DEAD, b"x" * 5000),
    "of a live process": b'{"pid": 1, "what": "session"}\n',
}


@pytest.mark.parametrize("case", STALE)
def test_a_stale_lock_file_is_nobodys(place: Place, case: str) -> None:
    Path(place.lock).write_bytes(STALE[case])
    assert holder(place) is None
    lock = acquire(place, "run")
    assert who(place) == (os.getpid(), "run")
    lock.release()


@pytest.mark.parametrize("case", STALE)
def test_a_holder_that_has_not_said_who_it_is_is_a_holder(place: Place, case: str) -> None:
    Path(place.lock).write_bytes(STALE[case])
    with open(place.lock, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert Lock.acquire(place, "run") is None
        before = time.monotonic()
        assert holder(place) is not None
        assert time.monotonic() - before < SOON


def test_a_stale_socket_is_removed_by_the_next_holder(place: Place) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(place.socket)
    assert holder(place) is None
    lock = acquire(place)
    assert not os.path.exists(place.socket)
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(place.socket)
    assert lock.check()
    lock.release()
    assert not os.path.exists(place.socket)


def test_the_lock_of_a_killed_process_is_free_at_once(
    place: Place, start: Callable[[], Locker]
) -> None:
    locker = start()
    assert locker.do("take 0") is True
    assert who(place) == (locker.pid, "session")
    assert Lock.acquire(place, "run") is None
    locker.process.kill()
    locker.process.wait()
    before = time.monotonic()
    assert holder(place) is None
    acquire(place).release()
    assert time.monotonic() - before < SOON


def test_a_stopped_holder_is_known_at_once(place: Place, start: Callable[[], Locker]) -> None:
    locker = start()
    assert locker.do("take 0") is True
    assert not stopped(locker.pid)
    os.kill(locker.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, locker.pid, os.WSTOPPED | os.WNOWAIT)
    before = time.monotonic()
    assert who(place) == (locker.pid, "session")
    assert stopped(locker.pid) is (sys.platform == "linux")
    assert Lock.acquire(place, "run") is None
    assert time.monotonic() - before < SOON
    os.kill(locker.pid, signal.SIGCONT)
    assert locker.do("ask 0") is not None
    assert not stopped(locker.pid)


def test_a_process_that_is_not_there_is_not_stopped() -> None:
    assert not stopped(DEAD)
    assert not stopped(os.getpid())


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_deleted_lock_file_is_made_again(
    place: Place, start: Callable[[], Locker], whole_folder: bool
) -> None:
    lock = acquire(place)
    lock.announce("unix:here")
    os.unlink(place.lock)
    if whole_folder:
        os.rmdir(place.folder)
    assert holder(place) is None
    assert lock.check()
    found = holder(place)
    assert found is not None
    assert (found.pid, found.address) == (os.getpid(), "unix:here")
    assert start().do("take 0") is False
    lock.release()
    assert os.listdir(place.folder) == []


def test_who_lost_the_lock_with_its_file_learns_it(
    place: Place, start: Callable[[], Locker]
) -> None:
    lock = acquire(place)
    os.unlink(place.lock)
    locker = start()
    assert locker.do("take 0") is True
    assert not lock.check()
    lock.release()
    assert who(place) == (locker.pid, "session")


def test_check_keeps_the_files_young(place: Place) -> None:
    lock = acquire(place)
    Path(place.socket).touch()
    for path in (place.lock, place.socket):
        os.utime(path, (0, 0))
    assert lock.check()
    assert min(os.stat(path).st_mtime for path in (place.lock, place.socket)) > time.time() - 60
    lock.release()


def test_a_started_process_does_not_inherit_it(place: Place) -> None:
    lock = acquire(place)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, close_fds=False)
    lock.release()
    again = acquire(place)
    child.communicate(b"\n")
    again.release()


def test_of_two_that_race_one_wins(place: Place, start: Callable[[], Locker]) -> None:
    racers = [start(), start()]
    asking = start()
    asking.tell("ask 60")
    wins = []
    for number in range(50):
        if number % 2:
            Path(place.lock).write_bytes(random.choice(list(STALE.values())))
        at = time.monotonic() + 0.003
        for racer in racers:
            racer.tell(f"take {at}")
        won = [racer.answer() for racer in racers]
        assert sorted(won) == [False, True]
        wins.append(won.index(True))
        assert who(place) == (racers[wins[-1]].pid, "session")
        for racer in racers:
            racer.do("give")
        assert holder(place) is None


def test_no_two_are_ever_inside(place: Place, start: Callable[[], Locker]) -> None:
    fighters = [start(), start(), start()]
    asking = start()
    for locker in (*fighters, asking):
        locker.do("give")  # it has started, so that all are there at the same time
    for fighter in fighters:
        fighter.tell("fight 1")
    asking.tell("ask 1")
    results = [fighter.answer() for fighter in fighters]
    assert [result["clashes"] for result in results] == [0, 0, 0]
    assert min(result["taken"] for result in results) > 10
    assert set(asking.answer()["answers"]) == {None, "run"}


def test_a_record_is_never_seen_in_part(place: Place) -> None:
    lock = acquire(place)
    addresses = {"", *("x" * length for length in (10, 700, 3000))}
    done = threading.Event()
    seen = set()

    def read() -> None:
        while not done.is_set():
            found = holder(place)
            assert found is not None
            seen.add((found.pid, found.address))

    reader = threading.Thread(target=read)
    reader.start()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        for address in addresses:
            lock.announce(address)
    done.set()
    reader.join()
    lock.release()
    assert seen
    assert seen <= {(os.getpid(), address) for address in addresses}


UNUSABLE: dict[str, Callable[[Place], object]] = {
    "folder": lambda place: os.mkdir(place.lock),
    "link": lambda place: os.symlink("/dev/null", place.lock),
    "socket is a folder": lambda place: os.mkdir(place.socket),
    "runtime folder gone": lambda place: os.rmdir(place.folder),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_a_lock_is_said(place: Place, case: str) -> None:
    UNUSABLE[case](place)
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(PlaceError) as caught:
        Lock.acquire(place, "run")
    assert place.folder in str(caught.value)
    assert len(os.listdir("/dev/fd")) == before
    if case == "link":
        with pytest.raises(PlaceError, match="cannot be used"):
            holder(place)
    else:
        assert holder(place) is None


def test_a_question_that_is_stopped_midway_does_not_block_for_long(place: Place) -> None:
    acquire(place).release()
    with open(place.lock, "wb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert holder(place) is None
        before = time.monotonic()
        with pytest.raises(PlaceError, match="stopped"):
            Lock.acquire(place, "run")
        assert time.monotonic() - before < SOON
    acquire(place).release()


def test_no_descriptor_is_left(place: Place) -> None:
    lock = acquire(place)
    before = len(os.listdir("/dev/fd"))
    for _ in range(50):
        assert Lock.acquire(place, "run") is None
        assert holder(place) is not None
        os.unlink(place.lock)
        assert lock.check()
    assert len(os.listdir("/dev/fd")) == before
    lock.release()
    assert len(os.listdir("/dev/fd")) == before - 1
