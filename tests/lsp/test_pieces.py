"""The parts that need no server."""

from __future__ import annotations

import asyncio
import gc
import io
import itertools
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from sessions_ls.live.trust import on_request
from sessions_ls.lsp.diagnostics import DOCS
from sessions_ls.lsp.documents import Document
from sessions_ls.lsp.htmltable import markdown_table
from sessions_ls.lsp.merging import merge_actions
from sessions_ls.lsp.output import show_output
from sessions_ls.lsp.pace import Throttle
from sessions_ls.lsp.policy import POLICIES, Client, overruled
from sessions_ls.lsp.results import fence, markdown
from sessions_ls.lsp.runs import Runs, Wanted
from sessions_ls.lsp.server import create
from sessions_ls.lsp.symbols import cell_title
from sessions_ls.lsp.words import duration, head_line, headline, last_line
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.results.record import ErrorInfo, Output, Record
from tests.lsp.editor import ROOT, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sessions_ls.live.request import Request
    from sessions_ls.live.view import CellView

PLACES = [
    # the notebook, and for each cell the lines, from 0, of its head and of its end
    ("# %%\na\n\n# %%\nb", [(0, 1), (3, 4)]),
    ("# %%\na\n# comment\n\n# another\n# %%\n", [(0, 1), (5, 5)]),
    ("# %%\n# only\n# comments\n\n", [(0, 2)]),
    ("\n\na = 1\n# %%\n\n\nb\n\n", [(2, 2), (3, 6)]),
    ("# %%\n\n\n", [(0, 0)]),
    ("# %%\r\nif a:\r\n    b\r\n\r\n", [(0, 2)]),
]


@pytest.mark.parametrize(("text", "places"), PLACES)
def test_where_a_cell_is_shown(text: str, places: list[tuple[int, int]]) -> None:
    cells = read_notebook(text).cells
    assert [(head_line(cell), last_line(cell)) for cell in cells] == places


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# %% Load\nx = 1\n", "Load"),
        ("# %%\n# why\nx = 1\n", "Cell 1: x = 1"),
        ('"""\n=====\nTrees\n=====\n"""\nimport re\n# %%\n', "Cell 1: Trees"),
        ('r"""\nTrees\n"""\nimport re\n# %%\n', "Cell 1: Trees"),
        ("# %%\nr\n", "Cell 1: r"),
        ("# %%\n\n", "Cell 1"),
    ],
)
def test_what_a_cell_is_called(text: str, title: str) -> None:
    assert cell_title(read_notebook(text).cells[0]) == title


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0.2, "<1 ms"), (1, "1 ms"), (12.4, "12 ms"), (999.4, "999 ms"), (999.6, "1.0 s"),
        (1234, "1.2 s"), (59_940, "59.9 s"), (59_960, "1 min 0 s"),
        (185_000, "3 min 5 s"), (7_260_000, "2 h 1 min"),
    ],
)  # fmt: skip
def test_durations(milliseconds: float, said: str) -> None:
    assert duration(milliseconds) == said


HEADLINES = [
    (Record("i"), ""),
    (Record("i", text="a\nb"), "→ a"),
    (Record("i", text="\n  wide   gap\n"), "→ wide gap"),
    (Record("i", text="x" * 50), "→ " + "x" * 17 + "…"),
    (Record("i", stdout="said\nmore\n"), "→ said"),
    (Record("i", stdout="said", text="42"), "→ 42"),
    (Record("i", outputs=[Output("image/png", b"")]), "→ picture"),
    (Record("i", outputs=[Output("text/plain", "shown"), Output("text/html", "<b>")]), "→ shown"),
    (Record("i", text="<Axes: >", outputs=[Output("image/png", b"")]), "→ picture"),
    (Record("i", text="[<Line at 0x1>]", outputs=[Output("image/png", b"")]), "→ picture"),
    (Record("i", text="Text('x')", outputs=[Output("image/png", b"")]), "→ Text('x')"),
    (Record("i", text="<Model>"), "→ <Model>"),
    (Record("i", stdout="\x1b[1;32mgood\x1b[0m\n"), "→ good"),
    (Record("i", text="42", error=ErrorInfo("KeyError", "'k'")), "✗ KeyError: 'k'"),
    (Record("i", error=ErrorInfo("AssertionError", "")), "✗ AssertionError"),
    (Record("i", error=ErrorInfo("ClickError", "\x1b[31mno\x1b[m")), "✗ ClickError: no"),
    (Record("i", stdout="1", state="interrupted", error=ErrorInfo("K", "")), "→ 1"),
]


