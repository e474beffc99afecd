"""`sessions editor`: what is ours goes in and out, and what is theirs stays as it was."""

from __future__ import annotations

import json
import os
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sessions_ls.cli import main
from tests.cli.conftest import ROOT, Ended
from tests.editors.finding import missing

VSIX = ROOT / "sessions_ls" / "editors" / "sessions.vsix"
LANGUAGES = {
    "nothing": "",
    "a comment": "# mine\n",
    "another language": '[[language]]\nname = "rust"\nauto-format = false\n',
    "Python without a list": (
        '# one\n[[language]]\nname = "python" # mine\nauto-format = true\n\n# two\n'
    ),
    "a list": '[[language]]\nname = "python"\nlanguage-servers = ["ruff", "ty"]  # both\n',
    "a list of several lines": (
        '[[language]]\nname = "python"\nlanguage-servers = [\n  "ruff", # lint\n'
        '  { name = "ty", except-features = ["format"] },\n]\n\n[[language]]\nname = "c"\n'
    ),
    "a list without a last comma": (
        '[[language]]\nname = "python"\nlanguage-servers = [\n  "ruff",\n  "ty"\n]\nroots = ["a"]\n'
    ),
    "a list with a comment last": (
        '[[language]]\nname = "python"\nlanguage-servers = [\n  "ruff",\n  # "ty",\n]\n'
    ),
    "an empty list": '[[language]]\nname = "python"\nlanguage-servers = []\n',
    "servers after languages": (
        '[[language]]\nname = "python"\nlanguage-servers = ["basedpyright"]\n\n'
        '[language-server.basedpyright.config]\nx = 1\n\n[grammar]\nonly = ["python"]\n'
    ),
    "languages before and after a server": (
        '[[language]]\nname = "c"\n\n[language-server.ruff]\ncommand = "ruff"\n\n'
        '[[language]]\nname = "d"\nlanguage-servers = ["ty"]\n\n'
        "[[language]]\nlanguage-servers = [\"ty\"]\nname = 'python'\n"
    ),
    "servers before languages": (
        '[language-server.ruff]\ncommand = "ruff"\n\n\n[[language]]\nname = "c"\n\n'
        '[[language]]\nname = "python"\nindent = { tab-width = 4, unit = "\\t" }\n'
    ),
    "servers in one line": (
        '[language-server]\nruff = { command = "ruff" }\n\n[[language]]\nname = "c"\n'
    ),
    "dotted keys": 'language-server.ruff.command = "ruff"\n',
    "not ASCII": '# ändern: „hier“\n[[language]]\nname = "python"\ncomment-token = "#"\n',
    "blank lines at the end": '[[language]]\nname = "c"\n\n\n',
}
CONFIGS = {
    "nothing": "",
    "a theme": 'theme = "onedark"\n',
    "an editor": '# mine\n[editor]\nline-number = "relative" # so\n\n[editor.lsp]\nenable = true\n',
    "only a part of the editor": '[editor.statusline]\nleft = ["mode"]\n',
    "the same settings": '[editor]\nend-of-line-diagnostics = "hint"\n',
    "other settings": '[editor.inline-diagnostics]\ncursor-line = "disable"\n',
    "keys": (
        '[keys.normal]\nC-s = ":w"\n\n[keys.normal.space]\nw = ":w"\n\n[keys.insert]\nj = "j"\n'
    ),
    "keys in one line": '[keys.normal]\nspace = { w = ":w" } # mine\nC-s = ":w"\n\n# the end\n',
    "a key of ours": '[keys.normal.space.n]\nx = ":foo"\nr = ":reload"\n',
    "Space is another": '[keys.normal]\nspace = ":buffer-picker"\n',
    "tables out of order": (
        '[editor]\na = 1\n\n[keys.normal]\n\n[editor.x]\nb = 1\n\n[keys.select]\nq = "q"\n'
    ),
    "dotted keys": 'editor.line-number = "relative"\nkeys.normal.C-s = ":w"\n',
    "settings in one line": '[editor]\ninline-diagnostics = { cursor-line = "hint" }\n',
}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
CASES = [
    (name, given, ending)
    for name, cases in (("languages.toml", LANGUAGES), ("config.toml", CONFIGS))
    for given in cases
    for ending in ENDINGS
]


