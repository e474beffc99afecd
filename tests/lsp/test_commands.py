"""What commands take, what they refuse, and the rest of the protocol."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from tests.lsp.editor import PATIENCE, until

if TYPE_CHECKING:
    from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOUR = "# %% A\na = 1\na\n# %% B\nb = 2\nb\n# %% B\nc = 3\nc\n# %% D\nd = 4\nd\n"

TARGETS = [
    # command, what it is given, the cells that are fresh afterwards
    ("runCell", {"cell": 2}, "2"),
    ("runCell", {"cell": "A"}, "1"),
    ("runCell", {"cell": "4"}, "4"),
    ("runCell", {"line": 1}, "1"),
    ("runCell", {"line": 6}, "2"),
    ("runCell", {"line": 7.0}, "3"),
    ("runCell", {"line": 4, "cell": 1}, "1"),
    ("runAbove", {"cell": 3}, "12"),
    ("runAbove", {"cell": 1}, ""),
    ("runBelow", {"cell": 3}, "34"),
    ("runStale", {}, "1234"),
    ("runAll", {}, "1234"),
]

REFUSED = [
    ("runCell", {}, "Which cell?"),
    ("runCell", {"cell": 5}, "There is no cell 5; this notebook has 4."),
    ("runCell", {"cell": "nobody"}, "There is no cell 'nobody'"),
    ("runCell", {"cell": "B"}, "Several cells are titled 'B': 2, 3."),
    ("runCell", {"cell": True}, "There is no cell True"),
    ("runCell", {"line": 0}, "A line is a number from 1, not 0."),
    ("runCell", {"line": "two"}, "A line is a number from 1, not 'two'."),
    ("showOutput", {"cell": 1}, "Cell 1 has no result yet."),
    ("runAll", {"uri": "file:///nowhere.py"}, "file:///nowhere.py is not open in the editor."),
    ("runAll", {"uri": 3}, "A notebook is named by its path or URI, not by 3."),
]


@pytest.mark.parametrize(("command", "target", "fresh"), TARGETS)
async def test_what_runs(editor: Editor, command: str, target: dict[str, Any], fresh: str) -> None:
    buffer = editor.open(FOUR, "target.py")
    await editor.command("clearOutputs", {"uri": buffer.uri})
    await buffer.run(command, **target)
    cells = (await buffer.status())["cells"]
    assert "".join(str(cell["number"]) for cell in cells if cell["state"] == "fresh") == fresh


@pytest.mark.parametrize(("command", "target", "why"), REFUSED)
async def test_what_is_refused_is_also_said(
    editor: Editor, command: str, target: dict[str, Any], why: str
) -> None:
    buffer = editor.open(FOUR, "refused.py")
    with pytest.raises(JsonRpcException) as refusal:
        await editor.command(command, {"uri": buffer.uri, **target})
    assert refusal.value.code == -32602
    assert why in refusal.value.message
    assert [why in message for message in editor.said()] == [True]


async def test_a_notebook_can_be_named_by_position(editor: Editor) -> None:
    buffer = editor.open(FOUR, "by position.py")
    below = f"{editor.folder.name}/by position.py"  # seen from the workspace's root
    for where in (buffer.uri, str(buffer.path), below, f"./{below}"):
        await editor.command("clearOutputs", where)
        assert (await editor.command("runCell", where, 2))["ran"] == 1
        assert await buffer.states() == "fresh new new new"


async def test_a_path_may_count_from_below_the_root(editor: Editor) -> None:
    for folder in ("one", "two"):
        (editor.folder / folder / "deep").mkdir(parents=True, exist_ok=True)
    first, second = (editor.open(FOUR, f"{folder}/deep/n.py") for folder in ("one", "two"))
    for buffer in (first, second):
        await editor.command("clearOutputs", {"uri": buffer.uri})
        await editor.command("runCell", "deep/n.py", 1)  # the one that was used last
    await editor.command("runCell", "one/deep/n.py", 4)
    assert await first.states() == "fresh fresh new new"
    assert await second.states() == "fresh new new new"
    for wrong in ("eep/n.py", "three/n.py", "/deep/n.py"):
        with pytest.raises(JsonRpcException, match="is not open in the editor"):
            await editor.command("runCell", wrong, 1)
    editor.said()


async def test_without_arguments_the_last_shown_is_meant(editor: Editor) -> None:
    first = editor.open(FOUR, "first.py")
    second = editor.open(FOUR, "second.py")
    await editor.command("runAll")
    assert await first.states() == "new new new new"
    assert await second.states() == "fresh fresh fresh fresh"
    first.replace("a = 1", "a = 5")
    await editor.command("runAll")
    assert await first.states() == "fresh fresh fresh fresh"


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "file://"])
async def test_a_document_without_a_file_does_not_run(editor: Editor, uri: str) -> None:
    document = types.TextDocumentItem(uri, "python", 1, "# %%\nprint(oops)\n")
    editor.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    await until(lambda: bool(editor.client.diagnostics.get(uri)))
    with pytest.raises(JsonRpcException, match="has no file yet"):
        await editor.command("runAll", {"uri": uri})
    assert len(editor.said()) == 1


async def test_a_kernel_that_cannot_start_is_told(editor: Editor) -> None:
    folder = editor.folder / "elsewhere"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.sessions]\npython = "/no/such/python"\n')
    buffer = editor.open(FOUR, "elsewhere/n.py")
    with pytest.raises(JsonRpcException, match=r"cannot be started.*no.such.python"):
        await buffer.run("runAll")
    [said] = editor.said()
    assert "/no/such/python" in said
    assert await buffer.states() == "new new new new"


async def test_bad_settings_and_bad_session_files_are_told(editor: Editor) -> None:
    folder = editor.folder / "bad"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.sessions]\npython = 3\n")
    (folder / "n.session.toml").write_text("format = [")
    buffer = editor.open(FOUR, "bad/n.py")
    assert len(await buffer.lenses()) == 8
    settings, results = sorted(editor.said(), key=lambda said: "n.py" in said)
    assert "`python` must be a path" in settings
    assert "n.session.toml" in results


async def test_results_that_cannot_be_saved_are_shown_and_told(editor: Editor) -> None:
    newer = editor.folder / "newer.session.toml"
    newer.write_text("format = 99\n")
    buffer = editor.open(FOUR, "newer.py")
    await buffer.states()
    assert any("newer.session.toml" in said for said in editor.said())
    done = await buffer.run("runAll")
    assert (done["ok"], done["ran"]) == (True, 4)
    assert any("newer.session.toml" in said for said in editor.said())
    assert await buffer.states() == "fresh fresh fresh fresh"
    assert newer.read_text() == "format = 99\n"


async def test_a_cell_is_inserted_and_the_cursor_is_put_into_it(editor: Editor) -> None:
    buffer = editor.open(FOUR, "insert.py")
    assert await editor.command("insertCell", "insert.py", 5) == {"line": 9}
    change = editor.client.applied[-1].edit
    [edit] = change.changes[buffer.uri] if change.changes else change.document_changes[0].edits
    place = types.Position(5, 1)
    assert (edit.range, edit.new_text) == (types.Range(place, place), "\n\n# %%\n")
    shown = editor.client.shown_documents[-1]
    there = types.Position(8, 0)
    assert (shown.uri, shown.selection) == (buffer.uri, types.Range(there, there))


async def test_output_in_full(editor: Editor) -> None:
    buffer = editor.open(FOUR, "output.py")
    await buffer.run("runAll")
    answer = await editor.command("showOutput", {"uri": buffer.uri, "cell": 4})
    assert "```text\n4\n```" in answer["markdown"]
    shown = editor.client.shown_documents[-1]
    assert shown.uri.endswith("output-cell-4.txt")
    assert shown.external is False


RICH = """\
# %% Table
class Table:
    def _repr_html_(self):
        head = "<style>td {}</style><table><tr><th></th><th>a|b</th></tr>"
        return head + "<tr><td>0</td><td>*1*</td></tr></table>"
    def __repr__(self):
        return "a b\\n0 1"
