"""A program in a terminal of its own, and what the screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte


class Screen(pyte.Screen):
    """A screen that answers the program when it asks, as Neovim does when it starts."""

    answer: Callable[[str], None]

    def write_process_input(self, data: str) -> None:
        """What a terminal sends by itself."""
        self.answer(data)

    def report_device_status(self, mode: int, **private: bool) -> None:
        """Answer. pyte fails at questions that are not of the standard, such as Helix has."""
        if not private:
            super().report_device_status(mode)

    def select_graphic_rendition(self, *attributes: int, **private: bool) -> None:
        """Take a style. pyte has no faint text; grey is near enough."""
        super().select_graphic_rendition(*((90,) if attributes == (2,) else attributes), **private)


class Terminal:
    """A program in a terminal of so many columns and lines."""

    def __init__(
        self,
        columns: int,
        lines: int,
        folder: Path,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = Screen(columns, lines)
        self.screen.answer = self.type
        self._stream = pyte.ByteStream(self.screen)
        self._fd, program = pty.openpty()
        fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._child = subprocess.Popen(
            command,
            stdin=program,
            stdout=program,
            stderr=program,
            cwd=folder,
            env={
                **(os.environ if environment is None else environment),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "LANG": "C.UTF-8",
            },
            start_new_session=True,
        )
        os.close(program)

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self._fd, keys.encode())

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, without blanks at their ends."""
        return [line.rstrip() for line in self.screen.display]

    def wait(
        self,
        shows: str | Callable[[list[str]], bool] = "",
        seconds: float = 20.0,
        calm: float = 0.3,
    ) -> None:
        """Read until the screen is as wanted and nothing came for ``calm`` seconds.

        Raises TimeoutError with the screen when that takes longer than ``seconds``.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._read(calm):
                continue
            lines = self.lines
            if shows(lines) if callable(shows) else shows in "\n".join(lines):
                return
            if self._child.poll() is not None:
                break
        raise TimeoutError(f"{shows!r} is not on the screen:\n" + "\n".join(self.lines))

    def colour(self, text: str) -> str:
        """The foreground of the first character of a text that is on the screen."""
        for number, line in enumerate(self.screen.display):
            column = line.find(text)
            if column >= 0:
                found: str = self.screen.buffer[number][column].fg
                return found
        raise AssertionError(f"{text!r} is not on the screen:\n" + "\n".join(self.lines))

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
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(5)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        os.close(self._fd)
