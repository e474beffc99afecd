"""The command line for tests: the real command in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sessions_ls

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
            if name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "NO_COLOR", "PYTHONWARNINGS")
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
