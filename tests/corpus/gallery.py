"""The example gallery of Matplotlib as a test of real input.

    python -m tests.corpus.gallery [--static] [--limit 30] [--jobs 2] [--match TEXT]

Fetches the gallery, analyses and plans every notebook in it, runs each as a plain script and with
`sessions run`, and reports what differs. Results are kept as they come, so an interrupted run goes
on where it stopped. Exit status 1 when a diagnostic was reported or a notebook differs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import environments
from tests.corpus.fetch import FetchError, gallery, notebooks
from tests.corpus.running import Cache, Runner, compare
from tests.corpus.static import Finding

PACKAGE, VERSION, FOLDER = "matplotlib", "3.10.7", "galleries"
IMPORTS = (f"{PACKAGE}=={VERSION}", "pandas>=2.2", "scipy", "colorspacious", "flask")
"""What the notebooks of the gallery import."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    python = Path(options.python) if options.python else None
    if python is None and not options.static:
        made = environments.make(f"gallery-{PACKAGE}-{VERSION}", IMPORTS)
        if made.problem:
            print(f"cannot install {', '.join(IMPORTS)}: {made.problem}", file=sys.stderr)
            return 2
        python = made.python
    pip = str(python or sys.executable)
    try:
        folder = gallery(PACKAGE, VERSION, FOLDER, environments.CACHE / "gallery", pip)
    except FetchError as error:
        print(f"cannot fetch {PACKAGE} {VERSION}: {error}", file=sys.stderr)
        return 2
    found = [path for path in notebooks(folder) if options.match in str(path)]
    right = report_static(folder, found)
    if python is not None and not options.static:
        right &= report_runs(_runner(folder, python, options.limit), folder, found, options.jobs)
    return 0 if right else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--static", action="store_true", help="analyse only, run nothing")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds a script may take")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks that run at once")
    parser.add_argument("--match", default="", help="only notebooks whose path holds this text")
    parser.add_argument("--python", help="a Python that has what the gallery imports")
    return parser.parse_args(arguments)


def _runner(folder: Path, python: Path, limit: float) -> Runner:
    cache = environments.CACHE / "gallery"
    return Runner(
        folder,
        cache / "scratch",
        Cache(cache / "runs.jsonl"),
        str(python),
        environments.sessions_command(environments.here()),
        environments.digest_of_checkout(),
        limit,
    )


def report_static(folder: Path, found: Sequence[Path]) -> bool:
    """Analyse all; True without a diagnostic and with every plan as a script would run."""
    results = {path: Finding(path.read_text("utf-8")) for path in found}
    count = Counter(
        (problem.severity, problem.code)
        for result in results.values()
        for problem in result.problems
    )
    reused = sum(bool(result.reused) for result in results.values())
    marimo = sum(bool(result.reused_marimo) for result in results.values())
    unplanned = [path for path, result in results.items() if not result.planned]
    print(f"## {PACKAGE} {VERSION}, {FOLDER}\n")
    print(f"- {len(found)} notebooks, {sum(r.cells for r in results.values())} cells, ", end="")
    print(f"{sum(len(r.code) for r in results.values())} of them code; ", end="")
    print(f"{sum(len(r.code) > 1 for r in results.values())} notebooks with several code cells")
    print(f"- diagnostics: {_counted(f'{code} ({level})' for level, code in count.elements())}")
    print(f"- not planned in file order: {len(unplanned)}")
    print(f"- names bound by several cells, other than by imports: {reused} notebooks; ", end="")
    print(f"by marimo's rule (imports count, `_names` do not): {marimo}")
    for path, result in results.items():
        for problem in result.problems:
            place = f"{path.relative_to(folder)}:{problem.line + 1}:{problem.column + 1}"
            print(f"  {place}: {problem.severity}: {problem.message} [{problem.code}]")
    for path in unplanned:
        print(f"  {path.relative_to(folder)}: the plan is not the file's order")
    return not count and not unplanned


def report_runs(runner: Runner, folder: Path, found: Sequence[Path], jobs: int) -> bool:
    """Run all; True when whatever runs as a script runs here, printing the same."""
    plain = _all(runner.plain, found, jobs, "python")
    runs = [path for path in found if plain[path]["state"] == "ok"]
    ours = _all(runner.ours, runs, jobs, "sessions run")
    verdicts = {path: _verdict(runner, path, plain[path], ours[path]) for path in runs}
    bad = [path for path in runs if not verdicts[path].startswith("same")]
    print(f"- plain `python`: {_counted(result['state'] for result in plain.values())}")
    print(f"- of those that ran, with `sessions run`: {_counted(verdicts.values())}")
    again = [path for path in runs if ours[path]["again"]]
    print(f"- notebooks of which some cell ran more than once: {len(again)}")
    if runs:
        ratio = statistics.median(ours[p]["seconds"] / plain[p]["seconds"] for p in runs)
        print(f"- time of `sessions run` beside `python`: {ratio:.2f} × (median, {jobs} at once)")
    for path in found:
        if plain[path]["state"] != "ok":
            said = plain[path]["stderr"].strip().rpartition("\n")[2]
            print(f"  {path.relative_to(folder)}: plain python: {plain[path]['state']}: {said}")
    for path in again:
        print(f"  {path.relative_to(folder)}: cells {ours[path]['again']} ran more than once")
    for path in bad:
        print(f"  {path.relative_to(folder)}: {verdicts[path]}: {_why(plain[path], ours[path])}")
    return not bad and not again


def _all(
    run: Callable[[Path], dict[str, Any]], paths: Sequence[Path], jobs: int, title: str
) -> dict[Path, dict[str, Any]]:
    results: dict[Path, dict[str, Any]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for number, (path, result) in enumerate(zip(paths, pool.map(run, paths), strict=True), 1):
            results[path] = result
            if sys.stderr.isatty():
                print(f"\r{title}: {number} of {len(paths)} ", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return results


def _verdict(runner: Runner, path: Path, plain: dict[str, Any], ours: dict[str, Any]) -> str:
    if ours["state"] != "ok":
        return str(ours["state"])
    verdict = compare(plain["stdout"], ours["stdout"])
    if verdict == "same":
        return verdict
    again = runner.plain(path, "2")
    if verdict != "differs" and compare(plain["stdout"], again["stdout"]) == verdict:
        return "same but for numbers that change with every run"
    return "differs"


def _why(plain: dict[str, Any], ours: dict[str, Any]) -> str:
    if ours["state"] != "ok":
        return "; ".join(ours["failed"]) or ours["stderr"].strip()[-300:]
    pairs = zip(
        [*plain["stdout"].splitlines(), "(end)"], [*ours["stdout"].splitlines(), "(end)"],
        strict=False,
    )  # fmt: skip
    for number, (left, right) in enumerate(pairs, 1):
        if left != right:
            return f"line {number}: {left[:120]!r}, here {right[:120]!r}"
    return "line ends"


def _counted(values: Iterable[str]) -> str:
    counted = Counter(values).most_common()
    return ", ".join(f"{number} {value}" for value, number in counted) or "none"


if __name__ == "__main__":
    sys.exit(main())
