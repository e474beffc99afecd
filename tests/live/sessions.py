"""Live sessions with real kernels, and stories about them as text."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sessions_ls.kernel.client import Kernel
from sessions_ls.live.request import Request, Summary
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings
from sessions_ls.live.trust import on_request

Event = dict[str, Any]


class SharedKernel:
    """A kernel that several sessions use one after the other; to each it is as good as new.

    What a session made is forgotten when it closes its kernel. Imported modules stay.
    """

    def __init__(self) -> None:
        self._kernel: Kernel | None = None
        self.folder = ""

    def launch(self, python: str, notebook: str, cwd: str) -> SharedKernel:
        if self._kernel is None:
            self._kernel = Kernel.start(python, notebook, cwd)
        return self

    def close(self, grace: float = 2.0) -> None:
        assert self._kernel is not None
        self._kernel.send({"op": "program", "text": "", "cells": [], "order": [], "forward": False})

    def end(self) -> None:
        if self._kernel is not None:
            self._kernel.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)


class Told:
    """A live session, with what it said since the last run."""

    def __init__(
        self, path: str, shared: SharedKernel | None = None, write: bool = False, **more: Any
    ) -> None:
        self.events: list[Event] = []
        self.text = ""
        self.on_event: Callable[[Event], None] = lambda event: None
        self.session = LiveSession(path, Settings(**more), self._take, write=write)
        if shared is not None:
            self.session.launch = shared.launch

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    def submit(self, text: str) -> None:
        self.text = text
        self.session.submit(text)

    def edit(self, old: str, new: str) -> None:
        assert old in self.text, f"nothing to edit: {old!r}"
        self.submit(self.text.replace(old, new, 1))

    def run(self, *cells: int, **more: Any) -> Summary:
        """Run these cells, or without any what is stale."""
        self.events.clear()
        return self.session.run(
            Request(
                on_request(self.session.path),
                cells=cells,
                stale=not cells and not more.get("all"),
                **more,
            )
        )

    @property
    def ran(self) -> list[int]:
        """The numbers of the cells that ran, in their order, each as often as it did."""
        return [event["number"] for event in self.events if "record" in event]

    @property
    def states(self) -> list[str]:
        return [cell.state for cell in self.session.view().cells]

    def shown(self, number: int) -> str:
        """What the person sees of a cell: output, result, error; lines are joined by `|`."""
        record = self.session.view().cells[number - 1].record
        if record is None:
            return ""
        parts = [record.stdout.rstrip("\n"), record.text]
        if record.error is not None:
            parts.append(f"{record.error.type}: {record.error.message}")
        return " | ".join(part for part in parts if part).replace("\n", " | ")

    def described(self) -> str:
        """The cells that ran, then a line for each code cell that shows something or is not fresh.

        `3 stale cold (why): what it shows`
        """
        lines = [f"ran {' '.join(map(str, self.ran)) or 'nothing'}"]
        for cell in self.session.view().cells:
            words = f"{cell.number} {cell.state}"
            if cell.cold:
                words += " cold"
            if cell.status.reason is not None:
                words += f" ({cell.status.reason})"
            shown = self.shown(cell.number)
            if shown or words != f"{cell.number} fresh":
                lines.append(f"{words}: {shown}" if shown else words)
        return "\n".join(lines)

    def close(self) -> None:
        self.session.close()


def act(told: Told, line: str) -> None:
    """Do what a `>` line of a story says."""
    verb, _, rest = line.partition(" ")
    if verb == "stale":
        told.run()
    elif verb == "retry":
        told.run(retry=True)
    elif verb == "all":
        told.run(all=True)
    elif verb == "run":
        told.run(*map(int, rest.split()))
    elif verb == "edit":
        old, _, new = rest.replace("\\n", "\n").partition(" =>")
        told.edit(old, new.removeprefix(" "))
    elif verb == "restart":
        told.session.restart()
    elif verb == "write":
        name, _, content = rest.partition(" ")
        folder = os.path.dirname(told.session.path)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content.replace("\\n", "\n"))
    else:
        assert verb == "look", line
        told.events.clear()
        told.submit(told.text)  # files beside the notebook are looked at again
