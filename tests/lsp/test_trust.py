"""Saving runs what is trusted; what is not is asked for once, or shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types

from sessions_ls.live.trust import load, record, trust_file
from tests.lsp.editor import PATIENCE, kernels_of, until

if TYPE_CHECKING:
    from tests.lsp.editor import Buffer, Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "# %%\nx = 1\n# %%\nx + 1\n"
FRESH, NEW = "fresh fresh", "new new"


async def becomes(buffer: Buffer, states: str) -> None:
    """Wait until the cells have these states."""
    async with asyncio.timeout(PATIENCE):
        while await buffer.states() != states:
            await asyncio.sleep(0.01)


async def held(buffer: Buffer, asked: int) -> types.ShowMessageRequestParams | None:
    """Save a notebook that is not trusted: the question, or else the diagnostic is there."""
    editor = buffer.editor
    buffer.save()
    if not editor.asks:
        await buffer.shows("untrusted@1")
        return None
    await until(lambda: len(editor.asked) == asked)
    assert buffer.found() == ""
    question: types.ShowMessageRequestParams = editor.asked[-1]
    return question


@pytest.fixture
def asked(editor: Editor) -> int:
    """How many questions there will have been after the next one."""
    assert editor.answers.empty()
    return len(editor.asked) + 1


async def actions(buffer: Buffer) -> list[types.CodeAction]:
    nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
    context = types.CodeActionContext(buffer.diagnostics())
    found = await buffer.client.text_document_code_action_async(
        types.CodeActionParams(buffer.document, nowhere, context)
    )
    return [item for item in found or [] if item.title == "Trust and run"]


async def answered(buffer: Buffer, title: str | None) -> None:
    """Answer the question, or where none is asked do what takes its place."""
    if buffer.editor.asks:
        buffer.editor.answers.put_nowait(title)
    elif title is not None and title.startswith("Trust"):
        [action] = await actions(buffer)
        assert action.command is not None
        await buffer.client.workspace_execute_command_async(
            types.ExecuteCommandParams(action.command.command, action.command.arguments)
        )


async def test_the_first_save_asks_and_then_saves_run(editor: Editor, asked: int) -> None:
    buffer = editor.open(TEXT, "asks.py")
    assert await actions(buffer) == []
    question = await held(buffer, asked)
    if question is not None:
        assert question.message == "Run stale cells of asks.py whenever you save it?"
        assert [item.title for item in question.actions or []] == [
            "Trust this notebook",
            f"Trust all in {editor.folder}",
            "Not now",
        ]
    assert await buffer.states() == NEW
    assert kernels_of(buffer.path) == set()
    await answered(buffer, "Trust this notebook")
    await becomes(buffer, FRESH)
    assert load().grant(str(buffer.path)) is not None
    assert load().grant(str(buffer.path.with_name("other.py"))) is None
    buffer.replace("x = 1", "x = 2")
    buffer.save()
    await becomes(buffer, FRESH)
    assert (await buffer.status())["cells"][1]["text"] == "3"
    assert (buffer.found(), await actions(buffer)) == ("", [])
    assert len(editor.asked) == (asked if editor.asks else 0)


async def test_all_in_a_folder(editor: Editor, asked: int) -> None:
    first, second = editor.open(TEXT, "first.py"), editor.open(TEXT, "second.py")
    await held(first, asked)
    if not editor.asks:
        record(str(editor.folder), True)
        first.save()
    else:
        await answered(first, f"Trust all in {editor.folder}")
    await becomes(first, FRESH)
    second.save()
    await becomes(second, FRESH)


@pytest.mark.parametrize(("answer", "shown"), [(None, "untrusted@1"), ("Not now", "")])
async def test_without_trust_nothing_runs_and_nobody_is_asked_again(
    editor: Editor, asked: int, answer: str | None, shown: str
) -> None:
    buffer = editor.open(TEXT, "no.py")
    await held(buffer, asked)
    await answered(buffer, answer)
    shown = shown if editor.asks else "untrusted@1"
    await buffer.shows(shown)
    await until(editor.answers.empty)
    buffer.replace("x = 1", "x = 3")
    buffer.save()
    assert await buffer.states() == NEW
    await buffer.shows(shown)
    assert len(editor.asked) == (asked if editor.asks else 0)
    assert kernels_of(buffer.path) == set()
    # A run on request is leave for that run alone; what it made fresh no save waits for.
    await buffer.run("runAll")
    await buffer.shows("")
    buffer.replace("x = 3", "x = 4")
    await buffer.shows("stale-cell@1 stale-cell@3")
    buffer.save()
    await buffer.shows(f"{shown} stale-cell@1 stale-cell@3".strip())
    assert await buffer.states() == "stale stale"
    async with asyncio.timeout(PATIENCE):
        while not await actions(buffer):  # the save has been taken
            await asyncio.sleep(0.01)
    await editor.command("trust", {"uri": buffer.uri})
    await becomes(buffer, FRESH)
    await buffer.shows("")


async def test_a_client_that_never_answers_sees_the_diagnostic(editor: Editor, asked: int) -> None:
    buffer = editor.open(TEXT, "silent.py")
    await held(buffer, asked)
    buffer.save()
    await buffer.shows("untrusted@1")
    assert len(editor.asked) == (asked if editor.asks else 0)
    await answered(buffer, "Trust this notebook")  # later than expected
    await becomes(buffer, FRESH)
    await buffer.shows("")


async def test_nothing_to_run_is_nothing_to_ask(editor: Editor, asked: int) -> None:
    buffer = editor.open("# %% manual=true\nx = 1\n# %% disabled=true\ny = 1\n", "manual.py")
    buffer.save()
    await buffer.status()
    assert buffer.found() == ""
    assert len(editor.asked) == asked - 1


async def test_an_exception_in_a_trusted_folder(editor: Editor, asked: int) -> None:
    record(str(editor.folder), True)
    buffer = editor.open(TEXT, "exception.py")
    record(str(buffer.path), False)
    await held(buffer, asked)
    await answered(buffer, "Trust this notebook")
    await becomes(buffer, FRESH)


async def test_the_command_takes_a_path_as_well(editor: Editor) -> None:
    buffer = editor.open(TEXT, "path.py")
    await editor.command("trust", str(buffer.path), 1)
    assert await buffer.states() == NEW  # no save has asked for anything
    buffer.save()
    await becomes(buffer, FRESH)


async def test_an_editor_with_trust_of_its_own(editor: Editor, asked: int) -> None:
    def workspace(trusted: bool | None) -> None:
        settings = {"sessions": {"trusted": trusted}}
        editor.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(settings)
        )

    buffer = editor.open(TEXT, "workspace.py").trusted()
    try:
        workspace(False)
        buffer.save()
        assert (await buffer.states(), buffer.found()) == (NEW, "")
        assert await actions(buffer) == []
        record(str(buffer.path), False)
        workspace(True)
        buffer.save()
        await becomes(buffer, FRESH)
        assert load().grant(str(buffer.path)) is None
        assert len(editor.asked) == asked - 1
    finally:
        workspace(None)


async def test_a_damaged_file_of_trust_is_told_and_kept(editor: Editor, asked: int) -> None:
    from pathlib import Path

    file = Path(trust_file())
    before = file.read_bytes() if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    file.write_text("[paths]\nnonsense\n")
    try:
        buffer = editor.open(TEXT, "damaged.py")
        await held(buffer, asked)
        await answered(buffer, None)
        await buffer.shows("untrusted@1")
        [said] = editor.said()
        assert said.startswith(f"No notebook is trusted: {file} is damaged (")
        with pytest.raises(Exception, match="is damaged"):
            await editor.command("trust", {"uri": buffer.uri})
        editor.said()
        assert await buffer.states() == NEW
        assert file.read_text() == "[paths]\nnonsense\n"
    finally:
        file.unlink() if before is None else file.write_bytes(before)
