"""What an interrupt (SIGINT) means at each moment.

- nothing runs: it means nothing;
- user code runs: KeyboardInterrupt, there;
- our own code runs on behalf of a cell: it waits until user code runs again, so that no lock is
  left held and no event is lost. The flusher delivers it then (`redeliver`).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` imports enum
from _thread import get_ident
from os import getpid, kill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType


class Interrupts:
    """The state that the signal handler goes by. One exists in a kernel."""

    __slots__ = ("_main", "busy", "harmless", "pending", "user")

    def __init__(self) -> None:
        #: A message is being handled.
        self.busy = False
        #: Code of the user runs, possibly with ours on top of it.
        self.user = False
        #: An interrupt came while it could not be delivered.
        self.pending = False
        #: Our functions in which an exception may appear anywhere.
        self.harmless: tuple[CodeType, ...] = ()
        self._main = get_ident()

    def install(self) -> None:
        """Become the handler of SIGINT and let the signal in (the launcher had it blocked)."""
        _signal.signal(_signal.SIGINT, self.handle)
        if hasattr(_signal, "pthread_sigmask"):
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGINT,))

    def installed(self) -> bool:
        return bool(_signal.getsignal(_signal.SIGINT) == self.handle)

    def handle(self, signum: int, frame: FrameType | None) -> None:
        """The handler. Raises KeyboardInterrupt when that reaches user code."""
        if not self.busy:
            return
        if not self.user or (
            frame is not None
            and frame.f_globals.get("__package__") == __package__
            and frame.f_code not in self.harmless
        ):
            self.pending = True
            return
        self.pending = False
        raise KeyboardInterrupt

    def checkpoint(self) -> None:
        """Raise the KeyboardInterrupt that waits, if any: our code is about to return to the
        user's. Without it, a loop that does nothing but call us would hardly ever be hit."""
        if self.pending and self.user and get_ident() == self._main:
            self.pending = False
            raise KeyboardInterrupt

    def redeliver(self) -> None:
        """Send a waiting interrupt again. Called by the flusher thread while a cell runs."""
        if self.pending and self.user:
            kill(getpid(), _signal.SIGINT)
