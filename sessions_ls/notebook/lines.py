"""One text and its lines, with positions in code points and in the units of any LSP client."""

from __future__ import annotations

import bisect


def split_lines(text: str) -> list[str]:
    r"""Split on \n, \r\n and \r only, ends kept; the last line is unterminated and may be empty."""
    if "\r" not in text:
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        return lines
    import re

    lines, start = [], 0
    for match in re.finditer(r"\r\n|\n|\r", text):
        lines.append(text[start : match.end()])
        start = match.end()
    lines.append(text[start:])
    return lines


def _width(character: str, encoding: str) -> int:
    """Units of one code point; a lone surrogate counts as the encoding would pass it through."""
    if encoding == "utf-16":
        return 2 if character > "\uffff" else 1
    if encoding == "utf-8":
        if character < "\x80":
            return 1
        return 2 if character < "\u0800" else 3 if character <= "\uffff" else 4
    return 1


class Lines:
    """An immutable text, cut into lines once.

    Lines and columns count from 0. Positions outside the text are clamped as LSP says: a column to
    its line's content (line end excluded), a line past the last to the end of the text.
    """

    __slots__ = ("_lines", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text: str | None = text
        self._lines = split_lines(text)
        self._starts: list[int] | None = None

    @property
    def text(self) -> str:
        """The whole text, line ends as they are."""
        if self._text is None:
            self._text = "".join(self._lines)
        return self._text

    def __len__(self) -> int:
        """The number of lines, the unterminated and maybe empty last one included; at least 1."""
        return len(self._lines)

    def line(self, number: int) -> str:
        """A line without its line end; empty outside the text."""
        return self._content(number) if 0 <= number < len(self._lines) else ""

    def offset(self, line: int, column: int) -> int:
        """The code points before a position."""
        line, column = self._clamp(line, column)
        return self._offsets()[line] + column

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset; inside a line end: the end of the line's content."""
        starts = self._offsets()
        line = bisect.bisect_right(starts, max(offset, 0)) - 1
        return self._clamp(line, max(offset, 0) - starts[line])

    def column(self, line: int, units: int, encoding: str) -> int:
        """The code-point column of a client's; inside a character it is the column before it.

        `encoding` is "utf-8", "utf-16" or "utf-32".
        """
        text = self.line(line)
        if units <= 0:
            return 0
        if encoding == "utf-32" or text.isascii():
            return min(units, len(text))
        for column, character in enumerate(text):
            units -= _width(character, encoding)
            if units < 0:
                return column
        return len(text)

    def units(self, line: int, column: int, encoding: str) -> int:
        """The client's column of a code-point column, clamped to the line's content."""
        text = self.line(line)
        column = min(max(column, 0), len(text))
        if encoding == "utf-32" or text.isascii():
            return column
        return sum(_width(character, encoding) for character in text[:column])

    def inside(self, line: int, encoding: str) -> tuple[int, int]:
        """The client's columns between which a line holds more than blanks."""
        text = self.line(line)
        end = len(text.rstrip())
        start = min(len(text) - len(text.lstrip()), end)
        if encoding == "utf-32" or text.isascii():
            return start, end
        return self.units(line, start, encoding), self.units(line, end, encoding)

    def edited(self, start: tuple[int, int], end: tuple[int, int], new: str) -> Lines:
        """The text with a range replaced; only the lines it touches are cut again.

        A range given back to front means the same as the right way round.
        """
        first, last = self._clamp(*start), self._clamp(*end)
        if last < first:
            first, last = last, first
        lines = self._lines
        low, high = first[0], last[0] + 1
        joined = lines[low][: first[1]] + new + lines[last[0]][last[1] :]
        # A line end of the edit may complete the CR that ends the line before it.
        if low and joined.startswith("\n") and lines[low - 1].endswith("\r"):
            low -= 1
            joined = lines[low] + joined
        middle = split_lines(joined)
        if high < len(lines):
            # The tail of the last touched line kept its line end, so an empty line follows it here.
            middle.pop()
        result = Lines.__new__(Lines)
        result._lines = [*lines[:low], *middle, *lines[high:]]
        result._text = None
        result._starts = None
        return result

    def _content(self, number: int) -> str:
        return self._lines[number].rstrip("\r\n")

    def _clamp(self, line: int, column: int) -> tuple[int, int]:
        if line < 0:
            return 0, 0
        if line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        return line, min(max(column, 0), len(self._content(line)))

    def _offsets(self) -> list[int]:
        if self._starts is None:
            total, starts = 0, []
            for line in self._lines:
                starts.append(total)
                total += len(line)
            self._starts = starts
        return self._starts
