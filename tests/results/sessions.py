"""Sessions to save, from plain to strange."""

from __future__ import annotations

from sessions_ls.results.record import ErrorInfo, Output, Record, Session

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
SMALL_PNG = PNG[:40]

FULL = Record(
    id="a1b2",
    title="Load",
    code="0123456789abcdef",
    key="fedcba9876543210",
    state="error",
    ran_at="2026-11-22T10:00:00Z",
    runtime_ms=12.3,
    stdout="one\ntwo\n",
    stderr="\x1b[31mred\x1b[0m\r\n",
    text="<df 'x'>",
    outputs=[
        Output("image/png", PNG),
        Output("image/png", SMALL_PNG),
        Output("text/html", "<b>é</b>\n<i>"),
        Output("text/html", "<table>" + "<tr>" * 20_000),
        Output("image/svg+xml", "<svg/>"),
        Output("application/x-own", b"\x00\x01"),
    ],
    error=ErrorInfo("ValueError", "no 'x'", 3, "Traceback …\n", [("/a b/nb.py", 3, "<module>")]),
    reads={"x": "f1", "été": "f2", "@random": "f3"},
    binds={"df": "f4"},
    objects={"df": "a1b2.df c3.x"},
    amends=["rows"],
    appears=["y", "z"],
    runs=2,
    volatile=True,
)


def session(*records: Record) -> Session:
    return Session(
        notebook="nb.py",
        python="3.12.4",
        bonds={"n": 42, "choice": None, "pair": [1.5, "a\nb"], "été": {"k": True}},
        records=list(records),
    )


def cells(count: int) -> list[Record]:
    """Small cells, each with its own number in it."""
    return [
        Record(f"c{n}", title=f"Cell {n}", code=f"code{n}", key=f"key{n}", text=str(n), runs=n)
        for n in range(1, count + 1)
    ]
