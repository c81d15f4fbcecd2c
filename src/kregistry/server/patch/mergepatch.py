"""JSON Merge Patch (RFC 7386), as the API server applies it.

Its library differs from the RFC inside lists: where a list is new, or stands in for something
that was no object, objects in it lose their members that are null. Nulls that are items of a
list stay, and so does everything in a list that takes the place of an object.

Source: ``merge.go`` of ``gopkg.in/evanphx/json-patch.v4``.
"""

from __future__ import annotations

from typing import Any

from kregistry.meta.errors import BadRequest
from kregistry.server.patch.failures import decoded_map


def apply_merge_patch(document: dict[str, Any], patch: Any, room: int) -> dict[str, Any]:
    """What becomes of *document*, which is changed and must not be used any more.

    Args:
        document: The object.
        patch: What the client sent.
        room: How deeply the patch may nest.

    Raises:
        BadRequest: The patch is no object.
    """
    changes = decoded_map(patch, room)
    if changes is None:
        raise BadRequest("Invalid JSON Patch")
    _merge(document, changes)
    return document


def _merge(document: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            document.pop(key, None)
            continue
        current = document.get(key)
        if not isinstance(current, dict):
            prune_nulls(value)
            document[key] = value
        elif isinstance(value, dict):
            _merge(current, value)
        else:
            document[key] = value


def prune_nulls(value: Any) -> None:
    """Take the null members out of all objects in *value*; nulls in lists stay."""
    if isinstance(value, dict):
        for key in [key for key, member in value.items() if member is None]:
            del value[key]
        for member in value.values():
            prune_nulls(member)
    elif isinstance(value, list):
        for item in value:
            prune_nulls(item)
