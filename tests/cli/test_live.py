"""Commands on a live session: one process has the notebook, and every command is its client."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from sessions_ls.live.lock import holder
from sessions_ls.live.place import place_of

from .conftest import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ended, Shell

PID = "# %% Process\nimport os\nos.getpid()\n# %% Work\nn = 2\nn * 10\n"
SLOW = (
    "# %% Quick\nprint('quick', flush=True)\n"
    "# %% Slow\nimport time\nprint('slow', flush=True)\ntime.sleep(60)\n1\n"
)
DEAF = (
    "# %%\nimport time\nwhile True:\n    try:\n        print('deaf', flush=True)\n"
    "        time.sleep(60)\n    except KeyboardInterrupt:\n        print('no', flush=True)\n"
)
# Runs until the test says `_go`.
UNTIL_TOLD = (
    "# %% Slow\nimport os, time\nprint('begun', flush=True)\n"
    "while not os.path.exists('go'): time.sleep(0.01)\n1\n"
)
# Seconds in which even a slow machine is done with what does not wait for somebody who hangs.
NO_HANG = 12.0


def _holder(live: Shell) -> int:
    found = holder(place_of(str(live.folder / "nb.py"), live.env))
    return 0 if found is None else found.pid


def _listens(live: Shell) -> bool:
    """Whether there is a session that clients can reach."""
    found = holder(place_of(str(live.folder / "nb.py"), live.env))
    return found is not None and bool(found.address)


def _states(live: Shell) -> list[str]:
    cells = live("status", "nb.py", "--json").json["cells"]
    return [cell["state"] + " cold" * cell["cold"] for cell in cells]


def _go(live: Shell) -> None:
    """Let the cell of `UNTIL_TOLD` end."""
    live.write("go", "")


def _until(true: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.02)


def _attached(live: Shell) -> bool:
    """Whether a client looks at a notebook."""
    return any(row["clients"] for row in live("ps", "--json").json["sessions"])


def _is_over(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _line(process: subprocess.Popen[bytes], wanted: bytes) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line == wanted:
            return
    raise AssertionError(f"{wanted!r} never came: {process.stderr and process.stderr.read()!r}")


def _end(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out.decode(), err.decode()


# -- a session that stays --------------------------------------------------------------------------


def test_a_session_is_kept_and_used_and_stopped(live: Shell) -> None:
    path = live.write("nb.py", PID)
    first = live("run", "nb.py", "--keep")
    assert first.code == 0
    kernel, twenty = first.out.splitlines()
    assert twenty == "20"
    live.write("nb.py", PID.replace("10", "11"))
    again = live("run", "nb.py")
    assert (again.code, again.out) == (0, "22\n")
    assert again.err.startswith("1 cell ran, 1 fresh in ")
    assert live("run", "nb.py", "--cell", "Process").out == f"{kernel}\n"
    assert _states(live) == ["fresh", "fresh"]
    found = live("status", "nb.py", "--json").json["kernel"]
    assert (found["state"], found["pid"]) == ("idle", int(kernel))
    session = _holder(live)
    stopped = live("stop", "nb.py")
    assert (stopped.code, stopped.out) == (0, "")
    assert stopped.err == f"sessions: ended the session of nb.py (pid {session})\n"
    assert _holder(live) == 0
    _until(lambda: _is_over(int(kernel)) and _is_over(session))
    assert _states(live) == ["fresh cold", "fresh cold"]
    assert live("stop", "nb.py").err == "sessions: nb.py is not live\n"
    assert path.read_text() == PID.replace("10", "11")


def test_without_keep_nothing_stays(live: Shell) -> None:
    live.write("nb.py", PID)
    assert live("run", "nb.py").code == 0
    assert _holder(live) == 0
    assert live("ps").err == "sessions: no notebook is live\n"
    assert os.listdir(live.env["SESSIONS_RUNTIME_DIR"]) == []


def test_two_paths_to_a_file_are_one_notebook(live: Shell) -> None:
    live.write("nb.py", PID)
    (live.folder / "link.py").symlink_to("nb.py")
    kernel = live("run", "nb.py", "--keep").out.splitlines()[0]
    assert live("run", "link.py", "--cell", "1").out == f"{kernel}\n"


EVENTS = (
    "# %% A\nprint('a')\n41 + 1\n# %%\nx = 1 / 0\n# %%\nx\n# %%\ndisplay(1)\n# %% [markdown]\n# w\n"
    "# %% manual=true\n2\n# %%\nimport sys\nprint('e', file=sys.stderr)\n"
)
# What differs from run to run.
_VARIES = {"seconds", "runtime_ms", "who"}


@pytest.mark.parametrize("args", [[], ["--all"], ["--cell", "A"], ["--lines", "1"], ["--set=n=1"]])
def test_the_events_of_a_live_run_are_those_of_one_alone(live: Shell, args: list[str]) -> None:
    text = "# %%\nn = 3\nfor i in range(n): print(i)\n" + EVENTS

    def events() -> tuple[int, list[dict[str, Any]]]:
        ended = live("run", "nb.py", "--json", *args)
        assert ended.err == ""
        plain = [{k: v for k, v in e.items() if k not in _VARIES} for e in ended.events]
        # Whether a short cell is seen to run is a matter of chance.
        plain = [e for e in plain if e.get("state") != "running"]
        return ended.code, _joined(plain)

    live.write("nb.py", "# %%\n0\n")
    assert live("run", "nb.py", "--keep").code == 0
    live.write("nb.py", text)
    found = events()
    assert live("stop", "nb.py").code == 0
    (live.folder / "nb.session.toml").unlink()
    assert events() == found


def _joined(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events with the pieces of one stream together: where it is cut is a matter of chance."""
    found: list[dict[str, Any]] = []
    for event in events:
        last = found[-1] if found else {}
        if "stream" in event and all(event[k] == last.get(k) for k in ("number", "stream")):
            found[-1] = {**last, "text": last["text"] + event["text"]}
        else:
            found.append(event)
    return found


