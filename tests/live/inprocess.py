"""A kernel in this process: the engine of notebooks without the process around it.

Ten thousand steps of a property need it; everything else is tested with real kernels.
"""

from __future__ import annotations

import ast
import io
import random
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from types import CodeType
from typing import Any

from sessions_ls.kernel.service import Service
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings

Event = dict[str, Any]

SEED = 12345  # the state in which every kernel here finds Python's generator


@cache
def compiled(source: str, flags: int) -> tuple[CodeType, CodeType | None]:
    """The body of a cell, and its last expression where there is one."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = compile(tree, "<cell>", "exec", flags, True)
    if last is None:
        return body, None
    return body, compile(ast.Expression(last.value), "<cell>", "eval", flags, True)


class Outcome:
    """How the run of a cell ended."""

    def __init__(self, state: str, error: dict[str, Any] | None) -> None:
        self.state = state
        self.ms = 0.0
        self.error = error


class PlainExecutor:
    """Runs a cell with compile, exec and eval, and nothing else."""

    def __init__(self, names: dict[str, Any], emit: Callable[[Event], None]) -> None:
        self.names = names
        self.emit = emit

    def set_text(self, text: str) -> None: ...

    def edit_text(self, start: int, end: int, between: str) -> None: ...

    def compile(
        self, source: str, first_line: int, flags: int = 0
    ) -> tuple[CodeType, CodeType | None]:
        """The body, and the last expression where there is one."""
        return compiled(source, flags)

    def run(self, cell: str, code: tuple[CodeType, CodeType | None]) -> Outcome:
        body, value = code
        out = io.StringIO()
        error = None
        with redirect_stdout(out):
            try:
                exec(body, self.names)
                shown = None if value is None else eval(value, self.names)
                if shown is not None:
                    text = repr(shown)
                    self.emit({"e": "result", "cell": cell, "data": {"text/plain": text}})
            except Exception as raised:  # noqa: BLE001 - it is the cell's
                error = {
                    "type": type(raised).__name__,
                    "message": str(raised),
                    "line": None,
                    "traceback": "",
                    "frames": [],
                }
        if out.getvalue():
            self.emit({"e": "out", "cell": cell, "stream": "stdout", "text": out.getvalue()})
        return Outcome("ok" if error is None else "error", error)


def _send_nothing() -> None:
    """Events are taken where they are."""


class InProcessKernel:
    """Answers like `Kernel`."""

    pid = 0

    def __init__(self, python: str = "", notebook: str = "", cwd: str = "") -> None:
        random.seed(SEED)
        self.events: list[Event] = []
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        executor = PlainExecutor(self.names, self.events.append)
        self.service = Service(
            self.names, executor, self.events.append, self.events.append, _send_nothing, notebook
        )

    def send(self, message: Event) -> None:
        if message["op"] != "sources":
            self.service.handle(message)

    def receive(self, timeout: float | None) -> list[Event]:
        events = list(self.events)
        self.events.clear()
        return events

    def alive(self) -> bool:
        return True

    def interrupt(self) -> None: ...

    def close(self, grace: float = 2.0) -> None: ...


class InProcessSession(LiveSession):
    """A live session whose kernel is this process."""

    launch = staticmethod(InProcessKernel)


def open_session(
    path: str, emit: Callable[[Event], None] = lambda event: None, **settings: Any
) -> InProcessSession:
    """A session that writes nothing."""
    return InProcessSession(path, Settings(**settings), emit, write=False)
