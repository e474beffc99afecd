"""`sessions agent-guide`: what it says is true, and it changes no byte that is not its own."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sessions_ls.cli import COMMANDS, main
from sessions_ls.cli.agent_guide import project_folder
from sessions_ls.cli.arguments import UsageError
from sessions_ls.cli.guide import GUIDE, skill
from sessions_ls.cli.marked import BEGIN, END, block, with_block

BLOCK = block("a\nb\n").encode()
CRLF = BLOCK.replace(b"\n", b"\r\n")
OLD = f"{BEGIN}\nold\n{END}\n".encode()

# The file, and the file with our block.
PUT = {
    "an empty file": (b"", BLOCK),
    "after other text, a line apart": (b"# Rules\n", b"# Rules\n\n" + BLOCK),
    "a last line that is not ended": (b"# Rules", b"# Rules\n\n" + BLOCK),
    "a blank line is there already": (b"# Rules\n\n", b"# Rules\n\n" + BLOCK),
    "in place of an older one": (b"a\n" + OLD + b"z\n", b"a\n" + BLOCK + b"z\n"),
    "at the very start": (OLD + b"\nz", BLOCK + b"\nz"),
    "at the very end, not ended": (b"a\n" + OLD[:-1], b"a\n" + BLOCK[:-1]),
    "line ends of DOS": (b"# Rules\r\n", b"# Rules\r\n\r\n" + CRLF),
    "an older one with line ends of DOS": (
        b"a\r\n" + OLD.replace(b"\n", b"\r\n") + b"z\r\n",
        b"a\r\n" + CRLF + b"z\r\n",
    ),
    "bytes that are no UTF-8, and mixed line ends": (
        b"caf\xe9\na\r\n\rb\n" + OLD + b"\xff\r\n",
        b"caf\xe9\na\r\n\rb\n" + BLOCK + b"\xff\r\n",
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + OLD, b"\xef\xbb\xbf" + BLOCK),
    "indented marks": (
        f"- a\n  {BEGIN}\n  old\n  {END} \nz\n".encode(),
        b"- a\n  " + BLOCK[:-1] + b" \nz\n",
    ),
    "marks that are only spoken of": (
        f"Between `{BEGIN}` and `{END}`.\n".encode(),
        f"Between `{BEGIN}` and `{END}`.\n\n".encode() + BLOCK,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUT)
def test_the_block_goes_in_and_nothing_else_changes(name: str) -> None:
    before, after = PUT[name]
    assert with_block(before, BLOCK.decode(), "A.md") == after
    assert with_block(after, BLOCK.decode(), "A.md") == after
    other = with_block(after, block("another\n"), "A.md")
    assert other != after
    assert with_block(other, BLOCK.decode(), "A.md") == after


DAMAGED = {
    "no end": (f"x\n{BEGIN}\n", r"it has `<!-- sessions:begin -->` on line 2\."),
    "no beginning": (f"{END}\n", r"it has `<!-- sessions:end -->` on line 1\."),
    "the wrong way round": (f"{END}\n{BEGIN}\n", r"it has .*end.* on line 1, .*begin.* on line 2"),
    "twice": (f"{BEGIN}\n{END}\n" * 2, r"on line 3, .* on line 4\. Mend or delete"),
    "UTF-16": (f"{BEGIN}\n".encode("utf-16"), r"A\.md is no UTF-8 text"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_marks_are_said_and_nothing_changes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, sentence = DAMAGED[name]
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(UsageError, match=sentence):
        with_block(content, BLOCK.decode(), "A.md")
    monkeypatch.chdir(tmp_path)
    Path("AGENTS.md").write_bytes(content)
    assert main(["agent-guide", "--write"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sessions: ")
    assert err.endswith("; nothing was changed\n")
    assert err.count("\n") == 1
    assert Path("AGENTS.md").read_bytes() == content


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, in a folder of which we are."""
    (tmp_path / "pyproject.toml").touch()
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return tmp_path


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_is_printed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _files(project)
    assert main(["agent-guide"]) == 0
    assert capsys.readouterr() == (GUIDE, "")
    assert _files(project) == before


