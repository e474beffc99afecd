"""Three texts into one. A cell is written `a`, edited `a2`, with a title `a@T`, an id `a#k`."""

import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sessions_ls.notebook.cells import read_notebook
from sessions_ls.notebook.merge import describe, edited_elsewhere, merge, take_theirs
from sessions_ls.notebook.pieces import Pieces, content, cut, line_end, with_line_ends


def cell(word):
    code, _, title = word.partition("@")
    code, _, name = code.partition("#")
    words = " ".join(part for part in ("# %%", title, f'id="{name}"' if name else "") if part)
    return f"{words}\n{code[0] * 12} = {code[1:] or 0}\n\n"


def text(words):
    return "".join(cell(word) for word in words.split())


def numbers(words):
    return [int(word) for word in words.split()]


# (what, base, mine, theirs, merged, conflicts as mine:theirs numbers, changed by theirs, news)
CASES = [
    ("nothing", "a b", "a b", "a b", "a b", "", "", "no cell was edited on disk"),
    ("an edit there", "a b", "a b", "a b2", "a b2", "", "2", "cell 2 was edited on disk"),
    ("an edit here", "a b", "a2 b", "a b", "a2 b", "", "", "no cell was edited on disk"),
    ("two cells", "a b", "a2 b", "a b2", "a2 b2", "", "2", "cell 2 was edited on disk"),
    ("the same edit", "a b", "a2 b", "a2 b", "a2 b", "", "", "no cell was edited on disk"),
    (
        "the same edit and one more",
        "a b c",
        "a2 b c",
        "a2 b c2",
        "a2 b c2",
        "",
        "3",
        "cell 3 was edited on disk",
    ),
    (
        "the same cell",
        "a b c",
        "a b2 c",
        "a b3 c",
        "a b2 c",
        "2:2",
        "2",
        "cell 2 was edited on disk; cell 2 was changed here too",
    ),
    (
        "the same cell and others",
        "a b c d e",
        "a b c2 d e",
        "a b c3 d e2 x",
        "a b c2 d e2 x",
        "3:3",
        "3 5",
        "cells 3 and 5 were edited and a cell was added on disk; cell 3 was changed here too",
    ),
    ("an insert there", "a b", "a b", "a x b", "a x b", "", "", "a cell was added on disk"),
    ("inserts apart", "a b", "x a b", "a b y z", "x a b y z", "", "", "2 cells were added on disk"),
    (
        "inserts at one place",
        "a b",
        "a x b",
        "a y b",
        "a x y b",
        "",
        "",
        "a cell was added on disk",
    ),
    ("inserts at the top", "a", "x a", "y a", "x y a", "", "", "a cell was added on disk"),
    ("inserts at the end", "a", "a x", "a y", "a x y", "", "", "a cell was added on disk"),
    ("inserts into nothing", "", "x", "y", "x y", "", "", "a cell was added on disk"),
    (
        "several at one place",
        "a b",
        "a x y b",
        "a v w b",
        "a x y v w b",
        "",
        "",
        "2 cells were added on disk",
    ),
    ("the same insert", "a b", "a x b2", "a x b", "a x b2", "", "", "no cell was edited on disk"),
    (
        "the same insert and another",
        "a b",
        "a x b",
        "a x y b",
        "a x y b",
        "",
        "",
        "a cell was added on disk",
    ),
    (
        "the same insert elsewhere is another cell",
        "a b",
        "a x b",
        "a b x",
        "a x b x",
        "",
        "",
        "a cell was added on disk",
    ),
    (
        "an insert below an edit",
        "a b c",
        "a b2 c",
        "a b y c",
        "a b2 y c",
        "",
        "",
        "a cell was added on disk",
    ),
    (
        "edit and insert there, edit here",
        "a b c",
        "a b2 c",
        "a b3 x c",
        "a b2 x c",
        "2:2",
        "2",
        "cell 2 was edited and a cell was added on disk; cell 2 was changed here too",
    ),
    ("removed there", "a b c", "a b c", "a c", "a c", "", "", "cell 2 was removed on disk"),
    ("removed here", "a b c", "a c", "a b c", "a c", "", "", "no cell was edited on disk"),
    ("removed by both", "a b c", "a c", "a", "a", "", "", "cell 2 was removed on disk"),
    ("removed apart", "a b c d", "a c d", "a b c", "a c", "", "", "cell 3 was removed on disk"),
    ("all removed there", "a b", "a b", "", "", "", "", "cells 1 and 2 were removed on disk"),
    (
        "removed there, edited here",
        "a b c",
        "a b2 c",
        "a c",
        "a b2 c",
        "2:-",
        "",
        "cell 2 was removed on disk; cell 2 was changed here too",
    ),
    (
        "removed here, edited there",
        "a b c",
        "a c",
        "a b2 c",
        "a c",
        "-:2",
        "",
        "a cell deleted here was edited on disk",
    ),
    (
        "an insert after a removed cell",
        "a b c",
        "a c",
        "a b x c",
        "a x c",
        "",
        "",
        "a cell was added on disk",
    ),
    ("moved there", "a b c d", "a b c d", "b c d a", "b c d a", "", "", "a cell was moved on disk"),
    (
        "moved there, edited here",
        "a b c d",
        "a2 b c d",
        "b c d a",
        "b c d a2",
        "",
        "",
        "a cell was moved on disk",
    ),
    (
        "moved here, edited there",
        "a b c d",
        "b c d a",
        "a2 b c d",
        "b c d a2",
        "",
        "4",
        "cell 4 was edited on disk",
    ),
    (
        "moved apart",
        "a b c d e f",
        "b c a d e f",
        "a b c e f d",
        "b c a e f d",
        "",
        "",
        "a cell was moved on disk",
    ),
    (
        "moved by both, each elsewhere",
        "a b c d",
        "b c a d",
        "b c d a",
        "b c a d",
        "",
        "",
        "no cell was edited on disk",
    ),
    (
        "moved and edited there, with a title",
        "a b@T c d",
        "a b@T c2 d",
        "a c d b9@T",
        "a c2 d b9@T",
        "",
        "2",
        "cell 2 was edited and a cell was moved on disk",
    ),
    (
        "moved and edited there, with an id, edited here",
        "a b#k c d",
        "a b2#k c d",
        "a c d b9#k",
        "a c d b2#k",
        "2:4",
        "2",
        "cell 2 was edited and a cell was moved on disk; cell 2 was changed here too",
    ),
    (
        "a title",
        "a b c",
        "a b c2",
        "a b@New c",
        "a b@New c2",
        "",
        "2",
        "cell 2 was edited on disk",
    ),
    (
        "many",
        "a b c d e f g h",
        "a b c d e f g h",
        "a2 b2 c2 d2 e2 f2 g2 h",
        "a2 b2 c2 d2 e2 f2 g2 h",
        "",
        "1 2 3 4 5 6 7",
        "7 cells were edited on disk",
    ),
]


