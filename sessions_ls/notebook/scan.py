r"""Where the cell markers of a text are. Texts here have `\n` as their only line end.

A marker is `# %%` or `#%%` (or more percent signs) at column 0, followed by a blank or the line's
end, outside every string literal. In a markdown or raw cell a fenced block of comment lines may
hold such lines too, as in Jupytext.
"""

from __future__ import annotations

import bisect

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

# Attempts to find the one opening quote to blame for a string that never closes.
_SUSPECTS = 8

# What may stand after the last percent sign of a marker.
_FOLLOWERS = frozenset(("\n", " ", "\t", ""))

_patterns: dict[str, re.Pattern[str]] = {}
_SOURCES = {
    "token": "|".join(
        (
            r"#[^\n]*",
            r'"""(?>[^"\\]+|\\.|"(?!""))*+"""',
            r"'''(?>[^'\\]+|\\.|'(?!''))*+'''",
            # A triple quote that never closes.
            r"""("{3}|'{3})""",
            # The line's end also ends an unfinished string.
            r'"(?>[^"\\\n]+|\\.)*+"?',
            r"'(?>[^'\\\n]+|\\.)*+'?",
        )
    ),
    "fence": r"(?m)^# ? {0,3}(`{3,}(?=[^`\n]*$)|~{3,})",
}


class Scan:
    """`markers`: offsets of the marker lines, ascending. `sound`: every string closes."""

    __slots__ = ("markers", "sound")

    def __init__(self, markers: list[int], sound: bool) -> None:
        self.markers = markers
        self.sound = sound


def scan(text: str) -> Scan:
    """Find the cell markers of a text, or of a part that starts and ends at markers."""
    markers = _candidates(text)
    spans, opened = _strings(text, 0)
    if opened >= 0:
        markers = _recovered(text, markers, spans, opened)
    elif spans:
        markers = _outside(markers, spans)
    if markers and (_holds(text, "```") or _holds(text, "~~~")):
        markers = _unfenced(text, markers)
    return Scan(markers, opened < 0)


def _holds(text: str, sign: str) -> bool:
    """`sign in text`, fast when even its first character is not in the text."""
    return sign[0] in text and sign in text


def head_end(text: str, marker: int) -> int:
    """The offset of the line end that follows a marker (or of the text's end)."""
    end = text.find("\n", marker)
    return len(text) if end < 0 else end


def words_start(head: str) -> int:
    """How long `# %%` or `#%%` is in a marker line."""
    return 4 if head.startswith("# ") else 3


def only_docstring(text: str) -> bool:
    """Does the text hold nothing but comments, blank lines and at most one plain string literal?"""
    pattern = _pattern("token")
    position, literals = 0, 0
    while match := pattern.search(text, position):
        between = text[position : match.start()].strip(" \t\n\f")
        literal = not match.group().startswith("#")
        if match.group(1) or between.lower() not in (("", "r", "u") if literal else ("",)):
            return False
        quotes = match.group()[:3] if match.group()[:3] in ('"""', "'''") else match.group()[0]
        if literal and (len(match.group()) < 2 * len(quotes) or not match.group().endswith(quotes)):
            return False
        literals += literal
        position = match.end()
    return literals <= 1 and not text[position:].strip(" \t\n\f;")


def _pattern(name: str) -> re.Pattern[str]:
    """Compiled when first needed: most starts need none."""
    pattern = _patterns.get(name)
    if pattern is None:
        import re

        pattern = _patterns[name] = re.compile(_SOURCES[name], re.DOTALL)
    return pattern


def _candidates(text: str) -> list[int]:
    """Marker lines as if there were no strings."""
    found = []
    find, startswith = text.find, text.startswith
    percent = find("%%")
    while percent >= 0:
        end = percent + 2
        while startswith("%", end):
            end += 1
        if text[end : end + 1] in _FOLLOWERS:
            if startswith("\n# ", percent - 3) or (percent == 2 and startswith("# ")):
                found.append(percent - 2)
            elif startswith("\n#", percent - 2) or (percent == 1 and startswith("#")):
                found.append(percent - 1)
        percent = find("%%", end)
    return found


