"""The server's side: starting, interrupting, ending, and noticing the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from kernels import PATIENCE, SOON, Runner

from sessions_ls.kernel.client import Kernel, KernelDied


def wait_for(condition: object, limit: float = PATIENCE) -> bool:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ping(runner: Runner) -> None:
    runner.kernel.send({"op": "ping", "id": 5})
    assert runner.collect(until="pong").events == [{"e": "pong", "id": 5}]


def test_unknown_op_is_a_fault_that_it_survives(runner: Runner) -> None:
    runner.kernel.send({"op": "nonsense"})
    assert "KeyError" in runner.collect().events[0]["traceback"]
    assert runner.run("6 * 7").text == "42"


def test_receive_times_out(runner: Runner) -> None:
    runner.run("1")
    begin = time.monotonic()
    assert runner.kernel.receive(0.1) is None
    assert 0.09 < time.monotonic() - begin < SOON


def test_interrupting_an_idle_kernel_does_nothing(own: Runner) -> None:
    for _again in range(3):
        own.kernel.interrupt()
    assert own.run("6 * 7").text == "42"
    for _again in range(20):
        own.kernel.interrupt()
    time.sleep(0.05)
    assert own.run("6 * 7").state == "ok"


def test_interrupts_never_lose_an_answer(own: Runner) -> None:
    states = set()
    for number in range(60):
        own.submit("print('x')\nfor i in range(3000): pass\ndisplay(1)\n[i for i in range(100)]")
        time.sleep(number * 0.00005)
        own.kernel.interrupt()
        states.add(own.collect().state)
    assert states <= {"ok", "interrupted"}
    assert own.run("6 * 7").text == "42"


def test_long_messages(own: Runner) -> None:
    own.run("import time")
    own.submit("time.sleep(60)")
    text = "y = '" + "x" * 3_000_000 + "'\nlen(y)"
    begin = time.monotonic()
    own.submit(text)
    assert time.monotonic() - begin < SOON, "send must not wait for a busy kernel"
    assert own.collect(interrupt_after=0.3).state == "interrupted"
    assert own.collect().text == "3000000"


def test_many_descriptors_open(tmp_path: Path) -> None:
    """Ours may lie where the kernel's are to be."""
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(195)]
    for fd in opened[-8:]:
        os.close(fd)
    try:
        for _again in range(6):
            runner = Runner(str(tmp_path))
            assert runner.run("import os; os.system('echo out; echo err >&2')").stdout == "out\n"
            opened.append(os.open(os.devnull, os.O_RDONLY))
            runner.close()
    finally:
        for fd in opened[:-14]:
            os.close(fd)


def test_no_descriptor_is_lost(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for source in ("1", "import os; os._exit(3)"):
        runner = Runner(str(tmp_path))
        runner.run(source)
        runner.close()
    with pytest.raises(OSError):
        Kernel.start(str(tmp_path / "nothing"), str(tmp_path / "nb.py"), str(tmp_path))
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("python", ["/bin/false", "/bin/echo"])
def test_what_is_no_python(python: str, tmp_path: Path) -> None:
    kernel = Kernel.start(python, str(tmp_path / "nb.py"), str(tmp_path))
    with pytest.raises(KernelDied):
        kernel.receive(PATIENCE)
    kernel.close()


def test_too_old_a_python(tmp_path: Path) -> None:
    old = os.path.expanduser("~/.pyenv/versions/2.7.18/bin/python")
    if not os.path.exists(old):
        pytest.skip("there is none")
    kernel = Kernel.start(old, str(tmp_path / "nb.py"), str(tmp_path))
    with pytest.raises(KernelDied, match="exit status 1"):
        kernel.receive(PATIENCE)
    kernel.close()


def test_death_while_idle(own: Runner) -> None:
    own.run("1")
    os.kill(own.kernel.pid, signal.SIGKILL)
    begin = time.monotonic()
    with pytest.raises(KernelDied, match="SIGKILL"):
        own.kernel.receive(PATIENCE)
    assert time.monotonic() - begin < SOON
    assert not own.kernel.alive()


def test_kill(own: Runner) -> None:
    own.submit(
        "import time\nwhile True:\n  try:\n    print('deaf', flush=True)\n    time.sleep(100)\n"
        "  except BaseException: time.sleep(100)"
    )
    assert own.collect(until="out").stdout == "deaf\n"
    own.kernel.interrupt()
    assert own.kernel.receive(0.3) is None
    own.kernel.kill()
    with pytest.raises(KernelDied, match="killed on request"):
        own.kernel.receive(PATIENCE)


ORDERLY = """
import atexit, threading, time
def leave(): open('left', 'w').write('yes')
atexit.register(leave)
def work(): time.sleep(0.2); open('worked', 'w').write('yes')
threading.Thread(target=work).start()
"""


def test_an_orderly_exit(tmp_path: Path) -> None:
    runner = Runner(str(tmp_path))
    runner.run(ORDERLY)
    pid = runner.kernel.pid
    begin = time.monotonic()
    runner.kernel.close(PATIENCE)
    assert time.monotonic() - begin < SOON  # EXIT_LIMIT is 5 s
    assert (tmp_path / "left").exists()
    assert (tmp_path / "worked").exists()
    assert not runs(pid)


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import time; time.sleep(100)",
        "import atexit, time; atexit.register(time.sleep, 100)",
        "import threading, time; threading.Thread(target=time.sleep, args=(100,)).start()",
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    ],
)
def test_close_takes_no_longer_than_its_grace(own: Runner, source: str) -> None:
    own.submit(source)
    kernel = own.kernel
    kernel.receive(0.3)
    begin = time.monotonic()
    kernel.close(0.5)
    assert time.monotonic() - begin < SOON
    assert not runs(kernel.pid)


def test_close_ends_its_children(own: Runner) -> None:
    child = own.run("import subprocess; p = subprocess.Popen(['sleep', '100']); p.pid").text
    assert child is not None
    own.close()
    assert wait_for(lambda: not runs(int(child)))


@pytest.mark.parametrize("source", ["1", "while True: pass", "import time; time.sleep(100)"])
def test_a_kernel_does_not_outlive_its_server(source: str, tmp_path: Path) -> None:
    server = f"""
        import os, sys, time
        sys.path.insert(0, {os.getcwd()!r})
        from sessions_ls.kernel.client import Kernel
        kernel = Kernel.start({sys.executable!r}, {str(tmp_path / "nb.py")!r}, {str(tmp_path)!r})
        kernel.send({{"op": "exec", "cell": 1, "source": "print(1)", "first_line": 1}})
        kernel.receive({PATIENCE})
        kernel.send({{"op": "exec", "cell": 1, "source": {source!r}, "first_line": 1}})
        kernel.receive(0.3)
        print(kernel.pid, flush=True)
        os.kill(os.getpid(), 9)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(server)], capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)
    assert wait_for(lambda: not runs(pid), SOON)
