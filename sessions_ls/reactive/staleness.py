"""Which results are still true: a proof over fingerprints, never a guess (SEMANTICS 6)."""

from __future__ import annotations

from sessions_ls.kernel.marks import SHARING, UNBOUND, UNTRUSTED, gather, sharing
from sessions_ls.reactive.reach import Reach, unclosed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from sessions_ls.reactive.program import Program

    class Ran(Protocol):
        """What staleness needs to know of a cell's last run."""

        code: str
        state: str
        reads: Mapping[str, str]
        binds: Mapping[str, str]
        objects: Mapping[str, str]


class Status:
    """State of a cell, with the reason in words and the position of the cell behind it.

    ``own`` says that the cell itself differs from what ran (its code, or a value it reads);
    False where only a cell upstream is stale, so that it may turn out fresh without running.
    """

    __slots__ = ("cause", "own", "reason", "state")

    def __init__(
        self, state: str, reason: str | None = None, cause: int | None = None, own: bool = False
    ) -> None:
        self.state = state
        self.reason = reason
        self.cause = cause
        self.own = own

    @property
    def proven(self) -> bool:
        """Whether the values this cell binds are known to be what a fresh run would give."""
        return self.state == "fresh"

    def says(self, other: Status) -> bool:
        """Whether it says of its cell what the other says."""
        return self is other or (
            self.state == other.state
            and self.reason == other.reason
            and self.cause == other.cause
            and self.own == other.own
        )


FRESH = Status("fresh")
FAILED = Status("error")
NEW = Status("new", "it has not run yet", own=True)
DISABLED = Status("disabled", "disabled=true")
NOTHING: dict[int, str] = {}
CODE_CHANGED = Status("stale", "its code changed", own=True)
_WAITING: dict[int, Status] = {}


class Proof:
    """The states of a program's cells, ``found``, and all that they follow from.

    ``bare`` are the states as they would be if no cell changed an object of another.
    """

    __slots__ = ("bare", "cells", "found", "needs", "records", "refused")

    def __init__(self, program: Program, records: Sequence[Ran | None]) -> None:
        self.cells = program.cells
        self.needs = program.resolution.needs
        self.refused = program.refused
        self.records = records
        self.bare: list[Status] = [FRESH] * len(program.cells)
        self.found: list[Status] = [FRESH] * len(program.cells)

    def corresponds_to(self, before: Proof) -> bool:
        """Whether both are of the same cells, as far as their number tells."""
        return len(self.cells) == len(before.cells) and self.refused == before.refused

    def changed_since(self, before: Proof) -> set[int]:
        """The cells that may differ in something else than the states of those they need."""
        cells = zip(
            self.cells, before.cells, self.needs, before.needs, self.records, before.records,
            strict=True,
        )  # fmt: skip
        return {
            position
            for position, (cell, old, need, needed, record, earlier) in enumerate(cells)
            if record is not earlier
            or (need is not needed and need != needed)
            or (cell is not old and not cell.proves_as(old))
        }


def prove(
    program: Program,
    records: Sequence[Ran | None],
    outdated: Mapping[int, str] = NOTHING,
    before: Proof | None = None,
) -> Proof:
    """The state of every cell of ``program``.

    ``records`` holds each cell's last run or None, ``outdated`` for cells that read a file which
    has changed since that file. With the proof of another version of the program only the cells
    that the difference may concern are judged, and equal states are the same objects.
    """
    shared = unclosed(program, records)
    if not program.resolution.forward:
        return _proven(program, records, {}, shared, outdated, before)
    proof = _proven(program, records, {}, shared, outdated)
    while True:
        # Cells that run before one above them are judged before it: again, until it is settled.
        changers = _changers(program, records, proof.found)
        settled = _proven(program, records, changers, shared, outdated)
        if [status.state for status in settled.found] == [status.state for status in proof.found]:
            return proof
        proof = settled


GIVES_NOTHING = ("error", "blocked", "disabled")
NEVER: dict[str, str] = {}
UNPROVEN = ("new", "stale", "interrupted")


def _proven(
    program: Program,
    records: Sequence[Ran | None],
    changers: Mapping[int, tuple[str, int]],
    shared: Mapping[int, tuple[str, str]],
    outdated: Mapping[int, str],
    before: Proof | None = None,
) -> Proof:
    """One pass in the order of running. In file order it also finds what unproven cells may change;
    else ``changers`` says so.
    """
    proof = Proof(program, records)
    if before is None or not proof.corresponds_to(before):
        before, changed = proof, set(program.resolution.order)
    else:
        changed = proof.changed_since(before)
    found, needs = proof.found, proof.needs
    reach = None if program.resolution.forward else Reach(program, records)
    spread = False
    for position in program.resolution.order:
        if position in changed or not changed.isdisjoint(needs[position].values()):
            status = _of_cell(program, position, records, found)
        else:
            status = before.bare[position]
        proof.bare[position] = status
        if (status is FRESH or status is FAILED) and program.cells[position].code:
            if reach is None:
                changer = changers.get(position)
            else:
                changer = reach.changer(position) if spread else None
            if position in outdated:
                status = Status("stale", f"{outdated[position]} changed", own=True)
            elif position in shared:
                status = _changes_more(*shared[position])
            elif changer is not None:
                status = _may_change(*changer)
        if status.says(before.found[position]):
            status = before.found[position]
        else:
            changed.add(position)
        found[position] = status
        if reach is not None and status.state in UNPROVEN:
            reach.spread(position)
            spread = True
    return proof


