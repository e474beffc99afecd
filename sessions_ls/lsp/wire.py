"""The stream: lenient with what clients send, cheap for what we send often.

Diagnostics, lenses and hints are made as JSON text at once: building thousands of protocol objects
and unfolding them again costs ten times as much.
"""

from __future__ import annotations

import enum
import logging
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCNotification,
    LanguageServerProtocol,
    default_converter,
    lsp_method,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from cattrs import Converter

__all__ = ["Json", "Protocol", "Refused", "converter", "quoted", "range_json"]

log = logging.getLogger(__name__)


class Refused(JsonRpcInvalidParams):
    """A request that cannot be met; the message is a sentence for the person."""


class Json:
    """A result that is JSON text already."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def range_json(line: int, column: int, end_line: int, end_column: int) -> str:
    """An LSP range; columns in the client's units."""
    return (
        f'{{"start":{{"line":{line},"character":{column}}},'
        f'"end":{{"line":{end_line},"character":{end_column}}}}}'
    )


FIRST = (
    types.InitializeRequest,
    types.DidOpenTextDocumentNotification,
    types.DidChangeTextDocumentNotification,
)
"""What is read first. How to read it takes long to work out: not while somebody waits for it."""


def converter() -> Converter:
    """pygls's converter, with numbers and words that no enumeration has left as they are.

    A client may be newer than our list of symbol kinds; that is no reason to refuse it.
    """

    def lenient(value: Any, kind: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            return value

    made: Converter = default_converter()  # type: ignore[no-untyped-call] # pygls leaves it bare
    for kind in vars(types).values():
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            made.register_structure_hook(kind, lenient)
    for kind in FIRST:
        made.get_structure_hook(kind)
    made.get_unstructure_hook(types.InitializeResponse)
    return made


class Protocol(LanguageServerProtocol):
    """pygls's protocol where every request gets an answer."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Messages from JSON. A malformed request is answered at once, then ignored."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" not in data or "method" not in data:
                raise
            cause = error.__cause__ or error
            answer = JsonRpcInvalidParams(f"Invalid parameters of {data['method']}: {cause}")
            self._send_response(data["id"], error=answer.to_response_error())
            return JsonRPCNotification(method="", jsonrpc="malformed", params=None)

    def _execute_handler(
        self, msg_id: str | int, handler: Any, callback: Any, args: Any = None, kwargs: Any = None
    ) -> None:
        """As pygls's, which never forgets the future of a notification."""
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))

    def _run_generator(
        self, future: Any, *, gen: Generator[Any, Any, Any], result_future: Any
    ) -> None:
        """As pygls's, which raises when the event loop ends under a handler."""
        if future is not None and future.cancelled():
            gen.close()
        else:
            super()._run_generator(future, gen=gen, result_future=result_future)

    def _send_response(
        self,
        msg_id: str | int,
        result: Any | None = None,
        error: types.ResponseError | None = None,
    ) -> None:
        if error is None and isinstance(result, Json):
            number = quoted(msg_id) if isinstance(msg_id, str) else msg_id
            self._send_text(f'{{"jsonrpc":"2.0","id":{number},"result":{result.text}}}')
        else:
            super()._send_response(msg_id, result, error)

    def notify_json(self, method: str, params: str) -> None:
        """Send a notification whose parameters are JSON text."""
        self._send_text(f'{{"jsonrpc":"2.0","method":"{method}","params":{params}}}')

    def _send_text(self, body: str) -> None:
        data = body.encode()
        try:
            assert self.writer is not None
            self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        except (OSError, ValueError) as error:  # ValueError: the stream was closed by `exit`
            log.info("the client is gone: %s", error)

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        """As pygls's, which changes the table of requests while it walks over it."""
        handler = self.fm.features.get(types.SHUTDOWN)
        if handler is not None:
            yield handler, args, None
        current = self.msg_id
        for msg_id, future in list(self._request_futures.items()):
            if msg_id != current and not future.done():
                future.cancel()
        self._shutdown = True
