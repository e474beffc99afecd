"""`sessions lsp`: the language server."""

from __future__ import annotations

import gc


def main(args: list[str]) -> int:
    """Serve on standard input and output until the client leaves."""
    gc.enable()  # this one runs for days
    from sessions_ls.lsp import main as serve

    return serve(args)
