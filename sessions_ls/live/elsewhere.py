"""What others changed in the file of a notebook that a client shows from a buffer of its own.

The promise is about the file: a result that its newest text makes out of date is marked, even where
the buffer does not show that text yet.
"""

from __future__ import annotations

from sessions_ls.live.state import State
from sessions_ls.reactive.staleness import CODE_CHANGED, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.live.mirror import Mirror
    from sessions_ls.live.view import View
    from sessions_ls.notebook.merge import Merge

RAN_ELSEWHERE = Status(
    "stale", "edited elsewhere: what ran last is another text of this cell", own=True
)
REASON = "edited elsewhere: the file on disk has other code here"


class Elsewhere:
    """The text on disk beside the one that is shown, while others changed it.

    ``state`` is that of the text on disk then, else None. For whoever holds the client's lock.
    """

    def __init__(self, path: str, strict: bool) -> None:
        self.state: State | None = None
        self._path, self._strict = path, strict
        self._base: str | None = None  # what the file held when the client last read or wrote it
        self._mine = ""
        self._theirs: str | None = None
        self._merge: tuple[str, str, str, Merge] | None = None

    @property
    def changed(self) -> bool:
        """Whether the file has been changed by others, in a way the client does not show."""
        return self._theirs is not None and self._theirs not in (self._mine, self._base)

    @property
    def dirty(self) -> bool:
        """Whether the client shows something that it has not saved."""
        return self._base is not None and self._mine != self._base

    def show(self, text: str) -> None:
        """The client shows this text."""
        self._mine = _plain(text)
        if not self.changed:
            self.state = None

    def open(self) -> None:
        """What is shown was read from the file, or is an unsaved text that was kept."""
        self._base = self._theirs
        self.state = None

    def save(self, text: str) -> None:
        """The client has written this text to the file."""
        self._base = self._theirs = _plain(text)
        self.state = None

    def keep_mine(self) -> None:
        """What is on disk now does not count any more."""
        self._base = self._theirs
        self.state = None

    def found(self, text: str | None, mirror: Mirror) -> None:
        """The file holds this text; None: none that can be read."""
        self._theirs = None if text is None else _plain(text)
        if self._theirs == self._mine or self._base is None:
            self._base = self._theirs
        if not self.changed or text is None:
            self.state = None
            return
        if self.state is None:
            self.state = State(self._path, "", [], self._strict)
        self.state.read(text)
        self.state.analyse()
        self.state.adopt(mirror)

    def adopt(self, mirror: Mirror) -> None:
        """The session says everything anew."""
        if self.state is not None:
            self.state.adopt(mirror)

    def look(self) -> None:
        """Files that cells read may have changed."""
        if self.state is not None:
            self.state.look()

    def merge(self) -> Merge:
        """What is shown and what is on disk as one text, with `\\n` as line end."""
        from sessions_ls.notebook.merge import merge

        versions = (self._base or "", self._mine, self._theirs or "")
        if self._merge is None or self._merge[:3] != versions:
            self._merge = (*versions, merge(*versions))
        return self._merge[3]

    def versions(self) -> tuple[str, str, str]:
        """What the file held, what is shown, and what it holds now, with `\\n` as line end."""
        return self._base or "", self._mine, self._theirs or ""

    def mark(self, view: View, others: set[str]) -> None:
        """Mark in a view what the text on disk makes out of date.

        ``others`` are the cells that somebody else ran last, maybe in another text of theirs.
        """
        for cell in list(view.cells) if others else ():
            if cell.status is CODE_CHANGED and cell.ident in others:
                view.restate(cell, RAN_ELSEWHERE)
        if not self.changed or self.state is None:
            return
        merged = self.merge()
        clashing = {conflict.number for conflict in merged.conflicts}
        edited = {*merged.theirs_changed, *merged.removed} - clashing
        there = {
            ident: (cell.code, status)
            for ident, cell, status in zip(
                self.state.cells.idents,
                self.state.program.cells,
                self.state.statuses(),
                strict=True,
            )
        }
        for cell in list(view.cells):
            if cell.runs and cell.number in edited:
                view.restate(cell, Status("stale", REASON, own=True))
            elif cell.status.state in ("fresh", "error") and cell.status.reason is None:
                code, status = there.get(cell.ident, ("", cell.status))
                if code == cell.names.code and status.state != cell.status.state:
                    view.restate(cell, Status("stale", f"on disk: {status.reason}"))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n") if "\r" in text else text
