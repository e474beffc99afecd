"""Which cell is which over edits, and which results stay with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.live.cells import Cells, record_key
from sessions_ls.notebook.cells import read_notebook
from sessions_ls.results.record import Record


def submitted(cells: Cells, text: str) -> list[str]:
    """The identities of the cells of this text."""
    cells.submit(read_notebook(text))
    return list(cells.idents)


def ran(cells: Cells, position: int, **more: object) -> Record:
    """A record of the cell as it is now, kept."""
    assert cells.program is not None
    code = cells.program.cells[position].code
    record = Record(id=cells.idents[position], code=code, text=f"result {position + 1}", **more)
    cells.put(position, record)
    return record


def notebook(*sources: str) -> str:
    """Each source a cell; one that begins with a marker brings its own."""
    return "".join(s + "\n" if s.startswith("# %%") else f"# %%\n{s}\n" for s in sources)


# (what, cells before, cells after, for each cell after whose result it shows: - for none)
EDITS = [
    ("an edit keeps the last result", "a b c", "a x c", "1 2 3"),
    ("an inserted cell takes no one's", "a b", "a x b", "1 - 2"),
    ("a moved cell keeps its own", "a b c", "c a b", "3 1 2"),
    ("a deleted cell's is gone", "a b c", "a c", "1 3"),
    ("a copy has none", "a b", "a a b", "1 - 2"),
    ("all deleted: an empty file is one cell", "a b", "", "-"),
]


@pytest.mark.parametrize(
    ("before", "after", "expected"), [case[1:] for case in EDITS], ids=[case[0] for case in EDITS]
)
def test_results_over_an_edit(before: str, after: str, expected: str) -> None:
    cells = Cells([], strict=False)
    submitted(cells, notebook(*before.split()))
    for position in range(len(before.split())):
        ran(cells, position)
    submitted(cells, notebook(*after.split()))
    shown = [record.text.split()[1] if record else "-" for record in cells.current()]
    assert " ".join(shown) == expected


def test_undoing_a_deletion_brings_the_result_back() -> None:
    cells = Cells([], strict=False)
    first = submitted(cells, notebook("a", "b", "c"))
    record = ran(cells, 1)
    submitted(cells, notebook("a", "c"))
    assert record not in cells.current()
    assert submitted(cells, notebook("a", "b", "c")) == first
    assert cells.current() == [None, record, None]


def test_so_does_pasting_it_elsewhere() -> None:
    cells = Cells([], strict=False)
    submitted(cells, notebook("a", "b", "c"))
    record = ran(cells, 1)
    submitted(cells, notebook("a", "c"))
    submitted(cells, notebook("a", "c", "b"))
    assert cells.current() == [None, None, record]


def test_the_same_notebook_gets_the_same_identities() -> None:
    text = notebook("x = 1", "x", "x", "")
    one = submitted(Cells([], strict=False), text)
    assert one == submitted(Cells([], strict=False), text)
    assert len(set(one)) == 4


def test_the_persons_own_id_is_the_identity() -> None:
    cells = Cells([], strict=False)
    idents = submitted(cells, notebook('# %% id="load"\nx = 1', '# %% id="load"\nx = 2'))
    assert idents[0] == "load"
    assert idents[1] != "load"


def test_an_id_holds_a_cell_through_edit_and_move() -> None:
    cells = Cells([], strict=False)
    submitted(cells, notebook('# %% id="load"\na', "b", "c"))
    record = ran(cells, 0)
    submitted(cells, notebook("b", "c", '# %% id="load"\nother'))
    assert cells.current() == [None, None, record]


def test_a_title_does_too() -> None:
    cells = Cells([], strict=False)
    submitted(cells, notebook("# %% Load\na", "b", "c"))
    record = ran(cells, 0)
    submitted(cells, notebook("b", "c", "# %% Load\nother"))
    assert cells.current() == [None, None, record]


def test_stored_records_find_their_cells() -> None:
    first = Cells([], strict=False)
    submitted(first, notebook("a", "b"))
    records = [ran(first, 0), ran(first, 1)]
    again = Cells(records, strict=False)
    submitted(again, notebook("x = 1", "a", "b"))
    assert again.current() == [None, *records]


def test_stored_records_with_one_id_twice() -> None:
    """A hand-edited file: the first counts."""
    cells = Cells([Record(id="i", code="1"), Record(id="i", code="2")], strict=False)
    submitted(cells, notebook("a"))
    assert [record.code for record in cells.current() if record] in ([], ["1"])


def test_what_a_run_taught_belongs_to_the_code_that_ran() -> None:
    cells = Cells([], strict=False)
    text = notebook("rows = []", "rows.append(1)", "rows")
    submitted(cells, text)
    assert not cells.put(0, Record(id=cells.idents[0], code="other"))
    assert cells.program is not None
    assert cells.program.cells[2].facts.key
    record = ran(cells, 1, amends=["rows"])
    assert cells.program.cells[1].facts.amends == {"rows"}
    submitted(cells, text.replace("append(1)", "append(2)"))
    assert cells.program.cells[1].facts.amends == frozenset()
    submitted(cells, text)
    assert cells.program.cells[1].facts.amends == {"rows"}
    assert cells.current()[1] == record


def test_put_says_when_the_resolution_changes() -> None:
    cells = Cells([], strict=False)
    submitted(cells, notebook("exec(text)", "x"))
    assert cells.program is not None
    code = cells.program.cells[0].code
    taught = Record(id=cells.idents[0], code=code, appears=["x"])
    assert cells.put(0, taught)
    assert not cells.put(0, taught)


def test_a_broken_cell_keeps_the_names_of_its_last_good_text() -> None:
    cells = Cells([], strict=False)
    submitted(cells, notebook("x = 1", "x"))
    for broken in ("x = (1", "x = ((1"):
        submitted(cells, notebook(broken, "x"))
        assert cells.program is not None
        assert cells.program.resolution.needs[1] == {"x": 0}
    submitted(cells, notebook("y = 1", "x"))
    assert cells.program.resolution.needs[1] == {}


def test_forget() -> None:
    cells = Cells([], strict=False)
    submitted(cells, notebook("a", "b"))
    ran(cells, 0)
    kept = ran(cells, 1)
    cells.forget([0])
    assert cells.current() == [None, kept]


def test_the_key_of_a_record_covers_what_it_depends_on() -> None:
    base = Record(id="i", code="c", reads={"x": "1"})
    assert record_key(base, "3.12") == record_key(base.replaced(text="t", runs=3), "3.12")
    assert record_key(base, "3.12") != record_key(base, "3.13")
    assert record_key(base, "3.12") != record_key(base.replaced(code="d"), "3.12")
    assert record_key(base, "3.12") != record_key(base.replaced(reads={"x": "2"}), "3.12")


SOURCES = st.lists(
    st.sampled_from(["a", "b", "c = 1", "d(", "", "# %% T\na", '# %% id="i"\nb']), max_size=6
)


@given(st.lists(SOURCES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_identities_are_always_one_a_cell(texts: list[list[str]], rng: object) -> None:
    cells = Cells([], strict=False)
    for sources in texts:
        idents = submitted(cells, notebook(*sources))
        assert len(idents) == len(set(idents)) == len(cells.program.cells)
        for position in range(len(idents)):
            if rng.random() < 0.5:  # type: ignore[attr-defined]
                ran(cells, position)
        for ident, record in zip(idents, cells.current(), strict=True):
            assert record is None or record.id == ident
