"""`python -m sessions_ls` is the command `sessions`."""

from __future__ import annotations

import sys

from sessions_ls.cli import main

if __name__ == "__main__":
    sys.exit(main())