@pytest.mark.parametrize(("record", "line"), HEADLINES)
def test_a_result_in_one_line(record: Record, line: str) -> None:
    assert headline(record, 20) == line


TABLES = [
    ("<table><tr><th>a</th></tr><tr><td>1</td></tr></table>", "| a |\n| --- |\n| 1 |"),
    (
        '<style scoped>td {x}</style><table border="1"><thead><tr><th></th><th>a&lt;b</th></tr>'
        "</thead><tbody><tr><th>0</th><td>x<br>y</td></tr></tbody></table><p>1 rows</p>",
        "|  | &nbsp;&nbsp;a\\<b |\n| --- | ---: |\n| 0 | &nbsp;&nbsp;x y |",
    ),
    ("<table><tr><td>alone</td></tr></table>", None),
    ("<table><tr><td colspan=2>a</td></tr><tr><td>1</td><td>2</td></tr></table>", None),
    ("<table><tr><td>a</td></tr><tr><td>1</td><td>2</td></tr></table>", None),
    ("<table><tr><td><table></table></td></tr><tr><td>1</td></tr></table>", None),
    ("<table><tr><td><img src=x></td></tr><tr><td>1</td></tr></table>", None),
    ("<td>outside</td>", None),
    ("<p>no table</p>", None),
    ("", None),
    ("<table><tr><td>" + "\n<tr><td>1" * 100, None),
]


@pytest.mark.parametrize(("html", "table"), TABLES)
def test_simple_tables_become_markdown(html: str, table: str | None) -> None:
    assert markdown_table(html) == table


def png(width: int, height: int) -> Output:
    sizes = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return Output("image/png", b"\x89PNG\r\n\x1a\n" + bytes(8) + sizes)


@pytest.mark.parametrize(
    ("client", "size", "words"),
    [
        ("vscode", (300, 200), "](file:///p.png)"),
        ("vscode", (640, 480), "](file:///p.png|width=280)"),
        ("vscode", (1200, 210), "](file:///p.png|width=600)"),
        ("neovim", (640, 480), "](file:///p.png)"),
    ],
)
def test_a_picture_is_seen_whole(client: str, size: tuple[int, int], words: str) -> None:
    cell: Any = SimpleNamespace(
        record=Record("i", outputs=[png(*size)]), state="fresh", cold=False, true_now=True,
        status=SimpleNamespace(reason=None), number=1, cell=SimpleNamespace(title=None),
    )  # fmt: skip
    assert markdown(cell, POLICIES[client], lambda _: "/p.png").endswith(words)


@pytest.mark.parametrize(
    ("text", "fenced"),
    [
        ("a\n", "```text\na\n```"),
        ("```\n", "````text\n```\n````"),
        ("a````b", "`````text\na````b\n`````"),
        ("``\x1b[1m`\x1b[m", "````text\n```\n````"),
        ("\x1b[31ma\x1b[0m \x1b]0;title\x07b", "```text\na b\n```"),
    ],
)
def test_a_fence_is_longer_than_what_it_holds(text: str, fenced: str) -> None:
    assert fence(text) == fenced


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("Neovim", "neovim"), ("helix", "helix"), ("Visual Studio Code - Insiders", "vscode"),
        ("VSCodium", "vscode"), ("code-server", "vscode"), ("Zed", "diagnostics"),
        (None, "diagnostics"),
    ],
)  # fmt: skip
def test_the_policy_goes_by_name(name: str | None, row: str) -> None:
    info = None if name is None else types.ClientInfo(name)
    params = types.InitializeParams(types.ClientCapabilities(), client_info=info)
    assert Client(params).policy == POLICIES[row]


