"""`sessions NOTEBOOK`: opens it in the person's editor, with everything set up."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import console
from sessions_ls.cli.arguments import UsageError
from sessions_ls.cli.new import create

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: Programs that bring a window of their own, by the names of their commands.
WINDOWS = ("code", "code-insiders", "codium", "code-server", "cursor", "windsurf", "positron")
FOUND_BY_ITSELF = ("nvim", "hx", "helix")


def main(args: list[str]) -> int:
    """Open the notebook and return the editor's exit status; where it can, become the editor.

    Raises UsageError where there is no editor or no terminal for it; nothing was made then.
    """
    path = args[0]
    if len(args) > 1:
        raise UsageError(f"one notebook at a time; {args[1]} is one too many")
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder; `sessions new {path}` makes a notebook in it")
    editor = chosen(os.environ)
    kind = os.path.basename(editor[0]).removesuffix(".exe")
    if kind not in WINDOWS and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"{kind} needs a terminal; to run the notebook: `sessions run {path}`")
    if not os.path.lexists(path):
        console.message(f"made {create(path)}")
    if kind == "nvim":
        from sessions_ls.cli.setup import neovim

        return become([*editor, *neovim.options(), path])
    if kind in ("hx", "helix"):
        from sessions_ls.cli.setup import helix_apart

        return helix_apart.opened(editor, path)
    if kind in WINDOWS:
        console.message("`sessions editor vscode` installs the extension, where it is missing")
    return become([*editor, path])


def chosen(environ: Mapping[str, str]) -> list[str]:
    """The editor's program, with the arguments that the person gave it. Raises UsageError."""
    from shutil import which

    path = environ.get("PATH")
    named = _named(environ, "SESSIONS_EDITOR", path)
    if named:
        return named
    for name in FOUND_BY_ITSELF:
        program = which(name, path=path)
        if program:
            return [program]
    found = _named(environ, "VISUAL", path) or _named(environ, "EDITOR", path)
    if not found:
        raise UsageError(
            "no editor was found: install Neovim or Helix, or name one in $SESSIONS_EDITOR"
        )
    return found


def _named(environ: Mapping[str, str], variable: str, path: str | None) -> list[str]:
    import shlex
    from shutil import which

    value = environ.get(variable, "")
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise UsageError(f"${variable} is {value!r}, which is no command line: {error}") from error
    if not words:
        return []
    program = which(os.path.expanduser(words[0]), path=path)
    if program is None:
        raise UsageError(f"${variable} names {words[0]}, and there is no such program")
    return [program, *words[1:]]


def become(command: list[str]) -> int:
    """Put the editor in the place of this process; on Windows wait for it. Raises UsageError."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if sys.platform != "win32":
            os.execv(command[0], command)
        import subprocess

        return subprocess.call(command)
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror}") from error
