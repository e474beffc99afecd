"""Settings: the nearest `pyproject.toml` with a `[tool.sessions]` table, else the user's file."""

from __future__ import annotations

import os

from sessions_ls.live.folders import config_folder
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LINGER = 30.0
"""Minutes that a live session outlives its last client, where nobody says otherwise."""

MULTIPLE_DEFINITIONS = ("allow", "error")


class SettingsError(SessionsError):
    """A setting has a value it cannot have; the sentence names the file and the setting."""


class Settings:
    """What a person can set.

    ``python`` is the interpreter of the kernel (None: found, see `kernel.interpreter`).
    ``strict`` is Pluto's rule, `multiple-definitions = "error"`. ``linger`` is how many minutes a
    live session outlives its last client. ``source`` is the file the settings come from, None where
    they are the defaults.
    """

    __slots__ = ("linger", "python", "source", "strict")

    def __init__(
        self,
        python: str | None = None,
        strict: bool = False,
        source: str | None = None,
        linger: float = LINGER,
    ) -> None:
        self.python = python
        self.strict = strict
        self.source = source
        self.linger = linger


def load_settings(notebook: str, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that count for ``notebook``. Raises SettingsError for a bad file or value."""
    folder = os.path.dirname(os.path.abspath(notebook))
    while True:
        path = os.path.join(folder, "pyproject.toml")
        table = _table(path, ("tool", "sessions"), b"tool.sessions")
        if table is not None:
            return _settings(table, path)
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    path = os.path.join(config_folder(environ), "config.toml")
    table = _table(path, (), b"")
    return Settings() if table is None else _settings(table, path)


def _table(path: str, keys: tuple[str, ...], mark: bytes) -> dict[str, object] | None:
    """The table under ``keys`` of a TOML file; None where there is no file or no such table."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}") from error
    if mark not in content:
        return None  # tomllib costs more to import than all else that is done here
    import tomllib

    try:
        found: object = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _settings(table: Mapping[str, object], path: str) -> Settings:
    python = table.get("python")
    if python is not None and not isinstance(python, str):
        raise SettingsError(f'{path}: `python` must be a path, as in python = ".venv/bin/python"')
    if python and os.sep in python:
        python = os.path.join(os.path.dirname(path), os.path.expanduser(python))
    rule = table.get("multiple-definitions", "allow")
    if rule not in MULTIPLE_DEFINITIONS:
        raise SettingsError(
            f'{path}: `multiple-definitions` is {rule!r}; it can be "allow" or "error"'
        )
    linger = table.get("linger", LINGER)
    if isinstance(linger, bool) or not isinstance(linger, (int, float)) or not linger >= 0:
        raise SettingsError(f"{path}: `linger` is {linger!r}; it is a number of minutes, 0 or more")
    return Settings(python, rule == "error", path, float(linger))
