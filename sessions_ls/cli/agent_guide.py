"""`sessions agent-guide`: what an agent needs to know, printed or put where agents look."""

from __future__ import annotations

import os
import sys

from sessions_ls.cli import OK, console, guide, marked
from sessions_ls.cli.arguments import Arguments

_ROOTS = ("pyproject.toml", ".git")
AGENTS = "AGENTS.md"
SKILL = os.path.join(".claude", "skills", "sessions", "SKILL.md")


def main(args: list[str]) -> int:
    """Carry out `sessions agent-guide`. Raises UsageError where a file cannot be written."""
    given = (
        Arguments(
            "agent-guide",
            "Print the half page that an agent needs to work with notebooks, or put it where "
            "agents look: in the nearest folder above that has a pyproject.toml or .git, else "
            "here. What else a file holds stays as it is.",
            "sessions agent-guide --write",
        )
        .option("--write", "", f"put it into {AGENTS}, between marks of its own")
        .option("--skill", "", f"put it into {SKILL}, as a skill")
        .parse(args)
    )
    if not given.has("--write") and not given.has("--skill"):
        sys.stdout.write(guide.GUIDE)
        return OK
    root = project_folder(os.getcwd())
    made = marked.block(guide.GUIDE)
    if given.has("--write"):
        _put(os.path.join(root, AGENTS), made, made)
    if given.has("--skill"):
        _put(os.path.join(root, SKILL), made, guide.skill(made))
    return OK


def project_folder(folder: str) -> str:
    """The nearest folder, from ``folder`` upwards, that is a project's; else ``folder`` itself."""
    above = folder
    while not any(os.path.exists(os.path.join(above, name)) for name in _ROOTS):
        parent = os.path.dirname(above)
        if parent == above:
            return folder
        above = parent
    return above


def _put(path: str, made: str, new: str) -> None:
    shown = os.path.relpath(path)
    done = f"wrote {shown}" if marked.update(path, made, new) else f"{shown} is up to date"
    console.message(done)
