"""What the reactive core knows of one cell: what its text shows and what running it has taught."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions_ls.reactive.names import Names

NOTHING: frozenset[str] = frozenset()


class Facts:
    """The names of one cell, as the resolver reads them.

    ``reads``, ``binds``, ``deferred``, ``called``, ``guarded`` come from the text (see
    `Names`), ``maybe`` is what the cell binds on some paths only, ``amends`` what it changes in
    place, by its text or as learnt by running it, ``changes`` both what it binds and amends, and
    ``rebinds`` what its functions bind through ``global``, ``alters`` what they set attributes of.
    With ``reads_all`` it may read whatever is defined above it, through ``exec`` and the like.
    """

    __slots__ = (
        "alters", "amends", "binds", "called", "changes", "deferred", "guarded", "imports",
        "maybe", "open_ended", "reads", "reads_all", "rebinds",
    )  # fmt: skip

    def __init__(
        self,
        reads: frozenset[str] = NOTHING,
        binds: frozenset[str] = NOTHING,
        maybe: frozenset[str] = NOTHING,
        changes: frozenset[str] = NOTHING,
        deferred: frozenset[str] = NOTHING,
        called: frozenset[str] = NOTHING,
        guarded: frozenset[str] = NOTHING,
        imports: frozenset[str] = NOTHING,
        open_ended: bool = False,
        amends: frozenset[str] = NOTHING,
        rebinds: frozenset[str] = NOTHING,
        reads_all: bool = False,
        alters: frozenset[str] = NOTHING,
    ) -> None:
        self.reads = reads
        self.binds = binds
        self.maybe = maybe
        self.changes = changes
        self.deferred = deferred
        self.called = called
        self.guarded = guarded
        self.imports = imports
        self.open_ended = open_ended
        self.amends = amends
        self.rebinds = rebinds
        self.reads_all = reads_all
        self.alters = alters

    def key(self) -> tuple[object, ...]:
        """All that the resolver reads: cells with equal keys resolve alike."""
        return (
            self.reads, self.binds, self.maybe, self.changes, self.deferred, self.called,
            self.guarded, self.amends, self.open_ended, self.rebinds, self.reads_all,
            self.alters,
        )  # fmt: skip


EMPTY = Facts()


def facts_of(
    names: Names, amends: frozenset[str] = NOTHING, appears: frozenset[str] = NOTHING
) -> Facts:
    """The facts of a cell: its text's ``names``, and what was learnt by running it."""
    binds = names.binds | appears if appears else names.binds
    reads = names.reads
    learnt = amends - binds
    if learnt:
        reads = reads | learnt
    amends = names.amends | amends if amends else names.amends
    return Facts(
        reads=reads,
        binds=binds,
        maybe=names.binds - names.certain - reads,
        changes=binds | amends if amends else binds,
        # Whoever calls such a function binds the name: it is needed where the function is.
        deferred=names.deferred | names.rebinds if names.rebinds else names.deferred,
        called=names.called,
        guarded=names.guarded,
        imports=names.imports,
        open_ended=names.star or names.dynamic,
        amends=amends,
        rebinds=names.rebinds,
        reads_all=names.dynamic,
        alters=names.alters,
    )
