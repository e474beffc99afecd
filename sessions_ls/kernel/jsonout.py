"""A JSON encoder for events: the `json` module takes longer to import than the kernel to start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

try:
    from _json import encode_basestring_ascii as quote
except ImportError:  # an interpreter built without the accelerator

    def _quote(text: str) -> str:
        out = ['"']
        for char in text:
            code = ord(char)
            if char in '"\\':
                out.append("\\" + char)
            elif 0x20 <= code < 0x7F:
                out.append(char)
            elif code < 0x10000:
                out.append(f"\\u{code:04x}")
            else:
                code -= 0x10000
                out.append(f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}")
        out.append('"')
        return "".join(out)

    quote: Callable[[str], str] = _quote  # type: ignore[no-redef]


def encode(value: object) -> str:
    """Return `value` as ASCII JSON text.

    Takes None, bool, int, float, str, list, tuple and dict with string keys; a float that JSON
    cannot say becomes null, and anything else its `str`.
    """
    if type(value) is str:
        return quote(value)
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value) if value - value == 0.0 else "null"
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(
                [
                    f"{quote(str(key))}:{quote(one) if type(one) is str else encode(one)}"
                    for key, one in value.items()
                ]
            )
            + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([encode(one) for one in value]) + "]"
    return quote(str(value))


def printable(text: str) -> str:
    """Return `text` without lone surrogates, which no file and no wire can carry: they are
    written as Python's standard error does, as escapes."""
    if text.isascii():
        return text if type(text) is str else "".join((text,))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join((text,))
