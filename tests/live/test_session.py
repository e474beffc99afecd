"""Notebooks end to end, with real kernels: the stories beside this file, and what they lack."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread, Timer

import pytest

from sessions_ls.kernel.client import Kernel
from sessions_ls.results.errors import SessionFileError
from sessions_ls.results.session_file import session_path
from tests.live.sessions import Event, SharedKernel, Told, act


def stories() -> list[tuple[str, str]]:
    text = (Path(__file__).parent / "stories.txt").read_text(encoding="utf-8")
    found = []
    for block in text.split("\n== ")[1:]:
        name, _, story = block.partition("\n")
        found.append((name, story.strip("\n")))
    return found


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedKernel]:
    kernel = SharedKernel()
    yield kernel
    kernel.end()


STORIES = stories()


@pytest.mark.parametrize("story", [s for _, s in STORIES], ids=[name for name, _ in STORIES])
def test_story(story: str, shared: SharedKernel, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "stories"
    folder.mkdir(exist_ok=True)
    told = Told(str(folder / "notebook.py"), shared)
    try:
        for step in story.split("\n--\n"):
            done, _, seen = ("\n" + step).partition("\n=\n")
            lines = done[1:].split("\n")
            notebook = [line for line in lines if not line.startswith("> ")]
            if any(notebook):
                told.submit("\n".join(notebook) + "\n")
            for line in lines:
                if line.startswith("> "):
                    act(told, line[2:])
            if seen:
                assert told.described() == seen.strip("\n"), step
    finally:
        told.close()


# -- what happens while cells run: each with a kernel of its own -----------------------------------


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    opened = Told(str(tmp_path / "notebook.py"))
    yield opened
    opened.close()


DEATHS = [
    ("os._exit(3)", "exit status 3"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    ("os.abort()", "SIGABRT"),
]


@pytest.mark.parametrize(("death", "word"), DEATHS, ids=[word for _, word in DEATHS])
def test_a_death_fails_the_running_cell_and_keeps_the_others(
    death: str, word: str, told: Told
) -> None:
    told.submit(
        "# %%\nimport os, signal\nx = 1\nx\n"
        f"# %%\nprint('last words', flush=True)\nif x: {death}\n# %%\nx + 1\n"
    )
    summary = told.run()
    assert not summary.ok
    assert (summary.ran, summary.failed) == (2, 1)
    assert told.ran == [1, 2]
    assert told.states == ["fresh", "error", "new"]
    assert told.shown(1) == "1"
    assert told.shown(2).startswith("last words | KernelDied: ")
    assert word in told.shown(2)
    assert told.session.kernel_json()["state"] == "none"
    told.edit("if x:", "if not x:")
    assert told.run().ok
    assert told.states == ["fresh"] * 3
    assert told.shown(3) == "2"


@pytest.mark.parametrize("text", ["# %% Two\n# %%\n2\n", "# %% [markdown] Two\n# text\n# %%\n2\n"])
def test_a_cell_with_nothing_left_to_run_shows_nothing(text: str, told: Told) -> None:
    told.submit("# %% Two\n1\n# %%\n2\n")
    told.run()
    told.submit(text)
    assert [cell.record is not None for cell in told.session.view().cells] == [False, True]
    told.submit("# %% Two\n1\n# %%\n2\n")
    assert (told.states, told.shown(1)) == (["fresh", "fresh"], "1")


def test_a_dead_cell_says_how_long_it_ran(told: Told) -> None:
    told.submit("# %%\nimport os, time\ntime.sleep(0.5)\nos._exit(1)\n")
    told.run()
    record = told.session.view().cells[0].record
    assert record is not None
    assert record.runtime_ms > 100  # the kernel says a little later that it began


def test_a_dead_cell_is_not_run_again_unless_asked(told: Told) -> None:
    told.submit("# %%\nimport os\n# %%\nos._exit(1)\n# %%\n2\n")
    told.run()
    assert told.run().ran == 1
    assert told.ran == [3]
    told.run(retry=True)
    assert 2 in told.ran


SLOWEST = 4.5  # seconds; less than a cell gets that does not listen to an interrupt
LOOP = "# %%\nx = 1\n# %%\nprint('go', flush=True)\nwhile x: pass\n# %%\n'after'\n"


def when_output(told: Told, act: Callable[[], None]) -> None:
    """Do this, in another thread, when the first output comes."""

    def seen(event: Event) -> None:
        if event["event"] == "output":
            told.on_event = lambda event: None
            Thread(target=act).start()

    told.on_event = seen


def test_interrupt_from_another_thread(told: Told) -> None:
    told.submit(LOOP)
    when_output(told, told.session.interrupt)
    summary = told.run()
    assert summary.interrupted
    assert told.states == ["fresh", "interrupted", "new"]
    assert told.shown(2).startswith("go")
    told.edit("while x", "while not x")
    assert told.run().ok
    assert told.ran == [2, 3]  # the kernel lives, and so does x


ENDLESS = LOOP.replace("x = 1", "while True: pass")


def test_an_interrupt_before_the_kernel_has_read_the_run_is_not_lost(told: Told) -> None:
    """As on a slow machine, where it still starts."""

    def launch(*where: str) -> Kernel:
        kernel = Kernel.start(*where)
        send = kernel.send

        def send_and_interrupt(message: Event) -> None:
            send(message)
            if message["op"] == "run":
                told.session.interrupt()

        kernel.send = send_and_interrupt  # type: ignore[method-assign]
        return kernel

    told.session.launch = launch  # type: ignore[method-assign]
    told.submit(ENDLESS)
    assert told.run().interrupted
    assert told.states == ["interrupted", "new", "new"]
    assert told.session.kernel_json()["state"] == "idle"


def test_an_interrupt_of_code_that_lets_no_thread_say_that_it_runs(told: Told) -> None:
    told.submit("# %%\nimport re\n# %%\nre.match(r'(a+)+$', 'a' * 60 + 'b')\n")
    told.run(1)
    Timer(0.5, told.session.interrupt).start()
    assert told.run(2).interrupted
    assert told.states == ["fresh", "interrupted"]


def test_an_interrupt_before_a_run_counts_from_when_it_is_expected(told: Told) -> None:
    told.submit("# %%\n1\n")
    told.session.interrupt()
    told.session.expect()
    assert told.run().ok
    told.edit("1", "2")
    told.session.interrupt()
    summary = told.run()
    assert (summary.interrupted, summary.ran) == (True, 0)
    assert told.run().ok


def test_a_request_that_takes_too_long(told: Told) -> None:
    told.submit(LOOP)
    told.run(1)
    summary = told.run(seconds=0.3)
    assert summary.timed_out
    assert not summary.ok
    assert told.states == ["fresh", "interrupted", "new"]
    assert summary.seconds < SLOWEST


def test_a_request_whose_time_is_over_before_the_kernel_is_there(told: Told) -> None:
    told.submit(ENDLESS)
    summary = told.run(seconds=0.001)
    assert summary.timed_out
    assert told.states == ["interrupted", "new", "new"]
    assert told.session.kernel_json()["state"] == "idle"  # it was not ended by force


def test_kill(told: Told) -> None:
    told.submit(LOOP)
    when_output(told, told.session.kill)
    assert told.run().failed == 1
    assert told.states == ["fresh", "error", "new"]


def test_restart_stops_what_runs(told: Told) -> None:
    told.submit(LOOP)
    when_output(told, told.session.restart)
    assert not told.run().ok
    assert told.states[0] == "fresh"
    assert told.states[2] == "new"


def test_a_result_belongs_to_the_text_that_ran(told: Told, tmp_path: Path) -> None:
    """The text changes while its cell runs: the result is that of the old text, so it is stale."""
    go = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.005)\n"
    told.submit(f"# %%\nprint('go', flush=True)\n{wait}x = 1\nx\n# %%\nx + 1\n")

    def edit() -> None:
        told.edit("x = 1", "x = 5")
        go.touch()

    when_output(told, edit)
    told.run()
    assert told.session.view().cells[0].record.text == "1"
    assert told.states[0] == "stale"
    assert told.states[1] in ("new", "stale")
    told.run()
    assert told.states == ["fresh", "fresh"]
    assert (told.shown(1), told.shown(2)) == ("go | 5", "6")


def test_a_cell_that_is_deleted_while_it_runs(told: Told, tmp_path: Path) -> None:
    go = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.005)\n"
    told.submit(f"# %%\n7\n# %%\nprint('go', flush=True)\n{wait}x = 1\n# %%\n8\n")

    def edit() -> None:
        told.submit("# %%\n7\n# %%\n8\n")
        go.touch()

    when_output(told, edit)
    told.run()
    assert told.run().ok
    assert told.states == ["fresh", "fresh"]
    assert (told.shown(1), told.shown(2)) == ("7", "8")


def test_events_in_order(told: Told) -> None:
    told.submit("# %%\nprint('a')\nx = 1\n# %%\nx + 1\n# %%\n1 / 0\n")
    told.run()
    seen = [(e["event"], e.get("number"), e.get("state") or e.get("text")) for e in told.events]
    states = [(kind, number, what) for kind, number, what in seen if what != "running"]
    assert states == [
        ("cell", 1, "queued"),
        ("cell", 2, "queued"),
        ("cell", 3, "queued"),
        ("output", 1, "a\n"),
        ("cell", 1, "ok"),
        ("cell", 2, "ok"),
        ("cell", 3, "error"),
        ("done", None, None),
    ]
    done = told.events[-1]
    assert (done["ok"], done["ran"], done["failed"], done["blocked"]) == (False, 3, 1, 0)


def test_a_cell_that_is_known_to_run_is_said_to(told: Told) -> None:
    told.submit("# %%\nimport time\ntime.sleep(0.2)\n")
    told.run()
    assert [event.get("state") for event in told.events] == ["queued", "running", "ok", None]


def test_a_cell_that_teaches_a_new_resolution_says_so_once(told: Told) -> None:
    told.submit("# %%\n1\n# %%\nexec('y = 5')\n# %%\ny\n# %%\n4\n")
    summary = told.run()
    ends = [
        (event["number"], event["state"])
        for event in told.events
        if event["event"] == "cell" and event["state"] not in ("queued", "running")
    ]
    assert ends == [(1, "ok"), (2, "ok"), (3, "ok"), (4, "ok")]
    assert (summary.ran, summary.fresh, summary.blocked) == (4, 0, 0)


def test_what_proves_fresh_without_a_run_is_said(told: Told) -> None:
    told.submit("# %%\nx = 4\n# %%\ny = x % 2\n# %%\ny\n")
    told.run()
    told.edit("4", "6")
    summary = told.run()
    assert (summary.ran, summary.fresh) == (2, 1)
    assert [event["number"] for event in told.events if event.get("state") == "fresh"] == [3]


def test_clear(told: Told) -> None:
    told.submit("# %%\nx = 1\n# %%\nx\n")
    told.run()
    told.session.clear([2])
    assert told.states == ["fresh", "new"]
    told.session.clear()
    assert told.states == ["new", "new"]
    told.run()
    assert told.ran == [1, 2]


# -- results that are kept on disk -----------------------------------------------------------------

TEXT = "# %%\nx = 1\n# %% volatile=true\ny = x\ny\n# %%\nx + 1\n"


@pytest.fixture
def stored(tmp_path: Path, shared: SharedKernel) -> str:
    """A notebook that was run and whose results are on disk."""
    path = str(tmp_path / "notebook.py")
    first = Told(path, shared, write=True)
    first.submit(TEXT)
    first.run()
    first.close()
    return path


def test_stored_results_are_fresh_but_cold(stored: str, shared: SharedKernel) -> None:
    again = Told(stored, shared, write=True)
    again.submit(TEXT)
    assert again.described() == "\n".join(
        [
            "ran nothing",
            "1 fresh cold",
            "2 stale cold (its stored result is not trusted: volatile=true): 1",
            "3 fresh cold: 2",
        ]
    )
    assert again.session.kernel_json()["state"] == "none"
    again.run(3)
    assert again.ran == [1, 3]
    again.close()


def test_a_stored_result_does_not_outlive_an_edit(tmp_path: Path, shared: SharedKernel) -> None:
    path = str(tmp_path / "notebook.py")
    text = "# %%\nx = 1\n# %%\nx + 1\n# %%\n3\n"
    first = Told(path, shared, write=True)
    first.submit(text)
    first.run()
    first.close()
    again = Told(path, shared, write=True)
    again.submit(text.replace("x = 1", "x = 2"))
    assert again.described() == "\n".join(
        [
            "ran nothing",
            "1 stale cold (its code changed)",
            "2 stale cold (it needs cell 1, which is stale): 2",
            "3 fresh cold: 3",
        ]
    )
    again.close()


def test_what_was_learnt_is_stored(tmp_path: Path, shared: SharedKernel) -> None:
    path = str(tmp_path / "notebook.py")
    text = "# %%\nrows = []\n# %%\nrows.append(1)\n# %%\nrows\n"
    for edited in (text, text.replace("append(1)", "append(2)")):
        told = Told(path, shared, write=True)
        told.submit(edited)
        told.run()
        told.close()
    assert told.ran == [1, 2, 3]
    assert told.shown(3) == "[2]"


def test_results_of_another_python_are_not_used(stored: str, shared: SharedKernel) -> None:
    file = Path(session_path(stored))
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub("(?m)^python = .*", "python = '3.7.1'", text), encoding="utf-8")
    again = Told(stored, shared, write=True)
    again.submit(TEXT)
    assert again.states == ["new"] * 3
    assert any("3.7" in trouble for trouble in again.session.troubles)
    again.close()


def test_a_damaged_session_file_is_said_and_costs_the_results(
    stored: str, shared: SharedKernel
) -> None:
    Path(session_path(stored)).write_bytes(b"\xff\x00 no toml [[")
    again = Told(stored, shared, write=True)
    again.submit(TEXT)
    assert again.session.troubles
    assert again.run().ok
    assert again.states == ["fresh"] * 3
    again.close()


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, shared: SharedKernel) -> None:
    """It is said, and the results are there all the same."""
    folder = tmp_path / "folder"
    folder.mkdir()
    told = Told(str(folder / "notebook.py"), shared, write=True)
    told.submit(TEXT)
    Path(session_path(told.session.path)).mkdir()  # stands in the way even for root
    with pytest.raises(SessionFileError):
        told.run()
    assert told.states == ["fresh"] * 3
    assert told.shown(3) == "2"
    assert told.events[-1]["event"] == "done"
    told.close()


def test_nothing_is_written_to_the_notebook(stored: str) -> None:
    assert not Path(stored).exists()


def test_an_interpreter_that_does_not_start(tmp_path: Path) -> None:
    told = Told(str(tmp_path / "notebook.py"), python=str(tmp_path / "no-python"))
    told.submit("# %%\n1\n")
    with pytest.raises(OSError, match="no-python"):
        told.run()
    assert told.states == ["new"]
    told.close()


def test_strict_rules_hold_and_heal(tmp_path: Path, shared: SharedKernel) -> None:
    told = Told(str(tmp_path / "notebook.py"), shared, strict=True)
    told.submit("# %%\nx = 1\n# %%\nx = 2\n# %%\nx\n# %%\n4\n")
    summary = told.run()
    assert (told.ran, summary.failed) == ([4], 2)
    assert told.states == ["error", "error", "blocked", "fresh"]
    told.edit("x = 2", "y = 2")
    assert told.run().ok
    assert told.ran == [1, 2, 3]
    assert told.shown(3) == "1"
    told.close()
