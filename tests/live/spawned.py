"""A process for `spawn`: the name of the notebook says what it does."""

from __future__ import annotations

import os
import sys
import time

from sessions_ls.live.lock import Lock, holder
from sessions_ls.live.place import place_of
from sessions_ls.live.spawn import daemonize


def main() -> None:
    notebook = sys.argv[1]
    case = os.path.basename(notebook).removesuffix(".py")
    if case == "exits_early":
        os._exit(7)
    if case == "killed_early":
        os.kill(os.getpid(), 9)
    if case == "raises_early":
        raise RuntimeError("no such thing")
    if case == "hangs_early":
        time.sleep(60)
    if case == "prints_early":
        print("here is\nsome noise", flush=True)
        os._exit(1)
    ready = daemonize()
    place = place_of(notebook)
    if case == "exits":
        os._exit(7)
    if case == "raises":
        raise RuntimeError("no such other thing")
    if case == "hangs":
        print("I am", os.getpid(), flush=True)
        time.sleep(60)
    if case == "refuses":
        ready.fail("The notebook is \\n two lines,\nwith “quotes” and \udc80.")
        return
    lock = Lock.acquire(place, "session")
    if lock is None:
        found = holder(place)
        assert found is not None
        ready.say(f"taken {found.pid}")
        return
    ready.say("ready")
    print("ready was said", flush=True)
    time.sleep(60)


main()