@pytest.mark.parametrize(
    ("what", "base", "mine", "theirs", "merged", "conflicts", "changed", "news"), CASES
)
def test_cases(what, base, mine, theirs, merged, conflicts, changed, news):
    texts = text(base), text(mine), text(theirs)
    found = merge(*texts)
    assert found.text == text(merged), what
    both = [f"{c.number or '-'}:{c.theirs_number or '-'}" for c in found.conflicts]
    assert both == conflicts.split()
    assert found.theirs_changed == numbers(changed)
    ours = [c.number for c in found.conflicts]
    assert edited_elsewhere(*texts) == [n for n in numbers(changed) if n not in ours]
    assert describe(found) == news


# Texts as they are: (what, base, mine, theirs, merged, conflicts)
A, B = "# %% A\na = 1\n", "# %% B\nb = 1\n"
A2, B2, C = "# %% A\na = 2\n", "# %% B\nb = 2\n", "# %% C\nccc()\n"
EXACT = [
    (
        "added below no final line end",
        A + "# %%\nx",
        A2 + "# %%\nx",
        A + "# %%\nx\n" + C,
        A2 + "# %%\nx\n" + C,
        0,
    ),
    (
        "the last cell, and one below it",
        A + "# %%\nx",
        A + "# %%\nx + 1",
        A + "# %%\nx\n\n" + C,
        A + "# %%\nx + 1\n\n" + C,
        0,
    ),
    ("both below, without line ends", A, A + "# %%\nm", A + "# %%\nt", A + "# %%\nm\n# %%\nt", 0),
    (
        "both below, blank lines between",
        A,
        A + "\n\n# %%\nm\n",
        A + "\n\n# %%\nt\n",
        A + "\n\n# %%\nm\n\n\n# %%\nt\n",
        0,
    ),
    (
        "the last cell moved up, without line end",
        A + B + "# %%\nc",
        A2 + B + "# %%\nc",
        A + "# %%\nc\n" + B,
        A2 + "# %%\nc\n" + B,
        0,
    ),
    ("the final line end taken away here, a cell below", A, A[:-1], A + B, A + B, 0),
    (
        "half of a cell there, and one below it",
        A + "# %%\nx = load()\n" + B,
        A + "# %%\nx = load(1)\n" + B,
        A + "# %%\nx = load()\nplot(x)\n# %%\ny()\n" + B,
        A + "# %%\nx = load(1)\n# %%\ny()\n" + B,
        1,
    ),
    ("the final line end taken away", A + B, A2 + B, (A + B)[:-1], (A2 + B)[:-1], 0),
    ("blank lines there, an edit here", A + B, A2 + B, A + "\n\n" + B, A2 + "\n\n" + B, 0),
    ("blank lines here, an edit there", A + B, A + "\n\n" + B, A2 + B, A2 + "\n\n" + B, 0),
    ("blank lines on both sides", A + B, A + "\n" + B, A + "\n\n\n" + B2, A + "\n" + B2, 0),
    ("blank lines of a deleted cell", A + B, A, A + B + "\n", A, 0),
    (
        "header there",
        "import os\n" + A,
        "import os\n" + A2,
        "import sys\n" + A,
        "import sys\n" + A2,
        0,
    ),
    (
        "header on both sides",
        "import os\n" + A,
        "import re\n" + A,
        "import sys\n" + A,
        "import re\n" + A,
        1,
    ),
    ("header new there", A + B, A2 + B, "import os\n\n" + A + B, "import os\n\n" + A2 + B, 0),
    ("header gone there", "import os\n" + A, "import os\n" + A2, A, A2, 0),
    (
        "header gone there, edited here",
        "import os\n" + A,
        "import re\n" + A,
        A,
        "import re\n" + A,
        1,
    ),
    ("header gone here, edited there", "import os\n" + A, A, "import re\n" + A, A, 1),
    (
        "comments in front",
        "# by me\n" + A,
        "# by me\n" + A2,
        "# by you\n" + A,
        "# by you\n" + A2,
        0,
    ),
    ("first marker there", "x = 1\n", "x = 1\ny = 2\n", "x = 1\n" + A, "x = 1\ny = 2\n" + A, 0),
    ("header without line end", "x", "x = 1", "x\n" + A, "x = 1\n" + A, 0),
    ("no markers, both", "x\n", "y\n", "z\n", "y\n", 1),
    ("bom there", A + B, A2 + B, "\ufeff" + A + B2, "\ufeff" + A2 + B2, 0),
    ("bom here", A + B, "\ufeff" + A2 + B, A + B2, "\ufeff" + A2 + B2, 0),
    ("bom taken away there", "\ufeff" + A, "\ufeff" + A2, A + B, A2 + B, 0),
    (
        "bom and a cell in front",
        "\ufeff" + A,
        "\ufeff" + A2,
        "\ufeff" + B + A,
        "\ufeff" + B + A2,
        0,
    ),
    (
        "form feed",
        "# %% A\n\fa\n\f\n" + B,
        "# %% A\n\fa\n\f\n" + B2,
        "# %% A\n\fz\n\f\n" + B,
        "# %% A\n\fz\n\f\n" + B2,
        0,
    ),
    (
        "crlf there",
        A + B,
        A2 + B,
        (A + B2).replace("\n", "\r\n"),
        (A2 + B2).replace("\n", "\r\n"),
        0,
    ),
    (
        "crlf here",
        A + B,
        (A2 + B).replace("\n", "\r\n"),
        A + B2,
        (A2 + B2).replace("\n", "\r\n"),
        0,
    ),
    ("lf there", (A + B).replace("\n", "\r\n"), (A2 + B).replace("\n", "\r\n"), A + B2, A2 + B2, 0),
    ("crlf there, no line end before", "x", "x", "x\r\n# %%\r\ny", "x\r\n# %%\r\ny", 0),
    (
        "an lf cell below crlf",
        A.replace("\n", "\r\n"),
        A2.replace("\n", "\r\n"),
        A.replace("\n", "\r\n") + B,
        A2.replace("\n", "\r\n") + B,
        0,
    ),
    (
        "mixed, the cell edited here",
        A + B.replace("\n", "\r\n"),
        A2 + B.replace("\n", "\r\n"),
        (A + B2).replace("\n", "\r\n"),
        A2 + B2.replace("\n", "\r\n"),
        0,
    ),
    (
        "mixed, only line ends changed there",
        A + B.replace("\n", "\r\n"),
        A2 + B.replace("\n", "\r\n"),
        (A + B).replace("\n", "\r\n"),
        A2 + B.replace("\n", "\r\n"),
        0,
    ),
    (
        "a marker in a string",
        A + '# %% B\nb = """\n# %% no\n"""\n',
        A2 + '# %% B\nb = """\n# %% no\n"""\n',
        A + '# %% B\nb = """\n# %% yes\n"""\n',
        A2 + '# %% B\nb = """\n# %% yes\n"""\n',
        0,
    ),
    (
        "a string that does not close here",
        A + B,
        A + '# %% B\nb = """\n',
        A2 + B,
        A2 + '# %% B\nb = """\n',
        0,
    ),
    (
        "a fence",
        "# %% [markdown]\n# ```\n# %% no\n# ```\n" + B,
        "# %% [markdown]\n# ```\n# %% no\n# ```\n" + B2,
        "# %% [markdown]\n# ```\n# %% yes\n# ```\n" + B,
        "# %% [markdown]\n# ```\n# %% yes\n# ```\n" + B2,
        0,
    ),
]


