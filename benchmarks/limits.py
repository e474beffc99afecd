"""What sessions-ls may cost. A limit that is broken is a bug like another."""

from __future__ import annotations


class Limit:
    """``at_most`` times the thing beside it (kind "ratio"), seconds (kind "seconds"), or so many
    of something (kind "count").
    """

    def __init__(self, kind: str, at_most: float) -> None:
        self.kind = kind
        self.at_most = at_most

    def holds(self, value: float | None, ratio: float | None, slack: float = 1.0) -> bool | None:
        """Whether a figure keeps to ``slack`` times it; None where it was not measured.

        With slack seconds are not held to it: of a machine that is slow or busy they say nothing
        without something measured beside them.
        """
        figure = ratio if self.kind == "ratio" else value
        if figure is None:
            return None
        return figure <= self.at_most * slack or (slack != 1.0 and self.kind == "seconds")


def _ratio(at_most: float) -> Limit:
    return Limit("ratio", at_most)


def _seconds(at_most: float) -> Limit:
    return Limit("seconds", at_most)


def _count(at_most: int) -> Limit:
    return Limit("count", at_most)


HEADLESS_CHAIN = {10: _ratio(5.0), 1_000: _ratio(8.0)}
"""`sessions run --all` of so many chained cells, whole process, beside `python` on the file."""
HEADLESS_REAL = _ratio(1.15)
KERNEL_START = _ratio(2.0)
"""To the first result, beside `python -c pass`."""
ROUND_TRIP = _ratio(1 / 15)
"""One trivial cell on a live kernel, beside ipykernel."""
ANALYSIS_OPEN = _ratio(3.0)
"""Reading, analysing and resolving a notebook of 1,000 cells, beside `ast.parse` of its text."""
ANALYSIS_EDIT = _seconds(0.002)
"""The same with one of 1,000 cells changed, staleness included."""
SESSION_ONE_CHANGED = _seconds(0.005)
"""The session file rendered and written with one of 1,000 cells changed."""
RUN_AGAIN = _seconds(0.3)
"""1,000 cells on the live kernel and saved."""
MEMORY = _ratio(1.5)
"""Resident memory of the idle kernel beside an idle `python`."""
FIRST_EVENT = _seconds(0.001)
"""From a request to its first event through the socket of a session, over that in process."""
EDIT_SEEN = _seconds(0.2)
"""From an edit on disk to what an attached client shows of it, the median."""
EDIT_SEEN_WORST = _seconds(1.0)
SAVES = _count(2)
"""Runs that 100 saves within a second cause."""
LOST = _count(0)
"""Edits and results that two clients lose who edit different cells."""
LEFT = _count(0)
"""Descriptors, threads and processes that clients and kernels leave behind in a session."""
GROWTH = _ratio(1.1)
"""Memory of a session process after clients and kernels came and went, beside before."""
KEYSTROKE = _seconds(0.015)
"""From a keystroke in a notebook of 1,000 cells and 10,000 lines to its diagnostics, the median."""
KEYSTROKE_WORST = _seconds(0.060)
CACHED = _seconds(0.25)
"""From opening that notebook to the results of an earlier run."""
SAVED = _seconds(0.030)
"""From a save to the changed result of a trivial cell in that notebook."""
READY = _seconds(0.6)
"""CPU of the language server until it has answered `initialize`."""
LOOP = _seconds(0.020)
"""The longest that one handler holds the language server's event loop."""
