"""Values as MIME bundles, by IPython's display protocol, without IPython.

Nothing that an object does while it is asked can do more than fail: the failure is a line on
standard error, and its plain text still shows.
"""

from __future__ import annotations

import sys

from .jsonout import printable
from .transcript import cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

#: Characters of one value of a bundle, and displays of one cell; more is left out, with a note.
LONGEST = 8_000_000
MOST = 200

METHODS = (
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_latex_", "text/latex"),
    ("_repr_json_", "application/json"),
    ("_repr_pdf_", "application/pdf"),
)
CANARY = "_ipython_canary_method_should_not_exist_"
PLAIN = frozenset(
    (type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range)
)


class Displayer:
    """Shows values as `display` and `result` events of the cell that runs.

    `emit` takes an event, `cell` says whose it is, `figure` renders what is not an object's own
    to render (a Matplotlib figure): it returns PNG bytes or None. `checkpoint` is called before
    control goes back to user code.
    """

    def __init__(
        self,
        emit: Callable[[dict[str, object]], None],
        cell: Callable[[], object],
        figure: Callable[[object], bytes | None],
        checkpoint: Callable[[], None],
    ) -> None:
        self._emit = emit
        self._cell = cell
        self._figure = figure
        self._checkpoint = checkpoint
        self._count = 0

    def begin(self) -> None:
        """A new cell: its displays are counted anew."""
        self._count = 0

    def display(
        self,
        *objects: object,
        include: Any = None,
        exclude: Any = None,
        raw: bool = False,
        **ignored: Any,
    ) -> None:
        """Show objects where the cell's output is, richly where they can. With `raw`, they are
        MIME bundles. The other options of IPython's `display` are accepted and do nothing."""
        for value in objects:
            if raw and issubclass(type(value), dict):
                self._send("display", self._packed(value))  # type: ignore[arg-type]
            else:
                self._show("display", value, include, exclude)
        self._checkpoint()

    def result(self, value: object) -> None:
        """Show the value of a cell's last expression."""
        self._show("result", value, None, None)

    def picture(self, png: bytes, text: str) -> None:
        """Show a rendered figure."""
        self._send("display", self._packed({"image/png": png, "text/plain": text}))

    def _show(self, kind: str, value: object, include: Any, exclude: Any) -> None:
        bundle = self._bundle(value, include, exclude)
        if bundle is not None:
            self._send(kind, bundle)

    def _send(self, kind: str, bundle: tuple[dict[str, str], list[str]]) -> None:
        self._count += 1
        if self._count > MOST and kind == "display":
            if self._count == MOST + 1:
                _note(f"more than {MOST} displays in one cell: the others are left out")
            return
        data, binary = bundle
        self._emit({"e": kind, "cell": self._cell(), "data": data, "binary": binary})

    def _bundle(
        self, value: object, include: Any, exclude: Any
    ) -> tuple[dict[str, str], list[str]] | None:
        """The bundle of `value`; None when it has shown itself."""
        if type(value) in PLAIN:
            return {"text/plain": plain(value)}, []
        found: dict[object, object] = {}
        if not issubclass(type(value), type) and _lookup(value, CANARY) is None:
            if self._shows_itself(value):
                return None
            found = self._asked(value, include, exclude)
        png = self._figure(value)
        if png is not None:
            found.setdefault("image/png", png)
        found.setdefault("text/plain", plain(value))
        if include:
            found = {mime: one for mime, one in found.items() if mime in include}
        if exclude:
            found = {mime: one for mime, one in found.items() if mime not in exclude}
        return self._packed(found)

    @staticmethod
    def _shows_itself(value: object) -> bool:
        method = _lookup(value, "_ipython_display_")
        if method is None:
            return False
        try:
            method()
        except NotImplementedError:
            return False
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  whatever an object does is not our end
            _failed(value, "_ipython_display_", error)
            return False
        return True

    @staticmethod
    def _asked(value: object, include: Any, exclude: Any) -> dict[object, object]:
        """What the object's own methods answer."""
        found: dict[object, object] = {}
        method = _lookup(value, "_repr_mimebundle_")
        if method is not None:
            answer = _call(value, "_repr_mimebundle_", method, include=include, exclude=exclude)
            if isinstance(answer, tuple):
                answer = answer[0] if answer else None
            if isinstance(answer, dict):
                found.update(answer)
        for name, mime in METHODS:
            if mime in found:
                continue
            method = _lookup(value, name)
            if method is None:
                continue
            answer = _call(value, name, method)
            if isinstance(answer, tuple) and answer:
                answer = answer[0]
            if answer is not None:
                found[mime] = answer
        return found

    @staticmethod
    def _packed(found: dict[Any, Any]) -> tuple[dict[str, str], list[str]]:
        """`found` as text: binary values in base64, JSON values as JSON."""
        data: dict[str, str] = {}
        binary: list[str] = []
        for mime, value in found.items():
            if value is None or not isinstance(mime, str):
                continue
            try:
                text, encoded = _as_text(mime, value)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  a bad value costs itself alone
                _note(f"{mime} cannot be shown: {type(error).__name__}: {_safe(str, error)}")
                continue
            if mime == "text/plain":
                text = cut(text)
            elif len(text) > LONGEST:
                _note(f"{mime} of {len(text) / 1e6:.1f} MB is too long and left out")
                continue
            data[mime] = printable(text)
            if encoded:
                binary.append(mime)
        return data, binary


def plain(value: object) -> str:
    """`repr(value)`, or what went wrong with it."""
    try:
        return cut(repr(value))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a repr may do anything, sys.exit included
        name = type(value).__name__
        return f"<{name} object; its repr raised {type(error).__name__}: {_safe(str, error)}>"


def _as_text(mime: str, value: Any) -> tuple[str, bool]:
    """The value as text, and whether that is base64. Raises for what is neither."""
    from binascii import a2b_base64, b2a_base64

    if isinstance(value, (bytes, bytearray, memoryview)):
        return b2a_base64(bytes(value), newline=False).decode("ascii"), True
    if isinstance(value, str):
        is_binary = mime in ("image/png", "image/jpeg", "image/gif", "application/pdf")
        if is_binary:
            a2b_base64(value)  # refuses what the other side could not read
        return value, is_binary
    if mime == "application/json" or mime.endswith("+json"):
        import json

        return json.dumps(value, default=str), False
    raise TypeError(f"expected text, not {type(value).__name__}")


def _lookup(value: object, name: str) -> Any:
    """The method `name` of an object, None without one or when asking fails."""
    try:
        method = getattr(value, name, None)
        return method if callable(method) else None
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  a __getattr__ that raises has no such method
        return None


def _call(value: object, name: str, method: Any, **options: Any) -> Any:
    try:
        return method(**options)
    except NotImplementedError:
        return None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  whatever an object does is not our end
        _failed(value, name, error)
        return None


def _failed(value: object, name: str, error: BaseException) -> None:
    _note(f"{type(value).__name__}.{name} raised {type(error).__name__}: {_safe(str, error)}")


def _safe(function: Callable[[Any], str], value: object) -> str:
    try:
        return function(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  the text of an exception may raise again
        return f"<{type(error).__name__}>"


def _note(text: str) -> None:
    """A line for the person, where the cell's other messages are."""
    sys.stderr.write(text + "\n")
