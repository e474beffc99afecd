"""What the properties measured goes below the results."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "promise":
                terminalreporter.write_line(f"the promise, {value}")
