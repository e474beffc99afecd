"""The program as the kernel is told it: whole, and after an edit."""

from __future__ import annotations

import pytest

from sessions_ls.notebook.cells import read_notebook
from sessions_ls.reactive.program import Analyser, Program
from sessions_ls.reactive.told import Told, edited, held, whole
from tests.reactive.resolved import program

HELD = """\
# %% disabled=true
a = 1
# %%
b = = 1
# %%
c = 1
# %%
c = 2
# %%
d = 1
"""


@pytest.mark.parametrize(
    ("strict", "expected"),
    [
        (False, ["disabled", "syntax", "", "", ""]),
        (
            True,
            [
                "disabled",
                "syntax",
                "`c` is also defined in cell 4",
                "`c` is also defined in cell 3",
                "",
            ],
        ),
    ],
)
def test_held(strict: bool, expected: list[str]) -> None:
    made = program(HELD, strict=strict)
    assert [held(made, position) for position in range(len(made.cells))] == expected


def test_the_message_says_all_that_the_kernel_must_know() -> None:
    text = "x = 1\n# %% volatile=true\ndef f(): return x\nrows.sort(); d[0] = x\n#! amends: rows\n"
    made = program(text)
    message = whole(made, text, ["i", "j"], [{"code": "stored"}, None])
    assert message["op"] == "program"
    assert message["text"] == text
    assert (message["order"], message["forward"]) == ([0, 1], False)
    first, second = message["cells"]
    assert (first["ident"], first["first_line"], first["stored"]) == ("i", 1, {"code": "stored"})
    assert (first["binds"], first["needs"], first["volatile"]) == (["x"], {}, False)
    assert (second["ident"], second["first_line"], second["stored"]) == ("j", 3, None)
    assert second["needs"] == {"x": 0}
    assert second["binds"] == ["f"]
    assert sorted(second["amends"]) == ["d", "rows"]
    assert second["pokes"] == ["rows"]
    assert second["passes"]
    assert second["volatile"]
    assert not second["dynamic"]


BEFORE = "# %%\nx = 1\n# %%\ny = x\n# %%\nz = y\n"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE, []),
        (BEFORE.replace("x = 1", "x = 2"), [0]),
        (BEFORE.replace("x = 1", "# why\nx = 1\n"), [0]),
        ("\n\n" + BEFORE.replace("# %%\nx", "# %% Title\nx"), []),
        (BEFORE.replace("# %%\ny", "# %% volatile=true\ny"), [1]),
        (BEFORE.replace("# %%\nz", "# %% disabled=true\nz"), [2]),
        (BEFORE.replace("y = x", "y = x + 1").replace("z = y", "z = y\nz"), [1, 2]),
        (BEFORE.replace("z = y", "z = y, x"), [2]),
        (BEFORE.replace("y = x", "y = 1"), [1]),
    ],
)
def test_an_edit_says_what_changed(after: str, expected: list[int]) -> None:
    analyser = Analyser()
    programs: list[Program] = []
    for text in (BEFORE, after):
        notebook = read_notebook(text, programs[-1].notebook if programs else None)
        before = programs[-1] if programs else None
        programs.append(Program(notebook, analyser.cells(notebook, before), False, before))
    assert Told(programs[0], BEFORE).changes(programs[1]) == expected
    message = edited(BEFORE, programs[1], after, expected)
    full = whole(programs[1], after, ["a", "b", "c"], [None] * 3)
    start, end, between = message["text"]
    assert BEFORE[:start] + between + BEFORE[len(BEFORE) - end :] == after
    assert message["lines"] == [cell["first_line"] for cell in full["cells"]]
    for position, cell in message["cells"].items():
        assert {"ident": "abc"[position], "stored": None, **cell} == full["cells"][position]


@pytest.mark.parametrize(
    "after",
    [
        BEFORE.replace("x = 1", "x = w = 1"),
        BEFORE.replace("z = y", "z = y\nx = 2"),
        BEFORE.replace("z = y", "z = y\nx[0] = 1"),
        BEFORE.replace("x = 1", "x = 1\ndef w(): return x").replace("y = x", "w()"),
    ],
)
def test_an_edit_that_moves_a_definition_is_told_whole(after: str) -> None:
    before, now = program(BEFORE), program(after)
    assert Told(before, BEFORE).changes(now) is None


def test_what_a_run_taught_is_told_whole() -> None:
    made = program(BEFORE)
    told = Told(made, BEFORE)
    assert told.is_all(made)
    made.cells[1].learn(frozenset({"x"}), frozenset())
    made.resolve()
    assert not told.is_all(made)
    assert told.changes(made) is None
