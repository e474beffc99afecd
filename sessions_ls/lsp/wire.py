"""The stream: lenient with what clients send, cheap for what we send often.

Diagnostics, lenses and hints are made as JSON text at once: building thousands of protocol objects
and unfolding them again costs ten times as much.
"""

from __future__ import annotations

import logging
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCNotification,
    LanguageServerProtocol,
    lsp_method,
)

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Json", "Protocol", "Refused", "quoted", "range_json"]

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
        """As pygls's, which raises when the event loop ends under a handler, and leaves the failure
        of one whose request was cancelled to the log.
        """
        if future is not None and future.cancelled():
            gen.close()
        elif future is not None and result_future.cancelled():
            future.exception()
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
