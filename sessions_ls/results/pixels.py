"""The size of a picture, from its first bytes."""

from __future__ import annotations

import struct

_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})
"""Markers of JPEG between those of frames that hold tables or nothing."""


def size(picture: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF or JPEG; None for anything else."""
    if picture[:8] == b"\x89PNG\r\n\x1a\n" and len(picture) >= 24:
        width, height = struct.unpack(">II", picture[16:24])
        return width, height
    if picture[:6] in (b"GIF87a", b"GIF89a") and len(picture) >= 10:
        width, height = struct.unpack("<HH", picture[6:10])
        return width, height
    return _jpeg(picture) if picture[:2] == b"\xff\xd8" else None


def _jpeg(picture: bytes) -> tuple[int, int] | None:
    """Walk over the segments to the one that begins a frame."""
    place = 2
    while place + 9 <= len(picture) and picture[place] == 0xFF:
        marker = picture[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack(">HH", picture[place + 5 : place + 9])
            return width, height
        place += 2 + int.from_bytes(picture[place + 2 : place + 4], "big")
    return None
