"""The pages agree with the code and with each other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "editors").glob("*/*.md"))
CODE = re.compile(r'"([a-z]+(?:-[a-z]+)+|untrusted)"')
WITH_CODES = (
    "sessions_ls/lsp/diagnostics.py",
    "sessions_ls/lsp/ondisk.py",
    "sessions_ls/lsp/trusting.py",
    "sessions_ls/notebook/cells.py",
    "sessions_ls/reactive/problems.py",
)


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_diagnostic_has_a_page_and_a_line_in_the_table() -> None:
    folder = ROOT / "docs" / "diagnostics"
    codes = {code for path in WITH_CODES for code in CODE.findall((ROOT / path).read_text("utf-8"))}
    assert len(codes) > 9
    assert codes == {page.stem for page in folder.glob("*.md")} - {"README"}
    assert codes == set(re.findall(r"\]\((.+)\.md\)", (folder / "README.md").read_text("utf-8")))


@pytest.mark.parametrize(
    ("number", "start", "end"),
    [(1, "python3 -m venv", "sessions run examples/tour.py"), (2, "python3 -m venv", "pytest")],
)
def test_ci_finds_the_commands_of_the_readme(number: int, start: str, end: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "commands.py", str(number)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(start)
    assert done.stdout.endswith(f"{end}\n")
