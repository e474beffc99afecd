"""A TOML file that somebody wrote by hand, edited with every line and comment of it kept."""

from __future__ import annotations

import os
import re
import tomllib
from difflib import SequenceMatcher
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from sessions_ls.cli.setup.changes import FileText
from sessions_ls.cli.setup.errors import SetupError

BOM = "\ufeff"
LINE = re.compile(r"[^\n]*\n|[^\n]+")


class TomlFile:
    """A file as it is. A missing one is an empty one.

    ``text`` has plain line ends and ``data`` is what it says. Raises SetupError for a file that
    cannot be read or is not TOML.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._bytes = self._read()
        try:
            self._given = (self._bytes or b"").decode("utf-8")
            self.text = self._given.removeprefix(BOM).replace("\r\n", "\n")
            self.data = tomllib.loads(self.text)
            self.document = tomlkit.parse(self.text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, TOMLKitError) as error:
            raise SetupError(
                f"{path} is not valid TOML: {error}. Nothing was changed. Mend it, then try again."
            ) from error

    def _read(self) -> bytes | None:
        try:
            with open(self.path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            if os.path.islink(self.path):
                raise SetupError(
                    f"{self.path} is a link that leads nowhere. Nothing was changed."
                ) from None
            return None
        except OSError as error:
            raise SetupError(f"{self.path} cannot be read: {error.strerror or error}.") from error

    def change(self, text: str, expected: dict[str, Any]) -> FileText | None:
        """The change to another text, None where it is the same; an empty one removes the file.

        Raises SetupError unless the new text says exactly what is ``expected`` of it.
        """
        if text == self.text:
            return None
        try:
            said = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            said = None
        if said != expected:
            raise SetupError(
                f"{self.path} is written in a way that we cannot edit safely, so nothing was"
                " changed. The entries to be made by hand are in the folder"
                " editors/helix of sessions-ls."
            )
        after = _woven(self._given, text).encode("utf-8") if text.strip() else None
        return FileText(self.path, self._bytes, after)


def _woven(old: str, new: str) -> str:
    """``new``, with the line ends of ``old``: of the same lines, and of most lines elsewhere."""
    given, made = LINE.findall(old), LINE.findall(new)
    plain = [line.removeprefix(BOM).replace("\r\n", "\n") for line in given]
    ending = "\r\n" if old.count("\r\n") * 2 > len(given) else "\n"
    parts: list[str] = []
    for what, i, j, m, n in SequenceMatcher(None, plain, made, autojunk=False).get_opcodes():
        same = what == "equal"
        parts += given[i:j] if same else [line.replace("\n", ending) for line in made[m:n]]
    return "".join(parts)