WRITE = [
    (["--write"], ["AGENTS.md"]),
    (["--skill"], [".claude/skills/sessions/SKILL.md"]),
    (["--write", "--skill"], ["AGENTS.md", ".claude/skills/sessions/SKILL.md"]),
]


@pytest.mark.parametrize(("options", "paths"), WRITE)
def test_it_is_written_once(
    project: Path, options: list[str], paths: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent-guide", *options]) == 0
    said = "".join(f"sessions: wrote {os.path.join('..', '..', path)}\n" for path in paths)
    assert capsys.readouterr() == ("", said)
    made = _files(project)
    assert made.keys() == {"pyproject.toml", *paths}
    stamps = [os.stat(project / path).st_mtime_ns for path in paths]
    assert main(["agent-guide", *options]) == 0
    assert capsys.readouterr().err.count("is up to date") == len(paths)
    assert _files(project) == made
    assert [os.stat(project / path).st_mtime_ns for path in paths] == stamps


def test_a_skill_begins_with_its_front_matter(project: Path) -> None:
    assert main(["agent-guide", "--skill"]) == 0
    path = project / ".claude" / "skills" / "sessions" / "SKILL.md"
    text = path.read_text()
    front, body = re.fullmatch(r"---\n(.*?)---\n\n(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    assert re.search(r"^name: sessions$", front, re.MULTILINE)
    assert re.search(r"^description: \S", front, re.MULTILINE)
    assert body == block(GUIDE)
    mine = skill("").replace("Bash(sessions *)", "Bash") + "More of my own.\n" + block("old")
    path.write_text(mine)
    assert main(["agent-guide", "--skill"]) == 0
    assert path.read_text() == mine.replace(block("old"), block(GUIDE))


def test_a_link_stays_a_link_and_modes_stay(project: Path) -> None:
    (project / "CLAUDE.md").write_text("mine\n")
    (project / "CLAUDE.md").chmod(0o640)
    (project / "AGENTS.md").symlink_to("CLAUDE.md")
    assert main(["agent-guide", "--write"]) == 0
    assert (project / "AGENTS.md").is_symlink()
    assert (project / "CLAUDE.md").read_text() == f"mine\n\n{block(GUIDE)}"
    assert (project / "CLAUDE.md").stat().st_mode & 0o777 == 0o640


def test_what_is_no_file_is_left_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "AGENTS.md").mkdir()
    (project / ".claude").touch()
    for option in ("--write", "--skill"):
        assert main(["agent-guide", option]) == 2
        assert re.fullmatch(r"sessions: .*\.md cannot be written: .+\n", capsys.readouterr().err)
    assert (project / "AGENTS.md").is_dir()


def test_which_folder_is_the_project(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert project_folder(str(inner)) == str(inner)
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere\n")
    assert project_folder(str(inner)) == str(tmp_path / "a")
    (inner / "pyproject.toml").touch()
    assert project_folder(str(inner)) == str(inner)


# -- what it says ----------------------------------------------------------------------------------


def test_it_is_half_a_page() -> None:
    lines = GUIDE.splitlines()
    assert len(lines) <= 36
    assert max(map(len, lines)) <= 100


def test_every_command_in_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each `sessions …` of the guide, and each option beside it, is one that the command takes."""
    monkeypatch.chdir(tmp_path)
    spoken = re.findall(r"`sessions ([a-z-]+)", GUIDE)
    assert {"run", "status", "show", "check", "wait", "interrupt", "restart"} <= set(spoken)
    assert set(spoken) <= COMMANDS.keys()
    helps = ""
    for name in sorted(set(spoken)):
        assert main([name, "--help"]) == 0
        helps += capsys.readouterr().out
    for option in set(re.findall(r"(--[a-z-]+)", GUIDE)):
        assert re.search(rf"^  {option}( |$)", helps, re.MULTILINE), option
