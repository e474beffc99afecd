"""Whatever command looks at a hostile notebook, nothing of it runs but by `run` and `set`."""

from __future__ import annotations

from pathlib import Path

from sessions_ls.cli import COMMANDS
from tests.cli.conftest import Shell
from tests.hostile import BY_A_RUN, Hostile

ON_REQUEST = {"run", "set"}
ELSEWHERE = {"lsp", "editor"}
"""The server has a test of its own; what is set up is the person's editor."""

LOOKING = """\
check n.py
status n.py
status n.py --json
variables n.py
show n.py
show n.py 5
show n.py 5 --out picture
wait n.py --fresh --timeout 0.1
interrupt n.py
restart n.py
stop n.py
ps
agent-guide
trust n.py
untrust n.py
new made.py
""".splitlines()


def test_no_command_but_run_and_set_runs_anything(tmp_path: Path) -> None:
    hostile = Hostile(tmp_path)
    hostile.notebook("given", "pyproject.toml")
    sessions = Shell(hostile.folder / "given")
    sessions.env.update(
        {name: hostile.environment[name] for name in ("PYTHONPATH", "WATCHED")},
        XDG_STATE_HOME=str(tmp_path / "state"),
    )
    assert {line.split()[0] for line in LOOKING} == COMMANDS.keys() - ON_REQUEST - ELSEWHERE
    plainly = ("-P", "-m", "sessions_ls")  # as the script `sessions`
    for line in LOOKING:
        with sessions.start(*line.split(), python=plainly) as process:
            process.communicate(timeout=60)
        assert process.returncode in (0, 1, 2), line
        assert (line, hostile.started(), hostile.ran()) == (line, [], "")
    with sessions.start("run", "n.py", python=plainly) as process:
        process.communicate(timeout=60)
    assert {event for event, _, _ in hostile.started()} == BY_A_RUN
    assert "evil-python" in hostile.ran()
