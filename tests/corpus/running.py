"""Runs a notebook as a plain script and with `sessions run`, and compares what both printed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GRACE = 5.0
"""Seconds between asking a program to end and killing it."""
_IMPORTED = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
# What differs from one run of a script to the next: addresses, times, sizes of temporary names.
_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?")


class Cache:
    """Results of runs by key, one JSON object a line; what was done is never done again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            for line in path.read_text("utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except json.JSONDecodeError:
                    continue  # an interrupt cut the last line off
                self._known[entry["key"]] = entry

    def get(self, key: str) -> dict[str, Any] | None:
        """The result kept under ``key``."""
        return self._known.get(key)

    def put(self, key: str, result: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a result, on disk at once."""
        entry = {"key": key, **result}
        with self._lock:
            self._known[key] = entry
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        return entry


class Runner:
    """Runs the notebooks of one gallery, each in a folder of its own."""

    def __init__(
        self, folder: Path, scratch: Path, cache: Cache, python: str, sessions: Sequence[str],
        engine: str, limit: float,
    ) -> None:  # fmt: skip
        """``engine``: digest of the code of sessions-ls. ``limit``: seconds a script may take."""
        self._folder = folder
        self._scratch = scratch
        self._cache = cache
        self._python = python
        self._sessions = list(sessions)
        self._engine = engine
        self._limit = limit

    def plain(self, notebook: Path, variant: str = "1") -> dict[str, Any]:
        """`python notebook.py`: state "ok", "failed" or "too long", and what it printed.

        The variant "2" runs it once more.
        """
        key = _key("plain", variant, self._python, str(self._limit), notebook.read_bytes())
        known = self._cache.get(key)
        if known is not None:
            return known
        copy = self._copy(notebook, f"plain-{variant}")
        environment = {**os.environ, "MPLBACKEND": "agg"}
        done = run([self._python, copy.name], copy.parent, environment, self._limit)
        done["what"] = f"plain {notebook.relative_to(self._folder)}"
        return self._cache.put(key, done)

    def ours(self, notebook: Path) -> dict[str, Any]:
        """`sessions run --all --json`; twice the time, since two of these run at once."""
        key = _key("ours", self._engine, self._python, str(self._limit), notebook.read_bytes())
        known = self._cache.get(key)
        if known is not None:
            return known
        copy = self._copy(notebook, "ours")
        environment = dict(os.environ)
        environment.pop("MPLBACKEND", None)
        environment["VIRTUAL_ENV"] = str(Path(self._python).parent.parent)
        command = [*self._sessions, "run", "--all", "--json", "--no-write", copy.name]
        done = run(command, copy.parent, environment, 2 * self._limit)
        done["what"] = f"ours {notebook.relative_to(self._folder)}"
        done.update(_told(done.pop("stdout")))
        return self._cache.put(key, done)

    def _copy(self, notebook: Path, name: str) -> Path:
        """The notebook in a folder, with those of its neighbours that it imports.

        Not with all: some are named like modules of the standard library and would hide them.
        """
        folder = self._scratch / name / notebook.relative_to(self._folder).with_suffix("")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for module in set(_IMPORTED.findall(notebook.read_text("utf-8"))):
            neighbour = notebook.with_name(f"{module}.py")
            if neighbour.exists() and module not in sys.stdlib_module_names:
                shutil.copy(neighbour, folder)
        return Path(shutil.copy(notebook, folder))


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], limit: float
) -> dict[str, Any]:
    """Run a program in a process group of its own; state, seconds, stdout and the end of stderr."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    late = False
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        late = True
        out, err = _end(process)
    return {
        "state": "too long" if late else "failed" if process.returncode else "ok",
        "status": process.returncode,
        "seconds": round(time.monotonic() - started, 2),
        "stdout": out.decode("utf-8", "replace").replace("\r\n", "\n"),
        "stderr": err.decode("utf-8", "replace")[-2000:],
    }


def _end(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            return process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            continue
    return process.communicate()


def _told(events: str) -> dict[str, Any]:
    """What `sessions run --json` said.

    The text on standard output, each cell that failed, and the cells that ran more than once.
    """
    text: list[str] = []
    ended: Counter[int] = Counter()
    failed: list[str] = []
    for line in events.splitlines():
        event = json.loads(line)
        if event["event"] == "output" and event["stream"] == "stdout":
            text.append(event["text"])
        elif event["event"] == "cell" and event["state"] not in ("queued", "running", "ok"):
            said = event.get("error") or event.get("message") or ""
            failed.append(f"cell {event['number']} {event['state']}: {said}")
        elif event["event"] == "cell" and event["state"] == "ok":
            ended[event["number"]] += 1
    again = [number for number, times in ended.items() if times > 1]
    return {"stdout": "".join(text), "failed": failed, "ran": len(ended), "again": again}


def compare(plain: str, ours: str) -> str:
    """ "same", "same but for numbers" or "differs"."""
    if plain == ours:
        return "same"
    if _VARYING.sub("#", plain) == _VARYING.sub("#", ours):
        return "same but for numbers"
    return "differs"


def _key(*parts: str | bytes) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()
