"""Results as text: how much of them, and which."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sessions_ls.results.record import Output

_SLACK = 256
"""Room for the line that a cut puts in, so that what was cut once is not cut again."""


def cut(text: str, limit: int) -> str:
    """`text`, or its first and last `limit` characters around a line that says what is gone."""
    gone = len(text) - 2 * limit
    if gone <= _SLACK:
        return text
    head, tail = text[:limit], text[len(text) - limit :]
    before = "" if head.endswith("\n") or not head else "\n"
    after = "" if tail.startswith("\n") else "\n"
    return f"{head}{before}… {amount(gone)} omitted …{after}{tail}"


def amount(characters: int) -> str:
    """A number of characters in the largest unit that fits, as in "12.3 MB"."""
    size = float(characters)
    for unit in ("characters", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "characters" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")


def uncoloured(text: str) -> str:
    """`text` without what tells a terminal of colours and the like."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def first_line(text: str, width: int) -> str:
    """The first line of `text` that shows anything, in at most `width` characters."""
    for line in text.split("\n"):
        shown = " ".join(line.split())
        if shown:
            return shown if len(shown) <= width else f"{shown[: width - 1]}…"
    return ""


def best(outputs: Iterable[Output], accepted: Sequence[str]) -> Output | None:
    """The output whose type stands first among the `accepted` ones, None when none does."""
    found = {output.mime: output for output in reversed(list(outputs))}
    for mime in accepted:
        if mime in found:
            return found[mime]
    return None