@pytest.mark.parametrize(("what", "base", "mine", "theirs", "merged", "conflicts"), EXACT)
def test_bytes(what, base, mine, theirs, merged, conflicts):
    found = merge(base, mine, theirs)
    assert found.text == merged, what
    assert len(found.conflicts) == conflicts


# (what, base, mine, theirs, number in mine, number in theirs, mine afterwards)
TAKEN = [
    ("an edit", "a b c2", "a b2 c", "a b3 c9", 2, None, "a b3 c"),
    ("not edited here", "a b c", "a b c2", "a b3 c9", 2, None, "a b3 c2"),
    ("the same", "a b c", "a2 b c", "a b c9", 2, None, "a2 b c"),
    ("only here", "a b", "a x b", "a b9", 2, None, "a x b"),
    ("removed there", "a b c", "a b2 c", "a c9", 2, None, "a c"),
    ("removed here", "a b c", "a c", "a b2 c9", None, 2, "a b2 c"),
    ("removed here, before one removed there", "a b c", "b1 c", "a2 c", None, 1, "a2 b1 c"),
    ("removed here, the first", "a b c", "b c", "a2 b9 c", None, 1, "a2 b c"),
    ("removed here, the last", "a b c", "a b", "a b9 c2", None, 3, "a b c2"),
    ("added there", "a b", "a x b", "a y b9", None, 2, "a x y b"),
    ("by its number there", "a b", "x a b2", "a b3", None, 2, "x a b3"),
    ("moved", "a b c d", "b c d a2", "a9 b c d", 4, None, "b c d a9"),
]


