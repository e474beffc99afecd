"""Names, symbols, folds, links and code actions, at the edge: positions, versions, refusals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

if TYPE_CHECKING:
    from tests.lsp.editor import Buffer, Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTEBOOK = """\
# %% Größen 😀
'😀'; größe = 1; print(größe)
# %%
def fläche(n: int):
    '''größe'''
    return n * größe
class Figur:
    def zeichne(self): return self.größe
# %% [markdown]
# ## Über größe
# %%
größe = 2
print(f'😀 {größe}')
"""


def at(buffer: Buffer, piece: str, offset: int = 0) -> types.Position:
    """The client's position of a piece of the text."""
    line, column = buffer.lines.position(buffer.lines.text.index(piece) + offset)
    return types.Position(line, buffer.lines.units(line, column, buffer.editor.encoding))


def text_at(buffer: Buffer, place: types.Range) -> str:
    """The text of a range as the client counts."""
    lines, encoding = buffer.lines, buffer.editor.encoding
    offsets = [
        lines.offset(point.line, lines.column(point.line, point.character, encoding))
        for point in (place.start, place.end)
    ]
    return lines.text[offsets[0] : offsets[1]]


def after(buffer: Buffer, edit: types.WorkspaceEdit | None) -> str:
    """The text with an edit of the workspace applied, as the client does it."""
    assert edit is not None
    if buffer.editor.name in ("helix", "vscode"):
        [change] = edit.document_changes or []
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (
            buffer.uri, buffer.version,
        )  # fmt: skip
        edits: Any = change.edits
    else:
        assert edit.document_changes is None
        [(uri, edits)] = (edit.changes or {}).items()
        assert uri == buffer.uri
    lines = buffer.lines
    for one in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character))[::-1]:
        start, end = one.range.start, one.range.end
        places = [
            (p.line, lines.column(p.line, p.character, buffer.editor.encoding))
            for p in (start, end)
        ]
        lines = lines.edited(*places, one.new_text)
    return lines.text


async def rename(buffer: Buffer, piece: str, new: str, offset: int = 0) -> str:
    params = types.RenameParams(buffer.document, at(buffer, piece, offset), new)
    return after(buffer, await buffer.client.text_document_rename_async(params))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_renaming_goes_by_meaning(editor: Editor, end: str) -> None:
    buffer = editor.open(NOTEBOOK.replace("\n", end), f"rename{len(end)}.py")
    expected = NOTEBOOK.replace("größe = 1; print(größe)", "x = 1; print(x)")
    expected = expected.replace("n * größe", "n * x").replace("\n", end)
    assert await rename(buffer, "größe", "x") == expected
    assert await rename(buffer, "größe)", "x") == expected
    assert await rename(buffer, "größe\nclass".replace("\n", end), "x") == expected
    params = types.PrepareRenameParams(buffer.document, at(buffer, "größe}", 3))
    prepared: Any = await buffer.client.text_document_prepare_rename_async(params)
    assert prepared.placeholder == "größe"
    assert text_at(buffer, prepared.range) == "größe"


@pytest.mark.parametrize(
    ("piece", "new", "why"),
    [
        ("größe'''", "x", "There is no name of the notebook here"),
        ("print", "x", "`print` is one of Python's own names."),
        ("größe = 2", "for", "`for` is a word of Python's own grammar."),
        ("größe)", "n", "`n` would mean something else in cell 2."),
    ],
)
async def test_renaming_says_why_not(editor: Editor, piece: str, new: str, why: str) -> None:
    buffer = editor.open(NOTEBOOK, "refused.py")
    with pytest.raises(JsonRpcException, match=re.escape(why)):
        await rename(buffer, piece, new)


async def test_highlights_are_of_one_definition(editor: Editor) -> None:
    buffer = editor.open(NOTEBOOK, "highlight.py")

    async def lines(piece: str) -> list[tuple[int, str]]:
        params = types.DocumentHighlightParams(buffer.document, at(buffer, piece))
        found = await buffer.client.text_document_document_highlight_async(params) or []
        assert {text_at(buffer, one.range) for one in found} <= {"größe"}
        return [(one.range.start.line, one.kind.name) for one in found if one.kind]

    assert await lines("größe)") == [(1, "Write"), (1, "Read"), (5, "Read")]
    assert await lines("größe}") == [(11, "Write"), (12, "Read")]
    assert await lines("print") == []
    buffer.replace("größe = 2", "größe += 2")
    assert len(await lines("größe)")) == 5


