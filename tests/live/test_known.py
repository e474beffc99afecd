"""The names of a large notebook's cells are kept, and found again for the very same text alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sessions_ls.live import known as known_module
from sessions_ls.live.client import Client
from sessions_ls.live.folders import cache_folder
from sessions_ls.live.known import MOST, SMALLEST, Known
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import Settings
from sessions_ls.reactive import program
from sessions_ls.reactive.names import Names, analyse

Text = tuple[str, bool]

LONG = "#" * SMALLEST
SOURCES = [
    "",
    "x = 1",
    "import numpy as np, os.path\nfrom a.b import *",
    "from __future__ import annotations\ndef f(a: 'T' = d) -> R: global g; g = h(a)",
    "x += 1; del y\nmodel.fit(X)\nexec(code)",
    "try:\n    näme = ünd('😀', z)\nexcept NameError as error:\n    pass",
    "class A(B):\n    __c = d\n    def m(self): return super().m() + [e for e in ee]",
    "'\ud800'",
    "with (a",
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SESSIONS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def analysed(sources: list[str]) -> dict[Text, Names]:
    return {(source, lazy): analyse(source, lazy) for source in sources for lazy in (False, True)}


def kept(sources: list[str], path: str = "nb.py") -> dict[Text, Names]:
    """Have these kept, by one who looked for them and did not find them all."""
    found = analysed(sources)
    known = Known(path, LONG)
    for text in found:
        known.names(text)
    known.keep(found)
    return found


def test_names_are_found_as_they_were() -> None:
    found = kept(SOURCES)
    known = Known("nb.py", LONG)
    for text, names in found.items():
        again = known.names(text)
        if names.error is not None:
            assert again is None
        else:
            assert again is not None
            assert vars(again) == vars(names)
            assert list(again.where) == list(names.where)


def test_another_text_is_not_known() -> None:
    kept(["x = 1"])
    known = Known("nb.py", LONG)
    assert known.names(("x = 2", False)) is None
    assert Known("other.py", LONG).names(("x = 1", False)) is None
    assert known.names(("x = 1", False)) is not None


def test_lazy_annotations_are_another_text() -> None:
    source = "def f(a: T): pass"
    known = Known("nb.py", LONG)
    known.names((source, True))
    known.keep({(source, True): analyse(source, True)})
    assert Known("nb.py", LONG).names((source, False)) is None


def test_what_was_kept_by_other_code_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    kept(["x = 1"])
    monkeypatch.setattr(sys, "version", "another")
    assert Known("nb.py", LONG).names(("x = 1", False)) is None


def test_a_changed_module_of_ours_is_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(["x = 1"])
    ours = Path(sys.modules[Names.__module__].__file__ or "")
    for path in ours.parent.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(sys.modules[Names.__module__], "__file__", str(tmp_path / ours.name))
    assert Known("nb.py", LONG).names(("x = 1", False)) is not None
    with (tmp_path / "flow.py").open("a") as file:
        file.write("#")
    assert Known("nb.py", LONG).names(("x = 1", False)) is None


def test_a_damaged_file_is_no_file(cache: Path) -> None:
    kept(["x = 1"])
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:20], b"\0" * len(whole), whole[:-1] + b"\xff"):
        file.write_bytes(damaged)
        assert Known("nb.py", LONG).names(("x = 1", False)) is None
    kept(["x = 1"])
    assert file.read_bytes() == whole


@pytest.mark.skipif(sys.platform == "win32", reason="there folders have no modes")
def test_what_others_could_have_written_is_not_read(cache: Path) -> None:
    kept(["x = 1"])
    cache.chmod(0o755)
    assert Known("nb.py", LONG).names(("x = 1", False)) is None


def test_a_folder_that_cannot_be_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SESSIONS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    kept(["x = 1"])
    assert Known("nb.py", LONG).names(("x = 1", False)) is None


def test_nothing_is_kept_of_a_small_notebook(cache: Path) -> None:
    known = Known("nb.py", "x = 1")
    assert known.names(("x = 1", False)) is None
    known.keep(analysed(["x = 1"]))
    assert not cache.exists()


def test_the_oldest_are_forgotten(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_module, "MOST", 3)
    for number in range(5):
        kept(["x = 1"], f"{number}.py")
        for age, file in enumerate(sorted(cache.iterdir(), key=os.path.getmtime, reverse=True)):
            os.utime(file, (1_000_000 - age, 1_000_000 - age))
    assert len(list(cache.iterdir())) == 3 < MOST
    assert Known("4.py", LONG).names(("x = 1", False)) is not None


def test_the_folder_is_the_platforms() -> None:
    assert cache_folder({"SESSIONS_CACHE_DIR": "/a"}) == os.path.abspath("/a")
    if sys.platform == "linux":
        assert cache_folder({"XDG_CACHE_HOME": "/a"}) == "/a/sessions-ls"
        assert cache_folder({}) == os.path.expanduser("~/.cache/sessions-ls")


LARGE = "".join(
    f"# %% {number}\nx{number} = {f'x{number - 1} + ' if number else ''}len({LONG[:400]!r})\n"
    for number in range(110)
)


def test_a_session_takes_the_names_that_a_client_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "nb.py")

    def shown(recall: bool) -> object:
        session = LiveSession(path, Settings(), lambda event: None, write=False)
        if recall:
            session.recall_names(LARGE)
        session.submit(LARGE)
        return session.view().to_json()

    plain = shown(recall=False)
    client = Client(path, Settings(), lambda event: None, "test")
    client.recall_names(LARGE)
    client.submit(LARGE)
    client.keep_names()
    monkeypatch.delattr(program, "analyse")
    assert shown(recall=True) == plain


def test_a_client_shows_the_same_with_and_without(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = LARGE

    def shown() -> list[object]:
        client = Client(str(tmp_path / "nb.py"), Settings(), lambda event: None, "test")
        client.recall_names(text)
        client.submit(text)
        client.keep_names()
        views = [client.view().to_json()]
        client.submit(text.replace("x7 = x6", "x7 = x5"))
        return [*views, client.view().to_json()]

    first = shown()
    assert list(cache.iterdir())
    known: list[bool] = []
    find = Known.names

    def found(self: Known, text: Text) -> Names | None:
        names = find(self, text)
        known.append(names is not None)
        return names

    monkeypatch.setattr(Known, "names", found)
    assert shown() == first
    assert known == [True] * 110 + [False]
