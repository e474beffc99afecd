"""Jupytext is the referee: over percent files its reader and ours find the same cells.

Where the two differ on purpose a test below says why.
"""

import os
import re
from pathlib import Path

import jupytext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_ls.notebook.cells import read_notebook

# What Jupytext notes for its own way back to text.
BOOKKEEPING = {"lines_to_next_cell", "region_name", "cell_marker", "title"}
GALLERY = Path(os.environ.get("SESSIONS_GALLERY", "~/.cache/sessions-gallery")).expanduser()


def plain(source):
    """The text of a markdown or raw cell without comment signs, quotes and outer blank lines."""
    source = source.strip("\n")
    quoted = re.fullmatch(r"[rR]?(\"{3}|'{3})(.*)\1\n*", source, re.S)
    if quoted:
        return quoted.group(2).strip("\n")
    return "\n".join(re.sub(r"^# ?", "", line) for line in source.split("\n")).strip("\n")


def described(kind, title, metadata, source):
    kept = {key: value for key, value in metadata.items() if key not in BOOKKEEPING}
    return kind, title, kept, source.strip("\n")


def theirs(text):
    fmt = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    return [
        described(cell.cell_type, cell.metadata.get("title"), cell.metadata, cell.source)
        for cell in jupytext.reads(text, fmt=fmt).cells
    ]


def ours(text):
    return [
        described(
            cell.kind,
            cell.title,
            cell.metadata,
            cell.source if cell.kind == "code" else plain(cell.source),
        )
        for cell in read_notebook(text).cells
        if cell.marker is not None
    ]


def assert_same(text):
    """Equal marked cells; the text before the first marker is Jupytext's own affair (see below)."""
    mine, other = ours(text), theirs(text)
    assert mine == other[len(other) - len(mine) :]
    notebook = read_notebook(text)
    header = len(other) - len(mine)
    if notebook.cells[0].marker is None:
        assert header == 1
        assert other[0][3].strip("\n") in notebook.cells[0].source
    else:
        before = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        before = before[: notebook.cells[0].marker]
        assert header <= bool("".join(before).strip()) + 1


