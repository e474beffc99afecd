"""A client of a live session: a copy of it that shows the states of the client's own text.

The language server and every command look at a notebook through this. Where no session is live it
shows what the session file holds.
"""

from __future__ import annotations

import os
from _thread import RLock, start_new_thread

from sessions_ls.kernel.interpreter import choose
from sessions_ls.live.asking import LONGEST, PATIENCE, Asking, NotLive, outcome
from sessions_ls.live.elsewhere import Elsewhere
from sessions_ls.live.link import reach
from sessions_ls.live.mirror import NO_KERNEL, Mirror
from sessions_ls.live.recall import Recalled, minor
from sessions_ls.live.state import State
from sessions_ls.live.variables import LONGEST as LONGEST_LOOK
from sessions_ls.live.variables import placed, without
from sessions_ls.reactive.names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from sessions_ls.live.known import Known
    from sessions_ls.live.request import Request, Summary
    from sessions_ls.live.settings import Settings
    from sessions_ls.live.view import View
    from sessions_ls.live.wire import Line, Message
    from sessions_ls.notebook.cells import Notebook
    from sessions_ls.reactive.staleness import Status

    Event = dict[str, Any]

GLANCE = 2.0
"""Seconds to wait for what the variables hold, or another Python reads."""

BLINK = 0.015
"""Seconds that whoever types may be kept waiting."""


