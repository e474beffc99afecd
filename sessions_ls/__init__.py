"""Plain Python files with `# %%` cells as reactive notebooks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

__all__ = ["main", "run"]


def main(path: str | os.PathLike[str]) -> int:
    """Do what `sessions PATH` does; its exit status."""
    from sessions_ls.cli import main as command

    return command([_name(path)])


def run(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Run what is stale in the notebook at `path`; the cells, as `sessions status --json` has them.

    Cells that fail are among them. Raises SessionsError where the notebook cannot be read. Results
    that cannot be saved are returned all the same, with a RuntimeWarning.
    """
    from sessions_ls.cli.opening import ran

    return ran(_name(path))


def _name(path: str | os.PathLike[str]) -> str:
    from os import fspath

    return fspath(path)
