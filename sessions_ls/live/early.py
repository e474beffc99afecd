"""Starts a kernel before the rest of the live session is loaded: both take their time."""

from __future__ import annotations

import os

from sessions_ls.kernel.client import Kernel
from sessions_ls.kernel.interpreter import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.live.settings import Settings


def start_kernel(path: str, settings: Settings) -> Kernel:
    """A kernel for the notebook at ``path``. Raises OSError when it cannot be started."""
    path = os.path.abspath(path)
    choice = choose(path, settings.python, os.environ)
    return Kernel.start(choice.path, path, os.path.dirname(path))
