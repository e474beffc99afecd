"""What the kernel has been told of the program, and what is to be told it next."""

from __future__ import annotations

from sessions_ls.reactive.told import Told, edited, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.live.state import State
    from sessions_ls.results.record import Record


class KernelCopy:
    """The program as the kernel has it; ``idents`` are the identities of its cells."""

    def __init__(self) -> None:
        self.idents: list[str] = []
        self._told: Told | None = None

    @property
    def empty(self) -> bool:
        """Whether the kernel knows of no program, or is to be told it whole."""
        return self._told is None

    def forget(self) -> None:
        """The kernel is gone, or what it holds of the runs is no longer what the session holds."""
        self._told = None

    def update(self, state: State) -> dict[str, Any] | None:
        """The message that brings the kernel up to date; None where it is. It is taken as sent.

        As long as the cells are the same by identity the kernel has the runs that the session has.
        """
        program, text, idents = state.program, state.text, state.cells.idents
        known, self._told = self._told, Told(program, text)
        if known is not None and idents == self.idents:
            if known.is_all(program):
                return None
            changes = known.changes(program)
            if changes is not None:
                return edited(known.text, program, text, changes)
        self.idents = list(idents)
        records = zip(idents, state.cells.current(), strict=True)
        stored = [_stored(record, ident in state.live) for ident, record in records]
        return whole(program, text, idents, stored)


def _stored(record: Record | None, live: bool) -> dict[str, Any] | None:
    if record is None:
        return None
    if live:
        return {}
    return {
        "code": record.code,
        "state": record.state,
        "reads": record.reads,
        "binds": record.binds,
        "count": record.runs,
        "amends": record.amends,
        "appears": record.appears,
        "objects": record.objects,
    }
