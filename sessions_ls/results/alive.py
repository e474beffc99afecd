"""Is a process there? Every command asks that, so this imports nothing else."""

from __future__ import annotations

import os


def is_alive(process: int) -> bool:
    """Whether there is such a process; taken for granted where asking would end it."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
