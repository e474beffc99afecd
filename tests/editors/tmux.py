"""A program in a tmux of its own: keys go in, the text of the screen comes out."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.editors.finding import missing

HOW = "tmux was not found, which tests of editors in a terminal need: `apt install tmux`."
PATIENCE = 30.0


class Tmux:
    """One program, one window."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        environment: Mapping[str, str],
        size: tuple[int, int] = (110, 50),
    ) -> None:
        program = shutil.which("tmux")
        if program is None:
            missing(HOW)
        self._tmux = [program, "-S", str(folder / "tmux"), "-f", "/dev/null"]
        window = ["new-session", "-d", "-x", str(size[0]), "-y", str(size[1])]
        subprocess.run(
            [*self._tmux, *window, "-c", str(folder / "work"), "--", *command],
            env={**environment, "TERM": "xterm-256color"},
            check=True,
            timeout=PATIENCE,
        )

    def keys(self, *names: str) -> None:
        """Press keys, by tmux's names for them."""
        self._do("send-keys", *names)

    def type(self, text: str) -> None:
        """Type a text."""
        self._do("send-keys", "-l", text)

    def screen(self) -> str:
        """What is on the screen, without blanks at the ends of lines; "" when nothing runs."""
        return self._do("capture-pane", "-p")

    def wait(self, *shown: str, without: Sequence[str] = (), seconds: float = PATIENCE) -> str:
        """Wait until the screen holds these texts and none of the others. Returns the screen.

        Raises TimeoutError with the screen.
        """
        end = time.monotonic() + seconds
        while True:
            screen = self.screen()
            wrong = [text for text in shown if text not in screen]
            wrong += [f"still {text}" for text in without if text in screen]
            if not wrong:
                return screen
            if time.monotonic() > end:
                raise TimeoutError(f"{wrong} on the screen:\n{screen}")
            time.sleep(0.05)

    def end(self) -> None:
        """End the program and the tmux."""
        self._do("kill-server")

    def _do(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, timeout=PATIENCE
        )
        return done.stdout
