"""Neovim in a real terminal: what a person sees on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.editors.neovim.editor import each_neovim, environment, init, required
from tests.editors.terminal import Terminal

NOTEBOOK = """\
# %% Prices
price = 3

# %% Sold
sold = {"Mon": 40, "Tue": 60}
print("\\x1b[31mred\\x1b[0m and plain")
sum(sold.values())

# %% Income
income = price * sum(sold.values())
income
# %% Chart
class Chart:
    def _repr_png_(self):
        return bytes.fromhex("89504e470d0a1a0a0000000d49484452000002800000 01e0".replace(" ", ""))
    def __repr__(self):
        return f"Chart of {income}"
Chart()
"""

OPENED = """\
○   1 # %% Prices  not run yet
    2 price = 3
    3
○   4 # %% Sold  not run yet
    5 sold = {"Mon": 40, "Tue": 60}
    6 print("\\x1b[31mred\\x1b[0m and plain")
    7 sum(sold.values())
    8
○   9 # %% Income  not run yet
   10 income = price * sum(sold.values())
   11 income
○  12 # %% Chart  not run yet
   13 class Chart:
"""

RAN = """\
✓   1 # %% Prices  TIME
    2 price = 3
    3
✓   4 # %% Sold  TIME
    5 sold = {"Mon": 40, "Tue": 60}
    6 print("\\x1b[31mred\\x1b[0m and plain")
    7 sum(sold.values())
      ▏ red and plain
      ▏ 100
    8
✓   9 # %% Income  TIME
   10 income = price * sum(sold.values())
   11 income
      ▏ 300
✓  12 # %% Chart  TIME
   13 class Chart:
"""

CHANGED = """\
●   1 # %% Prices  stale: its code changed
    2 price = 4
    3
✓   4 # %% Sold  TIME
    5 sold = {"Mon": 40, "Tue": 60}
    6 print("\\x1b[31mred\\x1b[0m and plain")
    7 sum(sold.values())
      ▏ red and plain
      ▏ 100
    8
●   9 # %% Income  stale: it needs cell 1, which is stale
   10 income = price * sum(sold.values())
   11 income
      ▏ 300
●  12 # %% Chart  stale: it needs cell 3, which is stale
   13 class Chart:
"""

SAVED = RAN.replace("price = 3", "price = 4").replace("300", "400")

FAILED = """\
✗   9 # %% Income  failed after TIME: ZeroDivisionError
E  10 income = price / 0
   11 income
      ▏ Traceback (most recent call last):
      ▏   File "/FOLDER/n.py", line 10, in <module>
      ▏     income = price / 0
      ▏              ~~~~~~^~~
      ▏ ZeroDivisionError: division by zero
