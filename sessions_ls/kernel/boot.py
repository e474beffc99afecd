"""Where a kernel process starts: `python boot.py READ_FD WRITE_FD JOURNAL_FD NOTEBOOK FOLDER`.

Gives the process the face of `python NOTEBOOK`, and our modules builtins of their own, which
nothing that a notebook does to `builtins` can reach.
"""

from __future__ import annotations

import builtins
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: In order of dependence. Loaded here one by one, so that each gets the private builtins.
FIRST = (
    "frames",
    "jsonout",
    "interrupts",
    "transcript",
    "channel",
    "capture",
    "streams",
    "output",
    "tracebacks",
    "display",
    "figures",
    "guard",
    "execute",
    "worker",
)
#: These wait for the first program, while the process already compiles its cells.
LATER = (
    "fingerprint_walk",
    "fingerprint_modules",
    "fingerprint_builtins",
    "fingerprint_code",
    "fingerprint_stdlib",
    "fingerprint_objects",
    "fingerprint",
    "filemarks",
    "outside",
    "marks",
    "randomness",
    "plan",
    "versions",
    "namespace",
    "plain",
    "freshness",
    "warmth",
    "learning",
    "engine",
    "service",
)
#: These wait until somebody asks what the variables hold.
ASKED = ("amounts", "signatures", "summary", "summary_libraries", "variables")
PACKAGE = "_sessions_kernel"


#: `importlib.machinery.SourceFileLoader`, which has loaded this file.
FileLoader = type(globals()["__loader__"])


def build(home: str) -> Any:
    """The package of our modules, still empty, in `sys.modules`."""
    package: Any = type(sys)(PACKAGE)
    package.__path__ = [home]
    package.__package__ = PACKAGE
    sys.modules[PACKAGE] = package
    return package


def load(package: Any, private: dict[str, Any], names: tuple[str, ...]) -> Any:
    """Load modules of ours with builtins of their own; return the last."""
    kind = type(sys)
    # Whoever asks Python not to write byte code means their own tree. Ours, compiled anew at every
    # start, would triple the time to the first result.
    kept_clean, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    module: Any = None
    for name in names:
        full = f"{PACKAGE}.{name}"
        path = f"{package.__path__[0]}/{name}.py"
        module = kind(full)
        module.__file__ = path
        module.__package__ = PACKAGE
        module.__loader__ = FileLoader(full, path)
        module.__builtins__ = private
        sys.modules[full] = module
        exec(module.__loader__.get_code(full), module.__dict__)
        setattr(package, name, module)
    sys.dont_write_bytecode = kept_clean
    return module


def fresh_main(notebook: str) -> Any:
    """The module `__main__` as a script finds it."""
    main: Any = type(sys)("__main__")
    main.__builtins__ = builtins
    main.__file__ = notebook
    main.__loader__ = FileLoader("__main__", notebook)
    if "__annotations__" in globals():
        main.__annotations__ = {}
    if "__cached__" in globals():
        main.__cached__ = None
    return main


def start() -> None:
    """Become the kernel of the notebook that the command line names."""
    reading, writing, journal = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    notebook, folder = sys.argv[4], sys.argv[5]
    for fd in (reading, writing, journal):
        os.set_inheritable(fd, False)
    home = os.path.dirname(os.path.abspath(__file__))
    beside = bool(sys.path) and os.path.abspath(sys.path[0]) == home
    if beside:
        del sys.path[0]  # our folder has modules with ordinary names
    private = dict(builtins.__dict__)
    package = build(home)
    worker = load(package, private, FIRST)
    main = fresh_main(notebook)
    if beside:
        sys.path.insert(0, os.path.dirname(notebook))
    sys.argv = [notebook]
    try:
        os.chdir(folder)
    except OSError as error:
        sys.stderr.write(f"cannot enter the folder {folder}: {error}\n")
    sys.modules["__main__"] = main
    worker.Worker(
        reading,
        writing,
        journal,
        main,
        notebook,
        private,
        lambda: load(package, private, LATER),
        lambda: load(package, private, ASKED),
    ).serve()


if __name__ == "__main__":
    start()