@pytest.mark.parametrize(("what", "base", "mine", "theirs", "number", "there", "taken"), TAKEN)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_take_theirs(what, base, mine, theirs, number, there, taken, end):
    base, mine, theirs = text(base), with_line_ends(text(mine), end), text(theirs)
    found = take_theirs(base, mine, theirs, number, there)
    assert found == with_line_ends(text(taken), end), what


H = "import os\n"
# (what, base, mine, theirs, number in mine, number in theirs, mine afterwards)
TAKEN_EXACT = [
    ("header", H + A, "import re\n" + A2, "import sys\n\n" + A, 1, None, "import sys\n" + A2),
    ("header that is no cell", "# h\n" + A, "# i\n" + A2, "# j\n" + A, 0, None, "# j\n" + A2),
    ("header gone here", H + A, A2, "import re\n\n" + A, None, 1, "import re\n\n" + A2),
    ("header gone there", H + A, "import re\n" + A2, A, 1, None, "\n" + A2),
    ("last, no line end", "# %%\nx", "# %%\nxy", "# %%\nxz\n", 1, None, "# %%\nxz"),
    ("below a cell without line end", A, A[:-1], A + B, None, 2, A + B),
    ("mixed", A, "# %%\r\n", A + "# %%\r\ny", None, 2, "# %%\r\n# %%\r\ny"),
    ("bom stays", A, "\ufeff" + A2, "# %% A\na = 3\n", 1, None, "\ufeff# %% A\na = 3\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "base", "mine", "theirs", "number", "there", "taken"), TAKEN_EXACT
)
def test_take_theirs_to_the_byte(what, base, mine, theirs, number, there, taken):
    assert take_theirs(base, mine, theirs, number, there) == taken, what


@pytest.mark.parametrize(
    ("number", "there"), [(3, None), (0, None), (-1, None), (None, 9), (None, None)]
)
def test_take_theirs_of_no_cell(number, there):
    with pytest.raises(ValueError, match="cell"):
        take_theirs(H + A, H + A2, H + A, number, there)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"),
    [
        (
            H + A,
            "import re\n" + A,
            "import sys\n" + A,
            "cell 1 was edited on disk; cell 1 was changed here too",
        ),
        (
            "# h\n" + A,
            "# h\n" + A,
            "# i\n" + A2,
            "the text before the first cell and cell 1 were edited on disk",
        ),
        (H + A, A, "import re\n" + A, "a cell deleted here was edited on disk"),
        (H + A, H + A, A, "cell 1 was removed on disk"),
        (A, A, H + A, "a cell was added on disk"),
        (A + B, A + B, A + "\n" + B, "no cell was edited on disk"),
    ],
)
def test_words(base, mine, theirs, expected):
    assert describe(merge(base, mine, theirs)) == expected


def test_words_for_another_place():
    assert describe(merge(A, A, A2), "in another editor") == "cell 1 was edited in another editor"


def test_a_conflict_holds_both_texts():
    found = merge(A + B, A + B2 + "\n", C + A + "# %% B\nb = 3\n")
    (conflict,) = found.conflicts
    assert (conflict.number, conflict.theirs_number, conflict.merged_number) == (2, 3, 3)
    assert (conflict.mine, conflict.theirs) == (B2 + "\n", "# %% B\nb = 3\n")
    assert conflict.title == "B"
    (gone,) = merge(A + B, A, A + B2).conflicts
    assert (gone.number, gone.merged_number, gone.mine, gone.title) == (None, None, None, "B")


# Any text: strings that do not close, fences, all line ends, blank lines, equal cells.
PARTS = ["# %%\n", "# %% T\n", '# %% id="k"\n', "# %%", "x = 1\n", "y\n", "y", "\n", "\n\n", "\r\n"]
PARTS += ["x\r\n# %%\r\n", "\r", '"""', "# ```\n", "# %% [markdown]\n", "\f", " ", "\ufeff", "\\\n"]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=10).map("".join)


@given(TEXTS, TEXTS)
def test_one_side_alone_is_taken_to_the_byte(base, other):
    assert merge(base, base, other).text == other
    assert merge(base, other, base).text == other
    assert merge(base, other, other).text == other
    assert merge(base, other, base).conflicts == merge(base, other, other).conflicts == []
    assert edited_elsewhere(base, other, other) == edited_elsewhere(base, other, base) == []


