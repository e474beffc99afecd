"""The command line for tests: the real command in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sessions_ls
from sessions_ls.cli.asker import AGENTS
from sessions_ls.live.lock import holder
from sessions_ls.live.place import all_places

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(sessions_ls.__file__).parent.parent
PATIENCE = 60.0


class Ended:
    """A command that has ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- out\n{self.out}--- err\n{self.err}"

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """Runs `sessions` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "NO_COLOR", "PYTHONWARNINGS", *AGENTS)
        }
        self.env.update(
            PYTHONPATH=str(ROOT), XDG_CONFIG_HOME=str(folder / "config"), PYTHONIOENCODING="utf-8"
        )

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def start(self, *args: str, python: tuple[str, ...] = (), **options: Any) -> Any:
        """A command that runs; its streams are pipes unless `options` say otherwise."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": self.env, **options}
        command = [sys.executable, *(python or ("-m", "sessions_ls")), *args]
        return subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, **options)

    @contextmanager
    def running(self, *args: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
        """A command that runs, and is killed where the test fails."""
        with self.start(*args, **options) as process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise

    def __call__(self, *args: str, env: dict[str, str] | None = None, **options: Any) -> Ended:
        """Run a command to its end."""
        with self.start(*args, env={**self.env, **(env or {})}, **options) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            except BaseException:
                process.kill()
                raise
        return Ended(process.returncode, (out or b"").decode(), (err or b"").decode())


@pytest.fixture
def sessions(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Shell]:
    """A shell whose live sessions meet in a folder of their own and end with the test."""
    shell = Shell(tmp_path)
    runtime = tempfile.mkdtemp(prefix="sessions-cli-", dir="/tmp")
    shell.env["SESSIONS_RUNTIME_DIR"] = runtime
    yield shell
    os.chmod(runtime, 0o700)
    for place in all_places(shell.env):
        left = holder(place)
        if left is not None and left.pid:
            os.kill(left.pid, signal.SIGKILL)
    shutil.rmtree(runtime)
