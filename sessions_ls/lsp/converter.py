"""Protocol objects from JSON and back.

cattrs writes a function for each class and compiles it, which takes as long as a hundred objects
do without. Of most classes an editor sends or gets a few, many of them while it waits for its first
answer or after the first keystroke: those are read and written by their fields.
"""

from __future__ import annotations

import enum
import functools
import typing
from typing import TYPE_CHECKING, Any

import attrs
from cattrs import override
from lsprotocol import types
from pygls.protocol import default_converter

if TYPE_CHECKING:
    from collections.abc import Callable

    from cattrs import Converter

    Read = Callable[[Any, Any], Any]
    Write = Callable[[Any], dict[str, Any]]

MANY = frozenset(
    (
        types.DocumentHighlight,
        types.DocumentSymbol,
        types.FoldingRange,
        types.Location,
        types.Position,
        types.Range,
        types.SelectionRange,
        types.TextEdit,
        types.WorkspaceSymbol,
    )
)
"""What is sent by the thousand: cattrs may write functions for these, when they are needed."""


def converter() -> Converter:
    """pygls's converter, by fields, and with numbers and words that no enumeration has left as they
    are: a client may be newer than our list of symbol kinds; that is no reason to refuse it.
    """
    made: Converter = default_converter()  # type: ignore[no-untyped-call] # pygls leaves it bare
    for kind in vars(types).values():
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            made.register_structure_hook(kind, _lenient)
    _read_by_fields(made)
    made.register_unstructure_hook_factory(_is_rare, lambda kind: _writer(kind, made))
    return made


def _lenient(value: Any, kind: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return value


def _is_rare(kind: Any) -> bool:
    return attrs.has(kind) and kind not in MANY


def _read_by_fields(made: Converter) -> None:
    @functools.cache
    def hook(kind: Any) -> Read:
        # cattrs takes longer to find what reads a class than that takes to read it.
        return reader(kind) if attrs.has(kind) else made.get_structure_hook(kind)

    def reader(kind: Any) -> Read:
        keys = {field.name: _key(field.name) for field in attrs.fields(kind)}
        fields = [(keys[a.name], a.alias, *_bare(a.type)) for a in attrs.fields(kind)]

        def read(value: Any, _: Any) -> Any:
            given: dict[str, Any] = {}
            for key, name, bare, optional in fields:
                if key in value:
                    part = value[key]
                    given[name] = None if optional and part is None else hook(bare)(part, bare)
            return kind(**given)

        # By these cattrs tells the members of a union apart.
        renamed = {name: override(rename=key) for name, key in keys.items()}
        read.overrides = renamed  # type: ignore[attr-defined]
        return read

    made.register_structure_hook_factory(attrs.has, hook)


def _bare(kind: Any) -> tuple[Any, bool]:
    """A type without `Optional`, and whether it had that."""
    members = typing.get_args(kind) if typing.get_origin(kind) is typing.Union else ()
    if len(members) == 2 and members[1] is type(None):
        return members[0], True
    return kind, False


def _writer(kind: Any, made: Converter) -> Write:
    always = object()  # equal to no value
    fields = [
        (
            field.name,
            _key(field.name),
            always if types.is_special_property(kind, field.name) else field.default,
        )
        for field in attrs.fields(kind)
    ]

    def write(value: Any) -> dict[str, Any]:
        parts = ((key, getattr(value, name), usual) for name, key, usual in fields)
        return {key: made.unstructure(part) for key, part, usual in parts if part != usual}

    return write


def _key(name: str) -> str:
    """The name of a field in JSON."""
    first, *more = name.removesuffix("_").split("_")
    return first + "".join(word.title() for word in more)
