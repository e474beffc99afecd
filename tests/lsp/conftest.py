"""One server for each client and module."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_lsp
from pytest_lsp import ClientServerConfig, LanguageClient

from sessions_ls.live.lock import holder
from sessions_ls.live.place import all_places
from tests.lsp.editor import (
    CLIENTS,
    ENVIRONMENT,
    LOG,
    SERVER,
    Editor,
    initialize_params,
    make_client,
)


@pytest_lsp.fixture(
    scope="module",
    params=list(CLIENTS),
    config=ClientServerConfig(
        [*SERVER, "--log", str(LOG)], client_factory=make_client, server_env=ENVIRONMENT
    ),
)
async def client(
    lsp_client: LanguageClient,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[None]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    answer = await lsp_client.initialize_session(initialize_params(request.param, folder))
    lsp_client.editor = Editor(lsp_client, request.param, folder, answer.capabilities)
    yield
    lsp_client.editor.said()
    await lsp_client.shutdown_session()
    faults = [line for line in LOG.read_text("utf-8").splitlines() if " ERROR " in line]
    LOG.unlink()
    assert faults == []


@pytest.fixture
def editor(client: LanguageClient) -> Iterator[Editor]:
    """A real editor's capabilities; each of the three in turn.

    Each test has a folder of its own in the workspace, and the sessions there end with it.
    """
    made: Editor = client.editor
    made.said()
    made.folder = made.root / str(len(list(made.root.iterdir())))
    made.folder.mkdir()
    yield made
    for place in all_places():
        session = holder(place)
        if session is not None and place.notebook.startswith(f"{os.path.realpath(made.folder)}/"):
            with suppress(ProcessLookupError):
                os.kill(session.pid, signal.SIGTERM)
