"""The command itself: help, version, start-up, the terminal, and the same from Python."""

from __future__ import annotations

import os
import pty
import re
import signal
import sys
import termios
import time
from typing import TYPE_CHECKING

import pytest

import sessions_ls
from sessions_ls.cli import COMMANDS, main
from sessions_ls.cli.arguments import Arguments
from sessions_ls.notebook.errors import SessionsError

from .conftest import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Shell


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["help"]])
def test_help_names_every_command(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"^  {name} +\w", out, re.M) for name in COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "lsp"])
def test_help_of_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example:\n  sessions {name}" in out
    assert max(map(len, out.splitlines())) <= 88


def test_only_the_last_place_is_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["set", "--help"]) == 0
    assert capsys.readouterr().out.startswith(
        "usage: sessions set [OPTIONS] NOTEBOOK NAME=VALUE …\n"
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"sessions (\d+\.\d+.*|\(not installed\))\n", capsys.readouterr().out)


# What a command takes, a command line, and what it gives.
LINES = [
    ("nb.py --flag --value 1", {"NB": ["nb.py"], "--flag": [""], "--value": ["1"]}),
    ("--value=1 nb.py --value 2", {"NB": ["nb.py"], "--value": ["1", "2"]}),
    ("nb.py --value= x", {"NB": ["nb.py"], "--value": [""], "CELL": ["x"]}),
    ("nb.py --value -1 x", {"NB": ["nb.py"], "--value": ["-1"], "CELL": ["x"]}),
    ("nb.py --value a=b=c", {"NB": ["nb.py"], "--value": ["a=b=c"]}),
    ("-- --flag -x", {"NB": ["--flag"], "CELL": ["-x"]}),
    ("- x", {"NB": ["-"], "CELL": ["x"]}),
]


@pytest.mark.parametrize(("line", "given"), LINES)
def test_arguments(line: str, given: dict[str, list[str]]) -> None:
    arguments = Arguments("do", "Do it.", "sessions do nb.py").place("NB", "a file")
    arguments.place("CELL", "a cell", needed=False).option("--flag", "", "a flag")
    taken = arguments.option("--value", "V", "a value").parse(line.split())
    for name in ("NB", "CELL", "--flag", "--value"):
        assert taken.every(name) == given.get(name, [])
        assert taken.has(name) == (name in given)
        assert taken.last(name) == given.get(name, [None])[-1]


# -- start-up --------------------------------------------------------------------------------------

