"""Which Python a notebook runs under, and why. Nothing is executed to find out."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Choice:
    """An interpreter: `path` (absolute), `reason` (for the person), `version` ("3.12.1", None
    when nothing but running it would tell)."""

    __slots__ = ("path", "reason", "version")

    def __init__(self, path: str, reason: str, version: str | None) -> None:
        self.path = path
        self.reason = reason
        self.version = version

    @property
    def may_be_newer(self) -> bool:
        """Whether it may know syntax that our own interpreter does not, as far as can be told."""
        if self.version is None:
            return True
        parts = self.version.split(".")[:2]
        return tuple(int(part) for part in parts if part.isdecimal()) > sys.version_info[:2]


def choose(
    notebook: str, setting: str | None, environ: Mapping[str, str], base: str | None = None
) -> Choice:
    """Choose the interpreter for `notebook`.

    `setting` is an interpreter or the folder of an environment; relative to `base`, which is the
    folder of the file it was read from, or else the notebook's. It is taken as it is, existing or
    not: a wrong one must fail by its own name. Then $VIRTUAL_ENV, $CONDA_PREFIX, `.venv` or `venv`
    at or above the notebook, and last our own interpreter.
    """
    folder = os.path.dirname(os.path.abspath(notebook))
    if setting:
        given = os.path.join(base or folder, os.path.expanduser(setting))
        path = _python_in(given) or os.path.normpath(given)
        return Choice(path, f"the setting python = {setting}", _version(path))
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = environ.get(variable)
        python = _python_in(prefix) if prefix else None
        if python is not None:
            return Choice(python, f"${variable}", _version(python))
    above = folder
    while True:
        for name in (".venv", "venv"):
            python = _python_in(os.path.join(above, name))
            if python is not None:
                return Choice(python, f"{name} in {above}", _version(python))
        parent = os.path.dirname(above)
        if parent == above:
            break
        above = parent
    return Choice(
        sys.executable, "the interpreter sessions-ls runs under", _own_version(sys.executable)
    )


def _python_in(prefix: str) -> str | None:
    """The interpreter of the environment at `prefix`, absolute; symbolic links stay."""
    for parts in (
        ("bin", "python"),
        ("bin", "python3"),
        ("Scripts", "python.exe"),
        ("python.exe",),
    ):
        path = os.path.abspath(os.path.join(prefix, *parts))
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def _own_version(path: str) -> str | None:
    if os.path.abspath(path) == os.path.abspath(sys.executable):
        return ".".join(str(part) for part in sys.version_info[:3])
    return None


def _version(python: str) -> str | None:
    """The version of an interpreter, from `pyvenv.cfg` beside it or from ourselves."""
    own = _own_version(python)
    if own is not None:
        return own
    here = os.path.dirname(python)
    for folder in (here, os.path.dirname(here)):
        try:
            with open(
                os.path.join(folder, "pyvenv.cfg"), encoding="utf-8", errors="replace"
            ) as file:
                lines = file.read(65536).splitlines()
        except OSError:  # not a virtual environment made by venv, virtualenv or uv
            continue
        found = {}
        for line in lines:
            key, equals, value = line.partition("=")
            if equals:
                found[key.strip().lower()] = value.strip()
        version = found.get("version") or found.get("version_info")
        if version:
            return ".".join(version.split(".")[:3])
    return None
