"""What a running cell has given so far, to become its record."""

from __future__ import annotations

import os
import time

from sessions_ls.kernel.transcript import Transcript
from sessions_ls.results.record import ErrorInfo, Output, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.notebook.cells import Cell


class Running:
    """Collects a cell's outputs from the kernel's events."""

    __slots__ = ("outputs", "streams", "text")

    def __init__(self) -> None:
        self.streams = {"stdout": Transcript(), "stderr": Transcript()}
        self.outputs: list[Output] = []
        self.text = ""

    def take(self, event: dict[str, Any]) -> list[Output]:
        """Take an ``out``, ``display`` or ``result`` event; the outputs it added."""
        kind = event["e"]
        if kind == "out":
            self.streams[event["stream"]].append(event["text"])
            return []
        data = dict(event["data"])
        if kind == "result":
            self.text = data.pop("text/plain", "")
        elif any(mime.startswith("image/") for mime in data):
            data.pop("text/plain", None)  # `<Figure size 640x480 with 1 Axes>` beside the picture
        added = _outputs(data, event.get("binary", ()))
        self.outputs += added
        return added

    def record(self, event: dict[str, Any], cell: Cell, path: str) -> Record:
        """The record of the run of ``cell``, in the notebook at ``path``, that ``event`` ends."""
        return Record(
            id=event["cell"],
            title=cell.title,
            code=event["code"],
            state=event["state"],
            ran_at=now(),
            runtime_ms=round(event["ms"], 1),
            stdout=self.streams["stdout"].text(),
            stderr=self.streams["stderr"].text(),
            text=self.text,
            outputs=self.outputs,
            error=_error(event.get("error"), cell, path),
            reads=event["reads"],
            binds=event.get("binds"),
            amends=event.get("amends"),
            appears=event.get("appears"),
            objects=event.get("objects"),
            files=_relative(event.get("files"), os.path.dirname(path)),
            runs=event.get("count", 0),
            volatile=cell.volatile,
        )


def _relative(files: dict[str, str] | None, folder: str) -> dict[str, str]:
    inside = folder + os.sep
    return {path.removeprefix(inside): mark for path, mark in (files or {}).items()}


_now = (0, "")


def now() -> str:
    """The time as records hold it: UTC, to the second."""
    global _now
    seconds = int(time.time())
    if _now[0] != seconds:
        _now = (seconds, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)))
    return _now[1]


def _outputs(data: dict[str, str], binary: Any) -> list[Output]:
    if not binary:
        return [Output(mime, text) for mime, text in data.items()]
    from binascii import a2b_base64

    return [
        Output(mime, a2b_base64(text) if mime in binary else text) for mime, text in data.items()
    ]


def _error(error: dict[str, Any] | None, cell: Cell, path: str) -> ErrorInfo | None:
    if error is None:
        return None
    frames = [(file, number, function) for file, number, function in error["frames"]]
    line = error["line"]
    for file, number, _ in frames:  # the innermost one in this very cell stands last
        if file == path and cell.start < number <= cell.stop:
            line = number
    inside = line is not None and cell.start < line <= cell.stop
    return ErrorInfo(
        error["type"],
        error["message"],
        line - cell.start if inside else None,
        error["traceback"],
        frames,
    )
