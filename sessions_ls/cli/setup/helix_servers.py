"""Helix's `languages.toml`: our server, and its name in the list of servers for Python.

A line is changed or added where the text says so, tried and read again: files with arrays of tables
between other tables come out of tomlkit in another order.
"""

from __future__ import annotations

import copy
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from tomlkit.items import Array

from sessions_ls.cli.setup import entries, installed
from sessions_ls.cli.setup.changes import FileText
from sessions_ls.cli.setup.errors import SetupError
from sessions_ls.cli.setup.tomlfile import TomlFile
from sessions_ls.results.controls import without_controls

NAME = "sessions"
HEADERS = "language-server"
HEADER = f"{HEADERS}.{NAME}"
KEY = "language-servers"
PYTHON = re.compile(r"""^[ \t]*name[ \t]*=[ \t]*["']python["'].*$""", re.M)
BUILT_IN = ["ty", "ruff", "jedi", "pylsp"]
"""The servers that Helix 25.07 starts for Python where nobody says otherwise."""
QUIET: dict[str, tuple[str, dict[str, Any]]] = {
    "ruff": ("config.settings.lint", {"ignore": ["B018"]}),
    "basedpyright": (
        "config.basedpyright.analysis",
        {
            "typeCheckingMode": "standard",
            "diagnosticSeverityOverrides": {"reportUnusedExpression": "none"},
        },
    ),
}
"""Servers that report an expression as the last line of a cell, and how they are told not to.

With all its rules basedpyright says so much that no result is seen between.
"""


def with_server(
    file: TomlFile,
    mark: str,
    helix: str | None,
    notes: list[str],
    more: Mapping[str, Any] | None = None,
) -> FileText | None:
    """What there is to change. Raises SetupError where it cannot be done safely."""
    text, expected = file.text, copy.deepcopy(file.data)
    python = python_in(expected)
    if python is None:
        entry = {"name": "python", KEY: [*_servers(helix), NAME]}
        expected.setdefault("language", []).append(entry)
        text = entries.joined(text, [entries.block("language", entry, mark, array=True)])
    elif KEY not in python:
        python[KEY] = [*_servers(helix), NAME]
        line = f"\n{KEY} = {tomlkit.item(python[KEY]).as_string()} # {mark}"
        places = (found.end() for found in PYTHON.finditer(text))
        text = _fitting(file, expected, (text[:end] + line + text[end:] for end in places))
    elif not any(_name_of(one) == NAME for one in python[KEY]):
        old = _array(file)
        python[KEY].append(NAME)
        text = _fitting(file, expected, _replaced(text, old.as_string(), _longer(old)))
    table = _server(more or {})
    there = expected.get("language-server", {}).get(NAME)
    block = entries.block(HEADER, table, mark)
    if there is None:
        expected.setdefault("language-server", {})[NAME] = table
        text = entries.joined(text, [block])
    elif _moved(there, table) and (ours := entries.block(HEADER, there, mark)) in text:
        expected["language-server"][NAME] = table
        text = text.replace(ours, block)
    text = _quieter(file, text, expected, mark, notes)
    return file.change(text, expected)


def _quieter(
    file: TomlFile, text: str, expected: dict[str, Any], mark: str, notes: list[str]
) -> str:
    """The text, and what keeps other servers from reporting results; settings are never touched."""
    names = {_name_of(one) for one in (python_in(expected) or {}).get(KEY, ())}
    for name in (name for name in QUIET if name in names):
        path, quiet = QUIET[name]
        table = expected["language-server"].get(name, {})
        there = _below(table, path)
        lacks = {key: value for key, value in quiet.items() if key not in there}
        if not lacks:
            continue
        longer = entries.joined(text, [entries.block(f"{HEADERS}.{name}.{path}", quiet, mark)])
        if "config" in table or not _is_toml(longer):
            lines = (f"`{key} = {entries.literal(lacks[key]).as_string()}`" for key in lacks)
            notes.append(
                f"{file.path}: the settings of {name} are yours and stay, so it may report results"
                f" of cells; in its table `{path}` this ends that: {', '.join(lines)}"
            )
            continue
        if "typeCheckingMode" in quiet:
            notes.append(
                f"{name} reports by its `standard` rules now: diagnostics are shown below their"
                " lines, and with all its rules they fill the screen"
            )
        text = longer
        table = expected["language-server"].setdefault(name, {})
        for part in path.split("."):
            table = table.setdefault(part, {})
        table.update(quiet)
    return text


