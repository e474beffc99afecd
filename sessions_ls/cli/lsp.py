"""`sessions lsp`: the language server."""

from __future__ import annotations


def main(args: list[str]) -> int:
    """Serve on standard input and output until the client leaves."""
    from sessions_ls.lsp import main as serve

    return serve(args)
