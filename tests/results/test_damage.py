"""A bad file costs cached results, never a crash and never silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_ls.results import session_file
from sessions_ls.results.record import Output, Record
from sessions_ls.results.render import FIRST_LINE
from sessions_ls.results.session_file import SessionFileError, SessionWriter, load

from .sessions import FULL, PNG, cells, session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nb.session.toml"


def saved_bytes(path: Path, *records: Record) -> bytes:
    SessionWriter(str(path)).save(session(*records))
    return path.read_bytes()


def ids(path: Path) -> list[str]:
    return [record.id for record in load(str(path)).records]


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bom_and_line_ends_change_nothing(path: Path, mark: bytes, ends: bytes) -> None:
    good = saved_bytes(path, FULL)
    path.write_bytes(mark + good.replace(b"\n", ends))
    assert load(str(path)) == session(FULL)


def test_cut_at_every_byte_whole_cells_are_recovered(path: Path) -> None:
    first, second, third = cells(3)
    first = first.replaced(stdout="a\n'\x1b é\n", outputs=[Output("text/html", "<b>\n")])
    good = saved_bytes(path, first, second, third)
    starts = [n for n in range(len(good)) if good.startswith(b"\n[[cells]]\n", n)]
    for length in range(len(good)):
        path.write_bytes(good[:length])
        loaded = load(str(path))
        # A cell is known to be whole once the next one has begun.
        whole = sum(length >= start + len("\n[[cells]]\n") for start in starts[1:])
        assert loaded.records == [first, second, third][:whole], length
        assert loaded.problems, length
        assert loaded.bonds in ({}, session().bonds)
    path.write_bytes(good)
    assert load(str(path)) == session(first, second, third)


def test_other_line_ends_and_a_changed_beginning_are_recovered_too(path: Path) -> None:
    good = saved_bytes(path, *cells(3))
    bad = good.replace(b"id = 'c2'", b"=======").replace(b"[bonds]", b"[bonds] # mine")
    for ends in (b"\n", b"\r\n"):
        path.write_bytes(bad.replace(b"\n", ends))
        assert ids(path) == ["c1", "c3"]
        assert load(str(path)).bonds == session().bonds


def test_a_cut_hand_written_file_never_raises(path: Path) -> None:
    text = (
        'format=1\nbonds.n = 1\n[[cells]]\nid="a"\nreads.x="1"\n[[cells.outputs]]\nmime="a/b"\n'
        'data="é"\n[[cells]]\nid = "b"\nstdout = """\nx\\\n  y"""\n[cells.error]\ntype="E"\n'
        'message="m"\n'
    ).encode()
    path.write_bytes(text)
    assert ids(path) == ["a", "b"]
    for length in range(len(text)):
        path.write_bytes(text[:length])
        load(str(path))


DAMAGES = {
    "merge conflict": (
        "id = 'c2'", "<<<<<<< HEAD\nid = 'c2'\n=======\nid = 'x'\n>>>>>>> other", ["c1", "c3"]
    ),
    "wrong type": ("runs = 2", "runs = 'two'", ["c1", "c3"]),
    "wrong state": ("state = 'ok'\nruns = 2", "state = 'fine'\nruns = 2", ["c1", "c3"]),
    "duplicated key": ("runs = 2", "runs = 2\nruns = 2", ["c1", "c3"]),
    "duplicated id": ("id = 'c2'", "id = 'c1'", ["c1", "c3"]),
    "not a time, but valid": ("runs = 2", "ran_at = 10:00:00", ["c1", "c2", "c3"]),
    "impossible time": ("runs = 2", "ran_at = 2026-02-30T00:00:00Z", ["c1", "c3"]),
    "bad base64": ("runs = 2", "outputs = [{mime = 'image/png', data = 'é'}]", ["c1", "c3"]),
    "output without data": ("runs = 2", "outputs = [{mime = 'image/png'}]", ["c1", "c3"]),
    "outputs of texts": ("runs = 2", "outputs = ['x']", ["c1", "c3"]),
    "error of text": ("runs = 2", "error = 'x'", ["c1", "c3"]),
    "frames of text": (
        "runs = 2", "error = {type = 'E', message = 'm', frames = ['x']}", ["c1", "c3"]
    ),
    "reads of numbers": ("runs = 2", "reads = { x = 1 }", ["c1", "c3"]),
    "amends of numbers": ("runs = 2", "amends = [1]", ["c1", "c3"]),
    "deep nesting": ("runs = 2", "x = " + "[" * 100_000, ["c1", "c3"]),
    "cells as a table": ("\n[bonds]", "\n[cells]\n[bonds]", ["c1", "c2", "c3"]),
    "cells as a text": ("\n[bonds]", "\ncells = 'x'\n[bonds]", ["c1", "c2", "c3"]),
    "bonds as a text": ("[bonds]", "bonds = 'x'\n[other]", ["c1", "c2", "c3"]),
    "format as a text": ("format = 1  #", "format = 'one' #", ["c1", "c2", "c3"]),
    "format zero": ("format = 1  #", "format = 0 #", ["c1", "c2", "c3"]),
    "python as a number": ("python = '", "python = 3 # '", ["c1", "c2", "c3"]),
    "junk first": ("notebook =", "<<<<<<<\nnotebook =", ["c1", "c2", "c3"]),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_costs_what_it_touches(path: Path, name: str) -> None:
    old, new, left = DAMAGES[name]
    good = saved_bytes(path, *cells(3))
    assert old.encode() in good
    bad = good.replace(old.encode(), new.encode(), 1)
    path.write_bytes(bad)
    assert ids(path) == left
    problems = load(str(path)).problems
    if name != "not a time, but valid":
        assert problems and all("nb.session.toml" in problem for problem in problems)
        assert "nb.session.toml.bad" in problems[0]
        SessionWriter(str(path)).save(session(*cells(3)))
        assert path.with_name("nb.session.toml.bad").read_bytes() == bad
    assert SessionWriter(str(path)).save(session(*cells(1)))
    assert path.read_bytes() == saved_bytes(path, *cells(1))


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"", []),
        (b"\n \n", []),
        (b"\0" * 4096, []),
        (b"\xff\xfe\x00junk", []),
        (b"format = 1", []),
        (b"format = 1\n", []),
        (b"just text", []),
        (b"[[cells]]\n" * 3, ["", "", ""]),
        (b"[[cells]]\nid = 'a'\n[[cells]]\nid = '\xff'\n[[cells]]\nid = 'c'\n", ["a", "c"]),
        (b"[[cells]]\nid = 'a'\nstdout = '''\n[[cells]]\nid = 'b'\n'''\n", ["a"]),
        (b"[[cells]]\nid = 'a'\n[bonds]\nn = 1\n", ["a"]),
        (b"cells = [{id = 'a'}]\n", ["a"]),
        (b"[cells]\nid = 'a'\n", []),
    ],
)
def test_other_content(path: Path, content: bytes, left: list[str]) -> None:
    path.write_bytes(content)
    assert ids(path) == left
    SessionWriter(str(path)).save(load(str(path)))
    assert ids(path) == left


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_bytes_changed_anywhere_never_raises(path: Path, data: st.DataObject) -> None:
    path.unlink(missing_ok=True)
    good = saved_bytes(path, FULL, *cells(2))
    at = data.draw(st.integers(0, len(good)))
    length = data.draw(st.integers(0, 30))
    new = data.draw(st.binary(max_size=10) | st.sampled_from([b"'", b"'''", b"\n", b"[[cells]]\n"]))
    path.write_bytes(good[:at] + new + good[at + length :])
    loaded = load(str(path))
    SessionWriter(str(path)).save(loaded)
    assert load(str(path)).records == loaded.records


def test_a_missing_file_is_an_empty_session_without_problems(path: Path) -> None:
    loaded = load(str(path))
    assert (loaded.records, loaded.problems) == ([], [])


def test_what_is_no_file_is_said_and_never_replaced(path: Path) -> None:
    def check(remedy: str) -> None:
        assert "cannot be read" in load(str(path)).problems[0]
        with pytest.raises(SessionFileError, match=remedy) as caught:
            SessionWriter(str(path)).save(session(FULL))
        assert str(path) in str(caught.value)
        assert sorted(path.parent.iterdir()) == [path]
        path.rmdir() if path.is_dir() else path.unlink()

    path.mkdir()
    check("Move or delete it")
    os.mkfifo(path)
    check("Move or delete it")
    path.symlink_to(path.name)
    check("Remove the symbolic link")


def test_a_huge_file_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved_bytes(path, *cells(3))
    monkeypatch.setattr(session_file, "LARGEST", 100)
    assert "larger" in load(str(path)).problems[0]
    SessionWriter(str(path)).save(session())
    assert path.with_name("nb.session.toml.bad").exists()


def test_a_hostile_reference_reads_nothing(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    saved_bytes(path, Record("x", key="k", outputs=[Output("image/png", PNG)]))
    good = path.read_text()
    (picture,) = (tmp_path / "nb.session").iterdir()
    reference = f"nb.session/{picture.name}"
    for hostile in (
        "nb.session/../secret.png",
        "../secret.png",
        str(secret),
        "nb.session",
        "nb.session/",
        f"./{reference}",
        f"other/{picture.name}",
        str(picture),
        reference + "\0",
    ):
        path.write_text(good.replace(f"'{reference}'", f'"{hostile}"'.replace("\0", "\\u0000")))
        (record,) = load(str(path)).records
        assert (record.outputs, record.key) == ([], ""), hostile
        assert "is not a file of this notebook" in load(str(path)).problems[0]


def test_a_picture_that_is_gone_or_changed_makes_the_result_worthless(path: Path) -> None:
    saved_bytes(path, Record("x", key="k", text="shown", outputs=[Output("image/png", PNG)]))
    folder = path.parent / "nb.session"
    (picture,) = folder.iterdir()

    def problem() -> str:
        loaded = load(str(path))
        assert [(r.key, r.text, r.outputs) for r in loaded.records] == [("", "shown", [])]
        return loaded.problems[0]

    picture.write_bytes(PNG[::-1])
    assert "not what was saved" in problem()
    picture.unlink()
    assert "missing" in problem()
    (path.parent / "elsewhere.png").write_bytes(PNG)
    picture.symlink_to(path.parent / "elsewhere.png")
    assert "cannot be read" in problem()
    picture.unlink()
    os.mkfifo(picture)
    assert "cannot be read" in problem()
    picture.unlink()
    picture.write_bytes(PNG)
    folder.rename(path.parent / "moved")
    folder.symlink_to("moved")
    assert "symbolic link" in problem()


def test_many_lost_cells_are_one_sentence(path: Path) -> None:
    path.write_text(FIRST_LINE + "\n[[cells]]\nruns = 'x'\n" * 50 + "\n# end\n")
    (problem,) = load(str(path)).problems
    assert "and 47 more" in problem
