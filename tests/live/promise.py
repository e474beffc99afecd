"""The promise, as a check: every result is marked stale or is what a fresh run of the file shows."""

from __future__ import annotations

import io
import random
from contextlib import contextmanager, redirect_stdout

from sessions_ls.live.request import Request
from tests.live.inprocess import SEED, PlainExecutor, open_session


@contextmanager
def same_randomness():
    """A generator as every kernel here finds it; the caller's is put back."""
    state = random.getstate()
    random.seed(SEED)
    try:
        yield
    finally:
        random.setstate(state)


def plain_run(cells: list[str]) -> list[str] | None:
    """What each cell shows when the file runs from the top; None where it does not get through."""
    with same_randomness():
        return _plain_run(cells)


def _plain_run(cells: list[str]) -> list[str] | None:
    names: dict = {"__name__": "__main__"}
    shown: dict[int, str] = {}
    for number, source in enumerate(cells):

        def emit(event, number=number):
            if event["e"] == "result":
                shown[number] = event["data"]["text/plain"]

        executor = PlainExecutor(names, emit)
        with redirect_stdout(io.StringIO()):
            outcome = executor.run("", executor.compile(source, 1))
        if outcome.state != "ok":
            return None
    return [shown.get(number, "") for number in range(len(cells))]


def fresh_run(cells: list[str], text: str) -> list[tuple[str, str]]:
    """State and result of every cell in a session of its own that runs them all."""
    with same_randomness():
        session = open_session("/nowhere/notebook.py")
        session.submit(text)
        session.run(Request(all=True))
        return results(session)


def results(session) -> list[tuple[str, str]]:
    out = []
    for view in session.view().cells:
        out.append((view.state, view.record.text if view.record else ""))
    return out


def broken_promises(session, cells: list[str], text: str) -> list[str]:
    """The cells shown as fresh whose result is not what a fresh run of the file shows."""
    expected = plain_run(cells)
    if expected is None:
        fresh = fresh_run(cells, text)
        expected = [shown if state == "fresh" else None for state, shown in fresh]
    wrong = []
    for number, (state, shown) in enumerate(results(session)):
        if state == "fresh" and expected[number] is not None and shown != expected[number]:
            wrong.append(f"cell {number + 1}: {shown!r}, a fresh run shows {expected[number]!r}")
    return wrong