class Shell:
    """`sessions` in this process, with an environment of its own."""

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self._patch = patch
        self._capsys = capsys
        self.set(PATH="/nowhere", HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"))
        self.set(XDG_DATA_HOME=str(folder / "data"))
        patch.delenv("NVIM_APPNAME", raising=False)

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def __call__(self, *arguments: str) -> Ended:
        return Ended(main(arguments), *self._capsys.readouterr())


@pytest.fixture
def sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def helix(sessions: Shell) -> Path:
    """Helix's folder; Helix itself is not on the PATH."""
    folder = sessions.folder / "config" / "helix"
    folder.mkdir(parents=True)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def holds(data: Any, given: Any) -> bool:
    """Whether all that was given is still there; lists may have become longer."""
    if isinstance(given, dict):
        return all(key in data and holds(data[key], value) for key, value in given.items())
    if isinstance(given, list):
        return all(holds(one, other) for one, other in zip(data, given, strict=False))
    return bool(data == given)


@pytest.mark.parametrize(("name", "given", "ending"), CASES)
def test_helix(sessions: Shell, helix: Path, name: str, given: str, ending: str) -> None:
    text = {**LANGUAGES, **CONFIGS}[given] if name == "config.toml" else LANGUAGES[given]
    before = text.replace("\n", ENDINGS[ending]).encode()
    (helix / name).write_bytes(before)
    done = sessions("editor", "helix")
    assert done.code == 0, done
    assert f"changed {helix / name}" in done.err
    assert "to undo this: sessions editor helix --undo" in done.err
    after = (helix / name).read_bytes()

    data = tomllib.loads(after.decode())
    assert holds(data, tomllib.loads(text))
    if name == "languages.toml":
        [python] = [one for one in data["language"] if one["name"] == "python"]
        assert python["language-servers"][-1] == "sessions"
        assert data["language-server"]["sessions"]["command"].startswith("/")
    elif given != "Space is another":
        assert "sessions.runAll" in data["keys"]["normal"]["space"]["n"]["A"]
    kept = [line for line in before.splitlines() if line.strip(b" ]\r,")]
    lost = [line for line in kept if line not in after.splitlines()]
    assert len(lost) <= 1, lost  # the line that became longer
    assert after.count(b"\r\n") in (0, after.count(b"\n"))
    assert (b"\r\n" in after) == (ending == "CRLF" and text != "")

    again = sessions("editor", "helix")
    assert "all is set up in Helix; nothing to change" in again.err
    assert (helix / name).read_bytes() == after

    undone = sessions("editor", "helix", "--undo")
    assert undone.code == 0, undone
    assert ((helix / name).read_bytes() if text else b"") == before
    assert "nothing to change" in sessions("editor", "helix", "--undo").err


def test_what_is_theirs_is_said_and_stays(sessions: Shell, helix: Path) -> None:
    (helix / "config.toml").write_text(CONFIGS["other settings"] + CONFIGS["a key of ours"])
    told = sessions("editor", "helix").err
    assert "`editor.inline-diagnostics.cursor-line` is yours and stays as it is" in told
    assert "`keys.normal.space.n.r` is yours and stays as it is" in told
    assert "Helix itself (hx) was not found" in told


@pytest.mark.parametrize(
    ("servers", "rules", "quiet"),
    [
        ('["ruff"]', "", True),
        ('["pylsp"]', "", False),
        ('["ruff"]', '[language-server.ruff]\nargs = ["server"]\n', True),
        ('["ruff"]', "[language-server]\nruff = { args = [] }\n", False),
    ],
    ids=["ruff", "no ruff", "a ruff without settings", "a ruff in one line"],
)
def test_results_are_no_problem_for_ruff(
    sessions: Shell, helix: Path, servers: str, rules: str, quiet: bool
) -> None:
    path = helix / "languages.toml"
    path.write_text(f'[[language]]\nname = "python"\nlanguage-servers = {servers}\n\n{rules}')
    before = path.read_bytes()
    sessions("editor", "helix")
    ruff = tomllib.loads(path.read_text())["language-server"].get("ruff", {})
    lint = ruff.get("config", {}).get("settings", {}).get("lint", {})
    assert lint == ({"ignore": ["B018"]} if quiet else {})
    sessions("editor", "helix", "--undo")
    assert path.read_bytes() == before


def test_basedpyright_leaves_room_for_results(sessions: Shell, helix: Path) -> None:
    path = helix / "languages.toml"
    path.write_text('[[language]]\nname = "python"\nlanguage-servers = ["basedpyright"]\n')
    before = path.read_bytes()
    assert "basedpyright reports by its `standard` rules now" in sessions("editor", "helix").err
    server = tomllib.loads(path.read_text())["language-server"]["basedpyright"]
    shipped = tomllib.loads((ROOT / "editors" / "helix" / "languages.toml").read_text())
    assert server == shipped["language-server"]["basedpyright"]
    assert "note: based" not in sessions("editor", "helix").err
    sessions("editor", "helix", "--undo")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("analysis.typeCheckingMode = 'strict'\n", True),
        ("analysis = 3\n", True),
        (
            "analysis.diagnosticSeverityOverrides = { reportFoo = 'none' }\n"
            "analysis.typeCheckingMode = 'strict'\n",
            False,
        ),
    ],
)
def test_settings_of_other_servers_stay(
    sessions: Shell, helix: Path, settings: str, told: bool
) -> None:
    path = helix / "languages.toml"
    theirs = f"[language-server.basedpyright.config.basedpyright]\n{settings}"
    path.write_text(
        f'[[language]]\nname = "python"\nlanguage-servers = ["basedpyright"]\n\n{theirs}'
    )
    line = '`diagnosticSeverityOverrides = {reportUnusedExpression = "none"}`'
    assert (line in sessions("editor", "helix").err) == told
    assert theirs in path.read_text()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "Space n has the commands"),
        (CONFIGS["a key of ours"], "Space n has the commands"),
        ('[keys.normal.space]\nn = ":new"\n', "Space a runs cells. No key does"),
        (CONFIGS["Space is another"], "Space a runs cells. No key does"),
    ],
)
def test_what_to_do_next(sessions: Shell, helix: Path, config: str, said: str) -> None:
    (helix / "config.toml").write_text(config)
    assert said in sessions("editor", "helix").err


