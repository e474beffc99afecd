"""A notebook run from the command line, whole process, beside plain Python and the rivals."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import notebooks
from benchmarks.environments import Environment, sessions_command
from benchmarks.limits import HEADLESS_CHAIN, HEADLESS_REAL, Limit
from benchmarks.measure import Command, Contender, Samples, clean_environment, interleave, say
from benchmarks.plan import Plan, Report
from benchmarks.table import Row, markdown, seconds, shown_ratio

OURS = "sessions run --all"
AGAIN = "sessions run --all, results of an earlier run beside it"
PYTHON = "python"
RENDERED = "python, also drawing the figures and tables"
METHOD = (
    "Wall seconds of the whole process, nothing loaded before. `sessions run`, nbclient, jupytext "
    "and execnb write the results to a file, marimo an HTML page; plain `python` writes and draws "
    "nothing. Conversions to other formats are not counted."
)
_AGG = {"MPLBACKEND": "agg"}
# What a script has to do to come to the same: draw what is open, and the tables as HTML.
_RENDERING = """
import io as _io
for _number in plt.get_fignums():
    plt.figure(_number).savefig(_io.BytesIO(), format="png", bbox_inches="tight")
for _table in (weather.describe(), collected.head(), by_station, daily.tail(), joined.corr(), week):
    _table._repr_html_()
