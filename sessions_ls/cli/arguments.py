"""Command lines: argparse, with our way of saying what is wrong."""

from __future__ import annotations

import argparse

from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class UsageError(SessionsError):
    """The request itself was wrong."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """One of fixed width: argparse makes a formatter for each argument that it is given, and one
    that looks at the terminal imports half the standard library to do so.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=88)


class Parser(argparse.ArgumentParser):
    """The parser of one command."""

    def __init__(self, command: str, description: str, example: str) -> None:
        super().__init__(
            prog=f"sessions {command}",
            description=description,
            epilog=f"Example:\n  {example}",
            formatter_class=_Formatter,
            allow_abbrev=False,
        )

    def notebook(self) -> None:
        """Take the argument NOTEBOOK."""
        self.add_argument("notebook", metavar="NOTEBOOK", help="a Python file with `# %%%%` cells")

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message[:1].lower()}{message[1:]} (see `{self.prog} --help`)")
