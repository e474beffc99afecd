"""Open, run, edit, save: with the capabilities of each real editor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types

from sessions_ls.live.known import SMALLEST, Known
from sessions_ls.notebook.cells import read_notebook
from tests.lsp.editor import PATIENCE, kernels_of, until

if TYPE_CHECKING:
    from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAIN = """\
# %% Log
import pathlib
def ran(name):
    with pathlib.Path("FILE").open("a") as file:
        file.write(name)
# %% One
ran("1")
a = 1
a
# %% Two
ran("2")
b = a + 1
b

# %% Three
ran("3")
c = "apart"
c
# no more
"""

ERROR = """\
# %% Rate
def rate(n):
    return 10 / n
# %% Fails
print("before")
y = rate(0)
# %% Needs it
y + 1
# %% Does not
print("well")
"""


class Counted(dict[str, object]):
    """A dictionary that counts how often something was put into it."""

    sets = 0

    def __setitem__(self, key: str, value: object) -> None:
        self.sets += 1
        super().__setitem__(key, value)


async def test_run_all_shows_every_result(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "all.py")
    assert await buffer.titles() == [
        "▶ Run stale (4)",
        "Run all (4)",
        "■ Interrupt",
        "↻ Restart",
        *4 * ["▶ Run · new"],
    ]
    done = await buffer.run("runAll")
    assert (done["ok"], done["ran"], done["failed"]) == (True, 4, 0)
    titles = await buffer.titles()
    assert titles[0] == "▶ Run stale (0)"
    assert all(title.startswith("▶ Run · fresh · ") for title in titles[4:])
    if editor.hints:
        shown = {hint.position.line: hint.label for hint in await buffer.hints()}
        assert shown == {8: "→ 1", 12: "→ 2", 17: "→ 'apart'"}
        assert [hint.position.line for hint in await buffer.hints(9, 12)] == [12]
        assert await buffer.hints(13, 16) == []
    else:
        assert buffer.printed() == {9: "1", 13: "2", 18: "'apart'"}
    assert editor.said() == []


async def test_lenses_run_their_cell_wherever_it_has_moved(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "lens.py")
    lens = (await buffer.lenses())[6]
    buffer.replace("# %% Log\n", "# %% First\n0\n# %% Log\n")
    assert lens.command is not None
    [argument] = lens.command.arguments
    done = await editor.command("runCell", argument)
    assert done["ran"] == 3
    assert await buffer.states() == "new fresh fresh fresh new"


async def test_opening_shows_stored_results_and_starts_nothing(editor: Editor) -> None:
    first = editor.open(CHAIN, "stored.py")
    await first.run("runAll")
    await editor.command("restart", {"uri": first.uri})
    second = editor.open(CHAIN, "opened.py")
    await editor.command("status", {"uri": second.uri})
    stored = editor.folder / "stored.session.toml"
    third_text = first.path.with_name("third.py")
    third_text.with_name("third.session.toml").write_bytes(stored.read_bytes())
    third = editor.open(CHAIN, "third.py").trusted()
    status = await third.status()
    assert [cell["state"] for cell in status["cells"]] == 4 * ["fresh"]
    assert all(cell["cold"] for cell in status["cells"])
    assert status["kernel"]["state"] == "none"
    assert (await third.titles())[0] == "▶ Run stale (0)"
    assert "→ 2" in [h.label for h in await third.hints()] if editor.hints else True
    assert "```text\n2\n```" in (await third.hover(9) or "")
    third.save()
    await third.status()
    assert kernels_of(third_text.with_name("third.py")) == set()


async def test_saving_runs_what_depends_on_the_edit_and_no_more(editor: Editor) -> None:
    log = editor.folder / "saving.txt"
    buffer = editor.open(CHAIN.replace("FILE", log.name), "saving.py").trusted()
    buffer.save()
    await until(lambda: log.exists() and log.read_text() == "123")
    await buffer.shows("")
    assert log.read_text() == "123"
    buffer.replace("a = 1\n", "a = 5\n")
    await buffer.shows("stale-cell@6 stale-cell@10")
    assert log.read_text() == "123"
    buffer.save()
    await buffer.shows("")
    assert log.read_text() == "12312"
    buffer.replace("a = 5\n", "a = 2 + 3\n")
    buffer.save()
    await until(lambda: log.read_text() == "123121")
    await buffer.shows("")
    assert (await buffer.status())["cells"][2]["text"] == "6"
    assert await buffer.states() == "fresh fresh fresh fresh"


async def test_stale_is_shown_and_taken_back(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "stale.py")
    await buffer.run("runAll")
    buffer.replace("a = 1\n", "a = 7\n")
    await buffer.shows("stale-cell@6 stale-cell@10")
    own, other = sorted(
        (item for item in buffer.diagnostics() if item.code == "stale-cell"),
        key=lambda item: item.range.start.line,
    )
    assert own.message == "Stale: its code changed"
    assert own.source == "sessions"
    assert own.code_description is not None
    assert own.code_description.href.endswith("/docs/diagnostics/stale-cell.md")
    assert (own.range.start.character, own.range.end.character) == (0, len("# %% One"))
    assert other.message == "Stale: it needs cell 2, which is stale"
    assert list(own.tags or ()) == ([] if editor.name == "helix" else [1])
    assert "▶ Run · stale" in (await buffer.titles())[5]
    if editor.hints:
        assert [hint.label for hint in await buffer.hints(8, 8)] == ["→ 1 ⟵ stale"]
    buffer.replace("a = 7\n", "a = 1\n")
    await buffer.shows("")
    assert await buffer.states() == "fresh fresh fresh fresh"


async def test_what_a_cell_gave_before_it_could_not_be_parsed_is_marked(editor: Editor) -> None:
    buffer = editor.open("# %%\na = 1\na\n", "broken.py")
    await buffer.run("runAll")
    buffer.replace("a = 1", "a = = 1")
    await buffer.shows("syntax-error@2")
    if editor.hints:
        assert [hint.label for hint in await buffer.hints(0, 2)] == ["→ 1 ⟵ stale"]


async def test_helix_gets_the_same_diagnostics_again_for_each_version(editor: Editor) -> None:
    """It drops those of an older version, and would show what was true before the edit."""
    buffer = editor.open("# %%\na = 1\na\n", "versions.py")
    await buffer.run("runAll")
    editor.client.diagnostics = counted = Counted(editor.client.diagnostics)
    for edit in range(1, 5):
        buffer.replace(f"a = {edit}", f"a = {edit + 1}")
        await buffer.shows("stale-cell@1")
        if editor.name == "helix":
            await until(lambda: counted.sets == edit)  # noqa: B023  waited for in this round
    await buffer.shows("stale-cell@1")
    editor.client.diagnostics = dict(counted)
    assert counted.sets == (4 if editor.name == "helix" else 1)


async def test_an_error_is_shown_at_its_line_and_healed(editor: Editor) -> None:
    buffer = editor.open(ERROR, "error.py").trusted()
    done = await buffer.run("runAll")
    assert (done["ok"], done["ran"], done["failed"], done["blocked"]) == (False, 3, 1, 1)
    await buffer.shows("cell-error@6 blocked-cell@7")
    assert "Traceback (most recent call last)" in (await buffer.hover(5) or "")
    error, blocked = buffer.only("cell-error"), buffer.only("blocked-cell")
    assert error.severity == 1
    assert (error.range.start.character, error.range.end.character) == (0, len("y = rate(0)"))
    assert (blocked.severity, blocked.message) == (4, "Blocked: it needs cell 2, which failed")
    if editor.name == "helix":
        assert error.message == "ZeroDivisionError: division by zero\n  line 3 in rate"
        assert buffer.printed() == {6: "before", 10: "well"}
    else:
        assert error.message == "ZeroDivisionError: division by zero"
        [inner] = error.related_information
        assert inner.location.range.start.line == 2
        assert inner.message == "in rate, cell 1 (Rate)"
        [cause] = blocked.related_information
        assert cause.location.range.start.line == 3
    if editor.hints:
        shown = [hint.label for hint in await buffer.hints(5, 5)]
        assert shown == ["✗ ZeroDivisionError: division by zero"]
    assert "line 3, in rate" in (await buffer.hover(3) or "")
    buffer.replace("rate(0)", "rate(4)")
    buffer.save()
    await buffer.shows("")
    assert (await buffer.status())["cells"][2]["text"] == "3.5"


async def test_what_cannot_run_any_more_leaves_a_stale_result(editor: Editor) -> None:
    buffer = editor.open("# %%\na = 1\na\n", "broken.py")
    await buffer.run("runAll")
    buffer.replace("a = 1\n", "a = (1\n")
    await buffer.shows("syntax-error@2")
    if editor.lenses:
        assert (await buffer.titles())[4] == "▶ Run · error"
    if editor.hints:
        assert [hint.label for hint in await buffer.hints()] == ["→ 1 ⟵ stale"]
    else:
        assert buffer.printed() == {3: "1  ⟵ stale"}
    assert "· what it gave before is stale ·" in (await buffer.hover(0) or "")
    buffer.replace("a = (1\n", "a = 1\n")
    await buffer.shows("")
    if editor.hints:
        assert [hint.label for hint in await buffer.hints()] == ["→ 1"]


async def test_static_problems_come_while_typing(editor: Editor) -> None:
    buffer = editor.open("# %%\na = 1\n# %%\nprint(b)\n", "static.py")
    await buffer.shows("undefined-name@4")
    item = buffer.only("undefined-name")
    assert (item.range.start.character, item.range.end.character) == (6, 7)
    buffer.replace("print(b)", "print(b")
    await buffer.shows("syntax-error@4")
    buffer.replace("print(b", "print(a)")
    await buffer.shows("")
    buffer.replace("print(a)", "print(a)\\")
    await buffer.shows("syntax-error@4")
    item = buffer.only("syntax-error")  # the end of the file is meant: the last character is marked
    assert (item.range.start.character, item.range.end.character) == (8, 9)
    buffer.replace("print(a)\\", "print(a)")
    await buffer.shows("")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
async def test_positions_with_wide_characters(editor: Editor, newline: str) -> None:
    lines = ["# %% 😀 é", "s = '😀é'; tail", "t = '😀'; 1 / 0"]
    buffer = editor.open(newline.join(lines), f"wide{len(newline)}{ord(newline[0])}.py")
    await buffer.shows("undefined-name@2")
    widths = {"utf-8": (4, 2), "utf-16": (2, 1)}
    emoji, accent = widths[editor.encoding]
    place = buffer.only("undefined-name").range
    start = len("s = ''; ") + emoji + accent
    assert (place.start.character, place.end.character) == (start, start + 4)
    buffer.replace("tail", "0")
    buffer.replace("é'; 0", "é' + 'è'; 0")
    await buffer.run("runAll")
    await buffer.shows("cell-error@3")
    end = buffer.only("cell-error").range.end
    assert (end.line, end.character) == (2, len("t = ''; 1 / 0") + emoji)
    assert (await buffer.status())["cells"][0]["title"] == "😀 é"


async def test_a_file_without_markers_is_left_alone(editor: Editor) -> None:
    buffer = editor.open("import os\nprint(undefined)\n", "plain.py")
    assert await buffer.lenses() == []
    assert await buffer.hover(0) is None
    if editor.hints:
        assert await buffer.hints() == []
    other = editor.open("# %% not Python\n", "notes.md", "markdown")
    assert await other.lenses() == []
    assert buffer.uri not in editor.client.diagnostics
    buffer.replace("import os\n", "# %%\nimport os\n")
    await buffer.shows("undefined-name@3")
    assert len(await buffer.lenses()) == 5
    buffer.replace("# %%\n", "")
    await buffer.shows("")
    assert await buffer.lenses() == []


async def test_two_notebooks_do_not_wait_for_each_other(editor: Editor) -> None:
    slow = editor.open("# %%\nimport time\ntime.sleep(60)\n", "slow.py")
    quick = editor.open("# %%\nx = 1\nx\n", "quick.py")
    running = asyncio.create_task(slow.run("runAll"))
    await until_running(slow)
    assert (await quick.run("runAll"))["ok"] is True
    quick.replace("x = 1", "x = 2")
    assert await quick.states() == "stale"
    await editor.command("interrupt", {"uri": slow.uri})
    assert (await running)["ok"] is False
    assert await slow.states() == "interrupted"


async def test_a_notebook_can_be_edited_while_it_runs(editor: Editor) -> None:
    text = "# %% A\nimport time\ntime.sleep(60)\n# %% B\nb = 1\n"
    buffer = editor.open(text, "busy.py")
    running = asyncio.create_task(buffer.run("runAll"))
    await until_running(buffer)
    if editor.lenses:
        titles = await buffer.titles()
        assert titles[4:] == ["■ Interrupt · running", "▶ Run · queued"]
    buffer.replace("b = 1\n", "b = 2\nb + oops\n")
    await until(lambda: "undefined-name@6" in buffer.found())
    waiting = asyncio.create_task(buffer.run("runCell", cell="B"))
    await buffer.status()  # by now it is asked for
    await editor.command("interrupt", {"uri": buffer.uri})
    assert (await running)["ok"] is False
    assert (await waiting)["ran"] == 0
    assert await buffer.states() == "interrupted new"


async def test_what_has_not_run_is_told_from_what_gave_nothing(editor: Editor) -> None:
    buffer = editor.open("# %% A\na = 1\n# %% B\nb = 2\n", "unrun.py")
    assert await buffer.states() == "new new"
    assert buffer.found() == ""
    await buffer.run("runCell", cell="A")
    await buffer.shows("stale-cell@3" if editor.name == "helix" else "")
    assert [item.message for item in buffer.diagnostics()] == (
        ["Not run yet"] if editor.name == "helix" else []
    )


async def test_the_result_of_a_cell_that_no_longer_parses_is_marked(editor: Editor) -> None:
    buffer = editor.open("# %%\na = 1\na\n", "broken.py")
    await buffer.run("runAll")
    buffer.replace("a = 1", "a = (1")
    await buffer.shows("syntax-error@2")
    if editor.hints:
        assert [hint.label for hint in await buffer.hints()] == ["→ 1 ⟵ stale"]
    else:
        assert buffer.printed() == {3: "1  ⟵ stale"}


async def test_progress_of_a_silent_cell_says_how_long(editor: Editor) -> None:
    """Helix clears it away with the next key."""
    buffer = editor.open("# %% Nap\nimport time\ntime.sleep(60)\n", "silent.py")
    reports = editor.client.progress_reports
    known = set(reports)
    running = asyncio.create_task(buffer.run("runAll"))
    await until(lambda: any(reports[token] for token in set(reports) - known))
    [token] = set(reports) - known
    await until(lambda: reports[token][-1].message == "Nap (cell 1), 1 of 1, 6 s")
    await editor.command("interrupt", {"uri": buffer.uri})
    assert (await running)["ok"] is False


async def test_progress_is_shown_and_cancels(editor: Editor) -> None:
    text = '# %% Nap\nimport time\nprint("a\\r\\x1b[32mstep 1\\x1b[m")\ntime.sleep(60)\n'
    buffer = editor.open(text, "progress.py")
    reports = editor.client.progress_reports
    known = set(reports)
    running = asyncio.create_task(buffer.run("runAll"))
    await until(lambda: any(reports[token] for token in set(reports) - known))
    [token] = set(reports) - known
    begin = reports[token][0]
    assert (begin.title, begin.cancellable) == ("Running progress.py", True)
    await until(lambda: reports[token][-1].message == "Nap (cell 1), 1 of 1: step 1")
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert (await running)["ok"] is False
    await until(lambda: reports[token][-1].kind == "end")


async def test_closing_and_opening_again_keeps_the_session(editor: Editor) -> None:
    buffer = editor.open(CHAIN, "reload.py").trusted()
    await buffer.run("runAll")
    pid = (await buffer.status())["kernel"]["pid"]
    buffer.replace("a = 1\n", "a = 9\n")
    await buffer.shows("stale-cell@6 stale-cell@10")
    buffer.closed()
    await buffer.shows("")
    buffer.opened()
    await buffer.shows("stale-cell@6 stale-cell@10")
    assert (await buffer.status())["kernel"]["pid"] == pid
    buffer.save()
    await buffer.shows("")


async def test_a_kernel_that_dies_is_told(editor: Editor) -> None:
    text = "# %%\nimport os\n# %%\nos.kill(os.getpid(), 9)\n# %%\nprint('ok')\n"
    buffer = editor.open(text, "dies.py")
    assert (await buffer.run("runAll"))["ok"] is False
    assert any("SIGKILL" in message for message in editor.said())
    await until(lambda: "cell-error@" in buffer.found())
    assert "▶ Run · error" in " ".join(await buffer.titles())
    assert (await buffer.run("runCell", cell=3))["ok"] is True


async def test_restart_ends_a_kernel_that_ignores_interrupts(editor: Editor) -> None:
    text = (
        "# %%\nimport time\nwhile True:\n    try:\n        time.sleep(1)\n"
        "    except KeyboardInterrupt:\n        pass\n"
    )
    buffer = editor.open(text, "deaf.py")
    running = asyncio.create_task(buffer.run("runAll"))
    await until_running(buffer)
    await asyncio.wait_for(editor.command("restart", {"uri": buffer.uri}), PATIENCE)
    assert (await running)["ok"] is False
    assert (await buffer.status())["kernel"]["state"] == "none"


async def test_the_names_of_a_large_notebook_are_kept(editor: Editor) -> None:
    text = CHAIN + "# %% Long\n" + "# nothing\n" * (SMALLEST // 10)
    buffer = editor.open(text, "large.py")
    assert len(await buffer.titles()) == 8
    path = str(editor.folder / "large.py")
    cells = [(cell.source, False) for cell in read_notebook(text).cells]
    await until(lambda: None not in map(Known(path, text).names, cells))


async def until_running(buffer: object) -> None:
    """Wait until the first cell runs."""
    async with asyncio.timeout(PATIENCE):
        while not (await buffer.states()).startswith("running"):  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
