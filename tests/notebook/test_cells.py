"""Text to cells, and the same text read again after an edit."""

import ast
import time
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sessions_ls.notebook.cells import is_notebook, read_notebook
from sessions_ls.notebook.lines import Lines

FIELDS = ("number", "kind", "title", "metadata", "marker", "start", "stop", "source")


def fields(notebook):
    cells = [tuple(getattr(cell, field) for field in FIELDS) for cell in notebook.cells]
    return cells, notebook.problems, notebook.has_markers


def brief(text):
    """Each cell as its marker line (`-` for none), its body's lines and its title or kind."""
    return [
        f"{'-' if cell.marker is None else cell.marker} {cell.start}:{cell.stop} "
        f"{cell.title or cell.kind}"
        for cell in read_notebook(text).cells
    ]


Q = '"""'
# (what, text, cells)
CASES = [
    ("empty", "", ["- 0:0 code"]),
    ("no markers", "x\ny", ["- 0:2 code"]),
    ("no markers, comments only", "# a\n", ["- 0:1 code"]),
    ("a marker only", "# %%", ["0 1:1 code"]),
    ("a marker and a line end", "# %%\n", ["0 1:1 code"]),
    ("two", "# %% A\nx\n\n#%% B\ny\n", ["0 1:3 A", "3 4:5 B"]),
    ("no final line end", "# %% A\nx\n# %% B\ny", ["0 1:2 A", "2 3:4 B"]),
    ("code first", "import os\n# %% A\n", ["- 0:1 code", "1 2:2 A"]),
    ("blank lines first", "\n\n# %% A\n", ["2 3:3 A"]),
    ("comments first", "#!/bin/python\n# by me\n\n# %% A\n", ["3 4:4 A"]),
    ("yaml header", "# ---\n# a: 1\n# ---\n# %% A\n", ["3 4:4 A"]),
    ("pep 723", "# /// script\n# dependencies = []\n# ///\n# %% A\n", ["3 4:4 A"]),
    ("docstring first", f"{Q}Doc\n# %% in\n{Q}\n# %% A\n", ["3 4:4 A"]),
    ("raw docstring with comments", "# c\nr'''\\d'''  # c\n\n# %% A\n", ["3 4:4 A"]),
    ("docstring in single quotes", "'doc'\n# %% A\n", ["1 2:2 A"]),
    ("docstring and code", f"{Q}Doc{Q}\nx = 1\n# %% A\n", ["- 0:2 code", "2 3:3 A"]),
    ("bytes are no docstring", "b'x'\n# %% A\n", ["- 0:1 code", "1 2:2 A"]),
    ("f-string is no docstring", "f'{x}'\n# %% A\n", ["- 0:1 code", "1 2:2 A"]),
    ("a call of a string is code", "'x'.upper()\n# %% A\n", ["- 0:1 code", "1 2:2 A"]),
    ("two strings are code", "'a'\n'b'\n# %% A\n", ["- 0:2 code", "2 3:3 A"]),
    ("an unfinished docstring is code", f"{Q}Doc\n# %% A\nx\n", ["- 0:1 code", "1 2:3 A"]),
    ("an unfinished short string is code", "'Doc\n# %% A\n", ["- 0:1 code", "1 2:2 A"]),
    ("crlf", "# %% A\r\nx\r\n# %% B\r\n", ["0 1:2 A", "2 3:3 B"]),
    ("cr", "# %% A\rx\r# %% B\r", ["0 1:2 A", "2 3:3 B"]),
    ("mixed line ends", "# %% A\r\nx\ry\n# %% B", ["0 1:3 A", "3 4:4 B"]),
    ("bom", "\ufeff# %% A\nx\n", ["0 1:2 A"]),
    ("bom and no marker", "\ufeffx\n", ["- 0:1 code"]),
    ("form feed before code", "# %% A\n\fx\n", ["0 1:2 A"]),
    ("form feed before a marker", "# %% A\n\f# %% B\n", ["0 1:2 A"]),
    ("nul and lone surrogates", "# %% \ud800\n\0\n# %% B\n", ["0 1:2 \ud800", "2 3:3 B"]),
    ("indented", "# %% A\n # %% B\n\t# %% C\n", ["0 1:3 A"]),
    ("words stuck to the sign", "# %% A\n# %%B\n#%%b\n##%%\n# % %\n", ["0 1:5 A"]),
    ("sub-cells", "# %% A\n# %%% B\n#%%%\n", ["0 1:1 A", "1 2:2 B", "2 3:3 code"]),
    ("in brackets", "x = [\n# %% A\n]\n", ["- 0:1 code", "1 2:3 A"]),
    ("in a string", f"# %% A\nx = {Q}\n# %% no\n{Q}\n# %% B\n", ["0 1:4 A", "4 5:5 B"]),
    (
        "in a string of a function",
        f"def f():\n  {Q}d\n# %%\n{Q}\n# %% A\n",
        ["- 0:4 code", "4 5:5 A"],
    ),
    ("in a continued string", "x = 'a\\\n# %% no\\\n'\n# %% A\n", ["- 0:3 code", "3 4:4 A"]),
    ("a quote in a comment", f"# %% A\n# {Q}\n# %% B\n# {Q}\n", ["0 1:2 A", "2 3:4 B"]),
    ("a quote in a marker", f"# %% A {Q}\n# %% B\n", [f"0 1:1 A {Q}", "1 2:2 B"]),
    ("a quote in a string", f"x = '{Q}'\n# %% A\ny = '{Q}'\n", ["- 0:1 code", "1 2:3 A"]),
    ("an escaped quote", f"x = {Q}\\{Q}\n# %% no\n{Q}\n# %% A\n", ["- 0:3 code", "3 4:4 A"]),
    ("a continued line", "x = 1 + \\\n  2\n# %% A\n", ["- 0:2 code", "2 3:3 A"]),
    ("other quotes inside", f"x = '''\n{Q}\n# %% no\n'''\n# %% A\n", ["- 0:4 code", "4 5:5 A"]),
    ("an unclosed quote", "# %% A\nx = 'a\n# %% B\n", ["0 1:2 A", "2 3:3 B"]),
    ("unclosed, nothing below", f"# %% A\n# %% B\nx = {Q}\n", ["0 1:1 A", "1 2:3 B"]),
    (
        "unclosed, cells below",
        f"# %% A\nx = {Q}\n# %% B\n# %% C\n",
        ["0 1:2 A", "2 3:3 B", "3 4:4 C"],
    ),
    (
        "unclosed, docstrings below",
        f"# %% A\nx = {Q}\n# %% B\n{Q}b{Q}\n# %% C\n{Q}c{Q}\n# %% D\n",
        ["0 1:2 A", "2 3:4 B", "4 5:6 C", "6 7:7 D"],
    ),
    (
        "unclosed below a marker in a string",
        f"s = {Q}\n# %% no\n{Q}\n# %% A\n# %% B\nx = {Q}\n# %% C\n{Q}c{Q}\n# %% D\n",
        ["- 0:3 code", "3 4:4 A", "4 5:6 B", "6 7:8 C", "8 9:9 D"],
    ),
    (
        "two unclosed of both kinds",
        f"# %% A\nx = {Q}\n# %% B\ny = '''\n# %% C\n",
        ["0 1:2 A", "2 3:4 B", "4 5:5 C"],
    ),
    (
        "markdown",
        "# %% [markdown]\n# hi\n# %% [md] T\n# %% [raw]\n",
        ["0 1:2 markdown", "2 3:3 T", "3 4:4 raw"],
    ),
]


