"""Sessions and clients that meet what they should never meet, and go on."""

from __future__ import annotations

import json
import marshal
import os
import resource
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sessions_ls.kernel.frames import pack
from sessions_ls.live import link
from sessions_ls.live.asking import NotLive, outcome
from sessions_ls.live.jobs import LONGEST, QUIET, Job
from sessions_ls.live.lock import Lock
from sessions_ls.live.opening import open_client
from sessions_ls.live.peers import LONGEST_HELLO, Peers
from sessions_ls.live.place import place_of
from sessions_ls.live.request import Request
from sessions_ls.live.runner import Runner
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings
from sessions_ls.live.sockets import listen
from sessions_ls.live.trust import on_request
from sessions_ls.live.wire import PROTOCOL
from tests.live.shared import NO_HANG, PATIENCE, Person, at_notebook, until, who_holds

ONE = "# %%\nx = 1\nx\n"
HELLO = {"protocol": PROTOCOL, "version": "0", "who": "stranger", "pid": 1, "token": ""}


def said(message: object) -> bytes:
    return pack(marshal.dumps(message, 2))


def hello(**other: object) -> bytes:
    return pack(json.dumps({**HELLO, **other}).encode())


GARBAGE = {
    "http": b"GET / HTTP/1.0\r\n\r\n",
    "an empty hello": pack(b""),
    "a hello that is no JSON": pack(b"{"),
    "a hello that is a list": pack(b"[1]"),
    "a hello that is a number": pack(b"1"),
    "a hello that is deep": pack(b"[" * (LONGEST_HELLO - 1)),
    "a hello that is long": (LONGEST_HELLO + 1).to_bytes(4, "big"),
    "a pid without end": hello(pid=float("inf")),
    "another protocol": hello(protocol=PROTOCOL + 1),
    "a message that is a list": hello() + said([1]),
    "a message of no kind": hello() + said({}),
    "a run without a text": hello() + said({"m": "run", "id": 1}),
    "a run of nothing known": hello() + said({"m": "run", "text": ONE, "request": {"foo": 1}}),
    "a message that is no marshal": hello() + pack(b"\xff\xff"),
    "a message of 4 GiB": hello() + b"\xff\xff\xff\xff",
}


def test_garbage_ends_the_conversation_and_nothing_else(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", ONE, "keeper") as (keeper,):
        keeper.run()
        session = who_holds(tmp_path / "n.py")
        assert session is not None
        for name, data in GARBAGE.items():
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.settimeout(PATIENCE)
                stranger.connect(session.socket)
                stranger.sendall(data)
                try:
                    while stranger.recv(65536):
                        pass
                except ConnectionError:  # it hung up before it had read everything
                    pass
                except TimeoutError:
                    pytest.fail(f"{name} was not refused")
            assert keeper.run(1).ok, name
        assert [one["who"] for one in keeper.client.clients()] == ["keeper"]


SNAPSHOT = {
    "m": "snapshot", "troubles": [], "idents": [], "traits": [], "live": [], "records": [],
    "passing": {}, "kernel": {"state": "none", "pid": None}, "bonds": {},
}  # fmt: skip
DISK = {"m": "disk", "text": None, "digest": "", "problem": None}
WELCOME = pack(json.dumps({"you": 1, "version": "0", "protocol": PROTOCOL, "pid": 1}).encode())
REFUSAL = pack(json.dumps({"you": 1, "refused": "it is of sessions-ls 9.9"}).encode())


@contextmanager
def another_session(notebook: Path, words: bytes, after: float = 0.0) -> Iterator[None]:
    """Somebody who holds the notebook and says this to every client, ``after`` some seconds."""
    place = place_of(str(notebook))
    lock = Lock.acquire(place, "session", "0")
    assert lock is not None
    listener, address, token = listen(place)
    listener.setblocking(True)
    lock.announce(address, token)
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            kept.append(connection)
            connection.recv(65536)
            time.sleep(after)
            with suppress(OSError):  # who was there may have left
                connection.sendall(words)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in (*kept, listener):
            one.close()
        lock.release()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (REFUSAL, "cannot be used: it is of sessions-ls 9.9; `sessions stop n.py` ends it"),
        (pack(b"[]"), "does not answer"),
        (WELCOME + pack(b"\xff"), "says nothing that helps"),
        (WELCOME + said({}) + said({}), "speaks another way"),
        (WELCOME + said({"m": "snapshot"}) + said(DISK), "speaks another way"),
        (WELCOME + said({**SNAPSHOT, "records": [(1, 2)]}) + said(DISK), "speaks another way"),
    ],
    ids=["refusal", "hello", "marshal", "kind", "snapshot", "record"],
)
def test_a_session_of_another_kind_is_a_sentence(
    tmp_path: Path, words: bytes, sentence: str
) -> None:
    notebook = tmp_path / "n.py"
    notebook.write_text(ONE)
    with another_session(notebook, words):
        started = time.monotonic()
        person = Person(notebook)
        assert time.monotonic() - started < NO_HANG
        assert not person.client.attached
        [trouble] = person.client.troubles
        assert sentence in trouble
        assert person.states == "new"


