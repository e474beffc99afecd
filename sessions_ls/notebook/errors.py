"""Errors whose message is a sentence for the person who asked."""

from __future__ import annotations


class SessionsError(Exception):
    """Something the person can act on; `str(error)` is the whole sentence to show."""


class NotebookError(SessionsError):
    """The notebook's file cannot be read; the sentence names the file."""
