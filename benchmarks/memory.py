"""What an idle kernel holds in memory."""

from __future__ import annotations

from benchmarks.limits import MEMORY
from benchmarks.measure import Contender, MeasureError, Worker, interleave, say
from benchmarks.plan import Plan, Report
from benchmarks.table import Row, markdown

METHOD = (
    "Resident memory a second after the last cell (`1 + 1`); where the system tells, also what of "
    "it is shared with others by share (PSS) and not shared at all (USS)."
)
OURS = "sessions kernel"
BARE = "python"
IPYKERNEL = "ipykernel"


def measure(plan: Plan) -> Report:
    """Our idle kernel beside an idle Python and ipykernel."""
    report = Report("Memory of the idle kernel", METHOD)
    say("memory")
    details: dict[str, dict[str, float]] = {}
    worker = Worker("ours", plan.ours())
    jupyter = None if plan.check else Worker("jupyter", plan.rival("jupyter"))
    try:
        contenders = [
            _contender(worker, BARE, "bare_memory", details),
            _contender(worker, OURS, "memory", details),
        ]
        if jupyter is not None:
            contenders.append(_contender(jupyter, IPYKERNEL, "memory", details))
        samples = interleave(contenders, 5, warm=False)
    finally:
        worker.close()
        if jupyter is not None:
            jupyter.close()
    report.rows.append(Row("idle kernel", samples, OURS, BARE, MEMORY, "MiB"))
    if jupyter is not None:
        report.rows.append(Row("idle kernel", samples, OURS, IPYKERNEL, unit="MiB"))
    kinds = ("rss", "pss", "uss")
    lines = [
        [name, *(f"{sizes[kind]:.1f}" if kind in sizes else "–" for kind in kinds)]
        for name, sizes in details.items()
    ]
    report.tables.append(markdown(["MiB", "RSS", "PSS", "USS"], lines))
    return report


def _contender(
    worker: Worker, name: str, do: str, details: dict[str, dict[str, float]]
) -> Contender:
    def measure() -> float:
        sizes = worker.ask(do)
        if not isinstance(sizes, dict):
            raise MeasureError(f"no sizes: {sizes}")
        details[name] = sizes
        return float(sizes["rss"])

    return Contender(name, measure, problem=worker.problem)
