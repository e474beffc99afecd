"""A cell's whole result as Markdown."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
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
TABLE_ROWS = 60


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


def markdown_table(html: str) -> str | None:
    """The one simple table of some HTML, as pandas writes it, in Markdown; None for any other."""
    if len(html) > 20 * LONGEST:
        return None
    reader = _Table()
    reader.feed(html)
    rows = reader.rows
    if not reader.simple or len(rows) < 2 or len(rows) > TABLE_ROWS:
        return None
    width = len(rows[0])
    if any(len(row) != width for row in rows) or width > 40:
        return None
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


class _Table(HTMLParser):
    """The rows of a table; ``simple`` while nothing in it needs more than text in a grid."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.simple = True
        self._cell: list[str] | None = None
        self._tables = 0
        self._skipped = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._tables += 1
            self.simple = self.simple and self._tables == 1
        elif tag in ("style", "script"):
            self._skipped = True
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            spans = {name for name, value in attrs if name in ("colspan", "rowspan")}
            self.simple = self.simple and not spans and bool(self.rows)
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")
        elif tag in ("img", "svg", "ul", "ol", "details"):
            self.simple = False

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._skipped = False
        elif tag in ("td", "th") and self._cell is not None and self.rows:
            text = " ".join("".join(self._cell).split())
            self.rows[-1].append(re.sub(r"([\\|*_<`\[\]])", r"\\\1", text))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._skipped:
            self._cell.append(data)
