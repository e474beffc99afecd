"""Protocol objects are read and written as lsprotocol's own converter does it, in less time."""

from __future__ import annotations

import enum
import json
import types as python
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from lsprotocol import converters, types

from sessions_ls.lsp.converter import converter

CLIENTS = sorted((Path(__file__).parent / "clients").glob("*.json"))
PLAIN = {str: "text", int: 1, float: 1.5, bool: True, type(None): None}
DEEP = 7


def sample(kind: Any, depth: int = 0) -> Any:
    """An object of this type with every field that it can have, down to some depth."""
    origin, members = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if attrs.has(kind):
        open_ = [a for a in attrs.fields(kind) if a.default in (None, attrs.NOTHING)]
        given = [a for a in open_ if a.default is attrs.NOTHING or depth < DEEP]
        return kind(**{a.alias: sample(a.type, depth + 1) for a in given})
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    if origin is typing.Literal:
        return members[0]
    if origin in (typing.Union, python.UnionType):
        return sample(members[0], depth)
    if origin is tuple:
        return tuple(sample(member, depth + 1) for member in members)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return [sample(members[0], depth + 1)] if depth < DEEP else []
    if isinstance(origin, type):  # a mapping
        return {sample(members[0], depth + 1): sample(members[1], depth + 1)}
    return "anything"


def messages() -> list[type]:
    return [kind for kinds in types.METHOD_TO_TYPES.values() for kind in kinds[:2] if kind]


def test_every_message_is_read_and_written_as_by_lsprotocol() -> None:
    ours, theirs = converter(), converters.get_converter()
    for kind in messages():
        message = sample(kind)
        written = theirs.unstructure(message)
        assert ours.unstructure(message) == written, kind
        sent = json.loads(json.dumps(written))
        assert ours.structure(sent, kind) == theirs.structure(sent, kind), kind


@pytest.mark.parametrize("path", CLIENTS, ids=lambda path: path.stem)
def test_what_clients_say_first_is_read_as_by_lsprotocol(path: Path) -> None:
    said = json.loads(path.read_text("utf-8"))
    params = {"processId": None, "rootUri": None, "capabilities": said.get("capabilities", said)}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    kind = types.InitializeRequest
    assert converter().structure(sent, kind) == converters.get_converter().structure(sent, kind)


def test_what_is_new_in_an_enumeration_is_left_as_it_is() -> None:
    made = converter()
    assert made.structure(999, types.SymbolKind) == 999
    found = made.structure({"valueSet": [1, 999]}, types.ClientSymbolKindOptions)
    assert found.value_set == (types.SymbolKind.File, 999)
