"""What `sessions run` and `sessions set` share: a request carried out, and shown as it goes.

In the live session of the notebook where there is one, else in a session of this process, which
has the notebook to itself for the time.
"""

from __future__ import annotations

import os

from sessions_ls.cli import BROKEN_PIPE, FAILED, INTERRUPTED, OK, console
from sessions_ls.cli.arguments import UsageError
from sessions_ls.cli.owning import own
from sessions_ls.cli.screen import Screen
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessions_ls.cli.arguments import Arguments, Taken
    from sessions_ls.cli.events import EventLines
    from sessions_ls.cli.junit import JUnit
    from sessions_ls.cli.owning import Owned
    from sessions_ls.cli.remote import Remote
    from sessions_ls.cli.report import Report
    from sessions_ls.live.request import Request, Summary
    from sessions_ls.live.session import LiveSession
    from sessions_ls.live.settings import Settings
    from sessions_ls.live.trust import Grant

    Event = dict[str, Any]
    Emit = Callable[[Event], None]


def with_options(arguments: Arguments) -> Arguments:
    """The arguments with the options of every command that runs cells."""
    return (
        arguments.option("--timeout", "S", "stop after S seconds")
        .option("--lines", "N", "print N lines of each long text, from its head and tail")
        .option("--json", "", "print events, a JSON object a line")
    )


class Plan:
    """What to run: the options, the text, and ``request``, which makes the request of its session.

    ``grant`` is the leave to do so, ``who`` the command, ``digest`` the hash of the file's bytes,
    where that is to be said.
    """

    __slots__ = ("digest", "given", "grant", "path", "request", "settings", "text", "who")

    def __init__(
        self,
        given: Taken,
        grant: Grant,
        text: str,
        settings: Settings,
        request: Callable[[LiveSession | Remote], Request],
        who: str,
        digest: str,
    ) -> None:
        self.given = given
        self.path = given["NOTEBOOK"]
        self.grant = grant
        self.text = text
        self.settings = settings
        self.request = request
        self.who = who
        self.digest = digest


def carry_out(plan: Plan) -> int:
    """Run it and print it; the exit status. Raises SessionsError where the request is wrong."""
    lines = _lines(plan.given)
    junit = _junit(plan.given.last("--junit"), plan.path)
    sinks: list[Emit] = []

    def emit(event: Event) -> None:
        for sink in sinks:
            sink(event)

    owned = own(
        plan.path, plan.grant, plan.settings, plan.who, emit,
        write=not plan.given.has("--no-write"), keep=plan.given.has("--keep"),
    )  # fmt: skip
    session = owned.session
    screen = Screen(session.interrupt)
    try:
        if owned.remote is not None:
            owned.remote.say = lambda text: screen.err_line(f"sessions: {text}")
        for trouble in session.troubles:
            console.message(trouble)
        session.submit(plan.text)
        request = plan.request(session)
        if owned.remote is not None or plan.given.has("--json"):
            _say_who_asks(request)
        printer = _printer(plan, request, session, screen)
        sinks += [] if junit is None else [junit.take]
        sinks.append(printer.take if lines is None else _short(printer.take, lines))
        return _run(owned, request, screen, printer, junit)
    finally:
        screen.close()
        owned.close()


def _say_who_asks(request: Request) -> None:
    """Tell a command that an agent gave from one of a person."""
    if request.cause == "command":
        from sessions_ls.cli.asker import cause

        request.cause = cause(os.environ)


# -- the run ---------------------------------------------------------------------------------------


def _run(
    owned: Owned,
    request: Request,
    screen: Screen,
    printer: Report | EventLines,
    junit: JUnit | None,
) -> int:
    """Run the request; the exit status."""
    from sessions_ls.cli.signals import Signals

    summary: Summary | None = None
    session = owned.session
    leave = None if owned.remote is None else owned.remote.leave
    with Signals(session, screen.progress, leave) as signals:
        try:
            summary = session.run(request)
        except UsageError:
            raise
        except SessionsError as error:  # not saved, or the live session ended
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


def _written(junit: JUnit, session: LiveSession | Remote) -> bool:
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


# -- the options -----------------------------------------------------------------------------------


def seconds(given: Taken) -> float | None:
    """The S of `--timeout S`. Raises UsageError."""
    text = given.last("--timeout")
    if text is None:
        return None
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 1e9:
        raise UsageError(f"--timeout: {text!r} is no number of seconds above 0")
    return found


def _lines(given: Taken) -> int | None:
    if not given.has("--lines"):
        return None
    from sessions_ls.cli.trim import lines_given

    return lines_given(given)


def _junit(path: str | None, notebook: str) -> JUnit | None:
    if path is None:
        return None
    from sessions_ls.cli.junit import JUnit

    return JUnit(path, notebook)


def _printer(
    plan: Plan, request: Request, session: LiveSession | Remote, screen: Screen
) -> Report | EventLines:
    if plan.given.has("--json"):
        from sessions_ls.cli.events import EventLines

        return EventLines(session, screen, _about(plan, request))
    from sessions_ls.cli.report import Report

    return Report(plan.path, session, screen)


def _about(plan: Plan, request: Request) -> Event:
    """What the last event of `--json` says besides."""
    who = f"{plan.who} (pid {os.getpid()})"
    about: Event = {"source": plan.digest, "who": who, "cause": request.cause}
    values = [*plan.given.every("--set"), *plan.given.every("NAME=VALUE")]
    return {**about, "set": values} if values else about


def _short(take: Emit, lines: int) -> Emit:
    from sessions_ls.cli.short import Short

    return Short(take, lines).take
