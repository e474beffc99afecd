"""Runs what a request asks for: each cell on the versions it needs, and no cell without cause."""

from __future__ import annotations

from .freshness import Freshness
from .learning import Learner
from .marks import SHARING, UNBOUND, UNTRUSTED
from .namespace import Namespace
from .plain import is_plain
from .plan import Plan, read_plan
from .randomness import Generators
from .versions import Run, Watch
from .warmth import Warmth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Protocol, Set

    from .fingerprint import Probe
    from .outside import Outside
    from .plan import Cell
    from .versions import Version

    class Outcome(Protocol):
        state: str
        ms: float
        error: Optional[Dict[str, Any]]

    class Executor(Protocol):
        def set_text(self, text: str) -> None: ...
        def edit_text(self, start: int, end: int, between: str) -> None: ...
        def compile(self, source: str, first_line: int, flags: int = 0) -> Any: ...
        def run(self, cell: str, compiled: Any) -> Outcome: ...


PASSES = 50  # rounds of a request over the plan; more means that cells keep changing each other
NOTHING: Dict[str, Version] = {}


class Stopped(Exception):
    """A request ends before its cells are done: interrupted, or the program must be resolved."""


class Blocked(Exception):
    """A cell cannot run because the cell at ``position`` gave no value."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class Engine:
    """One notebook's cells and the versions they made, in this process."""

    def __init__(
        self,
        names: Dict[str, Any],
        executor: Executor,
        probe: Callable[[object, Callable[[object], str]], Probe],
        emit: Callable[[Dict[str, Any]], None],
        begin: Callable[[Dict[str, Any]], None],
        outside: Outside,
    ) -> None:
        self._executor = executor
        self._emit = emit
        self._begin = begin
        self._outside = outside
        self.watch = Watch(probe)
        self.space = Namespace(names)
        self.generators = Generators()
        self._learner = Learner(self)
        self._take(Plan([], [], False), {})
        self._ran: Set[str] = set()
        self._failed: Set[int] = set()
        self._announced: Set[str] = set()
        # Something ran out of its turn, or was learnt: cells passed already may be stale again.
        self._unsettled = False

    # -- what the learner sees ---------------------------------------------------------------

    def run_at(self, position: int) -> Optional[Run]:
        """The last run of the cell at ``position``."""
        return self.runs.get(self.plan.cells[position].ident)

    def ident_before(self, name: str, position: int) -> str:
        """The nearest cell before ``position`` that binds or amends ``name``; "" for none."""
        maker = self.plan.before(name, position)
        return self.plan.cells[maker].ident if maker >= 0 else ""

    def version(self, position: int, name: str) -> Optional[Version]:
        """The live version that a cell's last run gave to ``name``."""
        return self.versions(position).get(name)

    def versions(self, position: int) -> Dict[str, Version]:
        """The live versions that a cell's last run made, by name."""
        run = self.runs.get(self.plan.cells[position].ident)
        return NOTHING if run is None or run.versions is None else run.versions

    def fingerprint(self, position: int, name: str) -> str:
        """The fingerprint of the version that a cell's last run gave to ``name``."""
        run = self.run_at(position)
        return UNBOUND if run is None else run.binds.get(name, UNBOUND)

    # -- requests ------------------------------------------------------------------------------

    def load(self, message: Dict[str, Any]) -> None:
        """Take a new program. Runs that it does not name are forgotten, with their values."""
        plan, stored = read_plan(message)
        kept: Dict[str, Run] = {}
        for cell in plan.cells:
            last = stored[cell.ident]
            if last is None:
                continue
            run = self.runs.get(cell.ident)
            if run is None and last:
                run = _stored_run(last)
            if run is not None:
                kept[cell.ident] = run
        self._take(plan, kept)
        self._learner.forget(kept)

    def _take(self, plan: Plan, runs: Dict[str, Run]) -> None:
        self.plan = plan
        self.runs = runs
        self.freshness = Freshness(plan, runs, self._learner.closed)
        self.warmth = Warmth(plan, runs, self.watch)
        self.space.use(plan, self.versions)

    def edit(self, message: Dict[str, Any]) -> None:
        """Take what an edit changed that left every need and every definition as it was."""
        for position, fields in message["cells"].items():
            self.plan.replace(position, fields)
        self.freshness.doubt(message["cells"])
        for position, line in enumerate(message["lines"]):
            self.plan.cells[position].first_line = line

    def run(
        self, forced: List[int], wanted: List[int], auto: List[int], goes_on: bool
    ) -> Dict[str, Any]:
        """Run ``forced`` cells in any case, ``wanted`` ones that are not fresh, and of ``auto``
        those that became stale by it. Returns what is left: ``{"again": [positions],
        "why": …}``, where why is "done", "replan" (what was learnt changes which definition a
        read means) or "interrupted".
        """
        if not goes_on:  # else it is the rest of a request, under a new plan
            self._ran = set()
            self._announced = set()
        self._failed = set()
        left = set(forced)
        asked = set(wanted) | left
        why = "done"
        try:
            for _ in range(PASSES):
                self._unsettled = False
                self._round(left, asked, set(auto))
                if not self._unsettled:
                    break
        except Stopped as stopped:
            why = str(stopped)
        return {"again": sorted(left), "why": why}

    def outdate(self, positions: List[int]) -> None:
        """Files that these cells read have changed: their last runs prove nothing any more."""
        for position in positions:
            run = self.run_at(position)
            if run is not None:
                run.reads = {UNTRUSTED: ""}
        self.freshness.doubt(positions)
        if positions:
            self._outside.forget_modules()

    def rest(self) -> None:
        """Show every name as the end of the file has it."""
        self.space.view(len(self.plan.cells))

    def _round(self, left: Set[int], asked: Set[int], auto: Set[int]) -> None:
        """One pass in dependency order, over the cells that are not settled."""
        bad: Set[int] = set()
        for position in self.freshness.walk(asked):
            cell = self.plan.cells[position]
            makers = cell.needs.values()
            blocker = next((maker for maker in makers if maker in bad), None) if bad else None
            fresh = blocker is None and position not in left and self.freshness.proven(position)
            if self._due(position, fresh, left, asked, auto):
                if blocker is None:
                    self._bring_or_block(position, left)
                    fresh = self.freshness.proven(position) or not self._unsettled
                elif self._gives_nothing(blocker) or not (blocker in asked or blocker in auto):
                    left.discard(position)
                    self._block(position, blocker)
                else:
                    self._unsettled = True  # its turn comes when the other is settled
            else:
                left.discard(position)
                if fresh and position in asked:
                    self._say_fresh(cell)
            run = self.runs.get(cell.ident)
            if not fresh or cell.held or (cell.code and (run is None or run.state != "ok")):
                bad.add(position)
                self.freshness.doubt(self.plan.readers(position))

    def _say_fresh(self, cell: Cell) -> None:
        if cell.ident not in self._ran and cell.ident not in self._announced:
            self._announced.add(cell.ident)
            self._emit({"e": "fresh", "cell": cell.ident})

    def _gives_nothing(self, position: int) -> bool:
        run = self.run_at(position)
        return (
            position in self._failed
            or bool(self.plan.cells[position].held)
            or run is None
            or run.state != "ok"
        )

    def _due(
        self, position: int, fresh: bool, left: Set[int], asked: Set[int], auto: Set[int]
    ) -> bool:
        cell = self.plan.cells[position]
        if cell.held or not cell.code:
            return False
        if position in left:
            return True
        if fresh or position in self._failed:
            return False
        return position in asked or (
            position in auto
            and (
                any(
                    self.plan.cells[maker].ident in self._ran or maker in self._failed
                    for maker in cell.needs.values()
                )
                or not self._learner.closed(position)
            )
        )

    def _bring_or_block(self, position: int, left: Set[int]) -> None:
        try:
            self.warmth.bring(position, self._restore)
            again = position in left
            left.discard(position)  # whatever comes of it: it is not to run twice
            self._execute(position, again)
        except Blocked as blocked:
            left.discard(position)
            self._block(position, blocked.position)
            return
        run = self.run_at(position)
        if run is not None and run.state == "error":
            self._failed.add(position)

    def _block(self, position: int, by: int) -> None:
        self._failed.add(position)
        cells = self.plan.cells
        if cells[position].ident not in self._announced:
            self._announced.add(cells[position].ident)
            self._emit({"e": "blocked", "cell": cells[position].ident, "by": cells[by].ident})

    # -- running ---------------------------------------------------------------------------------

    def _restore(self, position: int) -> None:
        self._unsettled = True
        self._execute(position, False)
        run = self.run_at(position)
        if run is None or run.state != "ok":
            raise Blocked(position)

    def _execute(self, position: int, again: bool) -> None:
        cell = self.plan.cells[position]
        if cell.held:
            raise Blocked(position)
        old = self.runs.get(cell.ident)
        same = old is not None and old.code == cell.code
        count = old.count if old is not None and same else 0
        if again or cell.volatile:
            count += 1
        inputs: Dict[str, Optional[Version]] = {}
        reads: Dict[str, str] = {}
        for name, maker in cell.needs.items():
            made = self.runs[self.plan.cells[maker].ident]
            inputs[name] = made.versions.get(name) if made.versions is not None else None
            reads[name] = made.binds.get(name, UNBOUND)
        plain = self.space.is_past(position) and is_plain(cell.source, inputs)
        self.space.enter(position, inputs, stays=plain)
        self._learner.before(position, inputs)
        compiled = self._executor.compile(cell.source, cell.first_line, cell.flags)
        self._begin({"e": "start", "cell": cell.ident})
        self._outside.begin()
        outcome = self._executor.run(cell.ident, compiled)
        self._ran.add(cell.ident)
        run = Run(cell.code, outcome.state, reads, {}, count, set(), set())
        if old is not None and same:
            run.amends, run.appears = set(old.amends), set(old.appears)
        known = len(cell.changes)
        replan = self._learner.after(position, inputs, run, plain)
        if len(reads) > 1:
            shared = self.freshness.sharing(position, reads)
            if shared:
                reads[SHARING] = shared
        names = self.space.names
        run.files = self._outside.end([names[name] for name in cell.binds if name in names])
        self.space.leave(position, outcome.state == "ok")
        self.runs[cell.ident] = run
        self._learner.replace(cell.ident, old, run)
        self.freshness.renewed(position)
        self._emit(_done(cell, run, outcome))
        if len(cell.changes) != known:
            self._unsettled = True
            self.freshness.doubt(range(position, len(self.plan.cells)))
        if outcome.state == "interrupted":
            raise Stopped("interrupted")
        if replan:
            raise Stopped("replan")


def _done(cell: Cell, run: Run, outcome: Outcome) -> Dict[str, Any]:
    """The event that ends a run; what is empty is left out."""
    event: Dict[str, Any] = {
        "e": "done",
        "cell": cell.ident,
        "code": cell.code,
        "state": outcome.state,
        "ms": outcome.ms,
        "reads": run.reads,
        "binds": run.binds,
    }
    if run.count:
        event["count"] = run.count
    if outcome.error is not None:
        event["error"] = outcome.error
    if run.amends:
        event["amends"] = sorted(run.amends)
    if run.appears:
        event["appears"] = sorted(run.appears)
    if run.objects:
        event["objects"] = run.objects
    if run.files:
        event["files"] = run.files
    return event


def _stored_run(stored: Dict[str, Any]) -> Run:
    run = Run(
        stored["code"],
        stored["state"],
        stored["reads"],
        stored["binds"],
        stored["count"],
        set(stored["amends"]),
        set(stored["appears"]),
    )
    run.objects = stored["objects"]
    return run