@pytest.mark.parametrize(("what", "text", "cells"), CASES)
def test_cases(what, text, cells):
    assert brief(text) == cells, what


# (the words after `# %%`, kind, title, metadata, what the warnings mention)
MARKERS = [
    ("", "code", None, {}, []),
    ("Title", "code", "Title", {}, []),
    ("  Two   words ", "code", "Two   words", {}, []),
    ("[markdown]", "markdown", None, {}, []),
    ("[md] T", "markdown", "T", {}, []),
    ("T [raw]", "raw", "T", {}, []),
    ("[Markdown] [x]", "code", "[Markdown] [x]", {}, []),
    ("T [markdown] a=1", "markdown", "T", {"a": 1}, []),
    ("a=1 [markdown]", "markdown", None, {"a": 1}, []),
    ('cell_type="raw"', "raw", None, {}, []),
    ('cell_type="odd"', "code", None, {"cell_type": "odd"}, []),
    ('title="T" a=1', "code", "T", {"title": "T", "a": 1}, []),
    ('id="x y" tags=["a", "b c"]', "code", None, {"id": "x y", "tags": ["a", "b c"]}, []),
    ("disabled=true manual=True", "code", None, {"disabled": True, "manual": True}, []),
    (
        "a=-1 b=1.5e3 c=0x10 d=null e='q'",
        "code",
        None,
        {"a": -1, "b": 1500.0, "c": 16, "d": None, "e": "q"},
        [],
    ),
    ('a={"b": [1, {"c": "]}"}]} d=2', "code", None, {"a": {"b": [1, {"c": "]}"}]}, "d": 2}, []),
    ("a=00 b=007", "code", "b=007", {"a": 0}, ["~007"]),
    ('T a="b=1" c', "code", "T", {"a": "b=1", "c": None}, []),
    ('T {"id": "k", "n": [1]}', "code", "T", {"id": "k", "n": [1]}, []),
    ("T {'n': 1}", "code", "T", {"n": 1}, []),
    ("a=1 a=2", "code", None, {"a": 2}, []),
    # Prose
    ("x = 1 and y == 2", "code", "x = 1 and y == 2", {}, []),
    ("when x==2", "code", "when x==2", {}, []),
    ("f(x)=3", "code", "f(x)=3", {}, []),
    ("set {x}", "code", "set {x}", {}, []),
    ("set {1, 2}", "code", "set {1, 2}", {}, []),
    # Malformed: the words stay in the title
    ("T disabled=yes", "code", "T disabled=yes", {}, ["yes is not a value (disabled is true or"]),
    ("T id=load", "code", "T id=load", {}, ['load is not a value (a text is id="…")']),
    ("T id=", "code", "T id=", {}, ["id= lacks a value"]),
    ('T id="open x', "code", 'T id="open x', {}, ['"open is not']),
    ("T a=[1, 2", "code", "T a=[1, 2", {}, ["[1, is not"]),
    ('T a="x"y', "code", 'T a="x"y', {}, ['"x"y is not']),
    ("T bad=no id='k'", "code", "T bad=no", {"id": "k"}, ["~no is not"]),
    ("T a=1 — so", "code", "T —", {"a": 1, "so": None}, ["~'—' after the metadata"]),
    ('T {"a": }', "code", 'T {"a": }', {}, ["~not a JSON object"]),
    # Well-formed, but of no use
    ("manual=1", "code", None, {"manual": 1}, ["manual is true or false, not 1"]),
    ('volatile="true"', "code", None, {"volatile": "true"}, ["volatile is true or false"]),
    ("a=1 disabled", "code", None, {"a": 1, "disabled": None}, ["disabled is true or false"]),
    ("id=5", "code", None, {"id": 5}, ["id is a text"]),
    ('id=""', "code", None, {"id": ""}, ["id is a text"]),
    ('{"id": 5}', "code", None, {"id": 5}, ["id is a text"]),
    ("a=" + "[" * 5000, "code", "a=" + "[" * 5000, {}, ["is not a value"]),
    ("a=" + "9" * 5000, "code", "a=" + "9" * 5000, {}, ["~is not a value"]),
    ('a="\\d"', "code", None, {"a": "\\d"}, []),
]


