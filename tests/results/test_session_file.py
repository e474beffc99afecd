"""What is saved is what is loaded, byte for byte the same each time."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_ls.results import render
from sessions_ls.results.record import ErrorInfo, Output, Record, Session
from sessions_ls.results.render import Limits
from sessions_ls.results.session_file import SessionFileError, SessionWriter, load, session_path

from .sessions import FULL, PNG, SMALL_PNG, cells, session
from .test_toml import json_values, texts

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nb.session.toml"


def save(path: Path, what: Session) -> bool:
    return SessionWriter(str(path)).save(what)


@pytest.mark.parametrize(
    ("notebook", "file"),
    [
        ("a/nb.py", "a/nb.session.toml"),
        ("/x.y/nb", "/x.y/nb.session.toml"),
        ("nb.PY", "nb.session.toml"),
        ("nb.txt", "nb.txt.session.toml"),
    ],
)
def test_session_path(notebook: str, file: str) -> None:
    assert session_path(notebook) == file


def test_the_whole_file(path: Path) -> None:
    error = ErrorInfo("ValueError", "no x", 3, "Traceback:\n  x\n")
    record = FULL.replaced(outputs=[Output("image/png", PNG)], error=error, stderr="")
    save(path, Session(notebook="nb.py", python="3.12.4", bonds={"n": 42}, records=[record]))
    (picture,) = (path.parent / "nb.session").iterdir()
    assert path.read_text() == EXPECTED.replace("@PICTURE@", picture.name)
    assert picture.read_bytes() == PNG


EXPECTED = """\
format = 1  # the results of the last runs; may be deleted at any time
notebook = 'nb.py'
python = '3.12.4'

[bonds]
n = 42

[[cells]]
id = 'a1b2'
title = 'Load'
code = '0123456789abcdef'
key = 'fedcba9876543210'
state = 'error'
ran_at = 2026-11-22T10:00:00Z
runtime_ms = 12.3
runs = 2
volatile = true
stdout = '''
one
two
'''
text = "<df 'x'>"
reads = { '@random' = 'f3', x = 'f1', 'été' = 'f2' }
binds = { df = 'f4' }
objects = { df = 'a1b2.df c3.x' }
amends = ['rows']
appears = ['y', 'z']

[[cells.outputs]]
mime = 'image/png'
file = 'nb.session/@PICTURE@'

[cells.error]
type = 'ValueError'
message = 'no x'
line = 3
traceback = '''
Traceback:
  x
'''