# What a person sees, alone and live: the arguments, and the notebook.
REPORTS = {
    "plain": ((), EVENTS),
    "pictures and displays once": (
        (),
        "# %%\nclass P:\n    def _repr_png_(self): return b'\\x89PNG1234'\n"
        "    def __repr__(self): return 'P()'\ndisplay(P())\ndisplay(P())\nP()\n",
    ),
    "a kernel that dies": ((), "# %%\nimport os\nos.kill(os.getpid(), 9)\n# %%\n1\n"),
    "time is up": (("--timeout", "2"), "# %%\n'a'\n# %%\nimport time\ntime.sleep(60)\n"),
    "broken code": ((), "# %%\nx = (\n# %%\nprint('on')\n"),
    "a note": ((), "# %%\nimport os\nos.environ['A'] = 'b'\n"),
    "one cell of several": (("--cell", "2"), "# %%\n1\n# %%\n2\n# %%\n3\n"),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_live_run_reads_as_one_alone(live: Shell, name: str) -> None:
    args, text = REPORTS[name]
    live.write("nb.py", "# %%\n0\n")
    assert live("run", "nb.py", "--keep").code == 0
    live.write("nb.py", text)
    found = live("run", "nb.py", *args)
    live("stop", "nb.py")
    (live.folder / "nb.session.toml").unlink()
    alone = live("run", "nb.py", *args)
    assert (found.code, found.out) == (alone.code, alone.out), found
    assert _without_times(found.err) == _without_times(alone.err)


def _without_times(text: str) -> str:
    return re.sub(r"\b[0-9.]+ m?s\b|pid \d+", "…", text)


def test_a_live_run_as_a_junit_report(live: Shell) -> None:
    live.write("nb.py", "# %%\n1\n# %%\n1 / 0\n# %% manual=true\n2\n")
    ended = live("run", "nb.py", "--keep", "--junit", "report.xml")
    assert ended.code == 1
    suite = ElementTree.parse(live.folder / "report.xml").getroot()[0]
    assert [case.find("failure") is not None for case in suite] == [False, True, False]
    assert suite[2].find("skipped") is not None


@pytest.mark.parametrize(("environ", "cause"), [({}, "command"), ({"CLAUDECODE": "1"}, "agent")])
def test_the_last_event_says_who_asked_and_why(
    live: Shell, environ: dict[str, str], cause: str
) -> None:
    live.write("nb.py", "# %%\nn = 1\n")
    for args in ((), ("--keep",), ("--all",)):
        done = live("run", "nb.py", "--json", *args, env=environ).events[-1]
        assert done["cause"] == cause
        assert re.fullmatch(r"sessions run \(pid \d+\)", done["who"])
    done = live("set", "nb.py", "n=2", "--json", env=environ).events[-1]
    assert (done["cause"], done["set"]) == ("widget", ["n=2"])
    assert re.fullmatch(r"sessions set \(pid \d+\)", done["who"])


def test_results_that_a_live_session_cannot_save(live: Shell) -> None:
    live.write("nb.py", "# %%\nprint(1)\n")
    (live.folder / "nb.session.toml").mkdir()
    ended = live("run", "nb.py", "--keep")
    assert (ended.code, ended.out) == (1, "1\n")
    assert "cannot be saved" in ended.err


def test_what_cannot_be_done_with_a_live_session(live: Shell) -> None:
    live.write("nb.py", "# %%\n1\n")
    live("run", "nb.py", "--keep")
    ended = live("run", "nb.py", "--no-write")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("sessions: --no-write: nb.py is live, ")
    ended = live("run", "nb.py", "--cell", "9")
    assert (ended.code, ended.err) == (2, "sessions: nb.py has no cell 9; it has one cell\n")


def test_an_interpreter_that_does_not_start(live: Shell) -> None:
    live.write("nb.py", "# %%\n1\n")
    live.write("pyproject.toml", '[tool.sessions]\npython = "gone/python"\n')
    for args in ((), ("--keep",)):
        ended = live("run", "nb.py", *args)
        assert (ended.code, ended.out) == (2, "")
        assert re.search(r"gone/python\b.* cannot be started|cannot be started: .*", ended.err)


def test_run_from_python_joins_the_live_session(live: Shell) -> None:
    live.write("nb.py", PID)
    kernel = live("run", "nb.py", "--keep").out.splitlines()[0]
    live.write("nb.py", PID.replace("10", "12"))
    code = "import sessions_ls; print([c['text'] for c in sessions_ls.run('nb.py')])"
    with live.running(python=("-c", code)) as process:
        assert _end(process) == (0, f"['{kernel}', '24']\n", "")


# -- set -------------------------------------------------------------------------------------------


def test_set(live: Shell) -> None:
    text = "# %%\nn = 2\n# %%\nprint(n)\n# %%\nm = 5\nprint('m', m)\n# %%\nn + m\n"
    path = live.write("nb.py", text)
    alone = live("set", "nb.py", "n=3")
    assert (alone.code, alone.out) == (0, "3\nm 5\n8\n")
    live("run", "nb.py", "--keep")
    set_ = live("set", "nb.py", "n=4")
    assert (set_.code, set_.out) == (0, "4\n9\n")
    assert re.fullmatch(r"3 cells ran, 1 fresh in .*\n", set_.err)
    both = live("set", "nb.py", "n=1", "m=6")
    assert (both.code, both.out) == (0, "1\nm 6\n7\n")
    assert path.read_text() == text
    assert live("run", "nb.py").out == "2\nm 5\n7\n"


def test_set_runs_readers_that_never_ran(live: Shell) -> None:
    live.write(
        "nb.py",
        "# %%\nn = 2\n# %%\nprint(n)\nk = n\n# %% manual=true\nprint('manual', n)\n# %%\nk + 1\n"
        "# %%\nprint('other')\n",
    )
    ended = live("set", "nb.py", "n=5")
    assert (ended.code, ended.out) == (0, "5\n6\n")
    assert re.fullmatch(r"3 cells ran, 2 still stale in .*\n", ended.err)


# -- several at once -------------------------------------------------------------------------------


def test_runs_wait_for_each_other(live: Shell) -> None:
    live.write("nb.py", UNTIL_TOLD)
    with live.running("run", "nb.py", "--keep") as first:
        _line(first, b"begun\n")
        assert _states(live) == ["running"]
        with live.running("run", "nb.py") as second:
            assert second.stderr is not None
            waits = b"sessions: waiting for another run in the live session to end\n"
            assert second.stderr.readline() == waits
            _go(live)
            assert _end(second) == (0, "", "the cell is fresh\n")
        assert _end(first)[:2] == (0, "1\n")


def test_interrupt_from_elsewhere(live: Shell) -> None:
    live.write("nb.py", SLOW)
    with live.running("run", "nb.py", "--keep") as run:
        _line(run, b"slow\n")
        asked = live("interrupt", "nb.py")
        assert (asked.code, asked.err) == (0, "sessions: interrupted nb.py\n")
        code, _, err = _end(run)
    assert code == 130
    assert "nb.py:3: cell 2 interrupted after" in err
    assert _states(live) == ["fresh", "interrupted"]
    assert live("interrupt", "nb.py").err == "sessions: nothing runs in nb.py\n"


def test_an_interrupt_while_the_kernel_starts(live: Shell) -> None:
    slow = live.write("slow-python", f'#!/bin/sh\nsleep 1\nexec {sys.executable} "$@"\n')
    slow.chmod(0o755)
    live.write("pyproject.toml", '[tool.sessions]\npython = "slow-python"\n')
    live.write("nb.py", SLOW)
    with live.running("run", "nb.py", "--keep") as run:
        _until(lambda: live("interrupt", "nb.py").err != "sessions: nothing runs in nb.py\n")
        assert _end(run)[0] == 130
    assert "running" not in _states(live)


def test_a_cell_that_does_not_listen(live: Shell) -> None:
    live.write("nb.py", DEAF)
    with live.running("run", "nb.py", "--keep") as run:
        _line(run, b"deaf\n")
        asked = live("interrupt", "nb.py")
        assert asked.code == 1
        assert asked.err.endswith("`sessions restart nb.py` ends it by force\n")
        again = live("restart", "nb.py")
        assert (again.code, again.out) == (0, "")
        assert again.err == "sessions: ended the process of nb.py; its next run starts a new one\n"
        assert _end(run)[0] == 1
    assert live("status", "nb.py", "--json").json["kernel"]["pid"] is None


def test_restart_keeps_results_and_ends_the_variables(live: Shell) -> None:
    live.write("nb.py", PID)
    kernel = live("run", "nb.py", "--keep").out.splitlines()[0]
    assert live("restart", "nb.py").code == 0
    _until(lambda: _is_over(int(kernel)))
    assert _states(live) == ["fresh cold", "fresh cold"]
    assert (
        live("restart", "nb.py").err == "sessions: nb.py has no process; its next run starts one\n"
    )
    other = live("run", "nb.py", "--cell", "1").out
    assert other not in (f"{kernel}\n", "")


def test_ctrl_c_stops_the_cell_and_not_the_session(live: Shell) -> None:
    live.write("nb.py", SLOW)
    with live.running("run", "nb.py", "--keep") as run:
        _line(run, b"slow\n")
        run.send_signal(signal.SIGINT)
        assert _end(run)[0] == 130
    assert _states(live) == ["fresh", "interrupted"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_run_goes_on_without_its_client(live: Shell, number: int) -> None:
    live.write("nb.py", f"# %% Quick\n1\n{UNTIL_TOLD}")
    with live.running("run", "nb.py", "--keep") as run:
        _line(run, b"begun\n")
        run.send_signal(number)
        code, _, err = _end(run)
    assert code == (-9 if number == signal.SIGKILL else 128 + number)
    if number != signal.SIGKILL:
        assert "goes on in the live session" in err
    _go(live)
    waited = live("wait", "nb.py", "--fresh", "--timeout", "50")
    assert (waited.code, waited.out, waited.err) == (0, "", "")
    assert _states(live) == ["fresh", "fresh"]


COUNTS = (
    f"# %% Count\nimport sys\nsys.count = getattr(sys, 'count', 0) + 1\nsys.count\n{UNTIL_TOLD}"
)


@pytest.mark.parametrize(
    ("how", "code", "count"),
    [("--timeout", 1, "1"), (signal.SIGINT, 130, "1"), (signal.SIGTERM, 143, "2")],
)
def test_a_run_that_waits_is_given_up_alone(
    live: Shell, how: str | int, code: int, count: str
) -> None:
    live.write("nb.py", COUNTS)
    with live.running("run", "nb.py", "--keep") as first:
        _line(first, b"begun\n")
        args = ["--timeout", "0.9"] if isinstance(how, str) else []
        with live.running("run", "nb.py", "--json", "--cell", "Count", *args) as second:
            if isinstance(how, int):
                assert second.stderr is not None
                assert b"waiting for another run" in second.stderr.readline()
                second.send_signal(how)
            found, out, err = _end(second)
        assert found == code
        assert '"event": "done", "ok": false' in out.splitlines()[-1]
        assert ("the run waits for its turn in the live session" in err) == (count == "2")
        assert _states(live) == ["fresh", "running"]
        _go(live)
        assert _end(first)[0] == 0
    time.sleep(0.3)  # in which a run that was given up might begin
    _until(lambda: live("status", "nb.py", "--json").json["cells"][0]["text"] == count)


# -- beside a run that is alone --------------------------------------------------------------------


def test_beside_a_run_that_is_alone(live: Shell) -> None:
    live.write("nb.py", SLOW)
    with live.running("run", "nb.py") as run:
        _line(run, b"quick\n")
        who = rf"`sessions run` \(pid {run.pid}, since \d\d:\d\d\) has nb\.py"
        for command in (["run", "nb.py"], ["set", "nb.py", "n=1"], ["restart", "nb.py"]):
            if command[0] == "set":
                live.write("nb.py", f"n = 2\n{SLOW}")
            ended = live(*command)
            assert (ended.code, ended.out) == (2, "")
            assert re.match(f"sessions: {who}", ended.err)
        assert live("status", "nb.py").code == 0
        (row,) = live("ps", "--json").json["sessions"]
        assert (row["what"], row["pid"], row["kernel"]) == ("run", run.pid, None)
        assert live("ps").out.splitlines()[1].split()[:4] == ["nb.py", str(run.pid), "run", "-"]
        live.write("nb.py", "# %%\n7\n")
        beside = live("run", "nb.py", "--no-write")
        assert (beside.code, beside.out) == (0, "7\n")
        assert live("interrupt", "nb.py").err == "sessions: interrupted nb.py\n"
        assert _end(run)[0] == 130


def test_stop_ends_a_run_that_is_alone(live: Shell) -> None:
    live.write("nb.py", SLOW)
    with live.running("run", "nb.py") as run:
        _line(run, b"slow\n")
        ended = live("stop", "nb.py")
        assert ended.err == f"sessions: ended the run of nb.py (pid {run.pid})\n"
        assert _end(run)[0] == 143
    assert _states(live) == ["fresh cold", "interrupted cold"]


# -- a session that is in a bad way ----------------------------------------------------------------


def _timed(live: Shell, *args: str) -> tuple[float, Ended]:
    started = time.monotonic()
    ended = live(*args)
    return time.monotonic() - started, ended


def test_a_session_that_is_stopped(live: Shell) -> None:
    live.write("nb.py", PID)
    kernel = int(live("run", "nb.py", "--keep").out.splitlines()[0])
    session = _holder(live)
    os.kill(session, signal.SIGSTOP)
    who = rf"sessions: the live session of nb\.py \(pid {session}, since \d\d:\d\d\) is stopped; .*"
    for command, code in (("run", 2), ("set", 2), ("status", 0), ("show", 0), ("restart", 2)):
        args = [command, "nb.py", "n=3"] if command == "set" else [command, "nb.py"]
        seconds, ended = _timed(live, *args)
        assert (ended.code, seconds < NO_HANG) == (code, True), ended
        assert re.match(who, ended.err), ended
        assert ended.err.count("\n") == 1
    assert live("ps").out.splitlines()[1].endswith("the process is stopped")
    seconds, ended = _timed(live, "stop", "nb.py")
    assert (ended.code, seconds < NO_HANG) == (0, True)
    assert ended.err == f"sessions: ended the session of nb.py (pid {session}) by force\n"
    _until(lambda: _is_over(kernel))
    assert live("run", "nb.py").err == "all 2 cells fresh\n"


def test_a_session_that_dies_under_a_run(live: Shell) -> None:
    live.write("nb.py", SLOW)
    with live.running("run", "nb.py", "--keep") as run:
        _line(run, b"slow\n")
        kernel = live("status", "nb.py", "--json").json["kernel"]["pid"]
        os.kill(_holder(live), signal.SIGKILL)
        code, _, err = _end(run)
    assert code == 1
    assert re.search(r"^sessions: the live session has ended: .*died", err, re.MULTILINE)
    _until(lambda: _is_over(kernel))
    assert live("ps").err == "sessions: no notebook is live\n"
    live.write("nb.py", SLOW.replace("time.sleep(60)", ""))
    assert live("run", "nb.py").code == 0


@pytest.mark.parametrize(
    ("text", "word", "states"),
    [
        (SLOW, b"slow\n", ["fresh cold", "interrupted cold"]),
        (f"1\n{DEAF}", b"deaf\n", ["fresh cold", "error cold"]),
    ],
)
def test_stop_ends_a_run_in_the_session(
    live: Shell, text: str, word: bytes, states: list[str]
) -> None:
    live.write("nb.py", text)
    with live.running("run", "nb.py", "--keep") as run:
        _line(run, word)
        kernel = live("status", "nb.py", "--json").json["kernel"]["pid"]
        seconds, ended = _timed(live, "stop", "nb.py")
        assert (ended.code, seconds < NO_HANG) == (0, True)
        assert re.fullmatch(r"sessions: ended the session of nb\.py \(pid \d+\)\n", ended.err)
        code, _, err = _end(run)
    assert code in (1, 130)
    assert "Exception" not in err
    assert _states(live) == states
    _until(lambda: _is_over(kernel))


_OTHER = """\
import sys
import sessions_ls.live.wire as wire, sessions_ls.live.server as server
wire.PROTOCOL = server.PROTOCOL = 99
from sessions_ls.live.process import main
main(sys.argv[1])
"""


def test_a_session_of_another_version(live: Shell) -> None:
    path = live.write("nb.py", "# %%\nn = 1\n")
    other = live.start(str(path), python=("-P", "-c", _OTHER))
    _until(lambda: _listens(live))
    session = _holder(live)
    assert session == other.pid
    for command, code in (("run", 2), ("status", 0), ("restart", 2)):
        ended = live(command, "nb.py")
        assert ended.code == code, ended
        assert f"(pid {session}) cannot be used: it is of sessions-ls " in ended.err
    (row,) = live("ps", "--json").json["sessions"]
    assert "cannot be used" in row["problem"]
    ended = live("stop", "nb.py")
    assert ended.code == 0
    assert f"ended the session of nb.py (pid {session})" in ended.err
    assert _holder(live) == 0
    other.communicate(timeout=PATIENCE)
    assert live("run", "nb.py").code == 0


BAD_FOLDERS: dict[str, Callable[[str], object]] = {
    "open to others": lambda folder: os.chmod(folder, 0o777),
    "a relative path": lambda folder: "runtime",
}


@pytest.mark.parametrize("name", BAD_FOLDERS)
def test_a_runtime_folder_that_is_not_private(live: Shell, name: str) -> None:
    made = BAD_FOLDERS[name](live.env["SESSIONS_RUNTIME_DIR"])
    env = {"SESSIONS_RUNTIME_DIR": made} if isinstance(made, str) else {}
    live.write("nb.py", "# %%\nn = 1\n6 * 7\n")
    ended = live("run", "nb.py", env=env)
    assert (ended.code, ended.out) == (0, "42\n")
    said, ran = ended.err.splitlines()
    assert re.match(
        r"sessions: .*SESSIONS_RUNTIME_DIR.* The results of this run are not saved\.", said
    )
    assert ran.startswith("1 cell ran")
    assert not (live.folder / "nb.session.toml").exists()
    assert live("run", "nb.py", "--no-write", env=env).err.startswith("1 cell ran")
    assert live("status", "nb.py", env=env).code == 0
    for command in (["run", "nb.py", "--keep"], ["stop", "nb.py"], ["ps"]):
        ended = live(*command, env=env)
        assert (ended.code, ended.out) == (2, "")
        assert "SESSIONS_RUNTIME_DIR" in ended.err


def test_a_notebook_that_is_deleted_while_it_is_live(live: Shell) -> None:
    path = live.write("nb.py", PID)
    live("run", "nb.py", "--keep")
    path.unlink()
    assert live("run", "nb.py").err == "sessions: nb.py: there is no such file.\n"
    assert live("ps").out.splitlines()[1].startswith("nb.py ")
    assert live("interrupt", "nb.py").code == 0
    assert live("stop", "nb.py").code == 0
    assert live("stop", "nb.py").err == "sessions: nb.py: there is no such file.\n"


# -- wait ------------------------------------------------------------------------------------------


def test_wait_where_nothing_is_live(live: Shell) -> None:
    live.write(
        "nb.py", "# %%\n1\n# %% manual=true\n2\n# %% disabled=true\n3\n# %% [markdown]\n# w\n"
    )
    seconds, ended = _timed(live, "wait", "nb.py", "--fresh", "--timeout", "30")
    assert (ended.code, ended.out, seconds < NO_HANG) == (1, "", True)
    assert ended.err == (
        "sessions: nb.py: not live, so nobody runs cell 1 (new: it has not run yet)\n"
    )
    live("run", "nb.py")
    ended = live("wait", "nb.py", "--fresh")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_wait_follows_the_file(live: Shell) -> None:
    live.write("nb.py", "# %%\nn = 1\n# %%\nn\n")
    live("run", "nb.py", "--keep")
    live.write("nb.py", "# %%\nn = 2\n# %%\nn\n")
    over = live("wait", "nb.py", "--fresh", "--timeout", "0.5")
    assert over.code == 1
    assert over.err == (
        "sessions: nb.py: timed out after 0.5 s, waiting for cell 1 (stale: its code changed), "
        "cell 2 (stale: it needs cell 1, which is stale)\n"
    )
    with live.running("wait", "nb.py", "--fresh", "--timeout", "50") as wait:
        _until(lambda: _attached(live))
        live.write("nb.py", "# %%\nn = 3\n# %%\nn\n")
        time.sleep(0.5)
        assert wait.poll() is None
        assert live("run", "nb.py").out == "3\n"
        assert _end(wait) == (0, "", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# %%\nx = 1 / 0\n# %%\nx\n", "fresh, but for cell 1 (error), cell 2 (blocked: "),
        ("# %%\nx = (\n# %%\n1\n", "fresh, but for cell 1 (error: "),
    ],
)
def test_wait_says_what_failed(live: Shell, text: str, said: str) -> None:
    live.write("nb.py", text)
    assert live("run", "nb.py", "--keep").code == 1
    ended = live("wait", "nb.py", "--fresh")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"sessions: nb.py: {said}")


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (lambda live: live("stop", "nb.py"), r"stopped by sessions stop \(pid \d+\)"),
        (lambda live: os.kill(_holder(live), signal.SIGKILL), "it died"),
    ],
)
def test_wait_ends_with_the_session(live: Shell, end: Callable[[Shell], object], why: str) -> None:
    live.write("nb.py", "# %%\n1\n")
    live("run", "nb.py", "--keep")
    live.write("nb.py", "# %%\n2\n")
    with live.running("wait", "nb.py", "--fresh") as wait:
        _until(lambda: _attached(live))
        end(live)
        code, out, err = _end(wait)
    assert (code, out) == (1, "")
    assert re.fullmatch(
        rf"sessions: nb\.py: its session ended \({why}\), so nobody runs cell 1 \(stale: .*\)\n",
        err,
    )


