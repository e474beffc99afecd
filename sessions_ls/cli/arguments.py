"""Command lines: what a command takes, what was given, and its help text.

Written here because importing argparse costs a third of what starting Python does, at every
`sessions run`.
"""

from __future__ import annotations

from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

_WIDTH = 88
_HELP = ("-h", "--help")


class UsageError(SessionsError):
    """The request itself was wrong."""


class Taken:
    """What a command line gave, by the names that the command declared."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Whether it was given at all."""
        return name in self._values

    def every(self, name: str) -> list[str]:
        """All that was given for it, in order."""
        return self._values.get(name, [])

    def last(self, name: str) -> str | None:
        """What was given for it last, None where nothing was."""
        values = self._values.get(name)
        return values[-1] if values else None

    def __getitem__(self, name: str) -> str:
        """What was given for an argument that must be there."""
        return self._values[name][-1]


class _Option:
    def __init__(self, name: str, metavar: str, what: str) -> None:
        self.name = name
        self.metavar = metavar
        self.what = what
        self.usage = f"{name} {metavar}" if metavar else name


class Arguments:
    """The arguments of one command. Declared first, then `parse`."""

    def __init__(self, command: str, description: str, example: str) -> None:
        self._command = command
        self._description = description
        self._example = example
        self._options: dict[str, _Option] = {}
        self._places: list[_Option] = []
        self._needed = 0
        self._several = False
        self._exclusive: list[tuple[str, str]] = []

    def place(self, name: str, what: str, needed: bool = True, several: bool = False) -> Arguments:
        """Take an argument by its place; ``several`` (the last place only): one or more."""
        self._places.append(_Option(name, "", what))
        self._needed += needed
        self._several = several
        return self

    def option(self, name: str, metavar: str, what: str, excludes: str | None = None) -> Arguments:
        """Take an option, with a value unless ``metavar`` is "". It may be repeated."""
        self._options[name] = _Option(name, metavar, what)
        if excludes is not None:
            self._exclusive.append((excludes, name))
        return self

    def parse(self, args: Sequence[str]) -> Taken:
        """Read a command line. Raises UsageError, and SystemExit after printing the help text."""
        values: dict[str, list[str]] = {}
        placed: list[str] = []
        rest = list(args)
        rest.reverse()
        while rest:
            word = rest.pop()
            if word == "--":
                placed += reversed(rest)
                break
            if word in _HELP:
                self._show_help()
            if word.startswith("-") and word != "-":
                name, value = self._optional(word, rest)
                values.setdefault(name, []).append(value)
            else:
                placed.append(word)
        for first, second in self._exclusive:
            if first in values and second in values:
                self._refuse(f"{first} and {second} exclude each other")
        self._assign(placed, values)
        return Taken(values)

    def _optional(self, word: str, rest: list[str]) -> tuple[str, str]:
        """The name and value of the option `word`; the value may be the next of `rest`."""
        name, equals, value = word.partition("=")
        option = self._options.get(name)
        if option is None:
            self._refuse(f"there is no option {name}")
        if not option.metavar:
            if equals:
                self._refuse(f"{name} takes no value")
        elif not equals:
            if not rest or rest[-1].startswith("--"):
                self._refuse(f"{name} lacks its value, {option.usage}")
            value = rest.pop()
        return name, value

    def _assign(self, placed: list[str], values: dict[str, list[str]]) -> None:
        if len(placed) < self._needed:
            self._refuse(f"{self._places[len(placed)].name} is missing")
        if len(placed) > len(self._places) and not self._several:
            self._refuse(f"{placed[len(self._places)]} is one argument too many")
        last = len(self._places) - 1
        for index, word in enumerate(placed):
            values.setdefault(self._places[min(index, last)].name, []).append(word)

    def _refuse(self, what: str) -> NoReturn:
        raise UsageError(f"{what} (see `sessions {self._command} --help`)")

    # -- the help text ---------------------------------------------------------------------------

    def _show_help(self) -> NoReturn:
        import sys

        sys.stdout.write(self._help())
        raise SystemExit(0)

    def _help(self) -> str:
        from textwrap import fill

        options = [*self._options.values(), _Option("-h, --help", "", "show this help text")]
        rows = [*self._places, *options]
        column = max(len(row.usage) for row in rows) + 4
        usage = f"usage: sessions {self._command} {self._usage()}"
        lines = [usage, "", fill(self._description, _WIDTH), ""]
        for row in rows:
            start = f"  {row.usage}".ljust(column)
            lines.append(
                fill(row.what, _WIDTH, initial_indent=start, subsequent_indent=" " * column)
            )
        return "\n".join([*lines, "", "Example:", f"  {self._example}", ""])

    def _usage(self) -> str:
        words = ["[OPTIONS]"] if self._options else []
        for index, place in enumerate(self._places):
            repeated = self._several and index == len(self._places) - 1
            name = f"{place.name} …" if repeated else place.name
            words.append(name if index < self._needed else f"[{name}]")
        return " ".join(words)
