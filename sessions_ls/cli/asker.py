"""Who gives a command, as far as the environment tells: a person, or an agent for one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

AGENTS = (
    "SESSIONS_AGENT",  # ours, for an agent that sets none of the others
    "AI_AGENT",
    "AGENT",
    "CLAUDECODE",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "CURSOR_AGENT",
    "GEMINI_CLI",
)
"""What tools set in the environment of the commands that their agents run."""

_OFF = ("", "0", "false", "no")


def cause(environ: Mapping[str, str]) -> str:
    """Why a run is asked for by a command: "agent" or "command"."""
    set_ = (environ.get(name, "").lower() for name in AGENTS)
    return "agent" if any(value not in _OFF for value in set_) else "command"
