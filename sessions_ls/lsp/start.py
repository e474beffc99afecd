"""Starting and ending: private descriptors, the parent's death, nothing left behind."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from sessions_ls._version import __version__
from sessions_ls.lsp.compiled import kept_code
from sessions_ls.lsp.imports import prepare
from sessions_ls.results.alive import is_alive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions_ls.lsp.server import SessionsServer

log = logging.getLogger(__name__)

TURN = 0.001
"""Seconds that a thread at work keeps the event loop from the interpreter; usually 0.005."""


def main(argv: Sequence[str] | None = None) -> int:
    """Read the options and serve until the client ends it; does not return then."""
    log_file = _options(sys.argv[1:] if argv is None else argv)
    if sys.stdin.isatty():
        print("sessions-ls waits for an editor on standard input.", file=sys.stderr)
    try:
        _log_to(log_file)
    except OSError as error:
        print(f"sessions-ls: {log_file}: {error.strerror}", file=sys.stderr)
        return 2
    reader, writer = private_stdio()
    return serve(_made(), reader, writer)


def _options(given: Sequence[str]) -> str | None:
    """The file for the log. Most editors give no options, and need not wait for their parser."""
    if not given:
        return None
    import argparse

    parser = argparse.ArgumentParser(
        "sessions-ls", description="The language server of sessions, on standard input and output."
    )
    parser.add_argument("--version", action="version", version=f"sessions-ls {__version__}")
    parser.add_argument("--log", metavar="FILE", help="append what happens to FILE")
    parser.add_argument("--stdio", action="store_true", help="what it does anyway")
    log_file: str | None = parser.parse_args(given).log
    return log_file


def _made() -> SessionsServer:
    """The server. What is made here stays for good, so the collector need never look through it:
    neither while it is made, nor later, when that would cost a keystroke 30 ms.
    """
    gc.disable()
    with kept_code():
        prepare()
        from sessions_ls.lsp.server import create

        server = create(__version__)
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    return server


def _log_to(path: str | None) -> None:
    layout = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    if path is None:
        logging.basicConfig(level=logging.WARNING, format=layout, stream=sys.stderr)
    else:
        logging.basicConfig(level=logging.INFO, format=layout, filename=path, encoding="utf-8")
    # It logs each exception before it hands it to us, and every message in full.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)


def private_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Take descriptors 0 and 1 for the protocol; a stray print then goes to standard error."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return reader, writer


def serve(server: SessionsServer, reader: BinaryIO, writer: BinaryIO) -> NoReturn:
    """Serve until `exit`, the end of the input or a signal, then leave within a bounded time."""
    asked = [signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]

    def terminate(number: int, frame: object) -> None:
        for other in asked:
            signal.signal(other, signal.SIG_IGN)
        leave(server, 1)

    for number in asked:
        signal.signal(number, terminate)
    sys.setswitchinterval(TURN)
    server.start_io(reader, writer)
    leave(server, 0 if server.protocol._shutdown else 1)


def leave(server: SessionsServer, code: int) -> NoReturn:
    """Leave the live sessions and end the process, whatever threads still do."""
    server.end()
    logging.shutdown()
    os._exit(code)


def watch_parent(pid: int | None, server: SessionsServer) -> None:
    """Leave when the client's process ends, even if something else holds the pipe open.

    A pid that names nothing when we start is one of another container or machine.
    """
    if not pid or sys.platform == "win32" or not is_alive(pid):
        return

    def watch() -> None:
        _wait_for_end(pid)
        log.warning("the client (process %s) is gone", pid)
        leave(server, 1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def _wait_for_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        while is_alive(pid):
            time.sleep(0.5)
        return
    import select

    select.select([descriptor], [], [])
    os.close(descriptor)
