"""Measures the live session as a process: what its clients wait for, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.notebooks import chain
from benchmarks.workers import serve
from benchmarks.workers.editor import Editor
from benchmarks.workers.memory import cpu_of, memory_of
from sessions_ls.live.client import Client
from sessions_ls.live.lock import holder
from sessions_ls.live.opening import open_client
from sessions_ls.live.place import all_places, place_of
from sessions_ls.live.request import Request, Summary
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings
from sessions_ls.live.trust import on_request

_folder = tempfile.TemporaryDirectory(prefix="sessions-bench-")
os.environ["SESSIONS_RUNTIME_DIR"] = os.path.join(_folder.name, "run")
os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])  # for the sessions: this very code
_settings = Settings(python=sys.executable)
_kept: dict[str, Any] = {}
PATIENCE = 10.0

Event = dict[str, Any]


def _nobody(event: Event) -> None:
    """Whoever measures asks instead."""


def _written(name: str, text: str) -> Path:
    """A notebook in a folder of its own."""
    path = Path(_folder.name) / name / "nb.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _client(path: Path, emit: Callable[[Event], None] = _nobody, start: bool = True) -> Client:
    """A client that shows the file, attached to its session."""
    client = open_client(str(path), _settings, "benchmark", emit, start)
    if start and not client.attached:
        raise RuntimeError("; ".join(client.troubles))
    client.submit(path.read_text("utf-8"))
    client.opened()
    return client


def _request(path: str, **more: Any) -> Request:
    """A run that somebody asks for."""
    return Request(on_request(path), **more)


def _pid(path: Path) -> int:
    """The process of the notebook's session, 0 without one."""
    found = holder(place_of(str(path)))
    return 0 if found is None else found.pid


def _ran(summary: Summary, cells: int) -> None:
    if not summary.ok or summary.ran != cells:
        raise RuntimeError(f"{summary.ran} cells ran where {cells} should, {summary.event()}")


def _until(condition: Callable[[], bool], what: str) -> None:
    limit = time.perf_counter() + PATIENCE
    while not condition():
        if time.perf_counter() > limit:
            raise RuntimeError(what)
        time.sleep(0.002)


def _save(path: Path, text: str) -> float:
    """Write a new file and rename it over the other, as editors do; when that was done."""
    new = path.with_name("nb.py.new")
    new.write_text(text, "utf-8")
    os.replace(new, path)
    return time.perf_counter()


# -- to be there, and requests ---------------------------------------------------------------------


def start() -> float:
    """Seconds from nothing to an attached client: the session process is started."""
    path = _written("start", "# %%\nx = 1\n")
    started = time.perf_counter()
    client = _client(path)
    seconds = time.perf_counter() - started
    client.stop()
    _until(lambda: not _pid(path), "the session did not end")
    return seconds


def attach(cells: int) -> float:
    """Seconds for one more client of a live session whose cells have all run, to its states."""
    if "attach" not in _kept:
        path = _written("attach", chain(cells, shows=True))
        client = _kept["attach"] = _client(path)
        _ran(client.run(_request(client.path, all=True)), cells)
    path = Path(_kept["attach"].path)
    started = time.perf_counter()
    client = _client(path, start=False)
    states = {cell.state for cell in client.view().cells}
    seconds = time.perf_counter() - started
    client.close()
    if states != {"fresh"}:
        raise RuntimeError(f"the cells are {states}")
    return seconds


class _FirstEvent:
    """Asks for runs of one cell, in process or through a socket, and sees the first event come."""

    def __init__(self, shared: bool) -> None:
        self._came = 0.0
        text = "# %%\nx = 1\n"
        path = _written(f"request-{shared}", text)
        if shared:
            self._session: Client | LiveSession = _client(path, self._hear)
        else:
            session = LiveSession(str(path), _settings, self._hear)
            session.submit(text)
            self._session = _kept["in process"] = session
        self()

    def __call__(self) -> float:
        self._came = 0.0
        started = time.perf_counter()
        _ran(self._session.run(_request(self._session.path, cells=[1])), 1)
        return self._came - started

    def _hear(self, event: Event) -> None:
        if event["event"] == "cell" and not self._came:
            self._came = time.perf_counter()


