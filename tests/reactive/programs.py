"""Random small programs, and what they really read when they run.

Every name a program may use exists beforehand, with a value that tells its name when it is used.
What the program does at each branch is decided by the run, so one program takes many paths.
"""

from __future__ import annotations

import re
from random import Random
from types import CodeType
from typing import Any

VARIABLES = "abcde"
FUNCTIONS = "fg"
CLASSES = "K"
NAMES = VARIABLES + FUNCTIONS + CLASSES

EXPRESSIONS = [
    "(X := E)",
    "(E and choose() and E)",
    "(choose() and E or E)",
    "(not (choose() and E))",
    "(E if choose() else E)",
    "(no(E) < choose() < E < E)",
    "[use(X) for X in some(E) if choose() for _ in some(X)]",
    "[E for X in some()]",
    "list(E for X in some() if E)",
    "{E: E}",
    "f'{E}'",
    "(lambda X=use(X): use(X) + E)()",
    "call(lambda: E)",
]
NO_CLASS_EXPRESSIONS = [
    "[(X := _i) for _i in some() if choose()]",
    "[use(X) for _i in some() if (X := _i + 1)]",
]
SIMPLE = [
    "X = E",
    "X = Y = E",
    "X, (Y, *Z) = use(Z), (1, E, 3)",
    "X += E",
    "X: E = E",
    "X: E",
    "E",
    "import os as X, sys",
    "from os import path as X",
    "F = lambda: E",
    "use(F())",
]
NO_CLASS_SIMPLE = ["del X", "del X"]