async def test_definitions_are_offered_where_nobody_shows_them_twice(editor: Editor) -> None:
    buffer = editor.open("# %%\nprint(x)\n# %%\ndef f(): return y\n# %%\nx = y = 1\nf()\n", "go.py")
    offered = editor.capabilities.definition_provider
    assert bool(offered) == (editor.name == "vscode")
    if not offered:
        return
    for piece in ("x)", "y\n#", "y = 1"):
        point = at(buffer, piece)
        found: Any = await buffer.client.text_document_definition_async(
            types.DefinitionParams(buffer.document, point)
        )
        assert [(one.range.start.line, text_at(buffer, one.range)) for one in found] == [
            (5, piece[0])
        ]
        uses = await buffer.client.text_document_references_async(
            types.ReferenceParams(types.ReferenceContext(False), buffer.document, point)
        )
        assert [one.range.start.line for one in uses or []] == [1 if piece == "x)" else 3]


async def test_symbols_are_cells_with_what_they_define(editor: Editor) -> None:
    buffer = editor.open(NOTEBOOK, "symbols.py")
    found: Any = await buffer.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(buffer.document)
    )
    cells = ["Größen 😀", "Cell 2: def fläche(n: int):", "Cell 3: Über größe", "Cell 4: größe = 2"]
    if editor.name == "helix":
        names = [symbol.name for symbol in found]
        assert names == [
            cells[0], "größe", cells[1], "fläche", "Figur", "zeichne", cells[2], cells[3], "größe",
        ]  # fmt: skip
        places = {symbol.name: text_at(buffer, symbol.location.range) for symbol in found}
        assert all(places[name] == name for name in ("größe", "fläche", "Figur", "zeichne"))
        return
    assert [symbol.name for symbol in found] == cells
    inner = [[child.name for child in symbol.children] for symbol in found]
    assert inner == [["größe"], ["fläche", "Figur"], [], ["größe"]]
    assert [child.name for child in found[1].children[1].children] == ["zeichne"]
    assert text_at(buffer, found[1].children[0].selection_range) == "fläche"
    assert text_at(buffer, found[1].children[0].range).endswith("n * größe")
    assert text_at(buffer, found[3].selection_range) == "# %%"
    buffer.replace("class Figur", "\nclass Form")
    found = await buffer.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(buffer.document)
    )
    assert [child.name for child in found[1].children] == ["fläche", "Form"]
    assert text_at(buffer, found[3].children[0].selection_range) == "größe"


async def test_symbols_of_all_notebooks(editor: Editor) -> None:
    buffer = editor.open("# %% Zebra\nzebra_stripes = 1\n", "zoo.py")
    editor.open("zebra_none = 1\n", "no_notebook.py")
    found: Any = await buffer.client.workspace_symbol_async(types.WorkspaceSymbolParams("zbr"))
    assert [symbol.name for symbol in found] == ["Zebra", "zebra_stripes"]
    assert {symbol.location.uri for symbol in found} == {buffer.uri}
    buffer.closed()
    found = await buffer.client.workspace_symbol_async(types.WorkspaceSymbolParams("zbr"))
    assert found == []


FOLDS = """\
# %% One
def f(a,
      b):
    if a:
        b
    else:
        c

# %% Two

# %% Three
x = [
  1]
"""


async def test_cells_and_blocks_fold(editor: Editor) -> None:
    buffer = editor.open(FOLDS, "folds.py")
    found = await buffer.client.text_document_folding_range_async(
        types.FoldingRangeParams(buffer.document)
    )
    assert [(one.start_line, one.end_line) for one in found or []] == [
        (0, 6), (10, 12), (1, 6), (3, 4), (5, 6), (11, 12),
    ]  # fmt: skip
    texts = {one.collapsed_text for one in found or [] if one.kind}
    assert texts == ({"# %% One", "# %% Three"} if editor.name == "neovim" else {None})


async def test_selections_grow_from_name_to_notebook(editor: Editor) -> None:
    buffer = editor.open("# %% A\nx = 1\n# %%\nif 'ö':\n    f('😀', ab)\n\n", "select.py")
    params = types.SelectionRangeParams(buffer.document, [at(buffer, "ab"), at(buffer, "# %% A")])
    found = await buffer.client.text_document_selection_range_async(params)
    grown = []
    for one in found or []:
        chosen: types.SelectionRange | None = one
        while chosen is not None:
            grown.append(text_at(buffer, chosen.range))
            chosen = chosen.parent
    text = buffer.lines.text
    body = "if 'ö':\n    f('😀', ab)"
    assert grown == [
        "ab", "f('😀', ab)", "    f('😀', ab)", body, f"# %%\n{body}", text,
        "# %% A", "# %% A\nx = 1", text,
    ]  # fmt: skip


PICTURES = """\
# %% Two pictures
class P:
    def __init__(self, n): self.n = n
    def _repr_png_(self): return b'\\x89PNG' + bytes([self.n]) * 90_000
display(P(1))
P(2)
# %% None
3
"""


