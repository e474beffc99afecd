"""Notebooks that nobody here wrote."""
