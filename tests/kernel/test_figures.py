"""Matplotlib figures: which pictures a cell shows. One kernel, cells in order."""

from __future__ import annotations

import pytest
from kernels import Runner

pytest.importorskip("matplotlib")

#: text of the cell, pictures it shows
CELLS = [
    ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nline = ax.plot([1, 2])", 1),
    ("x = 1", 0),
    ("plt.get_fignums() == [] or 1/0", 0),
    ("ax.plot([2, 1]);", 1),
    ("fig.savefig('a.png')", 0),
    ("limits = ax.get_xlim(); text = str(ax)", 0),
    ("fig", 1),
    ("display(fig)", 1),
    ("plt.plot([1]); plt.figure(); plt.plot([2])", 2),
    ("plt.plot([1])\nplt.show()\nplt.plot([2])", 2),
    ("for i in range(3):\n  plt.figure(); plt.plot([i]); plt.show()", 3),
    ("plt.figure();", 0),
    ("g, a = plt.subplots(); a.plot([1]); plt.close(g)", 0),
    ("g, a = plt.subplots(); a.plot([1]); g", 1),
    ("g, a = plt.subplots(); a.plot([1]); g.show()", 1),
    ("plt.plot([1]); plt.pause(0.01); plt.pause(0.01)", 1),
    ("g, a = plt.subplots(); a.set_title('$\\\\frac{$')", 0),
    ("from matplotlib.animation import FuncAnimation\ng, a = plt.subplots()\n"
     "anim = FuncAnimation(g, lambda i: a.plot([i]), frames=3)", 1),
    ("plt.plot([1]); 1/0", 1),
    ("import matplotlib; matplotlib.use('agg'); plt.plot([1]); plt.get_fignums()", 0),
]  # fmt: skip


def test_cells(runner: Runner) -> None:
    for source, pictures in CELLS:
        answer = runner.run(source)
        assert answer.state == ("error" if "1/0" in source[-4:] and pictures else "ok"), (
            answer.error
        )
        shown = [event for event in answer.events if "image/png" in event.get("data", {})]
        assert len(shown) == pictures, (source, answer.events)
        assert all(event["data"]["image/png"].startswith("iVBOR") for event in shown)
        assert all("image/png" in event["binary"] for event in shown)
        if "frac" not in source:
            assert "Warning" not in answer.stderr or "Animation" in answer.stderr, answer.stderr


@pytest.mark.parametrize(
    ("source", "backend"),
    [
        ("", "module://_sessions_kernel.mpl_backend"),
        ("matplotlib.use('svg')", "svg"),
        ("matplotlib.rcParams['backend'] = 'pdf'", "pdf"),
    ],
)
def test_the_notebook_may_choose(own: Runner, source: str, backend: str) -> None:
    answer = own.run(f"import matplotlib\n{source}\nmatplotlib.get_backend()")
    assert answer.text == repr(backend)
    assert own.run("import os; 'MPLBACKEND' in os.environ").text == "False"
