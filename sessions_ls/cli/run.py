"""`sessions run`: runs what is stale and prints each cell's result as it comes."""

from __future__ import annotations

from sessions_ls.cli import running
from sessions_ls.cli.arguments import Arguments, UsageError
from sessions_ls.live.settings import load_settings
from sessions_ls.live.trust import on_request
from sessions_ls.notebook.files import read_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.cli.arguments import Taken
    from sessions_ls.cli.remote import Remote
    from sessions_ls.live.request import Request
    from sessions_ls.live.session import LiveSession
    from sessions_ls.live.trust import Grant
    from sessions_ls.notebook.cells import Notebook

WHO = "sessions run"


def main(args: list[str]) -> int:
    """Carry out `sessions run`. Raises SessionsError where the request is wrong."""
    given = _arguments(args)
    path = given["NOTEBOOK"]
    limit = running.seconds(given)
    digest = ""
    if given.has("--json"):
        from sessions_ls.cli import source

        text, digest = source.read(path)
    else:
        text = read_source(path)
    settings = load_settings(path)
    if given.has("--set"):
        from sessions_ls.cli.constants import with_values

        text = with_values(text, given.every("--set"), path)

    grant = on_request(path)

    def request(session: LiveSession | Remote) -> Request:
        return _request(given, grant, session.notebook, limit)

    return running.carry_out(running.Plan(given, grant, text, settings, request, WHO, digest))


def _request(given: Taken, grant: Grant, notebook: Notebook, limit: float | None) -> Request:
    """What is to run. Raises UsageError for a cell that cannot be meant."""
    from sessions_ls.live.request import Request

    path = given["NOTEBOOK"]
    refuse_bad_markers(notebook, path)
    if given.has("--all"):
        return Request(grant, all=True, seconds=limit)
    if not given.has("--cell"):
        return Request(grant, stale=True, retry=True, seconds=limit)
    from sessions_ls.cli.select import cell_named

    numbers = []
    for word in given.every("--cell"):
        cell = cell_named(notebook, word, path)
        if cell.kind != "code":
            raise UsageError(f"cell {cell.number} of {path} is text: nothing to run")
        numbers.append(cell.number)
    return Request(grant, cells=numbers, seconds=limit)


def refuse_bad_markers(notebook: Notebook, path: str) -> None:
    """Raises UsageError where a marker cannot be read: nobody knows what should run then."""
    for problem in notebook.problems:
        if problem.code == "bad-marker" and problem.severity == "error":
            raise UsageError(f"{path}:{problem.line + 1}: {problem.message}")


def _arguments(args: list[str]) -> Taken:
    arguments = (
        Arguments(
            "run",
            "Run the cells whose results are not fresh, and print each result as it comes. "
            "Where the notebook is live, in an editor or after --keep, they run there.",
            "sessions run notebook.py --set n=100",
        )
        .place("NOTEBOOK", "a Python file with `# %%` cells")
        .option("--all", "", "run every cell, fresh or not")
        .option(
            "--cell", "N-or-TITLE",
            "run this cell, what it needs, and what becomes stale by it; may be repeated",
            excludes="--all",
        )
        .option(
            "--set", "NAME=VALUE",
            "run with another value for a plain constant, the file stays as it is; may be repeated",
        )
        .option("--keep", "", "leave the session live, with its variables, for what comes next")
        .option("--no-write", "", "do not save the results", excludes="--keep")
    )  # fmt: skip
    running.with_options(arguments)
    return arguments.option("--junit", "FILE", "also write a JUnit XML report").parse(args)
