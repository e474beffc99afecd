"""What a running cell has given so far, to become its record."""

from __future__ import annotations

import time

from sessions_ls.kernel.transcript import Transcript
from sessions_ls.results.record import ErrorInfo, Output, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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

    def record(
        self, event: dict[str, Any], title: str | None, start: int, volatile: bool
    ) -> Record:
        """The record of the run that the ``done`` event ends; ``start`` is the cell's first line from 0."""
        return Record(
            id=event["cell"],
            title=title,
            code=event["code"],
            state=event["state"],
            ran_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            runtime_ms=round(event["ms"], 1),
            stdout=self.streams["stdout"].text(),
            stderr=self.streams["stderr"].text(),
            text=self.text,
            outputs=self.outputs,
            error=_error(event["error"], start),
            reads=event["reads"],
            binds=event["binds"],
            amends=event["amends"],
            appears=event["appears"],
            objects=event["objects"],
            runs=event["count"],
            volatile=volatile,
        )


def _outputs(data: dict[str, str], binary: Any) -> list[Output]:
    if not binary:
        return [Output(mime, text) for mime, text in data.items()]
    from binascii import a2b_base64

    return [
        Output(mime, a2b_base64(text) if mime in binary else text) for mime, text in data.items()
    ]


def _error(error: dict[str, Any] | None, start: int) -> ErrorInfo | None:
    if error is None:
        return None
    line = error["line"]
    return ErrorInfo(
        error["type"],
        error["message"],
        None if line is None else line - start,
        error["traceback"],
        [(path, number, function) for path, number, function in error["frames"]],
    )
