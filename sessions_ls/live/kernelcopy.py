"""What the kernel has been told of the program, and what is to be told it next."""

from __future__ import annotations

from sessions_ls.reactive.told import changes, edited, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.live.state import State
    from sessions_ls.reactive.program import Program
    from sessions_ls.reactive.resolve import Resolution
    from sessions_ls.results.record import Record


class KernelCopy:
    """The program as the kernel has it; ``idents`` are the identities of its cells."""

    def __init__(self) -> None:
        self.idents: list[str] = []
        self._text = ""
        self._program: Program | None = None
        self._resolution: Resolution | None = None
        self._refused: dict[int, str] = {}

    @property
    def empty(self) -> bool:
        """Whether the kernel knows of no program, or is to be told it whole."""
        return self._program is None

    def forget(self) -> None:
        """The kernel is gone, or what it holds of the runs is no longer what the session holds."""
        self._program = self._resolution = None

    def update(self, state: State) -> dict[str, Any] | None:
        """The message that brings the kernel up to date; None where it is. It is taken as sent."""
        before, program = self._program, state.program
        resolution, refused = program.resolution, program.refused
        idents = state.cells.idents
        same = resolution is self._resolution and refused is self._refused and idents == self.idents
        if same and before is program:
            return None
        self._program, self._resolution, self._refused = program, resolution, refused
        known, self._text = self._text, state.text
        if same and before is not None:
            return edited(known, program, state.text, changes(before, program))
        self.idents = list(idents)
        records = zip(idents, state.cells.current(), strict=True)
        stored = [_stored(record, ident in state.live) for ident, record in records]
        return whole(program, state.text, idents, stored)


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