def first_event(shared: bool) -> float:
    """Seconds from a request to its first event."""
    name = f"first-{shared}"
    if name not in _kept:
        _kept[name] = _FirstEvent(shared)
    return float(_kept[name]())


# -- edits from outside ----------------------------------------------------------------------------


class _Watched:
    """A notebook with an attached client, whose only cell has run."""

    def __init__(self) -> None:
        self.text = "# %%\nx = 1\nx\n"
        self.path = _written("watched", self.text)
        self.stale: dict[bool, float] = {}
        self.client: Client | None = None
        self.client = _client(self.path, self._hear)
        _ran(self.client.run(_request(self.client.path, all=True)), 1)

    def _hear(self, event: Event) -> None:
        if self.client is not None:
            self.stale[self.client.statuses()[0].state == "stale"] = time.perf_counter()

    def __call__(self) -> float:
        """Seconds from an edit on disk to the stale cell."""
        self.stale.clear()
        saved = _save(self.path, self.text.replace("1", "2"))
        _until(lambda: True in self.stale, "the edit was not seen")
        came = self.stale[True]
        time.sleep(0.15)
        self.stale.clear()
        _save(self.path, self.text)
        _until(lambda: False in self.stale, "the edit back was not seen")
        time.sleep(0.15)
        return came - saved


def edit_to_state() -> float:
    """Seconds from a rename-save by somebody else to the stale state in an attached client."""
    if "watched" not in _kept:
        _kept["watched"] = _Watched()
    return float(_kept["watched"]())


def edit_to_diagnostics() -> float:
    """The same to the diagnostics that `sessions-ls` publishes."""
    text = "# %%\nx = 1\nx\n"
    if "editor" not in _kept:
        path = _written("editor", text)
        _kept["editor"] = editor = Editor(path)
        editor.command("sessions.runAll")
    path, editor = Path(_folder.name) / "editor" / "nb.py", _kept["editor"]
    saved = _save(path, text.replace("1", "2"))
    came = editor.published(saved, lambda told: "stale-cell" in told)
    time.sleep(0.15)
    back = _save(path, text)
    editor.published(back, lambda told: "stale-cell" not in told)
    time.sleep(0.15)
    return float(came - saved)


def saves(cell_seconds: float) -> float:
    """Runs that 100 saves of an editor within a second cause, each with another text."""
    text = f"# %%\nimport time\ntime.sleep({cell_seconds})\nx = 0\nx\n"
    path = _written(f"saves-{cell_seconds}", text)
    editor = Editor(path)
    causes: list[str] = []

    def hear(event: Event) -> None:
        if event["event"] == "done" and event["ran"]:
            causes.append(event["cause"])

    try:
        editor.command("sessions.runAll")
        editor.command("sessions.trust")
        client = _client(path, hear, start=False)
        begun = time.perf_counter()
        for number in range(1, 101):
            if time.perf_counter() > begun + 1.0:  # a slow machine makes fewer
                break
            changed = text.replace("x = 0", f"x = {number}")
            editor.change(changed)
            _save(path, changed)
            editor.saved()
            time.sleep(max(0.0, begun + number / 100 - time.perf_counter()))
        client.submit(changed)
        _until(lambda: client.statuses()[0].state == "fresh", "the last save did not run")
        time.sleep(0.3)
        client.close()
    finally:
        editor.close()
    return float(causes.count("save"))


