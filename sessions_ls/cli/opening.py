"""A notebook opened from its file: to be looked at, or run without a word."""

from __future__ import annotations

from sessions_ls.live.request import Request
from sessions_ls.live.session import LiveSession
from sessions_ls.live.settings import load_settings
from sessions_ls.notebook.files import read_source
from sessions_ls.results.errors import SessionFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def opened(path: str, write: bool = False) -> LiveSession:
    """The session of the notebook at `path`, with its text submitted. Raises SessionsError.

    No kernel is started; with `write` the results of runs are saved.
    """
    text = read_source(path)
    session = LiveSession(path, load_settings(path), _ignore, write)
    session.submit(text)
    return session


def ran(path: str) -> list[dict[str, Any]]:
    """Run what is stale in the notebook at `path`; the cells as `status --json` has them.

    Raises SessionsError where the notebook cannot be read.
    """
    session = opened(path, write=True)
    try:
        session.run(Request(stale=True, retry=True))
    except SessionFileError as error:
        import warnings

        warnings.warn(str(error), RuntimeWarning, stacklevel=3)
    finally:
        session.close()
    cells: list[dict[str, Any]] = session.view().to_json()["cells"]
    return cells


def _ignore(event: dict[str, Any]) -> None:
    """Nobody watches."""
