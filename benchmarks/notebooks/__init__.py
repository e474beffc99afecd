"""The notebooks that are measured: generated chains, and `real.py`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REAL = Path(__file__).with_name("real.py")
REAL_PROOF = "150 rentals without a duration"
"""Printed by `real.py`; its text does not hold it."""


def chain(cells: int, shows: bool = False, first: int = 1) -> str:
    """A notebook whose every cell adds one to the name of the cell before; the last one prints.

    With ``shows`` each cell also has its value as its result.
    """
    out = []
    for number in range(1, cells + 1):
        value = f"x{number - 1} + 1" if number > 1 else str(first)
        out.append(f"# %%\nx{number} = {value}\n")
        if number == cells:
            out.append(f'print("total", x{number})\n')
        elif shows:
            out.append(f"x{number}\n")
    return "".join(out)


def chain_proof(cells: int, first: int = 1) -> str:
    """What running `chain` prints; its text does not hold it."""
    return f"total {cells + first - 1}"


def mixed(cells: int) -> str:
    """A notebook of ``cells`` cells like those of `real.py`, and one for the imports.

    To be analysed, not run: its cells come from `real.py` over and over, each time under new names.
    """
    text = REAL.read_text("utf-8")
    bodies = [body.partition("\n")[2].strip() for body in text.split("\n# %% ")[2:]]
    names = {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    word = re.compile(rf"\b(?:{'|'.join(sorted(names))})\b")
    out = ["import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n\n"]
    for number in range(cells):
        turn, index = divmod(number, len(bodies))
        body = word.sub(rf"\g<0>_{turn}", bodies[index])
        out.append(f"# %% Cell {number + 1}\n{body}\n\n")
    return "".join(out)


STEP = """\
# %% Step {n}
readings_{n} = [level_{m} + step * 0.5 for step in range(8)]
kept_{n} = [reading for reading in readings_{n} if reading % 3]
low_{n}, high_{n} = min(kept_{n}), max(kept_{n})
def scaled_{n}(reading, low, high):
    return (reading - low) / (high - low)
shares_{n} = {{reading: scaled_{n}(reading, low_{n}, high_{n}) for reading in kept_{n}}}
level_{n} = level_{m} + int(sum(shares_{n}.values())) % 2
level_{n}

"""


def steps(cells: int) -> str:
    """A notebook of ten lines a cell, each of which needs the one before; no imports.

    Nobody needs the cell in its middle, which shows 0.
    """
    parts = ["# %% Start\nlevel_0 = 1\nlevel_0" + "\n" * 8]
    parts += [STEP.format(n=number, m=number - 1) for number in range(1, cells - 1)]
    parts.insert(cells // 2, "# %% Probe\nprobe = 0\nprobe" + "\n" * 8)
    return "".join(parts)
