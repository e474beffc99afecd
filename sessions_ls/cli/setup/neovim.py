"""Neovim: our plugin among the packages that it loads by itself, and where its server is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

from sessions_ls.cli.setup import installed
from sessions_ls.cli.setup.changes import FileText, Link, Plan
from sessions_ls.cli.setup.errors import SetupError

OLDEST = (0, 11)


def plan(undo: bool, environ: Mapping[str, str] = os.environ) -> Plan:
    """What there is to change. Raises SetupError for a file that cannot be read."""
    made = Plan()
    data = data_folder(environ)
    start = os.path.join(data, "site", "pack", "sessions", "start")
    target = None if undo else installed.plugin("neovim")
    link = os.path.join(start, "sessions")
    if Link.needed(link, target):
        made.changes.append(Link(link, target))
    command = None if undo else told(installed.server()).encode()
    path = os.path.join(start, "sessions-installed", "lua", "sessions", "installed.lua")
    texts = [(path, command)]
    if target is not None:
        doc = os.path.join(target, "doc")
        if os.access(doc, os.W_OK):
            texts.append((os.path.join(doc, "tags"), help_tags(doc)))
    for path, after in texts:
        before = _content(path)
        if before != after:
            made.changes.append(FileText(path, before, after, within=data))
    if not undo:
        made.notes += _notes(environ)
    return made


def help_tags(folder: str) -> bytes:
    """What `:helptags` would write, so that `:help sessions` works at once."""
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                tags = re.findall(r"(?:^|\s)\*([^*\s|]+)\*(?=\s|$)", file.read(), re.M)
            found += [f"{tag}\t{name}\t/*{tag}*\n" for tag in tags]
    return "".join(sorted(found)).encode()


def told(command: list[str]) -> str:
    """A Lua module from which the plugin learns the command of its server."""
    words = ", ".join(json.dumps(word, ensure_ascii=False) for word in command)
    return f"-- Written by sessions-ls: the command of the server.\nreturn {{ {words} }}\n"


def data_folder(environ: Mapping[str, str]) -> str:
    """Neovim's `stdpath('data')`."""
    name = environ.get("NVIM_APPNAME") or "nvim"
    if sys.platform == "win32":
        local = environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
        return os.path.join(environ.get("XDG_DATA_HOME") or local, f"{name}-data")
    base = environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, name)


def program(environ: Mapping[str, str]) -> str | None:
    """Neovim, if it is on the PATH."""
    return shutil.which("nvim", path=environ.get("PATH"))


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror or error}.") from error


def _notes(environ: Mapping[str, str]) -> list[str]:
    nvim = program(environ)
    if nvim is None:
        return ["Neovim itself (nvim) was not found on the PATH"]
    ask = f"lua os.exit(vim.fn.has('nvim-{OLDEST[0]}.{OLDEST[1]}') == 1 and 0 or 3)"
    try:
        asked = subprocess.run(
            [nvim, "--clean", "--headless", "-c", ask, "-c", "cquit 3"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if asked.returncode == 3:
        return [f"this Neovim is older than {OLDEST[0]}.{OLDEST[1]}, which the plugin needs"]
    return []
