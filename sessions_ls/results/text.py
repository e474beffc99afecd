"""Results as text: how much of them, and which."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sessions_ls.results.record import Output

_SLACK = 256
"""Room for the line that a cut puts in, so that what was cut once is not cut again."""

_ESCAPES = (
    r"\x1b\[[0-?]*[ -/]*[@-~]?"  # a control sequence, such as a colour
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # a string: a title, the target of a link
    r"|\x1b[ -/]*[0-~]?"  # any other, and what is left of one that was cut
)


def cut(text: str, limit: int) -> str:
    """`text`, or its first and last `limit` characters around a line that says what is gone."""
    gone = len(text) - 2 * limit
    if gone <= _SLACK:
        return text
    head, tail = text[:limit], text[len(text) - limit :]
    before = "" if head.endswith("\n") or not head else "\n"
    after = "" if tail.startswith("\n") else "\n"
    return f"{head}{before}… {amount(gone)} omitted …{after}{tail}"


def unstyled(text: str) -> str:
    """`text` without what steers a terminal: colours, links, moves of the cursor (ECMA-48)."""
    if "\x1b" not in text:
        return text
    import re  # costs more than all else of a run that colours nothing

    return re.sub(_ESCAPES, "", text)


def amount(characters: int) -> str:
    """A number of characters in the largest unit that fits, as in "12.3 MB"."""
    size = float(characters)
    for unit in ("characters", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "characters" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def first_line(text: str, width: int) -> str:
    """The first line of `text` that shows anything, unstyled, in at most `width` characters."""
    for line in unstyled(text).split("\n"):
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
