"""What the analysis says against what programs do: random programs, many paths through each."""

from __future__ import annotations

import os
from random import Random
from types import CodeType

import pytest

from sessions_ls.reactive.names import analyse
from tests.reactive.programs import NAMES, Program, Run

# One batch is a fraction of a second; SESSIONS_LS_THOROUGH=100 takes minutes.
BATCHES = 5 * int(os.environ.get("SESSIONS_LS_THOROUGH", "1"))
PROGRAMS = 40
RUNS = 6


def valid_program(random: Random) -> tuple[str, CodeType]:
    while True:
        source = Program(random).source()
        try:
            code = compiled(source)
        except SyntaxError:  # a name is both declared global and used before, a break is lost
            assert analyse(source).error is not None, source
        else:
            return source, code


def compiled(source: str) -> CodeType:
    return compile(source, "<program>", "exec", dont_inherit=True)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_a_program_reads_and_binds_was_foreseen(batch: int) -> None:
    random = Random(batch)
    for _ in range(PROGRAMS):
        source, code = valid_program(random)
        names = analyse(source)
        assert names.error is None, source
        for _ in range(RUNS):
            run = Run(code, random)
            assert run.seen <= names.reads | names.called, source
            assert run.changed() <= names.binds, source
            if run.finished:
                assert names.certain & set(NAMES) <= run.changed(), source


@pytest.mark.parametrize("batch", range(BATCHES))
def test_without_branches_the_analysis_is_exact(batch: int) -> None:
    random = Random(batch)
    for _ in range(PROGRAMS):
        statements = [
            f"{a} = use({b})" for a, b in zip(_names(random), _names(random), strict=True)
        ]
        statements += [f"del {name}" for name in _names(random)[:1]]
        statements += [f"{name} += 1" for name in _names(random)[:2]]
        statements += [f"use([use({a}) for {a} in [use({b})]])" for a, b in [_names(random)[:2]]]
        random.shuffle(statements)
        source = "\n".join(statements)
        names = analyse(source)
        run = Run(compiled(source), _Never())
        if run.finished:
            assert names.reads & set(NAMES) == run.seen, source
            assert names.binds == names.certain == run.changed(), source


def _names(random: Random) -> list[str]:
    return random.sample(NAMES, 5)


class _Never(Random):
    """Chance that never strikes."""

    def random(self) -> float:
        return 0.99
