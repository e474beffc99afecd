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
    before = _content(path)
    if before != command:
        made.changes.append(FileText(path, before, command, within=data))
    if target is not None:
        made.changes += _tags(target)
    if not undo:
        made.notes += _notes(environ)
    return made


def _tags(plugin: str) -> list[FileText]:
    """The change that makes `:help sessions` find our help; none where it is made, or cannot be."""
    doc = os.path.join(plugin, "doc")
    path = os.path.join(doc, "tags")
    before, after = _content(path), help_tags(doc)
    if before == after or not os.access(doc, os.W_OK):
        return []
    return [FileText(path, before, after)]


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
    words = ", ".join(map(_lua, command))
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


# -- without any set-up --------------------------------------------------------------------------

BEFORE = """\
vim.opt.runtimepath:prepend({plugin})
package.preload['sessions.installed'] = function() return {{ {command} }} end
"""
AFTER = """\
vim.api.nvim_create_autocmd('VimEnter', {{ once = true, callback = function()
  if not vim.g.loaded_sessions then
    vim.opt.runtimepath:prepend({plugin})
    vim.cmd.runtime('plugin/sessions.lua')
  end
  {hint}
end }})
"""
HINT = "vim.notify(':Sessions run runs the cell; :help sessions')"
"""For who has not set Neovim up: short, or it would have to be confirmed."""


def options(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Options with which Neovim has our plugin, whatever its configuration is.

    Before the configuration, so that it counts; and after it, since a plugin manager may have
    emptied the path on which plugins are looked for. Servers are enabled for a buffer that is open
    already only when Neovim has started.
    """
    folder = installed.plugin("neovim")
    for change in _tags(folder):
        change.apply()
    new = any(isinstance(change, Link) for change in plan(False, environ).changes)
    plugin, command = _lua(folder), ", ".join(map(_lua, installed.server()))
    before = BEFORE.format(plugin=plugin, command=command)
    after = AFTER.format(plugin=plugin, hint=HINT if new else "")
    return ["--cmd", f"lua {_in_one_line(before)}", "-c", f"lua {_in_one_line(after)}"]


def _in_one_line(code: str) -> str:
    return " ".join(line.strip() for line in code.splitlines())


def _lua(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