def lost(edits: int) -> float:
    """What is lost of so many edits by each of two clients, each in a cell of its own.

    Counts results that are not those of the edit just made, and edits that are not in the text
    when one has saved and the other has merged.
    """
    text = "# %%\na = 0\na\n# %%\nb = 0\nb\n"
    path = _written("two", text)
    clients = [_client(path), _client(path)]
    missing: list[str] = []

    def work(client: Client, name: str, cell: int) -> None:
        for number in range(1, edits + 1):
            client.submit(client.text.replace(f"{name} = {number - 1}\n", f"{name} = {number}\n"))
            try:
                _ran(client.run(_request(client.path, cells=[cell])), 1)
            except RuntimeError as error:
                missing.append(str(error))
            record = client.view().cells[cell - 1].record
            if record is None or record.text != str(number):
                missing.append(f"{name} after {number}")

    threads = [
        threading.Thread(target=work, args=(client, name, cell))
        for client, name, cell in zip(clients, "ab", (1, 2), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _save(path, clients[0].text)
    other = clients[1].elsewhere
    _until(lambda: other.changed, "the save of the other was not seen")
    merged = other.merge().text
    missing += [name for name in "ab" if f"{name} = {edits}\n" not in merged]
    return float(len(missing))


# -- what it holds ---------------------------------------------------------------------------------


class _Busy:
    """A session with clients that come and go and kernels that are restarted."""

    def __init__(self) -> None:
        self._path = _written("busy", chain(20, shows=True))
        self._keeper = _client(self._path)
        self.work(10, 4)

    def work(self, clients: int, kernels: int) -> None:
        """So many of each."""
        for _ in range(clients):
            _client(self._path, start=False).close()
        for _ in range(kernels):
            self._keeper.restart()
            _ran(self._keeper.run(_request(self._keeper.path, all=True)), 20)
        _until(lambda: len(self._keeper.clients()) == 1, "clients are left")

    def held(self) -> dict[str, float]:
        """Descriptors, threads and children of the session process, and its memory in MiB."""
        pid = _pid(self._path)
        proc = Path(f"/proc/{pid}")
        children = "".join(task.read_text() for task in proc.glob("task/*/children")).split()
        return {
            "descriptors": len(list((proc / "fd").iterdir())),
            "threads": len(list((proc / "task").iterdir())),
            "processes": len(children),
            "memory": memory_of(pid)["rss"],
        }


def held(clients: int, kernels: int) -> dict[str, dict[str, float]]:
    """What the session process holds before and after so many clients and kernels."""
    if "busy" not in _kept:
        _kept["busy"] = _Busy()
    busy: _Busy = _kept["busy"]
    before = busy.held()
    busy.work(clients, kernels)
    limit = time.perf_counter() + 2.0  # what ends may take a moment
    while True:
        after = busy.held()
        more = any(after[name] > before[name] for name in ("descriptors", "threads", "processes"))
        if not more or time.perf_counter() > limit:
            return {"before": before, "after": after}
        time.sleep(0.05)


def idle(seconds: float) -> dict[str, float]:
    """CPU seconds that a session without a kernel uses in so many seconds; its memory in MiB."""
    path = _written("idle", chain(20))
    client = _client(path)
    pid = _pid(path)
    time.sleep(1.0)
    before = cpu_of(pid)
    time.sleep(seconds)
    used = cpu_of(pid) - before
    client.close()
    return {"cpu": used, "memory": memory_of(pid)["rss"]}


def _close() -> None:
    for kept in _kept.values():
        if isinstance(kept, (Editor, LiveSession)):
            kept.close()
    for place in all_places():
        found = holder(place)
        if found is not None and found.what == "session":
            os.kill(found.pid, signal.SIGTERM)
            _until(lambda place=place: holder(place) is None, "a session did not end")  # type: ignore[misc]
    _folder.cleanup()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "attach": attach,
    "edit_to_diagnostics": edit_to_diagnostics,
    "edit_to_state": edit_to_state,
    "first_event": first_event,
    "held": held,
    "idle": idle,
    "lost": lost,
    "saves": saves,
    "start": start,
}

if __name__ == "__main__":
    serve(FUNCTIONS, _close)
