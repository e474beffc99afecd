"""`sessions show`: a result in full, from the session file."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import FAILED, OK, console
from sessions_ls.cli.arguments import Arguments, UsageError
from sessions_ls.cli.opening import looked_at
from sessions_ls.cli.rendering import shown
from sessions_ls.cli.select import cell_named
from sessions_ls.cli.trim import lines_given, trimmed, trimmed_record
from sessions_ls.live.view import mimes
from sessions_ls.notebook.files import read_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.cli.arguments import Taken
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
    given = _arguments(args)
    path = given["NOTEBOOK"]
    client = looked_at(path, read_source(path), "sessions show")
    mime, out, lines = given.last("--mime"), given.last("--out"), lines_given(given)
    if mime is None and out is not None:
        mime = _mime(out)
    cells = client.view().cells
    name = given.last("CELL")
    if name is not None:
        cell = cell_named(client.notebook, name, path)
        cells = [cells[cell.number - 1]]
    client.close()
    if mime is None:
        return _show(cells, path, lines)
    return _show_as(mime, cells, path, out, lines)


def _arguments(args: list[str]) -> Taken:
    return (
        Arguments(
            "show",
            "Print the last result of a cell, or of all cells, in full. Runs nothing.",
            "sessions show notebook.py Plot --out plot.png",
        )
        .place("NOTEBOOK", "a Python file with `# %%` cells")
        .place("CELL", "its number or title", needed=False)
        .option("--mime", "M", "the form wanted, such as image/png")
        .option("--out", "FILE", "write to this file")
        .option(
            "--lines", "N", "of each long text N lines, from its head and tail", excludes="--out"
        )
        .parse(args)
    )


def _mime(out: str) -> str:
    """The form that the suffix of the file to write asks for."""
    return _SUFFIXES.get(os.path.splitext(out)[1].lower(), "text/plain")


# -- as a person reads it ------------------------------------------------------------------------


def _show(cells: Sequence[CellView], path: str, lines: int | None) -> int:
    """Print everything there is of each cell, or so many lines of each text."""
    status = OK
    paint = console.Paint(sys.stdout)
    for cell in cells:
        record = cell.record
        several = len(cells) > 1
        if record is None:
            if not several:
                status = _nothing(cell, path)
            continue
        _mark(cell)
        if lines is not None:
            record = trimmed_record(record, lines)
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
    if cell.true_now:
        return
    reason = cell.status.reason
    if cell.state == "error":
        console.message(f"cell {cell.number} cannot run: {reason}; it gave this before")
    else:
        console.message(f"cell {cell.number} is {cell.state}" + (f": {reason}" if reason else ""))


def _nothing(cell: CellView, path: str) -> int:
    if not cell.runs:
        raise UsageError(f"cell {cell.number} of {path} holds no code")
    console.message(
        f"cell {cell.number} has no result yet; to run it: sessions run {path} --cell {cell.number}"
    )
    return FAILED


# -- in one form ---------------------------------------------------------------------------------


def _show_as(
    mime: str, cells: Sequence[CellView], path: str, out: str | None, lines: int | None
) -> int:
    """Write the results of one cell in one form."""
    having = [cell for cell in cells if mime in mimes(cell.record)]
    if not having and len(cells) == 1 and cells[0].record is None:
        return _nothing(cells[0], path)
    if not having:
        raise UsageError(_lacking(mime, cells, path))
    if len(having) > 1:
        numbers = ", ".join(str(cell.number) for cell in having)
        raise UsageError(f"cells {numbers} of {path} have {mime}; name one of them")
    cell = having[0]
    assert cell.record is not None
    _mark(cell)
    parts = [o.data for o in cell.record.outputs if o.mime == mime]
    if mime == "text/plain" and cell.record.text:
        parts.append(cell.record.text)
    if lines is not None:
        parts = [trimmed(part, lines) if isinstance(part, str) else part for part in parts]
    if out is not None:
        _write_files(parts, out, path)
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


def _write_files(parts: Sequence[str | bytes], out: str, notebook: str) -> None:
    """One file a part: `plot.png`, `plot-2.png`, …"""
    stem, suffix = os.path.splitext(out)
    for number, part in enumerate(parts, 1):
        path = out if number == 1 else f"{stem}-{number}{suffix}"
        if os.path.exists(path) and os.path.samefile(path, notebook):
            raise UsageError(f"--out: {path} is the notebook itself")
        data = part if isinstance(part, bytes) else _ended(part).encode("utf-8", "backslashreplace")
        try:
            with open(path, "wb") as file:
                file.write(data)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"--out: {path} cannot be written: {reason}") from error
        console.message(f"wrote {path}")
