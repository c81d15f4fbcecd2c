"""Reduces the OpenAPI documents of a release to what the generator reads.

Descriptions go, references become plain names, and the wrapping of a reference that only
serves to attach a default is taken off.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_PREFIX = "#/components/schemas/"


def schemas_of(documents: list[Path]) -> dict[str, Any]:
    """Every schema of the documents by name; where several define one, the last counts."""
    found: dict[str, Any] = {}
    for path in documents:
        components = json.loads(path.read_text()).get("components", {})
        for name, schema in components.get("schemas", {}).items():
            found[name] = _reduced(schema)
    return found


def _reduced(schema: dict[str, Any]) -> dict[str, Any]:
    """One schema without what nobody reads; properties keep their defaults, items do not."""
    result: dict[str, Any] = {}
    for key, value in sorted(schema.items()):
        if key == "properties":
            result[key] = {name: _reduced(each) for name, each in sorted(value.items())}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            result[key] = {k: v for k, v in _reduced(value).items() if k != "default"}
        elif key == "allOf" and len(value) == 1:
            result |= _reduced(value[0])
        elif key == "$ref":
            result[key] = value.removeprefix(_PREFIX)
        elif key == "enum":
            result[key] = sorted(each for each in value if isinstance(each, str))
        elif key != "description":
            result[key] = value
    return result