def test_wait_outlasts_a_save_that_deletes_first(live: Shell) -> None:
    path = live.write("nb.py", "# %%\n1\n")
    live("run", "nb.py", "--keep")
    live.write("nb.py", "# %%\n2\n")
    with live.running("wait", "nb.py", "--fresh", "--timeout", "50") as wait:
        _until(lambda: _attached(live))
        path.unlink()
        time.sleep(0.7)  # in which it looks at least once; it gives up after 2.5 s
        live.write("nb.py", "# %%\n1\n")
        assert _end(wait) == (0, "", "")
    with live.running("wait", "nb.py", "--fresh", "--timeout", "50") as wait:
        assert _end(wait)[0] == 0
    live.write("nb.py", "# %%\n2\n")
    with live.running("wait", "nb.py", "--fresh", "--timeout", "50") as wait:
        _until(lambda: _attached(live))
        path.unlink()
        assert _end(wait) == (2, "", "sessions: nb.py: there is no such file.\n")


# -- ps --------------------------------------------------------------------------------------------


def test_ps(live: Shell) -> None:
    live.write("nb.py", SLOW)
    live.write("other.py", PID)
    with live.running("run", "nb.py", "--keep") as run:
        _line(run, b"quick\n")
        live("run", "other.py", "--keep")
        rows = {os.path.basename(r["notebook"]): r for r in live("ps", "--json").json["sessions"]}
        assert rows.keys() == {"nb.py", "other.py"}
        busy, idle = rows["nb.py"], rows["other.py"]
        assert (busy["kernel"]["state"], idle["kernel"]["state"]) == ("busy", "idle")
        assert busy["clients"] == [{"who": "sessions run", "pid": run.pid}]
        assert idle["clients"] == []
        assert busy["what"] == "session"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", busy["since"])
        assert busy["problem"] is None
        if sys.platform == "linux":
            assert 5e6 < busy["memory"] < 1e9
        head, *lines = live("ps").out.splitlines()
        assert head.split() == ["notebook", "pid", "kernel", "clients", "since", "memory"]
        assert [line.split()[0] for line in lines] == ["nb.py", "other.py"]
        assert [line.split()[2:4] for line in lines] == [["busy", "1"], ["idle", "0"]]
        live("interrupt", "nb.py")
        _end(run)
