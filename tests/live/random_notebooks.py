"""Random notebooks that reuse names, defer reads, and change objects in place, with aliases.

A notebook is the list of its cells' sources; a story is what a person does with one.
"""

from __future__ import annotations

from random import Random

NAMES = ["a", "b", "c", "d"]
LISTS = ["p", "q", "r"]
FUNCTIONS = ["f", "g"]
CLASS = "class K:\n    v = %d\n    def __repr__(self): return 'K%%d' %% self.v"

# What the names are bound to at first, so that every cell below could run.
HEAD = [
    "a, b, c, d = 1, 2, 3, 4",
    "p = [1]; q = [2]; r = p\n" + CLASS % 0,
    "def f(x): return x + a\ndef g(x): return x + len(p)",
]

# {n}, {m} are numbers, {s}, {t} lists, {f}, {g} functions, {k} a small constant.
STATEMENTS = [
    "{n} = {k}",
    "{n} = {m} + {k}",
    "{n} = {n} * 2 + {k}",
    "{n} += {k}",
    "if {m} % 2: {n} = {k}",
    "for {n} in range({k}): {m} = {n}",
    "try: {n} = {m}\nexcept NameError: {n} = {k}",
    "del {n}\n{n} = {k}",
    "exec('{n} = {k}')",
    "print({n}, {s})",
    # lists: made, shared, changed in place
    "{s} = [{k}]",
    "{s} = {t}",
    "{s} = list({t})",
    "{s} = [{t}, {k}]",
    "{s} = {t} + [{n}]",
    "{s}.append({n})",
    "{s}.append({t}[:1])",
    "{s} += [{k}]",
    "{s}[0] = {n}",
    "if {n} > 1: {s}.append({k})",
    "{t} = {s}; {t}.append({k})",
    "{n} = len({s})",
    "{s} = {t}[:]",
    "{n} = int({s} is {t} or {s}[0] is {t}[-1])",
    "{n} = sum(1 for one in {s} if one == {k})",
    # functions
    "def {f}(x={k}): return x + {n}",
    "def {f}(x={k}): {s}.append(x); return len({s})",
    "def {f}(x={k}): return {g}(x) if x < 1 else {n}",
    "def {f}(x={k}):\n    global {n}\n    {n} = x + {k}\n    return {n}",
    "{n} = {f}({k})",
    "{n} = max(map(lambda x: x + {m}, [{k}, 1]))",
    # random numbers
    "import random; random.seed({k})",
    "import random; {n} = random.randint(0, 9)",
    # classes and their instances
    CLASS.replace("%d", "{k}", 1).replace("%%", "%"),
    "{s} = [K(), {k}]",
    "{n} = sum(isinstance(one, K) for one in {s})",
    "{s}[-1:] = [K.v]",
    # classes and functions that somebody changes
    "def {f}(x={k}): K.v += x; return K.v",
    "def {f}(x={k}): {f}.n = getattr({f}, 'n', 0) + x; return {f}.n",
    "def {f}(x={k}): {g}.n = x; return K().v",
    "{n} = getattr({f}, 'n', {k})",
]
LAST = ["{n}", "{s}", "{f}({k})", ""]

Step = tuple[list[str], tuple[int, ...]]  # the cells after an edit, and those asked for (or stale)


def filled(rng: Random, template: str) -> str:
    """A template with names and constants drawn for its places."""
    return template.format(
        n=rng.choice(NAMES),
        m=rng.choice(NAMES),
        s=rng.choice(LISTS),
        t=rng.choice(LISTS),
        f=rng.choice(FUNCTIONS),
        g=rng.choice(FUNCTIONS),
        k=rng.randint(0, 3),
    )


def cell(rng: Random) -> str:
    """A cell of one or two statements and what it shows."""
    lines = [filled(rng, rng.choice(STATEMENTS)) for _ in range(rng.randint(1, 2))]
    return "\n".join([*lines, filled(rng, rng.choice(LAST))]).rstrip()


def edited(rng: Random, cells: list[str], first: int) -> list[str]:
    """The cells after one edit below the ``first`` ones: change, insert, delete, move, copy."""
    cells = list(cells)
    kind = rng.choice("ccciidmx")
    if len(cells) <= first:
        kind = "i"
    at = rng.randint(first, len(cells) - (kind != "i"))
    if kind == "i":
        cells.insert(at, cell(rng))
    elif kind == "c":
        cells[at] = cell(rng)
    elif kind == "d":
        del cells[at]
    elif kind == "m":
        moved = cells.pop(at)
        cells.insert(rng.randint(first, len(cells)), moved)
    else:
        cells.insert(at, cells[at])
    return cells


def story(rng: Random, steps: int, head: list[str], cells: int = 6) -> list[Step]:
    """Edits of a notebook, each with a run request.

    With ``head`` the notebook keeps these cells at its top. Without one its first cells stand
    anywhere and can be edited away: reads look forward and fail.
    """
    current = head + [cell(rng) for _ in range(rng.randint(2, cells))]
    if not head:
        current += HEAD
        rng.shuffle(current)
    told: list[Step] = []
    for step in range(steps):
        if step and rng.random() < 0.1:
            current = told[rng.randrange(step)][0]  # an undo
        elif step:
            current = edited(rng, current, len(head))
        count = rng.choice([0, 0, 1, 2]) if current else 0
        told.append((current, tuple(rng.randint(1, len(current)) for _ in range(count))))
    return told


def text(cells: list[str]) -> str:
    """The notebook as a file."""
    return "".join(f"# %%\n{source}\n" for source in cells)
