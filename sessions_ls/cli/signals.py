"""What Ctrl-C does to a run: first stops it in order, then by force, then us as well.

Who asks us to end without being there to ask again (SIGTERM, SIGHUP) gets the next step by itself.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # `signal` imports enum
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from sessions_ls.cli.progress import Progress
    from sessions_ls.cli.remote import Remote
    from sessions_ls.live.session import LiveSession

_HANDLED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")
PATIENCE = 5
"""Seconds between those steps."""


class Signals:
    """While it is in force, signals stop the run of ``session`` and its results are kept.

    With ``leave`` the run can go on without us, and does when we are asked to end.
    """

    def __init__(
        self,
        session: LiveSession | Remote,
        progress: Progress | None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        self.number: int | None = None
        self._session = session
        self._progress = progress
        self._leave = leave
        self._count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        for name in _HANDLED:
            number = getattr(signal, name, None)
            if number is None or signal.getsignal(number) == signal.SIG_IGN:
                continue  # no such signal here, or `nohup`
            try:
                self._before[number] = signal.signal(number, self._handle)
            except ValueError:  # not in the main thread, where signals are someone else's
                break
        return self

    def __exit__(self, *exception: object) -> None:
        if self._count:
            signal.alarm(0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
        self._count += 1
        if self._leave is not None and number != signal.SIGINT and self._count == 1:
            self._leave()
            return
        if number != signal.SIGINT:
            signal.alarm(PATIENCE)
        if self._count == 1:
            if self._progress is not None:
                self._progress.note = " (stopping; once more to kill)"
            self._session.interrupt()
        elif self._count == 2:
            self._session.kill()
        else:
            signal.signal(self.number, signal.SIG_DFL)
            os.kill(os.getpid(), self.number)
