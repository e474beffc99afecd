"""Matplotlib figures without ceremony. Matplotlib is never imported from here.

As in Jupyter: figures still open at the end of a cell are shown, in the order they were made, and
leave pyplot's list; `plt.show()` does the same at that point. One thing more: when a later cell
changes a figure that was shown, it is shown again at the end of that cell.

When Matplotlib is first imported our backend is chosen, unless the environment or the user's
configuration asks for another one; `matplotlib.use(...)` in the notebook is obeyed, and then
nothing here happens by itself.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Callable

BACKEND = "module://_sessions_kernel.mpl_backend"
#: Shown figures that are looked at for changes.
REMEMBERED = 50


class Figures:
    """The figures of this process, and when they show."""

    def __init__(self) -> None:
        #: Takes PNG bytes and the figure's plain text.
        self.show: Callable[[bytes, str], None] | None = None
        #: Takes a line for the person.
        self.note: Callable[[str], None] | None = None
        self._shown: list[tuple[Any, int]] = []

    # -- choosing the backend -------------------------------------------------------------------

    def install(self) -> None:
        """Be told when Matplotlib is imported."""
        sys.meta_path.insert(0, Watcher(self.adopt))

    @staticmethod
    def adopt(matplotlib: Any) -> None:
        """Choose our backend in a Matplotlib just imported."""
        asked = os.environ.get("MPLBACKEND", "")
        if asked.lower() in ("", "agg"):
            matplotlib.use(BACKEND)

    @staticmethod
    def active() -> bool:
        """Whether pyplot is loaded and draws with our backend."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return False
        backend = getattr(pyplot, "_backend_mod", None)
        canvas = getattr(backend, "FigureCanvas", None)
        return getattr(canvas, "__module__", None) == f"{__package__}.mpl_backend"

    # -- showing --------------------------------------------------------------------------------

    def flush(self) -> None:
        """Show and close every open figure, and those of earlier cells that changed."""
        if not self.active():
            return
        helper = sys.modules["matplotlib._pylab_helpers"].Gcf
        for manager in list(helper.figs.values()):
            figure = manager.canvas.figure
            try:
                self._present(figure)
            finally:
                helper.destroy(manager)
        if self._shown:
            self._present_changed()

    def show_one(self, figure: Any) -> None:
        """Show one figure now, and close it."""
        helper = sys.modules["matplotlib._pylab_helpers"].Gcf
        try:
            self._present(figure)
        finally:
            helper.destroy_fig(figure)

    def render(self, value: object) -> bytes | None:
        """The PNG of a figure that is displayed as a value; None for any other value.

        It counts as shown then.
        """
        module = sys.modules.get("matplotlib.figure")
        if module is None or not issubclass(type(value), module.Figure):
            return None
        png = self._png(value)
        if png is not None:
            self._remember(value, png)
            helper = sys.modules.get("matplotlib._pylab_helpers")
            if helper is not None and self.active():
                helper.Gcf.destroy_fig(value)
        return png

    def _present(self, figure: Any) -> None:
        png = self._png(figure)
        if png is not None and self.show is not None:
            self._remember(figure, png)
            self.show(png, repr(figure))

    def _present_changed(self) -> None:
        shown, self._shown = self._shown, []
        kept: list[tuple[Any, int]] = []
        for reference, digest in shown:
            figure = reference()
            if figure is None:
                continue
            if figure.stale:
                png = self._png(figure)
                figure.stale = False
                if png is not None and hash(png) != digest and self.show is not None:
                    self.show(png, repr(figure))
                    digest = hash(png)
            kept.append((reference, digest))
        self._shown = (kept + self._shown)[-REMEMBERED:]

    def _remember(self, figure: Any, png: bytes) -> None:
        from _weakref import ref

        figure.stale = False
        self._shown = [one for one in self._shown if one[0]() is not figure]
        self._shown.append((ref(figure), hash(png)))

    def _png(self, figure: Any) -> bytes | None:
        """The picture as Jupyter makes it: the figure's own dpi, tight. None for an empty one."""
        if not (
            figure.axes
            or figure.lines
            or figure.texts
            or figure.images
            or figure.artists
            or figure.patches
            or getattr(figure, "subfigs", None)
        ):
            return None
        from io import BytesIO

        target = BytesIO()
        try:
            figure.canvas.print_figure(
                target,
                format="png",
                dpi=figure.dpi,
                facecolor=figure.get_facecolor(),
                edgecolor=figure.get_edgecolor(),
                bbox_inches="tight",
            )
        except Exception as error:  # noqa: BLE001  what is drawn is the user's: it may do anything
            if self.note is not None:
                self.note(f"a figure could not be drawn: {type(error).__name__}: {error}")
            return None
        return target.getvalue()


#: The one instance of a kernel; the backend module finds it here.
FIGURES = Figures()


class Watcher:
    """A finder that finds nothing, but sees the import of Matplotlib and hooks itself in."""

    def __init__(self, adopt: Callable[[Any], None]) -> None:
        self._adopt = adopt

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if name != "matplotlib":
            return None
        sys.meta_path[:] = [one for one in sys.meta_path if one is not self]
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                break
        else:
            sys.meta_path.insert(0, self)
            return None
        loader = spec.loader
        adopt = self._adopt
        if loader is not None and hasattr(loader, "exec_module"):
            run = loader.exec_module

            def exec_module(module: Any) -> None:
                del loader.exec_module
                run(module)
                adopt(module)

            loader.exec_module = exec_module
        return spec
