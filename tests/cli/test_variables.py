"""`sessions variables`: of a live session, and what is said where there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.live.shared import Person, end

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Shell

NOTEBOOK = """\
# %% Load
import math
rows = [{"a": 1}] * 1000
_private = 3
# %%
def price(n, rate=2):
    return n * rate
# %%
wide = "行" * 10
# %%
import time
time.sleep(30)
"""


def test_nothing_is_live(sessions: Shell) -> None:
    sessions.write("nb.py", NOTEBOOK)
    sessions("run", "nb.py", "--cell", "1")
    ended = sessions("variables", "nb.py")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "sessions: nb.py is not live: nothing holds its variables\n"
    asked = sessions("variables", "nb.py", "--json")
    assert asked.code == 1
    assert (asked.json["variables"], asked.json["current"]) == ([], False)
    assert asked.json["why"] == "nb.py is not live: nothing holds its variables"


def test_a_live_session(sessions: Shell, tmp_path: Path) -> None:
    path = sessions.write("nb.py", NOTEBOOK)
    person = Person(path)
    try:
        assert sessions("variables", "nb.py").code == 1
        person.run(1, 2, 3)
        path.write_text(NOTEBOOK.replace("rate=2", "rate=3"))
        shown = sessions("variables", "nb.py")
        assert (shown.code, shown.err) == (0, "")
        patterns = [
            r"name   type      size         value +cell",
            r"rows   list      1,000 items  \[\{'a': 1\}, .*…\] +1",
            r"price  function               price\(n, rate=2\) +2 \(stale\)",
            r"wide   str       10 characters? +'行+' +3",
        ]
        lines = shown.out.splitlines()
        assert len(lines) == len(patterns)
        for line, pattern in zip(lines, patterns, strict=True):
            assert re.fullmatch(re.sub(" {2,}", " +", pattern), line), line
        asked = sessions("variables", "nb.py", "--json")
        flagged = [(v["name"], v["kind"], v["private"]) for v in asked.json["variables"]]
        assert flagged[:3] == [
            ("_private", "value", True), ("math", "module", False), ("rows", "value", False),
        ]  # fmt: skip
        assert asked.json["kernel"]["state"] == "idle"
        wait = person.begin(4)
        person.sees("fresh stale fresh running")
        busy = sessions("variables", "nb.py")
        assert busy.code == 0
        assert len(busy.out.splitlines()) == 4
        assert busy.err == "sessions: a cell runs; this is what the variables held before\n"
        person.client.interrupt()
        wait()
    finally:
        end(path)
