"""What a kernel looks at for one edited cell, and what it leaves of the others."""

from __future__ import annotations

import pytest

from sessions_ls.kernel.freshness import Freshness
from sessions_ls.kernel.namespace import Namespace
from sessions_ls.live.request import Request
from sessions_ls.live.trust import on_request
from tests.live.inprocess import InProcessKernel, open_session
from tests.live.random_notebooks import text

CHAIN = ["x = 1", *["x = x + 1"] * 50]


def test_cells_that_an_edit_does_not_concern_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session("/nowhere/notebook.py")
    session.submit(text([*CHAIN, "a = 0\na", *CHAIN]))
    session.run(Request(on_request(session.path), all=True))
    looked: list[int] = []
    proven = Freshness.proven

    def counted(self: Freshness, position: int) -> bool:
        looked.append(position)
        return proven(self, position)

    monkeypatch.setattr(Freshness, "proven", counted)
    session.submit(text([*CHAIN, "a = 1\na", *CHAIN]))
    assert session.run(Request(on_request(session.path), stale=True)).ran == 1
    assert set(looked) == {len(CHAIN)}


@pytest.mark.parametrize(("value", "z"), [("2", 2), ("int(2)", 2), ("1 / 0", 1)])
def test_names_stand_as_at_the_end_after_a_cell_above_ran(value: str, z: int) -> None:
    """A plain cell runs where the view is, another one with the names below it hidden."""
    cells = ["x = 1\ny = 1", "x = 8", "z = y\nx", "y = 9"]
    session = open_session("/nowhere/notebook.py")
    session.submit(text(cells))
    session.run(Request(on_request(session.path), all=True))
    session.submit(text([cells[0].replace("y = 1", f"y = {value}"), *cells[1:]]))
    session.run(Request(on_request(session.path), stale=True))
    kernel = session._kernel
    assert isinstance(kernel, InProcessKernel)
    assert {name: kernel.names.get(name) for name in "xyz"} == {"x": 8, "y": 9, "z": z}


def test_a_plain_cell_moves_no_view(monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session("/nowhere/notebook.py")
    session.submit(text(["a = 1", "b = len('x')", "c = 3"]))
    session.run(Request(on_request(session.path), all=True))
    views: list[int] = []
    view = Namespace.view

    def counted(self: Namespace, position: int) -> None:
        views.append(position)
        view(self, position)

    monkeypatch.setattr(Namespace, "view", counted)
    session.submit(text(["a = 2", "b = len('x')", "c = 3"]))
    session.run(Request(on_request(session.path), stale=True))
    assert views == [3]
    session.submit(text(["a = 2", "b = len('xy')", "c = 3"]))
    session.run(Request(on_request(session.path), stale=True))
    assert views == [3, 1, 3]
