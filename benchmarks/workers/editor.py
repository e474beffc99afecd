"""A language client: starts `sessions-ls` on pipes, sends, and waits for what it publishes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.workers.memory import cpu_of

PATIENCE = 10.0
"""Seconds to wait for what the server owes us."""


HINTS = {"workspace": {"inlayHint": {"refreshSupport": True}}}
"""Capabilities of a client that shows results as inlay hints."""


_state = tempfile.TemporaryDirectory(prefix="sessions-bench-")  # what is trusted


class Editor:
    """One notebook open in a language client.

    ``module`` is the language server, or what wraps it; ``opened`` whether the notebook is open.
    """

    def __init__(
        self,
        path: Path,
        capabilities: Mapping[str, Any] | None = None,
        module: str = "sessions_ls.lsp",
        opened: bool = True,
    ) -> None:
        self._uri = path.as_uri()
        self._path = path
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=path.parent,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "XDG_STATE_HOME": _state.name,
            },
        )  # fmt: skip
        self.pid = self._process.pid
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._answers: dict[int, Any] = {}
        self._published: list[tuple[float, str]] = []
        self._refreshed = 0.0
        self._number = 0
        self.version = 1
        threading.Thread(target=self._listen, daemon=True).start()
        about = {"processId": os.getpid(), "rootUri": None, "capabilities": capabilities or {}}
        self._ask("initialize", about)
        self.cpu = cpu_of(self.pid)  # that it took until it was ready
        self._tell("initialized", {})
        if opened:
            self.open()

    def open(self) -> float:
        """Open the notebook as it is on disk; when that was said."""
        text = self._path.read_text("utf-8")
        document = {"uri": self._uri, "languageId": "python", "version": 1, "text": text}
        began = time.perf_counter()
        self._tell("textDocument/didOpen", {"textDocument": document})
        return began

    def command(self, name: str) -> Any:
        """Carry out a command of the server, and wait for its answer."""
        argument = {"uri": self._uri}
        return self._ask("workspace/executeCommand", {"command": name, "arguments": [argument]})

    def change(self, text: str) -> None:
        """Replace the text of the buffer."""
        self.version += 1
        document = {"uri": self._uri, "version": self.version}
        changes = [{"text": text}]
        self._tell("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def type(self, line: int, column: int, text: str) -> float:
        """Insert text in the buffer; when that was said."""
        self.version += 1
        document = {"uri": self._uri, "version": self.version}
        at = {"line": line, "character": column}
        changes = [{"range": {"start": at, "end": at}, "text": text}]
        began = time.perf_counter()
        self._tell("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        return began

    def hints(self, first: int, last: int) -> str:
        """The inlay hints of these lines, as JSON."""
        lines = {
            "start": {"line": first, "character": 0},
            "end": {"line": last, "character": 0},
        }
        asked = {"textDocument": {"uri": self._uri}, "range": lines}
        return json.dumps(self._ask("textDocument/inlayHint", asked))

    def refreshed(self, since: float) -> float:
        """When the server asked to ask for hints again, after ``since``."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._refreshed > since, PATIENCE):
                raise RuntimeError("the hints were not refreshed")
            return self._refreshed

    def saved(self) -> None:
        """Say that the file was saved."""
        self._tell("textDocument/didSave", {"textDocument": {"uri": self._uri}})

    def published(self, since: float, wanted: Callable[[str], bool]) -> float:
        """When diagnostics that are ``wanted`` came first, not before ``since``."""
        until = time.perf_counter() + PATIENCE
        with self._changed:
            while True:
                for when, text in self._published:
                    if when >= since and wanted(text):
                        self._published.clear()
                        return when
                if not self._changed.wait(until - time.perf_counter()):
                    raise RuntimeError("the diagnostics did not come")

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.communicate()

    def _tell(self, method: str, params: Any, **more: Any) -> None:
        content = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more})
        self._write(content)

    def _write(self, content: str) -> None:
        data = content.encode()
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
            self._process.stdin.flush()

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        number = self._number
        self._tell(method, params, id=number)
        with self._changed:
            if not self._changed.wait_for(lambda: number in self._answers, PATIENCE):
                raise RuntimeError(f"no answer to {method}")
            answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            if not line.lower().startswith(b"content-length:"):
                continue
            size = int(line.partition(b":")[2])
            while stream.readline().strip():
                pass
            content = stream.read(size)
            came = time.perf_counter()
            message = json.loads(content)
            if "id" in message and "method" in message:
                self._write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": None}))
                if message["method"] == "workspace/inlayHint/refresh":
                    with self._changed:
                        self._refreshed = came
                        self._changed.notify_all()
                continue
            with self._changed:
                if "id" in message:
                    self._answers[message["id"]] = message
                elif message["method"] == "textDocument/publishDiagnostics":
                    self._published.append((came, content.decode()))
                self._changed.notify_all()