class Program:
    """Writes one random program."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.loops = 0
        self.in_function = False
        self.in_class = False

    def source(self) -> str:
        for _ in range(self.random.randint(1, 5)):
            self.statement(0, 3)
        return "\n".join(self.lines)

    def name(self) -> str:
        return self.random.choice(VARIABLES)

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def read(self) -> str:
        return f"use({self.random.choice(NAMES if self.random.random() < 0.2 else VARIABLES)})"

    def expression(self, depth: int = 2) -> str:
        if depth == 0 or self.random.random() < 0.5:
            return self.read()
        choices = EXPRESSIONS if self.in_class else EXPRESSIONS + NO_CLASS_EXPRESSIONS
        return self.fill(self.random.choice(choices), depth - 1)

    def simple(self, depth: int) -> None:
        choices = SIMPLE if self.in_class else SIMPLE + NO_CLASS_SIMPLE
        self.put(depth, self.fill(self.random.choice(choices), 2))

    def fill(self, template: str, depth: int) -> str:
        """Puts names for X, Y and Z (one for each), functions for F, expressions for E."""
        names = {letter: self.name() for letter in "XYZ"}
        names["F"] = self.random.choice(FUNCTIONS)
        return re.sub(r"\b[XYZFE]\b", lambda m: names.get(m[0]) or self.expression(depth), template)

    def block(self, depth: int, budget: int, wound: bool = True) -> None:
        for _ in range(self.random.randint(1, 2)):
            if wound and self.random.random() < 0.08:
                self.leap(depth)
            self.statement(depth, budget - 1)
        if self.random.random() < 0.15:
            self.leap(depth)

    def leap(self, depth: int) -> None:
        choices = ["boom()", "raise Trouble"]
        if self.loops:
            choices += ["break", "continue", "if choose(): break", "if choose(): continue"]
        if self.in_function:
            choices.append("return")
        self.put(depth, self.random.choice(choices))

    def statement(self, depth: int, budget: int) -> None:
        if budget == 0 or self.random.random() < 0.35:
            self.simple(depth)
            return
        compound = [self.if_, self.for_, self.while_, self.try_, self.try_, self.with_]
        compound += [self.function, self.class_]
        compound.append(self.match)
        self.random.choice(compound)(depth, budget)

    def if_(self, depth: int, budget: int) -> None:
        self.put(depth, f"if choose() and {self.expression()}:")
        self.block(depth + 1, budget)
        if self.random.random() < 0.3:
            self.put(depth, f"elif {self.expression()} and choose():")
            self.block(depth + 1, budget)
        if self.random.random() < 0.6:
            self.put(depth, "else:")
            self.block(depth + 1, budget)

    def _loop(self, depth: int, budget: int) -> None:
        self.loops += 1
        self.block(depth + 1, budget)
        self.loops -= 1
        if self.random.random() < 0.3:
            self.put(depth, "else:")
            self.block(depth + 1, budget)

    def for_(self, depth: int, budget: int) -> None:
        self.put(depth, f"for {self.name()} in some({self.expression(1)}):")
        self._loop(depth, budget)

    def while_(self, depth: int, budget: int) -> None:
        tests = ["True", f"choose() and {self.expression()}", f"({self.name()} := choose())"]
        self.put(depth, f"while {self.random.choice(tests)}:")
        self.put(depth + 1, "tick()")
        self._loop(depth, budget)

    def try_(self, depth: int, budget: int) -> None:
        self.put(depth, "try:")
        self.block(depth + 1, budget)
        handled = self.random.random() < 0.8
        if handled:
            kind = self.random.choice(["Trouble", "Exception", "(Trouble, NameError)"])
            as_name = f" as {self.name()}" if self.random.random() < 0.4 else ""
            self.put(depth, f"except {kind}{as_name}:")
            self.block(depth + 1, budget)
            if self.random.random() < 0.3:
                self.put(depth, "else:")
                self.block(depth + 1, budget)
        if not handled or self.random.random() < 0.4:
            self.put(depth, "finally:")
            self.block(depth + 1, budget)

    def with_(self, depth: int, budget: int) -> None:
        items = [f"manager() as {self.name()}", f"manager({self.read()}) as ({self.name()}, _)"]
        items += ["manager()", f"manager() as {self.name()}, manager() as {self.name()}"]
        self.put(depth, f"with {self.random.choice(items)}:")
        self.block(depth + 1, budget)

    def match(self, depth: int, budget: int) -> None:
        name, other = self.name(), self.name()
        self.put(depth, f"match pair({self.expression(1)}):")
        patterns = [
            f"({name}, 0)",
            f"(1, {name}) if choose()",
            f"(int() as {name}, {other}) if use({name})",
            f"[1 | 0 as {name}, *{other}]",
        ]
        for pattern in self.random.sample(patterns, 2):
            self.put(depth + 1, f"case {pattern}:")
            self.block(depth + 2, budget)
        if self.random.random() < 0.5:
            self.put(depth + 1, f"case {self.random.choice(['_', self.name()])}:")
            self.block(depth + 2, budget)

    def function(self, depth: int, budget: int) -> None:
        name = self.random.choice(FUNCTIONS)
        if self.random.random() < 0.2:
            self.put(depth, "@call")
        default = self.name()
        self.put(depth, f"def {name}({self.name()}=use({default})):")
        self.put(depth + 1, "tick()")
        if self.random.random() < 0.4:
            declared = self.random.choice([n for n in VARIABLES if n not in self.lines[-2]])
            self.put(depth + 1, f"global {declared}")
        saved = (self.loops, self.in_function, self.in_class)
        self.loops, self.in_function, self.in_class = 0, True, False
        self.block(depth + 1, budget)
        self.loops, self.in_function, self.in_class = saved
        self.put(depth + 1, "return 1")
        if self.random.random() < 0.7:
            self.put(depth, f"use({name}())")

    def class_(self, depth: int, budget: int) -> None:
        if self.random.random() < 0.2:
            self.put(depth, "@call_all")
        self.put(depth, "class K:")
        if self.random.random() < 0.3:
            self.put(depth + 1, f"global {self.name()}")
        saved = (self.loops, self.in_function, self.in_class)
        self.loops, self.in_function, self.in_class = 0, False, True
        self.block(depth + 1, budget)
        if self.random.random() < 0.3:
            self.put(depth + 1, f"del {self.name()}")
            self.put(depth + 1, f"use({self.name()})")
        self.put(depth + 1, "def m(self):")
        self.put(depth + 2, "tick()")
        self.in_class, self.in_function = False, True
        self.block(depth + 2, budget - 1 or 1)
        self.loops, self.in_function, self.in_class = saved
        if self.random.random() < 0.7:
            self.put(depth, "K().m()")


class Trouble(Exception):
    """Raised by programs, and sometimes caught by them."""


class Exhausted(BaseException):
    """The run took too long."""


class Run:
    """One run of a program in a namespace where every name has a value from outside."""

    def __init__(self, code: CodeType, random: Random) -> None:
        self.random = random
        self.ticks = 0
        self.seen: set[str] = set()  # names whose outside value the program used
        self.outside = {name: Outside(name, self) for name in NAMES}
        helpers = (self.use, self.no, self.choose, self.some, self.pair, self.boom, self.tick)
        self.namespace: dict[str, Any] = {helper.__name__: helper for helper in helpers}
        self.namespace |= {"call": self.call, "call_all": self.call_all, "Trouble": Trouble}
        self.namespace["manager"] = lambda *_: Manager(self)
        self.namespace |= self.outside
        self.finished = False
        try:
            exec(code, Namespace(self))
            self.finished = True
        except (Exception, Exhausted):  # noqa: BLE001 - programs may raise what they like
            self.finished = False

    def tick(self) -> None:
        self.ticks += 1
        if self.ticks > 200:
            raise Exhausted

    def use(self, value: object) -> int:
        self.tick()
        if isinstance(value, Outside):
            self.seen.add(value.name)
        if self.random.random() < 0.03:
            raise Trouble
        return 1

    def no(self, value: object) -> int:
        return -1

    def choose(self) -> int:
        self.tick()
        return int(self.random.random() < 0.5)

    def some(self, *_: object) -> range:
        self.tick()
        return range(self.random.randint(0, 2))

    def pair(self, *_: object) -> tuple[int, int]:
        return self.random.randint(0, 1), self.random.randint(0, 2)

    def boom(self) -> None:
        if self.choose():
            raise Trouble

    def call(self, function: Any) -> Any:
        function()
        return function

    def call_all(self, cls: Any) -> Any:
        cls().m()
        return cls

    def changed(self) -> set[str]:
        """The names that no longer have their value from outside."""
        return {name for name in NAMES if self.namespace.get(name) is not self.outside[name]}


class Outside:
    """The value a name has before the program; knows when it is used."""

    def __init__(self, name: str, run: Run) -> None:
        self.name = name
        self.run = run

    def __call__(self) -> Outside:
        self.run.seen.add(self.name)
        return self

    def m(self) -> None:
        self.run.seen.add(self.name)

    def __iadd__(self, other: object) -> int:
        self.run.seen.add(self.name)
        return 1


class Manager:
    """Swallows exceptions, or does not."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __enter__(self) -> tuple[int, int]:
        if self.run.random.random() < 0.1:
            raise Trouble
        return 1, 2

    def __exit__(self, kind: object, *_: object) -> bool:
        return kind is not Exhausted and bool(self.run.choose())


class Namespace(dict[str, Any]):
    """The module namespace; sees when a name from outside is deleted."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.namespace)
        self.run = run
        run.namespace = self

    def __delitem__(self, name: str) -> None:
        if isinstance(self.get(name), Outside):
            self.run.seen.add(name)
        super().__delitem__(name)