@pytest.mark.parametrize(("policy", "row"), [("vscode", "vscode"), ("nonsense", "helix")])
def test_an_extension_says_what_it_runs_in(policy: str, row: str) -> None:
    params = types.InitializeParams(
        types.ClientCapabilities(),
        client_info=types.ClientInfo("helix"),
        initialization_options={"sessions": {"policy": policy}},
    )
    assert Client(params).policy == POLICIES[row]


def test_an_unknown_client_that_refreshes_hints_gets_hints() -> None:
    refresh = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    workspace = types.WorkspaceClientCapabilities(inlay_hint=refresh)
    params = types.InitializeParams(types.ClientCapabilities(workspace=workspace))
    assert Client(params).policy == POLICIES["live hints"]


EDITS = [
    # text, encoding, start, end, new text, result
    ("a\x0cb\nc", "utf-8", (1, 0), (1, 1), "d", "a\x0cb\nd"),
    ("a\u2028b\nc", "utf-16", (1, 0), (1, 1), "d", "a\u2028b\nd"),
    ("😀x", "utf-8", (0, 4), (0, 5), "y", "😀y"),
    ("😀x", "utf-16", (0, 2), (0, 3), "y", "😀y"),
    ("😀x", "utf-32", (0, 1), (0, 2), "y", "😀y"),
    ("ab", "utf-16", (0, 99), (7, 3), "c", "abc"),
    ("a\r\nb", "utf-8", (0, 9), (1, 0), "", "ab"),
]


@pytest.mark.parametrize(("text", "encoding", "start", "end", "new", "result"), EDITS)
def test_edits_count_as_the_protocol_says(
    text: str, encoding: str, start: tuple[int, int], end: tuple[int, int], new: str, result: str
) -> None:
    document = Document(encoding, "file:///n.py", text)
    span = types.Range(types.Position(*start), types.Position(*end))
    document.apply_change(types.TextDocumentContentChangePartial(span, new))
    assert document.source == result
    document.apply_change(types.TextDocumentContentChangeWholeDocument("whole\n"))
    assert document.source == "whole\n"


async def test_our_documents_stand_in_for_those_of_pygls() -> None:
    """Relies on a private attribute of pygls; this says when it moves."""
    server = create("0")
    general = types.GeneralClientCapabilities(position_encodings=["utf-32", "utf-8"])
    params = types.InitializeParams(types.ClientCapabilities(general=general))
    handler = server.protocol.fm.builtin_features[types.INITIALIZE](params)
    made, arguments, _ = next(handler)
    await made(*arguments)
    item = types.TextDocumentItem("file:///n.py", "python", 1, "x")
    server.workspace.put_text_document(item)
    document = server.workspace.get_text_document("file:///n.py")
    assert isinstance(document, Document)
    assert document.encoding == "utf-32"


async def test_nothing_is_kept_of_what_was_handled() -> None:
    """pygls alone keeps a future for every notification."""
    server = create("0")
    protocol = server.protocol
    protocol.set_writer(io.BytesIO())
    uri = "file:///nowhere/n.py"
    item = {"uri": uri, "languageId": "python", "version": 1, "text": "x = 1\n"}
    start = {"line": 0, "character": 0}
    change = {"range": {"start": start, "end": start}, "text": "y"}
    document = {"uri": uri, "version": 2}
    params = {"textDocument": document, "contentChanges": [change]}
    messages: list[tuple[str, object]] = [
        ("initialize", {"capabilities": {}, "processId": None, "rootUri": None}),
        ("textDocument/didOpen", {"textDocument": item}),
        *10 * [("textDocument/didChange", params)],
    ]
    for number, (method, given) in enumerate(messages):
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": given}
        if method == "initialize":
            message["id"] = number
        protocol.handle_message(protocol.structure_message(message))
        await asyncio.sleep(0.01)
    assert server.workspace.get_text_document(uri).source == 10 * "y" + "x = 1\n"
    assert protocol._request_futures == {}


