"""Brings the example notebooks of a published package here, from its source distribution."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path

MARKER = re.compile(r"^# ?%%", re.MULTILINE)

# pip finds the archive with its own index, certificate and proxy settings. It has no command that
# downloads a source distribution without building it, so this asks its parts.
_WITH_PIP = """
import sys
from pip._internal.commands import create_command
from pip._vendor.packaging.specifiers import SpecifierSet

package, version, target = sys.argv[1:]
command = create_command("download")
options, _ = command.parse_args(["--no-deps", "--no-binary", ":all:", package])
with command.main_context():
    session = command.get_default_session(options)
    finder = command._build_package_finder(options, session)
    best = finder.find_best_candidate(package, SpecifierSet(f"=={version}")).best_candidate
    if best is None:
        sys.exit(f"no source distribution of {package} {version} on pip's indexes")
    answer = session.get(best.link.url_without_fragment, headers={"Accept-Encoding": "identity"})
    answer.raise_for_status()
    with open(target, "wb") as file:
        file.write(answer.content)
"""


class FetchError(Exception):
    """The notebooks could not be had; the message says why."""


def gallery(package: str, version: str, folder: str, cache: Path, python: str) -> Path:
    """The folder that holds ``folder`` of ``package``'s source distribution, unpacked.

    Downloads it once, with the pip of ``python``; builds nothing. Raises FetchError.
    """
    target = cache / f"{package}-{version}"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        archive = cache / f"{package}-{version}.tar.gz"
        done = subprocess.run(
            [python, "-c", _WITH_PIP, package, version, str(archive)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise FetchError(done.stdout.strip().rpartition("\n")[2])
        part = target.with_suffix(".part")
        with tarfile.open(archive) as packed:
            members = [m for m in packed if m.isfile() and f"/{folder}/" in f"/{m.name}"]
            packed.extractall(part, members=members, filter="data")
        os.replace(part, target)
        archive.unlink()
    found = [path for path in target.glob(f"*/{folder}") if path.is_dir()]
    if not found:
        raise FetchError(f"{package} {version} has no folder {folder}")
    return found[0]


def notebooks(folder: Path) -> list[Path]:
    """The Python files below ``folder`` that hold a cell marker, sorted."""
    files = sorted(folder.rglob("*.py"))
    return [path for path in files if MARKER.search(path.read_text("utf-8", "replace"))]
