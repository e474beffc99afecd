"""Helix in a terminal."""

HOW = (
    "Helix 25.07 or later was not found. Install it (https://docs.helix-editor.com/install.html),"
    " or name it in $SESSIONS_HELIX."
)
