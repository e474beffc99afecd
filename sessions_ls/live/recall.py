"""The results that a notebook's file holds, for the interpreter that is to run it."""

from __future__ import annotations

from sessions_ls.results.session_file import load, session_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.kernel.interpreter import Choice
    from sessions_ls.results.record import Record, Session


class Recalled:
    """What was stored: ``records`` are those that this interpreter could have given.

    ``version`` is the interpreter's, as far as it is known; ``troubles`` are sentences about what
    could not be used.
    """

    __slots__ = ("records", "stored", "troubles", "version")

    def __init__(self, path: str, choice: Choice) -> None:
        self.stored: Session = load(session_path(path))
        self.troubles = list(self.stored.problems)
        self.version = choice.version or self.stored.python
        self.records: list[Record] = self.stored.records
        if self.records and minor(self.stored.python) != minor(self.version):
            self.troubles.append(
                f"the stored results come from Python {minor(self.stored.python)}; "
                f"{choice.path} is {minor(self.version)}, so they are not used"
            )
            self.records = []


def minor(version: str) -> str:
    """The first two numbers of a version."""
    return ".".join(version.split(".")[:2])
