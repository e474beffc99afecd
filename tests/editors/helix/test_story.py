"""The main story in a real Helix, with the configuration that we ship."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.finding import ROOT, apart, environment, found, version
from tests.editors.helix import HOW
from tests.editors.tmux import PATIENCE, Tmux

QUESTION = "Run stale cells of n.py whenever you save it?"

NOTEBOOK = """\
# %% Rate
rate = 2

# %% Table
table = {n: n * rate for n in range(3)}
table

# %% Sum
total = sum(table.values())
print("added up")
total
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose Helix has the shipped files for its configuration."""
    with apart() as made:
        (made / "config" / "helix").mkdir()
        for name in ("config.toml", "languages.toml"):
            shutil.copy(ROOT / "editors" / "helix" / name, made / "config" / "helix")
        yield made


def start(folder: Path, *files: str) -> Helix:
    program = found("SESSIONS_HELIX", "hx", HOW, lambda program: version(program) >= (25, 7))
    return Helix(folder, [program, *files], environment(folder))


class Helix(Tmux):
    """Helix in a terminal."""

    def normal(self) -> None:
        """Back to normal mode; a key right after Escape would be taken for one with Alt."""
        self.keys("Escape")
        self.wait(" NOR ")

    def line(self, number: int, text: str) -> None:
        """Replace a line, as a person does: one change a key."""
        self.type(f"{number}gg")
        self.type("xc")
        self.type(f"{text}\n")
        self.keys("BSpace")
        self.normal()

    def asks(self) -> bool:
        """Whether it asks after a save; 25.07 has no such window, and some builds of it have."""
        end = time.monotonic() + PATIENCE
        while QUESTION not in (screen := self.screen()):
            if "Saving ran nothing" in screen:
                return False
            assert time.monotonic() < end, screen
            time.sleep(0.05)
        return True

    def command(self, text: str) -> None:
        """`:text`."""
        self.type(f":{text}")
        self.keys("Enter")


def run(folder: Path, *arguments: str) -> None:
    """`sessions …` in the folder of the notebook."""
    subprocess.run(
        [sys.executable, "-m", "sessions_ls", *arguments],
        cwd=folder / "work",
        env=environment(folder),
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )


def test_the_main_story(folder: Path) -> None:
    notebook = folder / "work" / "n.py"
    notebook.write_text(NOTEBOOK)
    run(folder, "run", "n.py")
    helix = start(folder, "n.py")
    try:
        # Open: what an earlier run gave.
        helix.wait("{0: 0, 1: 2, 2: 4}", "└─added up", "  6\n", without=["stale"])
        # Edit: what depends on it is stale, before anything is saved.
        helix.line(2, "rate = 5")
        helix.wait("# %% Table  Stale: it needs cell 1, which is stale", "⟵ stale")
        helix.wait("# %% Rate  Stale: its code changed")
        # Saving runs nothing, and says why; the code action is the answer.
        helix.command("w")
        if helix.asks():
            helix.keys("Escape")
        helix.wait("Saving ran nothing: this notebook is not trusted.", "⟵ stale")
        helix.type("gg")
        helix.keys("Space", "a")
        helix.wait("Move the cell down")
        helix.keys("Enter")
        helix.wait("{0: 0, 1: 5, 2: 10}", "  15\n", without=["Stale", "⟵ stale", "not trusted"])
        # Run what is stale, by key.
        helix.line(2, "rate = 6")
        helix.wait("⟵ stale")
        helix.keys("Space", "n", "s")
        helix.wait("{0: 0, 1: 6, 2: 12}", "  18\n", without=["tale"])
        # From now on saving runs.
        helix.line(2, "rate = 7")
        helix.wait("⟵ stale")
        helix.command("w")
        helix.wait("{0: 0, 1: 7, 2: 14}", "  21\n", "written", without=["tale"])
        assert "rate = 7" in notebook.read_text()
        # Break it: no result of another text is unmarked.
        helix.line(9, "total = = 1")
        helix.wait("invalid syntax", "└─added up  ⟵ stale")
        # The traceback at the line that raised, and who has to wait.
        helix.line(9, "total = sum(table.values()) / 0")
        helix.command("w")
        helix.wait("ZeroDivisionError: division by zero", "{0: 0, 1: 7, 2: 14}")
        helix.line(5, "table = {n: n * rate for n in nowhere}")
        helix.command("w")
        helix.wait("NameError: name 'nowhere'", "# %% Sum  Blocked: it needs cell 2, which failed")
        # Mend it, and run one cell by key.
        helix.line(5, "table = {n: n * rate for n in range(4)}")
        helix.line(9, "total = sum(table.values())")
        helix.type("11gg")
        helix.keys("Space", "n", "r")
        helix.wait("  42\n", "{0: 0, 1: 7, 2: 14, 3: 21}", without=["Error", "tale", "Blocked"])
        helix.command("w")
        helix.wait("written")
        # Somebody else edits the file.
        notebook.write_text(notebook.read_text().replace("rate = 7", "rate = 9"))
        helix.type("gg")
        helix.wait("└─File changed on disk: cell 1 was edited on disk. `:reload` loads it.")
        helix.command("reload")
        helix.wait("rate = 9", "# %% Table  Stale", without=["changed on disk"])
        helix.keys("Space", "n", "A")
        helix.wait("  54\n", without=["tale"])
    finally:
        helix.end()


def test_a_new_cell_by_key(folder: Path) -> None:
    notebook = folder / "work" / "n.py"
    notebook.write_text(NOTEBOOK)
    run(folder, "run", "n.py")
    helix = start(folder, "n.py")
    try:
        helix.wait("  6\n")
        helix.type("4gg")
        helix.keys("Space", "n", "n")
        helix.wait(" 9:1\n")
        helix.type("ilen(table)")
        helix.normal()
        helix.wait("# %%  Not run yet")
        helix.keys("Space", "n", "r")
        helix.wait("└─3\n", without=["Not run yet"])
        helix.command("w")
        helix.wait("written")
        new = "table\n\n# %%\nlen(table)\n\n# %% Sum"
        assert notebook.read_text() == NOTEBOOK.replace("table\n\n# %% Sum", new)
    finally:
        helix.end()


def test_an_answer_or_a_key_lets_saving_run(folder: Path) -> None:
    (folder / "work" / "n.py").write_text(NOTEBOOK)
    run(folder, "run", "n.py")
    helix = start(folder, "n.py")
    try:
        helix.wait("{0: 0, 1: 2, 2: 4}")
        helix.line(2, "rate = 3")
        helix.command("w")
        if helix.asks():
            helix.keys("Down", "Enter")
        else:
            helix.keys("Space", "n", "t")
        helix.wait(
            "{0: 0, 1: 3, 2: 6}", "  9\n", without=["Stale", "⟵ stale", QUESTION, "not trusted"]
        )
        helix.line(2, "rate = 4")
        helix.command("w")
        helix.wait("{0: 0, 1: 4, 2: 8}", "  12\n", without=["tale", QUESTION])
    finally:
        helix.end()


def test_stale_is_seen_however_fast_somebody_types(folder: Path) -> None:
    (folder / "work" / "n.py").write_text(NOTEBOOK)
    run(folder, "run", "n.py")
    helix = start(folder, "n.py")
    try:
        helix.wait("  6\n")
        for _ in range(10):
            helix.type("2gggla")
            helix.wait(" INS ")
            for key in (
                "BSpace",
                "3",
                "1",
                "5",
            ):  # a version of the document every few milliseconds
                helix.keys(key)
            helix.normal()
            helix.wait("# %% Table  Stale")
            helix.type("u")
            helix.wait("rate = 2", without=["tale"])
    finally:
        helix.end()


def test_keys_work_below_the_root_and_with_a_difficult_name(folder: Path) -> None:
    """Helix tells the path from its own folder; the server starts at the root of the repository."""
    (folder / ".git").mkdir()
    (folder / "work" / "ein wörtlicher name.py").write_text(f"{NOTEBOOK}\n# %%\nnowhere\n")
    helix = start(folder, "ein wörtlicher name.py")
    try:
        helix.wait("`nowhere` is not defined")
        helix.type("4gg")
        helix.keys("Space", "n", "r")
        helix.wait("{0: 0, 1: 2, 2: 4}")
        helix.type("6gg")
        helix.keys("Space", "n", "c")
        helix.wait("# %% Table", without=["{0: 0, 1: 2, 2: 4}"])
    finally:
        helix.end()


def test_another_python_file_is_left_alone(folder: Path) -> None:
    (folder / "work" / "plain.py").write_text("value = undefined\n")
    (folder / "work" / "n.py").write_text("# %%\nvalue = undefined\n")
    helix = start(folder, "n.py", "plain.py")
    try:
        helix.wait("`undefined` is not defined")
        helix.command("buffer-next")
        helix.wait(" plain.py ")
        helix.keys("Space", "n", "r")
        screen = helix.wait("plain.py is not a notebook: it has no cell marker")
        assert "not defined" not in screen
    finally:
        helix.end()
