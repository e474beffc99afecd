"""Starts a kernel before the rest of the live session is loaded: both take their time."""

from __future__ import annotations

import os

from sessions_ls.kernel.client import Kernel
from sessions_ls.kernel.interpreter import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.kernel.interpreter import Choice
    from sessions_ls.live.settings import Settings
    from sessions_ls.live.trust import Grant


def interpreter(path: str, settings: Settings) -> Choice:
    """The interpreter of the notebook at ``path``, and why it is that one."""
    return choose(os.path.abspath(path), settings.python, os.environ)


def start_kernel(grant: Grant, settings: Settings) -> Kernel:
    """A kernel for the notebook of the grant. Raises OSError when it cannot be started."""
    path = grant.path
    return Kernel.start(interpreter(path, settings).path, path, os.path.dirname(path))