# What takes longer to import than a small notebook takes to run.
FORBIDDEN = [
    "argparse", "ast", "asyncio", "ctypes", "dataclasses", "difflib", "email", "hashlib",
    "importlib.metadata",
    "inspect", "logging", "lsprotocol", "pathlib", "pygls", "random", "rich", "shutil", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "tomllib", "traceback", "typing",
    "unicodedata", "urllib", "xml",
    "selectors", "sessions_ls.cli.remote", "sessions_ls.live.client", "sessions_ls.live.wire",
]  # fmt: skip
_IMPORTS = """\
import sys
before = set(sys.modules)
from sessions_ls.cli import main
status = main(sys.argv[1:])
print(*sorted(set(sys.modules) - before), file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.parametrize("args", [["--all"], [], ["--cell", "2"], ["--no-write"]])
def test_run_imports_nothing_it_does_not_need(sessions: Shell, args: list[str]) -> None:
    sessions.write("nb.py", "# %%\nx = 1\nprint(x)\n# %%\nx + 1\n")
    ended = _with_imports(sessions, "run", "nb.py", *args)
    assert set(FORBIDDEN) & set(ended) == set()


def test_importing_the_package_is_cheap(sessions: Shell) -> None:
    code = "import sys; a = set(sys.modules); import sessions_ls; print(*(set(sys.modules) - a))"
    with sessions.start(
        python=("-I", "-c", f"import sys; sys.path.insert(0, {_root()!r}); {code}")
    ) as p:
        out, err = p.communicate()
    assert set(out.decode().split()) == {"__future__", "sessions_ls"}, err


def _root() -> str:
    return os.path.dirname(os.path.dirname(sessions_ls.__file__))


def _with_imports(sessions: Shell, *args: str) -> list[str]:
    """The modules that a command imports."""
    with sessions.start(*args, python=("-S", "-c", _IMPORTS)) as process:
        _, err = process.communicate()
    assert process.returncode == 0, err
    names: list[str] = err.decode().splitlines()[-1].split()
    assert "sessions_ls.live.session" in names
    return names


# -- the terminal ----------------------------------------------------------------------------------


class Terminal:
    """A command on a terminal of its own; `text` is everything written there."""

    def __init__(self, sessions: Shell, *args: str, env: dict[str, str] | None = None) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        environ = {**sessions.env, "TERM": "xterm", **(env or {})}
        self.process = sessions.start(*args, stdout=slave, stderr=slave, env=environ)
        os.close(slave)
        self.text = ""

    def until(self, pattern: str) -> None:
        """Read until `pattern` is there, or the command has ended."""
        limit = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            assert time.monotonic() < limit, self.text
            if not self._read():
                raise AssertionError(self.text)

    def end(self) -> int:
        while self._read():
            pass
        os.close(self._master)
        status: int = self.process.wait(timeout=PATIENCE)
        return status

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += data.decode()
        return bool(data)

    @property
    def screen(self) -> list[str]:
        """The lines as they stand at the end, colours left out."""
        lines = []
        for line in self.text.replace("\r\n", "\n").split("\n"):
            shown = ""
            for part in line.split("\r"):
                part = re.sub(r"\x1b\[\d*m", "", part)
                erased = "\x1b[K" in part
                part = part.replace("\x1b[K", "")
                shown = part if erased else part + shown[len(part) :]
            lines.append(shown)
        return lines


def test_cells_are_named_on_a_terminal(sessions: Shell) -> None:
    sessions.write("nb.py", "# %% One\nprint('a', end='')\n# %%\nx = 1\n# %%\n2\n# %%\n1 / 0\n")
    terminal = Terminal(sessions, "run", "nb.py")
    assert terminal.end() == 1
    screen = terminal.screen
    assert screen[:4] == ["[1] One", "a", "[3]", "2"]
    assert screen[4] == "nb.py:8: ZeroDivisionError: division by zero"
    assert "\x1b[31m" in terminal.text


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize("command", ["run", "status", "check"])
def test_no_colours_where_they_are_not_wanted(
    sessions: Shell, command: str, env: dict[str, str]
) -> None:
    sessions.write("nb.py", "# %% One\nprint(nowhere)\n")
    terminal = Terminal(sessions, command, "nb.py", env=env)
    terminal.end()
    assert "nowhere" in terminal.text
    assert not re.search(r"\x1b\[\d*m", terminal.text)


def test_colours_on_a_terminal(sessions: Shell) -> None:
    sessions.write("nb.py", "# %% One\nprint(nowhere)\n")
    for command in ("status", "check"):
        terminal = Terminal(sessions, command, "nb.py")
        terminal.end()
        assert "\x1b[33mwarning[undefined-name]\x1b[m" in terminal.text


def test_a_slow_cell_is_named_while_it_runs(sessions: Shell) -> None:
    sessions.write(
        "nb.py",
        "# %%\n1\n# %% Slow\nimport os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
        "time.sleep(1)\nprint('done')\n",
    )
    terminal = Terminal(sessions, "run", "nb.py")
    terminal.until(r"▶ cell 2 · Slow · 2 of 2 · (0\.[3-9]\d|[1-9][\d.]*) s")
    sessions.write("go", "")
    assert terminal.end() == 0
    assert terminal.screen[:4] == ["[1]", "1", "[2] Slow", "done"]
    assert re.fullmatch(r"2 cells ran in [1-9][\d.]* s", terminal.screen[4])


def test_a_line_that_is_not_ended_is_left_alone(sessions: Shell) -> None:
    sessions.write(
        "nb.py", "# %%\nimport time\nprint('wait', end='', flush=True)\ntime.sleep(.7)\n1\n"
    )
    terminal = Terminal(sessions, "run", "nb.py")
    assert terminal.end() == 0
    assert "▶" not in terminal.text
    assert terminal.screen[:3] == ["[1]", "wait", "1"]


def test_ctrl_c_says_that_it_is_stopping(sessions: Shell) -> None:
    sessions.write(
        "nb.py",
        "# %%\nimport time\nwhile True:\n    try:\n        print('deaf', flush=True)\n"
        "        time.sleep(9)\n    except KeyboardInterrupt:\n        pass\n",
    )
    terminal = Terminal(sessions, "run", "nb.py")
    terminal.until("deaf")
    terminal.process.send_signal(signal.SIGINT)
    terminal.until(r"stopping; once more to kill")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130


def test_status_fits_the_terminal(sessions: Shell) -> None:
    sessions.write("nb.py", f"# %% {'漢字' * 40}\nx = 1\n")
    terminal = Terminal(sessions, "status", "nb.py")
    terminal.end()
    line = terminal.screen[1]
    assert line.endswith("…")
    assert len(line) < 60


def test_binary_never_reaches_a_terminal(sessions: Shell) -> None:
    sessions.write(
        "nb.py", "# %%\nclass P:\n    def _repr_png_(self): return b'\\x89PNG1234'\nP()\n"
    )
    assert sessions("run", "nb.py").code == 0
    terminal = Terminal(sessions, "show", "nb.py", "1", "--mime", "image/png")
    assert terminal.end() == 2
    assert "image/png is no text; save it with `--out FILE`" in terminal.text


# -- from Python -----------------------------------------------------------------------------------


def test_run_from_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nb.py"
    path.write_text("# %%\nprint('a')\nx = 1\n# %%\nx + 1\n# %%\n1 / 0\n")
    cells = sessions_ls.run(path)
    assert [cell["state"] for cell in cells] == ["fresh", "fresh", "error"]
    assert [cell["text"] for cell in cells] == ["", "2", ""]
    assert cells[0]["stdout"] == "a\n"
    assert cells[2]["error"]["type"] == "ZeroDivisionError"
    assert capsys.readouterr() == ("", "")
    with pytest.raises(SessionsError, match=r"gone\.py: there is no such file"):
        sessions_ls.run(str(tmp_path / "gone.py"))


def test_run_from_python_where_nothing_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / "nb.py"
    path.write_text("# %%\n1\n")
    (tmp_path / "nb.session.toml").mkdir()
    with pytest.warns(RuntimeWarning, match="cannot be saved") as caught:
        assert sessions_ls.run(path)[0]["text"] == "1"
    assert caught[0].filename == __file__


def test_public_names() -> None:
    assert sessions_ls.__all__ == sorted(sessions_ls.__all__)
    assert all(hasattr(sessions_ls, name) for name in sessions_ls.__all__)
    assert sys.modules["sessions_ls"].__doc__
