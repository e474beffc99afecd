"""Long text for a reader with little room: its first and last lines, and how much is between."""

from __future__ import annotations

from sessions_ls.cli.arguments import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.cli.arguments import Taken
    from sessions_ls.results.record import Output, Record

WIDEST = 1000
"""Characters of one line, of which no more than the first and last are kept."""
_EDGE = 400


def lines_given(given: Taken) -> int | None:
    """The N of `--lines N`, None where it was not given. Raises UsageError."""
    text = given.last("--lines")
    if text is None:
        return None
    if not (text.isdecimal() and len(text) < 10 and int(text)):
        raise UsageError(f"--lines: {text!r} is no number of lines above 0")
    return int(text)


def trimmed(text: str, lines: int) -> str:
    """The first and last of `text`'s lines, `lines` together, around one that counts the others.

    What needs no such line is left whole; very long lines are cut in the same way.
    """
    rows = text.split("\n")
    ended = rows[-1] == ""
    if ended:
        rows.pop()
    gone = len(rows) - lines
    if gone > 1:
        rows[lines - lines // 2 : len(rows) - lines // 2] = [omission(gone)]
    return "\n".join([*map(narrowed, rows), ""] if ended else map(narrowed, rows))


def narrowed(line: str) -> str:
    """`line`, without its middle where it is very long."""
    gone = len(line) - 2 * _EDGE
    if len(line) <= WIDEST:
        return line
    return f"{line[:_EDGE]}… {gone:,} characters omitted …{line[-_EDGE:]}"


def omission(count: int) -> str:
    """The line that stands for `count` others."""
    return f"… {count:,} lines omitted …"


def trimmed_cell(cell: dict[str, Any], lines: int) -> dict[str, Any]:
    """A cell as `status --json` has it, its texts trimmed."""
    short: dict[str, Any] = {
        name: trimmed(cell[name], lines) for name in ("text", "stdout", "stderr")
    }
    if cell["error"] is not None:
        traceback = trimmed(cell["error"]["traceback"], lines)
        short["error"] = {**cell["error"], "traceback": traceback}
    return {**cell, **short}


def trimmed_record(record: Record, lines: int) -> Record:
    """A copy of `record` with its texts trimmed."""
    error = record.error
    return record.replaced(
        text=trimmed(record.text, lines),
        stdout=trimmed(record.stdout, lines),
        stderr=trimmed(record.stderr, lines),
        outputs=trimmed_outputs(record.outputs, lines),
        error=error and error.replaced(traceback=trimmed(error.traceback, lines)),
    )


def trimmed_outputs(outputs: list[Output], lines: int) -> list[Output]:
    """The outputs, those that are plain text trimmed."""
    return [
        output.replaced(data=trimmed(output.data, lines))
        if output.mime == "text/plain" and isinstance(output.data, str)
        else output
        for output in outputs
    ]