Table()
# %% Picture
class Picture:
    def _repr_png_(self):
        size = (640).to_bytes(4, "big") + (480).to_bytes(4, "big")
        return b"\\x89PNG\\r\\n\\x1a\\n" + bytes(8) + size + bytes(range(256)) * 16
    def __repr__(self):
        return "a picture"
Picture()
# %% Talk
import sys
print("out ```")
print("err", file=sys.stderr)
"""


async def test_hover_holds_the_whole_result(editor: Editor) -> None:
    buffer = editor.open(RICH, "rich.py")
    assert (await buffer.hover(0) or "").startswith("**new**: it has not run yet")
    await buffer.run("runAll")
    table = await buffer.hover(7) or ""
    if editor.name == "vscode":
        assert "|  | &nbsp;&nbsp;a\\|b |\n| --- | ---: |\n| 0 | &nbsp;&nbsp;\\*1\\* |" in table
    else:
        assert "```text\na b\n0 1\n```" in table
    picture = await buffer.hover(8) or ""
    draws = editor.name != "helix"
    words = f"{'![' if draws else ''}picture of cell 2 (Picture), 640 × 480"
    [line] = [line for line in picture.splitlines() if line.startswith(words)]
    path = editor.folder / "rich.session" / line.rpartition("/")[2].rstrip("`)").partition("|")[0]
    assert path.read_bytes().startswith(b"\x89PNG")
    width = "|width=280" if editor.name == "vscode" else ""
    assert line == words + (f"]({path.as_uri()}{width})" if draws else f": `{path}`")
    talk = await buffer.hover(19) or ""
    assert "*stdout*\n\n````text\nout ```\n````" in talk
    assert "*stderr*\n\n```text\nerr\n```" in talk
    assert await buffer.hover(17) is None
    await editor.command("showOutput", {"uri": buffer.uri, "cell": 2})
    shown = editor.client.shown_documents[-1]
    assert (shown.uri, shown.external) == (path.as_uri(), True)


SEVERAL = """\
# %%
class Picture:
    def __init__(self, shade):
        self.shade = shade
    def _repr_svg_(self):
        return f"<svg fill='{self.shade}'/>"
