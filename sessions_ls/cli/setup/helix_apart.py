"""Helix where it was never set up: its configuration, and ours besides, for one time.

Helix looks for `languages.toml` in its configuration folder alone. So it gets another one, made of
links to all that is in the person's, with our entries in copies of two files.
"""

from __future__ import annotations

import os
import subprocess
import tempfile

from sessions_ls.cli import console
from sessions_ls.cli.setup import helix
from sessions_ls.cli.setup.changes import FileText
from sessions_ls.live.place import runtime_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


GREETING = "Space n r runs the cell, Space n A all cells; Space n shows what else there is."


def opened(editor: list[str], path: str, environ: Mapping[str, str] = os.environ) -> int:
    """Open a file in Helix and wait for its end; its exit status.

    Raises SetupError for a configuration that cannot be read.
    """
    folder = helix.config_folder(environ)
    above = os.path.dirname(folder)
    more = {
        "environment": {"XDG_CONFIG_HOME": above},
        "config": {"sessions": {"greeting": GREETING}},
    }
    changes = [one for one in helix.plan(False, environ, more).changes if type(one) is FileText]
    if not changes:
        return subprocess.call([*editor, path])
    with tempfile.TemporaryDirectory(prefix="helix-", dir=runtime_folder(environ)) as made:
        mirror = os.path.join(made, os.path.basename(folder))
        os.mkdir(mirror)
        _link(above, made, {os.path.basename(folder)})
        _link(folder, mirror, {os.path.basename(change.path) for change in changes})
        texts = {}
        for change in changes:
            copy = os.path.join(mirror, os.path.basename(change.path))
            texts[copy] = change.after or b""
            with open(copy, "wb") as file:
                file.write(texts[copy])
        status = subprocess.call([*editor, path], env={**environ, "XDG_CONFIG_HOME": made})
        _rescue(texts, folder)
    return status


def _link(folder: str, mirror: str, without: set[str]) -> None:
    """Everything in a folder, as links in another."""
    try:
        names = os.listdir(folder)
    except OSError:  # there is none, or none for us
        return
    for name in names:
        if name not in without:
            os.symlink(os.path.join(folder, name), os.path.join(mirror, name))


def _rescue(texts: Mapping[str, bytes], folder: str) -> None:
    """What the person wrote into a copy meanwhile goes beside the original."""
    for copy, given in texts.items():
        try:
            with open(copy, "rb") as file:
                now = file.read()
        except OSError:
            continue
        if now != given:
            kept = os.path.join(folder, f"{os.path.basename(copy)}.edited")
            os.makedirs(folder, exist_ok=True)
            with open(kept, "wb") as file:
                file.write(now)
            console.message(f"your changes to Helix's configuration are in {kept}")