async def test_what_comes_too_late_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    """A request about an older text, and one that fails after it was cancelled."""
    server = create("0")
    server.report_server_error(JsonRpcContentModified("The notebook has changed since."), Exception)
    loop = asyncio.get_running_loop()
    failed, cancelled = loop.create_future(), loop.create_future()
    failed.set_exception(ValueError("nobody asks any more"))
    cancelled.cancel()
    server.protocol._run_generator(failed, gen=(_ for _ in ()), result_future=cancelled)
    del failed
    gc.collect()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_client_without_action_objects_gets_commands_alone() -> None:
    session: Any = SimpleNamespace(elsewhere=SimpleNamespace(changed=True))
    document: Any = SimpleNamespace(uri="file:///n.py")
    client = Client(types.InitializeParams(types.ClientCapabilities()))
    view: Any = None
    [action] = merge_actions(session, view, document, client, (0, 9))
    assert json.loads(action)["command"] == "sessions.keepMine"


async def test_a_throttle_loses_no_last_call() -> None:
    calls: list[float] = []
    loop = asyncio.get_running_loop()
    throttle = Throttle(0.05, lambda: calls.append(loop.time()))
    throttle.soon()
    while not calls:
        await asyncio.sleep(0)  # no time has to pass
    for _ in range(5):
        await asyncio.sleep(0.02)
        throttle.soon()
    last = loop.time()
    assert len(calls) <= 1 + (last - calls[0]) / 0.05
    await until(lambda: calls[-1] >= last)
    assert all(b - a >= 0.049 for a, b in itertools.pairwise(calls))
    throttle.soon()
    throttle.cancel()
    count = len(calls)
    await asyncio.sleep(0.08)
    assert len(calls) == count


class Session:
    """What a run needs of a client of a session; an interrupt comes where the test wants one."""

    def __init__(self) -> None:
        self.attached = False
        self.stopped = False
        self.calls: list[str] = []
        self.on_start: Callable[[], None] = lambda: None

    def reserve(self) -> tuple[int, int]:
        return 1, 1

    def start(self, request: Request, done: Callable[[dict[str, Any]], None], run: object) -> None:
        self.calls.append("start")
        self.on_start()
        done({"m": "answer"})

    def interrupt(self) -> None:
        self.calls.append("interrupt")


class Notebook:
    """What a run needs of an open notebook; nothing is live there until it is reached for."""

    name = "n.py"

    def __init__(self) -> None:
        self.session = Session()
        self.attachment = self
        self.cells: list[CellView] = []
        self.on_reach: Callable[[], None] = lambda: None

    async def view(self) -> Notebook:
        return self

    async def settled(self) -> None: ...

    def reach(self, session: Session, start: bool) -> bool:
        self.on_reach()
        return True


async def test_an_interrupt_while_a_session_starts_is_not_lost() -> None:
    notebook = Notebook()
    runs = Runs(create("0"), notebook)  # type: ignore[arg-type]
    notebook.on_reach = runs.interrupt
    done = await runs.run(Wanted(all=True), on_request("n.py"))
    assert (done["ok"], done["ran"]) == (False, 0)
    assert notebook.session.calls == ["interrupt"]
    notebook.on_reach = lambda: None
    assert (await runs.run(Wanted(all=True), on_request("n.py")))["ok"]


