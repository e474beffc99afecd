"""Runs the text of a cell in the notebook's namespace, and says what became of it."""

from __future__ import annotations

import _ast
import sys
from os import _exit, getpid, write
from sys import gettrace, settrace
from time import perf_counter

from .capture import flush_native
from .tracebacks import Collected, describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from .display import Displayer
    from .figures import Figures
    from .guard import Guard
    from .interrupts import Interrupts
    from .output import Output

ONLY_AST = 0x400
TOP_LEVEL_AWAIT = 0x2000
IS_COROUTINE = 0x80
#: The flags of code that `from __future__ import …` sets.
FUTURES = 0x1FE0000
CACHED = 5000
#: A filter of warnings: what the compiler warns of would name the wrong line.
STRICT = ("error", None, SyntaxWarning, None, 0)
#: What `compile` raises: NUL bytes are a ValueError, deep nesting one of the last two.
UNCOMPILABLE = (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError, Warning)


class Compiled:
    """A cell ready to run: its statements, and its last expression when that is to be shown."""

    __slots__ = ("body", "error", "first_line", "last", "warned")

    def __init__(
        self,
        body: CodeType | None,
        last: CodeType | None,
        first_line: int,
        error: BaseException | None = None,
        warned: str = "",
    ) -> None:
        self.body = body
        self.last = last
        self.first_line = first_line
        self.error = error
        #: Warnings of the compiler, for standard error.
        self.warned = warned


class Outcome:
    """How a run ended: `state` is "ok", "error" or "interrupted", `ms` the time it took."""

    __slots__ = ("error", "ms", "state")

    def __init__(self, state: str, ms: float, error: dict[str, object] | None) -> None:
        self.state = state
        self.ms = ms
        self.error = error


