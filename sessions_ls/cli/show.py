"""`sessions show`: a result in full, from the session file."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import FAILED, OK, console
from sessions_ls.cli.arguments import Parser, UsageError
from sessions_ls.cli.opening import opened
from sessions_ls.cli.rendering import shown
from sessions_ls.cli.select import cell_named
from sessions_ls.live.view import mimes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from sessions_ls.live.view import CellView
    from sessions_ls.results.record import Record

_SUFFIXES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".md": "text/markdown",
    ".tex": "text/latex",
    ".json": "application/json",
    ".txt": "text/plain",
}


def main(args: list[str]) -> int:
    """Carry out `sessions show`. Raises SessionsError where the request is wrong."""
    options = _options(args)
    path: str = options.notebook
    session = opened(path)
    for trouble in session.troubles:
        console.message(trouble)
    mime = _mime(options)
    cells = session.view().cells
    if options.cell is not None:
        cell = cell_named(session.notebook, options.cell, path)
        cells = [cells[cell.number - 1]]
    if mime is None:
        return _show(cells, options)
    return _show_as(mime, cells, options)


def _options(args: list[str]) -> Namespace:
    parser = Parser(
        "show",
        "Print the last result of a cell, or of all cells, in full. Runs nothing.",
        "sessions show notebook.py Plot --out plot.png",
    )
    parser.notebook()
    parser.add_argument("cell", nargs="?", metavar="CELL", help="its number or title")
    parser.add_argument("--mime", metavar="M", help="the form wanted, such as image/png")
    parser.add_argument("--out", metavar="FILE", help="write to this file")
    return parser.parse_args(args)


def _mime(options: Namespace) -> str | None:
    """The form that is asked for, by name or by the suffix of the file to write."""
    if options.mime is not None or options.out is None:
        given: str | None = options.mime
        return given
    return _SUFFIXES.get(os.path.splitext(options.out)[1].lower(), "text/plain")


# -- as a person reads it ------------------------------------------------------------------------


def _show(cells: Sequence[CellView], options: Namespace) -> int:
    """Print everything there is of each cell."""
    status = OK
    paint = console.Paint(sys.stdout)
    for cell in cells:
        record = cell.record
        several = len(cells) > 1
        if record is None:
            if not several:
                status = _nothing(cell, options.notebook)
            continue
        _mark(cell)
        text = _text(record)
        if several and (text or record.error is not None):
            name = f"[{cell.number}] {cell.cell.title or ''}".rstrip()
            sys.stdout.write(paint("2", name) + "\n")
        sys.stdout.write(text)
        sys.stdout.flush()
        sys.stderr.write(record.stderr)
        if record.error is not None:
            sys.stderr.write(_ended(record.error.traceback or record.error.message))
        elif not text and not several:
            console.message(f"cell {cell.number} ran and shows nothing")
    return status


def _text(record: Record) -> str:
    lines = "".join(_ended(line) for line in shown(record.outputs, record.text))
    return (_ended(record.stdout) if lines else record.stdout) + lines


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _mark(cell: CellView) -> None:
    """Say of a result that is not proven true why it is not."""
    if cell.state not in ("fresh", "error"):
        reason = f": {cell.status.reason}" if cell.status.reason else ""
        console.message(f"cell {cell.number} is {cell.state}{reason}")


def _nothing(cell: CellView, path: str) -> int:
    if not cell.runs:
        raise UsageError(f"cell {cell.number} of {path} holds no code")
    console.message(
        f"cell {cell.number} has no result yet; to run it: sessions run {path} --cell {cell.number}"
    )
    return FAILED


# -- in one form ---------------------------------------------------------------------------------


def _show_as(mime: str, cells: Sequence[CellView], options: Namespace) -> int:
    """Write the results of one cell in one form."""
    having = [cell for cell in cells if mime in mimes(cell.record)]
    if not having and len(cells) == 1 and cells[0].record is None:
        return _nothing(cells[0], options.notebook)
    if not having:
        raise UsageError(_lacking(mime, cells, options.notebook))
    if len(having) > 1:
        numbers = ", ".join(str(cell.number) for cell in having)
        raise UsageError(f"cells {numbers} of {options.notebook} have {mime}; name one of them")
    cell = having[0]
    assert cell.record is not None
    _mark(cell)
    parts = [o.data for o in cell.record.outputs if o.mime == mime]
    if mime == "text/plain" and cell.record.text:
        parts.append(cell.record.text)
    if options.out is not None:
        _write_files(parts, options)
    else:
        _print_parts(parts, cell, mime)
    return OK


def _lacking(mime: str, cells: Sequence[CellView], path: str) -> str:
    there: list[str] = []
    for cell in cells:
        there += [found for found in mimes(cell.record) if found not in there]
    owner = f"cell {cells[0].number} of {path}" if len(cells) == 1 else path
    what = f"it has {', '.join(there)}" if there else "it shows nothing"
    return f"{owner} has no {mime}; {what}"


def _print_parts(parts: Sequence[str | bytes], cell: CellView, mime: str) -> None:
    for part in parts:
        if isinstance(part, str):
            sys.stdout.write(_ended(part))
            continue
        if sys.stdout.isatty():
            raise UsageError(f"{mime} is no text; save it with `--out FILE`")
        if len(parts) > 1:
            raise UsageError(f"cell {cell.number} has {len(parts)} of {mime}; use `--out FILE`")
        sys.stdout.flush()
        sys.stdout.buffer.write(part)


def _write_files(parts: Sequence[str | bytes], options: Namespace) -> None:
    """One file a part: `plot.png`, `plot-2.png`, …"""
    stem, suffix = os.path.splitext(options.out)
    for number, part in enumerate(parts, 1):
        path = options.out if number == 1 else f"{stem}-{number}{suffix}"
        if os.path.exists(path) and os.path.samefile(path, options.notebook):
            raise UsageError(f"--out: {path} is the notebook itself")
        data = part if isinstance(part, bytes) else _ended(part).encode("utf-8", "backslashreplace")
        try:
            with open(path, "wb") as file:
                file.write(data)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"--out: {path} cannot be written: {reason}") from error
        console.message(f"wrote {path}")
