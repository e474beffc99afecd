"""Measures sessions-ls from inside: its live session, analysis and session file."""

from __future__ import annotations

import ast
import gc
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.notebooks import chain
from benchmarks.workers import serve
from benchmarks.workers.memory import memory_of
from sessions_ls.live.cells import Cells
from sessions_ls.live.request import Request, Summary
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings
from sessions_ls.live.trust import on_request
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.results.record import Output, Record, Session
from sessions_ls.results.session_file import SessionWriter, load

_folder = tempfile.TemporaryDirectory(prefix="sessions-bench-")
_sessions: dict[str, LiveSession] = {}
_numbers = iter(range(1, sys.maxsize))


def _session(name: str, text: str, write: bool) -> LiveSession:
    """A live session over a file of its own; its cells have not run."""
    path = Path(_folder.name) / f"{name}.py"
    path.write_text(text, "utf-8")
    session = LiveSession(str(path), Settings(python=sys.executable), lambda event: None, write)
    session.start_kernel(on_request(session.path))
    session.submit(text)
    return session


def _ran(summary: Summary, cells: int) -> None:
    if not summary.ok or summary.ran != cells:
        raise RuntimeError(f"{summary.ran} cells ran where {cells} should, {summary.event()}")


# -- the kernel ----------------------------------------------------------------------------------


def bare_python() -> float:
    """Seconds for `python -c pass`, whole process."""
    started = time.perf_counter()
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "pass"], os.environ)
    os.waitpid(pid, 0)
    return time.perf_counter() - started


def start() -> float:
    """Seconds from nothing to the result of the first cell."""
    started = time.perf_counter()
    session = _session("start", "# %%\n1 + 1\n", write=False)
    try:
        _ran(session.run(Request(on_request(session.path), all=True)), 1)
        seconds = time.perf_counter() - started
        if session.view().cells[0].record.text != "2":  # type: ignore[union-attr]
            raise RuntimeError("the first cell has no result")
        return seconds
    finally:
        session.close()


def _live(name: str, text: str, write: bool) -> LiveSession:
    """The session of that name, live; its cells have run."""
    if name not in _sessions:
        session = _sessions[name] = _session(name, text, write)
        count = sum(cell.runs for cell in session.view().cells)
        _ran(session.run(Request(on_request(session.path), all=True)), count)
    return _sessions[name]


def round_trip(times: int, write: bool = False) -> float:
    """Seconds for one trivial cell on a live kernel, the mean of ``times`` in a row."""
    session = _live(f"trivial-{write}", "# %%\nx = 1\n", write)
    started = time.perf_counter()
    for _ in range(times):
        _ran(session.run(Request(on_request(session.path), cells=[1])), 1)
    return (time.perf_counter() - started) / times


def run_again(cells: int) -> float:
    """Seconds to run every cell of a chain again and to save the results."""
    session = _live(f"again-{cells}", chain(cells, shows=True), write=True)
    started = time.perf_counter()
    _ran(session.run(Request(on_request(session.path), all=True)), cells)
    return time.perf_counter() - started


def run_changed(cells: int) -> float:
    """Seconds from an edit of the first cell of a chain until all cells ran and are saved."""
    session = _live(f"changed-{cells}", chain(cells, shows=True), write=True)
    text = chain(cells, shows=True, first=1 + next(_numbers))
    started = time.perf_counter()
    session.submit(text)
    _ran(session.run(Request(on_request(session.path), stale=True)), cells)
    return time.perf_counter() - started


def memory() -> dict[str, float]:
    """What the idle kernel holds."""
    session = _live("memory", "# %%\n1 + 1\n", write=False)
    time.sleep(1.0)
    return memory_of(session.kernel_json()["pid"])


def bare_memory() -> dict[str, float]:
    """What an idle `python` holds."""
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        time.sleep(1.0)
        return memory_of(process.pid)
    finally:
        process.communicate(b"\n")


# -- analysis ------------------------------------------------------------------------------------


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def parse(text: str) -> float:
    """CPU seconds of `ast.parse`."""
    return _cpu(lambda: ast.parse(text))


def open_(text: str) -> float:
    """CPU seconds to split, analyse and resolve a notebook that was never seen."""
    return _cpu(lambda: Cells([], strict=False).submit(read_notebook(text)))


