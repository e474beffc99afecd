"""sessions-ls and its rivals, measured side by side.

    python benchmarks/run.py [--only PART…] [--quick] [--here] [--json FILE]
    python benchmarks/run.py --check [--slack N]

Installs the rivals into virtual environments of its own (below $SESSIONS_BENCH_CACHE, by default
~/.cache/sessions-bench) and prints a Markdown table. With `--check` it installs nothing, measures
with the Python that runs it what has a limit and needs no rival, and exits 1 if a limit is broken;
with `--slack N` only if a ratio or a number is over N times its limit, for machines that are slow
or busy.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from collections.abc import Sequence

from benchmarks import analysis, editor, environments, headless, kernel, live, memory, session
from benchmarks.measure import MeasureError, say
from benchmarks.plan import Part, Plan, Report
from benchmarks.table import HEAD, Row, markdown

PARTS: dict[str, Part] = {
    "headless": headless.measure,
    "kernel": kernel.measure,
    "analysis": analysis.measure,
    "session": session.measure,
    "memory": memory.measure,
    "live": live.measure,
    "editor": editor.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    plan = Plan(options.quick, options.check, options.here)
    names = options.only or list(PARTS)
    load = _load()
    reports = {name: _measured(name, plan, options.slack) for name in names}
    print(_head(plan, load))
    for report in reports.values():
        print(f"\n{_shown(report)}")
    rows = [row for report in reports.values() for row in report.rows]
    broken = [row for row in rows if row.broken(options.slack)]
    room = f" with {options.slack:g} times the room" if options.slack != 1.0 else ""
    kept = sum(row.limit is not None for row in rows) - len(broken)
    print(f"\nLimits{room}: {kept} kept, {len(broken)} broken.")
    for row in broken:
        print(f"- {row.what}: {'; '.join(row.problems.values()) or 'over its limit'}")
    if options.json:
        _write(options.json, plan, reports)
    return 1 if broken and options.check else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    title, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=title, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=list(PARTS), help="repeatable")
    parser.add_argument("--quick", action="store_true", help="few rounds, at most 1,000 cells")
    parser.add_argument("--check", action="store_true", help="exit 1 if a limit is broken")
    parser.add_argument("--slack", type=float, default=1.0, help="with --check: times the limits")
    parser.add_argument(
        "--here", action="store_true", help="measure this checkout with this Python, not a copy"
    )
    parser.add_argument("--json", metavar="FILE", help="write every figure there")
    return parser.parse_args(arguments)


def _measured(name: str, plan: Plan, slack: float) -> Report:
    """One part; in a check, once more if a limit was broken, for noise does not strike twice."""
    report = PARTS[name](plan)
    if plan.check and any(row.broken(slack) for row in report.rows):
        say(f"{name}: a limit was broken; once more")
        report = PARTS[name](plan)
    return report


def _head(plan: Plan, load: str) -> str:
    ours = plan.ours()
    lines = [
        f"Machine: {environments.machine()}{load}.",
        "Method: contenders measured in turns, A B C A B C …, after one unmeasured turn each; "
        f"medians of up to {plan.rounds} rounds (n), slow rivals every {plan.slow_every} rounds; "
        "ratios are the median of the ratios within a round.",
    ]
    if not plan.check:
        if ours.problem:
            lines.append(f"sessions-ls could not be installed: {ours.problem}")
        packages = ("pandas", "matplotlib")
        versions = [ours.versions(*(packages if plan.here else ("sessions-ls", *packages)))]
        for name, rival in plan.used.items():
            versions.append(
                f"{name} ({rival.problem})" if rival.problem else rival.versions(*_SHOWN[name])
            )
        lines.append(f"Versions: {', '.join(versions)}.")
    return "\n\n".join(lines)


_SHOWN = {
    "jupyter": ("ipykernel", "jupyter-client", "nbclient", "jupytext"),
    "marimo": ("marimo",),
    "execnb": ("execnb",),
}


def _load() -> str:
    try:
        return f", load when it began {os.getloadavg()[0]:.1f}"
    except OSError:
        return ""


def _shown(report: Report) -> str:
    parts = [f"## {report.title}", report.method]
    parts += [markdown(HEAD, [row.cells() for row in report.rows]), *report.tables]
    missing = (item for row in report.rows for item in row.problems.items())
    notes = [f"- {name}: {problem}" for name, problem in dict.fromkeys(missing)]
    notes += [f"- {note}" for note in report.notes]
    return "\n\n".join([*parts, "\n".join(notes)]).rstrip()


def _write(path: str, plan: Plan, reports: dict[str, Report]) -> None:
    content = {
        "machine": environments.machine(),
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "quick": plan.quick,
        "parts": {name: _raw(report.rows) for name, report in reports.items()},
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


def _raw(rows: Sequence[Row]) -> list[dict[str, object]]:
    return [row.raw() for row in rows]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MeasureError as error:
        sys.exit(f"benchmarks: {error}")
