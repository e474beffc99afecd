"""What the kernel does for a live session: takes its program and runs its requests."""

from __future__ import annotations

from .engine import Engine
from .fingerprint import probe
from .outside import Outside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict

    from .engine import Executor


class Service:
    """Answers the operations ``program``, ``edit`` and ``run``.

    ``emit`` sends an event; ``begin`` sends the one that says that a cell starts, and sees that no
    event is lost if the cell ends the process; ``flush`` sends what waits.
    """

    def __init__(
        self,
        names: Dict[str, Any],
        executor: Executor,
        emit: Callable[[Dict[str, Any]], None],
        begin: Callable[[Dict[str, Any]], None],
        flush: Callable[[], None],
        notebook: str,
    ) -> None:
        self.engine = Engine(names, executor, probe, emit, begin, Outside(notebook))
        self._executor = executor
        self._emit = emit
        self._flush = flush

    def handle(self, message: Dict[str, Any]) -> None:
        """Do what the message asks for; a run ends with the event ``end``."""
        if message["op"] == "program":
            self._executor.set_text(message["text"])
            self.engine.load(message)
            return
        if message["op"] == "edit":
            self._executor.edit_text(*message["text"])
            self.engine.edit(message)
            return
        self.engine.outdate(message["outdated"])
        end = self.engine.run(
            message["forced"], message["wanted"], message["auto"], message["goes_on"]
        )
        self._emit({"e": "end", "why": end["why"], "again": end["again"]})
        if end["why"] == "done":
            self._flush()  # nobody has to wait for what follows
            self.engine.rest()
