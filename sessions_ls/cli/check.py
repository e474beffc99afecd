"""`sessions check`: what is wrong with notebooks, without running anything."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import BAD_REQUEST, FAILED, OK, console
from sessions_ls.cli.arguments import Arguments
from sessions_ls.live.settings import load_settings
from sessions_ls.live.view import problem_json
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.notebook.errors import SessionsError
from sessions_ls.notebook.files import read_source
from sessions_ls.reactive.problems import problems
from sessions_ls.reactive.program import Analyser, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.notebook.problems import Problem

_WORDS = {"error": ("error", "31"), "warning": ("warning", "33"), "hint": ("note", "36")}


def main(args: list[str]) -> int:
    """Carry out `sessions check`. Raises UsageError where the request is wrong."""
    arguments = Arguments(
        "check",
        "Report what is wrong with notebooks, without running anything.",
        "sessions check analysis.py plots.py",
    )
    arguments.place("NOTEBOOK", "Python files with `# %%` cells", several=True)
    given = arguments.option("--json", "", "print one JSON object").parse(args)
    status = OK
    found: list[tuple[str, Problem]] = []
    for path in given.every("NOTEBOOK"):
        try:
            found += [(path, problem) for problem in check(path)]
        except SessionsError as error:
            console.message(str(error))
            status = BAD_REQUEST
    if status == OK and any(problem.severity == "error" for _, problem in found):
        status = FAILED
    if given.has("--json"):
        from sessions_ls.cli.jsontext import laid_out

        plain = [{"notebook": os.path.abspath(p), **problem_json(problem)} for p, problem in found]
        sys.stdout.write(laid_out({"problems": plain}))
    else:
        sys.stdout.write("".join(f"{problem_line(path, problem)}\n" for path, problem in found))
    return status


def check(path: str) -> list[Problem]:
    """The problems of the notebook at `path`. Raises SessionsError where it cannot be read."""
    notebook = read_notebook(read_source(path))
    strict = load_settings(path).strict
    return problems(Program(notebook, Analyser().cells(notebook, None), strict))


def problem_line(path: str, problem: Problem) -> str:
    """A problem as compilers write one: `notebook.py:7: error[ambiguous-name]: …`."""
    word, colour = _WORDS[problem.severity]
    paint = console.Paint(sys.stdout)
    kind = paint(colour, f"{word}[{problem.code}]")
    return f"{paint('1', f'{path}:{problem.line + 1}')}: {kind}: {problem.message}"