@pytest.mark.parametrize(("words", "kind", "title", "metadata", "said"), MARKERS)
def test_markers(words, kind, title, metadata, said):
    for sign in ("# %%", "#%%"):
        notebook = read_notebook(f"{sign} {words}\nx\n")
        (cell,) = notebook.cells
        assert (cell.kind, cell.title, cell.metadata) == (kind, title, metadata)
        assert len(notebook.problems) == len(said)
        for problem, part in zip(notebook.problems, said, strict=True):
            severity = "warning" if part.startswith("~") else "error"
            assert part.lstrip("~") in problem.message
            assert (problem.code, problem.severity) == ("bad-marker", severity)
            assert (problem.cell, problem.line) == (1, 0)


def test_problems_point_at_the_words():
    for start in ("", "\ufeff", "\ufeffx\n", "x\r\n"):
        text = start + "# %% T a=no é b='😀' c=x\n"
        lines = Lines(text)
        found = [
            lines.line(problem.line)[problem.column : problem.end_column]
            for problem in read_notebook(text).problems
        ]
        assert found == ["a=no", "c=x"] or found == ["a=no", "é", "c=x"]


def test_flags_and_id():
    text = '# %% disabled=true manual=true volatile=true id="k"\n# %% disabled=1 id=3\n'
    first, second = read_notebook(text).cells
    assert (first.disabled, first.manual, first.volatile, first.id) == (True, True, True, "k")
    assert (second.disabled, second.manual, second.volatile, second.id) == (
        False,
        False,
        False,
        None,
    )


LINES = [
    "x = 1",
    "",
    "# c",
    "# %%",
    "#%%",
    "# %% T",
    "# %% T [markdown]",
    "# %% [raw] a=1",
    "# %%% S",
]
LINES += [
    '"""',
    "'''",
    'x = """a',
    "'",
    '"',
    "\\",
    'y = "a\\',
    "# ```",
    "#```",
    "# ~~~",
    "```",
    " # %%",
]
LINES += [
    "# %%x",
    "# %% a=b",
    '# %% id="k" a=[',
    "\f",
    "\u2028# %%",
    "é😀",
    "\0",
    '"""doc"""',
    "f'''{",
    "%",
]
DOCUMENTS = st.lists(st.sampled_from(LINES), max_size=16)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])
CHARACTERS = st.text(alphabet="#% \n\r\"'\\`~[raw]=x1\ufeff\f", max_size=60)


