"""What the names of a notebook hold: asked of its kernel between runs, shown beside its cells.

An answer is a plain object: ``variables``, ``current`` (False: from before, or not known) and
``why`` (a sentence where it is not current, or empty, else None). Each variable has ``name``,
``kind`` ("module", "function", "class" or "value"), ``type``, ``qualified`` (with its module),
``size`` and ``value`` (one line each, "" where there is nothing to say), ``held`` (False: changed
in place since its cell ran), ``id`` (the cell that made it) and ``private`` (begins with `_`). For
a client, `placed` adds ``cell`` (the cell's number in its text) and its ``state``.
"""

from __future__ import annotations

import time
from _thread import allocate_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sessions_ls.kernel.client import Kernel
    from sessions_ls.live.view import View

    Answer = dict[str, Any]
    Event = dict[str, Any]
    Only = Sequence[tuple[str, str]]

LONGEST = 1.0
"""Seconds that a kernel has for its answer."""

BUSY = "a cell runs; what the variables hold can be told when it is done"
BEFORE = "a cell runs; this is what the variables held before"
NOTHING = "nothing has run here since the kernel started or results were cleared"
SILENT = "the kernel does not answer"
FAULT = "the kernel failed to tell; please report this fault of sessions-ls"


class Inquiry:
    """Asks the kernel of a session. Keeps the last full answer for while a cell runs.

    ``lock`` is held by whoever asks.
    """

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self._last: Answer | None = None
        self._overheard: list[Event] = []
        self._number = 0

    def ask(self, kernel: Kernel | None, at: str | None, only: Only | None, until: float) -> Answer:
        """The kernel's answer, by the time ``until`` of `time.monotonic`; None has run nothing.

        For whoever has the kernel to itself. Raises KernelDied.
        """
        if kernel is None:
            return without(NOTHING)
        self._number += 1
        question = {"op": "variables", "id": self._number, "at": at}
        kernel.send({**question, "only": None if only is None else [list(one) for one in only]})
        while (left := until - time.monotonic()) > 0:
            for event in kernel.receive(left) or ():
                if event["e"] == "fault":
                    return without(FAULT)
                if event["e"] != "variables":
                    self._overheard.append(event)
                elif event["id"] == self._number:
                    return self._answered(event["variables"], at is None and only is None)
        return without(SILENT)

    def _answered(self, variables: list[dict[str, Any]], whole: bool) -> Answer:
        answer = {"variables": variables, "current": True, "why": None}
        if whole:
            self._last = answer
        return answer

    def meanwhile(self, at: str | None, only: Only | None) -> Answer:
        """The answer while the kernel has something else to do."""
        if self._last is None or at is not None or only is not None:
            return without(BUSY)
        return {**self._last, "current": False, "why": BEFORE}

    def overheard(self) -> list[Event]:
        """Events that came in between and belong to runs; each is given once."""
        events, self._overheard = self._overheard, []
        return events

    def forget(self) -> None:
        """The kernel is gone."""
        self._last = None
        self._overheard = []


def without(why: str) -> Answer:
    """The answer where nothing can be told."""
    return {"variables": [], "current": False, "why": why}


def placed(answer: Answer, view: View) -> Answer:
    """The answer with the cells of a client's own text; those of cells that it lacks are gone."""
    cells = {cell.ident: cell for cell in view.cells}
    shown = []
    for variable in answer["variables"]:
        cell = cells.get(variable["id"])
        if cell is not None:
            shown.append({**variable, "cell": cell.number, "state": cell.state})
    return {"notebook": view.path, "kernel": view.kernel, **answer, "variables": shown}
