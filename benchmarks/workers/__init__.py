"""Processes that measure inside some environment, on request.

A worker reads one JSON object a line, `{"do": name, …arguments}`, and answers `{"value": …}` or
`{"error": text}`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any


def serve(functions: Mapping[str, Callable[..., Any]], at_end: Callable[[], None]) -> None:
    """Answer until the requests end. What the functions print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = {"value": functions[request.pop("do")](**request)}
            except Exception as error:  # noqa: BLE001 - whatever it is, the table shows it
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}"}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    finally:
        at_end()
