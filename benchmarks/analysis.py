"""Analysis: what opening a notebook and changing one cell of it cost before anything runs."""

from __future__ import annotations

from benchmarks.limits import ANALYSIS_EDIT, ANALYSIS_OPEN
from benchmarks.measure import Contender, Worker, interleave, say
from benchmarks.notebooks import chain, mixed
from benchmarks.plan import Plan, Report
from benchmarks.table import Row

METHOD = (
    "CPU time inside a process that has loaded everything. Open: text to cells, names, resolved "
    "references and order. Edit: the text with its middle cell changed, to the same and the state "
    "of every cell, after all cells have run. marimo: `compile_cell` and `register_cell` for every "
    "cell, which is given to it ready split, without an order; after an edit for that cell alone."
)
OURS = "sessions"
PARSE = "ast.parse of the file"
MARIMO = "marimo"
MARIMO_TOO_LONG = "not measured: registering a cell takes marimo longer the more there are"


def measure(plan: Plan) -> Report:
    """Opening at every size and kind of cell, then edits."""
    report = Report("Analysis", METHOD)
    worker = Worker("ours", plan.ours())
    marimo = None if plan.check else Worker("marimo", plan.rival("marimo"))
    try:
        for cells in plan.sizes(100, 1_000, 10_000):
            if plan.check and cells != 1_000:
                continue
            for kind, text in (("chained", chain(cells)), ("mixed", mixed(cells))):
                title = f"{cells:,} {kind} cells"
                say(f"analysis: {title}")
                report.rows += _open(plan, worker, marimo, title, text, cells)
                if kind == "chained":
                    report.rows += _edit(plan, worker, marimo, title, cells)
    finally:
        worker.close()
        if marimo is not None:
            marimo.close()
    return report


def _open(
    plan: Plan, worker: Worker, marimo: Worker | None, title: str, text: str, cells: int
) -> list[Row]:
    what = f"open {title}"
    contenders = [
        worker.contender(PARSE, "parse", text=text),
        worker.contender(OURS, "open", text=text),
    ]
    if marimo is not None:
        contenders.append(_marimo_open(plan, marimo, text, cells))
    samples = interleave(contenders, plan.rounds)
    limit = ANALYSIS_OPEN if cells == 1_000 else None
    rows = [Row(what, samples, OURS, PARSE, limit)]
    if marimo is not None:
        rows.append(Row(what, samples, OURS, MARIMO))
    return rows


def _marimo_open(plan: Plan, marimo: Worker, text: str, cells: int) -> Contender:
    sources = [part.partition("\n")[2] for part in text.split("# %%")[1:]]
    contender = marimo.contender(MARIMO, "open", plan.slow_every, sources=sources)
    if cells > 1_000 and not contender.problem:
        contender.problem = MARIMO_TOO_LONG
    return contender


def _edit(plan: Plan, worker: Worker, marimo: Worker | None, title: str, cells: int) -> list[Row]:
    limit = ANALYSIS_EDIT if cells == 1_000 else None
    binds = f"{OURS}, a new name"
    contenders = [
        worker.contender(OURS, "edit", cells=cells, binds=False),
        worker.contender(binds, "edit", cells=cells, binds=True),
    ]
    if marimo is not None:
        middle = cells // 2
        source = f"x{middle} = x{middle - 1} + 1"
        other = marimo.contender(MARIMO, "edit", cells=cells, position=middle - 1, source=source)
        if cells > 1_000 and not other.problem:
            other.problem = MARIMO_TOO_LONG
        contenders.append(other)
    samples = interleave(contenders, plan.rounds)
    beside = MARIMO if marimo is not None else ""
    return [
        Row(f"edit one of {title}", samples, OURS, beside, limit),
        Row(f"edit one of {title}, binding a new name", samples, binds, beside, limit),
    ]
