"""The pictures of the README, taken from real terminals.

    pip install pyte rich
    python docs/pictures/make.py terminal       docs/pictures/terminal.svg
    python docs/pictures/make.py neovim         docs/pictures/neovim.svg, needs Neovim 0.12

Runs the `sessions` and `nvim` on the PATH over a copy of `examples/tour.py`, and draws what the
screen of a terminal shows.
"""

from __future__ import annotations

import fcntl
import io
import itertools
import os
import pty
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

HERE = Path(__file__).resolve().parent
TOUR = HERE.parent.parent / "examples" / "tour.py"
#: Names that pyte gives to the colours of terminals, and how rich calls them.
COLOURS = {"brown": "yellow", "default": None}


class Screen(pyte.Screen):
    """A screen that answers the program when it asks, as Neovim does when it starts."""

    answer: Callable[[str], None]

    def write_process_input(self, data: str) -> None:
        """What a terminal sends by itself."""
        self.answer(data)

    def select_graphic_rendition(self, *attributes: int, **private: bool) -> None:
        """Take a style. pyte has no faint text; grey is near enough."""
        super().select_graphic_rendition(*((90,) if attributes == (2,) else attributes), **private)


class Terminal:
    """A program in a terminal of so many columns and lines."""

    def __init__(self, columns: int, lines: int, folder: Path, *command: str) -> None:
        self.screen = Screen(columns, lines)
        self.screen.answer = self.type
        self._stream = pyte.ByteStream(self.screen)
        self._child, self._fd = pty.fork()
        if self._child == 0:
            os.chdir(folder)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
            try:
                os.execvp(command[0], command)
            except OSError as error:
                print(f"{command[0]}: {error}", flush=True)
                os._exit(127)
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, size)

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self._fd, keys.encode())

    def wait(self, text: str = "", seconds: float = 20.0, calm: float = 1.0) -> None:
        """Read until the screen holds `text` and nothing came for `calm` seconds.

        Raises TimeoutError with the screen when that takes longer than `seconds`.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._read(calm):
                continue
            if text in "\n".join(self.screen.display):
                return
        raise TimeoutError(f"{text!r} is not on the screen:\n" + "\n".join(self.screen.display))

    def _read(self, seconds: float) -> bool:
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # the program has ended
            data = b""
        self._stream.feed(data)
        return bool(data)

    def end(self) -> None:
        """End the program, if it has not ended."""
        os.kill(self._child, signal.SIGTERM)
        os.waitpid(self._child, 0)
        os.close(self._fd)

    def svg(self, title: str) -> str:
        """The screen as a picture."""
        rows = [self._row(line) for line in range(self.screen.lines)]
        while rows and not rows[-1].plain.strip():
            rows.pop()
        console = Console(record=True, width=self.screen.columns, file=io.StringIO())
        console.print(Text("\n").join(rows))
        return console.export_svg(title=title, unique_id="terminal")

    def _row(self, line: int) -> Text:
        """A line of the screen; neighbours of one style make one piece, for a small picture."""
        row = Text()
        cells = [self.screen.buffer[line][column] for column in range(self.screen.columns)]
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
    shown = Terminal(84, 34, folder, "sessions", "run", "tour.py")
    shown.wait("cells ran")
    picture = shown.svg("sessions run examples/tour.py")
    shown.end()
    return picture


def neovim(folder: Path) -> str:
    """All cells run, then the price changed and not saved yet."""
    shown = Terminal(98, 50, folder, "nvim", "--clean", "-u", str(HERE / "init.lua"), "tour.py")
    try:
        shown.wait("Run stale")
        shown.type("\\R")
        shown.wait("1089.9")
        shown.type("7Gzt\x19\x198GSprice = 3.50\x1b")
        shown.wait("stale")
        return shown.svg("tour.py - nvim")
    finally:
        shown.end()


PICTURES = {"terminal": terminal, "neovim": neovim}


def main() -> None:
    """Make the picture that the command line names."""
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(TOUR, folder)
        picture = PICTURES[name](Path(folder))
    (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
