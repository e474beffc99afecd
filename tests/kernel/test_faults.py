"""What cells do to a kernel, one after another on the same kernel: how each ends, and that the
next cell works, or that the kernel was declared dead."""

from __future__ import annotations

import pytest
from kernels import SOON, Runner

#: name, text, how it ends (state, or state and exception type), a text that must appear in the
#: error's message, the obituary or the output ("" for none)
ENDINGS = [
    ("sys.exit", "import sys; sys.exit(3)", "error SystemExit", "3"),
    ("quit", "quit()", "error SystemExit", ""),
    ("os._exit", "import os; os._exit(7)", "dead", "exit status 7"),
    ("segfault", "import ctypes; ctypes.string_at(0)", "dead", "SIGSEGV (signal 11)"),
    ("segfault says where", "import ctypes; ctypes.string_at(0)", "dead", "nb.py"),
    ("segfault hides us", "import ctypes; ctypes.string_at(0)", "dead", "Segmentation fault"),
    ("abort", "import os; os.abort()", "dead", "SIGABRT"),
    ("SIGKILL", "import os; os.kill(os.getpid(), 9)", "dead", "out of memory?"),
    ("SIGTERM", "import os; os.kill(os.getpid(), 15)", "dead", "SIGTERM"),
    ("last words", "import os; os.write(2, b'good bye'); os._exit(1)", "dead", "good bye"),
    (
        "death with a child that holds the pipe",
        """
        import os, time
        os.write(1, b"x")
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        os._exit(4)
        """,
        "dead",
        "exit status 4",
    ),
    ("recursion", "def f(): f()\nf()", "error RecursionError", "maximum recursion"),
    ("mutual recursion", "def f(): g()\ndef g(): f()\nf()", "error RecursionError", ""),
    ("recursing repr", "class R:\n def __repr__(s): return repr(s)\nR()", "ok", "RecursionError"),
    ("recursion limit", "import sys; sys.setrecursionlimit(50)", "ok", ""),
    ("memory", "bytearray(2**46)", "error MemoryError", ""),
    ("input", "input()", "error EOFError", "no keyboard"),
    ("getpass", "import getpass, warnings; warnings.simplefilter('ignore'); getpass.getpass()",
     "error EOFError", ""),
    ("breakpoint", "breakpoint()", "error", ""),
    ("stdout closed", "import sys; sys.stdout.close()", "ok", ""),
    ("stdout None", "import sys; sys.stdout = None; sys.stderr = None", "ok", ""),
    ("stdout object", "import sys; sys.stdout = object()", "ok", ""),
    ("stdin closed", "import sys; sys.stdin.close()", "ok", ""),
    ("fds 1 and 2 closed", "import os; os.close(1); os.close(2)", "ok", ""),
    ("fd 1 elsewhere", "import os; os.dup2(os.open('/dev/null', 1), 1)", "ok", ""),
    ("fds closed", "import os; os.closerange(0, 100)", "ok", ""),
    ("all fds closed", "import os; os.closerange(0, 65536)", "dead", "lost its channel"),
    ("builtins gone", "import builtins; builtins.print = None; builtins.len = None", "ok", ""),
    ("builtins emptied", "import builtins; builtins.__dict__.clear()", "ok", ""),
    ("no import", "import builtins; del builtins.__import__", "ok", ""),
    ("no __builtins__", "del __builtins__", "ok", ""),
    ("namespace emptied", "globals().clear()", "ok", ""),
    ("no modules", "import sys; sys.modules.clear()", "ok", ""),
    ("no main", "import sys; del sys.modules['__main__']", "ok", ""),
    ("time replaced", "import time; time.time = time.monotonic = time.sleep = None", "ok", ""),
    ("os replaced", "import os; os.write = os.getpid = os.getcwd = None", "ok", ""),
    ("trace", "import sys\ndef t(*a): raise ValueError\nsys.settrace(t)", "ok", ""),
    ("profile", "import sys\ndef t(*a): raise ValueError\nsys.setprofile(t)",
     "error ValueError", ""),
    ("hooks", "import sys, threading; sys.excepthook = threading.excepthook = None", "ok", ""),
    ("hooks back", "import sys, threading; sys.excepthook = sys.__excepthook__; "
     "threading.excepthook = threading.__excepthook__", "ok", ""),
    ("displayhook", "import sys; sys.displayhook = None; 1", "ok", ""),
    ("warnings as errors", "import warnings; warnings.simplefilter('error')", "ok", ""),
    ("SIGINT ignored", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)", "ok", ""),
    ("locale", "import locale; locale.setlocale(locale.LC_ALL, 'C')", "ok", ""),
    ("folder removed", "import os; os.mkdir('d'); os.chdir('d'); os.rmdir('../d')", "ok", ""),
    ("folder back", "import os; os.chdir(os.path.dirname(__file__))", "ok", ""),
    ("environment", "import os; os.environ.clear()", "ok", ""),
    ("no descriptors", "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (3, 4096)); 1/0",
     "error ZeroDivisionError", ""),
    ("descriptors back", "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (1024, 4096))",
     "ok", ""),
    ("fork falls through", "import os; print('once'); p = os.fork()", "ok", "once\n"),
    ("fork and exit", "import os, sys\nif os.fork() == 0: sys.exit(2)", "ok", ""),
    ("fork and raise", "import os\np = os.fork()\nif not p: 1/0\nos.waitpid(p, 0)[1]", "ok", "256"),
    (
        "child prints",
        "import os\np = os.fork()\nif not p: print('child')\nelse: os.waitpid(p, 0)",
        "ok",
        "child\n",
    ),
    (
        "multiprocessing",
        """
        import multiprocessing
        def double(x): return 2 * x
        with multiprocessing.get_context("fork").Pool(2) as pool:
            print(pool.map(double, [1, 2, 3]))
        """,
        "ok",
        "[2, 4, 6]",
    ),
    ("__str__ raises", "class E(Exception):\n def __str__(s): 1/0\nraise E", "error E", "__str__"),
    ("repr raises", "class R:\n def __repr__(s): 1/0\nR()", "ok", "ZeroDivisionError"),
    ("repr exits", "class R:\n def __repr__(s): raise SystemExit\nR()", "ok", "SystemExit"),
    ("repr is no text", "class R:\n def __repr__(s): return 3\nR()", "ok", "TypeError"),
    ("html raises", "class R:\n def _repr_html_(s): 1/0\nR()", "ok", "R._repr_html_ raised"),
    ("html is a number", "class R:\n def _repr_html_(s): return 3\nR()", "ok", "expected text"),
    ("bundle raises", "class R:\n def _repr_mimebundle_(s): return {}\nR()", "ok", "R object"),
    ("display dies", "class R:\n def _ipython_display_(s): quit()\nR()", "ok", "R object"),
    ("cause cycle", "e = ValueError('x'); e.__cause__ = e; raise e", "error ValueError", "x"),
    ("long chain", "for i in range(3000):\n try: 1/0\n except Exception as e: pass\n1/0",
     "error ZeroDivisionError", ""),
    ("GeneratorExit", "raise GeneratorExit", "error GeneratorExit", ""),
    ("StopIteration", "raise StopIteration(3)", "error StopIteration", "3"),
    ("KeyboardInterrupt", "raise KeyboardInterrupt", "interrupted KeyboardInterrupt", ""),
    ("exit at import", "open('quits.py', 'w').write('raise SystemExit(5)')\nimport quits",
     "error SystemExit", "5"),
    ("finalizer prints", "class D:\n def __del__(s): print('gone')\nd = D(); del d", "ok", "gone"),
    ("finalizer raises", "class D:\n def __del__(s): 1/0\nd = D(); del d",
     "ok", "ZeroDivisionError"),
    ("signal handler prints", """
        import signal, time
        signal.signal(signal.SIGALRM, lambda *a: print("alarm"))
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        end = time.monotonic() + 0.3
        while time.monotonic() < end: print("x")
        signal.setitimer(signal.ITIMER_REAL, 0)
        """, "ok", "alarm"),
    ("gc", "import gc; gc.disable(); gc.freeze(); gc.callbacks.append(lambda *a: 1/0)", "ok", ""),
    ("gc back", "gc.callbacks.clear(); gc.enable()", "ok", ""),
    ("garbage on the channel", "import os; os.write(201, b'garbage' * 1000)", "ok", ""),
    ("frames on the channel", "import os; os.write(201, b'\\0\\0\\0\\x08[{\"e\":1]')", "ok", ""),
    ("surrogate", r"print('\ud800')", "ok", r"\ud800"),
    ("surrogate in a repr", "class R:\n def __repr__(s): return '\\ud800'\nR()", "ok", r"\ud800"),
    ("surrogate in an error", r"raise ValueError('\ud800')", "error ValueError", r"\ud800"),
    ("NUL", r"print('a\0b')", "ok", "a\0b"),
    ("NUL in source", "x = 1\0", "error", "null bytes"),
    ("unfinished", "x = (", "error SyntaxError", "was never closed|unexpected EOF"),
    ("deep nesting", "x = " + "(" * 5000 + ")" * 5000, "error", ""),
    ("deep expression", "x = " + "-" * 100_000 + "1", "error", ""),
    ("return", "return 1", "error SyntaxError", "outside function"),
    ("invalid bytes", "import os; os.write(1, b'\\xff\\xfe!'); None", "ok", "\ufffd\ufffd!"),
    ("split characters", "import os\nfor i in range(50): os.write(1, 'é'.encode() * 777)\nNone",
     "ok", "é" * 38850),
    ("thread raises", "import threading\nt = threading.Thread(target=lambda: 1/0)\n"
     "t.start(); t.join()",
     "ok", "ZeroDivisionError"),
    ("large repr", "'y' * 50_000_000", "ok", "49.9 MB omitted"),
    ("large exception", "raise ValueError('y' * 50_000_000)", "error ValueError", "omitted"),
]  # fmt: skip

