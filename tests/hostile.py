"""A folder that wants its code to run when somebody looks at it, and a watch on every process.

What runs leaves a line in a file: the notebooks' Python is a script that does, and so is whatever
else an editor or a tool might start or import there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

BY_A_RUN = {"os.posix_spawn", "subprocess.Popen", "fork_exec"}
"""How the kernel is started, and the reader of the cell that our own Python cannot read."""

# Each is in the way of a module that we, or what we use, may import later than at the start.
MODULES = (
    "json", "tomllib", "tomlkit", "subprocess", "jedi", "ruff", "IPython", "numpy", "matplotlib",
    "sitecustomize", "usercustomize", "conftest", "sessions_ls", "evil",
)  # fmt: skip

TEXT = """\
# %% Marks
import evil
open(MARK, "a").write("a cell\\n")
class Evil:
    def __repr__(self): open(MARK, "a").write("repr\\n"); return ""
evil_one = Evil()
evil_one
# %% volatile=true
@evil.decorator
def function(value=open(MARK, "a").write("default\\n")):
    return f"{open(MARK, 'a').write('f-string')}"
function()
# %% Again
later = undefined_name + evil_one
evil_one = 3
%matplotlib inline
# %% [markdown]
# ![picture](https://example.com/p.png)
# %% Last
fig = function
fig
"""

SESSION = """\
format = 1
notebook = "NAME"
python = "3.11.7"

[[cells]]
id = "a"
title = "Last"
code = "0"
key = "0"
state = "ok"
stdout = "\\u001b]8;;file:///etc/passwd\\u0007"
text = "!!python/object/apply:os.system ['true']"

[[cells.outputs]]
mime = "image/svg+xml"
file = "../../../../etc/passwd"
"""

WATCH = """\
import json, os, sys
STARTS = {"os.posix_spawn", "os.exec", "os.fork", "os.forkpty", "os.system", "os.spawn",
          "os.startfile", "pty.spawn", "subprocess.Popen"}
def told(event, arguments):
    if event in STARTS or event == "fork_exec":
        words = arguments[1] if event == "os.posix_spawn" else [repr(arguments)]
        line = json.dumps([event, os.getpid(), [os.fsdecode(word) for word in words]])
        fd = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(fd, line.encode() + b"\\n")
        os.close(fd)
sys.addaudithook(told)
import _posixsubprocess
real = _posixsubprocess.fork_exec  # which tells no audit hook
def fork_exec(*arguments):
    told("fork_exec", arguments)
    return real(*arguments)
_posixsubprocess.fork_exec = fork_exec
"""


class Hostile:
    """The folder. ``environment`` is for who looks at it: every process that starts is noted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "hostile"
        self.mark, self._watched = folder / "mark", folder / "watched"
        watch = folder / "watch"
        for made in (self.folder, watch, self.folder / ".venv" / "bin"):
            made.mkdir(parents=True)
        (watch / "sitecustomize.py").write_text(WATCH)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(watch), str(ROOT)]),
            "WATCHED": str(self._watched),
        }
        for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            self.environment.pop(variable, None)
        for module in MODULES:
            path = self.folder / f"{module}.py"
            path.write_text(f"open({str(self.mark)!r}, 'a').write({module!r} + '\\n')\n")
        self._script(self.folder / ".venv" / "bin" / "python")
        self._script(self.folder / "evil-python")

    def _script(self, path: Path) -> None:
        path.write_text(f'#!/bin/sh\necho "$0 $*" >> "{self.mark}"\nexit 1\n')
        path.chmod(0o755)

    def notebook(self, name: str, by: str) -> Path:
        """A notebook, and where its Python comes from."""
        folder = self.folder / name
        folder.mkdir()
        if by == "pyproject.toml":
            (folder / by).write_text(f'[tool.sessions]\npython = "{self.folder}/evil-python"\n')
        path = folder / "n.py"
        path.write_text(TEXT.replace("MARK", repr(str(self.mark))))
        path.with_suffix(".session.toml").write_text(SESSION.replace("NAME", path.name))
        return path

    def ran(self) -> str:
        """What has run of what is in the folder."""
        return self.mark.read_text() if self.mark.exists() else ""

    def started(self) -> list[Any]:
        """The processes that were started, but for our own sessions: event, by whom, words."""
        lines = self._watched.read_text().splitlines() if self._watched.exists() else []
        return [start for start in map(json.loads, lines) if not _is_ours(start)]

    def sessions(self) -> int:
        """How many session processes were started."""
        lines = self._watched.read_text().splitlines() if self._watched.exists() else []
        return sum(json.loads(line)[0] == "os.posix_spawn" for line in lines)


def _is_ours(start: list[Any]) -> bool:
    """Whether it is a session: our own code, started apart from the folder, that parts once."""
    event, _, words = start
    if event == "os.posix_spawn":
        return words[1:4] == ["-P", "-m", "sessions_ls.live.process"]
    return bool(event == "os.fork")
