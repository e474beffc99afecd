"""Who gives a command: a person, or an agent."""

from __future__ import annotations

import pytest

from sessions_ls.cli.asker import AGENTS, cause

CASES = [
    ({}, "command"),
    ({"HOME": "/root", "USER": "agent"}, "command"),
    ({"CLAUDECODE": "1"}, "agent"),
    ({"CLAUDECODE": "0"}, "command"),
    ({"AGENT": ""}, "command"),
    ({"AI_AGENT": "False"}, "command"),
    ({"AGENT": "", "CURSOR_AGENT": "1"}, "agent"),
    *(({name: "some-agent@1.0"}, "agent") for name in AGENTS),
]


@pytest.mark.parametrize(("environ", "expected"), CASES)
def test_cause(environ: dict[str, str], expected: str) -> None:
    assert cause(environ) == expected
