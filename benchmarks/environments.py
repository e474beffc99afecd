"""Virtual environments for what is measured, made once and kept in a cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("SESSIONS_BENCH_CACHE", "~/.cache/sessions-bench")).expanduser()

DATA = ("pandas>=3.0,<4", "matplotlib>=3.10,<4")
"""What the real notebook imports; in every environment that runs it."""
REQUIREMENTS = {
    "jupyter": (
        "ipykernel~=7.4",
        "jupyter-client~=8.10",
        "jupytext~=1.19",
        "nbclient~=0.11",
        "nbconvert~=7.17",  # jupytext executes with it
        "nbformat~=5.11",
        *DATA,
    ),
    "marimo": ("marimo~=0.25.2", "jupytext~=1.19", *DATA),
    "execnb": ("execnb~=0.3.4", "nbformat~=5.11", *DATA),
}
LAUNCHER = (
    "import sys; sys.path = [{root!r}, *filter(None, sys.path)]; "
    "from sessions_ls.cli import main; sys.exit(main())"
)


class Environment:
    """A Python and the programs beside it. ``problem`` says why it cannot be used, "" if it can."""

    def __init__(self, name: str, python: Path, problem: str = "") -> None:
        self.name = name
        self.python = python
        self.problem = problem

    def program(self, name: str) -> str:
        """The path of a program that was installed with this Python."""
        return str(self.python.parent / name)

    def versions(self, *packages: str) -> str:
        """Name and version of the installed ``packages``, for people."""
        code = (
            "import sys; from importlib.metadata import version\n"
            "print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))"
        )
        done = subprocess.run(
            [str(self.python), "-c", code, *packages], capture_output=True, text=True
        )
        return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]


def rival(name: str) -> Environment:
    """The environment of one rival, made if need be; never raises for a failed installation."""
    return make(name, REQUIREMENTS[name])


def ours() -> Environment:
    """This checkout, installed as a user would have it, with what the real notebook imports."""
    return make("sessions", (str(ROOT), *DATA), digest_of_checkout())


def here() -> Environment:
    """The Python that runs the benchmark, for checks that install nothing."""
    return Environment("here", Path(sys.executable))


def sessions_command(environment: Environment) -> list[str]:
    """How to start `sessions` there: the installed program, else this checkout with that Python."""
    program = environment.program("sessions")
    if environment.name != "here" and os.path.exists(program):
        return [program]
    return [str(environment.python), "-c", LAUNCHER.format(root=str(ROOT))]


def make(name: str, requirements: Sequence[str], extra: str = "") -> Environment:
    """A virtual environment with ``requirements``, reused while they and ``extra`` are the same."""
    folder = CACHE / "environments" / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / Path("python").name
    stamp = folder / "made-of.txt"
    wanted = "\n".join([sys.version, *requirements, extra])
    if stamp.exists() and stamp.read_text() == wanted:
        return Environment(name, python)
    print(f"installing {name}: {', '.join(requirements)}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", *requirements],
    ):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            return Environment(name, python, _reason(done.stdout))
    stamp.write_text(wanted)
    return Environment(name, python)


def _reason(output: str) -> str:
    errors = [line for line in output.splitlines() if line.startswith("ERROR")]
    return (
        (errors or output.strip().splitlines() or ["no reason given"])[-1]
        .removeprefix("ERROR:")
        .strip()
    )


def digest_of_checkout() -> str:
    """A digest of the code of sessions-ls and of its project file."""
    digest = hashlib.blake2b(digest_size=8)
    for path in (ROOT / "pyproject.toml", *sorted((ROOT / "sessions_ls").rglob("*.py"))):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def machine() -> str:
    """The machine in words, without anything that names it."""
    import platform

    build = "optimised" if "PROFILE" in _configuration() else "not profile-guided"
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()} ({build} build)"
    )


def _configuration() -> str:
    flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return "PROFILE" if "--enable-optimizations" in flags else ""
