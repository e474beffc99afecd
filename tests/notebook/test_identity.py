"""Which cell continues which. A cell is written `code`, `code#id` or `code@title`."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_ls.notebook.identity import align


def cell(text):
    code, _, title = text.partition("@")
    code, _, name = code.partition("#")
    return code, name or None, title or None


def aligned(old, new):
    return align([cell(text) for text in old.split()], [cell(text) for text in new.split()])


# (what happened, old cells, new cells, the old cell each new one continues: - for none)
CASES = [
    ("nothing", "a b c", "a b c", "0 1 2"),
    ("from nothing", "", "a b", "- -"),
    ("to nothing", "a b", "", ""),
    ("an edit", "a b c", "a B c", "0 1 2"),
    ("an edit of the first", "a b c", "A b c", "0 1 2"),
    ("an edit of the last", "a b c", "a b C", "0 1 2"),
    ("an edit of the only cell", "a", "A", "0"),
    ("two neighbours edited", "a b c d", "a B C d", "0 1 2 3"),
    ("all edited", "a b c", "A B C", "0 1 2"),
    ("an insert", "a b c", "a x b c", "0 - 1 2"),
    ("an insert at the top", "a b", "x a b", "- 0 1"),
    ("an insert at the end", "a b", "a b x", "0 1 -"),
    ("two inserts", "a b c", "x a b y c", "- 0 1 - 2"),
    ("a delete", "a b c", "a c", "0 2"),
    ("a move down", "a b c d", "b c d a", "1 2 3 0"),
    ("a move up", "a b c d", "d a b c", "3 0 1 2"),
    ("a swap", "a b c d", "a c b d", "0 2 1 3"),
    ("an edit between moved cells", "a b c m", "a m B c", "0 3 1 2"),
    ("an edit and a move elsewhere", "a b c d e", "A c d b e", "0 2 3 1 4"),
    ("an edit and an insert apart", "a b c d", "a B c x d", "0 1 2 - 3"),
    ("an edit and an insert side by side: no telling which", "a b c", "a B x c", "0 - - 2"),
    ("a cell cut in two", "a b c", "a b1 b2 c", "0 - - 2"),
    ("two cells joined", "a b c d", "a bc d", "0 - 3"),
    ("an edit and a delete apart", "a b c d e", "a B c e", "0 1 2 4"),
    ("a copy right below", "a b", "a a b", "0 - 1"),
    ("a copy at the end", "a b c", "a b c a", "0 1 2 -"),
    ("a copy at the top", "a b c", "c a b c", "- 0 1 2"),
    ("an insert among copies", "p p p", "p x p p", "0 - 1 2"),
    ("a delete among copies", "a p b p c p", "a p b c p", "0 1 2 4 5"),
    ("copies keep their neighbours", "a p b p", "b p a p", "2 3 0 1"),
    ("a copy edited", "a p b p c", "a P b p c", "0 1 2 3 4"),
    ("edited and moved, with an id", "a b#k c d", "a c d B#k", "0 2 3 1"),
    ("edited and moved, with a title", "a b@K c d", "a c d B@K", "0 2 3 1"),
    ("edited beside an insert, with a title", "a b@K c", "a x B@K c", "0 - 1 2"),
    ("a title used twice tells nothing", "a b@K c@K d", "a d B@K", "0 3 -"),
    ("equal code before the id", "a#k b", "b#k A", "1 -"),
    ("another id is another cell", "a b#k c", "a B#m c", "0 - 2"),
    ("an id added", "a b c", "a b#k c", "0 1 2"),
    ("an id added with an edit", "a b c", "a B#k c", "0 1 2"),
    ("an id changed, the code the same", "a b#k c", "a b#m c", "0 1 2"),
    ("equal code, swapped ids", "a#k a#m", "a#m a#k", "1 0"),
    ("a title changed with the code", "a b@K c", "a B@M c", "0 1 2"),
]


@pytest.mark.parametrize(("what", "old", "new", "expected"), CASES)
def test_cases(what, old, new, expected):
    wanted = [None if word == "-" else int(word) for word in expected.split()]
    assert aligned(old, new) == wanted, what


CELLS = st.tuples(
    st.sampled_from("abcdefgh"),
    st.sampled_from([None, None, None, "k", "m"]),
    st.sampled_from([None, None, "T", "U"]),
)
DISTINCT = st.integers(1, 12).map(lambda n: [(f"c{i}", None, None) for i in range(n)])


@given(st.lists(CELLS, max_size=12), st.lists(CELLS, max_size=12))
def test_no_old_cell_is_continued_twice_and_equal_code_stays(old, new):
    found = align(old, new)
    assert len(found) == len(new)
    taken = [i for i in found if i is not None]
    assert len(taken) == len(set(taken))
    assert all(0 <= i < len(old) for i in taken)
    # Equal code first: no code is left over on both sides.
    left = {old[i][0] for i in range(len(old)) if i not in taken}
    assert not left & {new[j][0] for j in range(len(new)) if found[j] is None}
    codes = {cell[0] for cell in old} & {cell[0] for cell in new}
    for code in codes:
        both = sum(
            found[j] is not None and old[found[j]][0] == code == new[j][0] for j in range(len(new))
        )
        assert both == min(sum(c[0] == code for c in old), sum(c[0] == code for c in new))


@given(st.lists(CELLS, max_size=12))
def test_unchanged_is_the_identity(cells):
    assert align(cells, cells) == list(range(len(cells)))


@given(DISTINCT, st.data())
def test_inserted_cells_take_no_ones_place(old, data):
    new = [(i, cell) for i, cell in enumerate(old)]
    for n in range(data.draw(st.integers(1, 4))):
        new.insert(data.draw(st.integers(0, len(new))), (None, (f"new{n}", None, None)))
    assert align(old, [cell for _, cell in new]) == [i for i, _ in new]


@given(DISTINCT, st.data())
def test_deleted_cells_disturb_no_one(old, data):
    kept = [i for i in range(len(old)) if data.draw(st.booleans())]
    assert align(old, [old[i] for i in kept]) == kept


@given(DISTINCT, st.data())
def test_moved_cells_keep_their_own(old, data):
    order = data.draw(st.permutations(range(len(old))))
    assert align(old, [old[i] for i in order]) == list(order)


@given(DISTINCT, st.data())
def test_a_copy_takes_one_place_and_disturbs_no_other(old, data):
    source = data.draw(st.integers(0, len(old) - 1))
    place = data.draw(st.integers(0, len(old)))
    new = [*old[:place], old[source], *old[place:]]
    found = align(old, new)
    assert [i for i in found if i not in (source, None)] == [
        i for i in range(len(old)) if i != source
    ]
    assert found.count(source) == 1
    assert found.count(None) == 1


@given(DISTINCT, st.data())
def test_edited_cells_continue(old, data):
    new = [
        (code + "!", None, None) if data.draw(st.booleans()) else (code, None, None)
        for code, _, _ in old
    ]
    assert align(old, new) == list(range(len(old)))


@given(DISTINCT, st.data())
def test_an_edit_beside_a_move(old, data):
    moved = data.draw(st.integers(0, len(old) - 1))
    place = data.draw(st.integers(0, len(old) - 1))
    order = [i for i in range(len(old)) if i != moved]
    order.insert(place, moved)
    edited = data.draw(st.sampled_from(range(len(old))))
    if edited != moved:
        new = [(f"c{i}" + "!" * (i == edited), None, None) for i in order]
        assert align(old, new)[order.index(edited)] in (edited, None)
        assert [i for i in align(old, new) if i not in (edited, None)] == [
            i for i in order if i != edited
        ]


@pytest.mark.parametrize("kinds", [10_000, 7, 1])
def test_ten_thousand_cells(kinds):
    """However many copies of one code there are, the time stays linear."""
    old = [(f"c{i % kinds}", None, None) for i in range(10_000)]
    new = [*old[5_000:], ("x", None, None), *old[:5_000]]
    began = time.process_time()
    found = align(old, new)
    assert time.process_time() - began < 2
    assert sorted(i for i in found if i is not None) == list(range(10_000))
