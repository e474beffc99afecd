"""Why an editor cannot be set up."""

from __future__ import annotations

from sessions_ls.notebook.errors import SessionsError


class SetupError(SessionsError):
    """An editor's configuration is in a state that we do not touch; nothing was changed."""
