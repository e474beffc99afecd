"""The Matplotlib backend of a kernel: Agg, with `show` that shows in the cell's output."""

from __future__ import annotations

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from .figures import FIGURES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FigureManager(FigureManagerBase):
    """Shows a figure by displaying it."""

    def show(self) -> None:
        """`figure.show()`"""
        FIGURES.show_one(self.canvas.figure)

    @classmethod
    def pyplot_show(cls, *args: Any, **options: Any) -> None:
        """`pyplot.show()`"""
        show(*args, **options)


class FigureCanvas(FigureCanvasAgg):
    """An Agg canvas whose manager is ours."""

    manager_class = FigureManager


def show(*args: Any, block: bool | None = None, **options: Any) -> None:
    """`pyplot.show()`: every open figure now. With `block=False`, as `pyplot.pause` asks in a
    loop, they wait for the end of the cell."""
    if block is not False:
        FIGURES.flush()


def new_figure_manager(num: Any, *args: Any, **options: Any) -> Any:
    """For Matplotlib before 3.6."""
    from matplotlib.figure import Figure

    figure = options.pop("FigureClass", Figure)(*args, **options)
    return new_figure_manager_given_figure(num, figure)


def new_figure_manager_given_figure(num: Any, figure: Any) -> Any:
    """For Matplotlib before 3.6."""
    return FigureManager(FigureCanvas(figure), num)
