"""Keys: what a result depends on, as one hash."""

from __future__ import annotations

from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Part of every key. It grows when fingerprints or the meaning of a run change, so that results
# of an older version are shown as stale and never as fresh.
FORMAT = "2"


def key(code: str, python: str, reads: Mapping[str, str]) -> str:
    """The key of a run (SEMANTICS 6): 16 hex digits.

    ``code`` is the digest of the normalised code, ``python`` the interpreter's ``major.minor`` and
    ``reads`` the fingerprint of the version that each needed name resolved to.
    """
    parts = [FORMAT, python, code]
    for name in sorted(reads):
        parts.append(name)
        parts.append(reads[name])
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
