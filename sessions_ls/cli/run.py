"""`sessions run`: runs what is stale and prints each cell's result as it comes."""

from __future__ import annotations

from sessions_ls.cli import BROKEN_PIPE, FAILED, INTERRUPTED, OK, console
from sessions_ls.cli.arguments import Parser, UsageError
from sessions_ls.cli.screen import Screen
from sessions_ls.live.request import Request
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import load_settings
from sessions_ls.notebook.files import read_source
from sessions_ls.results.errors import SessionFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.cli.events import EventLines
    from sessions_ls.cli.junit import JUnit
    from sessions_ls.cli.report import Report
    from sessions_ls.live.request import Summary

    Event = dict[str, Any]


def main(args: list[str]) -> int:
    """Carry out `sessions run`. Raises SessionsError where the request is wrong."""
    options = _options(args)
    path: str = options.notebook
    text = read_source(path)
    settings = load_settings(path)
    if options.set:
        from sessions_ls.cli.constants import with_values

        text = with_values(text, options.set, path)
    junit = _junit(options)
    sinks: list[Callable[[Event], None]] = []

    def emit(event: Event) -> None:
        for sink in sinks:
            sink(event)

    session = LiveSession(path, settings, emit, write=not options.no_write)
    screen = Screen(session.interrupt)
    printer = _printer(options, session, screen)
    sinks += [printer.take] if junit is None else [junit.take, printer.take]
    try:
        _start(session)
        session.submit(text)
        request = _request(options, session)
        return _run(session, request, screen, printer, junit)
    finally:
        screen.close()
        session.close()


def _start(session: LiveSession) -> None:
    """Start the kernel before there is anything for it to do: both take their time."""
    for trouble in session.troubles:
        console.message(trouble)
    try:
        session.start_kernel()
    except OSError as error:
        choice = session.choice
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


def _junit(options: Namespace) -> JUnit | None:
    if options.junit is None:
        return None
    from sessions_ls.cli.junit import JUnit

    return JUnit(options.junit, options.notebook)


def _printer(options: Namespace, session: LiveSession, screen: Screen) -> Report | EventLines:
    if options.json:
        from sessions_ls.cli.events import EventLines

        return EventLines(session, screen)
    from sessions_ls.cli.report import Report

    return Report(options.notebook, session, screen)


def _request(options: Namespace, session: LiveSession) -> Request:
    """What is to run. Raises UsageError for a cell that cannot be meant."""
    notebook = session.notebook
    for problem in notebook.problems:
        if problem.code == "bad-marker" and problem.severity == "error":
            raise UsageError(f"{options.notebook}:{problem.line + 1}: {problem.message}")
    if not options.cell:
        return Request(
            all=options.all, stale=not options.all, retry=not options.all, seconds=options.timeout
        )
    from sessions_ls.cli.select import cell_named

    numbers = []
    for word in options.cell:
        cell = cell_named(notebook, word, options.notebook)
        if cell.kind != "code":
            raise UsageError(f"cell {cell.number} of {options.notebook} is text: nothing to run")
        numbers.append(cell.number)
    return Request(cells=numbers, seconds=options.timeout)


def _options(args: list[str]) -> Namespace:
    parser = Parser(
        "run",
        "Run the cells whose results are not fresh, and print each result as it comes.",
        "sessions run notebook.py --set n=100",
    )
    parser.notebook()
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="run every cell, fresh or not")
    which.add_argument(
        "--cell", action="append", default=[], metavar="N-or-TITLE",
        help="run this cell, what it needs, and what becomes stale by it (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="run with another value for a plain constant; the file stays as it is (repeatable)",
    )  # fmt: skip
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="stop after S seconds")
    parser.add_argument("--no-write", action="store_true", help="do not save the results")
    parser.add_argument("--json", action="store_true", help="print events, a JSON object a line")
    parser.add_argument("--junit", metavar="FILE", help="also write a JUnit XML report")
    return parser.parse_args(args)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds
