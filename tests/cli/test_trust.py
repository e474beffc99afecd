"""`sessions trust` and `untrust`, and what is trusted from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sessions_ls.live.trust import load, trust_file

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

STORY = [
    # the command, its exit status, and what it says after "sessions: "; HERE is the folder
    ("trust nb.py", 0, ["HERE/nb.py is trusted; `sessions untrust nb.py` takes it back"]),
    ("trust --list", 0, ["trusted   HERE/nb.py"]),
    ("trust", 0, ["every notebook in HERE is trusted; `sessions untrust .` takes it back"]),
    ("untrust nb.py", 0, ["HERE/nb.py is not trusted"]),
    ("trust --list", 0, ["trusted   HERE", "untrusted HERE/nb.py"]),
    (
        "trust .", 0,
        [
            "every notebook in HERE is trusted; `sessions untrust .` takes it back",
            "but not HERE/nb.py, which you untrusted",
        ],
    ),
    ("untrust", 0, ["no notebook in HERE is trusted"]),
    ("trust --list", 0, []),
    ("trust missing.py", 2, ["there is no missing.py"]),
    ("untrust missing.py", 0, ["HERE/missing.py is not trusted"]),
    ("trust a b", 2, ["b is one argument too many (see `sessions trust --help`)"]),
    ("new made.py", 0, ["made.py", "made made.py; to run it: sessions run made.py"]),
    ("trust --list", 0, ["trusted   HERE/made.py"]),
]  # fmt: skip


@pytest.fixture
def apart(sessions: Shell) -> Shell:
    """The command, with a state folder of its own."""
    sessions.env["XDG_STATE_HOME"] = str(sessions.folder / "state")
    return sessions


def test_the_story(apart: Shell) -> None:
    here = str(apart.folder.resolve())
    apart.folder.joinpath("nb.py").write_text("# %%\n1\n")
    for command, code, lines in STORY:
        ended = apart(*command.split())
        said = ended.out + ended.err.replace("sessions: ", "")
        assert (command, ended.code, said.replace(here, "HERE").splitlines()) == (
            command, code, lines,
        )  # fmt: skip


def test_a_damaged_file_is_told(apart: Shell) -> None:
    file = apart.folder / "state" / "sessions-ls" / "trust.toml"
    assert str(file) == trust_file(apart.env)
    file.parent.mkdir(parents=True)
    file.write_text("nonsense")
    for command in ("trust", "untrust", "trust --list"):
        ended = apart(*command.split())
        assert ended.code == 2, command
        assert ended.err.startswith(f"sessions: No notebook is trusted: {file} is damaged (")
    made = apart("new", "made.py")
    assert (made.code, made.out) == (0, "made.py\n")
    assert f"{file} is damaged (" in made.err
    assert file.read_text() == "nonsense"
    assert load(apart.env).trouble is not None


def test_running_gives_no_trust(apart: Shell) -> None:
    notebook = apart.folder / "nb.py"
    notebook.write_text("# %%\n1\n")
    assert apart("run", "nb.py").code == 0
    assert load(apart.env).grant(str(notebook)) is None