def test_what_they_add_to_our_tables_stays_at_undo(sessions: Shell, helix: Path) -> None:
    sessions("editor", "helix")
    config, languages = helix / "config.toml", helix / "languages.toml"
    config.write_text(config.read_text() + 'z = ":zen"\n')
    line = 'name = "python"\n'
    languages.write_text(languages.read_text().replace(line, line + "auto-format = true # mine\n"))
    sessions("editor", "helix", "--undo")
    assert config.read_text() == '\n[keys.normal.space.n]\nz = ":zen"\n'
    assert languages.read_text() == '[[language]]\nname = "python"\nauto-format = true # mine\n'


def test_a_server_that_moved_is_found_again(sessions: Shell, helix: Path) -> None:
    sessions("editor", "helix")
    path = helix / "languages.toml"
    now = path.read_text()
    command = tomllib.loads(now)["language-server"]["sessions"]["command"]
    path.write_text(now.replace(command, "/gone/bin/sessions-ls"))
    assert f"changed {path}" in sessions("editor", "helix").err
    assert path.read_text() == now
    path.write_text(now.replace(" # by `sessions editor helix`", "").replace(command, "mine"))
    assert "nothing to change" in sessions("editor", "helix").err


BAD = {
    "no TOML": (b'theme = "x\n[editor\n', "is not valid TOML"),
    "a key twice": (b"[editor]\na = 1\na = 2\n", "is not valid TOML"),
    "no UTF-8": (b"# \xff\n", "is not valid TOML"),
    "an array where tables are": (b'language = [{ name = "c" }]\n', "cannot edit safely"),
}


