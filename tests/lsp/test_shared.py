"""An editor that is not alone with its notebook."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from sessions_ls.notebook.lines import Lines
from tests.live.shared import NO_HANG, Person, until_told, who_holds
from tests.lsp.editor import PATIENCE, Buffer, Editor, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAIN = "# %% A\na = 1\n\n# %% B\nb = a + 1\nb\n\n# %% C\nc = b * 10\nc\n"


async def actions(buffer: Buffer, line: int = 0) -> dict[str, types.CodeAction]:
    """The quick fixes at a line, by title."""
    place = types.Position(line, 0)
    found = await buffer.client.text_document_code_action_async(
        types.CodeActionParams(
            buffer.document,
            types.Range(place, place),
            types.CodeActionContext([], only=[types.CodeActionKind.QuickFix]),
        )
    )
    return {one.title: one for one in found or () if isinstance(one, types.CodeAction)}


async def apply(buffer: Buffer, action: types.CodeAction) -> None:
    """What an editor does with a chosen action."""
    if action.edit is not None:
        if action.edit.document_changes is None:  # Neovim takes no versions
            [edit] = (action.edit.changes or {})[buffer.uri]
        else:
            [change] = action.edit.document_changes
            assert isinstance(change, types.TextDocumentEdit)
            assert change.text_document.version == buffer.version
            [edit] = change.edits
        assert isinstance(edit, types.TextEdit)
        change_all(buffer, edit)
    if action.command is not None:
        arguments = action.command.arguments or [None]
        name = action.command.command.removeprefix("sessions.")
        await buffer.editor.command(name, arguments[0])


def change_all(buffer: Buffer, edit: types.TextEdit) -> None:
    encoding = buffer.editor.encoding
    ends = [
        (place.line, buffer.lines.column(place.line, place.character, encoding))
        for place in (edit.range.start, edit.range.end)
    ]
    after = buffer.lines.edited(ends[0], ends[1], edit.new_text)
    buffer.version += 1
    buffer.client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(buffer.version, buffer.uri),
            [types.TextDocumentContentChangeWholeDocument(after.text)],
        )
    )
    buffer.lines = Lines(after.text)


def write(buffer: Buffer, text: str) -> None:
    """Somebody saves the file, as most programs do."""
    aside = buffer.path.with_name("aside.tmp")
    aside.write_text(text, "utf-8")
    aside.replace(buffer.path)


async def test_what_an_agent_runs_is_seen(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "agent.py")
    await until(lambda: who_holds(buffer.path) is not None)
    agent = Person(buffer.path, "agent")
    assert agent.client.attached
    await asyncio.get_running_loop().run_in_executor(None, agent.run)
    await buffer.shows("")
    assert await buffer.states() == "fresh fresh fresh"
    if editor.hints:
        assert [hint.label for hint in await buffer.hints()] == ["→ 2", "→ 20"]


async def test_an_edit_on_disk_is_marked_and_told(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "outside.py").trusted()
    await buffer.run("runAll")
    write(buffer, CHAIN.replace("a + 1", "a + 2"))
    warned = "" if editor.name == "vscode" else "changed-on-disk@1 "
    await buffer.shows(f"{warned}stale-cell@4 stale-cell@8")
    write(buffer, CHAIN)
    await buffer.shows("")
    buffer.path.unlink()
    await buffer.shows("changed-on-disk@1")
    buffer.save()
    await buffer.shows("")


async def test_what_both_changed_is_merged_on_request(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "merge.py").trusted()
    await buffer.run("runAll")
    buffer.replace("b * 10", "b * 100")
    write(buffer, CHAIN.replace("a = 1", "a = 4").replace("a + 1", "a + 5"))
    await buffer.shows("changed-on-disk@1 stale-cell@1 stale-cell@4 stale-cell@8")
    buffer.replace("a + 1", "a + 6")
    await until(lambda: "edited-twice@4" in buffer.found())
    message = buffer.only("changed-on-disk").message
    assert message.startswith("File changed on disk: cells 1 and 2 were edited on disk; cell 2 was")
    offered = await actions(buffer, 4)
    assert list(offered) == [
        "Merge what changed on disk; cell 2 as here",
        "Take theirs: cell 2 as it is on disk",
        "Take theirs: the whole file as it is on disk",
        "Keep mine: what is on disk does not count",
    ]
    assert "Take theirs: cell 2 as it is on disk" not in await actions(buffer, 8)
    await apply(buffer, offered["Take theirs: cell 2 as it is on disk"])
    assert "a + 5" in buffer.lines.text
    await until(lambda: "edited-twice" not in buffer.found())
    await apply(buffer, (await actions(buffer))["Merge what changed on disk"])
    want = CHAIN.replace("a = 1", "a = 4").replace("a + 1", "a + 5").replace("* 10", "* 100")
    assert buffer.lines.text == want
    await until(lambda: "changed-on-disk" not in buffer.found())
    buffer.save()
    await buffer.run("runStale")
    await buffer.shows("")
    assert [cell["text"] for cell in (await buffer.status())["cells"]] == ["", "9", "900"]


async def test_keeping_mine_ends_the_warning(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "keep.py").trusted()
    await buffer.run("runAll")
    buffer.replace("a = 1", "a = 2")
    write(buffer, CHAIN.replace("a = 1", "a = 4"))
    await until(lambda: "edited-twice@1" in buffer.found())
    offered = await actions(buffer)
    assert not [title for title in offered if title.startswith("Merge")]
    await apply(buffer, offered["Keep mine: what is on disk does not count"])
    await buffer.shows("stale-cell@1 stale-cell@4 stale-cell@8")
    buffer.save()
    await buffer.shows("")


async def test_a_session_that_dies_is_started_again(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "dies-again.py")
    await buffer.run("runAll")
    session = who_holds(buffer.path)
    assert session is not None
    os.kill(session.pid, signal.SIGKILL)

    def is_new() -> bool:
        now = who_holds(buffer.path)
        return now is not None and now.pid != session.pid and bool(now.address)

    await until(is_new)
    assert [said for said in editor.said() if "live session has ended" in said]
    assert await buffer.states() == "fresh fresh fresh"
    assert all(cell["cold"] for cell in (await buffer.status())["cells"])
    assert (await buffer.run("runCell", cell="C"))["ran"] == 3


async def test_a_notebook_that_somebody_else_holds_is_shown_and_not_run(editor: Editor) -> None:
    from sessions_ls.live.lock import Lock
    from sessions_ls.live.place import place_of

    path = editor.folder / "held.py"
    path.write_text(CHAIN, "utf-8")
    lock = Lock.acquire(place_of(str(path)), "run")
    assert lock is not None
    buffer = editor.open(CHAIN, "held.py")
    assert await buffer.states() == "new new new"
    told = f"`sessions run` (pid {os.getpid()}) is at work on held.py"
    heard: list[str] = []
    await until(lambda: told in (heard.extend(editor.said()) or heard))
    lock.release()
    await until(lambda: who_holds(path) is not None)
    assert (await buffer.run("runAll"))["ran"] == 3


async def test_a_session_that_is_stopped_is_told(editor: Editor) -> None:
    go = editor.folder / "go on"
    buffer = editor.open(f"# %%\n{until_told(go)}", "stopped.py")
    await until(lambda: who_holds(buffer.path) is not None)
    running = asyncio.create_task(buffer.run("runAll"))
    await until_running(buffer)
    session = who_holds(buffer.path)
    assert session is not None
    os.kill(session.pid, signal.SIGSTOP)
    with pytest.raises(JsonRpcException, match="its process is stopped"):
        await asyncio.wait_for(running, NO_HANG)
    go.touch()
    os.kill(session.pid, signal.SIGCONT)
    assert (await buffer.run("runAll"))["ok"] is True
    editor.said()


async def until_running(buffer: Buffer) -> None:
    async with asyncio.timeout(PATIENCE):
        while "running" not in await buffer.states():
            await asyncio.sleep(0.02)
