"""Whatever an editor does with a hostile notebook but run or trust it, nothing of it runs."""

from __future__ import annotations

import inspect
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig

from sessions_ls.lsp import server
from sessions_ls.lsp.commands import COMMANDS
from sessions_ls.lsp.trusting import TRUST
from tests.hostile import BY_A_RUN, Hostile
from tests.lsp.editor import CLIENTS, Editor, initialize_params, make_client, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.editor import Buffer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONVERTER = converters.get_converter()

ON_REQUEST = {f"sessions.run{what}" for what in ("Cell", "Above", "Below", "Stale", "All")}
"""The commands that run what is in a notebook: somebody asks for just that."""

AT_THE_EDGES = {types.INITIALIZE, types.SHUTDOWN}

DOCUMENT = {
    types.TEXT_DOCUMENT_CODE_LENS: {},
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: {},
    types.TEXT_DOCUMENT_FOLDING_RANGE: {},
    types.TEXT_DOCUMENT_DOCUMENT_LINK: {},
    types.TEXT_DOCUMENT_INLAY_HINT: {
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    },
}
"""Requests about a whole notebook."""

POSITION: dict[str, dict[str, Any]] = {
    types.TEXT_DOCUMENT_HOVER: {},
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: {},
    types.TEXT_DOCUMENT_PREPARE_RENAME: {},
    types.TEXT_DOCUMENT_DEFINITION: {},
    types.TEXT_DOCUMENT_REFERENCES: {"context": {"includeDeclaration": True}},
    types.TEXT_DOCUMENT_RENAME: {"newName": "renamed"},
}
"""Requests about a place."""

RANGE = {types.TEXT_DOCUMENT_SELECTION_RANGE, types.TEXT_DOCUMENT_CODE_ACTION}

AFTERWARDS = {types.CODE_ACTION_RESOLVE, types.INLAY_HINT_RESOLVE}
"""What is asked about an answer."""

ANYWHERE: dict[str, dict[str, Any]] = {types.WORKSPACE_SYMBOL: {"query": ""}}

TOLD = {
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_SAVE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION,
}


async def test_every_request_is_driven_here() -> None:
    served = {method for method, _, _ in server.FEATURES}
    for name in re.findall(r"ls\.feature\(types\.(\w+)", inspect.getsource(server)):
        served.add(getattr(types, name))
    assert served - AT_THE_EDGES == {*DOCUMENT, *POSITION, *RANGE, *AFTERWARDS, *ANYWHERE, *TOLD}
    assert COMMANDS.keys() > ON_REQUEST


class Prober:
    """Asks everything, and takes every refusal."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.commands = COMMANDS.keys() - ON_REQUEST

    async def ask(self, method: str, params: Any) -> Any:
        if isinstance(params, dict):
            params = CONVERTER.structure(params, types.METHOD_TO_TYPES[method][2])
        with suppress(JsonRpcException):
            return await self.editor.client.protocol.send_request_async(method, params)
        return None

    async def command(self, name: str, *arguments: object) -> None:
        await self.ask(
            types.WORKSPACE_EXECUTE_COMMAND, {"command": name, "arguments": list(arguments)}
        )

    async def everything(self, buffer: Buffer) -> None:
        document = {"uri": buffer.uri}
        for method, more in DOCUMENT.items():
            found = await self.ask(method, {"textDocument": document, **more})
            if method == types.TEXT_DOCUMENT_INLAY_HINT:
                for hint in found or []:
                    await self.ask(types.INLAY_HINT_RESOLVE, hint)
        for line, text in enumerate(buffer.lines.text.splitlines()):
            for character in {0, len(text) // 2}:
                await self.at({"line": line, "character": character}, document)
        for method, params in ANYWHERE.items():
            await self.ask(method, params)
        for name in self.commands:
            await self.command(name, {"uri": buffer.uri})
            for cell in (1, 5):
                await self.command(name, {"uri": buffer.uri, "cell": cell})

    async def at(self, place: dict[str, int], document: dict[str, str]) -> None:
        for method, more in POSITION.items():
            await self.ask(method, {"textDocument": document, "position": place, **more})
        await self.ask(
            types.TEXT_DOCUMENT_SELECTION_RANGE, {"textDocument": document, "positions": [place]}
        )
        here = {"start": place, "end": place}
        context = {"diagnostics": []}
        actions = await self.ask(
            types.TEXT_DOCUMENT_CODE_ACTION,
            {"textDocument": document, "range": here, "context": context},
        )
        for action in actions or []:
            if getattr(action, "data", None) is not None:
                await self.ask(types.CODE_ACTION_RESOLVE, action)


@pytest.mark.parametrize("name", CLIENTS)
async def test_nothing_runs_until_somebody_asks_for_it(name: str, tmp_path: Path) -> None:
    hostile = Hostile(tmp_path)
    saved = hostile.notebook("saved", "pyproject.toml")
    trusted = hostile.notebook("trusted", ".venv")
    config = ClientServerConfig(
        # As the script `sessions-ls`, that finds nothing beside the notebook to import.
        ["env", "-C", str(hostile.folder), sys.executable, "-P", "-m", "sessions_ls.lsp"],
        client_factory=make_client,
        server_env=hostile.environment,
    )
    client = await config.start()
    try:
        answer = await client.initialize_session(initialize_params(name, hostile.folder))
        editor = client.editor = Editor(  # type: ignore[attr-defined]
            client, name, hostile.folder, answer.capabilities
        )
        prober = Prober(editor)
        editor.answers.put_nowait(None)
        for path in (saved, trusted):
            buffer = editor.open(path.read_text(), str(path.relative_to(hostile.folder)))
            if path == saved:
                buffer.save()
                await until(lambda of=buffer: "untrusted@1" in of.found())  # type: ignore[misc]
                prober.commands.discard(TRUST)  # it would run what the save has asked for
            else:
                prober.commands.add(TRUST)
            await prober.everything(buffer)
            buffer.replace("evil_one = 3", "evil_one = 4")
            await prober.everything(buffer)
            path.write_text(path.read_text().replace("later", "sooner"))  # on disk, by another
            client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("none"))
            client.workspace_did_change_configuration(
                types.DidChangeConfigurationParams({"sessions": {"trusted": None}})
            )
            buffer.closed()
            buffer.opened()
            await buffer.status()
        assert hostile.started() == []
        assert hostile.sessions() == 2
        assert hostile.ran() == ""
        # What would have been seen, had anything run:
        with suppress(JsonRpcException):
            await buffer.run("runAll")
        await until(lambda: "python" in hostile.ran())
        assert set() < {start[0] for start in hostile.started()} <= BY_A_RUN
    finally:
        await client.shutdown_session()
