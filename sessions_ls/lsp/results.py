"""A cell's whole result as Markdown."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pygls.uris import from_fs_path

from sessions_ls.lsp.words import duration
from sessions_ls.results import media
from sessions_ls.results.session_file import session_path
from sessions_ls.results.text import cut

if TYPE_CHECKING:
    from sessions_ls.live.view import CellView
    from sessions_ls.results.record import Output, Record

LONGEST = 20_000  # characters at each end of a text; VS Code cuts a hover at 100 000 in all


def markdown(cell: CellView, notebook: str, tables: bool = True) -> str:
    """Everything that is known of a cell's last run. ``tables``: HTML tables become Markdown's."""
    parts = [_state(cell)]
    record = cell.record
    if record is None:
        return parts[0]
    if record.error is not None:
        error = record.error
        parts.append(fence(error.traceback or f"{error.type}: {error.message}", "pytb"))
    parts += _result(record, notebook, tables)
    for name, text in (("stdout", record.stdout), ("stderr", record.stderr)):
        if text.strip():
            parts.append(f"*{name}*\n\n{fence(text)}")
    return "\n\n".join(parts)


def plain(cell: CellView) -> str:
    """The same without markup, for a client that shows none."""
    parts = [_state(cell).replace("**", "")]
    record = cell.record
    if record is not None:
        parts += [record.error.traceback if record.error else "", record.text]
        parts += [record.stdout, record.stderr]
    return "\n\n".join(part.rstrip() for part in parts if part.strip())


def media_file(output: Output, notebook: str) -> str | None:
    """The file beside the session file that holds this output, if there is one."""
    data = output.data
    content = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    folder = media.folder_of(session_path(notebook))
    path = os.path.join(folder, media.name_of(output.mime, content))
    return path if os.path.isfile(path) else None


def fence(text: str, language: str = "text") -> str:
    """A block of text that shows as it is, whatever backticks it holds."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}{language}\n{cut(text, LONGEST).rstrip()}\n{marks}"


def _state(cell: CellView) -> str:
    words = [f"**{cell.state}**"]
    if cell.status.reason:
        words[0] += f": {cell.status.reason}"
    record = cell.record
    if record is not None:
        words.append(duration(record.runtime_ms))
        if record.ran_at:
            words.append(record.ran_at.replace("T", " ").replace("Z", " UTC"))
        if cell.cold and cell.state == "fresh":
            words.append("from an earlier session")
    return " · ".join(words)


def _result(record: Record, notebook: str, tables: bool) -> list[str]:
    """The result in the richest form that Markdown holds, and the pictures."""
    parts: list[str] = []
    table = None
    for output in record.outputs:
        if output.mime.startswith("image/"):
            parts.append(_picture(output, notebook))
        elif output.mime == "text/html" and tables and isinstance(output.data, str):
            from sessions_ls.lsp.htmltable import markdown_table

            table = markdown_table(output.data) or table
        elif output.mime == "text/plain" and isinstance(output.data, str):
            parts.append(fence(output.data))
        elif output.mime == "text/markdown" and isinstance(output.data, str):
            parts.append(cut(output.data, LONGEST))
    if table is not None:
        parts.insert(0, table)
    elif record.text:
        parts.insert(0, fence(record.text))
    return parts


def _picture(output: Output, notebook: str) -> str:
    path = media_file(output, notebook)
    if path is None:
        return f"*{output.mime}*"
    return f"![{output.mime}]({from_fs_path(path)})"
