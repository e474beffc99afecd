"""One live session, many clients: real processes, real files, real kernels."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from sessions_ls.live.asking import NotLive, outcome
from sessions_ls.live.lock import Lock
from sessions_ls.live.opening import open_client
from sessions_ls.live.place import place_of
from sessions_ls.live.request import Request
from sessions_ls.live.server import Server
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings, load_settings
from sessions_ls.live.sockets import listen_on_loopback
from sessions_ls.results.errors import SessionFileError
from tests.live.shared import NO_HANG, Person, at_notebook, end, until, until_told, who_holds

CHAIN = "# %%\nx = 1\n# %%\ny = x + 1\ny\n# %%\nz = y * 10\nz\n"
NAP = "# %%\nimport time\n# %%\ntime.sleep(30)\n# %%\nprint('after')\n"


def test_what_one_runs_all_see(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", CHAIN, "editor", "terminal") as (editor, terminal):
        assert editor.states == terminal.states == "new new new"
        assert terminal.run().ran == 3
        editor.sees("fresh fresh fresh")
        assert editor.texts == ["", "2", "20"]
        seen = [(e["number"], e["state"]) for e in editor.events if e["event"] == "cell"]
        assert [state for number, state in seen if number == 3] == ["queued", "running", "ok"]

        def ends() -> list[str]:
            return [event["who"] for event in editor.events if event["event"] == "done"]

        until(lambda: ends() == [f"terminal (pid {os.getpid()})"], lambda: str(ends()))
        late = Person(tmp_path / "n.py", "late")
        assert late.states == "fresh fresh fresh"
        assert {one["who"] for one in late.client.clients()} == {"editor", "terminal", "late"}


def test_values_outlive_the_editor_and_results_the_session(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, CHAIN, "editor") as (editor,):
        editor.run()
        kernel = editor.client.kernel_json()["pid"]
        editor.leave()
        again = Person(notebook, "again", start=False)
        assert again.client.attached
        assert again.states == "fresh fresh fresh"
        assert again.client.kernel_json()["pid"] == kernel
        session = who_holds(notebook)
        assert session is not None
        os.kill(session.pid, signal.SIGKILL)
        again.sees("fresh* fresh* fresh*")
        until(lambda: not os.path.exists(f"/proc/{kernel}"), lambda: "the kernel lives on")
        [lost] = [event for event in again.events if event["event"] == "detached"]
        assert lost["crashed"]
        with pytest.raises(NotLive, match="no live session"):
            again.run()
        new = Person(notebook, "new")
        assert new.states == "fresh* fresh* fresh*"
        new.type("x + 1", "x + 2")
        assert new.run().ran == 3  # x is cold, so it is made again
        assert new.texts == ["", "3", "30"]


def test_a_buffer_ahead_of_the_file_is_what_runs(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", CHAIN, "vim", "code") as (vim, code):
        vim.run()
        code.sees("fresh fresh fresh")
        vim.type("x + 1", "x + 5")
        vim.run(2)
        assert vim.texts == ["", "6", "60"]
        code.sees("fresh stale stale")
        assert code.reason(2) == "edited elsewhere: what ran last is another text of this cell"
        code.run()
        assert code.texts == ["", "2", "20"]
        vim.sees("fresh stale stale")


def test_an_edit_on_disk_is_stale_for_a_buffer_without_it(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, CHAIN, "vim") as (vim,):
        vim.run()
        notebook.write_text(CHAIN.replace("x = 1", "x = 7"), "utf-8")
        vim.sees("stale stale stale")
        assert vim.reason(1).startswith("edited elsewhere")
        assert vim.reason(3) == "on disk: it needs cell 2, which is stale"
        vim.type("y * 10", "y * 100")  # ours is not theirs: a merge, no conflict
        merge = vim.client.elsewhere.merge()
        assert (merge.theirs_changed, merge.conflicts) == ([1], [])
        assert "x = 7" in merge.text
        assert "y * 100" in merge.text
        vim.type("x = 1", "x = 2")
        [conflict] = vim.client.elsewhere.merge().conflicts
        assert conflict.number == 1
        vim.reload()
        vim.sees("stale stale stale")
        assert vim.reason(1) == "its code changed"
        notebook.write_text(CHAIN, "utf-8")
        vim.reload()
        vim.sees("fresh fresh fresh")


def test_files_that_cells_read_are_watched(tmp_path: Path) -> None:
    data, module = tmp_path / "data.txt", tmp_path / "helper.py"
    data.write_text("3")
    module.write_text("FACTOR = 2\n")
    text = (
        "# %%\nn = int(open('data.txt').read())\n# %%\nimport helper\nhelper.FACTOR\n"
        "# %%\nn * 2\n# %%\n'alone'\n"
    )
    with at_notebook(tmp_path / "n.py", text, "editor") as (editor,):
        editor.run()
        editor.sees("fresh fresh fresh fresh")
        data.write_text("4")
        editor.sees("stale fresh stale fresh")
        assert editor.reason(1) == "data.txt changed"
        data.write_text("3")
        editor.sees("fresh fresh fresh fresh")
        module.write_text("FACTOR = 30\n")
        editor.sees("fresh stale fresh fresh")
        assert editor.reason(2) == "helper.py changed"
        editor.run()
        assert editor.texts == ["", "30", "6", "'alone'"]


def test_requests_wait_their_turn_and_an_interrupt_drops_them(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", NAP, "editor", "agent") as (editor, agent):
        first = editor.begin(2)
        editor.sees("fresh running new")
        second = agent.begin(3, cause="agent")
        time.sleep(0.05)  # in which the second might begin
        agent.sees("fresh running new")
        agent.client.interrupt()
        assert outcome(first()).interrupted
        assert outcome(second()).interrupted
        editor.sees("fresh interrupted new")
        assert agent.run(3, cause="agent").ok

        def told() -> list[int]:
            ends = [event for event in editor.events if event["event"] == "done"]
            return [end["ran"] for end in ends if end["cause"] == "agent"]

        until(lambda: told() == [1], lambda: f"the editor heard {told()}")


def test_saves_that_wait_are_one_run_of_the_newest_text(tmp_path: Path) -> None:
    go = tmp_path / "go"
    text = f"# %%\n{until_told(go)}# %%\nx = 0\nx\n"
    with at_notebook(tmp_path / "n.py", text, "editor") as (editor,):
        waits = [editor.begin(1)]
        for number in range(1, 100):
            editor.type(f"x = {number - 1}\n", f"x = {number}\n")
            waits.append(editor.begin(cause="save"))
        go.touch()
        assert all(outcome(wait()).ok for wait in waits)
        assert editor.texts[1] == "99"
        runs = {tuple(event["run"]) for event in editor.events if "run" in event}
        assert len(runs) == 2
        assert sum(e["event"] == "cell" and e["number"] == 2 and e["state"] == "ok"
                   for e in editor.events) == 1  # fmt: skip


def test_restart_ends_values_and_keeps_results(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", NAP, "editor", "other") as (editor, other):
        editor.run(3)
        running = editor.begin(2)
        other.sees("fresh running fresh")
        started = time.monotonic()
        other.client.restart()
        assert time.monotonic() - started < NO_HANG
        assert outcome(running()).interrupted
        other.sees("fresh* interrupted* fresh*")
        assert editor.client.kernel_json()["state"] == "none"
        editor.client.clear([3])
        other.sees("fresh* interrupted* new")


def test_stop_ends_all_and_says_who(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, CHAIN, "editor", "terminal") as (editor, terminal):
        editor.run()
        terminal.client.stop()
        until(lambda: not editor.client.attached, lambda: "still attached")
        [event] = [event for event in editor.events if event["event"] == "detached"]
        assert event["why"] == f"stopped by terminal (pid {os.getpid()})"
        assert not event["crashed"]
        until(lambda: who_holds(notebook) is None, lambda: "the lock is still held")
        assert editor.states == "fresh* fresh* fresh*"


@pytest.mark.parametrize(("linger", "lives"), [("0", False), ("20", True)])
def test_a_session_lingers(tmp_path: Path, linger: str, lives: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.sessions]\nlinger = {linger}\n")
    with at_notebook(tmp_path / "n.py", CHAIN, "editor") as (editor,):
        editor.run()
        editor.leave()
        if lives:
            time.sleep(0.5)
            assert who_holds(tmp_path / "n.py") is not None
        else:
            until(lambda: who_holds(tmp_path / "n.py") is None, lambda: "it lingers")


def test_a_session_that_is_stopped_is_named_and_nothing_hangs(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, CHAIN, "editor") as (editor,):
        editor.run()
        session = who_holds(notebook)
        assert session is not None
        os.kill(session.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(NotLive, match="does not answer"):
            editor.run()
        other = Person(notebook, "other")
        assert time.monotonic() - started < NO_HANG
        assert not other.client.attached
        [trouble] = other.client.troubles
        assert f"(pid {session.pid}, since" in trouble
        assert "is stopped" in trouble
        assert other.states == "fresh* fresh* fresh*"
        os.kill(session.pid, signal.SIGCONT)
        assert Person(notebook, "third").states == "fresh fresh fresh"


def test_results_that_cannot_be_saved_are_kept(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, CHAIN, "editor", "other") as (editor, other):
        (tmp_path / "n.session.toml").mkdir()
        with pytest.raises(SessionFileError, match=r"n\.session\.toml"):
            editor.run()
        editor.sees("fresh fresh fresh")
        other.sees("fresh fresh fresh")
        (tmp_path / "n.session.toml").rmdir()
        editor.run(3)
        assert (tmp_path / "n.session.toml").read_text().count("[[cells]]") == 3


def test_a_notebook_that_is_renamed_or_deleted_while_it_runs(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    go = tmp_path / "go"
    text = f"# %%\n{until_told(go)}# %%\n'done'\n"
    with at_notebook(notebook, text, "editor") as (editor,):
        wait = editor.begin(all=True)
        notebook.rename(tmp_path / "m.py")
        go.touch()
        assert outcome(wait()).ok
        assert editor.texts == ["", "'done'"]
        until(lambda: (editor.client.disk or {}).get("text", "?") is None, lambda: "not noticed")
        editor.save()
        until(lambda: (editor.client.disk or {})["text"] == text, lambda: "not seen again")
        assert editor.states == "fresh fresh"


def test_two_clients_edit_different_cells_and_lose_nothing(tmp_path: Path) -> None:
    text = "# %%\na = 0\na\n# %%\nb = 0\nb\n"
    rounds = 40
    with at_notebook(tmp_path / "n.py", text, "one", "two") as people:
        faults: list[str] = []

        def work(person: Person, name: str, cell: int) -> None:
            for number in range(rounds):
                person.type(f"{name} = {number}\n", f"{name} = {number + 1}\n")
                person.run(cell)
                if person.texts[cell - 1] != str(number + 1):
                    faults.append(f"{name} is {person.texts[cell - 1]} after {number + 1}")

        threads = [
            threading.Thread(target=work, args=(person, name, cell))
            for person, name, cell in zip(people, "ab", (1, 2), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        for person, name in zip(people, "ab", strict=True):
            assert f"{name} = {rounds}\n" in person.text


def test_many_come_and_go_and_nothing_is_left(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    with at_notebook(notebook, CHAIN, "keeper") as (keeper,):
        keeper.run()
        session = who_holds(notebook)
        assert session is not None

        def used() -> tuple[int, int]:
            proc = Path(f"/proc/{session.pid}")
            return len(list((proc / "fd").iterdir())), len(list((proc / "task").iterdir()))

        for _ in range(3):
            Person(notebook).leave()
            keeper.client.restart()
            keeper.run(all=True)
        until(lambda: len(keeper.client.clients()) == 1, lambda: "clients are left")
        before = used()
        for _ in range(30):
            Person(notebook).leave()
        for _ in range(5):
            keeper.client.restart()
            keeper.run(all=True)
        until(lambda: len(keeper.client.clients()) == 1, lambda: "clients are left")
        until(lambda: used() == before, lambda: f"{used()} instead of {before}")
    end(notebook)


def test_a_run_that_waits_can_be_taken_back(tmp_path: Path) -> None:
    go = tmp_path / "go"
    text = f"# %%\n{until_told(go)}# %%\nx = 1\n"
    with at_notebook(tmp_path / "n.py", text, "editor", "terminal") as (editor, terminal):
        running = editor.begin(1)
        editor.sees("running new")
        run = terminal.client.reserve()
        terminal.client.start(Request(terminal.grant, cells=[2]), print, run)
        terminal.client.cancel(run)
        terminal.client.clients()  # answered once the session has heard what came before
        go.touch()
        assert outcome(running()).ok
        assert editor.run(1).ok
        assert editor.states == "fresh new"


def test_a_client_that_shows_no_text_hears_of_runs(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", CHAIN, "editor") as (editor,):
        silent: list[dict[str, object]] = []
        client = open_client(str(editor.path), load_settings(str(editor.path)), "ps", silent.append)
        editor.run()
        until(lambda: any(e["event"] == "done" for e in silent), lambda: f"heard {silent}")
        assert client.attached


def test_a_session_on_a_port_wants_its_token(tmp_path: Path) -> None:
    """As where there are no Unix sockets."""
    notebook = tmp_path / "n.py"
    notebook.write_text(CHAIN)
    place = place_of(str(notebook))
    lock = Lock.acquire(place, "session")
    assert lock is not None
    listener, address, token = listen_on_loopback()
    listener.listen()
    listener.setblocking(False)
    server = Server("1", listener, token, 60.0, lambda: True)
    session = LiveSession(str(notebook), Settings(), server.runner.hear)
    session.submit(CHAIN)
    serving = threading.Thread(target=server.serve, args=(session,), daemon=True)
    serving.start()
    try:
        lock.announce(address, "a guess")
        assert "the token is not that of this session" in Person(notebook).client.troubles[0]
        lock.announce(address, token)
        assert Person(notebook).run().ran == 3
    finally:
        server.end("the test is over")
        serving.join()
        lock.release()


def test_a_kernel_that_dies_while_idle_is_noticed(tmp_path: Path) -> None:
    with at_notebook(tmp_path / "n.py", CHAIN, "editor") as (editor,):
        editor.run()
        os.kill(editor.client.kernel_json()["pid"], signal.SIGKILL)
        editor.sees("fresh* fresh* fresh*")
        [death] = [event for event in editor.events if event["event"] == "kernel"]
        assert "SIGKILL" in death["message"]
        assert editor.run(3).ok


def test_a_session_stopped_in_the_middle_of_a_run_is_noticed(tmp_path: Path) -> None:
    notebook = tmp_path / "n.py"
    text = "# %%\nimport time\ntime.sleep(60)\n"
    with at_notebook(notebook, text, "editor") as (editor,):
        session = who_holds(notebook)
        assert session is not None
        stopped: list[float] = []

        def stop() -> None:
            editor.sees("running")
            os.kill(session.pid, signal.SIGSTOP)
            stopped.append(time.monotonic())

        threading.Thread(target=stop).start()
        with pytest.raises(NotLive, match="is stopped"):
            editor.run()
        assert time.monotonic() - stopped[0] < NO_HANG
