"""Whether a save may run a notebook, and how the person is asked: once, and never in the way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from sessions_ls.live.trust import Grant, Trust, TrustError, by_editor, load, record
from sessions_ls.lsp.diagnostics import INFORMATION, diagnostic, line_range
from sessions_ls.lsp.wire import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_ls.live.view import View
    from sessions_ls.lsp.documents import Document
    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer

NOTEBOOK, NOT_NOW = "Trust this notebook", "Not now"
TRUST = "sessions.trust"
ACTION = "Trust and run"
UNTRUSTED = f"Saving ran nothing: this notebook is not trusted. The code action `{ACTION}` helps."

ASKING, DISMISSED, DECLINED = "asking", "dismissed", "declined"
"""How it stands with a question: there is no answer yet, none was given, or it was "Not now"."""


class Trusting:
    """The questions of this process, and what came of them. On the event loop."""

    def __init__(self, server: SessionsServer) -> None:
        self._server = server
        self._answers: dict[str, str] = {}  # by the path of the notebook
        self._trust = Trust({})  # as it was read last
        self._trouble: str | None = None  # what was last said about its file

    async def grant(self, path: str) -> Grant | None:
        """The grant for a save of the notebook; None where it is not trusted."""
        trusted = self._server.client.policy.trusted
        if trusted is not None:
            return by_editor(path) if trusted else None
        grant: Grant | None = await self._server.blocking(self._look, path)
        trouble = self._trust.trouble
        if trouble is not None and trouble != self._trouble:
            self._server.say(trouble, types.MessageType.Warning)
        self._trouble = trouble
        return grant

    def _look(self, path: str) -> Grant | None:
        self._trust = trust = load(known=self._trust)
        return trust.grant(path)

    def hold(self, notebook: OpenNotebook, path: str) -> None:
        """A save would have run something and may not: ask, or else show it."""
        client = self._server.client
        if client.policy.trusted is False:
            return  # the editor says so itself, and how to change it
        notebook.held = True
        if path not in self._answers and client.asks:
            self._answers[path] = ASKING
            self._server.start_task(self._ask(path))
        elif self._answers.get(path) != DECLINED:
            self._answers[path] = DISMISSED
            self._server.start_task(notebook.show())

    def shows(self, notebook: OpenNotebook) -> bool:
        """Whether the diagnostic is due."""
        return notebook.held and self._answers.get(notebook.path or "") == DISMISSED

    async def trust(self, path: str) -> None:
        """Trust a notebook or folder from now on; what saves have asked for runs.

        Raises TrustError.
        """
        await self._server.blocking(record, path, True)
        for notebook in self._server.notebooks.held():
            assert notebook.path is not None, "what was saved has a file"
            grant = await self.grant(notebook.path)
            if grant is not None:
                notebook.held = False
                self._server.start_task(notebook.runs.save(grant))

    async def _ask(self, path: str) -> None:
        """Ask whether the notebook is trusted. It may be closed before there is an answer."""
        folder = os.path.dirname(await self._server.blocking(os.path.realpath, path))
        titles = {NOTEBOOK: path}
        if not _is_home(folder):
            titles[f"Trust all in {_short(folder)}"] = folder
        answers = [*titles, NOT_NOW]
        if self._server.client.policy.preselects:
            answers = [NOT_NOW, *titles]
        question = types.ShowMessageRequestParams(
            types.MessageType.Info,
            f"Run stale cells of {os.path.basename(path)} whenever you save it?",
            [types.MessageActionItem(title) for title in answers],
        )
        try:
            item = await self._server.window_show_message_request_async(question)
        except JsonRpcException:  # upstream's Helix 25.07 says that it asks, and does not
            item = None
        answer = None if item is None else item.title
        self._answers[path] = DECLINED if answer == NOT_NOW else DISMISSED
        if answer in titles:
            try:
                await self.trust(titles[answer])
            except TrustError as error:
                self._server.say(str(error))
        notebook = self._server.notebooks.find(path)
        if notebook is not None:
            await notebook.show()


def _is_home(folder: str) -> bool:
    """Whether everything of the person is in the folder: that is never offered."""
    return os.path.join(os.path.realpath(os.path.expanduser("~")), "").startswith(
        os.path.join(folder, "")
    )


def _short(folder: str) -> str:
    home = os.path.join(os.path.expanduser("~"), "")
    return f"~/{folder.removeprefix(home)}" if folder.startswith(home) else folder


# -- what is shown while a save was in vain --------------------------------------------------------


def would_run(view: View) -> bool:
    """Whether a save has anything to run."""
    return any(
        cell.state in ("new", "stale", "interrupted")
        and cell.runs
        and not (cell.cell.manual or cell.cell.disabled)
        for cell in view.cells
    )


def untrusted_diagnostic(document: Document) -> str:
    """It is said on the first line, as JSON."""
    return diagnostic(line_range(document, 0), INFORMATION, "untrusted", UNTRUSTED)


def trust_actions(notebook: OpenNotebook, objects: bool) -> Iterator[str]:
    """The code action that trusts the notebook, as JSON; none while no save was in vain.

    ``objects``: the client takes more than commands.
    """
    if notebook.held:
        argument = f'{{"uri":{quoted(notebook.uri)}}}'
        command = f'{{"title":"{ACTION}","command":"{TRUST}","arguments":[{argument}]}}'
        action = f'{{"title":"{ACTION}","kind":"quickfix","command":{command}}}'
        yield action if objects else command