async def test_an_interrupt_that_overtakes_a_run_is_sent_again() -> None:
    notebook = Notebook()
    runs = Runs(create("0"), notebook)  # type: ignore[arg-type]
    notebook.session.on_start = runs.interrupt
    await runs.run(Wanted(all=True), on_request("n.py"))
    assert notebook.session.calls == ["start", "interrupt", "interrupt"]


def test_nothing_outside_speaks_the_protocol(tmp_path: Path) -> None:
    """Importing what the command line imports loads neither pygls nor lsprotocol."""
    import subprocess
    import sys

    code = (
        "import sys, sessions_ls.live.session, sessions_ls.lsp\n"
        "print([name for name in sys.modules if name.startswith(('pygls', 'lsprotocol'))])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "code", ["stale-cell", "cell-error", "blocked-cell", "cell-result", "untrusted"]
)
def test_every_diagnostic_has_its_page(code: str) -> None:
    assert DOCS.endswith("/main/docs/diagnostics")
    assert (ROOT / "docs" / "diagnostics" / f"{code}.md").is_file()


@pytest.mark.parametrize(
    ("options", "changed", "misfits"),
    [
        (None, {}, 0),
        ({"sessions": 3}, {}, 0),
        ({"sessions": {"hints": False, "width": 20}}, {"hints": False, "width": 20}, 0),
        ({"sessions": {"again": 1, "other": 2}}, {"again": 1}, 0),
        ({"sessions": {"trusted": True, "asks": False}}, {"trusted": True, "asks": False}, 0),
        ({"sessions": {"trusted": False}}, {"trusted": False}, 0),
        ({"sessions": {"trusted": "yes"}}, {}, 1),
        ({"sessions": {"hints": "no", "width": True, "results": None}}, {}, 2),
    ],
)
def test_a_person_overrules_the_policy(
    options: Any, changed: dict[str, object], misfits: int
) -> None:
    usual = POLICIES["neovim"]
    policy, sentences = overruled(usual, options)
    assert policy == replace(usual, **changed)
    assert len(sentences) == misfits


PNG, PAGE = Output("image/png", b"png"), Output("text/html", "<b>")


@pytest.mark.parametrize(
    ("record", "display", "opened", "said"),
    [
        (Record("i", outputs=[PNG], text="fig"), ":0", "external image/png", False),
        (Record("i", outputs=[PNG]), "", "", True),
        (Record("i", outputs=[PNG], text="fig"), "", "n-cell-1.txt", True),
        (Record("i", outputs=[PAGE], text="a"), ":0", "external text/html", False),
        (Record("i", outputs=[PAGE], text="a"), "", "n-cell-1.txt", False),
        (Record("i", stdout="a"), "", "n-cell-1.txt", False),
    ],
)
def test_what_helix_opens_where_there_is_a_display_and_where_not(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    record: Record,
    display: str,
    opened: str,
    said: bool,
) -> None:
    for variable in ("WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "BROWSER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr("sys.platform", "linux")
    shown: list[str] = []
    messages: list[str] = []

    async def show(params: types.ShowDocumentParams) -> None:
        name = params.uri.removeprefix(f"{tmp_path.as_uri()}/")
        shown.append(f"external {name}" if params.external else name)

    ls: Any = SimpleNamespace(
        client=SimpleNamespace(policy=POLICIES["helix"], shows_documents=True),
        file_of=lambda notebook: lambda output: str(tmp_path / output.mime),
        window_show_document_async=show,
        say=messages.append,
        scratch=lambda: str(tmp_path),
    )
    cell: Any = SimpleNamespace(
        record=record,
        number=1,
        state="fresh",
        cold=False,
        status=SimpleNamespace(reason=None),
        cell=SimpleNamespace(title=None),
    )
    asyncio.run(show_output(ls, cell, "/w/n.py"))
    assert shown == ([opened] if opened else [])
    pictures = [f"There is no display here to open it on: {tmp_path}/image/png"]
    assert messages == (pictures if said else [])
