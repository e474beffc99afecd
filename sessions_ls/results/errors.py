"""SessionsError
└── SessionFileError
"""

from __future__ import annotations

from sessions_ls.notebook.errors import SessionsError


class SessionFileError(SessionsError):
    """Results could not be saved. The message names the file, the cause and a remedy."""
