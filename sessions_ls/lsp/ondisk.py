"""What is said when others change the file of an open notebook.

The server never puts such a change into the buffer by itself: the next save would be refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_ls.lsp.diagnostics import WARNING, diagnostic, line_range
from sessions_ls.lsp.words import head_line
from sessions_ls.notebook.merged import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_ls.live.client import Client as Session
    from sessions_ls.live.view import View
    from sessions_ls.lsp.documents import Document
    from sessions_ls.lsp.policy import Client


def disk_diagnostics(
    session: Session, view: View, document: Document, client: Client
) -> Iterator[str]:
    """What is wrong between the buffer and its file, as JSON: nothing, nearly always."""
    disk = session.disk
    if disk is None:
        return
    first = line_range(document, 0)
    if disk["text"] is None:
        what = disk["problem"] or "The file is gone from disk; saving writes it again."
        yield diagnostic(first, WARNING, "changed-on-disk", what)
        return
    elsewhere = session.elsewhere
    if not elsewhere.changed or (client.policy.reloads and not elsewhere.dirty):
        return
    merge = elsewhere.merge()
    what = f"File changed on disk: {describe(merge)}."
    how = "Save over it, or merge it with a code action." if elsewhere.dirty else client.policy.how
    yield diagnostic(first, WARNING, "changed-on-disk", f"{what} {how}".rstrip())
    for conflict in merge.conflicts:
        if conflict.number:
            place = line_range(document, head_line(view.cells[conflict.number - 1].cell))
            what = "removed from" if conflict.theirs is None else "edited on"
            message = f"This cell was {what} disk too, and differs from yours."
            yield diagnostic(place, WARNING, "edited-twice", message)
