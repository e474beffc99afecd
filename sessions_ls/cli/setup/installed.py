"""What came with this installation: the plugins, and the command of the language server."""

from __future__ import annotations

import os
import sys

import sessions_ls
from sessions_ls.cli.setup.errors import SetupError


def plugin(name: str) -> str:
    """The folder of an editor's plugin. Raises SetupError where it did not come along."""
    package = os.path.dirname(os.path.abspath(sessions_ls.__file__))
    for above in (package, os.path.dirname(package)):  # installed, or in a checkout
        path = os.path.join(above, "editors", name)
        if os.path.isdir(path):
            return path
    raise SetupError(
        f"This installation came without its folder editors/{name}, beside or in {package}:"
        " install sessions-ls again."
    )


def server() -> list[str]:
    """The command that starts the language server of this installation, with full paths."""
    name = "sessions-ls.exe" if sys.platform == "win32" else "sessions-ls"
    path = os.path.join(os.path.dirname(sys.executable), name)
    if os.access(path, os.X_OK):
        return [path]
    return [sys.executable, "-m", "sessions_ls.lsp"]
