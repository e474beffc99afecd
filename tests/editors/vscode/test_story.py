"""The main story in a real VS Code, with the extension that we ship."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.finding import apart
from tests.editors.vscode.browser import CodeServer, Window, chromium

NOTEBOOK = """\
# %% Rate
rate = 2

# %% Table
table = [n * rate for n in range(3)]
table

# %% Sum
total = sum(table)
total
"""

FULL = """\
# %% Long
count = 30

# %% Numbers
numbers = list(range(count))
numbers

# %% Picture
import base64

class Dot:
    def _repr_png_(self):
        return base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
            "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
display(Dot())
Dot()

# %% Long text
print("x" * 20_000)

# %% Page
class Page:
    def _repr_html_(self):
        return "<p>calm</p><img src='x' onerror='document.body.append(`r${`an`}`)'>"
Page()

# %% Colours
print("\\x1b[1;32mgood\\x1b[0m, <plain>, \\x1b[38;5;196mfar\\x1b[39m and \\x1b[48;2;1;2;3mdeep")
"""

REMEMBER = """node => new MutationObserver(() => {
    const seen = node.ownerDocument.body.dataset;
    seen.seen = `${seen.seen ?? ""} ${node.ownerDocument.body.innerText}`;
}).observe(node.ownerDocument.body, {childList: true})"""
"""Keeps in an attribute of a page what it has shown, however short."""

COLOURS = {
    "good": "font-weight:bold;color:var(--vscode-terminal-ansiGreen)",
    "far": "color:rgb(255,0,0)",
    "deep": "background-color:rgb(1,2,3)",
}


@pytest.fixture(scope="module")
def server() -> Iterator[CodeServer]:
    with apart() as folder:
        made = CodeServer(folder)
        assert "installed the extension" in made.sessions("editor", "vscode")
        assert "nothing to change" in made.sessions("editor", "vscode")
        made.start()
        yield made
        made.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as made:
        yield made


def notebook(server: CodeServer, name: str, text: str = NOTEBOOK) -> Path:
    """A notebook in a folder of its own, with results of an earlier run."""
    folder = server.folder / "work" / name
    folder.mkdir()
    (folder / "n.py").write_text(text)
    server.sessions("run", f"{name}/n.py")
    return folder


def test_the_main_story(server: CodeServer, browser: Any, tmp_path: Path) -> None:
    folder = notebook(server, "story")
    window = Window(browser, server, folder)
    window.answer("Yes, I trust the authors")
    window.open("n.py")
    # Open: what an earlier run gave.
    window.wait("→ [0, 2, 4]", "→ 6", "Run stale (0)", "all fresh · no kernel")
    assert window.marks() == 3
    # Edit: what depends on it is stale, before anything is saved.
    window.line(2, "rate = 5")
    window.wait("→ [0, 2, 4] ⟵ stale", "Run stale (3)", "3 stale · no kernel")
    # Saving runs, without a question: the workspace is trusted.
    window.keys("Control+S")
    window.wait("→ [0, 5, 10]", "→ 15", "all fresh · idle", without=["stale ·"])
    # Run by the palette.
    window.line(2, "rate = 7")
    window.wait("3 stale · idle")
    window.command("Sessions: Run Stale Cells")
    window.wait("→ [0, 7, 14]", "→ 21", "all fresh · idle")
    # Break it, and mend it.
    window.line(9, "total = sum(table) / 0")
    window.keys("Control+S")
    window.wait("✗ ZeroDivisionError: division by zero", "1 failed · idle")
    window.line(9, "total = sum(table)")
    window.keys("Control+S")
    window.wait("→ 21", "all fresh · idle", without=["ZeroDivisionError"])
    # Shift+Enter runs the cell, and goes to the first line of the next one.
    window.line(2, "rate = 8")
    window.keys("Shift+Enter")
    window.wait("Ln 5, Col 1", "→ [0, 8, 16]", "→ 24")
    window.keys("Control+S")
    # Somebody else edits the file: it is read again, and what changed is stale.
    window.until(lambda: "rate = 8" in (folder / "n.py").read_text(), "the file is saved")
    # VS Code looks at the file once more, and what it finds then counts as its own.
    window.page.locator(".tab.dirty").wait_for(state="detached")
    (folder / "n.py").write_text((folder / "n.py").read_text().replace("rate = 8", "rate = 9"))
    window.wait("rate = 9", "→ 24 ⟵ stale")
    # A click on a lens.
    window.page.get_by_role("button", name="Run all (3)").click()
    window.wait("→ 27", "all fresh · idle", "Run stale (0)")
    window.page.screenshot(path=tmp_path / "vscode.png")
    window.page.close()


def test_nothing_runs_before_the_workspace_is_trusted(server: CodeServer, browser: Any) -> None:
    folder = notebook(server, "restricted")
    window = Window(browser, server, folder)
    window.answer("No, I don't trust the authors")
    window.open("n.py")
    window.wait("→ [0, 2, 4]", "all fresh · no kernel")
    window.line(2, "rate = 5")
    window.wait("3 stale · no kernel")
    window.keys("Shift+Enter", "Control+S")
    window.page.get_by_role("button", name="Run all (3)").click()
    window.wait("Cells run code, and this workspace is not trusted.")
    window.wait("3 stale · no kernel")
    window.page.get_by_role("button", name="Manage Workspace Trust").click()
    window.page.get_by_role("button", name="Trust", exact=True).click()
    window.open("n.py")
    window.line(2, "rate = 6")
    window.keys("Control+S")
    window.wait("→ [0, 6, 12]", "→ 18", "all fresh · idle")
    window.page.close()


def test_a_result_in_full_stands_beside_the_notebook(server: CodeServer, browser: Any) -> None:
    folder = server.folder / "work" / "full"
    folder.mkdir()
    (folder / "n.py").write_text(FULL)
    server.sessions("run", "full/n.py")
    window = Window(browser, server, folder)
    window.answer("Yes, I trust the authors")
    window.open("n.py")
    # The mark of a long result is there to be seen: the whole hint is no longer than VS Code shows.
    window.line(2, "count = 31")
    window.wait("→ [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1… ⟵ stale")
    window.line(6)
    window.command("Sessions: Show Whole Result")
    shown = window.result()
    shown.get_by_text("28, 29]").wait_for()
    shown.get_by_text("Cell 2 (Numbers) · stale: it needs cell 1, which is stale").wait_for()
    # It follows a run, and the cursor; a text that the messages hold cut is whole.
    window.command("Sessions: Run Stale Cells")
    shown.get_by_text("29, 30]").wait_for()
    window.line(12)
    shown.get_by_alt_text("picture of cell 3").nth(1).wait_for()
    window.line(22)
    shown.get_by_text("x" * 20_000).wait_for()
    # Nothing of a result runs.
    window.line(26)
    shown.get_by_text("calm").wait_for()
    assert shown.get_by_text("ran").count() == 0
    # Colours are kept, in those of the theme's terminal.
    window.line(30)
    shown.get_by_text("good, <plain>, far and deep").wait_for()
    for text, style in COLOURS.items():
        assert style in (shown.get_by_text(text, exact=True).get_attribute("style") or "")
    # What cannot run any more keeps its result, as one that is out of date.
    outdated = shown.locator("body.outdated")
    assert outdated.count() == 0
    window.keys("Home")
    window.type("(")
    shown.get_by_text("Cell 6 (Colours) · cannot run: '(' was never closed").wait_for()
    outdated.wait_for()
    window.page.close()


def test_the_panel_outlives_the_window_and_the_server(server: CodeServer, browser: Any) -> None:
    folder = notebook(server, "again")
    (folder / "other.py").write_text("# %%\nprint('another notebook')\n")
    server.sessions("run", "again/other.py")
    window = Window(browser, server, folder)
    window.answer("Yes, I trust the authors")
    window.open("n.py")
    window.wait("→ 6")
    window.line(5)
    window.page.get_by_role("button", name="Show Whole Result").click()
    shown = window.result()
    shown.get_by_text("Cell 2 (Table) · fresh").wait_for()
    # Loaded again, the window shows in it what is at the cursor, and it follows.
    window.command("Developer: Reload Window")
    shown.get_by_text("Cell 2 (Table) · fresh").wait_for(timeout=60_000)
    window.page.get_by_text("total = sum(table)").click()
    shown.get_by_text("Cell 3 (Sum) · fresh").wait_for()
    # What a server said that has died is not shown any more; another one takes its place.
    before = server.language_servers()
    assert before
    shown.get_by_text("Cell 3 (Sum) · fresh").evaluate(REMEMBER)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    shown.locator("body[data-seen~='Nothing']").wait_for(timeout=60_000, state="attached")
    shown.get_by_text("Cell 3 (Sum) · fresh").wait_for(timeout=60_000)
    assert not set(before) & set(server.language_servers())
    # What comes to the front is shown, though its cells become known only later.
    window.open("other.py")
    shown.get_by_text("another notebook").wait_for()
    window.open("n.py")
    shown.get_by_text("Cell 3 (Sum) · fresh").wait_for()
    # A cell that is gone leaves nothing behind.
    window.line(8)
    window.keys("Control+Shift+End", "Delete")
    shown.get_by_text("Cell 2 (Table) · fresh").wait_for()
    window.page.close()


def test_the_variables_lead_to_their_cells(server: CodeServer, browser: Any) -> None:
    text = f"# %%\nfrom math import floor\n{NOTEBOOK}"
    window = Window(browser, server, notebook(server, "variables", text))
    window.answer("Yes, I trust the authors")
    window.open("n.py")
    window.command("Sessions: Show Variables")
    window.wait("No variables: ")
    window.command("Sessions: Run All Cells")
    window.wait("all fresh · idle")
    window.command("Sessions: Show Variables")
    window.wait("list · 3 items · cell 3", "[0, 2, 4]")
    rows = window.page.locator(".quick-input-list .monaco-list-row").all_inner_texts()
    names = ["rate", "table", "total", "floor"]  # what is code comes last
    assert [row.startswith(name) for row, name in zip(rows, names, strict=True)] == [True] * 4
    window.type("total")
    window.keys("Enter")
    window.wait("Ln 11, Col 1")
    window.page.close()


def test_another_python_file_is_left_alone(server: CodeServer, browser: Any) -> None:
    folder = server.folder / "work" / "plain"
    folder.mkdir()
    (folder / "plain.py").write_text("value = undefined\n")
    window = Window(browser, server, folder)
    window.answer("Yes, I trust the authors")
    window.open("plain.py")
    window.line(1)
    window.keys("End", "Shift+Enter")
    window.type("# %%\n1 + 1\n")
    window.keys("Control+S")  # with a marker it becomes a notebook
    window.wait("Run all (2)")
    text = "value = undefined\n# %%\n1 + 1\n\n"
    window.until(lambda: (folder / "plain.py").read_text() == text, "the file is saved")
    window.page.close()
