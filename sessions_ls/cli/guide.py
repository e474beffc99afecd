"""What an agent needs to know to work with a notebook: half a page, and the same as a skill."""

from __future__ import annotations

GUIDE = """\
## Notebooks: `.py` files with `# %%` cells

These are reactive notebooks. `sessions` (or `python -m sessions_ls`) runs their cells in order of
dependence and keeps each result until something it depends on changes. For a notebook `nb.py`:

1. **Edit** the `.py` with your own tools. `# %% Title` starts a cell of code, `# %% [markdown]`
   one of text. Never edit `*.session.toml` or `*.session/`: results, written for you.
2. **Run** `sessions run nb.py`: only what is stale runs, and each result is printed. `--cell N`
   (or its title) for one cell and what it needs, `--all`, `--set name=value` for another value of
   a constant, `--timeout SECONDS`, `--lines 40` to cut long results, `--json` for events.
3. **Read** `sessions status nb.py --json`: each cell's `number`, `lines`, `state`, `reason`,
   `text`, `stdout`, `error`. `sessions show nb.py CELL` prints one result in full, `--lines 40`
   its head and tail. These run nothing, and neither does `sessions check nb.py`, which finds
   mistakes such as undefined names.
4. **Look** `sessions show nb.py CELL --out picture.png`, then open the picture.

- `fresh` is what a new run of the file would give. `stale`: its code, an input or a file changed
  since, `reason` says which. Never report a stale result; run first.
- Errors read `nb.py:LINE: Type: message`. A `blocked` cell needs one that failed: mend that one.
- Exit status: 0 well; 1 a cell failed or was blocked, or time is up; 2 the request was wrong;
  130 interrupted. `"source"` in JSON is the SHA-256 of the file that the results belong to.
- One notebook is one session, shared with the person's editor: both see every run and edit at
  once, and variables stay. Where none is live, `run` ends its process; `run --keep` leaves it.
- Whether the person's editor runs a notebook on save is theirs to say: never `sessions trust`.
- When it does: `sessions wait nb.py --fresh --timeout 600` returns as soon
  as the results belong to the file as it is now.
- `sessions interrupt nb.py` ends a cell that hangs; `sessions restart nb.py` ends the process
  with its variables. Results stay.
"""

_FRONT = """\
---
name: sessions
description: >-
  Run and read reactive notebooks: Python files with `# %%` cells. Use it when such a file, or its
  *.session.toml, is to be edited, run, debugged or explained, or its plots are to be looked at.
allowed-tools: Bash(sessions *), Read, Edit
---

"""


def skill(block: str) -> str:
    """The text of a new skill file around ``block``, which holds the guide."""
    return f"{_FRONT}{block}"
