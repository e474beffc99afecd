"""The server: one editor's buffers on one side, their live sessions on the other."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified
from pygls.lsp.server import LanguageServer

from sessions_ls.lsp import (
    actions,
    cell_actions,
    commands,
    documents,
    folding,
    hints,
    hover,
    lenses,
    links,
    names,
    progress,
    symbols,
    sync,
)
from sessions_ls.lsp.converter import converter
from sessions_ls.lsp.notebooks import Notebooks
from sessions_ls.lsp.output import scratch_folder
from sessions_ls.lsp.policy import Client
from sessions_ls.lsp.refresh import Refresher
from sessions_ls.lsp.results import media_file
from sessions_ls.lsp.start import watch_parent
from sessions_ls.lsp.trusting import Trusting
from sessions_ls.lsp.wire import Protocol, Refused

if TYPE_CHECKING:
    import tempfile
    from collections.abc import Callable, Coroutine

    from sessions_ls.lsp.results import FileOf

log = logging.getLogger(__name__)

GRACE = 30.0
"""Seconds that a closed notebook stays attached: some editors reload by closing and opening."""


class SessionsServer(LanguageServer):
    """What the features share.

    Handlers are coroutines on one event loop. What may take long goes through `blocking` or a
    notebook's own thread; pygls's pool reads standard input and nothing else.
    """

    protocol: Protocol

    def __init__(self, version: str, grace: float = GRACE) -> None:
        super().__init__(
            "sessions-ls",
            version,
            protocol_cls=Protocol,
            converter_factory=converter,
            max_workers=2,
        )
        self.client = Client(types.InitializeParams(types.ClientCapabilities()))
        self.notebooks = Notebooks(self, grace)
        self.trusting = Trusting(self)
        self.refresher = Refresher(self)
        self.outlines = symbols.Outlines()
        self.pictures = links.Pictures(self.scratch)
        self.progresses: dict[str, progress.Progress] = {}  # those shown, by their tokens
        self._workers = concurrent.futures.ThreadPoolExecutor(4, "sessions-worker")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._greeted = False
        self._making = threading.Lock()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def scratch(self) -> str:
        """A private folder for files that the editor is to show; gone with the server."""
        with self._making:
            if self._scratch is None:
                self._scratch = scratch_folder()
            return self._scratch.name

    def file_of(self, notebook: str) -> FileOf:
        """What finds the file with an output of this notebook."""
        return lambda output: media_file(output, notebook, self.scratch)

    def end(self) -> None:
        """Leave the live sessions, which go on, and leave no file. From any thread."""
        self.notebooks.end()
        scratch, self._scratch = self._scratch, None
        if scratch is not None:
            scratch.cleanup()

    def report_server_error(self, error: Exception, source: type[Exception]) -> None:
        """Log. A message box is for what the person can act on."""
        outdated = isinstance(error, JsonRpcContentModified)
        if isinstance(error, Refused) or outdated or self.protocol._shutdown:
            log.info("refused, or too late: %s", error)
        else:
            log.error("%s: %s", source.__name__, error, exc_info=error)

    async def blocking(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run something slow in a thread of our own."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, function, *arguments)

    def json_of(self, value: Any) -> Any:
        """An object of the protocol as data for JSON."""
        return self.protocol._converter.unstructure(value)

    def start_task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a coroutine that nobody waits for; its exception goes to the log."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task failed", exc_info=task.exception())

    def say(self, message: str, kind: types.MessageType = types.MessageType.Error) -> None:
        """Tell the person, for things they can act on."""
        self.window_show_message(types.ShowMessageParams(kind, message))

    def greet(self) -> None:
        """Say what is to be said first, once."""
        greeting = self.client.policy.greeting
        if greeting and not self._greeted:
            self.say(greeting, types.MessageType.Info)
        self._greeted = True

    def notice(self, message: str) -> None:
        """Tell the person what happened, where the client shows it in no other way."""
        if self.client.policy.notices:
            self.say(message, types.MessageType.Info)


async def initialize(ls: SessionsServer, params: types.InitializeParams) -> None:
    """`initialize`: our documents in place of pygls's, and what this client is offered."""
    documents.install(ls.protocol, params)
    ls.client = Client(params)
    for sentence in ls.client.misfits:
        ls.say(sentence, types.MessageType.Warning)
    if ls.client.policy.hints:
        options = types.InlayHintOptions(resolve_provider=ls.client.hint_tooltips)
        ls.feature(types.TEXT_DOCUMENT_INLAY_HINT, options)(hints.inlay_hints)
        if ls.client.hint_tooltips:
            ls.feature(types.INLAY_HINT_RESOLVE)(hints.resolve_hint)
    if ls.client.policy.navigation:
        ls.feature(types.TEXT_DOCUMENT_DEFINITION)(names.definition)
        ls.feature(types.TEXT_DOCUMENT_REFERENCES)(names.references)
    rename = types.RenameOptions(prepare_provider=True) if ls.client.prepares_rename else None
    ls.feature(types.TEXT_DOCUMENT_RENAME, rename)(names.rename_name)
    watch_parent(params.process_id, ls)


async def did_change_configuration(
    ls: SessionsServer, params: types.DidChangeConfigurationParams
) -> None:
    """`workspace/didChangeConfiguration`: VS Code's workspace may be trusted while it is open."""
    ls.client.change(params.settings)


async def shutdown(ls: SessionsServer, params: None) -> None:
    """`shutdown`: the live sessions go on without us."""
    ls.notebooks.end()


FEATURES: tuple[tuple[str, Callable[..., Any], Any], ...] = (
    (types.INITIALIZE, initialize, None),
    (types.SHUTDOWN, shutdown, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, did_change_configuration, None),
    (types.TEXT_DOCUMENT_DID_OPEN, sync.did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, sync.did_change, None),
    (types.TEXT_DOCUMENT_DID_SAVE, sync.did_save, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, sync.did_close, None),
    (types.TEXT_DOCUMENT_CODE_LENS, lenses.code_lens, types.CodeLensOptions()),
    (types.TEXT_DOCUMENT_CODE_ACTION, actions.code_action, actions.OPTIONS),
    (types.TEXT_DOCUMENT_HOVER, hover.hover, None),
    (types.CODE_ACTION_RESOLVE, cell_actions.resolve_action, None),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, symbols.document_symbols, None),
    (types.WORKSPACE_SYMBOL, symbols.workspace_symbols, None),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, folding.folding_ranges, None),
    (types.TEXT_DOCUMENT_SELECTION_RANGE, folding.selection_ranges, None),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, names.highlight, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, names.prepare_rename, None),
    (types.TEXT_DOCUMENT_DOCUMENT_LINK, links.document_links, types.DocumentLinkOptions()),
    (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, progress.cancelled, None),
)
"""Every method that is served whoever asks, with its handler and options."""


def create(version: str, grace: float = GRACE) -> SessionsServer:
    """A server with every feature, not yet connected."""
    server = SessionsServer(version, grace)
    for method, handler, options in FEATURES:
        server.feature(method, options)(handler)
    for name, command in commands.COMMANDS.items():
        server.command(name)(commands.handler(name, command))
    return server
