"""Records as the text of a session file."""

from __future__ import annotations

from sessions_ls.results import media, toml
from sessions_ls.results.record import FORMAT
from sessions_ls.results.text import cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sessions_ls.results.record import ErrorInfo, Output, Record, Session

    Add = Callable[[str], None]

FIRST_LINE = f"format = {FORMAT}  # the results of the last runs; may be deleted at any time\n"
LAST_LINE = "\n# end\n"
"""A file that begins with FIRST_LINE and does not end so has lost its end."""


class Limits:
    """How much of a result is kept, and where.

    text: of standard output and error, of the plain text and of a traceback, this many characters
    at the beginning and as many at the end.
    inline_text, inline_binary: outputs of more bytes than this go into files of their own.
    """

    __slots__ = ("inline_binary", "inline_text", "text")

    def __init__(
        self, text: int = 65_536, inline_text: int = 65_536, inline_binary: int = 2_048
    ) -> None:
        self.text = text
        self.inline_text = inline_text
        self.inline_binary = inline_binary


class Fragment:
    """A record's piece of the file, and the files by name that it refers to."""

    __slots__ = ("content", "files")

    def __init__(self, content: bytes, files: dict[str, bytes]) -> None:
        self.content = content
        self.files = files


def head(session: Session, unknown: Mapping[str, object]) -> bytes:
    """All that stands before the first cell. Raises TypeError for a bond that TOML cannot hold."""
    lines = [FIRST_LINE]
    if session.notebook:
        lines.append(f"notebook = {toml.string(session.notebook)}\n")
    if session.python:
        lines.append(f"python = {toml.string(session.python)}\n")
    lines += [f"{toml.key(name)} = {toml.value(item)}\n" for name, item in unknown.items()]
    if session.bonds:
        lines.append("\n[bonds]\n")
        for name in sorted(session.bonds):
            lines.append(f"{toml.key(name)} = {toml.value(session.bonds[name])}\n")
    return "".join(lines).encode()


def cell(record: Record, unknown: Mapping[str, object], folder: str, limits: Limits) -> Fragment:
    """One cell. `folder` is the name of the folder for its files, as the session file sees it."""
    lines = ["\n[[cells]]\n"]
    add = lines.append
    _add_texts(add, record, ("id", "title", "code", "key", "state"))
    if toml.date_time(record.ran_at) == record.ran_at:
        add(f"ran_at = {record.ran_at}\n")
    if record.runtime_ms:
        add(f"runtime_ms = {round(float(record.runtime_ms), 3)!r}\n")
    if record.runs:
        add(f"runs = {int(record.runs)}\n")
    if record.volatile:
        add("volatile = true\n")
    for name in ("stdout", "stderr", "text"):
        if text := getattr(record, name):
            add(f"{name} = {toml.string(cut(text, limits.text))}\n")
    if record.reads:
        add(f"reads = {toml.strings(record.reads)}\n")
    if record.binds:
        add(f"binds = {toml.strings(record.binds)}\n")
    if record.objects:
        add(f"objects = {toml.strings(record.objects)}\n")
    if record.files:
        add(f"files = {toml.strings(record.files)}\n")
    if record.amends:
        add(f"amends = {toml.value(sorted(record.amends))}\n")
    if record.appears:
        add(f"appears = {toml.value(sorted(record.appears))}\n")
    lines += [f"{toml.key(name)} = {toml.value(item)}\n" for name, item in unknown.items()]
    files: dict[str, bytes] = {}
    for output in record.outputs:
        _add_output(add, output, files, folder, limits)
    if record.error is not None:
        _add_error(add, record.error, limits)
    return Fragment("".join(lines).encode(), files)


def _add_texts(add: Add, record: Record, names: tuple[str, ...]) -> None:
    for name in names:
        if text := getattr(record, name):
            add(f"{name} = {toml.string(text)}\n")


def _add_output(
    add: Add, output: Output, files: dict[str, bytes], folder: str, limits: Limits
) -> None:
    add(f"\n[[cells.outputs]]\nmime = {toml.string(output.mime)}\n")
    data = output.data
    binary = isinstance(data, bytes)
    if binary != media.is_binary(output.mime):
        add(f"binary = {toml.value(binary)}\n")
    limit = limits.inline_binary if binary else limits.inline_text
    content = data if isinstance(data, bytes) else None
    if content is None and len(data) > limit // 4:
        # A character takes up to four bytes, so a shorter text is within the limit.
        content = toml.clean(str(data)).encode()
    if content is not None and len(content) > limit:
        name = media.name_of(output.mime, content)
        files[name] = content
        add(f"file = {toml.string(f'{folder}/{name}')}\n")
    elif isinstance(data, bytes):
        from binascii import b2a_base64

        add(f"data = '{b2a_base64(data, newline=False).decode()}'\n")
    else:
        add(f"data = {toml.string(data)}\n")


def _add_error(add: Add, error: ErrorInfo, limits: Limits) -> None:
    add("\n[cells.error]\n")
    add(f"type = {toml.string(error.type)}\n")
    add(f"message = {toml.string(cut(error.message, limits.text))}\n")
    if error.line is not None:
        add(f"line = {int(error.line)}\n")
    if error.traceback:
        add(f"traceback = {toml.string(cut(error.traceback, limits.text))}\n")
    if error.frames:
        add(f"frames = {toml.value([list(frame) for frame in error.frames])}\n")