@pytest.mark.parametrize("name", ["languages.toml", "config.toml"])
@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_edited_is_left_alone(
    sessions: Shell, helix: Path, case: str, name: str
) -> None:
    content, why = BAD[case]
    if case == "an array where tables are" and name == "config.toml":
        content = b'editor = "vi"\nkeys = 3\n'
        why = "is yours and stays"
    (helix / name).write_bytes(content)
    before = contents(helix)
    done = sessions("editor", "helix")
    assert why in done.err
    assert name in done.err
    if done.code:
        assert done.code == 2
        assert contents(helix) == before
    assert (helix / name).read_bytes() == content


def test_read_only_files_and_links(sessions: Shell, helix: Path) -> None:
    dotfiles = sessions.folder / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "config.toml").write_text("# mine\n")
    (helix / "config.toml").symlink_to(dotfiles / "config.toml")
    (helix / "languages.toml").write_text("# mine\n")
    (helix / "languages.toml").chmod(0o444)
    before = contents(helix)
    done = sessions("editor", "helix")
    assert done.code == 2
    assert "languages.toml is read-only, so nothing was changed" in done.err
    assert contents(helix) == before
    (helix / "languages.toml").chmod(0o640)
    assert sessions("editor", "helix").code == 0
    assert (helix / "config.toml").is_symlink()
    assert "sessions" in (dotfiles / "config.toml").read_text()
    assert (helix / "languages.toml").stat().st_mode & 0o777 == 0o640
    (dotfiles / "config.toml").unlink()
    done = sessions("editor", "helix")
    assert done.code == 2
    assert "is a link that leads nowhere" in done.err


@pytest.mark.parametrize("editor", ["helix", "nvim"])
def test_print_only_shows(sessions: Shell, helix: Path, editor: str) -> None:
    (helix / "config.toml").write_text("# mine\n")
    before = contents(sessions.folder)
    done = sessions("editor", editor, "--print")
    assert done.code == 0
    assert ("sessions.runCell" if editor == "helix" else "editors/neovim") in done.out
    assert contents(sessions.folder) == before


def test_the_configuration_folder(sessions: Shell, helix: Path) -> None:
    sessions.set(XDG_CONFIG_HOME="relative")  # which the standard says to ignore
    assert sessions("editor", "helix").code == 0
    assert (sessions.folder / ".config" / "helix" / "languages.toml").exists()


# -- Neovim --------------------------------------------------------------------------------------


@pytest.fixture
def site(sessions: Shell) -> Path:
    """Where Neovim's packages are."""
    return sessions.folder / "data" / "nvim" / "site" / "pack" / "sessions" / "start"


def setup(sessions: Shell, *options: str) -> Ended:
    done = sessions("editor", "nvim", *options)
    assert done.code == 0, done
    return done


def test_neovim(sessions: Shell, site: Path) -> None:
    setup(sessions)
    assert (site / "sessions").resolve() == ROOT / "editors" / "neovim"
    told = (site / "sessions-installed" / "lua" / "sessions" / "installed.lua").read_text()
    assert os.path.dirname(sys.executable) in told
    assert "*sessions*" in (site / "sessions" / "doc" / "tags").read_text()
    before = contents(sessions.folder)
    assert "all is set up in Neovim; nothing to change" in setup(sessions).err
    assert contents(sessions.folder) == before
    setup(sessions, "--undo")
    assert list((sessions.folder / "data" / "nvim").iterdir()) == []
    assert "nothing of sessions is set up in Neovim" in setup(sessions, "--undo").err


