"""Reads cells for a sessions-ls under an older Python: what the child of `live.newer` does.

What it says first holds its ``version``. A message in holds ``texts``, the answer their ``names``.
"""

from __future__ import annotations

import marshal
import sys

from sessions_ls.kernel.frames import FrameReader, pack, write_all
from sessions_ls.reactive.names import analyse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 2  # of marshal: understood by every Python 3


def serve(fd: int) -> None:
    """Answer on this socket until the other end closes it."""
    _say(fd, {"version": tuple(sys.version_info[:2])})
    frames = FrameReader(fd)
    while (payload := frames.read()) is not None:
        texts = marshal.loads(payload)["texts"]
        _say(fd, {"names": [analyse(*text).plain() for text in texts]})


def _say(fd: int, message: dict[str, Any]) -> None:
    write_all(fd, pack(marshal.dumps(message, FORMAT)))
