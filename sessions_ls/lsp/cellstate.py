"""`sessions/cellState`: the cells and what they gave, for clients that draw results themselves.

The message, key by key, is in `docs/cell-state.md`. What a client has is remembered cell by cell,
so that a message holds what changed and no more.
"""

from __future__ import annotations

import asyncio
import collections
import json
from typing import TYPE_CHECKING, Any

from sessions_ls.kernel.transcript import Transcript
from sessions_ls.lsp.results import media_file
from sessions_ls.lsp.wire import quoted
from sessions_ls.lsp.words import last_line
from sessions_ls.results import pixels
from sessions_ls.results.text import cut

if TYPE_CHECKING:
    from lsprotocol import types

    from sessions_ls.live.view import View
    from sessions_ls.lsp.documents import Document
    from sessions_ls.lsp.notebooks import OpenNotebook
    from sessions_ls.lsp.server import SessionsServer
    from sessions_ls.results.record import Output, Record

METHOD = "sessions/cellState"

INTERVAL = 0.1
"""Seconds between two messages, on average."""

BURST = 3
"""So many may follow each other at once: queued, running, result."""

LONGEST = 8_000
"""Characters at each end of a text; a client gets the whole text by `sessions.status`."""

SO_FAR = 2_000
"""Characters at each end of what a running cell wrote so far, which is sent again and again."""

INLINE = 32_000
"""Bytes of an output that is sent as it is; a longer one is named by a file."""

SLICE = 100
"""Cells looked at before other work gets its turn."""


def wanted(params: types.InitializeParams) -> bool:
    """Whether the client asks for the cells: `initializationOptions.sessions.cellState`."""
    options = params.initialization_options
    ours = options.get("sessions") if isinstance(options, dict) else None
    return isinstance(ours, dict) and ours.get("cellState") is True


class CellStates:
    """What the client knows of one notebook's cells. Lives on the event loop."""

    def __init__(self, server: SessionsServer, notebook: OpenNotebook) -> None:
        self._server = server
        self._notebook = notebook
        self._encoder = _Encoder(server, notebook)
        self._sent: dict[str, dict[str, Any]] = {}  # by identity, as the client has it
        self._tokens: dict[str, tuple[object, ...]] = {}  # what each was made of
        self._order: list[str] | None = None  # None: the client has nothing
        self._about: dict[str, Any] = {}  # kernel and bonds, as the client has them
        self._version: int | None = None
        self._openings = 0
        self._running: str | None = None
        self._so_far: dict[str, dict[str, Transcript]] = {}
        self._displayed: dict[str, list[Output]] = {}
        self._times: collections.deque[float] = collections.deque(maxlen=BURST)
        self._timer: asyncio.TimerHandle | None = None
        self._sending = asyncio.Lock()

    def opened(self) -> None:
        """The client shows the document anew, and has nothing."""
        self._openings += 1
        self._sent.clear()
        self._tokens.clear()
        self._order = None
        self._about = {}

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of a run: what the running cell writes and displays."""
        kind = event["event"]
        if not self._server.client.cell_state:
            return
        if kind == "cell":
            ident = event["id"]
            if event["state"] == "running":
                self._running = ident
            elif event["state"] != "queued":
                self._so_far.pop(ident, None)
                self._displayed.pop(ident, None)
        elif kind == "done":
            self._running = None
            self._so_far.clear()
            self._displayed.clear()
        elif self._running is not None and kind in ("output", "display"):
            if kind == "output":
                streams = self._so_far.setdefault(self._running, {})
                streams.setdefault(event["stream"], Transcript()).append(event["text"])
            else:
                self._displayed.setdefault(self._running, []).extend(event["outputs"])
            self.soon()

    def soon(self) -> None:
        """Something may have changed: send it as soon as the pace allows."""
        if not self._server.client.cell_state or self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        when = self._times[0] + BURST * INTERVAL if len(self._times) == BURST else now
        self._timer = loop.call_at(max(now, when), self._start)

    def _start(self) -> None:
        self._timer = None
        self._server.start_task(self._send())

    async def _send(self) -> None:
        """Send what changed since the last message, if anything did."""
        async with self._sending:
            notebook, openings = self._notebook, self._openings
            view = await notebook.view()
            document = notebook.document
            if document is None or (view is None and self._order is None):
                return
            shown = _Shown(document)
            cells = [] if view is None else await self._changed(view, shown)
            if openings != self._openings:
                self.opened()  # what was collected is not what the client now needs
                self.soon()
                return
            order = [] if view is None else [cell.ident for cell in view.cells]
            message = self._message(shown.version, order, _about(view), cells)
            if message is not None:
                self._times.append(asyncio.get_running_loop().time())
                self._server.protocol.notify_json(METHOD, message)

    def _message(
        self, version: int | None, order: list[str], about: dict[str, Any], cells: list[str]
    ) -> str | None:
        """The parameters of the notification; None when there is nothing to tell."""
        news = {key: value for key, value in about.items() if self._about.get(key) != value}
        whole = self._order is None
        reordered = order != self._order
        if not (whole or news or reordered or cells or version != self._version):
            return None
        self._about, self._version = about, version
        parts = [f'"uri":{quoted(self._notebook.uri)}', f'"version":{json.dumps(version)}']
        parts += [f'"{key}":{json.dumps(value)}' for key, value in news.items()]
        parts.append(f'"whole":{json.dumps(whole)}')
        if reordered:
            for gone in set(self._sent).difference(order):
                del self._sent[gone], self._tokens[gone]
            self._order = order
            parts.append(f'"order":{json.dumps(order)}')
        parts.append(f'"cells":[{",".join(cells)}]')
        return f"{{{','.join(parts)}}}"

    async def _changed(self, view: View, shown: _Shown) -> list[str]:
        """Each cell that changed, as JSON: its identity and the keys whose values changed."""
        found = []
        for position, cell in enumerate(view.cells):
            if position % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            ident = cell.ident
            so_far = self._writing(ident) if cell.state == "running" else None
            token = (
                cell.cell,
                cell.names.facts,
                cell.record,
                cell.state,
                cell.status.reason,
                cell.live,
                view.needs[position],
                view.readers[position],
                so_far,
            )
            before = self._tokens.get(ident)
            if before is not None and _same(before, token):
                continue
            made = view.cell_json(position)
            made.update(_place(view, position, shown), so_far=so_far)
            if cell.record is not None:
                made.update(await self._encoder.result(cell.record, made["error"]))
            else:
                made.update(outputs=[], ran_at="", cut=[])
            old = self._sent.get(ident)
            self._sent[ident], self._tokens[ident] = made, token
            if old is not None:
                made = {key: value for key, value in made.items() if old[key] != value}
                if not made:
                    continue
                made["id"] = ident
            found.append(_json(_named_nulls(made)))
        return found

    def _writing(self, ident: str) -> dict[str, Any]:
        """What a running cell has given so far."""
        streams = self._so_far.get(ident, {})
        written = {
            name: cut(streams[name].text(), SO_FAR) if name in streams else ""
            for name in ("stdout", "stderr")
        }
        outputs = [self._encoder.output(output) for output in self._displayed.get(ident, ())]
        return {**written, "outputs": outputs}


class _Shown:
    """The text that a view was made of: the document's may be a newer one soon."""

    __slots__ = ("_encoding", "_text", "version")

    def __init__(self, document: Document) -> None:
        self.version = document.version
        self._text = document.text
        self._encoding = document.encoding

    def end(self, line: int) -> dict[str, int]:
        """The position after the last character of a line."""
        line = min(line, len(self._text) - 1)
        column = len(self._text.line(line))
        return {"line": line, "character": self._text.units(line, column, self._encoding)}


