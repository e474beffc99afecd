"""The one place where these tests touch a kernel."""

from __future__ import annotations

import glob
import os
import sys
import textwrap
import time
from typing import Any

import pytest

from sessions_ls.kernel.client import Kernel, KernelDied
from sessions_ls.kernel.transcript import Transcript

#: Seconds after which a cell that should have ended never will.
PATIENCE = 60.0
#: Seconds in which even a slow machine does what should happen at once.
SOON = 4.5

__all__ = ["INTERPRETERS", "PATIENCE", "SOON", "Answer", "Runner", "newer_python", "version"]


def _interpreters() -> list[str]:
    found = [sys.executable]
    for version in ("3.9", "3.10", "3.12", "3.13", "3.14"):
        found += sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python")))
    return found


#: Ours and every other one of a supported version that pyenv has.
INTERPRETERS = _interpreters()


def version(python: str) -> tuple[int, ...]:
    """Of an interpreter in pyenv's folder for it: major, minor."""
    return tuple(int(part) for part in python.split(os.sep)[-3].split(".")[:2])


def newer_python() -> str:
    """The newest interpreter, if it knows the syntax of 3.12 and ours does not; else skips."""
    found = max(INTERPRETERS[1:], key=version, default="")
    if sys.version_info >= (3, 12) or not found or version(found) < (3, 12):
        pytest.skip("needs this Python to be older than 3.12, and a newer one")
    return found


class Answer:
    """What came back for one cell."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.state = "nothing"
        self.error: dict[str, Any] = {}
        self.died: KernelDied | None = None
        self.seconds = 0.0

    def stream(self, name: str, late: bool = False) -> str:
        transcript = Transcript()
        for event in self.events:
            if event["e"] == "out" and event["stream"] == name and event.get("late", False) == late:
                transcript.append(event["text"])
        return transcript.text()

    @property
    def stdout(self) -> str:
        return self.stream("stdout")

    @property
    def stderr(self) -> str:
        return self.stream("stderr")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["e"] == kind]

    @property
    def bundles(self) -> list[dict[str, str]]:
        return [event["data"] for event in self.events if event["e"] in ("display", "result")]

    @property
    def text(self) -> str | None:
        """The plain text of the last expression."""
        results = self.of("result")
        return results[-1]["data"]["text/plain"] if results else None

    @property
    def changed(self) -> list[str]:
        return [one for event in self.of("ambient") for one in event["what"]]


class Runner:
    """A kernel, started when first needed and again after it died."""

    def __init__(
        self, folder: str, python: str = sys.executable, env: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.path = os.path.join(folder, "nb.py")
        self.python = python
        self.env = env
        self._kernel: Kernel | None = None
        self.count = 0

    @property
    def kernel(self) -> Kernel:
        if self._kernel is None:
            self._kernel = Kernel.start(self.python, self.path, self.folder, self.env)
        return self._kernel

    def submit(self, source: str, first_line: int = 1, **more: Any) -> None:
        self.count += 1
        source = textwrap.dedent(source).strip("\n")
        self.kernel.send(
            {"op": "exec", "cell": self.count, "source": source, "first_line": first_line, **more}
        )

    def collect(
        self, limit: float = PATIENCE, interrupt_after: float | None = None, until: str = "done"
    ) -> Answer:
        """Events until the cell is done, the kernel dies, or `limit` seconds are over."""
        answer = Answer()
        begin = time.monotonic()
        due = None if interrupt_after is None else begin + interrupt_after
        while True:
            now = time.monotonic()
            if now - begin > limit:
                break
            if due is not None and now >= due:
                self.kernel.interrupt()
                begin, due = now, None
            try:
                batch = self.kernel.receive(0.05 if due is not None else 0.5)
            except KernelDied as error:
                answer.died = error
                answer.state = "dead"
                self.close()
                break
            answer.events += batch or []
            ends = [event for event in batch or [] if event["e"] in (until, "fault")]
            if ends:
                answer.state = ends[0].get("state", ends[0]["e"])
                answer.error = ends[0].get("error") or {}
                break
        answer.seconds = time.monotonic() - begin
        return answer

    def run(
        self,
        source: str,
        first_line: int = 1,
        *,
        limit: float = PATIENCE,
        interrupt_after: float | None = None,
        **more: Any,
    ) -> Answer:
        self.submit(source, first_line, **more)
        return self.collect(limit, interrupt_after)

    def close(self) -> None:
        if self._kernel is not None:
            self._kernel.close(1.0)
            self._kernel = None
