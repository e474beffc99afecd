"""Where the platform keeps what belongs to one person."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def config_folder(environ: Mapping[str, str] = os.environ) -> str:
    """The folder of the user's own settings."""
    base = _base(environ, "Library/Application Support", "APPDATA", "XDG_CONFIG_HOME", ".config")
    return os.path.join(base, "sessions")


def state_folder(environ: Mapping[str, str] = os.environ) -> str:
    """The folder of what is to stay, and concerns this machine alone."""
    base = _base(
        environ, "Library/Application Support", "LOCALAPPDATA", "XDG_STATE_HOME", ".local/state"
    )
    return os.path.join(base, "sessions-ls")


def cache_folder(environ: Mapping[str, str] = os.environ) -> str:
    """The folder of what may be deleted at any time."""
    chosen = environ.get("SESSIONS_CACHE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    base = _base(environ, "Library/Caches", "LOCALAPPDATA", "XDG_CACHE_HOME", ".cache")
    return os.path.join(base, "sessions-ls")  # Xfce has a `~/.cache/sessions`


def _base(environ: Mapping[str, str], darwin: str, windows: str, xdg: str, usual: str) -> str:
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        return os.path.join(home, darwin)
    if sys.platform == "win32":
        return environ.get(windows, home)
    base = environ.get(xdg, "")
    # Others than absolute ones are to be ignored, says the XDG Base Directory Specification.
    return base if os.path.isabs(base) else os.path.join(home, usual)
