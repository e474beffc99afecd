"""Edits of a notebook's text that a person asked for: text in, replaced pieces out. Pure."""
