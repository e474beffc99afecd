"""The open Python documents, and the live session of each that is a notebook."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.uris import to_fs_path

from sessions_ls.live.client import Client
from sessions_ls.live.settings import Settings, SettingsError, load_settings
from sessions_ls.lsp.attachment import Attachment
from sessions_ls.lsp.cellstate import CellStates
from sessions_ls.lsp.diagnostics import diagnostics
from sessions_ls.lsp.documents import Document
from sessions_ls.lsp.mailbox import Mailbox
from sessions_ls.lsp.ondisk import disk_diagnostics
from sessions_ls.lsp.pace import Throttle
from sessions_ls.lsp.runs import Runs
from sessions_ls.lsp.trusting import untrusted_diagnostic, would_run
from sessions_ls.lsp.wire import quoted
from sessions_ls.notebook.cells import is_notebook

if TYPE_CHECKING:
    from sessions_ls.live.view import CellView, View
    from sessions_ls.lsp.diagnostics import Kept
    from sessions_ls.lsp.server import SessionsServer
    from sessions_ls.notebook.lines import Lines

log = logging.getLogger(__name__)

TYPING = 0.04
"""Seconds between two analyses while somebody types; requests are answered up to date anyway."""

WATCHING = 0.1
"""Seconds between two looks at a run."""

QUICK = 0.03
"""Seconds that a run may take to be shown as its results alone."""

SHARE = 20
"""A look at a run comes at least this many times its own cost after the one before."""

ENDED = 2
"""The same for a look at what a run has left: somebody waits for that."""

QUIET = 2.0
"""Seconds after opening until something is done that nobody waits for."""


class OpenNotebook:
    """A Python document: a notebook while it holds a cell marker, else left alone.

    Lives on the event loop; only `_emit` is called from another thread.
    """

    def __init__(self, server: SessionsServer, uri: str) -> None:
        self.uri = uri
        self.path = to_fs_path(uri) or None  # None: it has no file yet; Neovim calls that `file://`
        self.name = os.path.basename(self.path or uri) or "the notebook"
        self.document: Document | None = None
        self.session: Client | None = None
        self.attachment = Attachment(server, self)
        self.runs = Runs(server, self)
        self.states = CellStates(server, self)
        self.held = False  # a save would have run something, and the notebook is not trusted
        self._server = server
        self._opening: asyncio.Task[None] | None = None
        self._text: Lines | None = None  # what the session was given last
        self._view: View | None = None
        self._marks: Kept = {}
        self._published = "[]"
        self._version: int | None = None  # of the document, when they were published
        self._ran = False  # results or states changed since lenses and hints were last refreshed
        self._asked_for: list[CellView] | None = None  # what lenses and hints were refreshed for
        self._cost = 0.0  # seconds that the last look took
        self._pace = Throttle(TYPING, lambda: server.start_task(self.show()))
        self._loop = asyncio.get_running_loop()
        self._events = Mailbox(server.client.cell_state or server.client.progress, self.runs.asked)

    # -- the editor's side -----------------------------------------------------------------------

    def opened(self, document: Document) -> None:
        """The editor shows it, for the first time or again, as it read it from its file."""
        self.uri = document.uri
        self.document = document
        if self.session is not None:
            self.session.opened()
            # Neovim asks for hints once when it reloads, before it can draw them.
            self._ran = True
            self._asked_for = None
        self.states.opened()

    def edited(self) -> None:
        """The text changed."""
        self._pace.soon()

    async def saved(self) -> None:
        """The person saved it."""
        if self.session is not None and self.document is not None:
            self.session.saved(self.document.source)
        view = await self.view()
        if view is None or self.path is None:
            return
        grant = await self._server.trusting.grant(self.path)
        if grant is not None:
            self.held = False
            await self.runs.save(grant)
        elif would_run(view):
            self._server.trusting.hold(self, self.path)

    def closed(self) -> None:
        """The editor no longer shows it."""
        if self.document is not None:
            self._publish("[]")
            self.document = None

    # -- what it shows ---------------------------------------------------------------------------

    async def view(self) -> View | None:
        """The notebook as the buffer stands at this moment; None while it is none."""
        if self.session is None:
            if self.document is None or not is_notebook(self.document.source):
                return None
            if self._opening is None:
                self._opening = self._server.start_task(self._open(self.document.text))
            await asyncio.shield(self._opening)
        return self._current()

    def _current(self) -> View | None:
        session = self.session
        assert session is not None
        text = self.document.text if self.document is not None else self._text
        if text is not None and text is not self._text:
            session.submit(text.text)
            self._text = text
            self._view = None
        if self._view is None:
            self._view = session.view()
        marked = any(cell.cell.marker is not None for cell in self._view.cells)
        return self._view if marked else None

    async def _open(self, text: Lines) -> None:
        """Show what is known: of the live session, else what is stored. No kernel is started."""
        self.session = await self._server.blocking(self._load, text.text)
        self._text = text
        self._server.greet()
        for trouble in self.session.troubles:
            self._server.say(f"{self.name}: {trouble}", types.MessageType.Warning)
        if self.path is not None:
            self.attachment.keep(self.session)
            self._server.start_task(self._keep_names(self.session))

    async def _keep_names(self, session: Client) -> None:
        await asyncio.sleep(QUIET)
        await self._server.blocking(session.keep_names)

    def _load(self, text: str) -> Client:
        path = self.path or self.uri
        try:
            settings = load_settings(path)
        except SettingsError as error:
            self.say(str(error), types.MessageType.Error)
            settings = Settings()
        session = Client(path, settings, self._emit, self._server.client.name)
        # Results first, so that the cells of the text are aligned with them once.
        if self.path is None or not self.attachment.reach(session, start=False):
            session.read_stored()
        if self.path is not None:
            session.recall_names(text)
        session.submit(text)
        session.view()  # the first proof, here: it would hold up the event loop
        return session

    async def show(self) -> None:
        """Publish the diagnostics if they are not those that the client has."""
        started = time.thread_time()
        view = await self.view()
        self.held = self.held and view is not None and would_run(view)
        if self.document is None:
            return
        self._publish("[]" if view is None else self._diagnostics(view, self.document))
        self.states.soon()
        self._cost = time.thread_time() - started
        cells = [] if view is None else view.cells
        if self._ran and cells != self._asked_for:
            self._asked_for = cells
            self._server.refresher.soon()
        self._ran = False

    def _diagnostics(self, view: View, document: Document) -> str:
        client, session = self._server.client, self.session
        assert session is not None
        others = [*disk_diagnostics(session, view, document, client)]
        if self._server.trusting.shows(self):
            others.append(untrusted_diagnostic(document))
        return diagnostics(view, document, client, others, self._marks)

    def _publish(self, found: str) -> None:
        if self.document is None:
            return
        version = self.document.version
        again = self._server.client.policy.repeats and self._version not in (None, version)
        if found == self._published and not again:
            return
        self._published, self._version = found, version
        self._server.protocol.notify_json(
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS,
            f'{{"uri":{quoted(self.uri)},"version":{"null" if version is None else version},'
            f'"diagnostics":{found}}}',
        )

    # -- the session's side ----------------------------------------------------------------------

    def _emit(self, event: dict[str, Any]) -> None:
        """Take an event from the thread that runs: keep it and wake the event loop, no more."""
        if self._events.put(event):
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:
                log.debug("an event came after the end: %s", event["event"])

    def _drain(self) -> None:
        seen = False
        for event in self._events.empty():
            self.runs.take(event)
            self.attachment.take(event)
            self.states.take(event)
            seen = seen or event["event"] not in ("output", "display", "ambient")
        if seen:
            self._view = None
            self._ran = True
            assert self.session is not None
            if self.session.busy:
                self._pace.soon(max(WATCHING, SHARE * self._cost), QUICK)
            else:
                self._pace.soon(ENDED * self._cost)

    def say(self, sentence: str, kind: types.MessageType) -> None:
        """Tell the person. From any thread."""
        self._loop.call_soon_threadsafe(self._server.say, sentence, kind)

    async def settled(self) -> None:
        """A run, a restart or the like is over: show what it left before it is answered."""
        self._view = None
        self._ran = True
        await self.show()

    def end(self) -> None:
        """Leave the live session, which goes on. From any thread."""
        self.attachment.end()
        if self.session is not None:
            self.session.close()


class Notebooks:
    """Every Python document that is open, or was a moment ago."""

    def __init__(self, server: SessionsServer, grace: float) -> None:
        self.latest: OpenNotebook | None = None  # the one last shown or edited
        self._server = server
        self._grace = grace
        self._open: dict[str, OpenNotebook] = {}
        self._leaving: dict[str, asyncio.TimerHandle] = {}

    def open(self, uri: str) -> OpenNotebook | None:
        """The editor opened a document; None if it holds no Python."""
        key = unquote(uri)
        document = self._server.workspace.text_documents.get(key)
        if not isinstance(document, Document) or document.language_id not in ("python", "", None):
            return None
        leaving = self._leaving.pop(key, None)
        if leaving is not None:
            leaving.cancel()
        notebook = self._open.get(key)
        if notebook is None:
            notebook = self._open[key] = OpenNotebook(self._server, uri)
        notebook.opened(document)
        self.latest = notebook
        return notebook

    def get(self, uri: str) -> OpenNotebook | None:
        """The notebook, or Python document that may become one, with this URI."""
        return self._open.get(unquote(uri))

    def find(self, path: str) -> OpenNotebook | None:
        """The open document with this file, whatever the way to it."""
        real = os.path.realpath(path)
        for notebook in self._open.values():
            if notebook.path is not None and os.path.realpath(notebook.path) == real:
                return notebook
        return None

    def held(self) -> list[OpenNotebook]:
        """Those that a save would have run, and may not."""
        return [notebook for notebook in self._open.values() if notebook.held]

    def ending(self, relative: str) -> OpenNotebook | None:
        """The document whose path ends in ``relative``: the last used one, else the only one."""
        tail = os.sep + os.path.normpath(relative)
        found = [one for one in self._open.values() if one.path and one.path.endswith(tail)]
        if self.latest in found:
            return self.latest
        return found[0] if len(found) == 1 else None

    def close(self, uri: str) -> None:
        """The editor closed a document. Its session stays for a while."""
        key = unquote(uri)
        notebook = self._open.get(key)
        if notebook is not None:
            notebook.closed()
            if key in self._leaving:
                self._leaving[key].cancel()
            loop = asyncio.get_running_loop()
            self._leaving[key] = loop.call_later(self._grace, self._leave, key)

    def _leave(self, key: str) -> None:
        del self._leaving[key]
        notebook = self._open.pop(key)
        if self.latest is notebook:
            self.latest = None
        notebook.end()

    def end(self) -> None:
        """Leave every live session. From any thread, more than once."""
        for notebook in list(self._open.values()):
            notebook.end()
