"""The words of a cell marker: title, kind and metadata.

The grammar is Jupytext's percent format: `# %% Title [markdown] key=value key="text" key=[1, 2]`,
or a JSON object in place of the pairs. What cannot be read as metadata stays in the title, with an
issue.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    # Start and end column in the marker's words, and what is wrong there.
    Issue = tuple[int, int, str, str]

_KINDS = (("[markdown]", "markdown"), ("[raw]", "raw"), ("[md]", "markdown"))
_MARKS = tuple(mark for mark, _ in _KINDS)
_CELL_TYPES = ("code", "markdown", "raw")
_BLANK = " \t"
_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@/-")
_CONSTANTS: dict[str, object] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
}
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_FLAGS = ("disabled", "manual", "volatile")


class Marker:
    """What the words after `# %%` say. `issues` hold columns in those words."""

    __slots__ = ("issues", "kind", "metadata", "title")

    def __init__(
        self,
        kind: str,
        title: str | None,
        metadata: dict[str, object],
        issues: tuple[Issue, ...] = (),
    ) -> None:
        self.kind = kind
        self.title = title
        self.metadata = metadata
        self.issues = issues


def parse_marker(words: str) -> Marker:
    """Read the words after `# %%`; percent signs at their start are the depth of a sub-cell."""
    if "=" not in words and "{" not in words and "[" not in words and not words.startswith("%"):
        return Marker("code", words.strip() or None, {})
    depth = len(words) - len(words.lstrip("%"))
    if "=" in words or "{" in words:
        reading = _Reading(words, depth)
        title, metadata = reading.title(), reading.metadata
        issues = tuple(sorted(reading.issues))
    else:
        title, metadata, issues = words[depth:].strip(), {}, ()
    kind = "code"
    for mark, meant in _KINDS:
        if mark in title:
            kind, title = meant, title.replace(mark, "").strip()
            break
    else:
        if metadata.get("cell_type") in _CELL_TYPES:
            kind = str(metadata.pop("cell_type"))
    if depth:
        metadata["cell_depth"] = depth
    if not title and isinstance(metadata.get("title"), str):
        title = str(metadata["title"])
    return Marker(kind, title or None, metadata, issues)


class _Reading:
    """One pass over the words: a title up to the first pair, then pairs and bare keys."""

    def __init__(self, words: str, start: int) -> None:
        self.words = words
        self.metadata: dict[str, object] = {}
        self.issues: list[Issue] = []
        self._pieces: list[str] = []
        if not self._object(start):
            self._pairs(start)

    def title(self) -> str:
        return " ".join(piece for piece in self._pieces if piece)

    def _object(self, start: int) -> bool:
        """`Title {"key": 1}`: true when a JSON object ends the words."""
        words = self.words
        brace, equals = words.find("{", start), words.find("=", start)
        if brace < 0 or 0 <= equals < brace:
            return False
        text = words[brace:].strip()
        known, value = _value(text)
        if known and isinstance(value, dict) and all(isinstance(key, str) for key in value):
            self.metadata = value
            self._pieces = [words[start:brace].strip()]
            self._check(brace, brace + len(text))
            return True
        if text[1:].lstrip().startswith(('"', "'")):
            self.issues.append((brace, brace + len(text), "this is not a JSON object", "warning"))
            self._pieces = [words[start:].strip()]
            return True
        return False

    def _pairs(self, start: int) -> None:
        words = self.words
        title_end: int | None = None
        later: list[str] = []
        for begin, equals, end in _tokens(words, start):
            token = words[begin:end]
            if equals and self._pair(begin, equals, end):
                title_end = begin if title_end is None else title_end
            elif title_end is None:
                continue
            elif not equals and _is_bare_key(token):
                self.metadata.setdefault(token, None)
                self._check(begin, end, token)
            else:
                if not equals and token not in _MARKS:
                    said = f"{token!r} after the metadata is not a key"
                    self.issues.append((begin, end, said, "warning"))
                later.append(token)
        self._pieces = [words[start:title_end].strip(), *later]

    def _pair(self, begin: int, equals: int, end: int) -> bool:
        """Take `key=value`; false when it stays in the title, as prose or as an issue."""
        key, text = self.words[begin:equals], self.words[equals + 1 : end]
        if text.startswith("="):
            return False
        known, value = _value(text)
        if not known:
            said = f"{text} is not a value" if text else f"{key}= lacks a value"
            hint = f"{key} is true or false" if key in _FLAGS else f'a text is {key}="…"'
            # Prose may hold `alpha=small`; a key of ours, a quote or a bracket is meant.
            meant = key in _FLAGS or key == "id" or text[:1] in tuple("\"'[({")
            severity = "error" if meant else "warning"
            said = f"{said} ({hint}); the words stay in the title"
            self.issues.append((begin, end, said, severity))
            return False
        self.metadata[key] = value
        self._check(begin, end, key)
        return True

    def _check(self, begin: int, end: int, only: str | None = None) -> None:
        """The keys that mean something here must have the type they need."""
        for key in self.metadata if only is None else (only,):
            value = self.metadata[key]
            if key in _FLAGS and not isinstance(value, bool):
                said = f"{key} is true or false, not {value!r}"
                self.issues.append((begin, end, said, "error"))
            elif key == "id" and not (isinstance(value, str) and value):
                self.issues.append((begin, end, 'id is a text: id="…"', "error"))


def _tokens(words: str, start: int) -> Iterator[tuple[int, int, int]]:
    """Start, place of the `=` (0: none) and end of every word; a value may hold blanks."""
    while True:
        while start < len(words) and words[start] in _BLANK:
            start += 1
        if start >= len(words):
            return
        equals = start
        while equals < len(words) and words[equals] in _KEY:
            equals += 1
        if equals > start and words.startswith("=", equals):
            end = _value_end(words, equals + 1)
        else:
            equals, end = 0, _word_end(words, start)
        yield start, equals, end
        start = end


def _is_bare_key(word: str) -> bool:
    """Jupytext's rule: letters, digits, dots and underscores, no digit first."""
    plain = word.replace(".", "_")
    return plain.isascii() and plain.isidentifier()


def _word_end(words: str, start: int) -> int:
    while start < len(words) and words[start] not in _BLANK:
        start += 1
    return start


def _value_end(words: str, start: int) -> int:
    """Where the value at `start` ends: past its quote or bracket, else at the next blank."""
    opened: list[str] = []
    quote = ""
    position = start
    while position < len(words):
        character = words[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in _CLOSING:
            opened.append(_CLOSING[character])
        elif opened and character == opened[-1]:
            opened.pop()
        elif character in _BLANK and not opened:
            return position
        position += 1
    return _word_end(words, start) if quote or opened else len(words)


def _value(text: str) -> tuple[bool, object]:
    """Whether the text is a JSON or Python value, and the value."""
    if text in _CONSTANTS:
        return True, _CONSTANTS[text]
    if not text or text.isalpha():
        return False, None
    if text.isascii() and text.isdigit() and len(text) < 16 and (text[0] != "0" or text == "0"):
        return True, int(text)
    if text[0] == '"' and text.find('"', 1) == len(text) - 1 and "\\" not in text and len(text) > 1:
        return True, text[1:-1]
    import json

    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return _python_value(text)


def _python_value(text: str) -> tuple[bool, object]:
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return True, ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False, None