class Executor:
    """Compiles and runs the cells of one notebook, `path`, in `namespace` (that of `__main__`)."""

    def __init__(
        self,
        namespace: dict[str, Any],
        path: str,
        output: Output,
        interrupts: Interrupts,
        guard: Guard,
        displayer: Displayer,
        figures: Figures,
    ) -> None:
        self.namespace = namespace
        self.path = path
        self.output = output
        self._interrupts = interrupts
        self._guard = guard
        self._displayer = displayer
        self._figures = figures
        self._cache: dict[tuple[str, int], Compiled] = {}
        self._lines: list[str] = []
        self._pid = getpid()
        self._tracing = gettrace()
        self._loop: Any = None

    # -- compiling ------------------------------------------------------------------------------

    def compile(self, source: str, first_line: int, flags: int = 0) -> Compiled:
        """Compile a cell whose first line is line `first_line` (from 1) of the file.

        Cached by text and flags; code that moved with its cell is only renumbered. A syntax error
        is kept in the result and is raised, so to speak, by `run`.
        """
        key = (source, flags)
        known = self._cache.get(key)
        if known is None:
            known = self._compile(source, first_line, flags)
            if known.error is not None:
                return known
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[key] = known
        elif known.first_line != first_line:
            by = first_line - known.first_line
            known = Compiled(
                known.body and moved(known.body, by),
                known.last and moved(known.last, by),
                first_line,
                None,
                known.warned,
            )
            self._cache[key] = known
        return known

    def _compile(self, source: str, first_line: int, flags: int) -> Compiled:
        by = first_line - 1
        try:
            body, last = strictly(STRICT, self._parts, source, flags)
        except UNCOMPILABLE:  # an error, or a warning: below once more, at the lines of the file
            pass
        else:
            return Compiled(body and moved(body, by), last and moved(last, by), first_line)
        said = Collected()
        before, sys.stderr = sys.stderr, said
        try:
            body, last = self._parts("\n" * by + source, flags)
            return Compiled(body, last, first_line, None, said.text())
        except UNCOMPILABLE as error:
            return Compiled(None, None, first_line, error.with_traceback(None), said.text())
        finally:
            sys.stderr = before

    def _parts(self, source: str, flags: int) -> tuple[CodeType | None, CodeType | None]:
        flags |= TOP_LEVEL_AWAIT
        if ends_in_statement(source):  # then the way round by the tree, half of the work, is saved
            return compile(source, self.path, "exec", flags, True), None
        tree: Any = compile(source, self.path, "exec", flags | ONLY_AST, True)
        statements = tree.body
        if not statements:
            return None, None
        final = statements[-1]
        if type(final) is not _ast.Expr or is_muted(source, final):
            return compile(tree, self.path, "exec", flags, True), None
        del statements[-1]
        body = compile(tree, self.path, "exec", flags, True) if statements else None
        shown: Any = _ast.Expression(final.value)
        if body is not None:
            flags |= body.co_flags & FUTURES  # what `from __future__ import …` above it asks for
        return body, compile(shown, self.path, "eval", flags, True)

    def set_text(self, text: str) -> None:
        """Tell what the file's text was when its cells were submitted, so that tracebacks and
        `inspect.getsource` quote that and not what is on disk by then."""
        self._lines = []  # made when somebody can ask for them
        self._text = text
        self._offer_lines()

    def edit_text(self, start: int, end: int, between: str) -> None:
        """As `set_text`, of what is new between so many characters at the start and at the end."""
        text = self._text
        self.set_text(text[:start] + between + text[len(text) - end :])

    _text = ""

    def _offer_lines(self) -> None:
        linecache = sys.modules.get("linecache")
        if linecache is None or not self._text:
            return
        cache = getattr(linecache, "cache", None)
        if not isinstance(cache, dict):
            return
        entry = cache.get(self.path)
        if entry is None or len(entry) != 4 or entry[2] is not self._lines:
            text = self._text.replace("\r\n", "\n").replace("\r", "\n")
            self._lines = [line + "\n" for line in text.split("\n")]
            # Without a modification time linecache takes the lines as they are.
            cache[self.path] = (len(text), None, self._lines, self.path)

    # -- running --------------------------------------------------------------------------------

    def run(self, cell: object, compiled: Compiled) -> Outcome:
        """Run a compiled cell; what it shows leaves as events of `cell`. Never raises."""
        output = self.output
        output.begin(cell)
        self._displayer.begin()
        self._guard.before()
        if compiled.warned:
            output.stderr.write(compiled.warned)
        start = perf_counter()
        problem = compiled.error
        values: list[object] = []
        if problem is None:
            problem = self._protected(self._run_code, compiled, values)
            if getpid() != self._pid:
                self._leave_child(problem)
        changed = self._guard.after()
        if problem is None and values and values[0] is not None:
            problem = self._protected(self._displayer.result, values[0])
        values.clear()
        if self._figures.active():
            later = self._protected(self._figures.flush)
            problem = problem or later
        ms = (perf_counter() - start) * 1000.0
        if problem is None:
            outcome = Outcome("ok", ms, None)
        else:
            outcome = self._failure(problem, ms)
            problem = None
        flush_native()
        output.end()
        if changed:
            output.emit({"e": "ambient", "cell": cell, "what": changed})
        return outcome

    def _protected(self, function: Any, *arguments: Any) -> BaseException | None:
        """Call what runs user code; return what it raised. Interrupts reach it.

        A trace function left behind is taken off before any function of ours is called.
        """
        interrupts = self._interrupts
        try:
            interrupts.user = True
            if interrupts.pending:
                interrupts.pending = False
                raise KeyboardInterrupt
            function(*arguments)
        except BaseException as error:  # noqa: BLE001  also SystemExit: the kernel goes on
            interrupts.user = False
            settrace(self._tracing)
            return error
        interrupts.user = False
        if gettrace() is not self._tracing:
            settrace(self._tracing)
        return None

    def _run_code(self, compiled: Compiled, values: list[object]) -> None:
        body, last = compiled.body, compiled.last
        if (body is not None and body.co_flags & IS_COROUTINE) or (
            last is not None and last.co_flags & IS_COROUTINE
        ):
            self._await(self._run_awaiting(body, last, values))
            return
        if body is not None:
            eval(body, self.namespace)
        if last is not None:
            values.append(eval(last, self.namespace))

    async def _run_awaiting(
        self, body: CodeType | None, last: CodeType | None, values: list[object]
    ) -> None:
        """All of a cell that awaits somewhere runs inside the event loop."""
        for code in (body, last):
            if code is not None:
                value = eval(code, self.namespace)
                if code.co_flags & IS_COROUTINE:
                    value = await value
                if code is last:
                    values.append(value)

    def _await(self, coroutine: Any) -> None:
        """Run a coroutine in the notebook's own event loop; the tasks that it leaves there go on
        whenever a cell awaits again."""
        import asyncio

        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        loop = self._loop
        asyncio.set_event_loop(loop)
        task = loop.create_task(coroutine)
        try:
            loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            try:
                loop.run_until_complete(task)
            except asyncio.CancelledError:  # as asked
                task = None
            raise

    # -- afterwards -----------------------------------------------------------------------------

    def _failure(self, problem: BaseException, ms: float) -> Outcome:
        state = "interrupted" if isinstance(problem, KeyboardInterrupt) else "error"
        # What describing an error imports must not come from the notebook's folder.
        path, folder = list(sys.path), self.path.rpartition("/")[0]
        sys.path[:] = [entry for entry in path if entry and entry != folder]
        try:
            return self._described(problem, state, ms)
        finally:
            sys.path[:] = path

    def _described(self, problem: BaseException, state: str, ms: float) -> Outcome:
        try:
            import linecache  # noqa: F401  loaded by what follows anyway; it must know our text
        except BaseException:  # noqa: BLE001, S110  the user may have broken imports
            pass
        self._offer_lines()
        try:
            error = describe(problem, self.path)
        except BaseException as failure:  # noqa: BLE001  out of memory, for one
            name = type(problem).__name__
            error = {
                "type": name,
                "message": f"(it cannot be described: {type(failure).__name__})",
                "line": None,
                "traceback": name + "\n",
                "frames": [],
            }
        problem.__traceback__ = None  # it holds the values of every frame
        return Outcome(state, ms, error)

    def _leave_child(self, problem: BaseException | None) -> None:
        """A forked child that came to the end of the cell: the rest of the notebook is the
        parent's."""
        status = 0
        if isinstance(problem, SystemExit):
            status = problem.code if isinstance(problem.code, int) else int(bool(problem.code))
        elif problem is not None:
            status = 1
            error = describe(problem, self.path)
            write(2, str(error["traceback"]).encode("utf-8", "backslashreplace"))
        _exit(status & 0xFF)

    def close(self) -> None:
        """Cancel what the notebook's event loop still holds. Called at an orderly exit."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        asyncio = sys.modules["asyncio"]
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=0.5))
        loop.close()


def strictly(rule: tuple[object, ...], function: Any, *arguments: Any) -> Any:
    """Call what compiles with ``rule`` as the first of the filters of warnings."""
    warnings = sys.modules.get("warnings") or sys.modules.get("_warnings")
    filters = getattr(warnings, "filters", None)
    if not isinstance(filters, list):
        return function(*arguments)
    filters.insert(0, rule)
    try:
        return function(*arguments)
    finally:
        if filters and filters[0] is rule:
            del filters[0]


def moved(code: CodeType, by: int) -> CodeType:
    """Return `code`, and all code nested in it, `by` lines further down."""
    kind = type(code)
    if not by:
        return code
    constants = code.co_consts
    for value in constants:
        if type(value) is kind:
            constants = tuple([moved(one, by) if type(one) is kind else one for one in constants])
            break
    return code.replace(co_firstlineno=code.co_firstlineno + by, co_consts=constants)


def ends_in_statement(source: str) -> bool:
    """Whether `source`, if it compiles, certainly ends in a statement that is no expression.

    Its last line is indented or an assignment, and begins outside brackets and strings: else it
    would have to close what it is in.
    """
    head, _, line = source.rstrip().rpartition("\n")
    for char in "'\"#;\\":
        if char in line:
            return False
    if head.endswith(("\\", "\r")) or "\r" in line or "\f" in source:
        return False
    for opening, closing in ("()", "[]", "{}"):
        if line.count(opening) != line.count(closing):
            return False
    return line.startswith((" ", "\t")) or (
        " = " in line and line.partition(" = ")[0].isidentifier()
    )


def is_muted(source: str, statement: Any) -> bool:
    """Whether a `;` follows the last statement."""
    if ";" not in source:
        return False
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rest = "\n".join(lines[statement.end_lineno - 1 :])
    rest = rest.encode("utf-8", "surrogatepass")[statement.end_col_offset :].decode("utf-8")
    return rest.lstrip(" \t\f\\\n").startswith(";")