def test_neovim_with_another_name(sessions: Shell, site: Path) -> None:
    sessions.set(NVIM_APPNAME="other")
    setup(sessions)
    assert not site.exists()
    assert (sessions.folder / "data/other/site/pack/sessions/start/sessions/plugin").is_dir()


def test_a_link_of_an_older_installation_is_replaced(sessions: Shell, site: Path) -> None:
    site.mkdir(parents=True)
    (site / "sessions").symlink_to(sessions.folder / "gone")
    setup(sessions)
    assert (site / "sessions").resolve() == ROOT / "editors" / "neovim"


def test_a_folder_of_theirs_stays(sessions: Shell, site: Path) -> None:
    (site / "sessions").mkdir(parents=True)
    (site / "sessions" / "mine.lua").write_text("-- mine\n")
    before = contents(sessions.folder)
    for options in ((), ("--undo",)):
        done = sessions("editor", "nvim", *options)
        assert done.code == 2
        assert "was not made by `sessions editor`" in done.err
        assert contents(sessions.folder) == before


def test_an_editor_that_we_do_not_know(sessions: Shell) -> None:
    done = sessions("editor", "emacs")
    assert done.code == 2
    assert "there is no set-up for emacs; there is one for: nvim, helix, vscode" in done.err


# -- VS Code -------------------------------------------------------------------------------------

CODE = """\
#!/bin/sh
echo "$@" >> {folder}/asked
case $1 in
--list-extensions) cat {folder}/there; exit;;
--install-extension) cp "$2" {folder}/got.vsix; echo sessions-ls.sessions@0.1.0 > {folder}/there;;
--uninstall-extension) : > {folder}/there;;
esac
"""


@pytest.fixture
def code(sessions: Shell, tmp_path: Path) -> Path:
    """A folder on the PATH with a `code` that does as it is told."""
    if not VSIX.exists():
        missing("the extension was not built: `editors/vscode/package.sh` does it")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "there").write_text("ms-python.python@1.2.3\n")
    (folder / "code").write_text(CODE.format(folder=folder))
    (folder / "code").chmod(0o755)
    sessions.set(PATH=f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin", SESSIONS_EDITOR="")
    return folder


def test_vscode(sessions: Shell, code: Path) -> None:
    assert "--install-extension" in sessions("editor", "vscode", "--print").out
    assert not (code / "got.vsix").exists()
    done = sessions("editor", "vscode")
    assert done.code == 0, done
    with zipfile.ZipFile(code / "got.vsix") as archive:
        assert archive.testzip() is None
        told = json.loads(archive.read("extension/installed.json"))
        assert json.loads(archive.read("extension/package.json"))["name"] == "sessions"
    assert told["server"][0].startswith(os.path.dirname(sys.executable))
    (code / "asked").unlink()
    assert "all is set up in VS Code; nothing to change" in sessions("editor", "vscode").err
    assert "--install-extension" not in (code / "asked").read_text()
    (code / "there").write_text("sessions-ls.sessions@0.0.9\n")
    assert "installed the extension" in sessions("editor", "vscode").err
    assert "removed the extension" in sessions("editor", "vscode", "--undo").err
    assert "nothing of sessions is set up" in sessions("editor", "vscode", "--undo").err
    assert list((sessions.folder / "config").rglob("vscode.json")) == []


def test_vscode_that_is_not_there_or_fails(sessions: Shell, code: Path) -> None:
    (code / "code").write_text("#!/bin/sh\necho one\necho 'no room' >&2\nexit 3\n")
    done = sessions("editor", "vscode")
    assert done.code == 2
    assert "failed: no room" in done.err
    sessions.set(PATH="/nowhere")
    done = sessions("editor", "vscode")
    assert done.code == 2
    assert "No program of VS Code is on the PATH" in done.err