class Client:
    """A notebook as one client shows it. Made by `live.opening`; any thread may use it.

    `submit` takes the text that the client shows. Events go to ``emit``, mostly in a thread of the
    client's own: those of `LiveSession`, each with the ``run`` it belongs to, and ``changed`` when
    anything else may look different now.
    """

    def __init__(
        self,
        path: str,
        settings: Settings,
        emit: Callable[[Event], None],
        who: str,
    ) -> None:
        """Touches no file and reaches for nobody: see `attach` and `read_stored`."""
        self.path = os.path.abspath(path)
        self.lock = RLock()
        self.troubles: list[str] = []
        self.choice = choose(self.path, settings.python, os.environ)
        self._who = who
        self._emit = emit
        self._mirror = Mirror(self._no_kernel())
        self._state = State(self.path, minor(self.choice.version or ""), [], settings.strict)
        self._elsewhere = Elsewhere(self.path, settings.strict)
        self._disk: Message | None = None
        self._asking = Asking(os.path.basename(self.path))
        self._others: set[str] = set()  # cells whose last run another client asked for
        self._closed = False
        self._known: Known | None = None
        self._newer = self.choice.may_be_newer  # the notebook's Python may read what ours cannot

    # -- the session -----------------------------------------------------------------------------

    def attach(self, start: bool) -> bool:
        """Reach the live session; whether there is one. With ``start`` one is started.

        Raises SessionsError with a sentence where somebody has the notebook who cannot be reached.
        """
        if self.attached:
            return True
        found = reach(self.path, self._who, start)
        if found is None:
            return False
        line, number = found
        try:
            snapshot, disk = line.receive(PATIENCE), line.receive(PATIENCE)
        except (TimeoutError, ValueError) as error:
            line.close()
            raise NotLive(f"the live session of {self.path} says nothing that helps") from error
        if snapshot is None or disk is None:
            line.close()
            raise NotLive(f"the live session of {self.path} has just ended")
        with self.lock:
            if self.attached or self._closed:
                line.shut()
                line.close()
                return self.attached
            try:
                self._understand(snapshot)
                self._understand(disk)
            except ValueError as error:
                line.close()
                raise NotLive(f"the live session of {self.path} speaks another way") from error
            self._asking.begin(line, number)
        start_new_thread(self._listen, (line,))
        return True

    @property
    def attached(self) -> bool:
        """Whether a live session is at the other end."""
        return self._asking.line is not None

    def read_stored(self) -> None:
        """Show what the session file holds, while no session is live."""
        recalled = Recalled(self.path, self.choice)
        with self.lock:
            if not self.attached:
                self.troubles = recalled.troubles
                self._mirror = Mirror(self._no_kernel())
                self._mirror.fill(recalled.records)
                self._mirror.bonds = recalled.stored.bonds
                self._adopt()

    def close(self) -> None:
        """Leave the session, which goes on."""
        with self.lock:
            self._closed = True
            if self._asking.line is not None:
                self._asking.line.shut()

    def _no_kernel(self) -> dict[str, Any]:
        return {**NO_KERNEL, "python": self.choice.path, "reason": self.choice.reason}

    # -- what it shows ---------------------------------------------------------------------------

    def recall_names(self, text: str) -> None:
        """Know the names of this text's cells from an earlier process; then `submit` it."""
        with self.lock:
            self._known = self._state.recall_names(text)

    def keep_names(self) -> None:
        """Keep the names of the cells for the next process that shows the notebook."""
        with self.lock:
            known, names = self._known, dict(self._state.cells.analyser.memory)
        if known is not None:
            known.keep(names)

    def submit(self, text: str) -> None:
        """Take the notebook's text as this client shows it. Runs nothing."""
        with self.lock:
            before = self._state.cells.idents
            self._state.read(text)
            self._state.analyse()
            idents = self._state.cells.idents
            if before is not idents and not set(idents) <= set(self._mirror.idents):
                self._state.adopt(self._mirror)
            self._elsewhere.show(text)
        self._read_on(BLINK)

    def _read_on(self, seconds: float) -> bool:
        """Have the notebook's own Python read the cells that ours cannot; whether it did.

        Asks the session, so not for the thread that listens, and not with ``lock`` held. An answer
        that takes longer than ``seconds`` is waited for in a thread.
        """
        with self.lock:
            asks = self._newer and self._mirror.kernel["pid"] is not None
            unread = self._state.unread() if asks and self._state.cells.program else []
        if not unread:
            return False
        try:
            answer = self._asking.ask("names", seconds, texts=unread)
        except NotLive:
            if seconds < GLANCE:
                start_new_thread(self._read_later, ())
            return False
        if "names" not in answer:
            return False  # the session has ended; another one may know
        found = [Names.of(plain) for plain in answer["names"]]
        with self.lock:
            self._newer = bool(found)
            if found:
                self._state.tell(unread, found)
                self._adopt()
        return bool(found)

    def _read_later(self) -> None:
        if self._read_on(GLANCE):
            self._emit({"event": "changed", "what": "names"})

    def opened(self) -> None:
        """The client shows the file as it has just read it, or an unsaved text it has kept."""
        with self.lock:
            self._elsewhere.open()

    def saved(self, text: str) -> None:
        """The client has written this text to the file."""
        with self.lock:
            self._elsewhere.save(text)

    def keep_mine(self) -> None:
        """What others wrote to the file does not count: what is shown will be saved over it."""
        with self.lock:
            self._elsewhere.keep_mine()

    def statuses(self) -> list[Status]:
        """The proven state of every cell."""
        with self.lock:
            return [cell.status for cell in self.view().cells]

    def view(self) -> View:
        """A snapshot of everything the client can show."""
        with self.lock:
            view = self._state.view(self.kernel_json(), self._mirror.bonds)
            self._elsewhere.mark(view, self._others)
            return view

    @property
    def notebook(self) -> Notebook:
        """The cells of the text that was last submitted."""
        return self._state.program.notebook

    @property
    def text(self) -> str:
        """The text that was last submitted."""
        return self._state.text

    @property
    def disk(self) -> Message | None:
        """The file as the session last saw it: its ``text``, else the ``problem`` with it, and the
        ``digest`` of its bytes, SHA-256 in hex. None while there is no session.
        """
        return self._disk

    @property
    def elsewhere(self) -> Elsewhere:
        """What others changed in the file since this client read it."""
        return self._elsewhere

    def kernel_json(self) -> dict[str, Any]:
        """The kernel, as `sessions status --json` shows it."""
        kernel = dict(self._mirror.kernel)
        if kernel["pid"] is not None:
            kernel["state"] = "busy" if self._mirror.passing else "idle"
        elif self._mirror.passing:
            kernel["state"] = "starting"
        return kernel

    @property
    def busy(self) -> bool:
        """Whether cells run or wait for their turn."""
        return bool(self._mirror.passing)

    @property
    def ended(self) -> str | None:
        """Why the session ended, where it has said so."""
        return self._asking.ended

    @property
    def stopped(self) -> bool:
        """Whether the session's process is stopped: then it hears nothing."""
        return self._asking.stopped

    def lost(self) -> NotLive:
        """What is to be said of a session that is stopped."""
        return self._asking.lost()

    # -- what it asks for ------------------------------------------------------------------------

    def run(self, request: Request) -> Summary:
        """Run what is asked for, of the text that is shown; blocks until it is over.

        Raises SessionFileError when the results, which the session keeps, cannot be saved, and
        NotLive.
        """
        return outcome(self._asking.ask("run", None, request=request.plain(), text=self.text))

    def reserve(self) -> tuple[int, int]:
        """The ``run`` of the events that the next `start` will cause."""
        return self._asking.reserve()

    def start(
        self, request: Request, done: Callable[[Message], None], run: tuple[int, int] | None = None
    ) -> None:
        """Begin a run; ``done`` gets what `outcome` reads. ``run`` is as reserved.

        Blocks until the session has heard of it. Raises NotLive.
        """
        _, ticket = run or self.reserve()
        self._asking.send("run", ticket, done, request=request.plain(), text=self.text)

    def cancel(self, run: tuple[int, int]) -> None:
        """Take back a run that still waits for its turn; one that has begun goes on."""
        self._asking.say("cancel", ticket=run[1])

    def clear(self, numbers: Sequence[int] | None = None) -> None:
        """Forget the results of these cells, or of all. Raises as `run` does."""
        cells = list(numbers or ())
        outcome(self._asking.ask("clear", LONGEST, cells=cells, text=self.text))

    def interrupt(self) -> None:
        """Stop the cell that runs and drop what waits, whoever asked for it."""
        self._asking.say("interrupt")

    def kill(self) -> None:
        """End the kernel at once."""
        self._asking.say("kill")

    def restart(self) -> None:
        """End the kernel; results stay, cold. Raises NotLive."""
        outcome(self._asking.ask("restart", LONGEST))

    def stop(self) -> None:
        """End the session and its kernel. Raises NotLive when it does not answer."""
        self._asking.ask("stop", LONGEST)

    def clients(self) -> list[dict[str, Any]]:
        """Who else looks at the notebook: ``who`` and ``pid`` of each. Raises NotLive."""
        found: list[dict[str, Any]] = self._asking.ask("who", LONGEST)["who"]
        return found

    def variables(
        self,
        at: int | None = None,
        only: Sequence[tuple[str, str]] | None = None,
        seconds: float = GLANCE,
    ) -> dict[str, Any]:
        """What the names hold: see `live.variables`. Blocks for ``seconds`` at most; never raises.

        ``at``: as the cell with this number leaves them. ``only``: these alone, each as a cell
        made it, by identity and name.
        """
        place = None if at is None else self.view().cells[at - 1].ident
        wanted = None if only is None else [tuple(one) for one in only]
        asked = {"at": place, "only": wanted, "limit": min(seconds, LONGEST_LOOK)}
        try:
            answer = self._asking.ask("variables", seconds, **asked)
        except NotLive as error:
            answer = without(str(error))
        if "ended" in answer:
            answer = without(answer["ended"])
        return placed({key: answer[key] for key in ("variables", "current", "why")}, self.view())

    # -- what the session says -------------------------------------------------------------------

    def _listen(self, line: Line) -> None:
        try:
            while (message := line.receive()) is not None:
                with self.lock:
                    event = self._understand(message)
                if event is not None:
                    self._emit(event)
        except ValueError as error:
            self._asking.ended = f"it said what cannot be understood: {error}"
        finally:
            self._lose(line)

    def _understand(self, message: Message) -> Event | None:
        """Take a message. Raises ValueError for one that no session of this version sends."""
        try:
            return self._take(message)
        except (AttributeError, LookupError, TypeError) as error:
            raise ValueError(repr(error)) from error

    def _take(self, message: Message) -> Event | None:
        """Take a message; the event that it is for whoever shows the notebook."""
        kind = message["m"]
        mirror = self._mirror
        if kind == "event":
            return self._take_event(message)
        if kind == "heard":
            self._asking.heard(message["id"])
            return None
        if kind == "answer":
            self._asking.answered(message)
            return None
        if kind == "snapshot":
            self.troubles = message["troubles"]
            mirror.snapshot(message)
            self._adopt()
            self._meet_kernel()
        elif kind == "program":
            mirror.program(message)
            self._adopt()
        elif kind == "edited":
            mirror.edited(message)
            if self._state.follows(mirror) and self._elsewhere.state is None:
                return None  # it is what is shown already
            self._adopt()
        elif kind == "kernel":
            mirror.kernel = message["kernel"]
            self._meet_kernel()
        elif kind == "lost":
            mirror.lose_values()
            self._adopt()
        elif kind == "idle":
            mirror.passing = {}
            self._adopt()
        elif kind == "files":
            self._state.look()
            self._elsewhere.look()
        elif kind == "disk":
            known = self._undisturbed
            self._disk = message
            self._elsewhere.found(message["text"], mirror)
            if known and self._undisturbed:
                return None
        elif kind == "bye":
            self._asking.ended = message["why"]
        return {"event": "changed", "what": kind}

    def _meet_kernel(self) -> None:
        """There may be a kernel, so that the notebook's Python may be asked."""
        if self._newer and self._mirror.kernel["pid"] is not None:
            start_new_thread(self._read_later, ())

    @property
    def _undisturbed(self) -> bool:
        """Whether the file can be read, and others changed nothing in it that is not shown."""
        disk = self._disk
        return disk is not None and disk["text"] is not None and not self._elsewhere.changed

    def _take_event(self, message: Message) -> Event | None:
        event = self._mirror.event(message["event"])
        kind = event["event"]
        ident = event.get("id")
        if kind == "cell":
            if "record" in event:
                ours = message["run"] and message["run"][0] == self._asking.number
                (self._others.discard if ours else self._others.add)(event["id"])
            for state in (self._state, self._elsewhere.state):
                if state is not None:
                    state.hear(event["id"], self._mirror, event.get("record"))
        elif kind == "done":
            self._state.passing = {}
            self._state.look()
        if ident is not None:
            position = self._state.position(ident)
            if position is None:
                return {"event": "changed", "what": "elsewhere"}
            event["number"] = position + 1
        event["run"] = message["run"] and tuple(message["run"])
        return event

    def _adopt(self) -> None:
        self._state.adopt(self._mirror)
        self._elsewhere.adopt(self._mirror)

    def _lose(self, line: Line) -> None:
        """The session is gone. What it gave stays, cold."""
        with self.lock:
            line.close()
            self._disk = None
            self._mirror.lose_values()
            self._adopt()
            closed = self._closed
            crashed = self._asking.ended is None
        why = self._asking.end()
        if not closed:
            self._emit({"event": "detached", "why": why, "crashed": crashed})
