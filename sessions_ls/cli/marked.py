"""A block of ours in a file of the person's: put in or brought up to date, all else untouched."""

from __future__ import annotations

import os
import re

from sessions_ls.cli.arguments import UsageError

BEGIN, END = "<!-- sessions:begin -->", "<!-- sessions:end -->"
"""Each mark stands on a line of its own."""

_MARK = re.compile(
    rb"^(?:\xef\xbb\xbf)?[ \t]*(<!-- sessions:(begin|end) -->)[ \t]*\r?$", re.MULTILINE
)
_LARGEST = 16 << 20
"""Bytes of a file of instructions, at most; what is larger is something else."""


def block(text: str) -> str:
    """``text`` between our marks."""
    return f"{BEGIN}\n{text.rstrip()}\n{END}\n"


def with_block(content: bytes, made: str, path: str) -> bytes:
    """``content`` with the block ``made`` in place of ours, or at the end where there is none.

    The block gets the line ends of the file. Raises UsageError for marks that do not make one
    block; ``path`` names the file in it.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise UsageError(f"{path} is no UTF-8 text; nothing was changed")
    end = b"\r\n" if re.match(rb"[^\n]*\r\n", content) else b"\n"
    piece = made.encode().replace(b"\n", end)
    marks = list(_MARK.finditer(content))
    if not marks:
        return content + _gap(content, end) + piece
    if [mark[2] for mark in marks] != [b"begin", b"end"]:
        raise UsageError(_damaged(content, marks, path))
    first, last = marks
    return content[: first.start(1)] + piece.removesuffix(end) + content[last.end(1) :]


def _gap(content: bytes, end: bytes) -> bytes:
    """What goes between the file as it was and a block: a blank line, where there is any text."""
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        return b""
    if content.endswith(end + end):
        return b""
    return end if content.endswith(b"\n") else end + end


def _damaged(content: bytes, marks: list[re.Match[bytes]], path: str) -> str:
    lines = [content.count(b"\n", 0, mark.start()) + 1 for mark in marks]
    found = [f"`{m[1].decode()}` on line {n}" for m, n in zip(marks, lines, strict=True)]
    return (
        f"{path} must hold `{BEGIN}` and then `{END}`, once each; it has {', '.join(found)}. "
        "Mend or delete those lines and try again; nothing was changed"
    )


def update(path: str, made: str, new: str) -> bool:
    """Bring the block in the file at ``path`` up to date; False where it is already.

    A file that is missing is made with the text ``new``, and the folders to it. Raises UsageError
    where the file cannot be read or written, or has damaged marks.
    """
    from sessions_ls.results.disk import read, write

    target = os.path.realpath(path)
    try:
        try:
            content, _ = read(target, _LARGEST)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            write(target, new.encode())
            return True
        changed = with_block(content, made, path)
        if changed == content:
            return False
        write(target, changed)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return True
