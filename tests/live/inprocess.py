"""A kernel in this process: the engine and the executor of notebooks without the process around them.

Ten thousand steps of a property need it; everything else is tested with real kernels.
"""

from __future__ import annotations

import io
import random
from contextlib import redirect_stdout

from sessions_ls.kernel.service import Service
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings


SEED = 12345  # the state in which every kernel here finds Python's generator


class Outcome:
    def __init__(self, state: str, error: dict | None) -> None:
        self.state, self.ms, self.error = state, 0.0, error


class PlainExecutor:
    """Runs a cell with compile, exec and eval, and nothing else."""

    def __init__(self, names: dict, emit) -> None:
        self.names, self.emit, self.ran = names, emit, []

    def set_text(self, text: str) -> None: ...

    def compile(self, source: str, first_line: int, flags: int = 0):
        import ast

        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        body = compile(tree, "<cell>", "exec", flags, True)
        value = None if last is None else compile(ast.Expression(last.value), "<cell>", "eval")
        return body, value

    def run(self, cell: str, compiled) -> Outcome:
        self.ran.append(cell)
        body, value = compiled
        out, state, error = io.StringIO(), "ok", None
        with redirect_stdout(out):
            try:
                exec(body, self.names)
                shown = None if value is None else eval(value, self.names)
                if shown is not None:
                    text = repr(shown)
                    self.emit({"e": "result", "cell": cell, "data": {"text/plain": text}})
            except Exception as raised:
                state = "error"
                error = {
                    "type": type(raised).__name__, "message": str(raised), "line": None,
                    "traceback": "", "frames": [],
                }  # fmt: skip
        if out.getvalue():
            self.emit({"e": "out", "cell": cell, "stream": "stdout", "text": out.getvalue()})
        return Outcome(state, error)


class InProcessKernel:
    """Answers like `Kernel`."""

    pid = 0

    def __init__(self, python: str = "", notebook: str = "", cwd: str = "") -> None:
        random.seed(SEED)
        self.events: list[dict] = []
        self.names: dict = {"__name__": "__main__", "__builtins__": __builtins__}
        self.executor = PlainExecutor(self.names, self.events.append)
        self.service = Service(self.names, self.executor, self.events.append, lambda: None)

    def send(self, message: dict) -> None:
        if message["op"] != "sources":
            self.service.handle(message)

    def receive(self, timeout: float | None) -> list[dict]:
        events, self.events[:] = list(self.events), []
        return events

    def interrupt(self) -> None: ...
    def close(self, grace: float = 2.0) -> None: ...


class InProcessSession(LiveSession):
    launch = staticmethod(InProcessKernel)


def open_session(path, emit=lambda event: None, **settings) -> InProcessSession:
    return InProcessSession(str(path), Settings(**settings), emit, write=False)
