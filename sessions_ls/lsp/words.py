"""Places and short phrases that several features share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_ls.results import pixels
from sessions_ls.results.text import first_line

if TYPE_CHECKING:
    from sessions_ls.live.view import CellView
    from sessions_ls.notebook.cells import Cell
    from sessions_ls.results.record import ErrorInfo, Output, Record


def head_line(cell: Cell) -> int:
    """The line, from 0, that stands for a cell: its marker, else its first line with text."""
    if cell.marker is not None:
        return cell.marker
    source = cell.source
    return cell.start + source.count("\n", 0, len(source) - len(source.lstrip()))


def last_line(cell: Cell) -> int:
    """The last line of a cell's code, from 0: blank lines and comments below it do not count."""
    source = cell.source.rstrip()
    if not source:
        return head_line(cell)
    line = end = cell.start + source.count("\n")
    while True:
        body, newline, last = source.rpartition("\n")
        if not last.lstrip().startswith("#"):
            return line
        source = body.rstrip()
        if not newline or not source:
            return end  # nothing but comments
        line = cell.start + source.count("\n")


def duration(milliseconds: float) -> str:
    """A time as a person says it: `12 ms`, `1.2 s`, `3 min 5 s`."""
    if milliseconds < 1:
        return "<1 ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def cell_name(view: CellView) -> str:
    """How a cell is called in a sentence."""
    title = view.cell.title
    return f"cell {view.number} ({title})" if title else f"cell {view.number}"


def error_line(cell: CellView) -> int | None:
    """The line, from 0, that raised what the cell failed with; None for a cell that did not."""
    record, head = cell.record, head_line(cell.cell)
    if record is None or record.error is None or cell.status.state != "error":
        return None
    if record.error.line is None:
        return head
    return min(cell.cell.start + record.error.line - 1, max(cell.cell.stop - 1, head))


def failure(error: ErrorInfo) -> str:
    """An exception as Python says it in the last line of a traceback."""
    return f"{error.type}: {error.message}" if error.message else error.type


def is_picture(output: Output) -> bool:
    """Whether an output is to be looked at."""
    return output.mime.startswith("image/")


def size_of(output: Output) -> str:
    """The size of a picture, as in `640 × 480`; "" when it is not known."""
    size = pixels.size(output.data) if isinstance(output.data, bytes) else None
    return f"{size[0]} × {size[1]}" if size else ""


def pictures(record: Record) -> str:
    """The pictures of a result in a few words; "" for none."""
    sizes = [size_of(output) for output in record.outputs if is_picture(output)]
    count = "picture" if len(sizes) == 1 else f"{len(sizes)} pictures"
    return ", ".join([count, *filter(None, dict.fromkeys(sizes))]) if sizes else ""


def gave_something(record: Record) -> bool:
    """Whether there is something to show of a run."""
    return bool(
        record.error
        or record.text
        or record.outputs
        or record.stdout.strip()
        or record.stderr.strip()
    )


def headline(record: Record, width: int) -> str:
    """What a cell gave, in one line of at most ``width`` columns; "" when it gave nothing."""
    if record.error is not None and record.state != "interrupted":
        return first_line(f"✗ {failure(record.error)}", width)
    plain = (output.data for output in record.outputs if output.mime == "text/plain")
    for text in (record.text, *plain, record.stdout):
        line = first_line(text, width - 2) if isinstance(text, str) else ""
        if line:
            return f"→ {line}"
    kinds = [output.mime for output in record.outputs]
    return first_line(f"→ {pictures(record) or kinds[0]}", width) if kinds else ""


def out_of_date(view: CellView) -> str:
    """Why the shown result may not be taken for the cell's; "" when it may."""
    if view.state == "fresh" or view.record is None:
        return ""
    if view.state == "error":
        # An error that came of running has no reason. One that has keeps the cell from running, and
        # what is shown is of a run before.
        return "stale" if view.status.reason is not None else ""
    return view.state
