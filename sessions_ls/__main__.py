"""`python -m sessions_ls` is the command `sessions`."""

from __future__ import annotations

from sessions_ls.cli import script

if __name__ == "__main__":
    script()