CORPUS = {
    "plain": "# %%\nx = 1\n\n# %%\ny = 2\n",
    "no blank before the sign": "#%%\nx = 1\n#%% Title\ny = 2\n",
    "titles": "# %% One\nx\n# %%   Two words  \ny\n# %% Ünï: 3/4 (five) \nz\n",
    "kinds": "# %% [markdown]\n# # Head\n#\n# text\n# %% [raw]\n# raw\n# %% [md]\n# m\n# %%\n1\n",
    "title and kind": "# %% Intro [markdown]\n# text\n# %% [markdown] Intro\n# text\n",
    "kind by metadata": '# %% cell_type="markdown"\n# text\n',
    "quoted markdown": '# %% [markdown]\n"""\n# Head\n# %% not a marker\n"""\n\n# %%\nx\n',
    "numbers": "# %% a=1 b=-2.5 c=1e3 d=true e=false f=null\nx\n",
    "python constants": "# %% a=True b=False c=None d='s'\nx\n",
    "texts": '# %% a="x" b="two words" c="a=b" d="é \\u00e9 \\"q\\""\nx\n',
    "lists and objects": '# %% tags=["a", "b"] o={"k": [1, {"l": 2}]} t=[1,2]\nx\n',
    "title and metadata": '# %% A title id="load" disabled=true\nx\n',
    "everything": '# %% A title [markdown] id="load" tags=["x y"]\n# x\n',
    "bare keys": '# %% Title id="x" slideshow .cls\nx\n',
    "odd keys": "# %% a.b=1 c-d=2 e/f=3 g@h=4 i_j=5\nx\n",
    "json": '# %% Title {"a": 1, "b": ["c"]}\nx\n',
    "json and kind": '# %% [markdown] {"a": {"b": true}}\n# x\n',
    "sub cells": "# %% One\nx\n# %%% Two\ny\n# %%%% Three [markdown]\n# z\n",
    "marker in strings": "x = \"\"\"\n# %% no\n\"\"\"\n# %% yes\ny = '''\n# %% no\n'''\n",
    "docstrings": 'x = 1\n# %%\ndef f():\n    """Doc\n    # %% in\n    """\n# %%\n"don\'t"\n',
    "apostrophes in comments": "# %%\n# don't \"\"\"\nx = 1\n# %%\n# '''\ny\n",
    "tab after the sign": "# %%\tTitle\nx\n",
    "at the end": "x = 1\n# %%",
    "at the end with a title": "x = 1\n# %% End",
    "empty cells": "# %%\n# %%\n\n# %%\n",
    "crlf": "x = 1\r\n# %% A\r\ny = 2\r\n# %% B a=1\r\nz\r\n",
    "cr": "x = 1\r# %% A\ry = 2\r",
    "not markers": "x = 1\n# %%x\n#%%x\n# %\n# %matplotlib\n#%%%x\n## %%\n# %%\ny\n",
    "magics": "# %%\n# %matplotlib inline\n# %timeit x\n# !ls\nx\n",
    "yaml header": "# ---\n# jupyter:\n#   jupytext: {}\n# ---\n\n# %%\nx = 1\n",
    "shebang": "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# %%\nx = 1\n",
    "code first": "import os\n\n\n# %%\nx = 1\n",
    "parenthesis across": "x = (1,\n# %%\n2)\n",
    "decorators": "# %%\n@f\n# %% T\ndef g(): pass\n",
    "fence": "# %% [markdown]\n# ```mermaid\n# %% a comment of mermaid\n# ```\n# end\n# %%\nx\n",
    "tilde fence": "# %% [raw]\n# ~~~~\n# ~~~\n# %% in\n# ~~~~~\n# %%\nx\n",
    "two fences": "# %% [md]\n# ```\n# %% a\n# ```\n# ```py\n# %% b\n# ```\n# %% c\nx\n",
    "open fence": "# %% [markdown]\n# ```\n\n# %% a\nx\n",
    "fence in code": "# %%\n# ```\n# %% a\n# ```\n",
    "no marker": "x = 1\n\n\ny = 2\n",
    "whitespace after": "# %%   \nx\n# %% \ny\n",
}


@pytest.mark.parametrize("name", CORPUS)
def test_same_cells(name):
    assert_same(CORPUS[name])


WORDS = st.sampled_from(["Load", "the", "data", "Ünï", "(1)", "a/b", "50%", "x:", "—", "[x]"])
KEYS = st.sampled_from(["id", "labels", "disabled", "a.b", "c-d", "_e", "x1"])
VALUES = st.sampled_from(
    [
        "1",
        "-2",
        "1.5",
        "true",
        "False",
        "null",
        '"t"',
        '"two words"',
        "'q'",
        '["a", 1]',
        '{"k": 1}',
        '"a=b"',
        '"[raw]"',
        "[]",
        '""',
        '"é"',
        "[1,2]",
        '"a\\"b"',
    ]
)
KINDS = st.sampled_from(["", "", "", "[markdown]", "[md]", "[raw]"])
SIGNS = st.sampled_from(["# %%", "# %%", "#%%", "# %%% "])
BODIES = st.sampled_from(
    [
        "x = 1",
        "",
        "\n",
        "def f():\n    return 1",
        's = """\n# %% in\n"""',
        "# don't",
        "t = 'it''s'",
        "'''doc\n\n# %%\n'''",
        "x = {\n  1: '\"',\n}",
        'y = "\\""',
        "#",
        "# %%x",
        "r'\\''",
    ]
)


@st.composite
def marker_lines(draw):
    words = draw(st.lists(WORDS, max_size=3))
    kind = draw(KINDS)
    if kind:
        words.insert(draw(st.integers(0, len(words))), kind)
    pairs = draw(st.lists(st.tuples(KEYS, VALUES), max_size=3, unique_by=lambda pair: pair[0]))
    return " ".join([draw(SIGNS), *words, *(f"{key}={value}" for key, value in pairs)])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(marker_lines(), st.lists(BODIES, max_size=3)), min_size=1, max_size=5))
def test_same_cells_generated(cells):
    text = ""
    for marker, bodies in cells:
        marked_text = "[m" in marker or "[raw]" in marker
        # Text cells hold comments; code cells anything.
        lines = ["# text", "#", "# more"] if marked_text else bodies
        text += "\n".join([marker, *lines]) + "\n"
    assert_same(text)


