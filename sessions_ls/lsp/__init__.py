"""The language server: the only room that knows LSP, one module a feature."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Serve one editor on standard input and output: `sessions-ls`, `sessions lsp`."""
    from sessions_ls.lsp.start import main as start

    return start(argv)
