"""Where a session listens: a Unix socket, or a loopback port with a token where there are none."""

from __future__ import annotations

import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.live.lock import Holder
    from sessions_ls.live.place import Place

BACKLOG = 64


def listen(place: Place) -> tuple[socket.socket, str, str]:
    """Listen at a place whose lock we hold: the socket, its address and the token to present.

    Raises OSError.
    """
    if hasattr(socket, "AF_UNIX"):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(place.socket)
        os.chmod(place.socket, 0o600)
        address, token = f"unix:{place.socket}", ""
    else:
        listener, address, token = listen_on_loopback()
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener, address, token


def listen_on_loopback() -> tuple[socket.socket, str, str]:
    """A socket bound to a free loopback port, its address and a fresh token."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    return listener, f"tcp:127.0.0.1:{listener.getsockname()[1]}", os.urandom(16).hex()


def connect(holder: Holder, seconds: float) -> socket.socket:
    """A connection to the session that holds a lock. Raises OSError; waits ``seconds`` at most."""
    kind, _, where = holder.address.partition(":")
    if kind == "tcp":
        host, _, port = where.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=seconds)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(where)
    except OSError:
        connection.close()
        raise
    return connection


def limit_sending(connection: socket.socket, seconds: float) -> None:
    """Let sending fail with an OSError when the other side takes nothing for so long."""
    if hasattr(socket, "SO_SNDTIMEO") and os.name == "posix":
        import struct

        whole = int(seconds)
        limit = struct.pack("@ll", whole, int((seconds - whole) * 1e6))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
