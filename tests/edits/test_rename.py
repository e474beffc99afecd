"""Renaming: cases, and random notebooks where every read must mean what it meant."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_ls.edits.check import needs, open_reads
from sessions_ls.edits.meaning import Family, definitions
from sessions_ls.edits.rename import fresh_name, rename
from sessions_ls.edits.source import Source
from sessions_ls.edits.text import EditError, applied
from sessions_ls.reactive.resolve import resolve
from tests.live.random_notebooks import HEAD, edited, text
from tests.reactive.resolved import cases


def renamed(notebook: str, new: str) -> str:
    """The notebook with the name after `|` renamed, or why not."""
    source = Source.read(notebook.replace("|", "", 1))
    try:
        where = source.text.position(notebook.index("|"))
        return applied(source.text, rename(source, *where, new))
    except EditError as refused:
        return str(refused)


@pytest.mark.parametrize(
    ("name", "notebook", "expected"), cases(Path(__file__).parent / "rename.txt")
)
def test_renaming(name: str, notebook: str, expected: str) -> None:
    _, _, new = name.rpartition(" to ")
    assert renamed(notebook, new).strip() == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_other_character_stays(end: str, mark: str) -> None:
    """Line ends, tabs, form feeds, a byte order mark, characters of several units."""
    notebook = mark + end.join(
        [
            "|x = '😀'; y = x",
            "# %% 😀 x",
            "\fif x:",
            "\tprint(f'😀{x}', x)\t",
            "# x\x0c\x85 x",
            "x.x",
        ]
    )
    expected = notebook.replace("|", "", 1)
    for piece, changed in [
        ("x = '😀'; y = x", "é = '😀'; y = é"),
        ("if x", "if é"),
        ("{x}', x)", "{é}', é)"),
        ("x.x", "é.x"),
    ]:
        expected = expected.replace(piece, changed)
    assert renamed(notebook, "é") == expected


def test_what_running_taught_counts() -> None:
    source = Source.read("# %%\nfrom m import *\n# %%\nhidden\n# %%\nrows.append(1)\n# %%\nrows\n")
    taught = [((), {"hidden", "rows"}), ((), ()), ({"rows"}, ()), ((), ())]
    for cell, (amends, appears) in zip(source.cells, taught, strict=True):
        cell.learn(frozenset(amends), frozenset(appears))
    source.resolution = resolve([cell.facts for cell in source.cells])
    with pytest.raises(EditError, match="Cell 1 defines `hidden` where its text does not show it"):
        rename(source, 3, 0, "shown")
    [found] = definitions(source, 3, source.spots(3)[0]) or [None]
    assert found is None, "the text has no place to go to"
    assert len(Family(source, "rows").members((3, "before"))) == 2


SEEDS = st.integers(0, 2**32)


def cells_of(rng: Random) -> list[str]:
    """A random notebook; half of them in an order that no script has."""
    cells = list(HEAD)
    for _ in range(rng.randint(2, 9)):
        cells = edited(rng, cells, 0)
    if rng.random() < 0.5:
        rng.shuffle(cells)
    return cells


def identifiers(source: str) -> list[object]:
    """Every identifier of a text, in order, attributes and keywords included; None for none."""
    return [
        getattr(node, field, None)
        for node in ast.walk(ast.parse(source))
        for field in ("id", "name", "arg", "attr", "asname")
    ]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(SEEDS)
def test_every_read_means_what_it_meant(seed: int) -> None:
    rng = Random(seed)
    source = Source.read(text(cells_of(rng)))
    spots = [(p, spot) for p in range(len(source.cells)) for spot in source.spots(p)]
    if not spots:
        return
    position, spot = rng.choice(spots)
    line, column, _ = source.place(position, spot)
    new = rng.choice(["new", "new", "a", "p", "f"])
    try:
        edits = rename(source, line, column, new)
    except EditError:
        return
    now = Source.read(applied(source.text, edits))
    # Renaming it back gives the first text, where the new name was not one of the notebook's.
    allowed = {name for _, name in open_reads(source)}
    assert {n for _, n, _ in needs(now)} <= {new} | {n for _, n, _ in needs(source)} | allowed
    if edits and new == "new":
        assert {edit.new for edit in edits} <= {"new", " as new"}
        back = {(r, spot.name if n == "new" else n, m) for r, n, m in needs(now)}
        assert needs(source) <= back
        assert {name for _, name, _ in back - needs(source)} <= allowed
    for old_cell, new_cell in zip(source.cells, now.cells, strict=True):
        before, after = (identifiers(cell.cell.source) for cell in (old_cell, new_cell))
        for was, is_now in zip(before, after, strict=True):
            assert was == is_now or (was, is_now) in [(spot.name, new), (None, new)]


def test_most_renames_of_random_notebooks_are_made() -> None:
    """The property above is not one of refusals alone."""
    made = refused = 0
    for seed in range(100):
        rng = Random(seed)
        source = Source.read(text([cell for cell in cells_of(rng) if "exec" not in cell]))
        for position, cell in enumerate(source.cells):
            for spot in source.spots(position):
                if spot.name in cell.facts.binds:
                    try:
                        rename(source, *source.place(position, spot)[:2], "new")
                        made += 1
                    except EditError:
                        refused += 1
    assert made > 50 * refused, (made, refused)


def test_a_fresh_name_is_nowhere() -> None:
    source = Source.read("# %%\na = a_2\n# %%\n'a_3'\n# %%\n# a_4\nb.a_5\n")
    assert fresh_name(source, "a") == "a_6"
