"""A simple table of HTML, as pandas writes it, in Markdown. Imported when there is one to show."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONGEST = 400_000  # characters of HTML
MOST_ROWS = 60
MOST_COLUMNS = 40
GAP = " | &nbsp;&nbsp;"
"""Between the columns: VS Code's hover leaves no room there."""


def markdown_table(html: str) -> str | None:
    """The one simple table of some HTML, as pandas writes it, in Markdown; None for any other."""
    if len(html) > LONGEST:
        return None
    reader = _Table()
    reader.feed(html)
    rows = reader.rows
    if not reader.simple or len(rows) < 2 or len(rows) > MOST_ROWS:
        return None
    width = len(rows[0])
    if any(len(row) != width for row in rows) or width > MOST_COLUMNS:
        return None
    lines = [f"| {GAP.join(row)} |" for row in rows]
    lines.insert(1, "| --- |" + " ---: |" * (width - 1))
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
