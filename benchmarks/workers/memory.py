"""How much memory a process holds, and how much CPU it used."""

from __future__ import annotations

import subprocess
from pathlib import Path


def memory_of(pid: int) -> dict[str, float]:
    """MiB: "rss", and where the system tells, "pss" (shared pages by share) and "uss" (its own)."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            lines = file.read().splitlines()[1:]
    except FileNotFoundError:
        done = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
        )
        return {"rss": int(done.stdout) / 1024}
    sizes = {
        name: int(rest.split()[0]) / 1024 for name, _, rest in (x.partition(":") for x in lines)
    }
    own = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return {"rss": sizes["Rss"], "pss": sizes["Pss"], "uss": own}


def cpu_of(pid: int) -> float:
    """Nanosecond counts of all threads, in seconds: the ticks of `stat` are too coarse."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
