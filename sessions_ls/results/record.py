"""Plain data: what is kept of one cell's last run, and of a whole notebook."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from sessions_ls.results.foreign import Foreign

FORMAT = 1
"""The format of session files that this version reads and writes."""


class Plain:
    """Equality and a readable form by the slots of a class."""

    __slots__: tuple[str, ...] = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({values})"

    def replaced(self, **changes: Any) -> Self:
        """A copy in which the named fields have other values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return type(self)(**{**values, **changes})


class Output(Plain):
    """One rich result or `display()` call in one MIME type: text as str, images as bytes."""

    __slots__ = ("data", "mime")

    def __init__(self, mime: str, data: str | bytes) -> None:
        self.mime = mime
        self.data = data


class ErrorInfo(Plain):
    """The exception that ended a run.

    `line` counts from 1 in the cell and is None when the cell itself raised nothing (as for a
    syntax error in an imported module). `frames` are (path, line, function), outermost first.
    """

    __slots__ = ("frames", "line", "message", "traceback", "type")

    def __init__(
        self,
        type: str,
        message: str,
        line: int | None = None,
        traceback: str = "",
        frames: list[tuple[str, int, str]] | None = None,
    ) -> None:
        self.type = type
        self.message = message
        self.line = line
        self.traceback = traceback
        self.frames = frames if frames is not None else []


class Record(Plain):
    """What is kept of a cell's last run. Immutable by convention: to change it, make another.

    state: "ok", "error" or "interrupted".
    ran_at: when the run ended, UTC, as "2026-11-22T10:00:00Z"; "" when not known.
    runtime_ms: milliseconds of wall time.
    text: the result as plain text, "" when there is none.
    reads: each name the cell needed -> fingerprint of the version it saw.
    binds: each name it bound or amended -> fingerprint of its own version.
    amends, appears: amendments and binds that were learnt by running.
    objects: each of `binds` whose value can be changed in place -> tokens of the objects in it,
        with blanks between. Values with a token in common share an object; `#name` says where in
        the value of `name` such objects are.
    files: each file it read, relative to the notebook's folder where it lies below it -> mark of
        its content, see `kernel.filemarks`.
    runs: how often the cell was run again on request, or as volatile.
    """

    __slots__ = (
        "amends",
        "appears",
        "binds",
        "code",
        "error",
        "files",
        "id",
        "key",
        "objects",
        "outputs",
        "ran_at",
        "reads",
        "runs",
        "runtime_ms",
        "state",
        "stderr",
        "stdout",
        "text",
        "title",
        "volatile",
    )

    def __init__(
        self,
        id: str,
        title: str | None = None,
        code: str = "",
        key: str = "",
        state: str = "ok",
        ran_at: str = "",
        runtime_ms: float = 0.0,
        stdout: str = "",
        stderr: str = "",
        text: str = "",
        outputs: list[Output] | None = None,
        error: ErrorInfo | None = None,
        reads: dict[str, str] | None = None,
        binds: dict[str, str] | None = None,
        amends: list[str] | None = None,
        appears: list[str] | None = None,
        objects: dict[str, str] | None = None,
        files: dict[str, str] | None = None,
        runs: int = 0,
        volatile: bool = False,
    ) -> None:
        self.id = id
        self.title = title
        self.code = code
        self.key = key
        self.state = state
        self.ran_at = ran_at
        self.runtime_ms = runtime_ms
        self.stdout = stdout
        self.stderr = stderr
        self.text = text
        self.outputs = outputs if outputs is not None else []
        self.error = error
        self.reads = reads if reads is not None else {}
        self.binds = binds if binds is not None else {}
        self.amends = amends if amends is not None else []
        self.appears = appears if appears is not None else []
        self.objects = objects if objects is not None else {}
        self.files = files if files is not None else {}
        self.runs = runs
        self.volatile = volatile


class Session(Plain):
    """The results of a notebook: a session file in memory.

    bonds: each widget's name -> its value (what JSON can hold).
    records: in file order.
    problems: what was wrong with the file it was read from, in sentences.
    foreign: what that file held besides. Handing it on spares the writer a second reading.
    """

    __hash__ = None
    __slots__ = ("bonds", "foreign", "format", "notebook", "problems", "python", "records")

    def __init__(
        self,
        format: int = FORMAT,
        notebook: str = "",
        python: str = "",
        bonds: dict[str, object] | None = None,
        records: list[Record] | None = None,
        problems: list[str] | None = None,
        foreign: Foreign | None = None,
    ) -> None:
        self.format = format
        self.notebook = notebook
        self.python = python
        self.bonds = bonds if bonds is not None else {}
        self.records = records if records is not None else []
        self.problems = problems if problems is not None else []
        self.foreign = foreign

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same results; which file they came from does not count."""
        if not isinstance(other, Session):
            return NotImplemented
        names = [name for name in self.__slots__ if name != "foreign"]
        return all(getattr(self, name) == getattr(other, name) for name in names)
