"""VS Code and its relatives: our extension, which their own program installs."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping

import sessions_ls
from sessions_ls.cli.setup import installed
from sessions_ls.cli.setup.changes import Plan
from sessions_ls.cli.setup.errors import SetupError
from sessions_ls.live.folders import config_folder

PROGRAMS = ("code", "codium", "code-server", "code-insiders", "cursor", "windsurf", "positron")
NAME = "sessions-ls.sessions"
TOLD = "extension/installed.json"
PATIENCE = 300.0


def plan(undo: bool, environ: Mapping[str, str] = os.environ) -> Plan:
    """What there is to change. Raises SetupError where there is no editor or no extension."""
    made = Plan()
    program, others = _programs(environ)
    there = _version(program)
    if undo:
        if there is not None:
            made.changes.append(Removal(program, environ))
        return made
    extension = Extension(program, environ)
    if there != extension.version or extension.remembered() != extension.digest:
        made.changes.append(extension)
    if others:
        made.notes.append(
            f"{', '.join(others)} is there, too: SESSIONS_EDITOR={os.path.basename(others[0])}"
            " sessions editor vscode"
        )
    return made


class Extension:
    """The extension of this installation, which is told where its server is."""

    def __init__(self, program: str, environ: Mapping[str, str]) -> None:
        self.program = program
        self._environ = environ
        self._file = _vsix()
        self._server = json.dumps({"server": installed.server()})
        with zipfile.ZipFile(self._file) as archive:
            self.version = json.loads(archive.read("extension/package.json"))["version"]
        with open(self._file, "rb") as file:
            self.digest = hashlib.sha256(file.read() + self._server.encode()).hexdigest()

    def shown(self) -> str:
        """The command."""
        return f"{self.program} --install-extension {self._file}\n"

    def check(self) -> None:
        """Nothing is in the way: an older one is replaced."""

    def apply(self) -> str:
        """Install it. Raises SetupError with what the editor says."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sessions.vsix")
            shutil.copyfile(self._file, path)
            with zipfile.ZipFile(path, "a") as archive:
                archive.writestr(TOLD, self._server)
            _tell(self.program, "--install-extension", path, "--force")
        _remember(self._environ, self.program, self.digest)
        return f"installed the extension {NAME} {self.version} in {self.program}"

    def remembered(self) -> str | None:
        """What was installed last."""
        return _memory(self._environ).get(self.program)


class Removal:
    """The extension goes."""

    def __init__(self, program: str, environ: Mapping[str, str]) -> None:
        self.program = program
        self._environ = environ

    def shown(self) -> str:
        """The command."""
        return f"{self.program} --uninstall-extension {NAME}\n"

    def check(self) -> None:
        """Nothing is in the way."""

    def apply(self) -> str:
        """Uninstall it. Raises SetupError with what the editor says."""
        _tell(self.program, "--uninstall-extension", NAME)
        _remember(self._environ, self.program, None)
        return f"removed the extension {NAME} from {self.program}"


def _programs(environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """The program to be asked, and others that are there."""
    path = environ.get("PATH")
    found = [one for name in PROGRAMS if (one := shutil.which(name, path=path)) is not None]
    named = shlex.split(environ.get("SESSIONS_EDITOR", ""))[:1]
    if named and os.path.basename(named[0]) in PROGRAMS:
        program = shutil.which(named[0], path=path)
        if program is None:
            raise SetupError(f"$SESSIONS_EDITOR names {named[0]}, and there is no such program.")
        return program, []
    if not found:
        raise SetupError(
            f"No program of VS Code is on the PATH; one of these is needed: {', '.join(PROGRAMS)}."
            " In VS Code, the command `Shell Command: Install 'code' command in PATH` makes it so."
        )
    return found[0], found[1:]


def _vsix() -> str:
    package = os.path.dirname(os.path.abspath(sessions_ls.__file__))
    path = os.path.join(package, "editors", "sessions.vsix")
    if not os.path.isfile(path):
        raise SetupError(
            f"This installation came without the extension: there is no {path}. In a checkout,"
            " `editors/vscode/package.sh` makes it (needs node 20 and npm)."
        )
    return path


def _version(program: str) -> str | None:
    """The version of our extension that is installed."""
    listed = _tell(program, "--list-extensions", "--show-versions")
    for line in listed.splitlines():
        name, _, version = line.strip().partition("@")
        if name == NAME:
            return version
    return None


def _tell(program: str, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"{program} could not be asked: {error}.") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise SetupError(f"`{shlex.join([program, *arguments])}` failed: {said}")
    return done.stdout


# -- what was installed, so that doing it twice changes nothing ----------------------------------


def _memory_path(environ: Mapping[str, str]) -> str:
    return os.path.join(config_folder(environ), "vscode.json")


def _memory(environ: Mapping[str, str]) -> dict[str, str]:
    try:
        with open(_memory_path(environ), encoding="utf-8") as file:
            known = json.load(file)
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(environ: Mapping[str, str], program: str, digest: str | None) -> None:
    known = {**_memory(environ), program: digest}
    path = _memory_path(environ)
    kept = {key: value for key, value in known.items() if value is not None}
    try:
        if kept:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(kept, file, indent=1)
        elif os.path.exists(path):
            os.remove(path)
    except OSError:  # then it is installed again next time
        return