async def test_markers_lead_to_pictures(editor: Editor) -> None:
    buffer = editor.open(PICTURES, "pictures.py")

    async def links() -> list[types.DocumentLink]:
        params = types.DocumentLinkParams(buffer.document)
        return await buffer.client.text_document_document_link_async(params) or []

    assert await links() == []
    await buffer.run("runAll")
    found = await links()
    assert [text_at(buffer, link.range) for link in found] == ["# %% Two", " pictures"]
    files = [Path(to_fs_path(link.target or "") or "") for link in found]
    assert [file.read_bytes()[4] for file in files] == [1, 2]
    tips = [link.tooltip for link in found]
    expected = [f"Open the picture {n} of 2 of cell 1" for n in (1, 2)]
    assert tips == (expected if editor.name == "vscode" else [None, None])


async def actions(buffer: Buffer, piece: str, *only: str) -> dict[str, types.CodeAction]:
    """What is offered at a piece of the text, by title; no title is there twice."""
    point = at(buffer, piece)
    context = types.CodeActionContext(
        [d for d in buffer.diagnostics() if d.range.start.line == point.line],
        only=list(only) or None,
    )
    params = types.CodeActionParams(buffer.document, types.Range(point, point), context)
    found = await buffer.client.text_document_code_action_async(params) or []
    offered = {action.title: action for action in found if isinstance(action, types.CodeAction)}
    assert len(offered) == len(found)
    return offered


async def chosen(buffer: Buffer, action: types.CodeAction) -> str:
    if action.edit is None:
        action = await buffer.client.code_action_resolve_async(action)
    return after(buffer, action.edit)


CELLS = """\
# %% Use
x
# %% Make
x = 1
y = 2
# %% Magic
%matplotlib inline
"""


async def test_actions_run_cells_and_move_them(editor: Editor) -> None:
    buffer = editor.open(CELLS, "actions.py")
    offered = await actions(buffer, "y = 2")
    assert list(offered) == [
        "Run cell 2 (Make)", "Run stale cells", "Run all cells", "Split the cell here",
        "Insert a cell below", "Merge with cell 1 above", "Move the cell up", "Move the cell down",
        "Put all cells into script order", "Keep `y` to this cell, in a function",
    ]  # fmt: skip
    command = offered["Run cell 2 (Make)"].command
    assert command is not None
    await buffer.run("runAll")
    done = await buffer.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command.command, command.arguments)
    )
    assert done["ok"]
    assert await chosen(buffer, offered["Split the cell here"]) == CELLS.replace(
        "y = 2", "\n# %%\ny = 2"
    )
    assert await chosen(buffer, offered["Put all cells into script order"]) == (
        "# %% Make\nx = 1\ny = 2\n# %% Use\nx\n# %% Magic\n%matplotlib inline\n"
    )
    kept = await chosen(buffer, offered["Keep `y` to this cell, in a function"])
    assert "def make():\n    x = 1\n    y = 2\n    return x\nx = make()\n" in kept
    assert "Show the result of cell 1 (Use)" in await actions(buffer, "x\n")
    assert set(await actions(buffer, "y = 2", "refactor.move")) == {
        "Move the cell up", "Move the cell down",
    }  # fmt: skip


async def test_problems_have_their_fixes(editor: Editor) -> None:
    buffer = editor.open(CELLS, "fixes.py")
    offered = await actions(buffer, "x\n", "quickfix")
    assert list(offered) == ["Move cell 2 above this one", "Put all cells into script order"]
    fixed = await chosen(buffer, offered["Move cell 2 above this one"])
    assert fixed.startswith("# %% Make\nx = 1\ny = 2\n# %% Use\nx\n")
    [(title, action)] = (await actions(buffer, "%matplotlib", "quickfix")).items()
    assert title == "Comment out `%matplotlib inline`"
    assert action.is_preferred
    assert (await chosen(buffer, action)).endswith("\n# %matplotlib inline\n")


async def test_an_edit_of_another_version_is_refused(editor: Editor) -> None:
    buffer = editor.open(CELLS, "versions.py")
    action = (await actions(buffer, "y = 2"))["Split the cell here"]
    buffer.replace("y = 2", "y = 3")
    with pytest.raises(JsonRpcException, match="The notebook has changed since"):
        await buffer.client.code_action_resolve_async(action)
    assert editor.said() == []


async def test_why_an_action_cannot_be_done_is_said(editor: Editor) -> None:
    buffer = editor.open("# %%\nc = 0\n# %%\nb\n# %%\nc\n# %%\nb = 1; c = 2\n", "unsorted.py")
    action = (await actions(buffer, "c\n"))["Put all cells into script order"]
    with pytest.raises(JsonRpcException, match="That would change what `c` means"):
        await buffer.client.code_action_resolve_async(action)
    [said] = editor.said()
    assert said.startswith("That would change what `c` means")


async def test_other_python_files_have_nothing_of_it(editor: Editor) -> None:
    buffer = editor.open("x = 1\n", "plain.py")
    assert await actions(buffer, "x") == {}
    params = types.RenameParams(buffer.document, types.Position(0, 0), "y")
    assert await buffer.client.text_document_rename_async(params) is None
