"""How hypothesis works here: without deadlines, and the same examples every time in CI.

Live sessions meet in a folder of this test run, and end with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

from sessions_ls.live.lock import holder
from sessions_ls.live.place import all_places

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

os.environ["SESSIONS_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="sessions-", dir="/tmp")
os.environ["SESSIONS_CACHE_DIR"] = tempfile.mkdtemp(prefix="sessions-cache-")
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="sessions-config-")
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="sessions-state-")
_USER = Path(os.environ["XDG_CONFIG_HOME"]) / "sessions" / "config.toml"
_USER.parent.mkdir()
_USER.write_text("linger = 0.1\n")  # minutes


@pytest.fixture(scope="session", autouse=True)
def _no_session_is_left() -> Iterator[None]:
    yield
    for place in all_places():
        left = holder(place)
        if left is not None and left.pid not in (0, os.getpid()):
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(left.pid, signal.SIGKILL)
    for variable in ("SESSIONS_RUNTIME_DIR", "SESSIONS_CACHE_DIR"):
        shutil.rmtree(os.environ[variable], ignore_errors=True)
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        shutil.rmtree(os.environ[variable], ignore_errors=True)
