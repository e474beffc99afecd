"""JSON as it is printed: an object an item a line, few enough lines to read and to search."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def laid_out(found: dict[str, Any]) -> str:
    """An object as JSON, each of its values on a line, and of lists each item."""
    rows = [f" {json.dumps(name)}: {_value(value)}" for name, value in found.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _value(value: object) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n" + ",\n".join(f"  {json.dumps(item)}" for item in value) + "\n ]"
