"""Signatures of functions from their code objects: annotations may be code that is yet to run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List

_VARIADIC, _KEYWORDS, _ASYNC = 0x04, 0x08, 0x80 | 0x200


class _Sample:
    def method(self) -> None: ...


FUNCTION: Any = type(_Sample.method)
METHOD: Any = type(_Sample().method)


def signature(value: Any, text: Callable[[object], str]) -> str:
    """How a function, a method or a builtin one is called; ``text`` writes its defaults."""
    function: Any = value.__func__ if type(value) is METHOD else value
    if type(function) is not FUNCTION:
        return _builtin(value) if function is value else "a method"
    code = function.__code__
    word = "async " if code.co_flags & _ASYNC else ""
    parts = _parameters(function, code, text)
    if function is not value:
        parts = parts[1:]  # the object it is bound to
    if function.__name__ == "<lambda>":
        return f"lambda {', '.join(parts)}".rstrip()
    return f"{word}{function.__name__}({', '.join(parts)})"


def _builtin(value: Any) -> str:
    name, text = value.__name__, value.__text_signature__
    inside = text[1:-1] if type(text) is str and text[:1] == "(" else "…"
    parts = [part for part in inside.split(", ") if not part.startswith("$")]
    return f"{name}({', '.join(parts)})"


def _parameters(function: Any, code: Any, text: Callable[[object], str]) -> List[str]:
    names: List[str] = list(code.co_varnames)
    count, positional = code.co_argcount, code.co_posonlyargcount
    defaults = function.__defaults__ or ()
    parts = []
    for index in range(count):
        given = index - (count - len(defaults))
        name = names[index]
        parts.append(f"{name}={text(defaults[given])}" if given >= 0 else name)
        if index + 1 == positional:
            parts.append("/")
    rest = count + code.co_kwonlyargcount
    if code.co_flags & _VARIADIC:
        parts.append(f"*{names[rest]}")
        rest += 1
    elif code.co_kwonlyargcount:
        parts.append("*")
    keywords = function.__kwdefaults__ or {}
    for name in names[count : count + code.co_kwonlyargcount]:
        parts.append(f"{name}={text(keywords[name])}" if name in keywords else name)
    if code.co_flags & _KEYWORDS:
        parts.append(f"**{names[rest]}")
    return parts
