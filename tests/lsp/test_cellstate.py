"""`sessions/cellState`: what a client puts together from the messages is the notebook as it is."""

from __future__ import annotations

import asyncio
import copy
import struct
import time
import zlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from pytest_lsp import ClientServerConfig, LanguageClient

from sessions_ls.lsp.cellstate import BURST, INLINE, INTERVAL, LONGEST
from sessions_ls.lsp.policy import Client
from sessions_ls.results.pixels import size
from tests.lsp.editor import (
    ENVIRONMENT,
    LOG,
    PATIENCE,
    SERVER,
    Buffer,
    Editor,
    initialize_params,
    make_client,
    until,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OF_STATUS = {"number", "title", "id", "kind", "lines", "state", "cold", "reason", "runtime_ms",
             "text", "stdout", "stderr", "mimes", "error", "binds", "reads", "upstream",
             "downstream"}  # fmt: skip
OF_OURS = {"range", "result_at", "outputs", "ran_at", "cut", "so_far"}


class Mirror:
    """A client: the notebook as `docs/cell-state.md` says that it is put together."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.about: dict[str, Any] = {}
        self.order: list[str] = []
        self.cells: dict[str, dict[str, Any]] = {}

    def take(self, message: dict[str, Any]) -> None:
        self.messages.append(copy.deepcopy(message))
        self.times.append(time.monotonic())
        if message["whole"]:
            self.cells, self.about = {}, {}
        for cell in message["cells"]:
            nulls = cell.pop("nulls", [])
            assert nulls == [key for key, value in cell.items() if value is None]
            self.cells.setdefault(cell["id"], {}).update(cell)
        self.order = message.get("order", self.order)
        for gone in set(self.cells) - set(self.order):
            del self.cells[gone]
        self.about.update({key: message[key] for key in ("kernel", "bonds") if key in message})
        self.about["version"] = message["version"]

    @property
    def list(self) -> list[dict[str, Any]]:
        return [self.cells[ident] for ident in self.order]

    def states(self) -> str:
        return " ".join(cell["state"] for cell in self.list)


def plain(value: Any) -> Any:
    """JSON as it was sent; pygls makes objects of it."""
    if hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest_lsp.fixture(
    scope="module",
    config=ClientServerConfig(
        [*SERVER, "--log", str(LOG)], client_factory=make_client, server_env=ENVIRONMENT
    ),
)
async def drawing(
    lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    folder: Path = tmp_path_factory.mktemp("cellstate")
    mirrors: dict[str, Mirror] = {}
    lsp_client.mirrors = mirrors

    @lsp_client.feature("sessions/cellState")
    def cell_state(params: Any) -> None:
        message = plain(params)
        mirrors.setdefault(message["uri"], Mirror()).take(message)

    params = initialize_params("neovim", folder)
    params.initialization_options = {"sessions": {"cellState": True}}
    answer = await lsp_client.initialize_session(params)
    lsp_client.editor = Editor(lsp_client, "neovim", folder, answer.capabilities)
    yield
    await lsp_client.shutdown_session()
    faults = [line for line in LOG.read_text("utf-8").splitlines() if " ERROR " in line]
    LOG.unlink()
    assert faults == []


@pytest.fixture
def editor(drawing: LanguageClient) -> Editor:
    """A Neovim that draws results by itself."""
    made: Editor = drawing.editor
    made.said()
    return made


def mirror(buffer: Buffer) -> Mirror:
    found: Mirror = buffer.client.mirrors.setdefault(buffer.uri, Mirror())
    return found


async def agrees(buffer: Buffer) -> list[dict[str, Any]]:
    """Wait until the mirror is the status, and check what it has besides; its cells."""
    ours = mirror(buffer)
    status: dict[str, Any] = {}
    limit = time.monotonic() + PATIENCE
    while True:
        status = await buffer.status()
        same = [{k: v for k, v in cell.items() if k in OF_STATUS} for cell in ours.list]
        if same == status["cells"] and ours.about.get("version") == buffer.version:
            break
        assert time.monotonic() < limit, (same, status["cells"], ours.about, buffer.version)
        await asyncio.sleep(0.02)
    assert ours.about["kernel"] == status["kernel"]
    for cell in ours.list:
        assert set(cell) == OF_STATUS | OF_OURS
        first, last = cell["lines"]
        assert (cell["range"]["start"]["line"], cell["range"]["end"]["line"]) == (
            first - 1,
            last - 1,
        )
        assert first - 1 <= cell["result_at"]["line"] <= last - 1
    return ours.list


CHAIN = "# %% One\na = 1\na\n\n# a comment\n# %% Two\nb = a + 1\nb\n# %% [markdown]\n# text\n"


async def test_whole_at_first_then_what_changed(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "chain.py")
    cells = await agrees(buffer)
    assert [cell["kind"] for cell in cells] == ["code", "code", "markdown"]
    assert [cell["result_at"] for cell in cells] == [
        {"line": 2, "character": 1},
        {"line": 7, "character": 1},
        {"line": 9, "character": 6},
    ]
    seen = mirror(buffer)
    assert seen.messages[0]["whole"] is True
    await buffer.run("runAll")
    assert [cell["text"] for cell in await agrees(buffer)] == ["1", "2", ""]
    count = len(seen.messages)
    assert not any(message["whole"] for message in seen.messages[1:])

    buffer.replace("b = a + 1", "b = a + 2")
    assert (await agrees(buffer))[1]["state"] == "stale"
    changed = [cell for message in seen.messages[count:] for cell in message["cells"]]
    assert [set(cell) for cell in changed] == [{"id", "state", "reason"}]


EDITS = [
    # what is done to CHAIN after it ran, and the states then
    ("moved down", "# %% One", "import os\n# %% One", "new fresh fresh fresh"),
    ("one more", "# %% Two", "# %% New\nc = 3\n# %% Two", "fresh new fresh fresh"),
    ("one less", "# %% Two\nb = a + 1\nb\n# %% [", "# %% [", "fresh fresh"),
    ("swapped", "a = 1\na\n\n# a comment\n# %% Two\nb = a + 1\nb\n",
     "b = a + 1\nb\n# %% Two\na = 1\na\n", "fresh fresh fresh"),
    ("retitled", "Two", "Zwei", "fresh fresh fresh"),
    ("no notebook", CHAIN, "a = 1\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "states"), EDITS, ids=[edit[0] for edit in EDITS])
async def test_the_mirror_follows(
    editor: Editor, name: str, old: str, new: str, states: str
) -> None:
    buffer = editor.open(CHAIN, f"{name.replace(' ', '_')}.py")
    await buffer.run("runAll")
    await agrees(buffer)
    buffer.replace(old, new)
    await until(lambda: mirror(buffer).about["version"] == buffer.version)
    if states:
        await agrees(buffer)
    assert mirror(buffer).states() == states
    buffer.replace(new, old)
    await agrees(buffer)
    assert mirror(buffer).states() == "fresh fresh fresh"


async def test_a_reload_begins_anew(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "reload.py")
    await buffer.run("runAll")
    await agrees(buffer)
    count = len(mirror(buffer).messages)
    buffer.closed()
    buffer.opened()
    cells = await agrees(buffer)
    assert [cell["text"] for cell in cells] == ["1", "2", ""]
    assert mirror(buffer).messages[count]["whole"] is True


SLOW = """\
# %% Slow
import os, time
for step in range(3):
    print("step", step, flush=True)
    while step < 2 and not os.path.exists(f"seen step {step}"):
        time.sleep(0.01)
"done"
# %% Then
1
"""


def writes(buffer: Buffer, cell: str, text: str) -> bool:
    """Whether this is what a running cell is known to have written."""
    so_far = mirror(buffer).cells[cell]["so_far"]
    return so_far is not None and so_far["stdout"] == text


async def test_a_running_cell_shows_what_it_wrote_so_far(editor: Editor) -> None:
    buffer = editor.open(SLOW, "slow.py")
    slow = (await agrees(buffer))[0]["id"]
    running = asyncio.create_task(buffer.run("runAll"))
    so_far = ""
    for step in range(2):
        so_far += f"step {step}\n"
        await until(partial(writes, buffer, slow, so_far))
        (editor.folder / f"seen step {step}").touch()
    await running
    await agrees(buffer)
    told = mirror(buffer).messages
    changes = [cell for message in told for cell in message["cells"] if cell["id"] == slow]
    states = [cell["state"] for cell in changes if "state" in cell]
    assert states[0] == "new" and "running" in states and states[-1] == "fresh"
    written = [cell["so_far"]["stdout"] for cell in changes if cell.get("so_far")]
    assert {"step 0\n", "step 0\nstep 1\n"} <= set(written)
    cells = mirror(buffer).list
    assert cells[0]["so_far"] is None and cells[0]["stdout"] == "step 0\nstep 1\nstep 2\n"


async def test_the_pace(editor: Editor) -> None:
    text = "# %%\nfor step in range(2000):\n    print(step, flush=True)\n"
    buffer = editor.open(text, "pace.py")
    started = time.monotonic()
    await asyncio.gather(*(buffer.run("runAll") for _ in range(6)))
    took = time.monotonic() - started
    await agrees(buffer)
    assert len(mirror(buffer).messages) <= BURST + 2 + took / INTERVAL


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


RICH = f"""\
# %% Picture
class Picture:
    def _repr_png_(self):
        return bytes.fromhex("{png(6, 4).hex()}")
Picture()
# %% Page
class Page:
    def __init__(self, size): self.size = size
    def _repr_html_(self): return "x" * self.size
Page(10)
# %% Long page
Page({INLINE + 1})
# %% Flood
print("y" * {3 * LONGEST})
# %% Half a character
print("\\ud800")
"""


async def test_rich_results(editor: Editor) -> None:
    buffer = editor.open(RICH, "rich.py")
    await buffer.run("runAll")
    await until(lambda: mirror(buffer).states() == " ".join(["fresh"] * 5))
    picture, page, long, flood, half = mirror(buffer).list
    [output] = picture["outputs"]
    assert (output["mime"], output["size"]) == ("image/png", [6, 4])
    assert Path(output["file"]).read_bytes() == png(6, 4)
    assert page["outputs"] == [{"mime": "text/html", "data": "x" * 10}]
    [output] = long["outputs"]
    assert Path(output["file"]).read_text() == "x" * (INLINE + 1)
    assert output["bytes"] == INLINE + 1 and "data" not in output
    assert flood["cut"] == ["stdout"] and len(flood["stdout"]) < 2 * LONGEST + 100
    assert half["stdout"] in ("?\n", "\ufffd\n", "\\ud800\n")


@pytest.mark.parametrize(
    ("picture", "pixels"),
    [
        (png(640, 480), (640, 480)),
        (b"GIF89a\x05\x00\x07\x00rest", (5, 7)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x07\x00\x05....", (5, 7)),
        (b"\xff\xd8\xff\xe0\x00\x00" + bytes(20), None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
async def test_the_size_of_a_picture(picture: bytes, pixels: tuple[int, int] | None) -> None:
    assert size(picture) == pixels


async def test_a_thousand_cells(editor: Editor) -> None:
    text = "".join(f"# %%\nx{n} = {n}\nx{n}\n" for n in range(1000))
    buffer = editor.open(text, "many.py")
    await buffer.run("runAll")
    await agrees(buffer)
    seen = mirror(buffer).messages
    count = len(seen)
    buffer.replace("x500 = 500", "x500 = 501")
    await agrees(buffer)
    buffer.replace("# %%\nx0 = 0", "\n# %%\nx0 = 0")
    await agrees(buffer)
    changed = [cell for message in seen[count:] for cell in message["cells"]]
    assert len([cell for cell in changed if "state" in cell]) == 1
    moved = [cell for cell in changed if "state" not in cell]
    assert all(set(cell) == {"id", "lines", "range", "result_at"} for cell in moved)


async def test_nothing_is_sent_to_who_did_not_ask(editor: Editor, tmp_path: Path) -> None:
    for options, asked in (
        ({"sessions": {"cellState": True}}, True),
        ({"sessions": {"cellState": "yes"}}, False),
        ({"sessions": None}, False),
        ([], False),
        (None, False),
    ):
        params = initialize_params("neovim", tmp_path)
        params.initialization_options = options
        client = Client(params)
        assert (client.cell_state, client.policy.hints) == (asked, not asked)
