"""Where a session listens: a Unix socket, or a loopback port with a token where there are none."""

from __future__ import annotations

import _socket  # without the enumerations, which cost every command more than its own work
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket

    from sessions_ls.live.lock import Holder
    from sessions_ls.live.place import Place

BACKLOG = 64


def listen(place: Place) -> tuple[socket, str, str]:
    """Listen at a place whose lock we hold: the socket, its address and the token to present.

    Raises OSError.
    """
    import socket

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


def listen_on_loopback() -> tuple[socket, str, str]:
    """A socket bound to a free loopback port, its address and a fresh token."""
    import socket

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    return listener, f"tcp:127.0.0.1:{listener.getsockname()[1]}", os.urandom(16).hex()


def connect(holder: Holder, seconds: float) -> int:
    """The descriptor of a blocking connection to the session that holds a lock.

    Sending on it fails when the other side takes nothing for ``seconds``. Raises OSError; waits as
    long at most.
    """
    kind, _, where = holder.address.partition(":")
    host, _, port = where.rpartition(":")
    family = _socket.AF_INET if kind == "tcp" else _socket.AF_UNIX
    connection = _socket.socket(family, _socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((host, int(port)) if kind == "tcp" else where)
        connection.settimeout(None)
        _limit_sending(connection, seconds)
    except OSError:
        connection.close()
        raise
    return connection.detach()


def _limit_sending(connection: _socket.socket, seconds: float) -> None:
    if hasattr(_socket, "SO_SNDTIMEO") and os.name == "posix":
        import struct

        whole = int(seconds)
        limit = struct.pack("@ll", whole, int((seconds - whole) * 1e6))
        connection.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDTIMEO, limit)


def hang_up(fd: int) -> None:
    """End the conversation on a connection: whoever reads from it hears that it is over."""
    connection = _socket.socket(fileno=os.dup(fd))
    try:
        connection.shutdown(_socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        return
    finally:
        connection.close()
