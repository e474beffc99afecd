"""What setting an editor up changes: shown first, then done."""

from __future__ import annotations

import os
import shutil
from difflib import unified_diff
from typing import Protocol

from sessions_ls.cli.setup.errors import SetupError
from sessions_ls.results import disk


class Change(Protocol):
    """One thing to be done."""

    def shown(self) -> str:
        """What it would do, for `--print`."""
        ...

    def check(self) -> None:
        """Raise SetupError where it cannot be done."""
        ...

    def apply(self) -> str:
        """Do it, and return what was done as half a sentence. Raises SetupError."""
        ...


class Plan:
    """All changes for one editor, and what the person should know besides.

    ``again`` says what to do when they are made, where that depends on them.
    """

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.notes: list[str] = []
        self.again = ""

    def apply(self) -> list[str]:
        """Do all of it, or nothing where one thing cannot be done; what was done."""
        for change in self.changes:
            change.check()
        return [change.apply() for change in self.changes]


class FileText:
    """Another content for a text file; None: no file.

    ``within``: with the file go the folders below this one that are empty then.
    """

    def __init__(
        self, path: str, before: bytes | None, after: bytes | None, within: str | None = None
    ) -> None:
        self.path = path
        self._within = within
        self._before = before
        self.after = after

    def shown(self) -> str:
        """The difference, as `diff -u` writes it."""
        before, after = (
            (content or b"").decode("utf-8", "replace").splitlines(keepends=True)
            for content in (self._before, self.after)
        )
        old, new = (
            "/dev/null" if content is None else self.path for content in (self._before, self.after)
        )
        lines = unified_diff(before, after, old, new)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def check(self) -> None:
        """Raise SetupError for a file that is not to be written."""
        real = os.path.realpath(self.path)
        if self._before is None:
            return
        try:
            mode = os.stat(real).st_mode
        except OSError as error:
            raise SetupError(f"{self.path}: {error.strerror}. Nothing was changed.") from error
        if not mode & 0o222 or not os.access(real, os.W_OK):
            raise SetupError(
                f"{self.path} is read-only, so nothing was changed. `--print` shows what belongs"
                " into it."
            )

    def apply(self) -> str:
        """Write the file in one step. A link stays a link."""
        real = os.path.realpath(self.path)
        try:
            if self.after is None:
                os.remove(real)
                if self._within is not None:
                    _remove_empty(os.path.dirname(self.path), self._within)
                return f"removed {self.path}"
            os.makedirs(os.path.dirname(real), exist_ok=True)
            disk.write(real, self.after)
        except OSError as error:
            reason = error.strerror or str(error)
            raise SetupError(f"{self.path} cannot be written: {reason}.") from error
        return f"{'made' if self._before is None else 'changed'} {self.path}"


def _remove_empty(folder: str, top: str) -> None:
    try:
        while folder != top:
            os.rmdir(folder)
            folder = os.path.dirname(folder)
    except OSError:
        return  # the first one that holds something


class Link:
    """A folder of ours where an editor looks for it: a link, or a copy where links cannot be."""

    MARK = ".copied-by-sessions"

    def __init__(self, path: str, target: str | None) -> None:
        self.path = path
        self.target = target

    @classmethod
    def needed(cls, path: str, target: str | None) -> bool:
        """Whether there is something to do."""
        if target is None:
            return os.path.lexists(path)
        return not os.path.islink(path) or os.path.realpath(path) != os.path.realpath(target)

    def shown(self) -> str:
        """In one line."""
        if self.target is None:
            return f"remove {self.path}\n"
        return f"link {self.path} -> {self.target}\n"

    def check(self) -> None:
        """Raise SetupError where something that is not ours is in the way."""
        there = os.path.isdir(self.path) and not os.path.islink(self.path)
        if there and not os.path.exists(os.path.join(self.path, self.MARK)):
            raise SetupError(
                f"{self.path} is a folder that was not made by `sessions editor`, so nothing was"
                " changed. Move it away, then try again."
            )

    def apply(self) -> str:
        """Make the link anew, or remove it."""
        try:
            if os.path.islink(self.path) or os.path.isfile(self.path):
                os.remove(self.path)
            elif os.path.isdir(self.path):
                shutil.rmtree(self.path)
            if self.target is None:
                return f"removed {self.path}"
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            return self._make(self.target)
        except OSError as error:
            reason = error.strerror or str(error)
            raise SetupError(f"{self.path} cannot be made: {reason}.") from error

    def _make(self, target: str) -> str:
        try:
            os.symlink(target, self.path, target_is_directory=True)
            return f"linked {self.path} to {target}"
        except (OSError, NotImplementedError):  # Windows without the right to make links
            shutil.copytree(target, self.path)
            with open(os.path.join(self.path, self.MARK), "w", encoding="utf-8") as file:
                file.write(f"{target}\n")
            return f"copied {target} to {self.path}; after an update run this again"
