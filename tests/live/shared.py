"""Clients of real session processes, in a few words."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sessions_ls.live.client import Client
from sessions_ls.live.lock import Holder, holder
from sessions_ls.live.opening import open_client
from sessions_ls.live.place import place_of
from sessions_ls.live.request import Request, Summary
from sessions_ls.live.settings import load_settings
from sessions_ls.live.trust import on_request

Event = dict[str, Any]
PATIENCE = 60.0
# Seconds in which even a slow machine is done with what does not wait for somebody who hangs.
NO_HANG = 10.0


class Person:
    """Somebody at a notebook: an editor, a terminal, an agent."""

    def __init__(self, path: Path, who: str = "somebody", start: bool = True) -> None:
        self.path = path
        self.grant = on_request(str(path))
        self.events: list[Event] = []
        self.client: Client = open_client(
            str(path), load_settings(str(path)), who, self.events.append, start
        )
        self.text = path.read_text("utf-8") if path.exists() else ""
        self.client.submit(self.text)

    def type(self, old: str, new: str) -> None:
        """Change the buffer, not the file."""
        assert old in self.text
        self.text = self.text.replace(old, new, 1)
        self.client.submit(self.text)

    def save(self) -> None:
        self.path.write_text(self.text, "utf-8")
        self.client.saved(self.text)

    def reload(self) -> None:
        """Show what is on disk."""
        self.text = self.path.read_text("utf-8")
        self.client.opened()
        self.client.submit(self.text)

    def run(self, *cells: int, **more: Any) -> Summary:
        """Run these cells, or without any what is stale."""
        stale = not cells and not more.get("all")
        return self.client.run(Request(self.grant, cells=cells, stale=stale, **more))

    def begin(self, *cells: int, **more: Any) -> Callable[[], Any]:
        """Ask for a run; the call waits for its answer."""
        came = threading.Event()
        answers: list[Any] = []

        def done(answer: Any) -> None:
            answers.append(answer)
            came.set()

        stale = not cells and not more.get("all")
        self.client.start(Request(self.grant, cells=cells, stale=stale, **more), done)

        def wait() -> Any:
            assert came.wait(PATIENCE), "no answer"
            return answers[0]

        return wait

    @property
    def states(self) -> str:
        """The state of every cell, `*` behind those whose value is not in the kernel."""
        return " ".join(c.state + "*" * c.cold for c in self.client.view().cells)

    @property
    def texts(self) -> list[str]:
        """The result of every cell."""
        return [c.record.text if c.record else "" for c in self.client.view().cells]

    def reason(self, number: int) -> str:
        return self.client.view().cells[number - 1].status.reason or ""

    def sees(self, states: str) -> None:
        """Wait until the cells are in these states."""
        until(lambda: self.states == states, lambda: f"{self.states!r} instead of {states!r}")

    def leave(self) -> None:
        self.client.close()


@contextmanager
def at_notebook(path: Path, text: str, *names: str) -> Iterator[list[Person]]:
    """Several people at one new notebook, with a session that ends with the test."""
    path.write_text(text, "utf-8")
    people = [Person(path, name) for name in names]
    try:
        yield people
    finally:
        end(path)


def who_holds(path: Path) -> Holder | None:
    """The process that has the notebook."""
    return holder(place_of(str(path)))


def end(path: Path) -> None:
    """End the session of a notebook, if there is one."""
    there = who_holds(path)
    if there is not None and there.pid != os.getpid():
        os.kill(there.pid, signal.SIGCONT)
        os.kill(there.pid, signal.SIGTERM)
        until(lambda: who_holds(path) is None, lambda: "the session did not end")


def until_told(go: Path) -> str:
    """Code that waits until there is this file."""
    return f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.005)\n"


def until(condition: Callable[[], bool], otherwise: Callable[[], str]) -> float:
    """Wait for a condition, or fail; the seconds that it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + PATIENCE, otherwise()
        time.sleep(0.005)
    return time.monotonic() - started
