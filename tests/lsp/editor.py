"""An editor for tests: the capabilities of a real one, and its habits in a few words."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import converters, types
from pygls.exceptions import JsonRpcMethodNotFound
from pytest_lsp import LanguageClient
from pytest_lsp.client import make_test_lsp_client

from sessions_ls.live.trust import record
from sessions_ls.notebook.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = {
    "neovim": "neovim_v0.12.4.json",
    "helix": "helix_v25.07.1.json",
    "vscode": "vscode_v1.100.3.json",
}
ROOT = Path(__file__).parents[2]
SERVER = [sys.executable, "-m", "sessions_ls.lsp"]
LOG = Path(tempfile.mkdtemp(prefix="sessions-test-")) / "server.log"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "DISPLAY": ":0"}
PATIENCE = 60.0


def initialize_params(name: str, root: Path) -> types.InitializeParams:
    """What the real client of this name says when it starts."""
    saved = json.loads((Path(__file__).parent / "clients" / CLIENTS[name]).read_text("utf-8"))
    if "capabilities" not in saved:  # that of VS Code holds the capabilities alone
        saved = {"capabilities": saved, "clientInfo": {"name": "Visual Studio Code"}}
    given = converters.get_converter().structure(
        {**saved, "processId": os.getpid(), "rootUri": root.as_uri()}, types.InitializeParams
    )
    return types.InitializeParams(
        given.capabilities,
        process_id=given.process_id,
        client_info=given.client_info,
        root_uri=given.root_uri,
    )


def make_client() -> LanguageClient:
    """pytest-lsp's client, with answers to the refresh requests."""
    client = make_test_lsp_client()
    converter = client.protocol._converter

    def action(found: Any, _: type) -> types.Command | types.CodeAction:
        """lsprotocol takes a code action that holds a command for a command."""
        kind = types.Command if isinstance(found.get("command"), str) else types.CodeAction
        return converter.structure(found, kind)

    converter.register_structure_hook(types.Command | types.CodeAction, action)
    client.refreshes = {"lens": 0, "hint": 0}  # type: ignore[attr-defined]
    client.applied = []  # type: ignore[attr-defined]

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        client.applied.append(params)  # type: ignore[attr-defined]
        return types.ApplyWorkspaceEditResult(True)

    @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    def lenses(*_: Any) -> None:
        client.refreshes["lens"] += 1  # type: ignore[attr-defined]

    @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
    def hints(*_: Any) -> None:
        client.refreshes["hint"] += 1  # type: ignore[attr-defined]

    usual = client.report_server_error

    def report(error: Exception, source: Any) -> None:
        """Not that a client has no such method: the server was told so."""
        if not isinstance(error, JsonRpcMethodNotFound):
            usual(error, source)

    client.report_server_error = report  # type: ignore[method-assign]
    return client


class Editor:
    """One client with a folder of its own."""

    def __init__(
        self,
        client: LanguageClient,
        name: str,
        folder: Path,
        capabilities: types.ServerCapabilities,
    ) -> None:
        encoding = capabilities.position_encoding
        self.client = client
        self.name = name
        self.root = self.folder = folder
        self.capabilities = capabilities
        self.encoding = encoding.value if hasattr(encoding, "value") else str(encoding)
        self.lenses = name != "helix"
        self.hints = capabilities.inlay_hint_provider is not None
        self.asks = name != "helix"  # upstream's 25.07 says so, and does not
        self.asked: list[types.ShowMessageRequestParams] = []
        self.answers: asyncio.Queue[str | None] = asyncio.Queue()
        if self.asks:

            @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
            async def ask(question: types.ShowMessageRequestParams) -> Any:
                self.asked.append(question)
                title = await self.answers.get()
                return None if title is None else types.MessageActionItem(title)

        self.server = client._server.pid

    def open(self, text: str, name: str, language: str = "python", disk: bool = True) -> Buffer:
        """Open a file with this text."""
        path = self.folder / name
        if disk:
            path.write_text(text, "utf-8", newline="")
        buffer = Buffer(self, path, text)
        buffer.opened(language)
        return buffer

    async def command(self, name: str, *arguments: Any) -> Any:
        """Carry out a command of the server."""
        return await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(f"sessions.{name}", list(arguments) or None)
        )

    def said(self) -> list[str]:
        """The messages shown since this was last asked."""
        messages = [message.message for message in self.client.messages]
        self.client.messages.clear()
        assert not [message for message in messages if "Error in server" in message]
        return messages


