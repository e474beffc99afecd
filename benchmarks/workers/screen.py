"""Measures what a person waits for in an editor, with a real `sessions-ls` on pipes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.notebooks import steps
from benchmarks.workers import serve
from benchmarks.workers.editor import HINTS, PATIENCE, Editor
from sessions_ls.live.client import Client
from sessions_ls.live.lock import holder
from sessions_ls.live.opening import open_client
from sessions_ls.live.place import all_places, place_of
from sessions_ls.live.request import Request
from sessions_ls.live.settings import Settings
from sessions_ls.live.trust import on_request

_folder = tempfile.TemporaryDirectory(prefix="sessions-bench-")
_root = Path(_folder.name)
os.environ["SESSIONS_RUNTIME_DIR"] = str(_root / "run")
os.environ["SESSIONS_BENCH_HELD"] = str(_root / "held")
(_root / "held").mkdir()
os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])  # for the sessions: this very code

CELLS = 1_000
BETWEEN_KEYS = 0.07
"""Seconds: the server analyses at most every 40 ms while somebody types."""
BETWEEN_SAVES = 0.4
"""Seconds: hints are refreshed at most ten times a second."""

_kept: dict[str, Any] = {}


def _stored(name: str) -> Path:
    """A notebook with the session file of a run, one of whose cells was edited since."""
    if "made" not in _kept:
        _kept["made"] = _made()
    shutil.copytree(_kept["made"], _root / name)
    return _root / name / "nb.py"


def _made() -> Path:
    path = _root / "made" / "nb.py"
    path.parent.mkdir()
    (path.parent / "pyproject.toml").write_text("[tool.sessions]\nlinger = 0\n")
    text = steps(CELLS)
    path.write_text(text, "utf-8")
    client = _keeper(path)
    summary = client.run(Request(on_request(client.path), all=True))
    if not summary.ok or summary.ran != CELLS:
        raise RuntimeError(f"the notebook did not run: {summary.event()}")
    client.close()
    _ended(path)
    path.write_text(text.replace("probe = 0", "probe = 1"), "utf-8")
    return path.parent


def _ended(path: Path) -> None:
    # A session that nobody came to use, for its editor was closed, waits for ten seconds.
    limit = time.perf_counter() + 2 * PATIENCE
    while holder(place_of(str(path))) is not None:
        if time.perf_counter() > limit:
            raise RuntimeError("the session did not end")
        time.sleep(0.01)


def _editor(path: Path, opened: bool = True, cache: str = "") -> Editor:
    os.environ["SESSIONS_CACHE_DIR"] = cache or str(_root / "cache")
    return Editor(path, HINTS, "benchmarks.workers.held", opened)


def _probe(path: Path) -> int:
    """The line of the cell that nobody needs."""
    return path.read_text("utf-8").split("\n").index("# %% Probe")


def ready() -> float:
    """CPU seconds of `sessions-ls` from its start to its answer to `initialize`."""
    path = _root / "ready.py"
    path.touch()
    editor = Editor(path, HINTS, opened=False)
    editor.close()
    return editor.cpu


def cached(live: bool, seen: bool = True) -> float:
    """Seconds from opening to both the hints of the first lines and the diagnostics.

    ``seen``: an editor has had the notebook open before.
    """
    name = f"cached-{live}-{seen}"
    if name not in _kept:
        _kept[name] = path = _stored(name)
        if seen:
            _see(path)
        if live:
            _kept["keeper"] = _keeper(path)
    path = _kept[name]
    cache = str(_root / "cache") if seen else tempfile.mkdtemp(dir=_root)
    editor = _editor(path, opened=False, cache=cache)
    try:
        began = editor.open()
        hints = editor.hints(0, 60)
        answered = time.perf_counter()
        if hints.count('"label"') < 5:
            raise RuntimeError(f"the stored results are not shown: {hints}")
        told = editor.published(began, lambda told: "stale-cell" in told)
    finally:
        editor.close()
        if not live:
            _ended(path)
    return max(answered, told) - began


def _see(path: Path) -> None:
    """Have the notebook open in an editor until the server has kept what it found in it."""
    before = set((_root / "cache").glob("*"))
    editor = _editor(path)
    limit = time.perf_counter() + PATIENCE
    while set((_root / "cache").glob("*.names")) <= before:
        if time.perf_counter() > limit:
            raise RuntimeError("the server keeps nothing")
        time.sleep(0.05)
    editor.close()
    _ended(path)


def _keeper(path: Path) -> Client:
    """A client that keeps the session."""
    client = open_client(str(path), Settings(python=sys.executable), "benchmark", start=True)
    if not client.attached:  # a busy machine may take longer to start one than is waited for
        time.sleep(2.0)
        client.attach(True)
    client.submit(path.read_text("utf-8"))
    return client


class _Typist:
    """Types in a function in the middle; each keystroke makes or mends an error that is shown."""

    def __init__(self, path: Path) -> None:
        self._editor = _kept["typing"] = _editor(path)
        self._editor.published(0.0, lambda told: "stale-cell" in told)
        lines = path.read_text("utf-8").split("\n")
        self._line = lines.index(f"# %% Step {CELLS // 2 + 5}") + 8
        self._column = len(lines[self._line])

    def __call__(self) -> float:
        time.sleep(BETWEEN_KEYS)
        began = self._editor.type(self._line, self._column, "1")
        self._column += 1
        version = f'"version": {self._editor.version},'
        told = self._editor.published(began, lambda told: version.replace(" ", "") in told)
        return told - began


def keystroke() -> float:
    """Seconds from a change of one character to the diagnostics of that text."""
    if "typist" not in _kept:
        _kept["typist"] = _Typist(_stored("typing"))
    return float(_kept["typist"]())


class _Saver:
    """Edits the cell that nobody needs, saves, and looks at its hint when it is told to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = path.read_text("utf-8")
        self._line = _probe(path)
        self._number = 1
        self._editor = _kept["saving"] = _editor(path)
        self._editor.command("sessions.runAll")
        self._editor.command("sessions.trust")

    def __call__(self) -> float:
        time.sleep(BETWEEN_SAVES)
        self._number += 1
        text = self._text.replace("probe = 1", f"probe = {self._number}")
        self._editor.change(text)
        time.sleep(0.15)
        self._path.write_text(text, "utf-8")
        began = seen = time.perf_counter()
        self._editor.saved()
        while True:
            seen = self._editor.refreshed(seen)
            hints = self._editor.hints(self._line - 25, self._line + 25)
            if f' {self._number}"' in hints:
                return time.perf_counter() - began


def saved() -> float:
    """Seconds from a save to the hint with the new result of a trivial cell."""
    if "saver" not in _kept:
        _kept["saver"] = _Saver(_stored("saving"))
    return float(_kept["saver"]())


def held() -> dict[str, tuple[float, float]]:
    """The longest turn of each handler so far, in wall and CPU seconds."""
    found: dict[str, tuple[float, float]] = {}
    for path in (_root / "held").iterdir():
        for name, turn in json.loads(path.read_text("utf-8")).items():
            found[name] = max(turn, found.get(name, turn))
    return found


def _close() -> None:
    for kept in _kept.values():
        if isinstance(kept, (Editor, Client)):
            kept.close()
    for place in all_places():
        found = holder(place)
        if found is not None and found.what == "session":
            os.kill(found.pid, signal.SIGTERM)
            _ended(Path(place.notebook))
    _folder.cleanup()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cached": cached,
    "held": held,
    "keystroke": keystroke,
    "ready": ready,
    "saved": saved,
}

if __name__ == "__main__":
    serve(FUNCTIONS, _close)
