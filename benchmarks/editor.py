"""What a person at an editor waits for, in a large notebook."""

from __future__ import annotations

from benchmarks.limits import CACHED, KEYSTROKE, KEYSTROKE_WORST, LOOP, READY, SAVED, Limit
from benchmarks.measure import Contender, MeasureError, Samples, Worker, interleave, say
from benchmarks.plan import Plan, Report
from benchmarks.table import Row, seconds

METHOD = (
    "Wall seconds with a real `sessions-ls` on pipes and a notebook of 1,000 cells and 10,000 "
    "lines, each cell in need of the one before, with the results of an earlier run. Keystrokes "
    "come every 70 ms, for the server analyses at most every 40 ms while somebody types, and each "
    "changes the diagnostics; saves every 0.55 s, of a cell that nobody needs, seen in the hints "
    "that the client asks for when it is told to. Cached results: the hints of the first lines and "
    "the diagnostics, of a server that has just started; an editor has had the notebook open "
    "before, except where it is for the first time. Ready: CPU seconds from the start to the "
    "answer of `initialize`. Held: the longest turn of the event loop in all of this. `marimo "
    "edit`, after it: the same cells and the same edit, from the request to run the cell, as its "
    "page makes it, to the message with the new output; it saves no file."
)
WALL, CPU = "wall", "CPU"
OURS, MARIMO = "sessions-ls", "marimo edit"
NEW = {"live": False, "seen": False}
Asked = tuple[str, str, dict[str, bool], int, Limit | None, Limit | None]


def measure(plan: Plan) -> Report:
    """Everything, with one worker and the servers it starts; then marimo's."""
    report = Report("An editor", METHOD)
    worker = Worker("screen", plan.ours())
    short = plan.quick or plan.check
    many, few = (40, 5) if short else (200, 40)
    asked: list[Asked] = [
        ("server ready, CPU", "ready", {}, few, READY, None),
        ("open to cached results, no session live", "cached", {"live": False}, few, CACHED, None),
        ("open to cached results, one live", "cached", {"live": True}, few, CACHED, None),
        ("the same for the first time, no session live", "cached", NEW, few, None, None),
        ("keystroke to diagnostics", "keystroke", {}, many, KEYSTROKE, KEYSTROKE_WORST),
        ("save to first changed result", "saved", {}, many, SAVED, None),
    ]
    try:
        for title, do, arguments, rounds, median, worst in asked:
            say(f"editor: {title}")
            samples = interleave(
                [Contender(title, worker.measures(do, **arguments), problem=worker.problem)], rounds
            )
            report.rows.append(Row(f"{title}, median", samples, title, limit=median))
            report.rows.append(Row(f"{title}, worst", samples, title, limit=worst, worst=True))
        report.rows += _held(worker, report)
        if not plan.check:
            report.rows += _beside(plan, worker)
    finally:
        worker.close()
    return report


def _held(worker: Worker, report: Report) -> list[Row]:
    samples = Samples()
    try:
        found = worker.ask("held")
    except MeasureError as error:
        found, samples.problems = {}, {WALL: str(error), CPU: str(error)}
    for number, (wall, cpu) in enumerate(found.values()):
        samples.figures.setdefault(WALL, {})[number] = wall
        samples.figures.setdefault(CPU, {})[number] = cpu
    for name, (wall, cpu) in sorted(found.items(), key=lambda item: -item[1][0])[:6]:
        report.notes.append(f"`{name}` held the loop for {seconds(wall)}, {seconds(cpu)} of CPU")
    title = "event loop held by one handler, worst"
    return [
        Row(title, samples, WALL, limit=LOOP, worst=True),
        Row(f"{title}, its CPU", samples, CPU, worst=True),
    ]


def _beside(plan: Plan, worker: Worker) -> list[Row]:
    """A save in turns with marimo, after what has a limit: marimo keeps a core busy."""
    title = "save to first changed result, in turns"
    say(f"editor: {title} with marimo")
    marimo = Worker("marimo_editor", plan.rival("marimo"))
    try:
        contenders = [worker.contender(OURS, "saved"), marimo.contender(MARIMO, "ran")]
        samples = interleave(contenders, plan.rounds)
    finally:
        marimo.close()
    return [Row(title, samples, OURS, MARIMO)]