for shade in ("red", "green", "red"):
    display(Picture(shade))
"""


async def test_every_picture_of_a_result_is_shown(editor: Editor) -> None:
    buffer = editor.open(SEVERAL, "several.py")
    await buffer.run("runAll")
    before = len(editor.client.shown_documents)
    await editor.command("showOutput", {"uri": buffer.uri, "cell": 1})
    shown = [to_fs_path(one.uri) or "" for one in editor.client.shown_documents[before:]]
    assert [Path(path).read_text() for path in shown] == [
        "<svg fill='red'/>", "<svg fill='green'/>",
    ]  # fmt: skip


SAID = [
    ("interrupt", ["Nothing is running."]),
    ("restart", ["There is no kernel to end."]),
    ("runAll", []),
    ("trust", ["said.py is trusted: what is stale runs whenever you save it."]),
    ("restart", ["The kernel has ended; results stay."]),
]


async def test_what_the_screen_does_not_show_is_said(editor: Editor) -> None:
    buffer = editor.open(FOUR, "said.py")
    for command, expected in SAID:
        await editor.command(command, {"uri": buffer.uri})
        await buffer.status()
        # VS Code has a status bar for it.
        assert editor.said() == ([] if editor.name == "vscode" else expected), command


async def test_the_tooltip_of_a_hint_is_the_whole_result(editor: Editor) -> None:
    if not editor.hints:
        assert editor.name == "helix"
        return
    buffer = editor.open("# %%\nprint('x' * 100)\n", "tooltip.py")
    await buffer.run("runAll")
    [hint] = await buffer.hints()
    width = 43 if editor.name == "vscode" else 60
    assert hint.label == "→ " + "x" * (width - 3) + "…"
    resolved = await editor.client.inlay_hint_resolve_async(hint)
    assert "x" * 100 in resolved.tooltip.value


async def test_clients_are_offered_what_they_can_show(editor: Editor) -> None:
    assert editor.hints == (editor.name != "helix")
    assert editor.encoding == ("utf-16" if editor.name == "vscode" else "utf-8")
    lenses = editor.capabilities.code_lens_provider
    assert lenses is not None
    assert not lenses.resolve_provider
    refreshes: dict[str, int] = editor.client.refreshes  # type: ignore[attr-defined]
    before = dict(refreshes)
    buffer = editor.open(FOUR, "refresh.py")
    await buffer.run("runAll")
    if editor.name == "helix":
        await asyncio.sleep(0.3)
        assert refreshes == {"lens": 0, "hint": 0}
    else:
        await until(lambda: refreshes["lens"] > before["lens"])
        await until(lambda: refreshes["hint"] > before["hint"])
    if editor.name == "neovim":
        await until(lambda: refreshes["hint"] - before["hint"] > refreshes["lens"] - before["lens"])


async def test_what_looks_as_it_did_is_not_asked_for_anew(editor: Editor) -> None:
    refreshes: dict[str, int] = editor.client.refreshes  # type: ignore[attr-defined]
    buffer = editor.open(FOUR, "same.py")
    await buffer.run("runAll")
    await asyncio.sleep(0.6)  # the last refresh of that run, Neovim's second one
    before = dict(refreshes)
    await buffer.run("runStale")
    await asyncio.sleep(0.2)
    assert refreshes == before


async def test_malformed_requests_are_answered(editor: Editor) -> None:
    buffer = editor.open(FOUR, "malformed.py")
    protocol = editor.client.protocol
    answers: list[Any] = []
    requests = [
        ("textDocument/hover", {"textDocument": {"uri": buffer.uri}}),
        ("textDocument/hover", {"textDocument": {"uri": buffer.uri}, "position": 7}),
        ("textDocument/codeLens", None),
    ]
    for number, (method, params) in enumerate(requests):
        future: Any = asyncio.get_running_loop().create_future()
        protocol._request_futures[f"bad{number}"] = future
        answers.append(future)
        message = {"jsonrpc": "2.0", "id": f"bad{number}", "method": method, "params": params}
        protocol._send_data(message)
    for answer in answers:
        with pytest.raises(JsonRpcException) as error:
            await asyncio.wait_for(answer, PATIENCE)
        assert error.value.code == -32602
    assert len(await buffer.lenses()) == 8
    assert editor.said() == []


async def test_unknown_enumeration_values_are_taken(editor: Editor) -> None:
    buffer = editor.open(FOUR, "enum.py")
    future: Any = asyncio.get_running_loop().create_future()
    editor.client.protocol._request_futures["enum"] = future
    editor.client.protocol._send_data(
        {
            "jsonrpc": "2.0",
            "id": "enum",
            "method": "workspace/executeCommand",
            "params": {"command": "sessions.status", "arguments": [buffer.uri]},
        }
    )
    assert (await asyncio.wait_for(future, PATIENCE)) is not None
    editor.client.protocol._send_data(
        {"jsonrpc": "2.0", "method": "$/setTrace", "params": {"value": "compact"}}
    )
    assert len(await buffer.lenses()) == 8
