"""`sessions set`: another value for a constant of the notebook, and all that reads it runs."""

from __future__ import annotations

from sessions_ls.cli import running
from sessions_ls.cli.arguments import Arguments
from sessions_ls.cli.constants import changed
from sessions_ls.cli.run import refuse_bad_markers
from sessions_ls.live.settings import load_settings
from sessions_ls.live.trust import on_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.cli.remote import Remote
    from sessions_ls.live.request import Request
    from sessions_ls.live.session import LiveSession
    from sessions_ls.live.view import View

WHO = "sessions set"
CAUSE = "widget"


def main(args: list[str]) -> int:
    """Carry out `sessions set`. Raises SessionsError where the request is wrong."""
    arguments = (
        Arguments(
            "set",
            "Give plain constants of a notebook other values, such as the 10 of a line `n = 10`, "
            "and run the cells that read them. The file stays as it is; the next run of those "
            "cells has its values again.",
            "sessions set notebook.py n=100",
        )
        .place("NOTEBOOK", "a Python file with `# %%` cells")
        .place("NAME=VALUE", "a constant and its value", several=True)
    )
    given = running.with_options(arguments).parse(args)
    path = given["NOTEBOOK"]
    limit = running.seconds(given)
    from sessions_ls.cli import source

    text, digest = source.read(path)
    text, numbers = changed(text, given.every("NAME=VALUE"), path, "")

    grant = on_request(path)

    def request(session: LiveSession | Remote) -> Request:
        from sessions_ls.live.request import Request

        refuse_bad_markers(session.notebook, path)
        cells = [*numbers, *_readers(session.view(), numbers)]
        return Request(grant, cells=cells, seconds=limit, cause=CAUSE)

    settings = load_settings(path)
    return running.carry_out(running.Plan(given, grant, text, settings, request, WHO, digest))


def _readers(view: View, numbers: list[int]) -> list[int]:
    """The cells that read these, directly or through others, and would not run by themselves.

    That is those that have not run yet, or were edited since.
    """
    reached = set(numbers)
    todo = list(numbers)
    while todo:
        new = {position + 1 for position in view.readers[todo.pop() - 1]} - reached
        reached |= new
        todo += new
    return [
        cell.number
        for cell in view.cells
        if cell.number in reached.difference(numbers)
        and cell.status.own
        and cell.runs
        and not cell.cell.manual
    ]
