"""Measures ipykernel through jupyter_client's blocking client."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from jupyter_client.manager import KernelManager

from benchmarks.workers import serve
from benchmarks.workers.memory import memory_of

TIMEOUT = 120.0


class Live:
    """A kernel and its client."""

    def __init__(self) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = self.manager.blocking_client()
        self.client.start_channels()

    def first(self, code: str) -> None:
        """Run ``code`` on a kernel that may still be starting; returns with its reply."""
        request = self.client.execute(code)
        while True:
            reply = self.client.get_shell_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == request:
                _check(reply)
                return

    def run(self, code: str) -> None:
        """Run ``code``; returns when its reply is there and the kernel has said that it is idle."""
        request = self.client.execute(code)
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == request:
                _check(reply)
                return

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


_live: list[Live] = []


def live() -> Live:
    """A kernel that has started."""
    if not _live:
        _live.append(Live())
        _live[0].client.wait_for_ready(timeout=TIMEOUT)
        _live[0].run("1 + 1")
    return _live[0]


def start() -> float:
    """Seconds from nothing to the reply to the first cell."""
    started = time.perf_counter()
    kernel = Live()
    try:
        kernel.first("1 + 1")
        return time.perf_counter() - started
    finally:
        kernel.close()


def round_trip(times: int) -> float:
    """Seconds for one trivial cell, the mean of ``times`` in a row."""
    kernel = live()
    started = time.perf_counter()
    for _ in range(times):
        kernel.run("x = 1")
    return (time.perf_counter() - started) / times


def run_cells(sources: list[str]) -> float:
    """Seconds for all cells, one after the other, as a front end runs them. Saves nothing."""
    kernel = live()
    started = time.perf_counter()
    for source in sources:
        kernel.run(source)
    return time.perf_counter() - started


def memory() -> dict[str, float]:
    """What the idle kernel holds."""
    kernel = live()
    time.sleep(1.0)
    return memory_of(kernel.manager.provisioner.pid)


def _check(reply: dict[str, Any]) -> None:
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"the cell failed: {reply['content']}")


def _close() -> None:
    for kernel in _live:
        kernel.close()


if __name__ == "__main__":
    serve(
        {"start": start, "round_trip": round_trip, "run_cells": run_cells, "memory": memory}, _close
    )
