"""`sessions editor`: sets an editor up, shows what that would change, or takes it back."""

from __future__ import annotations

import sys

from sessions_ls.cli import OK, console
from sessions_ls.cli.arguments import Arguments, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.cli.setup.changes import Plan

EDITORS = {
    "nvim": "neovim",
    "neovim": "neovim",
    "helix": "helix",
    "hx": "helix",
    "vscode": "vscode",
    "code": "vscode",
}
"""What may be asked for, and the module that knows the editor."""

NAMES = {"neovim": "Neovim", "helix": "Helix", "vscode": "VS Code"}
AGAIN = {
    "neovim": "start Neovim again, and open a Python file with a `# %%` line. No key runs anything"
    " until you map one: `:help sessions-keys`",
    "vscode": "open a Python file with a `# %%` line; Shift+Enter runs a cell",
}


def main(args: list[str]) -> int:
    """Carry out `sessions editor`. Raises UsageError, or SetupError where nothing was changed."""
    arguments = Arguments(
        "editor",
        "Set an editor up for notebooks. Doing it twice changes nothing; what is yours stays.",
        "sessions editor helix --print",
    )
    arguments.place("EDITOR", "nvim, helix or vscode")
    arguments.option("--print", "", "show what would be changed, and change nothing")
    arguments.option("--undo", "", "take back what was set up")
    taken = arguments.parse(args)
    module = EDITORS.get(taken["EDITOR"])
    if module is None:
        raise UsageError(
            f"there is no set-up for {taken['EDITOR']}; there is one for: nvim, helix, vscode"
        )
    setup = __import__(f"sessions_ls.cli.setup.{module}", fromlist=["plan"])
    undo = taken.has("--undo")
    plan: Plan = setup.plan(undo)
    if taken.has("--print"):
        for change in plan.changes:
            sys.stdout.write(change.shown())
    else:
        for done in plan.apply():
            console.message(done)
    for note in plan.notes:
        console.message(f"note: {note}")
    name = NAMES[module]
    if not plan.changes:
        what = "nothing of sessions is set up in" if undo else "all is set up in"
        console.message(f"{what} {name}; nothing to change")
    elif not undo and not taken.has("--print"):
        console.message(plan.again or AGAIN[module])
        console.message(f"to undo this: sessions editor {taken['EDITOR']} --undo")
    return OK
