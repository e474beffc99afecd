"""Putting together what the buffer holds and what others wrote to its file, as code actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_ls.lsp.wire import quoted, range_json
from sessions_ls.notebook.lines import split_lines
from sessions_ls.notebook.merge import take_theirs
from sessions_ls.notebook.merged import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_ls.live.client import Client as Session
    from sessions_ls.live.view import View
    from sessions_ls.lsp.documents import Document
    from sessions_ls.lsp.policy import Client

KEEP = "sessions.keepMine"
"""The command that says that the buffer counts, whatever the file holds."""


def merge_actions(
    session: Session, view: View, document: Document, client: Client, lines: tuple[int, int]
) -> Iterator[str]:
    """The actions for the lines from the first to the last: none while nobody changed the file."""
    elsewhere = session.elsewhere
    if not elsewhere.changed:
        return
    argument = f'{{"uri":{quoted(document.uri)}}}'
    keep = f'{{"title":"Keep mine","command":"{KEEP}","arguments":[{argument}]}}'
    if not client.action_objects:
        yield keep  # this client takes commands only
        return
    base, mine, theirs = elsewhere.versions()
    merge = elsewhere.merge()
    if merge.text != mine:
        title = "Merge what changed on disk"
        if merge.conflicts:
            twice = named(sorted(c.number for c in merge.conflicts if c.number is not None))
            title += f"; {twice or 'what was deleted here'} as here"
        yield _action(title, document, client, merge.text, keep)
    for conflict in merge.conflicts:
        if conflict.number and _touches(view, conflict.number, lines):
            text = take_theirs(base, mine, theirs, conflict.number)
            title = f"Take theirs: cell {conflict.number} as it is on disk"
            yield _action(title, document, client, text)
    yield _action("Take theirs: the whole file as it is on disk", document, client, theirs)
    title = "Keep mine: what is on disk does not count"
    yield f'{{"title":"{title}","kind":"quickfix","command":{keep}}}'


def _touches(view: View, number: int, lines: tuple[int, int]) -> bool:
    cell = view.cells[number - 1].cell
    first = cell.start if cell.marker is None else cell.marker
    return first <= lines[1] and lines[0] < max(cell.stop, first + 1)


def _action(title: str, document: Document, client: Client, text: str, command: str = "") -> str:
    after = f',"command":{command}' if command else ""
    edit = workspace_edit(document, text, client)
    return f'{{"title":{quoted(title)},"kind":"quickfix","edit":{edit}{after}}}'


def workspace_edit(document: Document, text: str, client: Client) -> str:
    """The edit that makes ``text`` of a document, as JSON; only the lines that differ are in it."""
    place, new = _difference(document, text)
    edit = f'[{{"range":{place},"newText":{quoted(new)}}}]'
    uri = quoted(document.uri)
    if not client.document_changes:
        return f'{{"changes":{{{uri}:{edit}}}}}'
    version = "null" if document.version is None else document.version
    target = f'{{"uri":{uri},"version":{version}}}'
    return f'{{"documentChanges":[{{"textDocument":{target},"edits":{edit}}}]}}'


def _difference(document: Document, text: str) -> tuple[str, str]:
    """The range of the lines that differ, and what they become; line ends are the document's."""
    old = document.text
    if "\r\n" in old.text and "\r\n" not in text:
        text = text.replace("\n", "\r\n")
    before, after = split_lines(old.text), split_lines(text)
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    first, last = sum(map(len, before[:start])), sum(map(len, before[: len(before) - end]))
    (line, column), (end_line, end_column) = old.position(first), old.position(last)
    place = range_json(
        line, document.units(line, column), end_line, document.units(end_line, end_column)
    )
    return place, "".join(after[start : len(after) - end])
