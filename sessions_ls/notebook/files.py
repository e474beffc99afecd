"""A notebook's bytes to its text, by the rules Python itself reads source files (PEP 263)."""

from __future__ import annotations

from .errors import NotebookError

_BOM = b"\xef\xbb\xbf"


def read_source(path: str) -> str:
    """The text of a Python file: no byte order mark, line ends as they are.

    Raises NotebookError when the file is missing, unreadable, a folder, binary, or not in the
    encoding it declares.
    """
    return decoded(read_bytes(path), path)


def read_bytes(path: str) -> bytes:
    """The bytes of a file. Raises NotebookError when it is missing, unreadable or a folder."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise NotebookError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise NotebookError(f"{path} is a folder, not a notebook.") from None
    except PermissionError:
        raise NotebookError(f"{path} cannot be read: permission denied.") from None
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise NotebookError(f"{path!r} is not a file name: {error}.") from None


def decoded(data: bytes, path: str) -> str:
    """The text of a file's bytes. Raises NotebookError, in sentences that name `path`."""
    if b"\0" in data:
        raise NotebookError(f"{path} is not a Python file: it holds binary data.")
    cookie = _cookie(data[3:] if data.startswith(_BOM) else data)
    if data.startswith(_BOM):
        data = data[3:]
        if cookie is not None and not _is_utf8(cookie):
            raise NotebookError(
                f"{path} starts with a UTF-8 byte order mark but declares the encoding {cookie!r}."
            )
        cookie = None
    encoding = "utf-8" if cookie is None or _is_utf8(cookie) else cookie
    try:
        return data.decode(encoding)
    except LookupError:
        raise NotebookError(f"{path} declares an unknown encoding: {cookie!r}.") from None
    except UnicodeDecodeError as error:
        before = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        line = 1 + before.count(b"\n")
        raise NotebookError(
            f"{path} is not valid {encoding}: byte 0x{data[error.start]:02x} on line {line}."
        ) from None
    except UnicodeError as error:
        raise NotebookError(f"{path} is not valid {encoding}: {error}.") from None


def _is_utf8(name: str) -> bool:
    return name.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


def _cookie(data: bytes) -> str | None:
    """The encoding a comment on line 1 or 2 declares.

    Line 2 counts only below a blank line or a comment.
    """
    head = data[:4096]
    if b"coding" not in head:
        return None
    import re

    for line in re.split(rb"\r\n|\n|\r", head, maxsplit=2)[:2]:
        match = re.match(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", line)
        if match:
            return match.group(1).decode("ascii")
        if not re.match(rb"[ \t\f]*(?:#|$)", line):
            return None
    return None
