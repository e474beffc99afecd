"""`sessions NOTEBOOK`: which editor it becomes, and when it refuses."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from sessions_ls.cli.new import TEMPLATE
from tests.cli.conftest import Shell

CHOICES = [
    # programs that are there, variables, what is started: the program and its last argument
    ("nvim hx vi", {}, "nvim nb.py"),
    ("hx vi", {}, "hx nb.py"),
    ("helix vi", {}, "helix nb.py"),
    ("vi", {"EDITOR": "vi"}, "vi nb.py"),
    ("vi ed", {"EDITOR": "vi", "VISUAL": "ed"}, "ed nb.py"),
    ("nvim vi", {"EDITOR": "vi"}, "nvim nb.py"),
    ("nvim hx", {"SESSIONS_EDITOR": "hx"}, "hx nb.py"),
    ("nvim hx", {"SESSIONS_EDITOR": ""}, "nvim nb.py"),
    ("code", {"SESSIONS_EDITOR": "code --wait"}, "code --wait nb.py"),
    ("vi", {"VISUAL": "vi -c 'set nu'"}, "vi -c set nu nb.py"),
]
REFUSED = [
    ("", {}, "nb.py", "no editor was found: install Neovim or Helix, or name one in"),
    ("vi", {"SESSIONS_EDITOR": "vim"}, "nb.py", "$SESSIONS_EDITOR names vim, and there is no such"),
    ("vi", {"EDITOR": "vi 'x"}, "nb.py", '$EDITOR is "vi \'x", which is no command line'),
    ("nvim", {}, "nb.py b.py", "one notebook at a time; b.py is one too many"),
    ("nvim", {}, ".", ". is a folder; `sessions new .` makes a notebook in it"),
    ("nvim", {}, "no/such.py", "no/such.py cannot be made: No such file or directory"),
]


def prepare(sessions: Shell, programs: str, variables: dict[str, str]) -> None:
    """Programs that write their name and arguments into a file."""
    folder = sessions.folder / "programs"
    folder.mkdir()
    for name in programs.split():
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {sessions.folder}/started\n')
        (folder / name).chmod(0o755)
    for name in ("SESSIONS_EDITOR", "VISUAL", "EDITOR"):
        sessions.env.pop(name, None)
    sessions.env.update(variables, PATH=str(folder), HOME=str(sessions.folder))
    sessions.env.update(SESSIONS_RUNTIME_DIR=str(sessions.folder / "run"))


def on_a_terminal(sessions: Shell, *arguments: str) -> tuple[int, str]:
    """The command's exit status and all it says, on a terminal."""
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "sessions_ls", *arguments]
    process = subprocess.Popen(
        command, cwd=sessions.folder, env=sessions.env, stdin=its, stdout=its, stderr=its
    )
    os.close(its)
    said = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the last one has closed it
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    return process.wait(60), said.decode()


@pytest.mark.parametrize(("programs", "variables", "started"), CHOICES)
def test_which_editor(
    sessions: Shell, programs: str, variables: dict[str, str], started: str
) -> None:
    prepare(sessions, programs, variables)
    sessions.write("nb.py", "# %%\n1\n")
    code, said = on_a_terminal(sessions, "nb.py")
    assert code == 0, said
    words = [
        line.split()
        for line in (sessions.folder / "started").read_text().splitlines()
        if not {"--version", "--headless", "--health"} & set(line.split())
    ]
    assert len(words) == 1
    if "nvim" in words[0]:
        words[0] = [words[0][0], words[0][-1]]  # between them is what brings our plugin
    assert " ".join(words[0]) == started
    assert (sessions.folder / "nb.py").read_text() == "# %%\n1\n"


@pytest.mark.parametrize(("programs", "variables", "arguments", "why"), REFUSED)
def test_refused(
    sessions: Shell, programs: str, variables: dict[str, str], arguments: str, why: str
) -> None:
    prepare(sessions, programs, variables)
    code, said = on_a_terminal(sessions, *arguments.split())
    assert code == 2
    assert why in said
    assert not (sessions.folder / "nb.py").exists()


def test_a_new_notebook_is_made(sessions: Shell) -> None:
    prepare(sessions, "vi", {"EDITOR": "vi"})
    code, said = on_a_terminal(sessions, "new.py")
    assert (code, said) == (0, "sessions: made new.py\r\n")
    assert (sessions.folder / "new.py").read_text() == TEMPLATE


def test_without_a_terminal_it_refuses_and_makes_nothing(sessions: Shell) -> None:
    prepare(sessions, "vi code", {"EDITOR": "vi"})
    done = sessions("new.py")
    assert done.code == 2
    assert "vi needs a terminal; to run the notebook: `sessions run new.py`" in done.err
    assert not (sessions.folder / "new.py").exists()
    assert sessions("new.py", env={"EDITOR": "code"}).code == 0
    assert (sessions.folder / "new.py").exists()


def test_the_status_of_the_editor_is_ours(sessions: Shell) -> None:
    prepare(sessions, "hx", {})
    (sessions.folder / "programs" / "hx").write_text("#!/bin/sh\nexit 7\n")
    assert on_a_terminal(sessions, "nb.py")[0] == 7


def test_helix_changes_made_meanwhile_are_kept(sessions: Shell) -> None:
    """`:config-open` in a Helix that was not set up opens a copy."""
    prepare(sessions, "hx", {})
    home = sessions.folder / "config" / "helix"
    (home / "themes").mkdir(parents=True)
    (home / "config.toml").write_text('theme = "mine"\n')
    (sessions.folder / "config" / "git").mkdir()
    (sessions.folder / "programs" / "hx").write_text(
        "#!/bin/sh\n"
        'case "$1" in --*) exit;; esac\n'
        'test -d "$XDG_CONFIG_HOME/helix/themes" && test -d "$XDG_CONFIG_HOME/git" || exit 3\n'
        'while read -r line; do case "$line" in *runCell*) found=1;; esac; done'
        ' < "$XDG_CONFIG_HOME/helix/config.toml"; test -n "$found" || exit 4\n'
        'echo "# more" >> "$XDG_CONFIG_HOME/helix/config.toml"\n'
    )
    code, said = on_a_terminal(sessions, "nb.py")
    assert code == 0, said
    assert f"your changes to Helix's configuration are in {home}/config.toml.edited" in said
    assert (home / "config.toml.edited").read_text().endswith("# more\n")
    assert (home / "config.toml").read_text() == 'theme = "mine"\n'
    assert list((sessions.folder / "run").glob("helix*")) == []


def test_python_opens_one_too(sessions: Shell) -> None:
    prepare(sessions, "code", {"EDITOR": "code"})
    done = sessions(python=("-c", "import sessions_ls, sys; sys.exit(sessions_ls.main('nb.py'))"))
    assert done.code == 0, done
    assert (sessions.folder / "started").read_text() == "code nb.py\n"