def _about(view: View | None) -> dict[str, Any]:
    """What is said of the notebook itself."""
    if view is None:
        return {}
    return {"kernel": view.kernel, "bonds": dict(view.bonds)}


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    """Whether a cell is made of the very same things; what they hold is compared later."""
    return all(a is b or (type(a) is type(b) and a == b) for a, b in zip(before, now, strict=True))


def _place(view: View, position: int, shown: _Shown) -> dict[str, Any]:
    """Where a cell stands, and where its result belongs, as the client counts."""
    cell = view.cells[position].cell
    first = cell.marker if cell.marker is not None else cell.start
    last = max(first, cell.stop - 1)
    return {
        "range": {"start": {"line": first, "character": 0}, "end": shown.end(last)},
        "result_at": shown.end(last_line(cell)),
    }


def _named_nulls(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell whose nulls are also named: Neovim drops them while it reads."""
    nulls = [key for key, value in cell.items() if value is None]
    return {**cell, "nulls": nulls} if nulls else cell


def _json(value: dict[str, Any]) -> str:
    """JSON that every client can read: half of a surrogate pair is no character."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class _Encoder:
    """Results for JSON: texts cut, binary and long outputs by the file that holds them."""

    def __init__(self, server: SessionsServer, notebook: OpenNotebook) -> None:
        self._server = server
        self._notebook = notebook

    async def result(self, record: Record, error: dict[str, Any] | None) -> dict[str, Any]:
        """The keys of a cell that come from its last run."""
        made: dict[str, Any] = {"ran_at": record.ran_at, "cut": []}
        for name in ("text", "stdout", "stderr"):
            whole = getattr(record, name)
            made[name] = cut(whole, LONGEST)
            if made[name] is not whole:
                made["cut"].append(name)
        if error is not None:
            made["error"] = {**error, "traceback": cut(error["traceback"], LONGEST)}
        if any(_by_file(output) for output in record.outputs):
            self._server.scratch()  # made here, not by two threads at once
            made["outputs"] = await self._server.blocking(self._outputs, record.outputs)
        else:
            made["outputs"] = self._outputs(record.outputs)
        return made

    def _outputs(self, outputs: list[Output]) -> list[dict[str, Any]]:
        return [self.output(output) for output in outputs]

    def output(self, output: Output) -> dict[str, Any]:
        """One output: its type, and its data or the file that holds them."""
        if not _by_file(output):
            return {"mime": output.mime, "data": output.data}
        data = output.data
        content = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        notebook = self._notebook.path or self._notebook.uri
        file = media_file(output, notebook, self._server.scratch)
        made: dict[str, Any] = {"mime": output.mime, "file": file}
        made["bytes"] = len(content)
        size = pixels.size(content) if isinstance(data, bytes) else None
        if size is not None:
            made["size"] = list(size)
        return made


def _by_file(output: Output) -> bool:
    return isinstance(output.data, bytes) or len(output.data) > INLINE