def _strings(text: str, position: int) -> tuple[list[tuple[int, int]], int]:
    """The strings from `position` on that span lines, and where one that never closes opens or -1.

    Only lines that hold a triple quote or end in a backslash are looked at: a string that spans
    lines starts on one of them.
    """
    spans: list[tuple[int, int]] = []
    ahead = {sign: -1 for sign in ('"""', "'''", "\\\n") if sign[0] in text}
    if not ahead:
        return spans, -1
    while True:
        for sign, place in ahead.items():
            if place < position:
                place = text.find(sign, position)
                ahead[sign] = len(text) if place < 0 else place
        target = min(ahead.values())
        if target >= len(text):
            return spans, -1
        pattern = _pattern("token")
        position = max(position, text.rfind("\n", position, target) + 1)
        while position <= target:
            match = pattern.search(text, position)
            if match is None:
                return spans, -1
            if match.start() > target:
                position = match.start()
                break
            if match.group(1):
                return spans, match.start()
            position = match.end()
            if position > target and "\n" in match.group():
                spans.append(match.span())


def _outside(markers: list[int], spans: Iterable[tuple[int, int]]) -> list[int]:
    """The markers that lie in no string."""
    kept: list[int] = []
    low = 0
    for start, end in spans:
        first = bisect.bisect_left(markers, start, low)
        kept += markers[low:first]
        low = bisect.bisect_left(markers, end, first)
    return kept + markers[low:]


def _recovered(
    text: str, markers: list[int], spans: list[tuple[int, int]], opened: int
) -> list[int]:
    """The markers of a text in which some string never closes.

    From that opening on (or an earlier one: the strings after it then pair up the wrong way round)
    the text reads inside out. The opening to blame is the one that, taken to end at the next
    marker, lets every later string close and hides the fewest markers. Without such an opening no
    string hides any.
    """
    holding = [span[0] for span in spans if len(_outside(markers, [span])) < len(markers)]
    best: list[int] = []
    for suspect in [*holding[:_SUSPECTS], opened]:
        before = _outside(markers, [span for span in spans if span[0] < suspect])
        following = bisect.bisect_left(markers, suspect)
        if following == len(markers):
            kept = before
        else:
            rest, still = _strings(text, markers[following])
            if still >= 0:
                continue
            kept = _outside(before, rest)
        if len(kept) > len(best):
            best = kept
    return best or markers


def _unfenced(text: str, markers: list[int]) -> list[int]:
    """Drop the markers inside fenced blocks of markdown and raw cells.

    A block counts only when comment lines alone lead to its end, so that no code is ever swallowed.
    """
    kept: list[int] = []
    resume = 0
    for number, marker in enumerate(markers):
        if marker < resume:
            continue
        kept.append(marker)
        head = text[marker : head_end(text, marker)]
        if "[m" in head or "[raw]" in head or "cell_type" in head:
            stop = markers[number + 1] if number + 1 < len(markers) else len(text)
            while stop < len(text) and (end := _fence_over(text, marker, stop)):
                resume = end
                following = bisect.bisect_left(markers, end)
                stop = markers[following] if following < len(markers) else len(text)
    return kept


def _fence_over(text: str, start: int, stop: int) -> int:
    """The end of the fenced block that is open at offset `stop` of a cell; 0 if none is."""
    pattern = _pattern("fence")
    position = start
    while (opening := pattern.search(text, position, stop)) is not None:
        end = _fence_end(text, opening)
        if end >= stop:
            return end
        position = end or head_end(text, opening.start())
    return 0


def _fence_end(text: str, opening: re.Match[str]) -> int:
    """The end of the line that closes a fence; 0 when a line that is no comment comes first."""
    fence = opening.group(1)
    position = head_end(text, opening.start()) + 1
    while text.startswith("#", position):
        end = head_end(text, position)
        words = text[position + 1 : end].strip()
        if len(words) >= len(fence) and not words.strip(fence[0]):
            return end
        position = end + 1
    return 0
