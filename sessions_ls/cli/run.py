"""`sessions run`: runs what is stale and prints each cell's result as it comes."""

from __future__ import annotations

from sessions_ls.cli import BROKEN_PIPE, FAILED, INTERRUPTED, OK, console
from sessions_ls.cli.arguments import Arguments, UsageError
from sessions_ls.cli.screen import Screen
from sessions_ls.live import early
from sessions_ls.live.settings import load_settings
from sessions_ls.notebook.files import read_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.cli.arguments import Taken
    from sessions_ls.cli.events import EventLines
    from sessions_ls.cli.junit import JUnit
    from sessions_ls.cli.report import Report
    from sessions_ls.kernel.client import Kernel
    from sessions_ls.live.request import Request, Summary
    from sessions_ls.live.session import LiveSession
    from sessions_ls.live.settings import Settings

    Event = dict[str, Any]


def main(args: list[str]) -> int:
    """Carry out `sessions run`. Raises SessionsError where the request is wrong."""
    given = _arguments(args)
    path = given["NOTEBOOK"]
    timeout = given.last("--timeout")
    seconds = None if timeout is None else _seconds(timeout)
    text = read_source(path)
    settings = load_settings(path)
    if given.has("--set"):
        from sessions_ls.cli.constants import with_values

        text = with_values(text, given.every("--set"), path)
    junit = _junit(given.last("--junit"), path)
    kernel = _start(path, settings)
    from sessions_ls.live.session import LiveSession  # while the kernel starts

    sinks: list[Callable[[Event], None]] = []

    def emit(event: Event) -> None:
        for sink in sinks:
            sink(event)

    session = LiveSession(path, settings, emit, write=not given.has("--no-write"), kernel=kernel)
    screen = Screen(session.interrupt)
    printer = _printer(given.has("--json"), path, session, screen)
    sinks += [printer.take] if junit is None else [junit.take, printer.take]
    try:
        for trouble in session.troubles:
            console.message(trouble)
        session.submit(text)
        request = _request(given, session, seconds)
        return _run(session, request, screen, printer, junit)
    finally:
        screen.close()
        session.close()


def _start(path: str, settings: Settings) -> Kernel:
    """Start the kernel before there is anything for it to do: both take their time."""
    try:
        return early.start_kernel(path, settings)
    except OSError as error:
        choice = early.interpreter(path, settings)
        raise UsageError(
            f"{choice.path} cannot be started: {error.strerror or error} ({choice.reason})"
        ) from error


def _run(
    session: LiveSession,
    request: Request,
    screen: Screen,
    printer: Report | EventLines,
    junit: JUnit | None,
) -> int:
    """Run the request; the exit status."""
    from sessions_ls.cli.signals import Signals
    from sessions_ls.results.errors import SessionFileError

    summary: Summary | None = None
    with Signals(session, screen.progress) as signals:
        try:
            summary = session.run(request)
        except SessionFileError as error:
            screen.err_line(f"sessions: {error}")
        screen.close()
        if summary is not None and summary.timed_out:
            screen.err_line(f"sessions: timed out after {request.seconds:g} s")
        printer.close()
        written = junit is None or _written(junit, session)
    if signals.number is not None:
        return 128 + signals.number
    if screen.lost is not None:
        return _lost(screen.lost)
    if summary is None or summary.timed_out or not written:
        return FAILED
    if summary.interrupted:
        return INTERRUPTED
    return OK if summary.ok else FAILED


def _written(junit: JUnit, session: LiveSession) -> bool:
    try:
        junit.write(session)
    except OSError as error:
        console.message(f"{junit.path} cannot be written: {error.strerror or error}")
        return False
    return True


def _lost(error: OSError) -> int:
    """Standard output could not be written to any more, and the run was stopped."""
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    console.message(f"standard output cannot be written: {error.strerror or error}")
    return FAILED


def _junit(path: str | None, notebook: str) -> JUnit | None:
    if path is None:
        return None
    from sessions_ls.cli.junit import JUnit

    return JUnit(path, notebook)


def _printer(json: bool, path: str, session: LiveSession, screen: Screen) -> Report | EventLines:
    if json:
        from sessions_ls.cli.events import EventLines

        return EventLines(session, screen)
    from sessions_ls.cli.report import Report

    return Report(path, session, screen)


def _request(given: Taken, session: LiveSession, seconds: float | None) -> Request:
    """What is to run. Raises UsageError for a cell that cannot be meant."""
    from sessions_ls.live.request import Request

    notebook = session.notebook
    path = given["NOTEBOOK"]
    for problem in notebook.problems:
        if problem.code == "bad-marker" and problem.severity == "error":
            raise UsageError(f"{path}:{problem.line + 1}: {problem.message}")
    if given.has("--all"):
        return Request(all=True, seconds=seconds)
    if not given.has("--cell"):
        return Request(stale=True, retry=True, seconds=seconds)
    from sessions_ls.cli.select import cell_named

    numbers = []
    for word in given.every("--cell"):
        cell = cell_named(notebook, word, path)
        if cell.kind != "code":
            raise UsageError(f"cell {cell.number} of {path} is text: nothing to run")
        numbers.append(cell.number)
    return Request(cells=numbers, seconds=seconds)


def _arguments(args: list[str]) -> Taken:
    return (
        Arguments(
            "run",
            "Run the cells whose results are not fresh, and print each result as it comes.",
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
        .option("--timeout", "S", "stop after S seconds")
        .option("--no-write", "", "do not save the results")
        .option("--json", "", "print events, a JSON object a line")
        .option("--junit", "FILE", "also write a JUnit XML report")
        .parse(args)
    )  # fmt: skip


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise UsageError(f"--timeout: {text!r} is no number of seconds above 0")
    return seconds
