"""The process of a live session: `python -m sessions_ls.live.process NOTEBOOK`.

Started by `live.spawn`, at the first wish of a client; lives until nobody needs it.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys

from sessions_ls._version import __version__
from sessions_ls.live.lock import Lock, holder
from sessions_ls.live.place import place_of
from sessions_ls.live.spawn import daemonize
from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.live.place import Place
    from sessions_ls.live.spawn import Ready

log = logging.getLogger(__name__)


def main(path: str) -> int:
    """Serve the notebook at ``path`` until the session ends; the exit status."""
    ready = daemonize()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return _serve(path, ready)
    except (SessionsError, OSError) as error:
        ready.fail(str(error))
        log.error("%s", error)
        return 1


def _serve(path: str, ready: Ready) -> int:
    place = place_of(path)
    lock = Lock.acquire(place, "session", __version__)
    if lock is None:
        other = holder(place)
        ready.say(f"taken {other.pid if other is not None else 0}")
        return 0
    try:
        _serve_locked(place, lock, ready)
    finally:
        lock.release()
    return 0


def _serve_locked(place: Place, lock: Lock, ready: Ready) -> None:
    from sessions_ls.live.server import Server
    from sessions_ls.live.session import LiveSession
    from sessions_ls.live.settings import load_settings
    from sessions_ls.live.sockets import listen
    from sessions_ls.live.watch import Watcher

    settings = load_settings(place.notebook)
    listener, address, token = listen(place)
    lock.announce(address, token)

    def still_ours() -> bool:
        if not lock.check():
            return False
        if address.startswith("unix:") and not os.path.exists(place.socket):  # cleaned away
            server.move(listen(place)[0])
        return True

    server = Server(__version__, listener, token, settings.linger * 60.0, still_ours)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: server.end("it was asked to end by a signal"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ready.say("ready")
    session = LiveSession(place.notebook, settings, server.runner.hear)
    watcher = Watcher(
        place.notebook, server.changed_on_disk, server.files_changed, lambda text: log.info(text)
    )
    disk = watcher.current()
    text = disk.text or ""
    session.recall_names(text)
    session.submit(text)
    server.changed_on_disk(disk)

    def follow() -> None:
        watcher.follow(session.files())
        if session.outdated():  # changed while nobody watched them
            server.files_changed()

    server.after_run = follow
    follow()
    watcher.start()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # the records of a large notebook are looked through seldom
    try:
        server.serve(session)
    finally:
        watcher.stop()


if __name__ == "__main__":
    status = main(sys.argv[1])
    logging.shutdown()
    os._exit(status)
