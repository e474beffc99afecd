"""Streams: order, life, redrawing, bounds, attribution, every way to write."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from kernels import PATIENCE, Runner

WRITES = [
    ("print", "print('a', 1, sep='-', end='!')", "a-1!", ""),
    ("stderr", "import sys; print('e', file=sys.stderr); print('o')", "o\n", "e\n"),
    ("write", "import sys; n = sys.stdout.write('abc'); print(n)", "abc3\n", ""),
    ("lines", "import sys; sys.stdout.writelines(['a\\n', 'b\\n'])", "a\nb\n", ""),
    ("bytes", "import sys; sys.stdout.buffer.write('é'.encode()); None", "é", ""),
    (
        "split bytes",
        "import sys\nfor b in 'é€😀'.encode(): sys.stdout.buffer.write(bytes([b]))",
        "é€😀",
        "",
    ),
    ("os.write", "import os; os.write(1, b'x\\n'); os.write(2, b'y\\n'); None", "x\n", "y\n"),
    (
        "order",
        "import os\nfor i in range(3):\n    print('p', i)\n    os.write(1, b'w\\n')\n"
        "    os.system('echo s')",
        "p 0\nw\ns\np 1\nw\ns\np 2\nw\ns\n",
        "",
    ),
    (
        "subprocess",
        "import subprocess, sys; p = subprocess.run(['echo', 'x'], stdout=sys.stdout)",
        "x\n",
        "",
    ),
    (
        "utf-16 from outside",
        "import os; os.write(1, 'é'.encode('utf-16')); None",
        "\ufffd\ufffd\ufffd\0",
        "",
    ),
    (
        "printf",
        "import ctypes; ctypes.CDLL(None).printf(b'native\\n');",
        "native\n",
        "",
    ),
    ("half a character", "import os; os.write(1, b'a\\xc3'); None", "a\ufffd", ""),
    ("redrawn", "for i in range(5): print(i, end='\\r')", "4", ""),
    ("redrawn first", "for i in range(500): print('\\r', i, '%', end='')", " 499 %", ""),
    ("line ends", "print('a\\r\\nb')", "a\nb\n", ""),
    (
        "redirected",
        "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as f: print('in')\n"
        "print('out', f.getvalue())",
        "out in\n\n",
        "",
    ),
    ("subclass of str", "class S(str): pass\nprint(S('x'))", "x\n", ""),
    ("facts", "import sys; print(sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.fileno())",
     "False utf-8 1\n", ""),
    ("logging", "import logging; logging.warning('careful')", "", "WARNING:root:careful\n"),
    ("warning", "import warnings; warnings.warn('careful')", "",
     "{path}:1: UserWarning: careful\n  import warnings; warnings.warn('careful')\n"),
    ("compiler warning", "'a' is 'b'; None", "",
     '{path}:1: SyntaxWarning: "is" with a literal. Did you mean "=="?\n  \'a\' is \'b\'; None\n'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "stdout", "stderr"), [one[1:] for one in WRITES], ids=[one[0] for one in WRITES]
)
def test_written(runner: Runner, source: str, stdout: str, stderr: str) -> None:
    answer = runner.run(source, text=source)
    assert answer.state == "ok", answer.error
    assert answer.stdout == stdout
    expected = stderr.replace("{path}", runner.path)
    # Where a warning quotes its line is the interpreter's affair.
    assert answer.stderr == expected or (expected.startswith(answer.stderr) and answer.stderr)


def test_not_text(runner: Runner) -> None:
    answer = runner.run("import sys; sys.stdout.write(3)")
    assert answer.error["message"] == "write() argument must be str, not int"


@pytest.mark.parametrize("how", ["print({0!r}, flush=True)", "import os; os.write(1, b{0!r})"])
def test_live(runner: Runner, how: str) -> None:
    """Text shows while the cell still runs, whether through Python or below it."""
    words = ("one", "two")
    waits = "while not os.path.exists('seen {0}'): time.sleep(0.01)"
    runner.submit(
        "import os, time\n"
        + "\n".join(f"{how.format(word)}\n{waits.format(word)}" for word in words)
    )
    for word in words:
        assert runner.collect(until="out").stdout.strip() == word
        Path(runner.folder, f"seen {word}").touch()
    assert runner.collect().state == "ok"
    for word in words:
        Path(runner.folder, f"seen {word}").unlink()


def test_flood_is_cut_and_runs_on(runner: Runner) -> None:
    answer = runner.run("for i in range(200_000): print('line', i)\n'end'")
    assert answer.text == "'end'"
    text = answer.stdout
    assert text.startswith("line 0\nline 1\n")
    assert text.endswith("line 199999\n")
    assert " omitted …\nline " in text
    assert 128_000 < len(text) < 132_000


@pytest.mark.parametrize("how", ["print('x' * 10**8)", "import os; os.write(1, b'x' * 10**8)"])
def test_one_huge_write(runner: Runner, how: str) -> None:
    answer = runner.run(how + "\n'end'")
    assert answer.text == "'end'"
    assert "99.9 MB omitted" in answer.stdout
    assert len(answer.stdout) < 132_000


def test_flood_costs_no_memory(own: Runner) -> None:
    own.run("1")
    answer = own.run("while True: print('x' * 100)", interrupt_after=1.0)
    assert answer.state == "interrupted"
    assert sum(len(str(event)) for event in answer.events) < 300_000
    peak = own.run(
        "[l for l in open('/proc/self/status') if l.startswith('VmHWM')][0].split()[1]"
    ).text
    assert peak is not None
    assert int(peak.strip("'")) < 60_000
    native = own.run("import os\nwhile True: os.write(1, b'x' * 1000)", interrupt_after=1.0)
    assert native.state == "interrupted"
    assert own.run("import os; os.fstat(201 + 1).st_size < 50e6").text == "True"


def test_progress_bar_never_uses_up_its_room(runner: Runner) -> None:
    answer = runner.run(
        "import sys\nfor i in range(40_000): sys.stdout.write(f'\\r{i:6d} ' + '#' * 60)\nprint()",
    )
    assert answer.stdout == " 39999 " + "#" * 60 + "\n"
    assert sum(len(event["text"]) for event in answer.of("out")) < 60_000


def test_late_output_is_the_last_cells(runner: Runner) -> None:
    first = runner.run(
        "import threading, time\n"
        "def work():\n    time.sleep(0.2); print('late')\n"
        "threading.Thread(target=work).start()\nprint('now')"
    )
    number = runner.count
    assert first.stdout == "now\n"
    events = []
    limit = time.monotonic() + PATIENCE
    while not events and time.monotonic() < limit:
        events += runner.kernel.receive(0.2) or []
    assert [(event["cell"], event["late"]) for event in events] == [(number, True)]
    said = Path(runner.folder, "said")
    runner.run(
        "import subprocess; p = subprocess.Popen('sleep 0.1; echo late; touch said', shell=True)"
    )
    number = runner.count
    while not said.exists():
        time.sleep(0.01)
    following = runner.run("p.wait(); print('mine')")
    late = [event for event in following.of("out") if event.get("late")]
    assert [(event["cell"], event["text"]) for event in late] == [(number, "late\n")]
    assert following.stdout == "mine\n"


def test_what_is_shown_is_in_order(runner: Runner) -> None:
    answer = runner.run("print(1); display(2); print(3); 4")
    shown = [
        event["text"].strip() if event["e"] == "out" else event["data"]["text/plain"]
        for event in answer.events
        if event["e"] != "done"
    ]
    assert shown == ["1", "2", "3", "4"]