def _below(table: Any, path: str) -> Mapping[str, Any]:
    """What stands at a dotted path."""
    for key in path.split("."):
        table = table.get(key) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else {}


def _is_toml(text: str) -> bool:
    """Whether this is TOML: no table can follow for a server that stands in one line."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _server(more: Mapping[str, Any]) -> dict[str, Any]:
    command, *arguments = installed.server()
    table: dict[str, Any] = {"command": command}
    if arguments:
        table["args"] = arguments
    return {**table, **more}


def _moved(there: Mapping[str, Any], table: Mapping[str, Any]) -> bool:
    return any(there.get(key) != table.get(key) for key in ("command", "args"))


def without_server(file: TomlFile, text: str) -> str:
    """The text with the server's name taken out of a list of the person."""
    document = tomlkit.parse(text)
    servers = (python_in(document) or {}).get(KEY)
    if not isinstance(servers, Array) or NAME not in servers:
        return text
    old = servers.as_string()
    expected = tomlkit.parse(text).unwrap()
    (python_in(expected) or {})[KEY].remove(NAME)
    for shorter in _shorter(servers):
        if _longer(_parsed(shorter)) == old:
            return _fitting(file, expected, _replaced(text, old, shorter))
    return _fitting(file, expected, _replaced(text, old, next(_shorter(servers))))


def python_in(document: Mapping[str, Any]) -> Any:
    """The entry for Python."""
    found = [one for one in document.get("language", []) if one.get("name") == "python"]
    return found[0] if found else None


def _name_of(server: object) -> object:
    """The name of a server in a list: some stand there with the features that they are to have."""
    return server.get("name") if isinstance(server, Mapping) else server


def _fitting(file: TomlFile, expected: object, candidates: Iterator[str]) -> str:
    """The first text that says what is expected; several lists may look the same."""
    for text in candidates:
        try:
            if tomlkit.parse(text).unwrap() == expected:
                return text
        except tomlkit.exceptions.TOMLKitError:
            continue
    raise SetupError(
        f"{file.path}: the list of servers for Python is written in a way that we cannot edit"
        f' safely, so nothing was changed. It is "{NAME}" that belongs there, or goes.'
    )


def _replaced(text: str, old: str, new: str) -> Iterator[str]:
    for found in re.finditer(re.escape(old), text):
        yield text[: found.start()] + new + text[found.end() :]


def _array(file: TomlFile) -> Array:
    found = python_in(file.document)[KEY]
    assert isinstance(found, Array)
    return found


def _longer(servers: Array) -> str:
    made = _parsed(servers.as_string())
    made.append(NAME)
    return made.as_string()


def _shorter(servers: Array) -> Iterator[str]:
    """The list without our server, in each way that it may have been written before."""
    text = servers.as_string()
    made = _parsed(text)
    made.remove(NAME)
    yield made.as_string()
    yield re.sub(rf',\s*"{NAME}"(?=\s*\]$)', "", text)


def _parsed(array: str) -> Array:
    made = tomlkit.parse(f"x = {array}")["x"]
    assert isinstance(made, Array)
    return made


def _servers(helix: str | None) -> list[str]:
    """What Helix starts for Python by itself: a list in the file replaces that."""
    if helix is None:
        return BUILT_IN
    try:
        told = subprocess.run(
            [helix, "--health", "python"], capture_output=True, text=True, timeout=10
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return BUILT_IN
    plain = without_controls(told)
    _, _, listed = plain.partition("Configured language servers:")
    found = re.findall(r"^\s+\S+ ([\w.-]+):", listed.partition("Configured debug")[0], re.M)
    return [name for name in found if name != NAME] or BUILT_IN