def holds_code(text):
    """The compiler's opinion: anything but comments and one docstring, unfinished code included."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text.replace("\0", "?")).body
    except SyntaxError:
        return True
    docstring = len(body) == 1 and ast.get_docstring(ast.Module(body, [])) is not None
    return bool(body) and not docstring


@settings(max_examples=300)
@given(DOCUMENTS.flatmap(lambda lines: ENDS.map(lambda end: end.join(lines))) | CHARACTERS)
def test_no_line_is_lost(text):
    notebook = read_notebook(text)
    lines = Lines(text.removeprefix("\ufeff"))
    whole = [lines.line(n) for n in range(len(lines))]
    at = notebook.cells[0].start if notebook.cells[0].marker is None else notebook.cells[0].marker
    if notebook.has_markers:
        first = notebook.cells[0]
        header = whole[: first.stop if first.marker is None else first.marker]
        # A backslash between comments is code to us and nothing to the compiler: a harmless cell.
        if "\\" not in "".join(header):
            assert holds_code("\n".join(header)) == (first.marker is None)
    for number, cell in enumerate(notebook.cells, 1):
        assert cell.number == number
        assert at == (cell.start if cell.marker is None else cell.marker)
        assert cell.marker is None or cell.start == cell.marker + 1
        assert cell.source.split("\n")[: cell.stop - cell.start] == whole[cell.start : cell.stop]
        assert "\r" not in cell.source
        at = cell.stop
    assert at == len(whole) - (whole[-1] == "")
    assert notebook.has_markers == any(cell.marker is not None for cell in notebook.cells)
    assert notebook.has_markers == is_notebook(text)


@settings(max_examples=600, deadline=None)
@given(
    DOCUMENTS, st.integers(0, 16), st.integers(0, 4), st.lists(st.sampled_from(LINES), max_size=3)
)
@example(["# %% [raw]", "# ```", "# %%", "x"], 3, 0, ["# ```"])
@example(["# %%", "x", "# %%", "y", "# %%", "z"], 3, 1, ['"""'])
@example(["# %%", "x", "", "# %%", "y", "", "# %%", "z"], 4, 1, [])
def test_reading_again_is_reading(lines, place, gone, new):
    before = read_notebook("\n".join(lines))
    lines = [*lines[:place], *new, *lines[place + gone :]]
    text = "\n".join(lines)
    assert fields(read_notebook(text, before)) == fields(read_notebook(text))


@settings(max_examples=600, deadline=None)
@given(
    DOCUMENTS, st.lists(st.tuples(st.integers(0, 99), st.integers(0, 6), CHARACTERS), max_size=4)
)
def test_reading_again_after_edits_of_characters(lines, edits):
    text = "\n".join(lines)
    notebook = read_notebook(text)
    for place, gone, new in edits:
        text = text[:place] + new[:4] + text[place + gone :]
        notebook = read_notebook(text, notebook)
        assert fields(notebook) == fields(read_notebook(text))


def long_text(cells):
    return "".join(f"# %% Cell {n}\n" + f"x{n} = {n}\n" * 8 + "\n" for n in range(cells))


def test_reading_again_keeps_the_cells_that_stayed():
    text = long_text(50)
    before = read_notebook(text)
    after = read_notebook(text.replace("x25 = 25", "x25 = 0", 1), before)
    assert [a is b for a, b in zip(before.cells, after.cells, strict=True)].count(False) == 1
    longer = read_notebook(text.replace("x25 = 25", "x25 = 0\n", 1), before)
    assert all(a is b for a, b in zip(before.cells[:25], longer.cells[:25], strict=True))
    twice = text.replace("x2 = 2\n", "x2 = 9\n").replace("x40 = 40\n", "x40 = 9\n")
    both = read_notebook(twice, before)
    assert [a is b for a, b in zip(before.cells, both.cells, strict=True)].count(False) == 2
    assert read_notebook(text.replace("\n", "\r\n"), before).cells is before.cells
    broken = read_notebook(text + '"""', before)
    mended = read_notebook(text, broken)
    assert [a is b for a, b in zip(broken.cells, mended.cells, strict=True)].count(False) == 1


@pytest.mark.parametrize(
    "text",
    [
        long_text(10_000),
        '# %%\ndef f():\n    """Doc"""\n' * 10_000,
        '# %%\nx = """\n' * 4_001,
        "# %%\nx = '''\n# %%\n\"\"\"\n" * 2_001,
        "x = '" * 100_000,
        "# %%\n" + "\\\n" * 20_000,
        "# %% [markdown]\n" + "# ```\n# %% [markdown]\n" * 3_000,
        "# %% " + "a=1 " * 5_000,
        "# %% " + "a=[" * 3_000,
        "#" * 100_000 + "\n# %%" + "%" * 100_000,
    ],
    ids=range(10),
)
def test_long_texts_take_linear_time(text):
    began = time.process_time()
    read_notebook(text)
    assert time.process_time() - began < 2
