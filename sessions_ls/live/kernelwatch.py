"""Hears of the death of a kernel that nobody talks to."""

from __future__ import annotations

import os
import selectors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from selectors import BaseSelector


class KernelWatch:
    """A descriptor in a selector that is readable once the kernel's process has ended.

    ``fd`` is -1 while there is none, and on systems that offer no such thing: there the next run
    notices.
    """

    def __init__(self, selector: BaseSelector) -> None:
        self.fd = -1
        self._selector = selector
        self._pid: int | None = None

    def watch(self, pid: int | None) -> None:
        """Watch this process, which is a child of ours, and no other."""
        if pid == self._pid:
            return
        self._pid = pid
        if self.fd >= 0:
            self._selector.unregister(self.fd)
            os.close(self.fd)
            self.fd = -1
        if pid is not None:
            try:
                self.fd = os.pidfd_open(pid)
            except (AttributeError, OSError):  # not Linux, or it has ended and was noticed
                return
            self._selector.register(self.fd, selectors.EVENT_READ, None)
