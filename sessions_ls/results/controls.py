"""Text without what steers a terminal."""

from __future__ import annotations

import re

_CONTROLS = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]?"  # colours, movements
    r"|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)?"  # links, titles, pictures
    r"|[ -/]*[0-~]"
    r")?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def without_controls(text: str) -> str:
    """`text` without escape sequences and control characters, but for tabs and line ends.

    A cell may write them to its output. An editor in a terminal would pass them on, and the screen
    is then another one than the editor knows.
    """
    return _CONTROLS.sub("", text)
