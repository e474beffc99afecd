"""`sessions wait`: returns when a notebook's results belong to the file as it is now."""

from __future__ import annotations

import time
from _queue import Empty, SimpleQueue

from sessions_ls.cli import FAILED, OK, console, source
from sessions_ls.cli.arguments import Arguments
from sessions_ls.cli.running import seconds
from sessions_ls.live.opening import open_client
from sessions_ls.live.settings import load_settings
from sessions_ls.notebook.errors import NotebookError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.live.client import Client
    from sessions_ls.live.view import CellView

PENDING = ("new", "stale", "interrupted", "queued", "running")
"""States of a cell whose result does not belong to the file, or not yet."""
LOOK = 0.2
"""Seconds between two looks at the file, at most."""
GONE = 2.5
"""Seconds that the file may be missing or broken: to delete and to create it is one save."""
_NAMED = 5
"""So many cells are named in a sentence."""


def main(args: list[str]) -> int:
    """Carry out `sessions wait`. Raises SessionsError where the request is wrong."""
    arguments = (
        Arguments(
            "wait",
            "Return when the results of a notebook belong to the file as it is now: when no cell "
            "that runs by itself is stale, queued or running. Somebody else runs them, such as an "
            "editor on save. Prints nothing.",
            "sessions wait notebook.py --fresh --timeout 600",
        )
        .place("NOTEBOOK", "a Python file with `# %%` cells")
        .option("--fresh", "", "wait for fresh results, which is all that can be waited for so far")
        .option("--timeout", "S", "wait S seconds at most")
    )
    given = arguments.parse(args)
    return _Wait(given["NOTEBOOK"], seconds(given)).result()


class _Wait:
    def __init__(self, path: str, limit: float | None) -> None:
        self._path = path
        self._limit = limit
        self._deadline = None if limit is None else time.monotonic() + limit
        self._told: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._digest = ""
        self._lost: float | None = None  # since when the file cannot be read

    def result(self) -> int:
        """Wait; the exit status."""
        text, self._digest = source.read(self._path)
        client = open_client(self._path, load_settings(self._path), "sessions wait", self._told.put)
        for trouble in client.troubles:
            console.message(trouble)
        client.submit(text)
        live = client.attached
        try:
            while (pending := self._pending(client)) or self._lost is not None:
                if not client.attached:
                    why = f"its session ended ({client.ended or 'it died'})" if live else "not live"
                    return self._failed(f"{why}, so nobody runs", pending)
                if not self._wait():
                    return self._failed(f"timed out after {self._limit:g} s, waiting for", pending)
                self._follow(client)
            return self._outcome(client)
        finally:
            client.close()

    def _pending(self, client: Client) -> list[CellView]:
        """The cells to wait for."""
        return [
            cell
            for cell in client.view().cells
            if cell.runs and not cell.cell.manual and cell.state in PENDING
        ]

    def _follow(self, client: Client) -> None:
        """Show the client what the file holds now. Raises NotebookError where that stays bad."""
        try:
            text, digest = source.read(self._path)
        except NotebookError:
            now = time.monotonic()
            self._lost = self._lost or now
            if now - self._lost > GONE:
                raise
            return
        self._lost = None
        if digest != self._digest:
            self._digest = digest
            client.submit(text)

    def _wait(self) -> bool:
        """Wait for news; False when the time is over."""
        left = LOOK if self._deadline is None else min(LOOK, self._deadline - time.monotonic())
        if left <= 0:
            return False
        try:
            self._told.get(timeout=left)
            while True:  # what else came by now is the same news
                self._told.get_nowait()
        except Empty:
            return True

    def _failed(self, why: str, cells: list[CellView]) -> int:
        named = [_named(cell) for cell in cells[:_NAMED]]
        more = f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else ""
        console.message(f"{self._path}: {why} {', '.join(named)}{more}")
        return FAILED

    def _outcome(self, client: Client) -> int:
        bad = [cell for cell in client.view().cells if cell.state in ("error", "blocked")]
        return self._failed("fresh, but for", bad) if bad else OK


def _named(cell: CellView) -> str:
    reason = f": {cell.status.reason}" if cell.status.reason else ""
    return f"cell {cell.number} ({cell.state}{reason})"
