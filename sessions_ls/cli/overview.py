"""`sessions --help`, `sessions --version`, and what is said of anything that is no command."""

from __future__ import annotations

import os
import sys

from sessions_ls._version import __version__
from sessions_ls.cli import COMMANDS, OK
from sessions_ls.cli.arguments import UsageError


def main(args: list[str]) -> int:
    """Answer a command line whose first word is no command. Raises UsageError."""
    word = args[0]
    if word in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return OK
    if word in ("-V", "--version"):
        sys.stdout.write(f"sessions {__version__}\n")
        return OK
    if not word.startswith("-") and (word.endswith(".py") or os.path.exists(word)):
        from sessions_ls.cli import open as opening

        return opening.main(args)
    raise UsageError(_unknown(word))


def _help() -> str:
    column = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{column}}{what}" for name, what in COMMANDS.items()]
    return "\n".join(
        [
            "usage: sessions NOTEBOOK",
            "       sessions COMMAND …",
            "",
            "Python files with `# %%` cells as reactive notebooks.",
            "",
            "commands:",
            *lines,
            "",
            "`sessions NOTEBOOK` opens it in $SESSIONS_EDITOR, Neovim, Helix, $VISUAL or $EDITOR.",
            "`sessions COMMAND --help` says more; `sessions` alone makes a new notebook.",
            "",
            "Example:",
            "  sessions run notebook.py",
            "",
        ]
    )


def _unknown(word: str) -> str:
    if word.startswith("-"):
        return f"there is no option {word} (see `sessions --help`)"
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, 1)
    meant = f"did you mean `sessions {near[0]}`?" if near else "see `sessions --help`"
    return f"there is no command {word}; {meant}"
