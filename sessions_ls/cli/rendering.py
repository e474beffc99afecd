"""Results as lines of text: what a person reads, and one line for what is no text."""

from __future__ import annotations

from sessions_ls.results.text import amount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessions_ls.results.record import ErrorInfo, Output

_PNG = b"\x89PNG\r\n\x1a\n"


def shown(outputs: Sequence[Output], text: str = "") -> Iterator[str]:
    """The lines for `outputs` and the result as plain text, in that order.

    Pictures get a line in any case, other rich forms only where there is no text.
    """
    textual = bool(text) or any(output.mime == "text/plain" for output in outputs)
    for output in outputs:
        if output.mime == "text/plain":
            yield str(output.data)
        elif output.mime.startswith("image/") or not textual:
            yield placeholder(output)
    if text:
        yield text


def placeholder(output: Output) -> str:
    """One line for a rich output, such as `[image/png 640x480]`."""
    data = output.data
    if isinstance(data, bytes):
        if data.startswith(_PNG) and len(data) >= 24:
            wide = int.from_bytes(data[16:20], "big")
            high = int.from_bytes(data[20:24], "big")
            return f"[{output.mime} {wide}x{high}]"
        size = amount(len(data)).replace("characters", "bytes")
    else:
        size = amount(len(data))
    return f"[{output.mime} {size}]"


def headline(error: ErrorInfo) -> str:
    """An error in one line, as Python ends its traceback with."""
    first = error.message.strip().partition("\n")[0]
    return f"{error.type}: {first}" if first else error.type