■  12 # %% Chart  blocked: it needs cell 3, which failed
"""


def as_shown(lines: list[str]) -> str:
    """A screen without what is another every time."""
    text = "\n".join(lines) + "\n"
    text = re.sub(r"(<1 ms|\d+ ms|\d+\.\d s)\b", "TIME", text)
    return re.sub(r'"/.*/n\.py"', '"/FOLDER/n.py"', text)


def holding(part: str) -> Callable[[list[str]], bool]:
    return lambda lines: part in as_shown(lines)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "n.py").write_text(NOTEBOOK, "utf-8")
    return tmp_path


@pytest.fixture
def neovim(folder: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    program = required(request.getfixturevalue("program"))
    command = [program, "--clean", "-u", str(init(folder)), "n.py"]
    shown = Terminal(160, 40, folder, command, environment(folder))
    try:
        yield shown
    finally:
        shown.end()


@each_neovim
def test_the_story(neovim: Terminal, folder: Path, program: str | None) -> None:
    neovim.wait(holding(OPENED))
    neovim.type(":Sessions run-all\r")
    neovim.wait(holding(RAN))
    assert neovim.colour("red and plain") == "cc6666"
    bright = neovim.colour("▏ 300"), neovim.colour("300")

    neovim.type(":2s/3/4/\r:\x1b")
    neovim.wait(holding(CHANGED))
    assert neovim.colour("▏ 300") != bright[0]
    assert neovim.colour("300") == neovim.colour("Chart of 300") != bright[1]
    assert neovim.colour("red and plain") == "cc6666"

    neovim.type(":write\r")
    neovim.wait(holding("Run stale cells of n.py whenever you save it?"))
    neovim.type("1\r")
    neovim.wait(holding(SAVED))
    assert (neovim.colour("▏ 400"), neovim.colour("400")) == bright

    neovim.type(":10s/\\*.*/\\/ 0/\r:write\r")
    neovim.wait(holding(FAILED))
    neovim.type("u:write\r")
    neovim.wait(holding(SAVED))

    changed = NOTEBOOK.replace("price = 3", "price = 5")
    (folder / "n.py").write_text(changed, "utf-8")
    neovim.wait(holding(CHANGED.replace("price = 4", "price = 5").replace("300", "400")))


@each_neovim
def test_results_are_there_when_it_is_opened_again(
    neovim: Terminal, folder: Path, program: str | None
) -> None:
    """The live session outlives the editor, and results outlive the kernel."""
    neovim.wait(holding(OPENED))
    neovim.type(":Sessions run-all\r")
    neovim.wait(holding(RAN))
    neovim.type(":qall\r")
    neovim.wait(lambda _: True, calm=1.0)
    command = [required(program), "--clean", "-u", str(init(folder)), "n.py"]
    again = Terminal(160, 40, folder, command, environment(folder))
    try:
        again.wait(holding(RAN))
        again.type(":Sessions restart\r")
        again.wait(holding(RAN.replace("TIME", "TIME · from an earlier session")))
        again.type("G")
        again.wait("[image 640×480 ")
        again.wait("Chart of 300")
    finally:
        again.end()


@each_neovim
def test_a_result_below_the_window_is_scrolled_to(
    neovim: Terminal, folder: Path, program: str | None
) -> None:
    """Neovim does not scroll to what stands below the last line."""
    neovim.wait(holding(OPENED))
    lines = "\\n".join(["# %% Long", *["x = 1"] * 30, "for n in range(9): print('number', n)"])
    neovim.type(f":call append('$', split(\"{lines}\", '\\n'))\r")
    neovim.wait("# %% Long")
    neovim.type("G:Sessions run\r")
    neovim.wait("number 8")
    neovim.type("gg")
    neovim.wait("# %% Prices")
    neovim.type("G")
    neovim.wait("number 8")


@each_neovim
def test_a_result_below_the_last_line_is_seen_whole_and_while_it_runs(
    neovim: Terminal, folder: Path, program: str | None
) -> None:
    """Neither waits for anything that is printed later, and no line of it is out of reach."""
    neovim.wait(holding(OPENED))
    lines = "\\n".join(
        [
            "# %% Slow",
            "import time",
            *["x = 1"] * 30,
            "print('begun')",
            "time.sleep(6)",
            "for n in range(99): print('number', n)",
        ]
    )
    neovim.type(f":call append('$', split(\"{lines}\", '\\n'))\r")
    neovim.wait("# %% Slow")
    neovim.type("G:Sessions run\r")
    neovim.wait("▏ begun", calm=0.1)
    neovim.wait(lambda shown: bool(re.search(r"running \d s", "\n".join(shown))), calm=0.1)
    neovim.wait("more lines")
    neovim.type(":set scrolloff=4 | 12split | wincmd j\rG")
    neovim.wait(lambda shown: any("more lines" in line for line in shown[13:]))


@each_neovim
def test_a_result_that_goes_on_below_the_window_is_painted_again(
    neovim: Terminal, folder: Path, program: str | None
) -> None:
    """Neovim paints it with the line of text that follows, which is not on the screen."""
    neovim.wait(holding(OPENED))
    code = "for n in range(80 * size): print('number', n * size)"
    neovim.type(f":call append(0, ['# %% Size', 'size = 1', '# %% Many', \"{code}\"])\r")
    neovim.wait("# %% Many")
    neovim.type(":botright 20new | wincmd p\rgg:Sessions run Many\r")
    neovim.wait("▏ number 5")
    assert "# %% Prices" not in "\n".join(neovim.lines)
    bright = neovim.colour("number 5")
    neovim.type(":2s/1/2/\r:\x1b")
    neovim.wait("stale: its code changed")
    neovim.wait(lambda _: neovim.colour("number 5") != bright)
    neovim.type(":Sessions run-stale\r")
    neovim.wait("▏ number 10")
    assert neovim.colour("number 10") == bright


@each_neovim
def test_half_typed_code_is_stale_until_typing_ends(
    neovim: Terminal, folder: Path, program: str | None
) -> None:
    """With every second key it cannot be parsed, and all that needs it would change with it."""
    neovim.wait(holding(OPENED))
    neovim.type(":Sessions run-all\r")
    neovim.wait(holding(RAN))
    neovim.type("2GA +")
    neovim.wait(holding("●   1 # %% Prices  stale\n"))
    neovim.wait(holding("●   9 # %% Income  stale\n"))
    neovim.type(" 1")
    neovim.wait(holding("●   1 # %% Prices  stale: its code changed\n"))
    neovim.type(" +")
    neovim.wait(lambda shown: any("price = 3 + 1 +" in line for line in shown))
    neovim.wait(holding("●   1 # %% Prices  stale: its code changed\n"))
    neovim.type("\x1b")
    neovim.wait(holding("✗   1 # %% Prices  failed: invalid syntax\n"))
    neovim.wait(holding("■   9 # %% Income  blocked: it needs cell 1"))
    neovim.type("A 2")
    neovim.wait(holding("●   1 # %% Prices  stale: its code changed\n"))


@each_neovim
def test_what_is_said_while_somebody_types_is_seen_afterwards(
    neovim: Terminal, folder: Path, program: str | None
) -> None:
    """`-- INSERT --` takes the place of a message, and a long one would wait for a key."""
    neovim.wait(holding(OPENED))
    neovim.type("Gothe = 1")
    neovim.wait("the = 1")
    (folder / "n.py").write_text(NOTEBOOK.replace("price = 3", "price = 5"), "utf-8")
    neovim.wait("edited elsewhere")
    neovim.type(" + 2")
    neovim.wait("the = 1 + 2")
    neovim.type("\x1b")
    neovim.wait("n.py changed on disk, yours is kept")
    assert "Press ENTER" not in "\n".join(neovim.lines)
