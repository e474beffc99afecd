"""A notebook opened from its file: to be looked at, or run without a word."""

from __future__ import annotations

from sessions_ls.cli import console
from sessions_ls.cli.owning import own
from sessions_ls.live.request import Request
from sessions_ls.live.settings import load_settings
from sessions_ls.live.trust import on_request
from sessions_ls.notebook.files import read_source
from sessions_ls.results.errors import SessionFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.live.client import Client


def looked_at(path: str, text: str, who: str) -> Client:
    """The notebook at ``path`` with this text, in its live session or as it is stored.

    Says on standard error what is wrong with what is stored, or why the session cannot be reached.
    Starts nothing. Raises SessionsError.
    """
    from sessions_ls.live.opening import open_client

    client = open_client(path, load_settings(path), who)
    for trouble in client.troubles:
        console.message(trouble)
    client.submit(text)
    return client


def ran(path: str) -> list[dict[str, Any]]:
    """Run what is stale in the notebook at `path`; the cells as `status --json` has them.

    Raises SessionsError where the notebook cannot be read or had.
    """
    text = read_source(path)
    grant = on_request(path)
    owned = own(path, grant, load_settings(path), "sessions_ls.run", _ignore)
    session = owned.session
    try:
        session.submit(text)
        session.run(Request(grant, stale=True, retry=True))
    except SessionFileError as error:
        import warnings

        warnings.warn(str(error), RuntimeWarning, stacklevel=3)
    finally:
        view = session.view()
        owned.close()
    cells: list[dict[str, Any]] = view.to_json()["cells"]
    return cells


def _ignore(event: dict[str, Any]) -> None:
    """Nobody watches."""
