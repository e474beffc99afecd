"""Where settings are found, and what is said of bad ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sessions_ls.live.folders import config_folder
from sessions_ls.live.settings import Settings, SettingsError, load_settings

# Files, the notebook's folder below them, and what is found: python, strict, the source.
FOUND = [
    ("nothing", {}, "a", (None, False, None)),
    (
        "beside it",
        {"a/pyproject.toml": '[tool.sessions]\nmultiple-definitions = "error"\n'},
        "a",
        (None, True, "a/pyproject.toml"),
    ),
    (
        "above it",
        {"pyproject.toml": '[tool.sessions]\nmultiple-definitions = "error"\n'},
        "a/b",
        (None, True, "pyproject.toml"),
    ),
    (
        "the nearest, as a whole",
        {
            "pyproject.toml": '[tool.sessions]\npython = "py"\n',
            "a/pyproject.toml": '[tool.sessions]\nmultiple-definitions = "allow"\n',
        },
        "a/b",
        (None, False, "a/pyproject.toml"),
    ),
    (
        "past one without our table",
        {
            "pyproject.toml": '[tool.sessions]\npython = "py"\n',
            "a/pyproject.toml": "[tool.other]\nx = 1\n",
        },
        "a",
        ("py", False, "pyproject.toml"),
    ),
    (
        "past one that only mentions it",
        {
            "pyproject.toml": '[tool.sessions]\npython = "py"\n',
            "a/pyproject.toml": "# [tool.sessions]\n[project]\nname = 'x'\n",
        },
        "a",
        ("py", False, "pyproject.toml"),
    ),
    (
        "past one that is no TOML but not ours",
        {"pyproject.toml": "[broken"},
        "a",
        (None, False, None),
    ),
    (
        "an empty table counts",
        {
            "a/pyproject.toml": "[tool.sessions]\n",
            "config/sessions/config.toml": 'python = "py"\n',
        },
        "a",
        (None, False, "a/pyproject.toml"),
    ),
    (
        "the user's own",
        {"config/sessions/config.toml": 'multiple-definitions = "error"\n'},
        "a",
        (None, True, "config/sessions/config.toml"),
    ),
    (
        "the project's before the user's",
        {
            "pyproject.toml": '[tool.sessions]\npython = "one"\n',
            "config/sessions/config.toml": 'python = "two"\n',
        },
        "a",
        ("one", False, "pyproject.toml"),
    ),
    (
        "a path is relative to its file",
        {"pyproject.toml": '[tool.sessions]\npython = ".venv/bin/python"\n'},
        "a/b",
        ("ROOT/.venv/bin/python", False, "pyproject.toml"),
    ),
    (
        "an absolute path",
        {"pyproject.toml": '[tool.sessions]\npython = "/usr/bin/python3"\n'},
        "a",
        ("/usr/bin/python3", False, "pyproject.toml"),
    ),
    (
        "unknown settings are left alone",
        {"pyproject.toml": "[tool.sessions]\nfuture = 1\n"},
        "a",
        (None, False, "pyproject.toml"),
    ),
]


def put(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def load(root: Path, folder: str) -> Settings:
    (root / folder).mkdir(parents=True, exist_ok=True)
    environ = {"XDG_CONFIG_HOME": str(root / "config"), "APPDATA": str(root / "config")}
    return load_settings(str(root / folder / "notebook.py"), environ)


@pytest.mark.parametrize(
    ("files", "folder", "expected"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND]
)
def test_found(
    files: dict[str, str],
    folder: str,
    expected: tuple[str | None, bool, str | None],
    tmp_path: Path,
) -> None:
    put(tmp_path, files)
    python, strict, source = expected
    found = load(tmp_path, folder)
    assert found.python == (python and python.replace("ROOT", str(tmp_path)))
    assert found.strict is strict
    assert found.source == (source and str(tmp_path / source))


BAD = [
    ("a value that cannot be", 'multiple-definitions = "maybe"\n', "`multiple-definitions`.*maybe"),
    ("a value of another kind", "multiple-definitions = [1]\n", "`multiple-definitions`"),
    ("python is no text", "python = 3.12\n", "`python` must be a path"),
    ("no TOML", "python = \n", "Invalid value"),
]


@pytest.mark.parametrize(
    ("content", "sentence"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
@pytest.mark.parametrize(
    ("name", "head"),
    [("pyproject.toml", "[tool.sessions]\n"), ("config/sessions/config.toml", "")],
    ids=["project", "user"],
)
def test_bad(name: str, head: str, content: str, sentence: str, tmp_path: Path) -> None:
    put(tmp_path, {name: head + content})
    with pytest.raises(SettingsError, match=sentence) as raised:
        load(tmp_path, "a")
    assert str(tmp_path / name) in str(raised.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.sessions]\npython = '\xff'\n")
    with pytest.raises(SettingsError, match="utf-8"):
        load(tmp_path, "a")


def test_a_folder_in_its_place_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    assert load(tmp_path, "a").source is None


@pytest.mark.skipif(os.name != "posix", reason="the platforms differ")
def test_the_users_folder() -> None:
    assert config_folder({"XDG_CONFIG_HOME": "/x"}).startswith("/")
    assert config_folder({}).endswith("sessions")
