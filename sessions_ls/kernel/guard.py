"""What user code may break and the kernel needs: looked at after each cell, put back, and said.

What a script may change for the rest of its run (working folder, environment, `sys.path`,
warning filters, Matplotlib's parameters) stays changed, and is only said.
"""

from __future__ import annotations

import builtins
import os
import sys
from _operator import is_not
from os import O_RDONLY, close, devnull, dup2, fstat, getcwd
from os import open as open_fd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .interrupts import Interrupts
    from .output import Output

#: Builtins without which neither the kernel nor the next cell's imports work.
NEEDED = [
    "__build_class__",
    "__import__",
    "AttributeError",
    "BaseException",
    "Exception",
    "KeyError",
    "TypeError",
    "ValueError",
    "bool",
    "dict",
    "exec",
    "getattr",
    "hasattr",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "object",
    "open",
    "print",
    "range",
    "repr",
    "set",
    "setattr",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
    "display",
]

#: Modules that imports stand on.
STANDING = ("sys", "builtins", "os", "io", "_io", "codecs", "encodings", "_thread", "posix", "time")


class Guard:
    """The state of the process as it must be between two cells."""

    def __init__(
        self, output: Output, interrupts: Interrupts, main: Any, private: dict[str, Any]
    ) -> None:
        self._output = output
        self._interrupts = interrupts
        self._main = main
        self._private = private
        self._dunders = list(main.__dict__.items())
        self._names: list[str] = []
        self._values: list[object] = []
        self._modules = {
            name: module
            for name, module in sys.modules.items()
            if name in STANDING or name.startswith("_sessions_kernel") or name == "__main__"
        }
        self._modules["__main__"] = main
        self._tracing = (sys.gettrace(), sys.getprofile())
        self._recursion: int | None = None
        self._stdin = sys.stdin
        self._cwd = _cwd()
        self._environ: dict[Any, Any] = dict(_environ())
        self._path = list(sys.path)
        self._filters = list(_filters())
        self._rc: dict[Any, Any] | None = None

    def ready(self) -> None:
        """Everything is in place; remember it."""
        self._names = [name for name in NEEDED if name in builtins.__dict__]
        self._values = [builtins.__dict__[name] for name in self._names]

    def know_filter(self, rule: Any) -> None:
        """A warning filter is ours: no change by the cell."""
        self._filters.insert(0, rule)

    def before(self) -> None:
        """A cell is about to run."""
        if self._recursion is not None:
            try:
                sys.setrecursionlimit(self._recursion)
            except RecursionError:  # too low even for the kernel's own frames
                self._recursion = None
            self._recursion = None
        names = self._main.__dict__
        if "__builtins__" not in names or "__name__" not in names:
            for name, value in self._dunders:
                names.setdefault(name, value)

    def after(self) -> list[str]:
        """Put back what must be; return the names of everything the cell changed."""
        what: list[str] = []
        self._stop_tracing(what)
        self._room_to_work()
        self._mend_builtins(what)
        self._mend_modules(what)
        self._mend_streams(what)
        if not self._interrupts.installed():
            self._interrupts.install()
            what.append("signal.SIGINT")
        self._note_ambient(what)
        return what

    def _stop_tracing(self, what: list[str]) -> None:
        if (sys.gettrace(), sys.getprofile()) == self._tracing:
            return
        for _attempt in range(4):  # a trace function that raises is taken off by Python
            try:
                sys.settrace(self._tracing[0])
                sys.setprofile(self._tracing[1])
                break
            except BaseException:  # noqa: BLE001, S112  raised by the function being taken off
                continue
        what.append("sys.settrace")

    def _room_to_work(self) -> None:
        limit = sys.getrecursionlimit()
        if limit < 500:
            self._recursion = limit
            sys.setrecursionlimit(1000)

    def _mend_builtins(self, what: list[str]) -> None:
        names = builtins.__dict__
        if not any(map(is_not, map(names.get, self._names), self._values)):
            return
        for name, value in zip(self._names, self._values):  # noqa: B905  strict is of Python 3.10
            if names.get(name) is not value:
                names[name] = value
                what.append(f"builtins.{name}")
        if what:
            for name, value in self._private.items():
                names.setdefault(name, value)

    def _mend_modules(self, what: list[str]) -> None:
        modules = sys.modules
        if modules.get("__main__") is self._main and "sys" in modules and "builtins" in modules:
            return
        for name, module in self._modules.items():
            modules.setdefault(name, module)
        modules["__main__"] = self._main
        what.append("sys.modules")

    def _mend_streams(self, what: list[str]) -> None:
        output = self._output
        mended = output.out.restore()
        if output.err.restore() or mended:
            what.append("file descriptors 1 and 2")
            self._mend_stdin()
        for name in ("stdout", "stderr"):
            ours = getattr(output, name)
            if ours.closed:
                ours = output.renew(name)
            if getattr(sys, name, None) is not ours:
                setattr(sys, name, ours)
                what.append(f"sys.{name}")
        if getattr(sys, "stdin", None) is not self._stdin or getattr(self._stdin, "closed", False):
            if getattr(self._stdin, "closed", False):
                self._mend_stdin()
                self._stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
            sys.stdin = self._stdin
            what.append("sys.stdin")

    @staticmethod
    def _mend_stdin() -> None:
        try:
            fstat(0)
        except OSError:
            try:
                fd = open_fd(devnull, O_RDONLY)
                if fd != 0:
                    dup2(fd, 0)
                    close(fd)
            except OSError:  # no descriptors left: nothing reads from it either
                return

    def _note_ambient(self, what: list[str]) -> None:
        try:
            cwd = _cwd()
            if cwd != self._cwd:
                self._cwd = cwd
                what.append("cwd")
            environ = _environ()
            if environ != self._environ:
                self._environ = dict(environ)
                what.append("os.environ")
            if sys.path != self._path:
                self._path = list(sys.path)
                what.append("sys.path")
            filters = _filters()
            if filters != self._filters:
                self._filters = list(filters)
                what.append("warnings.filters")
            self._note_parameters(what)
        except Exception as error:  # noqa: BLE001  compared values are the user's and may do anything
            what.append(f"something that cannot be compared ({type(error).__name__})")
            self._path = list(sys.path)

    def _note_parameters(self, what: list[str]) -> None:
        matplotlib = sys.modules.get("matplotlib")
        if matplotlib is None:
            return
        parameters = getattr(matplotlib, "rcParams", None)
        if not isinstance(parameters, dict):
            return
        known = self._rc
        if known is None or not dict.__eq__(parameters, known):
            self._rc = {key: dict.__getitem__(parameters, key) for key in parameters}
            if known is not None:
                what.append("matplotlib.rcParams")


def _cwd() -> str | None:
    try:
        return getcwd()
    except OSError:  # the folder was removed
        return None


def _environ() -> dict[Any, Any]:
    data = getattr(os.environ, "_data", None)
    return data if isinstance(data, dict) else dict(os.environ)


def _filters() -> list[Any]:
    warnings = sys.modules.get("warnings") or sys.modules.get("_warnings")
    filters = getattr(warnings, "filters", None)
    return filters if isinstance(filters, list) else []