@pytest.mark.skipif(not GALLERY.is_dir(), reason="no gallery: set SESSIONS_GALLERY")
def test_same_cells_in_published_notebooks():
    marker = re.compile(r"^# ?%%", re.M)
    seen = 0
    for path in sorted(GALLERY.rglob("*.py")):
        text = path.read_text("utf-8")
        if marker.search(text):
            assert_same(text)
            assert not read_notebook(text).problems
            seen += 1
    assert seen


# Where we differ on purpose: (why, text, our cells as (kind, title), Jupytext's).
DIFFERENCES = [
    (
        "comments, a header and a docstring alone do nothing, so they are no cell",
        '"""About."""\n# by me\n# %%\nx\n',
        [("code", None)],
        [("code", None), ("code", None)],
    ),
    (
        "a marker is at column 0: an indented one lies within a block of code",
        "# %%\nif x:\n    # %% no\n    y\n",
        [("code", None)],
        [("code", None), ("code", "no")],
    ),
    (
        "one blank at most between the comment sign and the percent signs",
        "# %%\nx\n#  %% no\ny\n",
        [("code", None)],
        [("code", None), ("code", "no")],
    ),
    (
        "the markers of other formats are comments",
        "# %%\nx\n# In[1]:\ny\n# <codecell>\nz\n",
        [("code", None)],
        [("code", None), ("code", None), ("code", None)],
    ),
    (
        "a sub-cell marker needs no title, as in Spyder: invisible blanks decide nothing",
        "# %%\nx\n# %%%\ny\n",
        [("code", None), ("code", None)],
        [("code", None)],
    ),
    (
        "a line ends where Python and editors end it, not at every separator of Unicode",
        "# %%\nx = 'a\u2028# %% no'\n\f# %% no\n",
        [("code", None)],
        [("code", None), ("code", "no'"), ("code", "no")],
    ),
    (
        "a string continued by a backslash is a string",
        "# %%\nx = 'a\\\n# %% no'\n",
        [("code", None)],
        [("code", None), ("code", "no'")],
    ),
    (
        "an unclosed string does not swallow the cells below it",
        '# %%\nx = """open\n# %% Next\ny\n# %% Last\nz\n',
        [("code", None), ("code", "Next"), ("code", "Last")],
        [("code", None)],
    ),
    (
        "a quoted quote opens nothing",
        '# %%\nx = \'"""\'\n# %% Next\ny = 1\n',
        [("code", None), ("code", "Next")],
        [("code", None), ("code", "Next")],
    ),
    (
        "an equals sign between blanks is prose",
        "# %% The case n = 3\nx\n",
        [("code", "The case n = 3")],
        [("code", "The case")],
    ),
    (
        "words that look like metadata but are not stay in the title",
        "# %% Load disabled=yes\nx\n",
        [("code", "Load disabled=yes")],
        [("code", "Load")],
    ),
    (
        "braces and dots in prose stay in the title",
        "# %% The set {x} ...\nx\n# %% And so on ...\n",
        [("code", "The set {x} ..."), ("code", "And so on ...")],
        [("code", "The set"), ("code", "And so on")],
    ),
    (
        "a kind after the metadata counts",
        "# %% a=1 [markdown]\n# x\n",
        [("markdown", None)],
        [("code", None)],
    ),
    (
        "active=… says where a cell is active; in the script itself its text is code",
        '# %% active="py"\nx\n',
        [("code", None)],
        [("raw", None)],
    ),
    (
        "a fence never reaches over code",
        "# %% [markdown]\n# ```\n\n# %% Code\nx = 1\n# %% [markdown]\n# ```\n",
        [("markdown", None), ("code", "Code"), ("markdown", None)],
        [("markdown", None)],
    ),
]


@pytest.mark.parametrize(("why", "text", "mine", "other"), DIFFERENCES)
def test_deliberate_difference(why, text, mine, other):
    assert [cell[:2] for cell in ours(text)] == mine, why
    assert [cell[:2] for cell in theirs(text)] == other
