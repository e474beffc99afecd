"""Helix: our entries in the person's `languages.toml` and `config.toml`."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit

from sessions_ls.cli.setup import entries, installed
from sessions_ls.cli.setup.changes import FileText, Plan
from sessions_ls.cli.setup.entries import Path
from sessions_ls.cli.setup.errors import SetupError
from sessions_ls.cli.setup.helix_servers import QUIET, with_server, without_server
from sessions_ls.cli.setup.tomlfile import TomlFile

MARK = "by `sessions editor helix`"
KEYS = ("keys", "normal", "space", "n")
AGAIN = "start Helix again; in a Python file with a `# %%` line, Space n has the commands"
AGAIN_WITHOUT_KEYS = (
    "start Helix again; in a Python file with a `# %%` line, Space a runs cells. No key does:"
    " `keys.normal.space.n` is another one of yours, so give our table there another key"
)
COMMANDS = ":lsp-workspace-command sessions."
OLDEST = (25, 7)


def plan(
    undo: bool,
    environ: Mapping[str, str] = os.environ,
    more: Mapping[str, Any] | None = None,
) -> Plan:
    """What there is to change; ``more`` goes into the table of the server.

    Raises SetupError for files that cannot be edited.
    """
    made = Plan()
    folder = config_folder(environ)
    languages = TomlFile(os.path.join(folder, "languages.toml"))
    config = TomlFile(os.path.join(folder, "config.toml"))
    if undo:
        changes = [_without(languages), _without(config)]
    else:
        server = with_server(languages, MARK, program(environ), made.notes, more)
        changes = [server, with_keys(config, made.notes)]
        made.again = AGAIN if _has_keys(config) else AGAIN_WITHOUT_KEYS
        made.notes += _old(environ)
    made.changes += [change for change in changes if change is not None]
    return made


def config_folder(environ: Mapping[str, str]) -> str:
    """Where Helix reads its configuration: the same on macOS as on Linux."""
    if sys.platform == "win32":
        return os.path.join(environ.get("APPDATA", os.path.expanduser("~")), "helix")
    base = environ.get("XDG_CONFIG_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.config"), "helix")


def program(environ: Mapping[str, str]) -> str | None:
    """Helix, which some systems call `helix`."""
    path = environ.get("PATH")
    return shutil.which("hx", path=path) or shutil.which("helix", path=path)


# -- config.toml ---------------------------------------------------------------------------------


@functools.cache
def shipped(name: str) -> dict[str, Any]:
    """One of the files in `editors/helix`."""
    with open(_shipped(name), "rb") as file:
        return tomllib.load(file)


def _shipped(name: str) -> str:
    return os.path.join(installed.plugin("helix"), name)


def _has_keys(file: TomlFile) -> bool:
    """Whether there is room for the keys, where nobody has used `Space` `n` for another command."""
    table: Any = file.data
    for key in KEYS:
        table = table.get(key, {}) if isinstance(table, Mapping) else table
    return isinstance(table, Mapping)


def with_keys(file: TomlFile, notes: list[str]) -> FileText | None:
    """The keys, and what shows results; where the person has something else, that stays."""
    lacks, kept = entries.missing(file.data, shipped("config.toml"))
    expected = entries.with_added(file.data, lacks)
    for path, value in kept:
        table = isinstance(value, dict)
        notes.append(
            f"{file.path}: `{'.'.join(path)}` is yours and stays as it is; "
            + (f"ours is a table, in {_shipped('config.toml')}" if table else f"ours is {value!r}")
        )
    text = file.text
    for dotted in (False, True):
        text = entries.add(tomlkit.parse(file.text), lacks, MARK, dotted)
        try:
            return file.change(text, expected)
        except SetupError:
            if dotted:
                raise
    return None


# -- undo ----------------------------------------------------------------------------------------


def _without(file: TomlFile) -> FileText | None:
    text = entries.remove(file.text, MARK, _ours, _known)
    text = without_server(file, text)
    return file.change(text, tomllib.loads(text))


def _ours(path: Path, value: object) -> bool:
    """Whether a line in a table of ours is ours."""
    if path[0] in ("language", "language-server"):
        known = ("name", "language-servers", "command", "args")
        quiet = {key for _, entry in QUIET.values() for key in entry}
        return path[-1] in known or path[-1] in quiet
    return _known(path, value)


def _known(path: Path, value: object) -> bool:
    """Whether an entry is one of those in our `config.toml`, or was in an older one."""
    if isinstance(value, str) and value.startswith(COMMANDS):
        return True
    table: Any = shipped("config.toml")
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table is not None and bool(table == value)


def _old(environ: Mapping[str, str]) -> list[str]:
    """A note where Helix is missing or too old."""
    helix = program(environ)
    if helix is None:
        return ["Helix itself (hx) was not found on the PATH"]
    try:
        told = subprocess.run([helix, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return []
    version = re.search(r"(\d+)\.(\d+)", told.stdout)
    if version and (int(version[1]), int(version[2])) < OLDEST:
        return [f"Helix {version[0]} hands no arguments to commands: the keys need 25.07 or later"]
    return []
