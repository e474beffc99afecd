"""`sessions run`: what it prints where, and its exit status."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from .conftest import PATIENCE

if TYPE_CHECKING:
    from .conftest import Shell

# Each case: the notebook, the arguments after its name, the exit status, standard output exactly,
# and patterns that standard error must hold, each on a line, in this order and without others
# between where they follow each other.
CASES = {
    "prints and results in order": (
        "# %%\nprint('a')\n1 + 1\n# %%\nprint('b', end='')\n'c'\n",
        (),
        0,
        "a\n2\nb\n'c'\n",
        [r"2 cells ran in .* m?s"],
    ),
    "what python prints is printed exactly": (
        "# %%\nprint('a', end='')\n# %%\nprint('b', end='\\n\\n')\n# %%\nx = 1\n",
        (),
        0,
        "ab\n\n",
        [r"3 cells ran in .*"],
    ),
    "standard error stays apart": (
        "# %%\nimport sys\nprint('x', file=sys.stderr)\n",
        (),
        0,
        "",
        [r"x", r"1 cell ran in .*"],
    ),
    "an error like a compiler's, and what it blocks": (
        "# %%\ndef f():\n    raise ValueError('no')\n# %% Bad\nx = 1\nf()\n"
        "# %%\nx\n# %%\nprint('on')\n",
        (),
        1,
        "on\n",
        [
            r"nb\.py:6: ValueError: no",
            r"Traceback \(most recent call last\):",
            r'  File ".*nb\.py", line 6, in <module>',
            r"    f\(\)",
            r'  File ".*nb\.py", line 3, in f',
            r"    raise ValueError\('no'\)",
            r"ValueError: no",
            r"nb\.py:7: cell 3 blocked: it needs cell 2, which failed",
            r"3 cells ran, 1 failed, 1 blocked in .*",
        ],
    ),
    "blocked through a blocked cell": (
        "# %%\nx = 1 / 0\n# %%\ny = x\n# %%\nz = y\n",
        (),
        1,
        "",
        [
            r"nb\.py:2: ZeroDivisionError: division by zero",
            r"Traceback .*",
            r"  File .*",
            r"    x = 1 / 0.*",
            r"    +~~\^~~",
            r"ZeroDivisionError: division by zero",
            r"nb\.py:3: cell 2 blocked: it needs cell 1, which failed",
            r"nb\.py:5: cell 3 blocked: it needs cell 1, which failed",
            r"1 cell ran, 1 failed, 2 blocked in .*",
        ],
    ),
    "broken code is said where it is, the rest runs": (
        "# %%\nx = (\n# %%\nprint('on')\n",
        (),
        1,
        "on\n",
        [r"nb\.py:2: error\[syntax-error\]: .*", r"1 cell ran, 1 failed in .*"],
    ),
    "an empty file": ("", (), 0, "", [r"nothing to run"]),
    "no markers: one cell": ("print(6 * 7)\n", (), 0, "42\n", [r"1 cell ran in .*"]),
    "a cell by number": (
        "# %%\nprint(1)\n# %%\nprint(2)\n",
        ("--cell", "2"),
        0,
        "2\n",
        [r"1 cell ran, 1 still stale in .*"],
    ),
    "cells by title": (
        "# %% A\nprint(1)\n# %% B\nprint(2)\n# %% C\nprint(3)\n",
        ("--cell", "C", "--cell", "A"),
        0,
        "1\n3\n",
        [r"2 cells ran, 1 still stale in .*"],
    ),
    "a cell brings what it needs": (
        "# %%\nx = 2\n# %%\nx * 3\n# %%\nprint('no')\n",
        ("--cell", "2"),
        0,
        "6\n",
        [r"2 cells ran, 1 still stale in .*"],
    ),
    "a disabled cell that is named": (
        "# %% disabled=true\nprint(1)\n",
        ("--cell", "1"),
        1,
        "",
        [r"nb\.py:1: cell 1 blocked: it is disabled", r"1 blocked in .*"],
    ),
    "what needs a disabled cell": (
        "# %% disabled=true\nx = 1\n# %%\nx\n",
        (),
        1,
        "",
        [r"nb\.py:3: cell 2 blocked: it needs cell 1, which is disabled", r"1 blocked in .*"],
    ),
    "a manual cell waits": (
        "# %% manual=true\nprint(1)\n# %%\nprint(2)\n",
        (),
        0,
        "2\n",
        [r"1 cell ran, 1 still stale in .*"],
    ),
    "a picture is a line": (
        "# %%\nclass P:\n    def _repr_png_(self):\n"
        "        head = b'\\x89PNG\\r\\n\\x1a\\n' + bytes([0, 0, 0, 13]) + b'IHDR'\n"
        "        return head + bytes([0, 0, 2, 128, 0, 0, 1, 224])\n"
        "    def __repr__(self): return 'P()'\nP()\n",
        (),
        0,
        "[image/png 640x480]\nP()\n",
        [r"1 cell ran in .*"],
    ),
    "a rich result that has a text is that text": (
        "# %%\nclass T:\n    def _repr_html_(self): return '<b>t</b>'\n"
        "    def __repr__(self): return 'T()'\nT()\n",
        (),
        0,
        "T()\n",
        [r"1 cell ran in .*"],
    ),
    "displays stand where they were made": (
        "# %%\nprint('a')\ndisplay(42)\nprint('b')\n",
        (),
        0,
        "a\n42\nb\n",
        [r"1 cell ran in .*"],
    ),
    "a name that is defined too late is explained": (
        "# %%\nprint(rate)\nseed = 1\n# %%\nrate = 1\n# %%\nrate = 2\n",
        (),
        1,
        "",
        [
            r"nb\.py:2: NameError: name 'rate' is not defined.*",
            r"Traceback .*",
            r"  File .*",
            r"    print\(rate\).*",
            r"    +\^\^\^\^",
            r"NameError: name 'rate' is not defined.*",
            r"nb\.py:2: note: `rate` is not defined above, and cells 2, 3 below define it: .*",
            r"3 cells ran, 1 failed in .*",
        ],
    ),
    "what a cell changes around it is said": (
        "# %%\nimport os, sys\nos.chdir('/')\nsys.path.append('x')\n",
        (),
        0,
        "",
        [
            r"nb\.py:1: note: this cell changes the working folder, sys\.path for all .*",
            r"1 cell ran in .*",
        ],
    ),
    "a value for one run": (
        "# %%\nn = 10\n# %%\nprint(n)\n",
        ("--set", "n=3"),
        0,
        "3\n",
        [r"2 cells ran in .*"],
    ),
    "time is up": (
        "# %%\nprint('a')\n# %%\nimport time\ntime.sleep(60)\n# %%\nprint('b')\n",
        ("--timeout", "2"),
        1,
        "a\n",
        [
            r"nb\.py:3: cell 2 interrupted after .*",
            r"sessions: timed out after 2 s",
            r"2 cells ran, 2 still stale in .*",
        ],
    ),
    "a cell that kills its kernel": (
        "# %%\nprint('a')\n# %%\nimport os\nos.kill(os.getpid(), 9)\n# %%\nprint('b')\n",
        (),
        1,
        "a\n",
        [r"nb\.py:3: the kernel died: SIGKILL \(signal 9\).*", r"2 cells ran, 1 failed, .*"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_run(sessions: Shell, name: str) -> None:
    text, args, code, out, err = CASES[name]
    path = sessions.write("nb.py", text)
    ended = sessions("run", "nb.py", *args)
    assert (ended.code, ended.out) == (code, out), ended
    lines = ended.err.splitlines()
    matched = len(lines) == len(err) and all(map(re.fullmatch, err, lines))
    assert matched, ended
    assert path.read_text() == text


def test_what_is_fresh_does_not_run_again(sessions: Shell) -> None:
    text = "# %%\nprint('one')\nx = 1\n# %%\nprint('two', x)\n"
    sessions.write("nb.py", text)
    assert sessions("run", "nb.py").out == "one\ntwo 1\n"
    again = sessions("run", "nb.py")
    assert (again.code, again.out, again.err) == (0, "", "all 2 cells fresh\n")
    sessions.write("nb.py", text.replace("two", "deux"))
    edited = sessions("run", "nb.py")
    assert edited.out.endswith("deux 1\n")
    assert sessions("run", "nb.py", "--all").out == "one\ndeux 1\n"


def test_a_failed_cell_is_tried_again(sessions: Shell) -> None:
    sessions.write("nb.py", "# %%\nimport pathlib\npathlib.Path('data.txt').read_text()\n")
    assert sessions("run", "nb.py").code == 1
    assert sessions("run", "nb.py").code == 1
    sessions.write("data.txt", "here")
    again = sessions("run", "nb.py")
    assert (again.code, again.out) == (0, "'here'\n")


def test_results_are_kept_unless_told_not_to(sessions: Shell) -> None:
    sessions.write("nb.py", "# %%\n1\n")
    sessions("run", "nb.py", "--no-write")
    assert not (sessions.folder / "nb.session.toml").exists()
    sessions("run", "nb.py")
    assert (sessions.folder / "nb.session.toml").exists()


def test_values_set_for_one_run_leave_the_file_stale(sessions: Shell) -> None:
    text = "# %%\nn = 10\n# %%\nprint(n)\n"
    path = sessions.write("nb.py", text)
    sessions("run", "nb.py", "--set", "n=3")
    assert path.read_text() == text
    assert [c["state"] for c in sessions("status", "nb.py", "--json").json["cells"]] == [
        "stale"
    ] * 2
    assert sessions("run", "nb.py").out == "10\n"


def test_events(sessions: Shell) -> None:
    path = sessions.write(
        "nb.py", "# %% A\nprint('a')\n41 + 1\n# %%\nx = 1 / 0\n# %%\nx\n# %%\ndisplay(1)\n"
    )
    ended = sessions("run", "nb.py", "--json")
    assert (ended.code, ended.err) == (1, "")
    events = ended.events
    done = events.pop()
    assert done.pop("seconds") > 0
    assert done.pop("source") == f"sha256:{sha256(path.read_bytes()).hexdigest()}"
    assert re.fullmatch(r"sessions run \(pid \d+\)", done.pop("who"))
    assert done == {
        "event": "done", "ok": False, "ran": 3, "failed": 1, "blocked": 1, "cause": "command",
    }  # fmt: skip
    by_cell: dict[int, list[str]] = {}
    for event in events:
        what = event["state"] if event["event"] == "cell" else event["event"]
        by_cell.setdefault(event["number"], []).append(what)
    if "running" not in by_cell[2]:  # it is left out where a cell has ended already
        by_cell[2].insert(1, "running")
    assert by_cell == {
        1: ["queued", "running", "output", "ok"],
        2: ["queued", "running", "error"],
        3: ["queued", "blocked"],
        4: ["queued", "running", "display", "ok"],
    }
    output = next(event for event in events if event["event"] == "output")
    assert output.pop("id") == events[0]["id"]
    assert output == {"event": "output", "number": 1, "stream": "stdout", "text": "a\n"}
    first = next(event for event in events if event.get("state") == "ok")
    assert (first["title"], first["text"], first["stdout"]) == ("A", "42", "a\n")
    assert (first["mimes"], first["error"]) == (["text/plain"], None)
    failed = next(event for event in events if event.get("state") == "error")
    assert failed["error"]["line"] == 5
    assert failed["error"]["type"] == "ZeroDivisionError"
    assert "line 5" in failed["error"]["traceback"]
    assert next(event for event in events if event.get("state") == "blocked")["by"] == 2


def test_each_result_comes_as_it_is_there(sessions: Shell) -> None:
    sessions.write("nb.py", "# %%\n'first'\n# %%\nimport time\ntime.sleep(30)\n")
    with sessions.start("run", "nb.py") as process:
        started = time.monotonic()
        assert process.stdout.readline() == b"'first'\n"
        assert time.monotonic() - started < 20
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 130


SLOW = (
    "# %%\nprint('kept', flush=True)\n1\n"
    "# %%\nimport time\nprint('slow', flush=True)\ntime.sleep(60)\n# %%\nprint('never')\n"
)
DEAF = (
    "# %%\nprint('kept', flush=True)\n1\n# %%\nimport time\nwhile True:\n    try:\n"
    "        print('deaf', flush=True)\n        time.sleep(60)\n"
    "    except KeyboardInterrupt:\n        print('no')\n"
)


def _until(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdout is not None
    for found in process.stdout:
        if found == line:
            return
    raise AssertionError(f"{line!r} never came")


def _states(sessions: Shell) -> list[str]:
    return [cell["state"] for cell in sessions("status", "nb.py", "--json").json["cells"]]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_run_and_keeps_the_results(
    sessions: Shell, number: int, code: int
) -> None:
    sessions.write("nb.py", SLOW)
    with sessions.start("run", "nb.py") as process:
        _until(process, b"slow\n")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (code, b"")
    assert b"nb.py:4: cell 2 interrupted after" in err
    assert _states(sessions) == ["fresh", "interrupted", "new"]


def test_a_second_signal_kills_what_does_not_listen(sessions: Shell) -> None:
    sessions.write("nb.py", DEAF)
    with sessions.start("run", "nb.py") as process:
        _until(process, b"deaf\n")
        process.send_signal(signal.SIGINT)
        _until(process, b"no\n")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert _states(sessions) == ["fresh", "error"]


def test_one_termination_ends_what_does_not_listen(sessions: Shell) -> None:
    sessions.write("nb.py", DEAF)
    with sessions.start("run", "nb.py") as process:
        _until(process, b"deaf\n")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert _states(sessions) == ["fresh", "error"]


def test_a_reader_that_leaves_stops_the_run_quietly(sessions: Shell) -> None:
    sessions.write(
        "nb.py", "# %%\nimport time\nfor i in range(600):\n    print(i)\n    time.sleep(.1)\n"
    )
    with sessions.start("run", "nb.py") as process:
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        process.wait(timeout=PATIENCE)
        err = process.stderr.read()
    assert process.returncode == 141
    assert b"BrokenPipe" not in err
    assert _states(sessions) == ["interrupted"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk_under_standard_output(sessions: Shell) -> None:
    sessions.write("nb.py", "# %%\nprint(1)\n")
    with open("/dev/full", "wb") as full:
        ended = sessions("run", "nb.py", stdout=full)
    assert ended.code == 1
    assert "standard output cannot be written: No space left on device" in ended.err


@pytest.mark.parametrize("fd", ["stdout", "stderr"])
def test_a_closed_stream(sessions: Shell, fd: str) -> None:
    sessions.write("nb.py", "# %%\nprint(1)\n")
    number = {"stdout": 1, "stderr": 2}[fd]
    ended = sessions("run", "nb.py", preexec_fn=lambda: os.close(number), **{fd: None})
    assert ended.code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(sessions: Shell) -> None:
    sessions.write("nb.py", "# %%\nprint(1)\n")
    sessions.folder.chmod(0o555)
    try:
        ended = sessions("run", "nb.py")
    finally:
        sessions.folder.chmod(0o755)
    assert (ended.code, ended.out) == (1, "1\n")
    assert "cannot be saved" in ended.err


def test_results_that_cannot_be_saved(sessions: Shell) -> None:
    sessions.write("nb.py", "# %%\nprint(1)\n")
    (sessions.folder / "nb.session.toml").mkdir()
    ended = sessions("run", "nb.py")
    assert (ended.code, ended.out) == (1, "1\n")
    assert "cannot be saved" in ended.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_narrow_encodings(sessions: Shell, encoding: str) -> None:
    sessions.write("nb.py", "# %% Größe ★\nprint('é ★')\n'★'\n# %%\n1 / 0 # ★\n")
    narrow = {"PYTHONIOENCODING": encoding}
    with sessions.start("run", "nb.py", env={**sessions.env, **narrow}) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, err
    expected = "é ★\n'★'\n".encode(encoding, "backslashreplace")
    assert out == expected
    for command in ("status", "show", "check"):
        with sessions.start(command, "nb.py", env={**sessions.env, **narrow}) as process:
            _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err


def test_the_interpreter_cannot_be_started(sessions: Shell) -> None:
    sessions.write("pyproject.toml", "[tool.sessions]\npython = 'no/such/python'\n")
    sessions.write("nb.py", "# %%\nprint(1)\n")
    ended = sessions("run", "nb.py")
    assert ended.code == 2
    assert re.search(r"no/such/python cannot be started: No such file", ended.err), ended