def edit(cells: int, binds: bool) -> float:
    """CPU seconds from one changed cell in the middle to every cell's state, all having run.

    With ``binds`` the change also makes the cell bind a new name.
    """
    session = _live(f"edit-{cells}", chain(cells), write=False)
    middle = f"\nx{cells // 2} = x{cells // 2 - 1} + 1\n"
    number = next(_numbers)
    changed = middle.replace("+ 1\n", f"+ {number + 1}\n")
    if binds:
        changed += f"y{number} = 1\n"
    before = chain(cells)
    text = before.replace(middle, changed)
    session.submit(before)
    session.statuses()

    def work() -> None:
        session.submit(text)
        states = session.statuses()
        if states[cells // 2 - 1].state != "stale":
            raise RuntimeError("the changed cell is not stale")

    return _cpu(work)


# -- the session file ----------------------------------------------------------------------------


def _records(count: int) -> list[Record]:
    """Results as they are: all with a result, a third with output, a fifth with a table."""
    records = []
    for number in range(count):
        stdout = f"step {number}\n" * 3 if number % 3 == 0 else ""
        rows = "".join(f"<tr><td>{number}</td><td>{row * 1.5}</td></tr>\n" for row in range(20))
        table = [Output("text/html", f"<table>\n{rows}</table>")] if number % 5 == 0 else []
        records.append(
            Record(
                f"{number:08x}", code=f"{number:016x}", key=f"{number:016x}",
                ran_at="2026-11-22T10:00:00Z", runtime_ms=0.012, stdout=stdout, text=str(number),
                outputs=table, reads={f"x{number - 1}": f"{number:016x}"},
                binds={f"x{number}": f"{number:016x}"},
            )
        )  # fmt: skip
    return records


class _File:
    """A session file with many records."""

    def __init__(self, count: int) -> None:
        self.path = str(Path(_folder.name) / f"file-{count}.session.toml")
        self.records = _records(count)
        self.writer = SessionWriter(self.path)
        self.save()

    def save(self, writer: SessionWriter | None = None) -> None:
        """Save the records as they are now."""
        session = Session(notebook="file.py", python="3.12.0", records=list(self.records))
        (writer or self.writer).save(session)

    def change(self) -> None:
        """Let the cell in the middle have another result."""
        middle = len(self.records) // 2
        self.records[middle] = self.records[middle].replaced(text=f"changed {next(_numbers)}")


_files: dict[int, _File] = {}


def _file(count: int) -> _File:
    if count not in _files:
        _files[count] = _File(count)
    return _files[count]


def save_one(cells: int) -> float:
    """Seconds to render and write with one result changed."""
    file = _file(cells)
    file.change()
    started = time.perf_counter()
    file.save()
    return time.perf_counter() - started


def save_all(cells: int) -> float:
    """Seconds to render every record and write, to another file: the first one has its writer."""
    file = _file(cells)
    writer = SessionWriter(f"{file.path}.all")
    started = time.perf_counter()
    file.save(writer)
    seconds = time.perf_counter() - started
    os.unlink(writer.path)
    return seconds


def read(cells: int) -> float:
    """Seconds to read the file."""
    path = _file(cells).path
    started = time.perf_counter()
    session = load(path)
    seconds = time.perf_counter() - started
    if len(session.records) != cells or session.problems:
        raise RuntimeError(f"{len(session.records)} records, {session.problems}")
    return seconds


def bare_write(cells: int) -> float:
    """Seconds to write as many bytes to a new file, flush them to disk and put it in place."""
    path = _file(cells).path
    content = Path(path).read_bytes()
    target = f"{path}.bare"
    started = time.perf_counter()
    with open(f"{target}.new", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{target}.new", target)
    return time.perf_counter() - started


def bare_read(cells: int) -> float:
    """Seconds for tomllib to read the file."""
    path = _file(cells).path
    started = time.perf_counter()
    with open(path, "rb") as file:
        tomllib.load(file)
    return time.perf_counter() - started


def _close() -> None:
    for session in _sessions.values():
        session.close()
    _folder.cleanup()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "bare_memory": bare_memory,
    "bare_python": bare_python,
    "bare_read": bare_read,
    "bare_write": bare_write,
    "edit": edit,
    "memory": memory,
    "open": open_,
    "parse": parse,
    "read": read,
    "round_trip": round_trip,
    "run_again": run_again,
    "run_changed": run_changed,
    "save_all": save_all,
    "save_one": save_one,
    "start": start,
}

if __name__ == "__main__":
    serve(FUNCTIONS, _close)