# end
"""


def test_everything_comes_back(path: Path) -> None:
    saved = session(FULL, *cells(3))
    save(path, saved)
    assert load(str(path)) == saved
    assert tomllib.loads(path.read_text())["cells"][0]["outputs"][1]["data"]


records = st.builds(
    Record,
    id=texts.filter(bool),
    title=st.none() | texts.filter(bool),
    code=texts,
    key=texts,
    state=st.sampled_from(["ok", "error", "interrupted"]),
    ran_at=st.sampled_from(["", "2026-02-28T23:59:59Z"]),
    runtime_ms=st.integers(0, 10**9).map(lambda n: n / 1000),
    stdout=texts,
    stderr=texts,
    text=texts,
    outputs=st.lists(
        st.builds(Output, texts | st.just("image/png"), texts | st.binary(max_size=80)), max_size=2
    ),
    error=st.none()
    | st.builds(
        ErrorInfo,
        texts,
        texts,
        st.none() | st.integers(1),
        texts,
        st.lists(st.tuples(texts, st.integers(), texts), max_size=2),
    ),
    reads=st.dictionaries(texts, texts, max_size=3),
    binds=st.dictionaries(texts, texts, max_size=3),
    objects=st.dictionaries(texts, texts, max_size=3),
    amends=st.lists(texts, max_size=3).map(sorted),
    appears=st.lists(texts, max_size=3).map(sorted),
    runs=st.integers(0),
    volatile=st.booleans(),
)
sessions = st.builds(
    Session,
    notebook=texts,
    python=texts,
    bonds=st.dictionaries(texts, json_values, max_size=3),
    records=st.lists(records, max_size=3, unique_by=lambda record: record.id),
)


def test_any_session_comes_back(path: Path) -> None:
    @given(sessions)
    @settings(deadline=None)
    def check(saved: Session) -> None:
        SessionWriter(str(path), Limits(inline_text=20, inline_binary=20)).save(saved)
        tomllib.loads(path.read_bytes().decode())
        assert load(str(path)) == saved

    check()


def test_the_same_session_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "nb.session.toml"
    other.parent.mkdir()
    turned = FULL.replaced(reads=dict(reversed(FULL.reads.items())), appears=["z", "y"])
    bonds = session().bonds
    save(path, session(FULL))
    save(other, session(turned).replaced(bonds=dict(reversed(bonds.items()))))
    assert path.read_bytes() == other.read_bytes()


def test_equal_bytes_are_not_written(path: Path) -> None:
    writer = SessionWriter(str(path))
    assert writer.save(session(FULL))
    before = path.stat()
    assert not writer.save(session(FULL))
    assert not writer.save(session(FULL.replaced()))
    assert not SessionWriter(str(path)).save(load(str(path)))
    assert path.stat().st_ino == before.st_ino
    assert writer.save(session(FULL.replaced(runtime_ms=13.0)))


def test_a_file_changed_or_removed_by_others_is_noticed(path: Path) -> None:
    writer = SessionWriter(str(path))
    writer.save(session(FULL))
    good = path.read_bytes()
    path.unlink()
    assert writer.save(session(FULL))
    path.write_bytes(good + b"# note\n")
    assert writer.save(session(FULL))
    (path.parent / "nb.session").rename(path.parent / "away")
    assert not writer.save(session(FULL))
    assert path.read_bytes() == good
    assert load(str(path)) == session(FULL)


def test_lone_surrogates_are_written_as_their_escapes(path: Path) -> None:
    output = Output("text/html", "\udcff" * 30_000)
    strange = Record("\udc80", stdout="a\udc80\n", outputs=[output], reads={"\udc80": "\udc80"})
    save(path, session(strange))
    (record,) = load(str(path)).records
    assert (record.id, record.stdout) == (r"\udc80", "a\\udc80\n")
    assert record.outputs[0].data == r"\udcff" * 30_000


def test_long_text_is_cut_once(path: Path) -> None:
    limits = Limits(text=1000)
    long = "a" * 1000 + "b" * 12_300_000 + "c" * 1000
    SessionWriter(str(path), limits).save(session(Record("x", stdout=long, text="short")))
    (record,) = load(str(path)).records
    assert record.stdout == "a" * 1000 + "\n… 12.3 MB omitted …\n" + "c" * 1000
    assert record.text == "short"
    assert not SessionWriter(str(path), limits).save(load(str(path)))


def test_media_are_named_by_content_and_removed_when_unused(path: Path) -> None:
    folder = path.parent / "nb.session"
    writer = SessionWriter(str(path))
    assert writer.save(session(Record("x", outputs=[Output("image/png", SMALL_PNG)])))
    assert not folder.exists()
    two = [Output("image/png", PNG), Output("image/png", PNG), Output("image/png", PNG + b"2")]
    writer.save(session(Record("x", outputs=two)))
    first, second = sorted(folder.iterdir())
    own = folder / "own.png"
    own.write_bytes(b"")
    before = {file: file.stat().st_ino for file in (first, second)}
    writer.save(session(Record("x", text="new", outputs=two)))
    assert {file: file.stat().st_ino for file in (first, second)} == before
    writer.save(session(Record("x", outputs=two[:1])))
    assert len(list(folder.iterdir())) == 2
    writer.save(session())
    assert list(folder.iterdir()) == [own]
    own.unlink()
    writer.save(session(Record("x", outputs=two)))
    writer.save(session())
    assert not folder.exists()


UNKNOWN = """\
format = 1
notebook = "nb.py"
colour = {deep = [1, 2.5, 2026-11-22]}

