"""Running cells as a script would be run; on every interpreter there is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from kernels import INTERPRETERS, Runner


@pytest.fixture(scope="module", params=INTERPRETERS, ids=lambda path: path.split("/")[-3])
def every(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("every")
    for name in ("json", "ast", "re", "types", "marshal_", "linecache"):
        (folder / f"{name}_shadow.py").write_text("raise ImportError('shadow')\n")
    runner = Runner(str(folder), request.param)
    yield runner
    runner.close()


#: text of a cell that shows True
TRUE = [
    "__name__ == '__main__' and __spec__ is None and __doc__ is None and __package__ is None",
    "import sys; sys.modules['__main__'].__dict__ is globals()",
    "import os; os.path.isabs(__file__) and os.path.basename(__file__) == 'nb.py'",
    "import sys; sys.argv == [__file__]",
    "import sys, os; sys.path[0] == os.path.dirname(__file__) == os.getcwd()",
    "import sys; not any('sessions_ls' in p for p in sys.path)",
    "type(__builtins__).__name__ == 'module'",
    "import sys; '_sessions_kernel.client' not in sys.modules and 'sessions_ls' not in sys.modules",
    "import os; [os.path.exists(f'/proc/self/fd/{n}') for n in range(3)] == [True] * 3",
    "import sys; sys.stdin.read() == ''",
    "class P: pass\nimport pickle\ntype(pickle.loads(pickle.dumps(P()))) is P",
    "import dataclasses\n@dataclasses.dataclass\nclass D:\n    x: int\nD(1) == D(1)",
    "def f(): return 1\nimport inspect\ninspect.getsource(f) == 'def f(): return 1\\n'",
    "import asyncio\nasync def g(): return 7\nawait g() == 7",
    "asyncio.run(g()) == 7",
    "async def count():\n    yield 1\n    yield 2\n[x async for x in count()] == [1, 2]",
    "async with asyncio.Lock(): locked = True\nlocked",
    "import os; os.getpgid(0) == os.getpid()",
    "import subprocess\n"
    "numbers = subprocess.run(['ls', '/proc/self/fd'], stdout=-1).stdout.split()\n"
    "all(int(n) < 200 for n in numbers)",
    "import os; os.get_inheritable(200) is False and os.get_inheritable(201) is False",
    "import sys; sys.gettrace() is None and sys.getrecursionlimit() == 1000",
    "import threading; threading.current_thread() is threading.main_thread()",
    "x: int = 1\nglobals().get('__annotations__', {'x': int})['x'] is int",
]


@pytest.mark.parametrize("source", TRUE, ids=range(len(TRUE)))
def test_as_in_a_script(every: Runner, source: str) -> None:
    answer = every.run(source, text=source)
    assert answer.text == "True", (answer.error, answer.events)
    assert answer.stderr == ""


#: text, first line, error type, line in the file, last line of the traceback
ERRORS = [
    ("1/0", 10, "ZeroDivisionError", 10, "ZeroDivisionError: division by zero"),
    ("x = 1\n\ndef f():\n    return 1/0\nf()", 100, "ZeroDivisionError", 103, ""),
    ("def f():\n  def g():\n    return [1/0 for _ in 'a']\n  return g\nf()()", 7,
     "ZeroDivisionError", 9, ""),
    ("x = (1,\n  2", 5, "SyntaxError", None, ""),
    ("ok = 1\nx = 'abc", 5, "SyntaxError", 6, ""),
    ("import json\njson.loads('x')", 20, "json.decoder.JSONDecodeError", 21, ""),
    ("import does_not_exist", 3, "ModuleNotFoundError", 3,
     "ModuleNotFoundError: No module named 'does_not_exist'"),
    ("class E(Exception): pass\nraise E('a')", 1, "E", 2, "E: a"),
    ("exec('1/0')", 4, "ZeroDivisionError", 4, ""),
    ("exec('x =')", 4, "SyntaxError", 4, ""),
    ("raise SystemExit", 2, "SystemExit", 2, "SystemExit"),
    ("async def h(): 1/0\nawait h()", 30, "ZeroDivisionError", 30, ""),
    ("import concurrent.futures as c\nwith c.ThreadPoolExecutor() as p: "
     "p.submit(lambda: 1/0).result()",
     40, "ZeroDivisionError", 41, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "first", "kind", "line", "last"), ERRORS, ids=[one[0][:20] for one in ERRORS]
)
def test_errors(
    every: Runner, source: str, first: int, kind: str, line: int | None, last: str
) -> None:
    text = "\n" * (first - 1) + source
    error = every.run(source, first, text=text).error
    assert error["type"] == kind
    assert error["line"] == line or line is None
    assert error["traceback"].endswith(last + "\n") if last else error["traceback"]
    assert "sessions" not in error["traceback"]
    assert "<frozen" not in error["traceback"]
    assert all(
        path != "asyncio" and "sessions" not in path for path, _line, _name in error["frames"]
    )
    if kind != "SyntaxError":
        assert error["frames"][0][0] == every.path
        quoted = source.split("\n")[error["line"] - first].strip()
        assert quoted in error["traceback"]


def test_same_traceback_as_python(every: Runner) -> None:
    source = (
        "def f(n):\n    try:\n        return 1 / n\n    except ZeroDivisionError as error:\n"
        "        raise ValueError('bad') from error\n\nf(0)"
    )
    with open(every.path, "w", encoding="utf-8") as file:
        file.write(source)
    python = subprocess.run([every.python, every.path], capture_output=True, text=True, check=False)
    assert every.run(source, text=source).error["traceback"] == python.stderr
    os.unlink(every.path)


def test_recursion_is_short(every: Runner) -> None:
    for source in ("def f(): f()\nf()", "def f(): g()\ndef g(): f()\nf()"):
        answer = every.run(source)
        assert answer.error["type"] == "RecursionError"
        assert answer.error["traceback"].count("\n") < 200
        assert "repeated" in answer.error["traceback"] or "omitted" in answer.error["traceback"]
        assert len(answer.error["frames"]) <= 50


def test_exception_group(every: Runner) -> None:
    if every.run("ExceptionGroup").state == "error":
        pytest.skip("before 3.11")
    answer = every.run("raise ExceptionGroup('many', [ValueError(1), KeyError('k')])")
    assert "ValueError: 1" in answer.error["traceback"]
    assert "KeyError: 'k'" in answer.error["traceback"]


def test_suggestion(every: Runner) -> None:
    answer = every.run("rate = 1\nratee")
    newer = every.run("import sys; sys.version_info >= (3, 10)").text == "True"
    assert ("Did you mean: 'rate'?" in answer.error["message"]) == newer


def test_moved_code_keeps_its_lines(every: Runner) -> None:
    source = "def f():\n    return [lambda: 1/0 for _ in 'a']\nf()[0]()"
    for first in (1, 50, 7):
        error = every.run(source, first).error
        assert error["line"] == first + 1
        assert error["frames"][0][1] == first + 2


def test_the_same_text_twice(every: Runner) -> None:
    """Two cells with one text each keep their own lines."""
    first = every.run("def f(): 1/0", 10)
    assert first.state == "ok"
    every.run("def g(): f()\nh = f", 1)
    every.run("def f(): 1/0", 20)
    assert every.run("h()", 30).error["line"] == 10
    assert every.run("f()", 30).error["line"] == 20


def test_forking_is_no_change(every: Runner) -> None:
    answer = every.run("import os\np = os.fork()\nif not p: os._exit(0)\nos.waitpid(p, 0)[1]")
    assert (answer.text, answer.stderr, answer.changed) == ("0", "", [])


def test_future_flags(every: Runner) -> None:
    annotations = 0x1000000
    answer = every.run("def f(x: undefined): pass", flags=annotations)
    assert answer.state == "ok", answer.error
    here = every.run("from __future__ import annotations\ndef f(x: undefined): pass\nlambda: 1;")
    assert here.state == "ok", here.error
    assert every.run("def f(x: undefined): pass\nf.__annotations__").state != "dead"


def test_tasks_go_on_in_later_cells(every: Runner) -> None:
    every.run(
        "import asyncio\nseen = []\nasync def tick():\n    for i in range(3):\n"
        "        seen.append(i); await asyncio.sleep(0)\ntask = asyncio.create_task(tick())\n"
        "await asyncio.sleep(0)"
    )
    assert every.run("len(seen) < 3").text == "True"
    assert every.run("await task\nseen").text == "[0, 1, 2]"


def test_ambient_changes_are_said(every: Runner) -> None:
    assert every.run("import os; os.environ['A'] = 'b'").changed == ["os.environ"]
    assert every.run("import sys; sys.path.append('/x')").changed == ["sys.path"]
    assert every.run("import os; os.chdir('/')").changed == ["cwd"]
    assert every.run("import builtins; builtins.len = max").changed == ["builtins.len"]
    assert every.run("import os; os.chdir(os.path.dirname(__file__))").changed == ["cwd"]
    assert every.run("1").changed == []


def test_shadowing_modules_do_not_stop_the_kernel(every: Runner) -> None:
    folder = os.path.join(every.folder, "shadow")
    os.makedirs(folder, exist_ok=True)
    for name in ("json", "ast", "re", "types", "linecache", "traceback", "asyncio", "enum"):
        with open(os.path.join(folder, name + ".py"), "w", encoding="utf-8") as file:
            file.write("raise RuntimeError('shadow')\n")
    shadowed = Runner(folder, every.python)
    try:
        assert shadowed.run("6 * 7").text == "42"
        answer = shadowed.run("print('x'); 1/0")
        assert answer.error["type"] == "ZeroDivisionError"
        assert "division by zero" in answer.error["traceback"]
        assert shadowed.run("import json").error["message"] == "shadow"
    finally:
        shadowed.close()