@given(TEXTS)
@example("\ufeff\ufeffx = 1\n# %%\n")
def test_pieces_are_the_text(whole):
    pieces = Pieces(whole)
    assert pieces.bom + pieces.header + "".join(pieces.cells) == whole
    assert len(pieces.cells) == len(pieces.traits) == len(pieces.notebook.cells) - pieces.first


def contents(whole):
    pieces = Pieces(whole)
    return [content(piece) for piece in (pieces.header, *pieces.cells)]


@given(TEXTS, TEXTS, TEXTS)
@example(base="# %%\n", mine="# %%\ny", theirs="")
def test_nothing_new_is_lost(base, mine, theirs):
    found = merge(base, mine, theirs)
    known, merged = contents(base), with_line_ends(found.text, "\n")
    for piece in contents(mine):
        assert piece in known or piece in merged
    kept = [content(conflict.theirs) for conflict in found.conflicts if conflict.theirs]
    for piece in contents(theirs):
        assert piece in known or piece in merged or piece in kept


@given(TEXTS, TEXTS, TEXTS)
def test_every_conflict_can_be_solved_their_way(base, mine, theirs):
    found = merge(base, mine, theirs)
    cells = len(read_notebook(mine).cells)
    for conflict in found.conflicts:
        solved = take_theirs(base, mine, theirs, conflict.number, conflict.theirs_number)
        assert solved != mine
        if conflict.theirs is not None:
            assert content(conflict.theirs) in with_line_ends(solved, "\n")
        assert conflict.number is None or 0 <= conflict.number <= cells


class Sides:
    """A base of distinct cells and what two sides made of them.

    `mine` and `theirs` say what a side may do: e(dit), d(elete), i(nsert), m(ove).
    """

    def __init__(self, data, mine, theirs):
        self.base = [f"{chr(97 + i)}0" for i in range(data.draw(st.integers(1, 7)))]
        self.mine, self.here = self.side(data, mine, "1", "MNOP")
        self.theirs, self.there = self.side(data, theirs, "2", "TUVW")
        self.end = data.draw(st.sampled_from(["\n", "\r\n"]))
        self.final = data.draw(st.booleans())
        self.header = data.draw(st.sampled_from(["", "# note\n\n", "import os\n", "\ufeff"]))

    def side(self, data, may, version, new):
        whats = ".." + "".join(what for what in "ed" if what in may)
        done = [data.draw(st.sampled_from(whats)) for _ in self.base]
        words = [
            word[0] + version if what == "e" else word
            for word, what in zip(self.base, done, strict=True)
            if what != "d"
        ]
        if "m" in may and words:
            word = words.pop(data.draw(st.integers(0, len(words) - 1)))
            words.insert(data.draw(st.integers(0, len(words))), word)
        if "i" in may:
            for letter in new[: data.draw(st.integers(0, 3))]:
                words.insert(data.draw(st.integers(0, len(words))), letter + version)
        return words, done

    def text(self, words):
        whole = self.header + text(" ".join(words))
        whole = whole if self.final else whole.rstrip()
        return with_line_ends(whole, self.end)

    def texts(self):
        return self.text(self.base), self.text(self.mine), self.text(self.theirs)


