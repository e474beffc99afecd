"""Edits that are offered: cases as text, and what may not change in random and real notebooks."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import random
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import environments
from sessions_ls.edits import layout
from sessions_ls.edits.check import needs
from sessions_ls.edits.fixes import OPERATIONS, Offer, fixes, made, rewrites
from sessions_ls.edits.private import private
from sessions_ls.edits.rename import rename
from sessions_ls.edits.source import Source
from sessions_ls.edits.text import EditError, applied
from sessions_ls.reactive.problems import problems
from sessions_ls.reactive.program import Program
from tests.corpus.fetch import notebooks
from tests.edits.test_rename import SEEDS, cells_of
from tests.live.random_notebooks import text
from tests.reactive.resolved import cases

GALLERY = environments.CACHE / "gallery"
ENDS = ("\n", "\r\n", "\r")


def edited(notebook: str, operation: str, name: str = "", other: int = 0) -> str:
    """The notebook after an edit at the cursor `|`, or why it cannot be."""
    source = Source.read(notebook.replace("|", "", 1))
    line, _ = source.text.position(notebook.index("|"))
    position = source.at(line)
    try:
        if position is None:
            return applied(source.text, layout.split(source, line))
        offer = Offer("", "", operation, position, other, line, name)
        return applied(source.text, made(source, Offer.from_data(offer.data())))
    except EditError as refused:
        return str(refused)


@pytest.mark.parametrize(
    ("title", "notebook", "expected"), cases(Path(__file__).parent / "edits.txt")
)
def test_editing(title: str, notebook: str, expected: str) -> None:
    operation, _, rest = title.partition(": ")
    words = rest.partition(" <- ")[2].split()
    name = words[0] if words else ""
    other = int(words[1]) - 1 if len(words) > 1 else 0
    for end in ENDS:
        result = edited(notebook.replace("\n", end), operation, name, other)
        assert result.replace(end, "\n").strip() == expected
        if "%%" in expected:
            assert set(re.findall(r"\r\n|\n|\r", result)) <= {end}
    if "# %%" in expected and notebook.startswith("# %%"):
        marked = edited("\ufeff" + notebook, operation, name, other)
        assert marked.startswith("\ufeff#")
        assert marked[1:].strip() == expected


def test_every_operation_has_cases() -> None:
    titles = {title.partition(":")[0] for title, _, _ in cases(Path(__file__).parent / "edits.txt")}
    assert titles == set(OPERATIONS)


PROBLEMS = [
    # a notebook, and for each problem what is offered
    ("# %%\nx\n# %%\nx = 1\n", "script-order: above sort"),
    ("# %%\nx\n# %%\nx = 1\n# %%\nx = 2\n", "ambiguous-name: above above rename"),
    ("# %%\nx\n# %%\nx = 1\n# %%\nx = 2\n# %%\nx = 3\n", "ambiguous-name: above above above"),
    ("# %%\n!ls\n", "syntax-error: comment"),
    ("# %%\n!ls\n# %%\n%x\n", "syntax-error: comment, comment all, comment, comment all"),
    ("# %%\nx = (\n", ""),
    ("# %%\nx\n", ""),
]


@pytest.mark.parametrize(("notebook", "offered"), PROBLEMS)
def test_what_mends_a_problem(notebook: str, offered: str) -> None:
    source = Source.read(notebook)
    found = list(fixes(source, problems(program_of(source))))
    code, _, operations = offered.partition(": ")
    separator = ", " if "," in operations else None
    assert [offer.operation for offer in found] == operations.split(separator)
    assert {offer.problem.code for offer in found if offer.problem} <= {code}
    for offer in found:
        assert applied(source.text, made(source, offer)) != notebook


def program_of(source: Source, strict: bool = False) -> Program:
    return Program(source.notebook, source.cells, strict)


def test_one_home_for_each_name() -> None:
    source = Source.read("# %%\nx = 1\n# %%\nx = 2\n# %%\nx\n", strict=True)
    found = problems(program_of(source, strict=True))
    offers = list(fixes(source, found))
    assert [(offer.operation, offer.position) for offer in offers] == [
        ("private", 0), ("rename", 1), ("private", 1),
    ]  # fmt: skip
    for offer in offers[:2]:
        now = Source.read(applied(source.text, made(source, offer)), strict=True)
        assert problems(program_of(now, strict=True)) == []


REWRITES = [
    ("# %%\na\n|b\n", "split insert"),
    ("# %%\n|a\n# %%\nb\n", "insert down private"),
    ("# %%\nb\n# %% A|\na\n", "insert merge up"),
    ("a\n# %%\nb|\n", "insert merge"),
    ("# %%\nb\n# %% [md]\n# |a\n# %%\nc\n", "insert up down"),
    ("# %%\nc\n# %%\nb|\n# %%\nc = 1\n", "insert merge up down sort"),
    ('"""a|"""\n# %%\nb\n', ""),
]


@pytest.mark.parametrize(("notebook", "offered"), REWRITES)
def test_what_is_offered_in_any_case(notebook: str, offered: str) -> None:
    if "private" in offered:
        notebook = notebook.replace("|a", "|a = 1")
    source = Source.read(notebook.replace("|", ""))
    place = source.text.position(notebook.index("|"))
    assert " ".join(offer.operation for offer in rewrites(source, *place)) == offered


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"operation": "x", "position": 0, "other": 0, "line": 0, "name": ""},
        {"operation": "up", "position": "0", "other": 0, "line": 0, "name": ""},
        {"operation": "up", "position": 9, "other": 0, "line": 0, "name": ""},
    ],
)
def test_an_offer_from_elsewhere_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(EditError):
        made(Source.read("# %%\na\n"), Offer.from_data(data))


# -- what may not change -------------------------------------------------------------------------


def meanings(source: Source) -> set[tuple[str, str, str]]:
    """Which definition each read means, by the texts of the cells."""
    code = [cell.cell.source.strip() for cell in source.cells]
    return {(code[r], name, code[m]) for r, name, m in needs(source)}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(SEEDS)
def test_script_order_keeps_every_meaning(seed: int) -> None:
    cells = list(dict.fromkeys(cells_of(Random(seed))))
    source = Source.read(text(cells))
    try:
        edits = layout.in_script_order(source)
    except EditError:
        return
    now = Source.read(applied(source.text, edits))
    assert sorted(cell.cell.source for cell in now.cells) == sorted(
        cell.cell.source for cell in source.cells
    )
    assert not now.resolution.forward
    assert meanings(now) == meanings(source)


def test_most_random_notebooks_can_be_sorted() -> None:
    counts = {"sorted": 0, "refused": 0}
    for seed in range(200):
        source = Source.read(text(cells_of(Random(seed))))
        if source.resolution.forward:
            try:
                layout.in_script_order(source)
                counts["sorted"] += 1
            except EditError:
                counts["refused"] += 1
    assert counts["sorted"] > 10, counts


def shown(source: Source) -> list[str]:
    """What a fresh run shows for each cell: its last expression, or the error that ended it.

    A cell that needs one that failed is blocked.
    """
    namespace: dict[str, object] = {"__name__": "__main__"}
    found = [""] * len(source.cells)
    failed: set[int] = set()
    random.seed(0)
    for position in source.resolution.order:
        if failed.intersection(source.resolution.needs[position].values()):
            found[position] = "blocked"
            failed.add(position)
            continue
        tree = ast.parse(source.cells[position].cell.source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(tree, "<cell>", "exec"), namespace)
                if isinstance(last, ast.Expr):
                    value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
                    found[position] = "" if value is None else ADDRESS.sub("", repr(value))
        except Exception as error:  # noqa: BLE001 - whatever the random cell raises
            found[position] = type(error).__name__
            failed.add(position)
    return found


ADDRESS = re.compile("0x[0-9a-f]+")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SEEDS)
def test_a_name_kept_to_its_cell_changes_no_result(seed: int) -> None:
    rng = Random(seed)
    cells = [cell for cell in cells_of(rng) if "exec" not in cell]
    source = Source.read(text(cells))
    if source.resolution.forward:
        return  # `shown` leaves names of later cells in place for earlier ones
    for position, cell in enumerate(source.cells):
        for name in sorted(cell.facts.binds):
            try:
                edits = private(source, position, name)
            except EditError:
                continue
            now = Source.read(applied(source.text, edits))
            assert name not in now.cells[position].facts.binds
            before = {need for need in needs(source) if need[0] == position}
            after = {need for need in needs(now) if need[0] == position}
            assert after <= before
            assert {lost for _, lost, _ in before - after} <= cell.facts.maybe
            assert needs(source) - needs(now) == before - after
            for was, is_now in zip(shown(source), shown(now), strict=True):
                # Who reads what the function gave back now waits for what the function reads, and
                # no longer for a name that the cell only handed on.
                assert is_now in (was, "blocked") or (was == "blocked" and before != after)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SEEDS)
def test_a_name_renamed_changes_no_result(seed: int) -> None:
    rng = Random(seed)
    source = Source.read(text([cell for cell in cells_of(rng) if "exec" not in cell]))
    before = shown(source)
    if source.resolution.forward or "NameError" in before:
        return  # a name without a definition may get one
    for position in range(len(source.cells)):
        for spot in source.spots(position):
            line, column, _ = source.place(position, spot)
            try:
                edits = rename(source, line, column, rng.choice("abcdpqrx"))
            except EditError:
                continue
            assert shown(Source.read(applied(source.text, edits))) == before


def test_many_names_of_random_notebooks_can_be_kept() -> None:
    kept = 0
    for seed in range(100):
        source = Source.read(text(cells_of(Random(seed))))
        for position, cell in enumerate(source.cells):
            for name in sorted(cell.facts.binds):
                try:
                    kept += bool(private(source, position, name))
                except EditError:
                    pass
    assert kept > 30


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from(ENDS), st.booleans())
def test_moving_there_and_back_gives_every_character_again(
    seed: int, end: str, ended: bool
) -> None:
    rng = Random(seed)
    cells = ["", *cells_of(rng), ""]
    notebook = end.join(
        f"# %% {n}{end}{cell.replace(chr(10), end)}{end * rng.randint(0, 2)}"
        for n, cell in enumerate(cells)
    ) + (end if ended else "")
    source = Source.read(notebook)
    position = rng.randrange(1, len(source.cells))
    up = applied(source.text, layout.moved(source, position, -1))
    again = Source.read(up)
    assert applied(again.text, layout.moved(again, position - 1, 1)) == notebook
    assert sorted(up.replace(end, "\n").split("\n")) == sorted(
        notebook.replace(end, "\n").split("\n")
    )


@pytest.mark.skipif(not GALLERY.exists(), reason="python -m tests.corpus.gallery fetches the files")
def test_real_notebooks_keep_their_meaning_when_names_change() -> None:
    made_ = 0
    count = int(os.environ.get("SESSIONS_LS_THOROUGH", "1")) * 12
    for path in notebooks(GALLERY)[:: max(1, 366 // count)]:
        source = Source.read(path.read_text("utf-8"))
        for position, cell in enumerate(source.cells):
            for spot in source.spots(position):
                if spot.name in cell.facts.binds and spot.kind == "bind":
                    line, column, _ = source.place(position, spot)
                    edits = rename(source, line, column, "renamed_")
                    now = Source.read(applied(source.text, edits))
                    back = {(r, spot.name if n == "renamed_" else n, m) for r, n, m in needs(now)}
                    assert back == needs(source), (path, spot)
                    made_ += 1
    assert made_ > 50
