"""What each client is shown, and what it takes: the one place that knows clients by name.

The person may overrule each entry of a row: `initializationOptions.sessions`. Its `policy` names
the row: an extension knows what it runs in, whatever that calls itself.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from pygls.capabilities import get_capability

from sessions_ls.lsp import cellstate

if TYPE_CHECKING:
    from lsprotocol import types


@dataclass(frozen=True)
class Policy:
    """How results and states reach the person.

    hints: results as inlay hints, of at most ``width`` columns.
    again: seconds after which a refresh of hints is sent a second time; 0: never.
    results: results as information diagnostics on the last line of their cells.
    fade: the marker of a stale cell is drawn as unnecessary.
    tables: Markdown tables are drawn as tables.
    pictures: pictures in Markdown are drawn, or left to what the person has for them.
    widest, tallest: pixels to which they are made smaller, in the words that VS Code knows; 0: as
        they are.
    reloads: a buffer without changes follows its file by itself.
    how: how the person makes such a buffer follow.
    navigation: definitions and references are offered; a client that shows those of several
        servers without dropping what is twice would show most of them twice.
    repeats: diagnostics are sent after every edit, even the same ones.
    notices: messages say what nothing on the screen shows, such as the end of a kernel.
    needs_display: it opens pictures with a program of this machine, and does not say which file it
        was when there is none.
    greeting: what is said when the first notebook is opened.
    asks: the person may be asked a question, where the client says that it asks.
    preselects: of the answers to a question the first is chosen by a stray Enter.
    trusted: saves run every notebook, or none, whatever the person trusts; None: what they trust.
    """

    hints: bool = True
    width: int = 60
    again: float = 0.0
    results: bool = False
    fade: bool = True
    tables: bool = False
    pictures: bool = True
    widest: int = 0
    tallest: int = 0
    reloads: bool = False
    how: str = "Reload it."
    navigation: bool = False
    repeats: bool = False
    notices: bool = True
    needs_display: bool = False
    greeting: str = ""
    asks: bool = True
    preselects: bool = False
    trusted: bool | None = None


# fmt: off
POLICIES = {
    # Neovim up to 0.12 stores refreshed hints and paints the old ones; a second refresh repairs it.
    "neovim": Policy(again=0.15, how="`:checktime` loads it."),
    # Neovim with our plugin, which draws whole results by itself from `sessions/cellState`.
    "neovim plugin": Policy(hints=False, how="`:checktime` loads it."),
    # Helix never asks again for hints after a run, has no lenses, and shows hints of the first
    # server that offers them alone. It drops diagnostics of a version that it has left behind.
    "helix": Policy(
        hints=False, results=True, fade=False, repeats=True, pictures=False, needs_display=True,
        preselects=True,
        how="`:reload` loads it.",
    ),
    # VS Code cuts all hints of a line to 43 characters together. Its hover is 250 pixels high.
    # Its status bar tells of the kernel and of stale cells; a message is a box over the text.
    "vscode": Policy(
        width=43, tables=True, widest=600, tallest=210, reloads=True, navigation=True,
        notices=False,
    ),
    # Any other client that asks for hints again when told to.
    "live hints": Policy(),
    # Any other client that does not.
    "diagnostics": Policy(hints=False, results=True, fade=False),
}
# fmt: on

NAMES = {
    "neovim": "neovim",
    "helix": "helix",
    "visual studio code": "vscode",
    "vscodium": "vscode",
    "code - oss": "vscode",
    "code-server": "vscode",
    "cursor": "vscode",
    "windsurf": "vscode",
    "positron": "vscode",
}


def overruled(policy: Policy, options: object) -> tuple[Policy, list[str]]:
    """The policy with what the person set in `initializationOptions.sessions`.

    The sentences say which of it cannot be.
    """
    ours = options.get("sessions") if isinstance(options, dict) else None
    if not isinstance(ours, dict):
        return policy, []
    changes: dict[str, Any] = {}
    misfits = []
    for field in fields(Policy):
        value, usual = ours.get(field.name), getattr(policy, field.name)
        usual = False if usual is None else usual
        kind = (int, float) if isinstance(usual, float) else type(usual)
        if value is None:
            continue
        if isinstance(value, kind) and isinstance(value, bool) == isinstance(usual, bool):
            changes[field.name] = value
        else:
            what = type(usual).__name__
            misfits.append(
                f"The setting sessions.{field.name} is {value!r}; it has to be a {what}."
            )
    return replace(policy, **changes), misfits


class Client:
    """The client at the other end: its policy, and what it says that it takes."""

    def __init__(self, params: types.InitializeParams) -> None:
        def can(path: str) -> bool:
            return bool(get_capability(params.capabilities, path))

        def among(path: str, value: object) -> bool:
            return value in (get_capability(params.capabilities, path) or ())

        info = params.client_info
        self.name = info.name if info is not None else "an editor"
        diagnostics = "text_document.publish_diagnostics"
        self.refreshes_lenses = can("workspace.code_lens.refresh_support")
        self.refreshes_hints = can("workspace.inlay_hint.refresh_support")
        self.progress = can("window.work_done_progress")
        self.applies_edits = can("workspace.apply_edit")
        self.shows_documents = can("window.show_document.support")
        self.related = can(f"{diagnostics}.related_information")
        self.tags = among(f"{diagnostics}.tag_support.value_set", 1)
        self.document_changes = can("workspace.workspace_edit.document_changes")
        self.markdown = among("text_document.hover.content_format", "markdown")
        self.hint_tooltips = among("text_document.inlay_hint.resolve_support.properties", "tooltip")
        self.action_objects = can("text_document.code_action.code_action_literal_support")
        self.action_edits_later = among(
            "text_document.code_action.resolve_support.properties", "edit"
        ) and can("text_document.code_action.data_support")
        self.prepares_rename = can("text_document.rename.prepare_support")
        self.nested_symbols = can(
            "text_document.document_symbol.hierarchical_document_symbol_support"
        )
        self.fold_text = can("text_document.folding_range.folding_range.collapsed_text")
        self.fold_limit: int | None = get_capability(
            params.capabilities, "text_document.folding_range.range_limit"
        )
        self.link_tooltips = can("text_document.document_link.tooltip_support")
        self.cell_state = cellstate.wanted(params)
        self.policy, self.misfits = overruled(
            POLICIES[self._row(info, params.initialization_options)], params.initialization_options
        )
        self.asks = self.policy.asks and can("window.show_message")

    def change(self, settings: object) -> None:
        """Take settings that came later: `trusted` alone, which nothing was built upon."""
        ours = settings.get("sessions") if isinstance(settings, dict) else None
        if isinstance(ours, dict) and "trusted" in ours:
            only = {"sessions": {"trusted": ours["trusted"]}}
            self.policy, _ = overruled(replace(self.policy, trusted=None), only)

    def _row(self, info: types.ClientInfo | None, options: object) -> str:
        ours = options.get("sessions") if isinstance(options, dict) else None
        named = ours.get("policy") if isinstance(ours, dict) else None
        if isinstance(named, str) and named in POLICIES:
            return named
        name = info.name.lower() if info is not None else ""
        for part, row in NAMES.items():
            if name.startswith(part):
                return "neovim plugin" if row == "neovim" and self.cell_state else row
        return "live hints" if self.refreshes_hints else "diagnostics"