[[cells]]
id = "c1"
mood = "blue"

[cells.later]
when = 10:00:00

[[cells]]
id = "c2"
mood = "red"
"""


def test_unknown_keys_live_as_long_as_their_cell(path: Path) -> None:
    path.write_text(UNKNOWN)
    loaded = load(str(path))
    assert [problem for problem in loaded.problems if "are kept" in problem] == loaded.problems
    assert "colour" in loaded.problems[0] and "later, mood" in loaded.problems[1]
    assert len(loaded.problems) == 2
    first, _ = cells(2)
    save(path, session(first))
    kept = tomllib.loads(path.read_text())
    before = tomllib.loads(UNKNOWN)
    assert kept["colour"] == before["colour"]
    assert [cell.get("mood") for cell in kept["cells"]] == ["blue"]
    assert kept["cells"][0]["later"] == before["cells"][0]["later"]


def test_a_key_added_while_the_session_lives_is_kept(path: Path) -> None:
    writer = SessionWriter(str(path))
    what = session(*cells(2))
    writer.save(what)
    path.write_text(path.read_text().replace("runs = 2\n", "runs = 2\nmood = 'red'\n"))
    writer.save(what)
    what.records[0] = what.records[0].replaced(text="new")
    assert writer.save(what)
    assert "runs = 2\ntext = '2'\nmood = 'red'\n" in path.read_text()


@pytest.mark.parametrize("text", ["format = 2\nnew syntax!", "notebook = 'nb.py'\nformat = 2\n"])
def test_a_newer_format_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text)
    loaded = load(str(path))
    assert (loaded.records, loaded.format) == ([], 2)
    assert "newer version" in loaded.problems[0]
    for what in (loaded, session(FULL)):
        with pytest.raises(SessionFileError, match=r"nb\.session\.toml.*format 2.*Update"):
            save(path, what)
    assert path.read_text() == text
    assert sorted(path.parent.iterdir()) == [path]


def test_a_bond_that_toml_cannot_hold_is_refused(path: Path) -> None:
    save(path, session())
    before = path.read_bytes()
    with pytest.raises(SessionFileError, match="set"):
        save(path, Session(bonds={"n": {1}}))
    assert path.read_bytes() == before


def test_one_cell_is_rendered_when_one_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    original = render.cell

    def cell(record: Record, *rest: Any) -> render.Fragment:
        rendered.append(record.id)
        return original(record, *rest)

    monkeypatch.setattr(render, "cell", cell)
    writer = SessionWriter(str(path))
    all_cells = cells(50)
    writer.save(session(*all_cells))
    assert len(rendered) == 50
    all_cells[20] = all_cells[20].replaced(text="new")
    writer.save(session(*all_cells))
    assert rendered[50:] == ["c21"]


def test_no_slow_import_on_the_way(tmp_path: Path) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})"
        + """
before = set(sys.modules)
from sessions_ls.results.session_file import SessionWriter, load
session = load("nb.session.toml")
print(*sorted(set(sys.modules) - before))
SessionWriter("nb.session.toml").save(session)
load("nb.session.toml")
assert not {"tomllib", "typing", "dataclasses", "json", "hashlib"} & set(sys.modules) - before
"""
    )
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    ours = {name for name in found.stdout.split() if name.split(".")[0] != "sessions_ls"}
    assert ours <= ALLOWED


ALLOWED = {
    "re", "re._casefix", "re._compiler", "re._constants", "re._parser", "_sre", "enum", "types",
    "functools", "collections", "operator", "_operator", "_collections", "_functools", "keyword",
    "reprlib", "itertools", "copyreg", "time", "_blake2", "__future__", "os", "stat", "_stat",
    "posixpath", "genericpath", "os.path", "posix", "_collections_abc", "abc", "_abc",
}  # fmt: skip
