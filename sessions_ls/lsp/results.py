"""A cell's whole result as Markdown."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import TYPE_CHECKING

from pygls.uris import from_fs_path

from sessions_ls.lsp.words import cell_name, duration, failure, is_picture, size_of
from sessions_ls.results import media, pixels
from sessions_ls.results.controls import without_controls
from sessions_ls.results.session_file import session_path
from sessions_ls.results.text import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessions_ls.live.view import CellView
    from sessions_ls.lsp.policy import Policy
    from sessions_ls.results.record import Output, Record

    FileOf = Callable[[Output], str]

LONGEST = 20_000  # characters at each end of a text; VS Code cuts a hover at 100 000 in all


def markdown(cell: CellView, policy: Policy, file_of: FileOf) -> str:
    """Everything that is known of a cell's last run, as far as the client can draw it."""
    parts = [_state(cell)]
    record = cell.record
    if record is None:
        return parts[0]
    if record.error is not None:
        error = record.error
        parts.append(fence(error.traceback or failure(error), "pytb"))
    parts += _result(cell, record, policy, file_of)
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
    return without_controls("\n\n".join(part.rstrip() for part in parts if part.strip()))


def media_file(output: Output, notebook: str, scratch: Callable[[], str]) -> str:
    """A file that holds this output: beside the session file, else in a folder of ours.

    Small outputs stand in the session file itself, and others until they are saved nowhere.
    """
    data = output.data
    content = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    name = media.name_of(output.mime, content)
    path = os.path.join(media.folder_of(session_path(notebook)), name)
    if os.path.isfile(path):
        return path
    path = os.path.join(scratch(), name)
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(content)
    return path


def fence(text: str, language: str = "text") -> str:
    """A block of text that shows as it is, whatever backticks it holds."""
    text = without_controls(text)
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}{language}\n{cut(text, LONGEST).rstrip()}\n{marks}"


def _state(cell: CellView) -> str:
    words = [f"**{cell.state}**"]
    if cell.status.reason:
        words[0] += f": {cell.status.reason}"
    record = cell.record
    if record is not None:
        if cell.state == "error" and not cell.true_now:
            words.append("what it gave before is stale")
        words.append(duration(record.runtime_ms))
        if record.ran_at:
            words.append(_local(record.ran_at))
        if cell.cold and cell.state == "fresh":
            words.append("from an earlier session")
    return " · ".join(words)


def _local(ran_at: str) -> str:
    """A time as the clock on the wall shows it."""
    try:
        moment = datetime.fromisoformat(ran_at)
    except ValueError:  # somebody else's session file
        return ran_at
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _result(cell: CellView, record: Record, policy: Policy, file_of: FileOf) -> list[str]:
    """The result in the richest form that Markdown holds, and the pictures."""
    parts: list[str] = []
    table = None
    for output in record.outputs:
        if is_picture(output):
            parts.append(_picture(output, cell, policy, file_of(output)))
        elif output.mime == "text/html" and policy.tables and isinstance(output.data, str):
            from sessions_ls.lsp.htmltable import markdown_table

            table = markdown_table(output.data) or table
        elif output.mime == "text/plain" and isinstance(output.data, str):
            parts.append(fence(output.data))
        elif output.mime == "text/markdown" and isinstance(output.data, str):
            parts.append(cut(without_controls(output.data), LONGEST))
    if table is not None:
        parts.insert(0, table)
    elif record.text:
        parts.insert(0, fence(record.text))
    return parts


def _smaller(output: Output, policy: Policy) -> str:
    """What makes a picture fit where the client shows it; "" where it does."""
    size = pixels.size(output.data) if isinstance(output.data, bytes) else None
    if size is None:
        return ""
    room = (policy.widest or size[0], policy.tallest or size[1])
    scale = min(1.0, room[0] / size[0], room[1] / size[1])
    return f"|width={round(size[0] * scale)}" if scale < 1 else ""


def _picture(output: Output, cell: CellView, policy: Policy, path: str) -> str:
    """A picture, with words for who cannot see it; where none is drawn, the file to look at."""
    size = size_of(output)
    words = f"picture of {cell_name(cell)}" + (f", {size}" if size else "")
    if not policy.pictures:
        return f"{words}: `{path}`"
    less = _smaller(output, policy)
    words = words.replace("[", "(").replace("]", ")")
    return f"![{words}]({from_fs_path(path)}{less})"