"""


def measure(plan: Plan) -> Report:
    """All sizes of chain, then the real notebook."""
    report = Report("A notebook run headless, whole process", METHOD)
    columns: dict[str, Samples] = {}
    with tempfile.TemporaryDirectory(prefix="sessions-bench-") as folder:
        for cells in plan.sizes(10, 100, 1_000, 10_000):
            if plan.check and cells not in HEADLESS_CHAIN:
                continue
            title = f"{cells:,} chained cells"
            case = Case(plan, Path(folder) / f"chain{cells}", title)
            case.write(notebooks.chain(cells), notebooks.chain_proof(cells))
            columns[title] = samples = case.run(rivals=cells <= 1_000)
            report.rows += case.rows(samples, HEADLESS_CHAIN.get(cells))
        title = "a real pandas and Matplotlib notebook"
        if not plan.check or _can_import(plan.ours(), "pandas", "matplotlib"):
            case = Case(plan, Path(folder) / "real", title)
            case.write(notebooks.REAL.read_text("utf-8"), notebooks.REAL_PROOF, _RENDERING)
            columns[title] = samples = case.run(rivals=True)
            report.rows += case.rows(samples, HEADLESS_REAL)
        else:
            report.notes.append(f"{title}: not run, this Python has no pandas or no Matplotlib")
    report.tables.append(side_by_side(columns))
    return report


class Case:
    """One notebook in all its formats, and everyone who can run it."""

    def __init__(self, plan: Plan, folder: Path, title: str) -> None:
        self._plan = plan
        self._folder = folder
        self._title = title
        self._proof = ""
        self._rendered = False

    def write(self, text: str, proof: str, rendering: str = "") -> None:
        """Write the notebook; ``rendering`` is added to it for the script that draws as well."""
        self._folder.mkdir()
        (self._folder / "nb.py").write_text(text, "utf-8")
        self._proof = proof
        self._rendered = bool(rendering)
        if rendering:
            (self._folder / "rendered.py").write_text(text + rendering, "utf-8")

    def run(self, rivals: bool) -> Samples:
        """Measure everyone, in turns."""
        say(f"headless: {self._title}")
        contenders = self._plain_and_ours()
        if rivals and not self._plan.check:
            contenders += self._jupyter() + self._marimo() + self._execnb()
        return interleave(contenders, self._plan.rounds)

    def rows(self, samples: Samples, limit: Limit | None) -> list[Row]:
        """Ours beside everyone else; ``limit`` holds beside `python`."""
        again = f"{self._title}, results of an earlier run beside it"
        rows = [
            Row(self._title, samples, OURS, PYTHON, limit),
            Row(again, samples, AGAIN, PYTHON, limit),
        ]
        others = [
            n for n in [*samples.figures, *samples.problems] if n not in (OURS, AGAIN, PYTHON)
        ]
        return rows + [Row(self._title, samples, OURS, name) for name in others]

    # -- those who run it ------------------------------------------------------------------------

    def _plain_and_ours(self) -> list[Contender]:
        environment = self._plan.ours()
        if environment.problem:
            return [Contender(OURS, lambda: 0.0, problem=environment.problem)]
        python = str(environment.python)
        run = [*sessions_command(environment), "run", "--all", "nb.py"]
        contenders = [
            self._contender(PYTHON, [python, "nb.py"], variables=_AGG),
            self._contender(OURS, run, before=self._forget),
            self._contender(AGAIN, run),
        ]
        if self._rendered:
            script = [python, "rendered.py"]
            contenders.append(self._contender(RENDERED, script, variables=_AGG))
        return contenders

    def _forget(self) -> None:
        (self._folder / "nb.session.toml").unlink(missing_ok=True)

    def _jupyter(self) -> list[Contender]:
        environment = self._plan.rival("jupyter")
        jupytext = environment.program("jupytext")
        problem = environment.problem or self._convert([jupytext, "--to", "ipynb", "nb.py"])
        execute = [environment.program("jupyter"), "execute", "nb.ipynb", "--output=executed"]
        executed = [jupytext, "--to", "ipynb", "--set-kernel", "python3", "--execute", "nb.py"]
        executed += ["--output", "jupytext.ipynb"]
        return [
            self._slow("nbclient (`jupyter execute`)", execute, problem, "executed.ipynb"),
            self._slow("jupytext --execute", executed, environment.problem, "jupytext.ipynb"),
        ]

    def _marimo(self) -> list[Contender]:
        environment = self._plan.rival("marimo")
        marimo = [environment.program("marimo"), "-q", "-y"]
        problem = environment.problem or self._convert(
            [*marimo, "convert", "nb.py", "-o", "nb_marimo.py"]
        )
        export = [*marimo, "export", "html", "nb_marimo.py", "-o", "marimo.html", "-f"]
        script = [str(environment.python), "nb_marimo.py"]
        return [
            self._slow("marimo export html", export, problem, "marimo.html"),
            self._slow("marimo as a script", script, problem),
        ]

    def _execnb(self) -> list[Contender]:
        environment = self._plan.rival("execnb")
        problem = environment.problem
        if not problem and not (self._folder / "nb.ipynb").exists():
            problem = "needs the notebook that jupytext converts"
        command = [environment.program("exec_nb"), "nb.ipynb", "--dest", "execnb.ipynb"]
        return [self._slow("execnb", command, problem, "execnb.ipynb")]

    def _convert(self, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=self._folder, env=clean_environment(), capture_output=True, text=True
        )
        return done.stderr.strip()[-200:] if done.returncode else ""

    def _slow(self, name: str, command: list[str], problem: str, out: str = "") -> Contender:
        contender = self._contender(name, command, out=out)
        contender.every = self._plan.slow_every
        contender.problem = problem
        return contender

    def _contender(
        self, name: str, command: list[str], variables: dict[str, str] | None = None,
        out: str = "", before: Callable[[], None] | None = None,
    ) -> Contender:  # fmt: skip
        path = self._folder / out if out else None
        return Contender(name, Command(command, self._folder, self._proof, path, variables, before))


def side_by_side(columns: dict[str, Samples]) -> str:
    """Everyone by notebook: seconds, and how many times plain Python."""
    names = list(dict.fromkeys(n for s in columns.values() for n in [*s.figures, *s.problems]))
    lines = []
    for name in names:
        line = [name]
        for samples in columns.values():
            line.append(_in_column(samples, name))
        lines.append(line)
    return markdown(["wall time (beside `python`)", *columns], lines)


def _in_column(samples: Samples, name: str) -> str:
    figure = samples.median(name)
    if figure is None:
        return "not measured" if name in samples.problems else ""
    shown = seconds(figure)
    return shown if name == PYTHON else f"{shown} ({shown_ratio(samples.ratio(name, PYTHON))})"


def _can_import(environment: Environment, *modules: str) -> bool:
    code = f"import {', '.join(modules)}"
    done = subprocess.run([str(environment.python), "-c", code], stderr=subprocess.DEVNULL)
    return done.returncode == 0
