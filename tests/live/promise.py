"""The promise, as a check: a result is marked stale or is what a fresh run of the file shows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sessions_ls.live.request import Request
from sessions_ls.live.session import LiveSession
from sessions_ls.live.trust import on_request
from tests.live.inprocess import SEED, Event, PlainExecutor, open_session
from tests.live.random_notebooks import Step, text

# What each cell of these shows in a fresh run; None for one that has no result there.
Referee = Callable[[list[str]], list[str | None]]


COUNTED = 3  # of so many steps one is counted: it takes a session of its own


class Tally:
    """What stories cost: cells run, over cells whose code or inputs are not their last run's."""

    def __init__(self) -> None:
        self.steps = 0
        self.ran = 0
        self.changed = 0
        self.asked = 0
        self.left = 0

    def __str__(self) -> str:
        ratio = self.ran / self.changed if self.changed else 0.0
        return (
            f"{self.steps} steps, {self.ran} cells run to bring everything up to date "
            f"over {self.changed} whose inputs had changed: {ratio:.2f}; "
            f"{self.left} of {self.asked} requests left something stale"
        )


@contextmanager
def same_randomness() -> Iterator[None]:
    """A generator as every kernel here finds it; the caller's is put back."""
    state = random.getstate()
    random.seed(SEED)
    try:
        yield
    finally:
        random.setstate(state)


def plain_run(cells: list[str]) -> list[str | None] | None:
    """What each cell shows when the file runs from the top; None where it does not get through."""
    names: dict[str, object] = {"__name__": "__main__"}
    shown: list[str | None] = []
    with same_randomness():
        for source in cells:
            events: list[Event] = []
            executor = PlainExecutor(names, events.append)
            if executor.run("", executor.compile(source, 1)).state != "ok":
                return None
            texts = {event["e"]: event for event in events}
            out = texts["out"]["text"] if "out" in texts else ""
            result = texts["result"]["data"]["text/plain"] if "result" in texts else ""
            shown.append(out + result)
    return shown


def fresh_session(cells: list[str]) -> LiveSession:
    """A session of its own that has run all of these cells."""
    with same_randomness():
        session = open_session("/nowhere/notebook.py")
        session.submit(text(cells))
        session.run(Request(on_request(session.path), all=True))
    return session


def in_this_process(cells: list[str]) -> list[str | None]:
    """The referee: Python itself; for what it cannot run in this order, a session of its own."""
    plain = plain_run(cells)
    if plain is not None:
        return plain
    return [shown if state == "fresh" else None for state, shown in results(fresh_session(cells))]


def results(session: LiveSession) -> list[tuple[str, str]]:
    """State of every cell, and what it shows."""
    return [
        (view.state, view.record.stdout + view.record.text if view.record else "")
        for view in session.view().cells
    ]


def broken_promises(session: LiveSession, expected: list[str | None]) -> list[str]:
    """The cells shown as fresh whose result is not what a fresh run of the file shows."""
    return [
        f"cell {number}: {shown!r}, a fresh run shows {fresh!r}"
        for number, ((state, shown), fresh) in enumerate(
            zip(results(session), expected, strict=True), 1
        )
        if state == "fresh" and fresh is not None and shown != fresh
    ]


def play(
    story: list[Step],
    session: LiveSession,
    referee: Referee,
    new_kernels: bool,
    tally: Tally | None = None,
    settles: bool = False,
) -> str | None:
    """Do what the story tells. Where the promise was broken, if it was.

    With ``settles`` a request for all that is stale has to leave nothing stale, too.
    """
    tally = tally or Tally()
    for number, (cells, asked) in enumerate(story, 1):
        session.submit(text(cells))
        if new_kernels:
            session.restart()
        expected = referee(cells)
        wrong = broken_promises(session, expected)
        if wrong:
            return f"step {number}, before the run: {'; '.join(wrong)}"
        counted = not asked and number % COUNTED == 0
        changed = _changed(session, cells) if counted else 0
        summary = session.run(Request(on_request(session.path), cells=asked, stale=not asked))
        wrong = broken_promises(session, expected)
        if wrong:
            return f"step {number}, after the run: {'; '.join(wrong)}"
        if asked:
            continue
        left = _left(session)
        if left and settles:
            return f"step {number}: cells {left} are still to run after all were asked for"
        tally.asked += 1
        tally.left += bool(left)
        if counted:
            tally.steps += 1
            tally.ran += summary.ran
            tally.changed += changed
    return None


def _left(session: LiveSession) -> list[int]:
    """The cells that are still to run."""
    states = [state for state, _ in results(session)]
    return [number for number, state in enumerate(states, 1) if state in ("new", "stale")]


def _changed(session: LiveSession, cells: list[str]) -> int:
    """How many cells a fresh run gives other code or inputs than their last run had."""
    fresh = fresh_session(cells).view().cells
    count = 0
    for now, then in zip(fresh, session.view().cells, strict=True):
        new, old = now.record, then.record
        if new is not None and (old is None or (old.code, old.reads) != (new.code, new.reads)):
            count += 1
    return count


def reduced(story: list[Step], broken: Callable[[list[Step]], bool]) -> list[Step]:
    """A smaller story that is ``broken`` too: without steps, cells and lines it does not need."""
    while True:
        for smaller in _smaller(story):
            if broken(smaller):
                story = smaller
                break
        else:
            return story


def _smaller(story: list[Step]) -> Iterator[list[Step]]:
    for drop in range(len(story)):
        yield story[:drop] + story[drop + 1 :]
    for source in dict.fromkeys(source for cells, _ in story for source in cells):
        yield [_without(step, source) for step in story]
    for source in dict.fromkeys(source for cells, _ in story for source in cells):
        lines = source.split("\n")
        for drop in range(len(lines) if len(lines) > 1 else 0):
            line = "\n".join(lines[:drop] + lines[drop + 1 :])
            try:
                compile(line, "", "exec")
            except SyntaxError:
                continue
            yield [([line if c == source else c for c in cells], asked) for cells, asked in story]


def _without(step: Step, source: str) -> Step:
    cells, asked = step
    kept = [number for number, cell in enumerate(cells, 1) if cell != source]
    return [cells[number - 1] for number in kept], tuple(
        kept.index(number) + 1 for number in asked if number in kept
    )


def told(story: list[Step]) -> str:
    """A story as text."""
    return "\n".join(
        f"--- step {number}: run {list(asked) or 'stale'}\n{text(cells)}"
        for number, (cells, asked) in enumerate(story, 1)
    )
