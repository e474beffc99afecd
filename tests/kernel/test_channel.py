"""The kernel's end of the line: nothing that was made sure of is lost."""

from __future__ import annotations

import os
import select
import tempfile
import threading

from sessions_ls.kernel.channel import BATCH_SIZE, Channel

PIPE = 1 << 16  # bytes that fit into one


def test_what_is_secured_while_another_thread_sends_is_safe() -> None:
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as journal:
        channel = Channel(writing, journal.fileno())
        channel.begin({"e": "start"})
        long = {"e": "out", "text": "x" * max(PIPE, BATCH_SIZE)}
        sending = threading.Thread(target=channel.emit, args=(long,))
        sending.start()
        select.select([reading], [], [])  # it has begun, and the pipe cannot take it all
        safe: list[bool] = []

        def secure() -> None:
            channel.emit({"e": "last words"})
            channel.secure()
            safe.append(not channel.waiting() or b"last words" in os.pread(journal.fileno(), 99, 0))

        securing = threading.Thread(target=secure)
        securing.start()
        securing.join(0.05)  # time to be wrong in
        while sending.is_alive() or securing.is_alive():
            if select.select([reading], [], [], 0.01)[0]:
                os.read(reading, PIPE)
    assert safe == [True]
    os.close(reading)
    os.close(writing)
