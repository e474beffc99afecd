"""A notebook's text together with the hash of the bytes it was read from."""

from __future__ import annotations

from sessions_ls.notebook.files import decoded, read_bytes


def read(path: str) -> tuple[str, str]:
    """The text at ``path``, and "sha256:" with the hash of its bytes. Raises NotebookError."""
    data = read_bytes(path)
    return decoded(data, path), f"sha256:{_sha256(data)}"


def _sha256(data: bytes) -> str:
    try:  # hashlib loads OpenSSL besides, which takes as long as the small run it is for
        from _sha2 import sha256  # type: ignore[import-not-found]
    except ImportError:  # Python 3.11
        from hashlib import sha256
    digest: str = sha256(data).hexdigest()
    return digest