#: After these the modules that later cells use are broken, as they would be in a script.
POISON = ("time replaced", "os replaced", "no modules")


@pytest.mark.parametrize(
    ("name", "source", "ending", "text"), ENDINGS, ids=[one[0] for one in ENDINGS]
)
def test_ending(runner: Runner, name: str, source: str, ending: str, text: str) -> None:
    answer = runner.run(source)
    state, _, kind = ending.partition(" ")
    said = "\n".join(
        [
            str(answer.error.get("message")),
            str(answer.died),
            answer.stdout,
            answer.stderr,
            str(answer.text),
        ]
    )
    assert answer.state == state, said[-2000:]
    assert answer.error.get("type") == kind or not kind
    assert any(one in said for one in text.split("|")), said[-2000:]
    assert answer.seconds < 20
    assert said.count("once\n") <= 1

    following = runner.run("print('alive', 6 * 7)\n'still'")
    assert following.state == "ok", following.error
    assert following.stdout == "alive 42\n"
    assert following.text == "'still'"
    if name in POISON:
        runner.close()


INTERRUPTED = [
    ("sleep", "import time; time.sleep(1e9)"),
    ("loop", "while True: pass"),
    ("printing loop", "while True: print('x' * 100)"),
    ("native printing loop", "import os\nwhile True: os.write(1, b'x' * 100)"),
    ("await", "import asyncio; await asyncio.sleep(1000)"),
    ("asyncio.run", "import asyncio; asyncio.run(asyncio.sleep(1000))"),
    ("child", "import subprocess; subprocess.run(['sleep', '1000'])"),
    ("lock", "import threading; threading.Lock().acquire() and threading.Event().wait()"),
    ("repr", "class R:\n def __repr__(s):\n  while True: pass\nR()"),
    ("display", "class R:\n def _repr_html_(s):\n  while True: pass\ndisplay(R())"),
    ("displaying loop", "while True: display(1)"),
]


@pytest.mark.parametrize(
    "source", [one[1] for one in INTERRUPTED], ids=[one[0] for one in INTERRUPTED]
)
def test_interrupt(runner: Runner, source: str) -> None:
    runner.run("1")
    answer = runner.run(source, interrupt_after=0.3)
    assert answer.state == "interrupted", (answer.state, answer.error)
    assert answer.seconds < SOON
    assert runner.run("6 * 7").text == "42"
