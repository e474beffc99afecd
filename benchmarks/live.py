"""The live session as a process of its own: what it costs, and what it must not lose or leave."""

from __future__ import annotations

from benchmarks.limits import (
    EDIT_SEEN,
    EDIT_SEEN_WORST,
    FIRST_EVENT,
    GROWTH,
    LEFT,
    LOST,
    SAVES,
)
from benchmarks.measure import Contender, MeasureError, Samples, Worker, interleave, say
from benchmarks.plan import Plan, Report
from benchmarks.table import Row, seconds

METHOD = (
    "Wall seconds, with real processes: a client asks, the session process answers through its "
    "socket. An edit is a new file renamed over the notebook; it is seen when an attached client "
    "has the cell stale, or when `sessions-ls`, on pipes, has published it. Saves come every 10 ms "
    "from a language client, each with another text. What a session process holds is looked at "
    "when some clients and kernels have come and gone, and again after so many more."
)
SOCKET, DIRECT = "through the socket", "in process"
OURS, BARE = "session process", "python -c pass"
AFTER, BEFORE = "after", "before"


def measure(plan: Plan) -> Report:
    """Everything, with one worker and the sessions it starts."""
    report = Report("The live session as a process", METHOD)
    worker = Worker("live", plan.ours())
    bare = Worker("ours", plan.ours())
    try:
        report.rows += _start(plan, worker, bare)
        report.rows += _requests(plan, worker)
        report.rows += _edits(plan, worker)
        report.rows += _counts(plan, worker)
        report.rows += _held(plan, worker)
        if not plan.check:
            report.rows += _idle(plan, worker, report)
    finally:
        worker.close()
        bare.close()
    return report


def _short(plan: Plan) -> bool:
    return plan.quick or plan.check


def _start(plan: Plan, worker: Worker, bare: Worker) -> list[Row]:
    if plan.check:
        return []
    say("live: start and attach")
    contenders = [bare.contender(BARE, "bare_python"), worker.contender(OURS, "start")]
    started = interleave(contenders, plan.rounds)
    attached = interleave([worker.contender(OURS, "attach", cells=1_000)], plan.rounds)
    return [
        Row("nothing live, to attached", started, OURS, BARE),
        Row("one more client of 1,000 cells, to its states", attached, OURS),
    ]


def _requests(plan: Plan, worker: Worker) -> list[Row]:
    say("live: requests")
    contenders = [
        worker.contender(DIRECT, "first_event", shared=False),
        worker.contender(SOCKET, "first_event", shared=True),
    ]
    samples = interleave(contenders, 200)
    more = samples.over(SOCKET, DIRECT)
    return [
        Row("request to first event", samples, SOCKET, DIRECT),
        Row("the same, over that in process", more, SOCKET, limit=FIRST_EVENT),
    ]


def _edits(plan: Plan, worker: Worker) -> list[Row]:
    say("live: edits on disk")
    shown, published = "in an attached client", "published"
    contenders = [
        worker.contender(shown, "edit_to_state"),
        worker.contender(published, "edit_to_diagnostics"),
    ]
    samples = interleave(contenders, 10 if _short(plan) else 100)
    rows = []
    for name, title in ((shown, "edit on disk to stale cell"), (published, "to diagnostics")):
        rows.append(Row(f"{title}, median", samples, name, limit=EDIT_SEEN))
        rows.append(Row(f"{title}, worst", samples, name, limit=EDIT_SEEN_WORST, worst=True))
    return rows


def _counts(plan: Plan, worker: Worker) -> list[Row]:
    say("live: saves, and two clients")
    edits = 100 if _short(plan) else 1_000
    quick, slow, two = "cells of no time", "a cell of 0.4 s", "two clients"
    contenders = [
        worker.contender(quick, "saves", cell_seconds=0.0),
        worker.contender(slow, "saves", cell_seconds=0.4),
        worker.contender(two, "lost", edits=edits),
    ]
    samples = interleave(contenders, 1, warm=False)
    return [
        Row(f"runs of 100 saves in a second, {quick}", samples, quick, limit=SAVES, unit=""),
        Row(f"runs of 100 saves in a second, {slow}", samples, slow, limit=SAVES, unit=""),
        Row(f"lost of {edits:,} edits by each of {two}", samples, two, limit=LOST, unit=""),
    ]


def _held(plan: Plan, worker: Worker) -> list[Row]:
    say("live: clients and kernels that come and go")
    clients, kernels = (20, 4) if _short(plan) else (100, 20)
    samples = Samples()
    try:
        found = worker.ask("held", clients=clients, kernels=kernels)
    except MeasureError as error:
        found, samples.problems = {}, {AFTER: str(error), BEFORE: str(error)}
    for when, sizes in found.items():
        samples.figures[when] = {0: sizes["memory"]}
    title = f"{clients} clients and {kernels} kernels"
    rows = [Row(f"session process after {title}", samples, AFTER, BEFORE, GROWTH, "MiB")]
    for name in ("descriptors", "threads", "processes"):
        left = Samples()
        left.problems = samples.problems
        if found:
            left.figures[AFTER] = {0: found["after"][name] - found["before"][name]}
        rows.append(Row(f"{name} left behind by {title}", left, AFTER, limit=LEFT, unit=""))
    return rows


def _idle(plan: Plan, worker: Worker, report: Report) -> list[Row]:
    say("live: idle")
    wait = 3 if plan.quick else 10
    found: dict[str, float] = {}

    def memory() -> float:
        found.update(worker.ask("idle", seconds=wait))
        return found["memory"]

    samples = interleave([Contender(OURS, memory, problem=worker.problem)], 1, warm=False)
    if found:
        used = seconds(found["cpu"])
        report.notes.append(f"an idle session process used {used} of CPU in {wait} s")
    return [Row("session process without a kernel", samples, OURS, unit="MiB")]
