"""What a cell read from outside: files it opened, and the sources of local modules it uses.

Python's audit events tell of every file that is opened by name in this process. What belongs to
the interpreter, to installed packages, to the system or to caches is left out.
"""

from __future__ import annotations

import os
import sys

from .filemarks import FileMarks
from .fingerprint_modules import (
    ModuleType,
    derives,
    is_installed,
    module_dict,
    module_namespace,
    type_module,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Set, Tuple

CACHED = "__pycache__" + os.sep
SYSTEM = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/", "/lib/", "/tmp/.")
HIDDEN = os.sep + "."  # in the home folder: caches and settings


class Outside:
    """Notes what the running cell opens."""

    def __init__(self, notebook: str) -> None:
        self._notebook = notebook
        self._folder = os.path.dirname(notebook)
        self._home = os.path.expanduser("~")
        self._read: Optional[Set[str]] = None
        self._written: Set[str] = set()
        self._marks = FileMarks()
        places = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
        places.add(os.path.dirname(os.path.abspath(__file__)))
        self._installed = tuple(sorted(place.rstrip(os.sep) + os.sep for place in places))
        _listen(self)

    def begin(self) -> None:
        """A cell starts."""
        self._read = set()
        self._written = set()

    def end(self, values: List[Any]) -> Dict[str, str]:
        """The cell that bound ``values`` is over: the files it read, with their fingerprints."""
        read, self._read = self._read or set(), None
        if any(_is_local(value) for value in values):
            read.update(self._sources())
        read -= self._written
        read.discard(self._notebook)
        return {path: self._marks.mark(path) for path in read}

    def forget_modules(self) -> None:
        """Drop local modules, so that the next import reads their files again."""
        for name in list(sys.modules):
            namespace = module_namespace(name)
            local = namespace is not None and namespace.get("__file__") and not is_installed(name)
            if local and name != "__main__" and not name.startswith("_sessions_kernel"):
                del sys.modules[name]

    def _sources(self) -> Set[str]:
        found = set()
        for name in list(sys.modules):
            namespace = module_namespace(name)
            path = None if namespace is None or name == "__main__" else namespace.get("__file__")
            if type(path) is str and not name.startswith("_sessions") and not is_installed(name):
                found.add(os.path.abspath(path))
        return found

    def hear(self, event: str, details: Tuple[Any, ...]) -> None:
        """Take an audit event of Python."""
        if event != "open" or self._read is None:
            return
        path, _, flags = details
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if type(path) is not str:
            return
        path = os.path.normpath(os.path.join(os.getcwd(), path))
        if self._is_ours(path):
            writes = flags & (os.O_WRONLY | os.O_RDWR) if type(flags) is int else False
            (self._written if writes else self._read).add(_source_of(path))

    def _is_ours(self, path: str) -> bool:
        """Whether a file is the notebook's business."""
        if path.startswith(self._folder + os.sep):
            return not path.startswith(self._installed) and "site-packages" not in path
        if path.startswith(self._installed) or path.startswith(SYSTEM):
            return False
        return "site-packages" not in path and not path.startswith(self._home + HIDDEN)


_listeners: List[Outside] = []


def _listen(outside: Outside) -> None:
    """Let ``outside`` hear of opened files. There is one hook: Python never takes one away."""
    if not _listeners:
        sys.addaudithook(lambda event, details: _listeners[0].hear(event, details))
    _listeners[:] = [outside]


def _source_of(path: str) -> str:
    """For byte code the source beside it: its change is what counts."""
    if path.endswith(".pyc") and CACHED in path:
        folder, name = path.rsplit(CACHED, 1)
        return folder + name.split(".", 1)[0] + ".py"
    return path


def _is_local(value: object) -> bool:
    """Whether a value comes from a module of the user's own."""
    kind = type(value)
    if kind is ModuleType:
        name = module_dict(value).get("__name__")
    elif kind is type(_is_local):
        name = value.__module__
    elif derives(kind, type):
        name = type_module(value)  # type: ignore[arg-type]
    else:
        name = type_module(kind)
    if type(name) is not str or name in ("__main__", "builtins"):
        return False
    return name in sys.modules and not is_installed(name)
