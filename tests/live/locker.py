"""A process that does to a notebook's lock what each line of its input says.

Lines are `take AT`, `give`, `ask SECONDS`, `fight SECONDS`, with AT as of `time.monotonic`. The
answer is one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time

from sessions_ls.live.lock import Lock, holder
from sessions_ls.live.place import place_of


def fight(notebook: str, seconds: float) -> dict[str, int]:
    """Take and give back all the time; how often, and how often another one was inside too."""
    place = place_of(notebook)
    mark = place.lock + ".inside"
    until = time.monotonic() + seconds
    taken = clashes = 0
    while time.monotonic() < until:
        lock = Lock.acquire(place, "run")
        if lock is None:
            continue
        taken += 1
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            clashes += 1
        else:
            os.unlink(mark)
        lock.release()
    return {"taken": taken, "clashes": clashes}


def ask(notebook: str, seconds: float) -> dict[str, list[object]]:
    """Ask for the holder all the time; the kinds of answers."""
    place = place_of(notebook)
    until = time.monotonic() + seconds
    answers: set[object] = set()
    while time.monotonic() < until:
        found = holder(place)
        answers.add(found and found.what)
    return {"answers": sorted(answers, key=str)}


def main(notebook: str) -> None:
    lock = None
    for line in sys.stdin:
        word, *rest = line.split()
        answer: object = None
        if word == "take":
            while time.monotonic() < float(rest[0]):
                pass
            lock = Lock.acquire(place_of(notebook), "session", "1.2")
            answer = lock is not None
        elif word == "give":
            if lock is not None:
                lock.release()
        elif word == "ask":
            answer = ask(notebook, float(rest[0]))
        elif word == "fight":
            answer = fight(notebook, float(rest[0]))
        print(json.dumps(answer), flush=True)


main(sys.argv[1])
