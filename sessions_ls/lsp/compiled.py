"""Keeps what libraries compile while they are imported, as Python keeps the modules themselves.

attrs writes methods for the classes of lsprotocol as text, and compiles 550 of these texts at
every start: nearly half of what the import costs. Nothing is changed here but where the code comes
from. The text is the key, so an upgrade is noticed, and what is not kept, or cannot be read, is
compiled. The file lies with Python's own, under the same rules.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib.util
import marshal
import os
import sys
from _blake2 import blake2b
from typing import TYPE_CHECKING, Any

from sessions_ls.results import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    Kept = dict[bytes, CodeType]

NEW = 0.1
"""The part of the texts that must be new for the file to be made again: some are new in every
process, for attrs writes hashes of strings into them.
"""

_READING = (EOFError, OSError, TypeError, ValueError)
"""What a file can raise that is missing, cut short or of another version."""


@contextlib.contextmanager
def kept_code() -> Iterator[None]:
    """While this lasts, texts that were compiled in an earlier process are not compiled again.

    For imports, before there is any other thread.
    """
    path = _path()
    before = _read(path)
    used: Kept = {}
    real = builtins.compile

    def compile_once(source: Any, filename: Any, mode: str, *more: Any, **options: Any) -> Any:
        if more or options or type(source) is not str or type(filename) is not str:
            return real(source, filename, mode, *more, **options)
        text = "\0".join((mode, filename, source))
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        code = before.get(key) or used.get(key) or real(source, filename, mode)
        used[key] = code
        return code

    builtins.compile = compile_once
    try:
        yield
    finally:
        builtins.compile = real
    if len(used.keys() - before.keys()) > len(used) * NEW:
        _write(path, used)


def _path() -> str:
    """Beside the compiled form of this module; "" where Python keeps none."""
    try:
        return os.path.splitext(importlib.util.cache_from_source(__file__))[0] + ".imports"
    except NotImplementedError:
        return ""


def _read(path: str) -> Kept:
    try:
        with open(path, "rb") as file:
            if file.read(len(importlib.util.MAGIC_NUMBER)) != importlib.util.MAGIC_NUMBER:
                return {}
            kept = marshal.loads(file.read())  # from the file it would read byte by byte
    except _READING:
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(path: str, kept: Kept) -> None:
    if not path or sys.dont_write_bytecode:
        return
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        disk.write(path, importlib.util.MAGIC_NUMBER + marshal.dumps(kept))