class Buffer:
    """An open file, with unsaved changes perhaps."""

    def __init__(self, editor: Editor, path: Path, text: str) -> None:
        self.editor = editor
        self.client = editor.client
        self.path = path
        self.uri = path.as_uri()
        self.lines = Lines(text)
        self.version = 0
        self.document = types.TextDocumentIdentifier(self.uri)

    def opened(self, language: str = "python") -> None:
        self.version += 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(self.uri, language, self.version, self.lines.text)
            )
        )

    def closed(self) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(self.document))

    def replace(self, old: str, new: str) -> None:
        """Replace a piece of text that occurs once."""
        text = self.lines.text
        assert text.count(old) == 1, (old, text)
        start = text.index(old)
        where = (self.lines.position(start), self.lines.position(start + len(old)))
        first, last = (
            types.Position(line, self.lines.units(line, column, self.editor.encoding))
            for line, column in where
        )
        self.version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri),
                [types.TextDocumentContentChangePartial(types.Range(first, last), new)],
            )
        )
        self.lines = self.lines.edited(*where, new)

    def trusted(self) -> Buffer:
        """The same, and trusted as by `sessions trust`."""
        record(str(self.path), True)
        return self

    def save(self) -> None:
        self.path.write_text(self.lines.text, "utf-8", newline="")
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(self.document))

    async def run(self, command: str, **target: Any) -> dict[str, Any]:
        """A run command, to its end."""
        done: dict[str, Any] = await self.editor.command(command, {"uri": self.uri, **target})
        return done

    async def status(self) -> dict[str, Any]:
        """The object of `sessions status --json`."""
        status: dict[str, Any] = await self.editor.command("status", {"uri": self.uri})
        return status

    async def states(self) -> str:
        """The states of all cells, in order."""
        return " ".join(cell["state"] for cell in (await self.status())["cells"])

    async def lenses(self) -> list[types.CodeLens]:
        return (
            await self.client.text_document_code_lens_async(types.CodeLensParams(self.document))
        ) or []

    async def titles(self) -> list[str]:
        return [lens.command.title for lens in await self.lenses() if lens.command]

    async def hints(self, first: int = 0, last: int = 10_000) -> list[types.InlayHint]:
        span = types.Range(types.Position(first, 0), types.Position(last, 0))
        return (
            await self.client.text_document_inlay_hint_async(
                types.InlayHintParams(self.document, span)
            )
        ) or []

    async def hover(self, line: int, column: int = 0) -> str | None:
        found = await self.hovered(line, column)
        return None if found is None else found.contents.value

    async def hovered(self, line: int, column: int) -> types.Hover | None:
        return await self.client.text_document_hover_async(
            types.HoverParams(self.document, types.Position(line, column))
        )

    def diagnostics(self) -> list[types.Diagnostic]:
        return list(self.client.diagnostics.get(self.uri, ()))

    def found(self) -> str:
        """All diagnostics in short, results left out: `stale-cell@4 cell-error@7`, lines from 1."""
        return " ".join(
            f"{item.code}@{item.range.start.line + 1}"
            for item in sorted(self.diagnostics(), key=lambda item: item.range.start.line)
            if item.code != "cell-result"
        )

    def printed(self) -> dict[int, str]:
        """The results that are shown as diagnostics, by line from 1."""
        return {
            item.range.start.line + 1: item.message
            for item in self.diagnostics()
            if item.code == "cell-result"
        }

    async def shows(self, expected: str) -> None:
        """Wait until the diagnostics are these."""
        await until(lambda: self.found() == expected, lambda: f"{self.found()!r} != {expected!r}")

    def only(self, code: str) -> types.Diagnostic:
        [item] = [item for item in self.diagnostics() if item.code == code]
        return item


def kernels_of(notebook: Path) -> set[int]:
    """The kernel processes of a notebook."""
    found = set()
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = arguments.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words[1:2] and words[1].endswith(b"boot.py") and os.fsencode(notebook) in words:
            found.add(int(arguments.parent.name))
    return found


async def until(
    condition: Callable[[], bool], otherwise: Callable[[], str] = lambda: "nothing happened"
) -> None:
    """Wait for a condition, or fail."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, otherwise()
        await asyncio.sleep(0.005)