def words_of(whole):
    """The cells of a text that `Sides` made, as words."""
    found = []
    for each in read_notebook(whole).cells:
        if each.marker is not None:
            code, _, version = each.source.strip().partition(" = ")
            assert code == code[0] * 12, each.source
            found.append(code[0] + version)
    return found


SIDES = [("ei", "ei"), ("ed", "ed"), ("m", "e"), ("e", "m"), ("m", "i"), ("i", "m")]


@pytest.mark.parametrize(("mine", "theirs"), SIDES)
@given(data=st.data())
def test_each_cell_is_as_the_side_that_changed_it_has_it(mine, theirs, data):
    sides = Sides(data, mine, theirs)
    found = merge(*sides.texts())
    expected = {word for word in sides.mine + sides.theirs if word.isupper()}
    conflicts = set()
    for word, here, there in zip(sides.base, sides.here, sides.there, strict=True):
        if here + there in ("ee", "ed", "de"):
            conflicts.add(word[0])
        if "d" not in (here, there) or here == "e":
            expected.add(word[0] + ("1" if here == "e" else "2" if there == "e" else "0"))
    merged = words_of(found.text)
    assert sorted(merged) == sorted(expected)
    cells = read_notebook(found.text).cells
    named = set()
    for conflict in found.conflicts:
        named.add(words_of(conflict.mine or conflict.theirs)[0][0])
        if conflict.mine is not None:
            cell = cells[conflict.merged_number - 1]
            assert cell.source.strip() == read_notebook(conflict.mine).cells[0].source.strip()
    assert named == conflicts
    assert found.text.startswith(with_line_ends(sides.header, sides.end).rstrip())
    assert line_end(found.text) in ("", sides.end)


@given(st.data())
def test_whatever_both_do_nothing_new_is_lost_and_nothing_is_there_twice(data):
    sides = Sides(data, "eidm", "eidm")
    found = merge(*sides.texts())
    merged = words_of(found.text)
    assert len(set(merged)) == len(merged)
    kept = [word for each in found.conflicts for word in words_of(each.theirs or "")]
    assert set(sides.mine) - set(sides.base) <= set(merged)
    assert set(sides.theirs) - set(sides.base) <= {*merged, *kept}
    assert set(sides.mine) & set(sides.theirs) <= set(merged)


@given(st.data())
def test_the_order_of_both_sides_stays(data):
    sides = Sides(data, "eid", "eid")
    merged = words_of(merge(*sides.texts()).text)
    for side in (sides.mine, sides.theirs):
        order = [merged.index(word) for word in side if word in merged]
        assert order == sorted(order)


@given(st.data())
def test_a_cell_taken_over_is_no_conflict_any_more(data):
    sides = Sides(data, "ed", "ed")
    base, mine, theirs = sides.texts()
    before = merge(base, mine, theirs).conflicts
    assume(before)
    chosen = data.draw(st.sampled_from(before))
    solved = take_theirs(base, mine, theirs, chosen.number, chosen.theirs_number)
    gone = words_of(chosen.mine or "")
    come = words_of(chosen.theirs or "")
    assert sorted(words_of(solved)) == sorted([w for w in sides.mine if w not in gone] + come)
    assert len(merge(base, solved, theirs).conflicts) == len(before) - 1


def thousand(edits=()):
    bodies = {number: f"x{number} = 'edited'\n" for number in edits}
    return "".join(
        f"# %% Cell {i}\nimport math\n" + bodies.get(i, f"x{i} = math.sqrt({i})\n") + "\n\n"
        for i in range(1000)
    )


def test_a_thousand_cells():
    base, mine, theirs = thousand(), thousand([100]), thousand([700])
    cut.cache_clear()
    began = time.process_time()
    found = merge(base, mine, theirs)
    assert time.process_time() - began < 1
    assert found.text == thousand([100, 700])
    assert found.theirs_changed == [701]
