"""`--junit FILE`: a run as the XML report that CI systems read, a test case a code cell."""

from __future__ import annotations

import os
import re
from xml.etree import ElementTree

from sessions_ls.cli.arguments import UsageError
from sessions_ls.cli.rendering import headline, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sessions_ls.cli.remote import Remote
    from sessions_ls.live.session import LiveSession
    from sessions_ls.notebook.cells import Cell
    from sessions_ls.reactive.staleness import Status
    from sessions_ls.results.record import ErrorInfo, Record

    Event = dict[str, Any]

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any form."""


class JUnit:
    """Collects the events of a run, to become a report at `path`."""

    def __init__(self, path: str, notebook: str) -> None:
        """Raises UsageError where no file can be written at `path`."""
        self.path = path
        self._notebook = notebook
        self._last: dict[int, Event] = {}
        self._seconds = 0.0
        folder = os.path.dirname(os.path.abspath(path))
        if os.path.isdir(path) or not os.path.isdir(folder):
            what = "is a folder" if os.path.isdir(path) else f"cannot be made: no folder {folder}"
            raise UsageError(f"--junit: {path} {what}")
        refuse_notebook(path, notebook, "--junit")

    def take(self, event: Event) -> None:
        """Remember what an event says about a cell."""
        if event["event"] == "cell":
            self._last[event["number"]] = event
        elif event["event"] == "done":
            self._seconds = event["seconds"]

    def write(self, session: LiveSession | Remote) -> None:
        """Write the report. Raises OSError."""
        name = os.path.basename(self._notebook)
        suite = ElementTree.Element("testsuite", name=name, time=f"{self._seconds:.3f}")
        statuses = session.statuses()
        for cell, status in zip(session.notebook.cells, statuses, strict=True):
            if cell.kind == "code" and cell.source.strip():
                suite.append(self._case(cell, status, name))
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
        suite.set("tests", str(len(suite)))
        root = ElementTree.Element("testsuites")
        root.append(suite)
        ElementTree.indent(root)
        ElementTree.ElementTree(root).write(self.path, encoding="utf-8", xml_declaration=True)

    def _case(self, cell: Cell, status: Status, name: str) -> ElementTree.Element:
        title = f"cell {cell.number}: {cell.title}" if cell.title else f"cell {cell.number}"
        line = cell.start if cell.marker is None else cell.marker
        case = ElementTree.Element(
            "testcase", classname=_sound(name), name=_sound(title), file=_sound(self._notebook),
            line=str(line + 1),
        )  # fmt: skip
        event = self._last.get(cell.number)
        record: Record | None = None if event is None else event.get("record")
        case.set("time", f"{record.runtime_ms / 1000:.3f}" if record is not None else "0.000")
        if record is not None:
            self._ran(case, record)
        elif event is not None and event["state"] == "error":
            _child(case, "error", "the cell cannot run", event["message"])
        else:
            reason = status.reason or ""
            said = f"{status.state}: {reason}" if reason else status.state
            case.append(ElementTree.Element("skipped", message=_sound(said)))
        return case

    def _ran(self, case: ElementTree.Element, record: Record) -> None:
        if record.state == "interrupted":
            _child(case, "error", "interrupted", "the cell was interrupted")
        elif record.error is not None:
            died = record.error.type == "KernelDied"
            text = record.error.traceback
            _child(case, "error" if died else "failure", headline(record.error), text, record.error)
        lines = list(shown(record.outputs, record.text))
        out = record.stdout
        if lines:
            out += ("\n" if out and not out.endswith("\n") else "") + "\n".join(lines)
        if out:
            ElementTree.SubElement(case, "system-out").text = _sound(out)
        if record.stderr:
            ElementTree.SubElement(case, "system-err").text = _sound(record.stderr)


def refuse_notebook(path: str, notebook: str, option: str) -> None:
    """Raises UsageError where `path` is the notebook: nothing writes to that."""
    if os.path.exists(path) and os.path.samefile(path, notebook):
        raise UsageError(f"{option}: {path} is the notebook itself")


def _child(
    case: ElementTree.Element, tag: str, message: str, text: str, error: ErrorInfo | None = None
) -> None:
    child = ElementTree.SubElement(case, tag, message=_sound(message))
    if error is not None:
        child.set("type", _sound(error.type))
    child.text = _sound(text)


def _sound(text: str) -> str:
    """`text` with the characters that XML cannot hold written as escapes."""
    return _FORBIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
