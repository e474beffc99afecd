"""The session file, and all cells of a notebook run again and saved."""

from __future__ import annotations

from benchmarks.limits import RUN_AGAIN, SESSION_ONE_CHANGED
from benchmarks.measure import Worker, interleave, say
from benchmarks.notebooks import chain
from benchmarks.plan import Plan, Report
from benchmarks.table import Row

METHOD = (
    "Wall time. The file holds a result for every cell, output for every third and a table of 20 "
    "rows for every fifth. Running again: every cell of a chain that also shows its value, on the "
    "live kernel, to the saved file; ipykernel runs the same cells one after the other through "
    "jupyter_client, and saves nothing."
)
ONE, ALL, READ = "one changed", "all rendered", "read"
WRITE_BARE, READ_BARE = "writing, flushing and renaming as many bytes", "tomllib"
FORCED, CHANGED, IPYKERNEL = "run again", "first cell edited", "ipykernel"


def measure(plan: Plan) -> Report:
    """The file at every size, then running again."""
    report = Report("The session file, and running again", METHOD)
    worker = Worker("ours", plan.ours())
    jupyter = None if plan.check else Worker("jupyter", plan.rival("jupyter"))
    try:
        for cells in plan.sizes(100, 1_000, 10_000):
            if plan.check and cells != 1_000:
                continue
            report.rows += _file(plan, worker, cells)
        for cells in plan.sizes(100, 1_000, 10_000):
            if plan.check and cells != 1_000:
                continue
            report.rows += _run_again(plan, worker, jupyter, cells)
    finally:
        worker.close()
        if jupyter is not None:
            jupyter.close()
    return report


def _file(plan: Plan, worker: Worker, cells: int) -> list[Row]:
    say(f"session file: {cells:,} cells")
    contenders = [
        worker.contender(WRITE_BARE, "bare_write", cells=cells),
        worker.contender(ONE, "save_one", cells=cells),
        worker.contender(ALL, "save_all", cells=cells),
        worker.contender(READ_BARE, "bare_read", cells=cells),
        worker.contender(READ, "read", cells=cells),
    ]
    samples = interleave(contenders, plan.rounds)
    limit = SESSION_ONE_CHANGED if cells == 1_000 else None
    title = f"session file of {cells:,} cells"
    return [
        Row(f"{title}, one changed, written", samples, ONE, WRITE_BARE, limit),
        Row(f"{title}, all rendered, written", samples, ALL, WRITE_BARE),
        Row(f"{title}, read", samples, READ, READ_BARE),
    ]


def _run_again(plan: Plan, worker: Worker, jupyter: Worker | None, cells: int) -> list[Row]:
    say(f"running again: {cells:,} cells")
    contenders = [
        worker.contender(FORCED, "run_again", cells=cells),
        worker.contender(CHANGED, "run_changed", cells=cells),
    ]
    beside = ""
    if jupyter is not None and cells <= 1_000:
        beside = IPYKERNEL
        sources = [part for part in chain(cells, shows=True).split("# %%\n") if part]
        contenders.append(
            jupyter.contender(IPYKERNEL, "run_cells", plan.slow_every, sources=sources)
        )
    samples = interleave(contenders, plan.rounds)
    limit = RUN_AGAIN if cells == 1_000 else None
    title = f"{cells:,} cells on the live kernel, saved"
    return [
        Row(f"{title}: all run again", samples, FORCED, beside, limit),
        Row(f"{title}: the first was edited", samples, CHANGED, beside, limit),
    ]
