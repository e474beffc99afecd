"""Where a run prints: results on standard output, all else on standard error, progress below."""

from __future__ import annotations

import sys
from _thread import allocate_lock

from sessions_ls.cli import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from sessions_ls.cli.progress import Progress


class Screen:
    """Standard output and standard error, kept apart and in step.

    A stream that can no longer be written to is given up: `lost` says why, and `on_loss` is called
    once. For one thread, which shares the terminal with that of `progress`.
    """

    def __init__(self, on_loss: Callable[[], None]) -> None:
        self.lost: OSError | None = None
        self.progress: Progress | None = None
        self.watched = console.is_terminal(sys.stderr)
        self.paint = console.Paint(sys.stderr)
        self._on_loss = on_loss
        self._lock = allocate_lock()
        self._open_line = False
        self._both = sys.stdout.isatty() and sys.stderr.isatty()
        if self.watched:
            from sessions_ls.cli.progress import Progress

            self.progress = Progress(sys.stderr, self._lock)

    @property
    def together(self) -> bool:
        """Whether both streams are on a terminal, so that one is read in the light of the other."""
        return self._both

    def out(self, text: str) -> None:
        """Print a piece of a result, exactly."""
        if text:
            self._write(sys.stdout, text)
            self._open_line = not text.endswith("\n")

    def out_line(self, text: str) -> None:
        """Print a result on lines of its own."""
        start = "\n" if self._open_line else ""
        self.out(f"{start}{text}" if text.endswith("\n") else f"{start}{text}\n")

    def err(self, text: str) -> None:
        """Pass on a piece of what a cell wrote to its standard error."""
        self._write(sys.stderr, text)

    def err_line(self, text: str) -> None:
        """Say something about the run."""
        if self._both and self._open_line:
            text = f"\n{text}"
            self._open_line = False
        self._write(sys.stderr, f"{text}\n")

    def close(self) -> None:
        """Take the progress line away."""
        if self.progress is not None:
            self.progress.stop()

    def _write(self, stream: TextIO, text: str) -> None:
        if self.lost is not None and stream is sys.stdout:
            return
        with self._lock:
            if self.progress is not None:
                self.progress.clear(text, self._both or stream is sys.stderr)
            try:
                stream.write(text)
                stream.flush()
            except OSError as error:
                if stream is sys.stderr:
                    return  # there is nobody left to tell
                self.lost = error
        if self.lost is not None:
            console.abandon_stdout()
            self._on_loss()
