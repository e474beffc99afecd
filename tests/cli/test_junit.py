"""`sessions run --junit FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from sessions_ls.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    Report = Callable[..., tuple[int, ElementTree.Element]]


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Run a notebook; the exit status and the report's suite."""
    monkeypatch.chdir(tmp_path)

    def reported(text: str, *args: str) -> tuple[int, ElementTree.Element]:
        Path("nb.py").write_text(text)
        code = main(["run", "nb.py", "--junit", "out.xml", *args])
        suite = ElementTree.parse("out.xml").getroot().find("testsuite")
        assert suite is not None
        return code, suite

    return reported


def _outcomes(suite: ElementTree.Element) -> list[str]:
    tags = ("failure", "error", "skipped")
    return [next((child.tag for child in case if child.tag in tags), "ok") for case in suite]


# The notebook, arguments, the exit status, and what became of each cell.
CASES = {
    "good": ("# %%\n1\n# %% [markdown]\n# words\n# %%\n2\n", (), 0, ["ok", "ok"]),
    "failed and blocked": ("# %%\nx = 1 / 0\n# %%\nx\n", (), 1, ["failure", "skipped"]),
    "broken code": ("# %%\nx = (\n# %%\n1\n", (), 1, ["error", "ok"]),
    "not asked for": ("# %%\n1\n# %%\n2\n", ("--cell", "2"), 0, ["skipped", "ok"]),
    "disabled": ("# %% disabled=true\n1\n", (), 0, ["skipped"]),
    "timed out": (
        "# %%\nimport time; time.sleep(60)\n# %%\n1\n",
        ("--timeout", "1"),
        1,
        ["error", "skipped"],
    ),
    "with --json": ("# %%\n1\n", ("--json",), 0, ["ok"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_outcomes(report: Report, name: str) -> None:
    text, args, status, outcomes = CASES[name]
    code, suite = report(text, *args)
    assert (code, _outcomes(suite)) == (status, outcomes)
    assert int(suite.attrib["tests"]) == len(outcomes)
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[key]) == outcomes.count(tag)


def test_the_report_of_a_cell(report: Report) -> None:
    _, suite = report("# %% Load\nimport sys\nprint('a')\nprint('b', file=sys.stderr)\n1 + 1\n")
    (case,) = suite
    assert case.attrib.items() >= {"name": "cell 1: Load", "file": "nb.py", "line": "1"}.items()
    assert float(case.attrib["time"]) < float(suite.attrib["time"])
    assert case.findtext("system-out") == "a\n2"
    assert case.findtext("system-err") == "b\n"


def test_a_failure_has_its_traceback(report: Report) -> None:
    _, suite = report("# %%\nraise ValueError('a < b & c')\n")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib == {"message": "ValueError: a < b & c", "type": "ValueError"}
    assert "line 2, in <module>" in (failure.text or "")


def test_fresh_cells_are_skipped(report: Report) -> None:
    text = "# %%\n1\n"
    report(text)
    _, suite = report(text)
    skipped = suite.find("testcase/skipped")
    assert skipped is not None
    assert skipped.attrib == {"message": "fresh"}


def test_what_xml_cannot_hold(report: Report) -> None:
    _, suite = report("# %% \x1b[1m\nprint('a\\x00\\x1b[31m\\ud800\\ufffe\\t\\U0001f600]]>')\n")
    assert suite.findtext("testcase/system-out") == "a\\x00\\x1b[31m\\ud800\\ufffe\t\U0001f600]]>\n"


def test_a_report_that_cannot_be_written_fails(report: Report) -> None:
    Path("nb.py").write_text("1\n")
    assert main(["run", "nb.py", "--junit", "/dev/full"]) == 1
