"""The pictures of the README, taken from real terminals.

    pip install pyte rich
    python docs/pictures/make.py terminal       docs/pictures/terminal.svg
    python docs/pictures/make.py neovim         docs/pictures/neovim.svg, needs Neovim 0.11 or later
    python docs/pictures/make.py helix          docs/pictures/helix.svg, needs Helix 25.07 or later
    python docs/pictures/make.py vscode         docs/pictures/vscode.png, needs what its tests need

Runs the `sessions`, `nvim` and `hx` on the PATH over a copy of `examples/tour.py`, and draws what
the screen of a terminal shows.
"""

from __future__ import annotations

import io
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from tests.editors.terminal import Terminal  # noqa: E402 # found only now

TOUR = ROOT / "examples" / "tour.py"
#: Names that pyte gives to the colours of terminals, and how rich calls them.
COLOURS = {"brown": "yellow", "default": None}


def svg(terminal: Terminal, title: str) -> str:
    """What a terminal shows, as a picture."""
    screen = terminal.screen
    rows = [_row(screen, line) for line in range(screen.lines)]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    console = Console(record=True, width=screen.columns, file=io.StringIO())
    console.print(Text("\n").join(rows))
    return console.export_svg(title=title, unique_id="terminal")


def _row(screen: pyte.Screen, line: int) -> Text:
    """A line of the screen; neighbours of one style make one piece, for a small picture."""
    row = Text()
    cells = [screen.buffer[line][column] for column in range(screen.columns)]
    for style, group in itertools.groupby(cells, _style):
        row.append("".join(char.data for char in group), style)
    return row


def _style(char: pyte.screens.Char) -> Style:
    return Style(
        color=_colour(char.fg),
        bgcolor=_colour(char.bg),
        bold=char.bold,
        italic=char.italics,
        underline=char.underscore,
        reverse=char.reverse,
    )


def _colour(name: str) -> str | None:
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name.lower()):
        return f"#{name}"
    if name.startswith("bright"):
        return f"bright_{name[6:]}"
    return COLOURS.get(name, name)


def terminal(folder: Path) -> str:
    """`sessions run tour.py`."""
    shown = Terminal(84, 34, folder, ["sessions", "run", "tour.py"])
    try:
        shown.wait("cells ran", calm=1.0)
        return svg(shown, "sessions run examples/tour.py")
    finally:
        shown.end()


def neovim(folder: Path) -> str:
    """All cells run, then the price changed and not saved yet."""
    command = ["nvim", "--clean", "-u", str(HERE / "init.lua"), "tour.py"]
    kept = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    shown = Terminal(102, 50, folder, command, kept)
    try:
        shown.wait("not run yet")
        shown.type(":Sessions run-all\r")
        shown.wait("1089.9", calm=1.0)
        shown.type("7Gzt8GSprice = 3.50\x1b:\x1b")
        shown.wait("stale", calm=1.0)
        return svg(shown, "tour.py - nvim")
    finally:
        shown.end()


def helix(folder: Path) -> str:
    """The same in Helix, with the configuration that we ship."""
    config = folder / ".config" / "helix"
    config.mkdir(parents=True)
    for name in ("config.toml", "languages.toml"):
        shutil.copy(ROOT / "editors" / "helix" / name, config)
    kept = {**os.environ, "XDG_CONFIG_HOME": str(folder / ".config")}
    subprocess.run(["sessions", "run", "tour.py"], cwd=folder, check=True, capture_output=True)
    shown = Terminal(102, 50, folder, ["hx", "tour.py"], kept)
    try:
        shown.wait("1089.9", calm=1.0)
        for keys in ("8ggxc", "price = 3.50", "\x1b"):  # Escape alone, or it is an Alt
            shown.type(keys)
            shown.wait()
        shown.wait("stale", calm=1.0)
        return svg(shown, "tour.py - hx")
    finally:
        shown.end()


def vscode(folder: Path) -> bytes:
    """The same in VS Code, with our extension."""
    sys.path.insert(0, str(ROOT))
    from tests.editors.finding import apart
    from tests.editors.vscode.browser import CodeServer, Window, chromium

    with apart() as place, chromium() as browser:
        server = CodeServer(place)
        server.sessions("editor", "vscode")
        shutil.copy(TOUR, place / "work")
        server.sessions("run", "tour.py")
        server.start()
        try:
            window = Window(browser, server, place / "work")
            window.answer("Yes, I trust the authors")
            window.keys("Control+B")
            window.open("tour.py")
            window.wait("→ 774.9", "Run stale (0)")
            window.line(8, "price = 3.50")
            window.wait("⟵ stale", "Run stale (6)")
            time.sleep(2)
            picture: bytes = window.page.screenshot()
            return picture
        finally:
            server.end()


PICTURES = {"terminal": terminal, "neovim": neovim, "helix": helix, "vscode": vscode}


def main() -> None:
    """Make the picture that the command line names."""
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(TOUR, folder)
        picture = PICTURES[name](Path(folder))
    if isinstance(picture, bytes):
        (HERE / f"{name}.png").write_bytes(picture)
    else:
        (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
