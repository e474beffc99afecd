"""Measures marimo's editor server, asked as its page in a browser asks it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from benchmarks.notebooks import steps
from benchmarks.workers import serve

PATIENCE = 300.0
"""Seconds to wait for all cells: each takes marimo longer the more there are."""
CELLS = 1_000
HOST = "127.0.0.1"
SESSION = "s_bench1"

_open = ExitStack()
_pages: list[Page] = []


class Page:
    """The page of a `marimo edit` with the notebook of `steps`, all of whose cells have run."""

    def __init__(self) -> None:
        folder = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="sessions-bench-")))
        (folder / "nb.py").write_text(steps(CELLS), "utf-8")
        marimo = [sys.executable, "-m", "marimo", "-q", "-y"]
        convert = [*marimo, "convert", "nb.py", "-o", "nb_marimo.py"]
        subprocess.run(convert, cwd=folder, check=True)
        with socket.create_server((HOST, 0)) as free:
            self._port = free.getsockname()[1]
        edit = [*marimo, "edit", "--headless", "--no-token", "--skip-update-check"]
        self._process = subprocess.Popen(
            [*edit, "--host", HOST, "--port", str(self._port), "nb_marimo.py"],
            cwd=folder, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        _open.callback(_end, self._process)
        self._headers = {
            "Content-Type": "application/json",
            "Marimo-Session-Id": SESSION,
            "Marimo-Server-Token": self._token(),
        }
        _open.callback(self._post, "kernel/shutdown")
        url = f"ws://{HOST}:{self._port}/ws?session_id={SESSION}"
        self._socket = _open.enter_context(connect(url, max_size=None, proxy=None))
        ready = self._received("kernel-ready")
        probe = [code.startswith("probe = ") for code in ready["codes"]].index(True)
        self._probe = ready["cell_ids"][probe]
        self._number = 0
        self._post("kernel/instantiate", objectIds=[], values=[], autoRun=True)
        self._shown()
        self._completed()

    def ran(self) -> float:
        """Edit the cell that nobody needs and run it: seconds from asking that to its output."""
        self._number += 1
        code = f"probe = {self._number}\nprobe"
        edited = {"type": "set-code", "cellId": self._probe, "code": code}
        self._post("document/transaction", changes=[edited])
        time.sleep(0.15)
        began = self._post("kernel/run", cellIds=[self._probe], codes=[code])
        seconds = self._shown() - began
        self._completed()
        return seconds

    def _token(self) -> str:
        """What the page has to send with its requests; waits for the server to be there."""
        limit = time.perf_counter() + PATIENCE
        while True:
            connection = HTTPConnection(HOST, self._port, timeout=PATIENCE)
            try:
                connection.request("GET", "/")
                page = connection.getresponse().read().decode()
                found = re.search(r'<marimo-server-token data-token="([^"]*)"', page)
                return found[1] if found else ""
            except ConnectionRefusedError:
                if self._process.poll() is not None or time.perf_counter() > limit:
                    raise
                time.sleep(0.05)
            finally:
                connection.close()

    def _post(self, what: str, **body: Any) -> float:
        """Ask for something, through a connection that is there; when that was asked."""
        connection = HTTPConnection(HOST, self._port, timeout=PATIENCE)
        try:
            connection.connect()
            began = time.perf_counter()
            connection.request("POST", f"/api/{what}", json.dumps(body), self._headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{what}: {answer.status} {text!r}")
        return began

    def _shown(self) -> float:
        """When the number that the cell has now came as its output."""
        while True:
            changed = self._received("cell-op")
            output = changed["output"] or {}
            if changed["cell_id"] == self._probe and f">{self._number}<" in str(output.get("data")):
                return time.perf_counter()

    def _completed(self) -> None:
        outcome = self._received("completed-run")["outcome"]
        if outcome != "succeeded":
            raise RuntimeError(f"the cells have {outcome}")

    def _received(self, kind: str) -> Any:
        """The next message of a kind; those before it are dropped, and not parsed."""
        while True:
            message = self._socket.recv(PATIENCE)
            if message.startswith(f'{{"op": "{kind}"'):
                return json.loads(message)["data"]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server that was asked to shut down, or could not be."""
    for harder in (process.terminate, process.kill):
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            harder()
    process.wait()


def ran() -> float:
    """Seconds from asking to run an edited trivial cell to its new output."""
    if not _pages:
        _pages.append(Page())
    return _pages[0].ran()


if __name__ == "__main__":
    serve({"ran": ran}, _open.close)
