"""One name across cells: highlights, definition, references, renaming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from sessions_ls.edits.meaning import Family, definitions
from sessions_ls.edits.rename import renamable, rename
from sessions_ls.edits.spot import READ
from sessions_ls.lsp.snapshot import Snapshot, snapshot
from sessions_ls.lsp.wire import Json, quoted

if TYPE_CHECKING:
    from sessions_ls.edits.spot import Spot
    from sessions_ls.lsp.server import SessionsServer

READING = types.DocumentHighlightKind.Read.value
WRITING = types.DocumentHighlightKind.Write.value


async def highlight(ls: SessionsServer, params: types.DocumentHighlightParams) -> Json | None:
    """`textDocument/documentHighlight`: where the same definition is meant."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    text: str | None = await shot.work(_highlights, shot, *shot.point(params.position))
    return Json(text) if text is not None else None


async def references(ls: SessionsServer, params: types.ReferenceParams) -> Json | None:
    """`textDocument/references`."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    wanted = params.context.include_declaration
    point = shot.point(params.position)
    text: str | None = await shot.work(_references, shot, *point, wanted)
    return Json(text) if text is not None else None


async def definition(
    ls: SessionsServer, params: types.DefinitionParams
) -> list[types.Location] | None:
    """`textDocument/definition`: the one that the notebook means, wherever it stands."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    found = shot.source.spot(*shot.point(params.position))
    if found is None:
        return None
    places = await shot.work(definitions, shot.source, *found)
    return [types.Location(shot.uri, shot.place(place)) for _, place in places] or None


async def prepare_rename(
    ls: SessionsServer, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder | None:
    """`textDocument/prepareRename`: what would be renamed, or why it cannot be."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    place, name = await shot.work(renamable, shot.source, *shot.point(params.position))
    return types.PrepareRenamePlaceholder(shot.place(place), name)


async def rename_name(ls: SessionsServer, params: types.RenameParams) -> Json | None:
    """`textDocument/rename`: wherever the same definition is meant; refused where that changes."""
    shot = await snapshot(ls, params.text_document.uri)
    if shot is None:
        return None
    point = shot.point(params.position)
    text: str = await shot.work(_renamed, shot, *point, params.new_name)
    return Json(text)


# -- in a thread ---------------------------------------------------------------------------------


def _highlights(shot: Snapshot, line: int, column: int) -> str | None:
    found = [
        f'{{"range":{place},"kind":{READING if spot.kind == READ else WRITING}}}'
        for spot, place in _same(shot, line, column)
    ]
    return f"[{','.join(found)}]" if found else None


def _references(shot: Snapshot, line: int, column: int, definitions: bool) -> str | None:
    uri, same = quoted(shot.uri), _same(shot, line, column)
    found = [
        f'{{"uri":{uri},"range":{place}}}'
        for spot, place in same
        if definitions or spot.kind == READ
    ]
    return f"[{','.join(found)}]" if same else None


def _renamed(shot: Snapshot, line: int, column: int, new: str) -> str:
    return shot.workspace_edit_json(rename(shot.source, line, column, new))


def _same(shot: Snapshot, line: int, column: int) -> list[tuple[Spot, str]]:
    """The spots that go with the one at a place; none for a name that no cell binds."""
    source = shot.source
    found = source.spot(line, column)
    if found is None:
        return []
    members = Family(source, found[1].name).of(*found)
    if all(spot.kind == READ for _, spot in members):
        return []
    return [(spot, shot.place_json(source.place(position, spot))) for position, spot in members]
