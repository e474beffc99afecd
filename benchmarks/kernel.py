"""The kernel: how soon it answers first, and how soon it answers after that."""

from __future__ import annotations

from benchmarks.limits import KERNEL_START, ROUND_TRIP
from benchmarks.measure import Contender, Worker, interleave, say
from benchmarks.plan import Plan, Report
from benchmarks.table import Row

METHOD = (
    "Wall time. Start: from nothing to the result of `1 + 1`, through the live session and "
    "through jupyter_client's blocking client. One cell: `x = 1` from request to result with the "
    "states of all cells known again, the mean of 20 in a row; ipykernel is asked through the "
    "same client, until its reply and its idle message are there."
)
OURS = "sessions"
IPYKERNEL = "ipykernel"


def measure(plan: Plan) -> Report:
    """Start to first result, then one-cell round trips."""
    report = Report("The kernel", METHOD)
    worker = Worker("ours", plan.ours())
    jupyter = None if plan.check else Worker("jupyter", plan.rival("jupyter"))
    try:
        say("kernel: start")
        contenders = [worker.contender("python -c pass", "bare_python")]
        contenders.append(worker.contender(OURS, "start"))
        if jupyter is not None:
            contenders.append(jupyter.contender(IPYKERNEL, "start", plan.slow_every))
        samples = interleave(contenders, plan.rounds)
        start = "kernel start to first result"
        report.rows.append(Row(start, samples, OURS, "python -c pass", KERNEL_START))
        if jupyter is not None:
            report.rows.append(Row(start, samples, OURS, IPYKERNEL))
            report.rows += _round_trips(plan, worker, jupyter)
    finally:
        worker.close()
        if jupyter is not None:
            jupyter.close()
    return report


def _round_trips(plan: Plan, worker: Worker, jupyter: Worker) -> list[Row]:
    say("kernel: one cell")
    saved = f"{OURS}, saved each time"
    contenders: list[Contender] = [
        worker.contender(OURS, "round_trip", times=20),
        worker.contender(saved, "round_trip", times=20, write=True),
        jupyter.contender(IPYKERNEL, "round_trip", times=20),
    ]
    samples = interleave(contenders, plan.rounds)
    return [
        Row("one trivial cell, live kernel", samples, OURS, IPYKERNEL, ROUND_TRIP),
        Row("the same, and the session file saved", samples, saved, IPYKERNEL),
    ]