def _changers(
    program: Program, records: Sequence[Ran | None], known: Sequence[Status]
) -> dict[int, tuple[str, int]]:
    reach = Reach(program, records)
    found: dict[int, tuple[str, int]] = {}
    for position, status in enumerate(known):
        changer = reach.changer(position)
        if changer is not None:
            found[position] = changer
        if status.state in UNPROVEN:
            reach.spread(position)
    return found


def _may_change(name: str, by: int) -> Status:
    return Status("stale", f"cell {by + 1} is to run first and may change {shown(name)}", by)


def _changes_more(name: str, other: str) -> Status:
    return Status("stale", f"it changes {shown(name)}, and `{other}` now shares an object with it")


def _of_cell(
    program: Program, position: int, records: Sequence[Ran | None], known: list[Status]
) -> Status:
    cell = program.cells[position]
    if cell.broken:
        error = cell.names.error
        return Status("error", error.message if error else None, own=True)
    if not cell.code:
        return FRESH
    if cell.disabled:
        return DISABLED
    if position in program.refused:
        return Status("error", program.refused[position], own=True)
    record = records[position]
    seen = NEVER if record is None else record.reads
    blocking: list[int] = []
    waiting: list[int] = []
    changed: list[tuple[int, str]] = []
    need = program.resolution.needs[position]
    for name, maker in need.items():
        status = known[maker]
        if status is not FRESH:
            (blocking if status.state in GIVES_NOTHING else waiting).append(maker)
        made = records[maker]
        if seen.get(name) != (UNBOUND if made is None else made.binds.get(name, UNBOUND)):
            changed.append((maker, name))
    # Of several reasons the first in the file is told.
    if blocking:
        maker = min(blocking)
        return _blocked(maker, known[maker], program.cells[maker].broken)
    if record is None:
        return NEW
    if record.code != cell.code:
        return CODE_CHANGED
    if record.state == "interrupted":
        return Status("interrupted", "its last run was interrupted", own=True)
    if waiting:
        return _waiting(min(waiting))
    if UNTRUSTED in seen:
        return Status("stale", "its stored result is not trusted: volatile=true", own=True)
    if changed:
        maker, name = min(changed)
        return Status("stale", f"{shown(name)} from cell {maker + 1} changed", maker, True)
    if len(seen) != len(need) or len(need) > 1:
        other = _shared_otherwise(need, seen, records)
        if other is not None:
            return other
    return FAILED if record.state == "error" else FRESH


def _waiting(maker: int) -> Status:
    """The same one each time, so that whoever shows it can tell that nothing changed."""
    status = _WAITING.get(maker)
    if status is None:
        status = Status("stale", f"it needs cell {maker + 1}, which is stale", maker)
        _WAITING[maker] = status
    return status


def _blocked(maker: int, status: Status, broken: bool) -> Status:
    if status.state == "blocked" and status.cause is not None:
        return Status("blocked", status.reason, status.cause)
    what = "is disabled" if status.state == "disabled" else "failed"
    if broken:
        what = "has a syntax error"
    return Status("blocked", f"it needs cell {maker + 1}, which {what}", maker)


def _shared_otherwise(
    need: Mapping[str, int], seen: Mapping[str, str], records: Sequence[Ran | None]
) -> Status | None:
    """Stale, if other values of those it read share objects now, or if it read one more."""
    objects: dict[str, str] = {}
    for name, maker in need.items():
        made = records[maker]
        if made is not None:
            gather(objects, name, made.objects)
    if (len(objects) > 1 or SHARING in seen) and seen.get(SHARING, "") != sharing(objects):
        return Status("stale", "which of the values it reads are one object changed", own=True)
    if len(seen) != len(need) + (SHARING in seen):
        gone = next(name for name in seen if name not in need and name != SHARING)
        return Status("stale", f"{shown(gone)} no longer comes from another cell", own=True)
    return None


def shown(name: str) -> str:
    """A needed name as a person reads it; hidden names stand for random state."""
    if name.startswith("@"):
        return f"the state of {name[1:]}"
    return f"`{name}`"
