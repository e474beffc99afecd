"""The kernel's loop: a message comes in, its handler runs, events go out."""

from __future__ import annotations

import builtins
import marshal
import os
import sys
from os import _exit, close, getpid
from select import select

from .capture import flush_native
from .channel import Channel
from .display import Displayer
from .execute import Executor
from .figures import FIGURES
from .frames import FrameReader
from .guard import Guard
from .interrupts import Interrupts
from .output import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable

    from .service import Service

#: Seconds that exit handlers and threads get at an orderly exit.
EXIT_LIMIT = 5.0


class Worker:
    """Everything one kernel consists of.

    `handlers` maps the `op` of a message to what handles it: a callable that takes the message,
    emits its answer through `output.emit`, and returns when that is done. Events need not be
    flushed. An exception from it is a fault of ours: it is reported as the event "fault".
    """

    def __init__(
        self,
        reading: int,
        writing: int,
        journal: int,
        main: ModuleType,
        path: str,
        private: dict[str, Any],
        load_service: Callable[[], Any],
        load_variables: Callable[[], Any],
    ) -> None:
        self.path = path
        self.main = main
        self.reader = FrameReader(reading)
        self.channel = Channel(writing, journal)
        self.interrupts = Interrupts()
        self.output = Output(self.channel, self.interrupts, max(reading, writing, journal) + 1)
        sys.stdout, sys.stderr = self.output.stdout, self.output.stderr
        self.displayer = Displayer(
            self.output.emit,
            lambda: self.output.cell,
            FIGURES.render,
            self.interrupts.checkpoint,
        )
        FIGURES.show = self.displayer.picture
        FIGURES.note = lambda text: print(text, file=sys.stderr)
        self.guard = Guard(self.output, self.interrupts, main, private)
        self.executor = Executor(
            main.__dict__,
            path,
            self.output,
            self.interrupts,
            self.guard,
            self.displayer,
            FIGURES,
        )
        self.handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "exec": self._exec,
            "ping": self._ping,
            "sources": self._sources,
            "program": self._serve,
            "edit": self._serve,
            "run": self._serve,
            "variables": self._tell_variables,
        }
        self._load_service = load_service
        self._service: Service | None = None
        self._load_variables = load_variables
        self._variables: Callable[..., list[dict[str, Any]]] | None = None
        self._reading = reading

    def serve(self) -> None:
        """Handle messages until the exit op, or until the server is gone; then end the process."""
        builtins.display = self.displayer.display  # type: ignore[attr-defined]
        self._enable_faulthandler()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_child=self._in_child)
        FIGURES.install()
        self.guard.ready()
        self.interrupts.install()
        if not select([self._reading], [], [], 0)[0]:
            self._service = self._made_service()  # nobody waits: be ready for the first program
        while True:
            try:
                payload = self.reader.read()
            except OSError:  # user code closed the descriptor
                break
            if payload is None:
                break
            message: dict[str, Any] = marshal.loads(payload)
            if message["op"] == "exit":
                break
            self.interrupts.pending = False
            self.interrupts.busy = True
            try:
                self._dispatch(message)
            finally:
                self.interrupts.busy = False
            self.channel.flush()
        self.leave()

    def _dispatch(self, message: dict[str, Any]) -> None:
        try:
            self.handlers[message["op"]](message)
        except BaseException as error:  # noqa: BLE001  the server must hear of it
            text = self._described(error)
            self.output.emit({"e": "fault", "op": str(message.get("op")), "traceback": text})

    @staticmethod
    def _described(error: BaseException) -> str:
        try:
            import traceback

            return "".join(traceback.format_exception(type(error), error, error.__traceback__))
        except BaseException:  # noqa: BLE001  the user may have broken any module this needs
            from .tracebacks import by_interpreter

            return by_interpreter(error)

    # -- operations -----------------------------------------------------------------------------

    def _exec(self, message: dict[str, Any]) -> None:
        """Run one text, outside any plan: {"op","cell","source","first_line","text"?,"flags"?}."""
        if "text" in message:
            self.executor.set_text(message["text"])
        compiled = self.executor.compile(
            message["source"], message.get("first_line", 1), message.get("flags", 0)
        )
        outcome = self.executor.run(message["cell"], compiled)
        self.output.emit(
            {
                "e": "done",
                "cell": message["cell"],
                "state": outcome.state,
                "ms": outcome.ms,
                "error": outcome.error,
            }
        )

    def _sources(self, message: dict[str, Any]) -> None:
        """Compile cells ahead of the program that will name them: {"op","text","cells"}."""
        self.executor.set_text(message["text"])
        for source, first_line, flags in message["cells"]:
            self.executor.compile(source, first_line, flags)

    def _serve(self, message: dict[str, Any]) -> None:
        """Take a program or run a request of the live session; see `service`."""
        if self._service is None:
            self._service = self._made_service()
        self._service.handle(message)

    def _tell_variables(self, message: dict[str, Any]) -> None:
        """Say what the names hold: {"op","id","at","only"}; see `variables`."""
        if self._variables is None:
            self._variables = self._load_variables().variables
        found: list[dict[str, Any]] = []
        if self._service is not None:
            found = self._variables(self._service.engine, message["at"], message["only"])
        self.output.emit({"e": "variables", "id": message["id"], "variables": found})

    def _made_service(self) -> Service:
        service: Service = self._load_service().Service(
            self.main.__dict__,
            self.executor,
            self.output.emit,
            self.channel.begin,
            self.channel.flush,
            self.path,
        )
        return service

    def _ping(self, message: dict[str, Any]) -> None:
        self.output.emit({"e": "pong", "id": message.get("id")})

    # -- the process ----------------------------------------------------------------------------

    def _enable_faulthandler(self) -> None:
        try:
            import faulthandler

            faulthandler.enable(self.output.err.private)
        except (ImportError, OSError, ValueError):  # an interpreter without it
            return

    def _before_fork(self) -> None:
        """Python warns of a fork beside threads; our flusher is no reason to."""
        warnings = sys.modules.get("warnings") or sys.modules.get("_warnings")
        filters = getattr(warnings, "filters", None)
        if isinstance(filters, list):
            text = (
                f"This process (pid={getpid()}) is multi-threaded, "
                "use of {}() may lead to deadlocks in the child."
            )
            for name in ("fork", "forkpty"):
                rule = ("ignore", text.format(name), DeprecationWarning, None, 0)
                if rule not in filters[:4]:
                    filters.insert(0, rule)
                    self.guard.know_filter(rule)

    def _in_child(self) -> None:
        self.output.become_child(sys)
        self.interrupts.busy = self.interrupts.user = True
        try:
            close(self._reading)
        except OSError:  # closed already by the code that forked
            return

    def leave(self) -> None:
        """End the process in order: threads, exit handlers, last output. Slow tear-down of
        modules is left out."""
        import _thread

        _thread.start_new_thread(self._leave_in_time, ())
        self.interrupts.busy = self.interrupts.user = False
        for step in (self.executor.close, self._join_threads, self._run_exit_handlers):
            try:
                step()
            except BaseException as error:  # noqa: BLE001  the next step must run
                sys.stderr.write(self._described(error))
        flush_native()
        self.output.drain(final=True)
        self.channel.flush()
        _exit(0)

    @staticmethod
    def _leave_in_time() -> None:
        from time import sleep

        sleep(EXIT_LIMIT)
        _exit(0)

    @staticmethod
    def _join_threads() -> None:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()

    @staticmethod
    def _run_exit_handlers() -> None:
        import atexit

        atexit._run_exitfuncs()