@pytest.mark.parametrize(("loading", "attached"), [(10.0, True), (0.0, False)])
def test_a_session_may_take_its_time_while_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loading: float, attached: bool
) -> None:
    monkeypatch.setattr(link, "ANSWER", 0.05)
    monkeypatch.setattr(link, "LOADING", loading)
    notebook = tmp_path / "n.py"
    notebook.write_text(ONE)
    with another_session(notebook, WELCOME + said(SNAPSHOT) + said(DISK), after=0.3):
        assert Person(notebook).client.attached == attached


@pytest.mark.parametrize(
    "words",
    [{"m": "heard", "id": 77}, {"m": "event", "run": None, "event": {}}, {"m": "program"}, {}],
    ids=["heard", "event", "program", "nothing"],
)
def test_a_session_that_talks_nonsense_is_left(tmp_path: Path, words: dict[str, Any]) -> None:
    notebook = tmp_path / "n.py"
    notebook.write_text(ONE)
    with another_session(notebook, WELCOME + said(SNAPSHOT) + said(DISK) + said(words)):
        person = Person(notebook)
        until(lambda: not person.client.attached, lambda: "it is still listened to")
        assert "cannot be understood" in (person.client.ended or "")
        assert person.states == "new"


def test_a_long_text_for_a_stopped_session_is_no_garbage_later(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    text = ONE + "# a long comment\n" * 60_000
    with at_notebook(notebook, text, "editor") as (editor,):
        editor.run()
        session = who_holds(notebook)
        assert session is not None
        os.kill(session.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(NotLive, match="does not answer"):
            editor.run(1)
        assert time.monotonic() - started < NO_HANG
        until(lambda: not editor.client.attached, lambda: "it is still attached")
        assert editor.states == "fresh*"
        os.kill(session.pid, signal.SIGCONT)
        editor.type("x = 1", "x = 2")
        assert editor.client.attach(start=False)
        assert editor.run().ok
        assert editor.texts[0] == "2"
        assert who_holds(notebook).pid == session.pid  # type: ignore[union-attr]


def test_a_runtime_folder_that_is_cleaned_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tempfile.mkdtemp(prefix="sessions-", dir="/tmp")
    monkeypatch.setenv("SESSIONS_RUNTIME_DIR", folder)
    try:
        with at_notebook(tmp_path / "n.py", ONE, "editor") as (editor,):
            editor.run()
            before = who_holds(tmp_path / "n.py")
            shutil.rmtree(folder)
            assert editor.run(1).ok
            late = Person(tmp_path / "n.py", "late", start=False)
            assert late.client.attached
            assert late.states == "fresh"
            after = who_holds(tmp_path / "n.py")
            assert before is not None and after is not None
            assert before.pid == after.pid
            shutil.rmtree(folder)
            new = Person(tmp_path / "n.py", "new")  # a second one has the notebook now
            with pytest.raises(NotLive, match="another process has taken the notebook"):
                editor.run(1)
            assert new.run(1).ok
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_what_happens_before_a_client_shows_its_text(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, ONE, "editor") as (editor,):
        events: list[dict[str, Any]] = []
        early = open_client(str(notebook), Settings(), "early", events.append)
        editor.run()
        until(lambda: any(e["event"] == "done" for e in events), lambda: "it does not hear")
        early.submit(ONE)
        assert early.attached
        [cell] = early.view().cells
        assert (cell.state, cell.cold) == ("fresh", False)


@pytest.mark.parametrize("nap", ["", "time.sleep(0.3)"])
def test_a_storm_of_saves_is_two_runs(tmp_path: Path, nap: str) -> None:
    """Or more, where the machine is too slow for a storm."""
    text = f"# %%\nimport time\n{nap}\nx = 0\nx\n"
    with at_notebook(tmp_path / "n.py", text, "editor") as (editor,):
        waits = []
        saved = []
        for number in range(50):
            editor.type(f"x = {number}\n", f"x = {number + 1}\n")
            saved.append(time.monotonic())
            waits.append(editor.begin(cause="save"))
            time.sleep(0.01)
        lulls = sum(after - before > QUIET / 2 for before, after in pairwise(saved))
        most = 2 + lulls + (saved[-1] - saved[0]) // LONGEST
        assert all(outcome(wait()).ok for wait in waits)
        assert editor.texts == ["50"]
        done = [e for e in editor.events if e["event"] == "done" and e["ran"]]
        assert 2 <= len(done) <= most


def test_descriptors_beyond_a_thousand(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] != resource.RLIM_INFINITY and limits[1] < 2048:
        pytest.skip("the system allows no process so many")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, limits[1]))
    null = os.open(os.devnull, os.O_RDONLY)
    used = [os.dup(null) for _ in range(1100)]
    try:
        with at_notebook(tmp_path / "n.py", ONE, "editor") as (editor,):
            assert editor.client.attached
            assert editor.run().ok
            editor.leave()
    finally:
        for fd in (null, *used):
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_what_fails_after_a_run_does_not_end_the_queue(tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError("a file of a strange name")

    (tmp_path / "n.py").write_text(ONE)

    def results() -> list[str]:
        return [cell.record.text for cell in session.view().cells if cell.record is not None]

    runner = Runner(Peers(lambda: None), fail)
    session = LiveSession(str(tmp_path / "n.py"), Settings(), runner.hear)
    session.submit(ONE)
    runner.start(session)
    try:
        for value in ("1", "2"):
            text = ONE.replace("1", value)
            runner.jobs.put(Job(1, 1, text, Request(on_request(session.path), all=True)))
            until(lambda value=value: value in results(), lambda: "it does not run")  # type: ignore[misc]
    finally:
        runner.end()
        session.close()


@pytest.mark.parametrize("how", ["interrupt", "cancel"])
def test_a_run_that_is_stopped_while_its_text_is_read(tmp_path: Path, how: str) -> None:
    """Its turn has come, and nobody has heard of it yet."""
    over: list[None] = []
    (tmp_path / "n.py").write_text(ONE)
    runner = Runner(Peers(lambda: None), lambda: over.append(None))
    session = LiveSession(str(tmp_path / "n.py"), Settings(), runner.hear)
    read = session.submit

    def stopped_meanwhile(text: str) -> None:
        read(text)
        if how == "cancel":
            runner.cancel(1, 1)
        else:
            runner.drop()
            session.interrupt()

    session.submit = stopped_meanwhile  # type: ignore[method-assign]
    runner.start(session)
    try:
        runner.jobs.put(Job(1, 1, ONE, Request(on_request(session.path), all=True)))
        until(lambda: len(over) == 1, lambda: "it goes on")
        assert session.view().cells[0].state == "new"
        session.submit = read  # type: ignore[method-assign]
        runner.jobs.put(Job(1, 2, ONE, Request(on_request(session.path), all=True)))
        until(lambda: len(over) == 2, lambda: "it does not run")
        assert session.view().cells[0].state == "fresh"
    finally:
        runner.end()
        session.close()
