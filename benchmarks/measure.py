"""Measuring several ways to do a thing, in turns, so that noise falls on all of them alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT, Environment

PATIENCE = 600.0
"""Seconds that one measurement may take."""


class MeasureError(Exception):
    """A contender could not do what was to be measured; the message says why."""


class Contender:
    """One way to do the thing. It is measured in every ``every``-th round.

    ``measure`` returns a figure, as a rule seconds. ``problem`` is why it cannot take part.
    """

    def __init__(
        self, name: str, measure: Callable[[], float], every: int = 1, problem: str = ""
    ) -> None:
        self.name = name
        self.measure = measure
        self.every = every
        self.problem = problem


class Samples:
    """The figures of several contenders, by round."""

    def __init__(self) -> None:
        self.figures: dict[str, dict[int, float]] = {}
        self.problems: dict[str, str] = {}

    def count(self, name: str) -> int:
        """How many figures there are of a contender."""
        return len(self.figures.get(name, ()))

    def median(self, name: str) -> float | None:
        """The median figure, None without any."""
        figures = self.figures.get(name)
        return statistics.median(figures.values()) if figures else None

    def worst(self, name: str) -> float | None:
        """The largest figure, None without any."""
        return max(self.figures.get(name, {}).values(), default=None)

    def over(self, name: str, beside: str) -> Samples:
        """What ``name`` took more than ``beside`` in the same round, under the same name."""
        made = Samples()
        made.problems = {n: self.problems[n] for n in (name, beside) if n in self.problems}
        one, other = self.figures.get(name, {}), self.figures.get(beside, {})
        made.figures[name] = {n: one[n] - other[n] for n in sorted(one.keys() & other.keys())}
        return made

    def ratio(self, name: str, beside: str) -> float | None:
        """The median of the ratios of figures that were taken in the same round."""
        one, other = self.figures.get(name, {}), self.figures.get(beside, {})
        pairs = [one[number] / other[number] for number in one.keys() & other.keys()]
        return statistics.median(pairs) if pairs else None


def interleave(contenders: Sequence[Contender], rounds: int, warm: bool = True) -> Samples:
    """Measure A B C A B C …; one unmeasured turn each goes before where ``warm``.

    A contender that fails is reported in `Samples.problems` and takes no further part.
    """
    samples = Samples()
    for contender in contenders:
        if contender.problem:
            samples.problems[contender.name] = contender.problem
        else:
            samples.figures[contender.name] = {}
    for number in range(-1 if warm else 0, rounds):
        for contender in contenders:
            if contender.name in samples.problems or (number >= 0 and number % contender.every):
                continue
            try:
                figure = contender.measure()
            except MeasureError as error:
                samples.problems[contender.name] = str(error)
                del samples.figures[contender.name]
                continue
            if number >= 0:
                samples.figures[contender.name][number] = figure
    return samples


class Command:
    """A program, whole process: wall seconds from its start until it was waited for.

    ``proof`` is text that only a real run leaves on standard output or, where one is named, in
    the file ``out``. ``before`` puts things in order and is not measured.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        proof: str,
        out: Path | None = None,
        environment: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        self._command = list(command)
        self._folder = folder
        self._proof = proof
        self._out = out
        self._environment = {**clean_environment(), **(environment or {})}
        self._before = before
        self._proven = False

    def __call__(self) -> float:
        """Run once; raises MeasureError for a failed run, and for a first one without its proof."""
        if self._before is not None:
            self._before()
        log = self._folder / "output.txt"
        with log.open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                status = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise MeasureError(f"took longer than {PATIENCE:g} s") from None
            seconds = time.perf_counter() - started
        if status:
            raise MeasureError(_end_of(log) or f"exit status {status}")
        if not self._proven:
            if self._proof not in (self._out or log).read_text("utf-8", "replace"):
                raise MeasureError("ended without having run the notebook")
            self._proven = True
        return seconds


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", "replace").strip().rpartition("\n")[2][:200]


def clean_environment() -> dict[str, str]:
    """The environment without what points at some virtual environment or backend."""
    environment = dict(os.environ)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "MPLBACKEND"):
        environment.pop(name, None)
    return environment


class Worker:
    """A process of some environment that measures on request: one JSON object a line each way.

    Its modules are `benchmarks.workers.*`; see `benchmarks.workers.serve`.
    """

    def __init__(self, module: str, environment: Environment) -> None:
        self.problem = environment.problem
        self._module = module
        self._python = str(environment.python)
        self._process: subprocess.Popen[str] | None = None

    def ask(self, do: str, **arguments: Any) -> Any:
        """What the worker's function ``do`` returns; raises MeasureError with what it raised."""
        if self.problem:
            raise MeasureError(self.problem)
        if self._process is None:
            self._process = subprocess.Popen(
                [self._python, "-m", f"benchmarks.workers.{self._module}"],
                cwd=ROOT, env=clean_environment(), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            self.close()
            self.problem = f"the worker ended with status {process.returncode}"
            raise MeasureError(self.problem)
        answer = json.loads(line)
        if "error" in answer:
            raise MeasureError(answer["error"])
        return answer["value"]

    def measures(self, do: str, **arguments: Any) -> Callable[[], float]:
        """A measurement for a Contender."""
        return lambda: float(self.ask(do, **arguments))

    def contender(self, name: str, do: str, every: int = 1, **arguments: Any) -> Contender:
        """A contender that this worker measures."""
        return Contender(name, self.measures(do, **arguments), every, self.problem)

    def close(self) -> None:
        """End the worker; it ends its kernels."""
        process, self._process = self._process, None
        if process is not None:
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def say(text: str) -> None:
    """Tell the person what is being done."""
    print(text, file=sys.stderr, flush=True)
