"""Random notebooks that reuse names, defer reads, and change objects in place, with aliases."""

from __future__ import annotations

from random import Random

NAMES = ["a", "b", "c", "d"]
LISTS = ["p", "q", "r"]
FUNCTIONS = ["f", "g"]
CLASS = "class K:\n    v = %d\n    def __repr__(self): return 'K%%d' %% self.v"


def statement(rng: Random) -> str:
    """One statement of a cell."""
    n, m = rng.choice(NAMES), rng.choice(NAMES)
    s, t = rng.choice(LISTS), rng.choice(LISTS)
    fn, gn = rng.choice(FUNCTIONS), rng.choice(FUNCTIONS)
    k = rng.randint(0, 3)
    return rng.choice(
        [
            f"{n} = {k}",
            f"{n} = {m} + {k}",
            f"{n} = {n} * 2 + {k}",
            f"{n} += {k}",
            f"if {m} % 2: {n} = {k}",
            f"for {n} in range({k}): {m} = {n}",
            f"{s} = [{k}]",
            f"{s} = {t}",
            f"{s} = list({t})",
            f"{s} = [{t}, {k}]",
            f"{s} = {t} + [{n}]",
            f"{s}.append({n})",
            f"{s}.append({t}[:1])",
            f"{s} += [{k}]",
            f"{s}[0] = {n}",
            f"if {n} > 1: {s}.append({k})", f"{n} = sum(1 for one in {s} if one == {k})",
            f"{t} = {s}; {t}.append({k})",
            f"def {fn}(x={k}): return x + {n}",
            f"def {fn}(x={k}): {s}.append(x); return len({s})",
            f"def {fn}(x={k}): return {gn}(x) if x < 1 else {n}",
            f"def {fn}(x={k}):\n    global {n}\n    {n} = x + {k}\n    return {n}",
            f"{n} = {fn}({k})",
            f"{n} = max(map(lambda x: x + {m}, [{k}, 1]))",
            f"{n} = len({s})",
            f"del {n}\n{n} = {k}",
            "import random; random.seed(%d)" % k,
            f"import random; {n} = random.randint(0, 9)",
            f"exec('{n} = {k}')",
            CLASS % k,
            f"{s} = [K(), {k}]",
            f"{n} = sum(isinstance(one, K) for one in {s})",
            f"{s}[-1:] = [K.v]",
        ]
    )


def last(rng: Random) -> str:
    """What a cell shows."""
    return rng.choice(
        [rng.choice(NAMES), rng.choice(LISTS), f"{rng.choice(FUNCTIONS)}({rng.randint(0, 2)})", ""]
    )


def cell(rng: Random) -> str:
    lines = [statement(rng) for _ in range(rng.randint(1, 2))]
    return "\n".join([*lines, last(rng)]).rstrip()


HEAD = [
    "a, b, c, d = 1, 2, 3, 4",
    "p = [1]; q = [2]; r = p\n" + CLASS % 0,
    "def f(x): return x + a\ndef g(x): return x + len(p)",
]


def notebook(rng: Random, cells: int) -> list[str]:
    """The cells of a notebook whose names are all bound by its first cells."""
    return HEAD + [cell(rng) for _ in range(cells)]


def edited(rng: Random, cells: list[str]) -> list[str]:
    """The cells after one edit: change, insert, delete, move or duplicate; the head stays first."""
    cells = list(cells)
    at = rng.randrange(len(HEAD), len(cells)) if len(cells) > len(HEAD) else len(HEAD)
    kind = rng.choice("ccciidmx")
    if kind == "i" or at >= len(cells):
        cells.insert(at, cell(rng))
    elif kind == "c":
        cells[at] = cell(rng)
    elif kind == "d":
        del cells[at]
    elif kind == "m":
        moved = cells.pop(at)
        cells.insert(rng.randrange(len(HEAD), len(cells) + 1), moved)
    else:
        cells.insert(at, cells[at])
    return cells


def text(cells: list[str]) -> str:
    return "".join(f"# %%\n{source}\n" for source in cells)
