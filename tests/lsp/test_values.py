"""The live value of a name under the cursor, and the list of all of them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types

from sessions_ls.live.variables import BUSY, NOTHING
from tests.live.shared import NO_HANG
from tests.lsp.editor import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.lsp.editor import Buffer, Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTEBOOK = """\
# %% Load
rate = 2
rows = ["`a_b`"]
def price(n): return n * rate
pass
# %%
rate = rate + 1; print("rate")
rows.append(rate)
rows.count
# %% Words [markdown]
# rate
# %%
é = "🎉"; (é, rate)
total = price(
    later
)
print(len)
0
# %% Later
later = 10
"""

PLACES = [
    # line from 0, the text behind which the cursor stands, what is said first
    (1, "", "**rate** · `int`\n\n`2`\n\nfrom cell 1 (Load)"),
    (2, "row", "**rows** · `list`\n\nfrom cell 1 (Load); changed in place since"),
    (3, "def ", "**price** · `function`\n\n`price(n)`\n\nfrom cell 1 (Load)"),
    (3, "def price(n): return n * ", "**rate** · `int`\n\n`2`\n\nfrom cell 1 (Load)"),
    (3, "def price(n): return ", None),
    (6, "", "**rate** · `int`\n\n`3`\n\nfrom cell 2"),
    (6, "rate = ", "**rate** · `int`\n\n`2`\n\nfrom cell 1 (Load)"),
    (6, "rate = rate + 1; print(\"", None),
    (7, "", "**rows** · `list` · 2 items\n\n`` ['`a_b`', 3] ``\n\nfrom cell 2"),
    (7, "rows.", None),
    (10, "# ", None),
    (12, 'é = "🎉"; (é, ', "**rate** · `int`\n\n`3`\n\nfrom cell 2"),
    (12, "é", "**é** · `str` · 1 character\n\n`'🎉'`\n\nfrom cell 4"),
    (14, "    ", "**later** · `int`\n\n`10`\n\nfrom cell 5 (Later)"),
    (16, "", None),
    (16, "print(", None),
]  # fmt: skip


async def ran(editor: Editor, name: str) -> Buffer:
    buffer = editor.open(NOTEBOOK, name)
    done = await buffer.run("runAll")
    assert done["ok"]
    return buffer


async def becomes(ask: Callable[[], Awaitable[str]], expected: str) -> None:
    """Ask until this is the answer, or fail."""
    limit = time.monotonic() + PATIENCE
    while (answer := await ask()) != expected:
        assert time.monotonic() < limit, answer
        await asyncio.sleep(0.01)


async def hovered(buffer: Buffer, line: int, column: int = 0) -> types.Hover:
    """What is said of a name; a busy machine may need several attempts to be in time."""
    limit = time.monotonic() + PATIENCE
    while (shown := await buffer.hovered(line, column)) is None or shown.range is None:
        assert time.monotonic() < limit, (line, column)
    return shown


async def said(buffer: Buffer, line: int, column: int = 0) -> str:
    text: str = (await hovered(buffer, line, column)).contents.value
    return text


def column(buffer: Buffer, line: int, before: str) -> int:
    assert buffer.lines.line(line).startswith(before)
    return buffer.lines.units(line, len(before), buffer.editor.encoding)


async def test_values_as_their_cells_see_them(editor: Editor) -> None:
    buffer = await ran(editor, "values.py")
    for line, before, expected in PLACES:
        place = column(buffer, line, before)
        if expected is None:
            assert await buffer.hover(line, place) is None, (line, before)
        else:
            shown = await said(buffer, line, place)
            assert shown.startswith(expected), (line, before, shown)


async def test_the_range_is_that_of_the_name(editor: Editor) -> None:
    buffer = await ran(editor, "range.py")
    start = column(buffer, 12, 'é = "🎉"; (é, ')
    shown = await hovered(buffer, 12, start + 2)
    assert shown.range == types.Range(types.Position(12, start), types.Position(12, start + 4))


async def test_on_the_last_line_both_the_value_and_the_result_are_shown(editor: Editor) -> None:
    buffer = await ran(editor, "both.py")
    value, _, result = (await said(buffer, 19)).partition("\n\n---\n\n")
    assert value.startswith("**later** · `int`\n\n`10`")
    assert result.startswith("**fresh**")


async def test_a_stale_value_is_said_to_be(editor: Editor) -> None:
    buffer = await ran(editor, "stale.py")
    buffer.replace("later = 10", "later = 11")
    shown = await said(buffer, 14, 5)
    assert shown.endswith("`10`\n\nfrom cell 5 (Later), which is stale: its code changed")
    await hovered(buffer, 13, 1)
    buffer.replace("total = price(", "total = = price(")
    assert await buffer.hover(13, 1) is None


async def test_nothing_is_said_without_a_kernel_or_while_one_runs(editor: Editor) -> None:
    buffer = editor.open(NOTEBOOK + "# %%\nimport time\nnap = time.sleep(30)\n0\n", "none.py")
    assert await buffer.hover(1) is None

    async def why() -> str:
        answer = await editor.command("variables", {"uri": buffer.uri})
        assert answer["variables"] == []
        return str(answer["why"])

    await becomes(why, NOTHING)  # a session starts while the notebook is shown
    running = asyncio.ensure_future(buffer.run("runAll"))
    await becomes(why, BUSY)
    await becomes(buffer.states, "fresh fresh fresh fresh fresh running")
    started = time.monotonic()
    assert await buffer.hover(1) is None
    assert await why() == BUSY
    assert time.monotonic() - started < NO_HANG
    await editor.command("interrupt", {"uri": buffer.uri})
    await running


async def test_a_kernel_that_hangs_delays_no_hover(editor: Editor) -> None:
    buffer = await ran(editor, "hang.py")
    await hovered(buffer, 1)
    pid = (await buffer.status())["kernel"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        best = 10.0
        for _ in range(5):
            started = time.monotonic()
            assert await buffer.hover(1) is None
            best = min(best, time.monotonic() - started)
        assert best < 0.5  # less than a session waits for its kernel
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (await buffer.run("runAll"))["ok"]
    await hovered(buffer, 1)


async def test_the_list_of_all_and_as_a_cell_leaves_them(editor: Editor) -> None:
    buffer = await ran(editor, "list.py")

    async def listed(**target: object) -> list[tuple[str, str, int]]:
        answer = await editor.command("variables", {"uri": buffer.uri, **target})
        assert (answer["current"], answer["why"]) == (True, None)
        return [(one["name"], one["value"], one["cell"]) for one in answer["variables"]]

    assert await listed() == [
        ("price", "price(n)", 1), ("rate", "3", 2), ("rows", "['`a_b`', 3]", 2),
        ("total", "30", 4), ("é", "'🎉'", 4), ("later", "10", 5),
    ]  # fmt: skip
    assert await listed(cell=1) == [("price", "price(n)", 1), ("rate", "2", 1), ("rows", "", 1)]
    assert await listed(line=2) == await listed(cell=1)


async def test_hover_in_a_long_notebook(editor: Editor) -> None:
    cells = "".join(f"# %%\nx{n + 1} = x{n} + 1\n0\n" for n in range(1000))
    buffer = editor.open("# %%\nx0 = 0\n" + cells, "long.py")
    await buffer.run("runCell", cell=400)
    line = 2 + 3 * 398 + 1
    best = 1.0
    tries = 0
    while best >= 0.05:
        tries += 1
        assert tries < 50, best
        started = time.perf_counter()
        shown = await said(buffer, line)
        best = min(best, time.perf_counter() - started)
        assert shown.startswith("**x399** · `int`\n\n`399`\n\nfrom cell 400")
