"""Rule for the name of a field manager.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1/validation`` ValidateFieldManager.
"""

from __future__ import annotations

from typing import Final

from kregistry.meta.field import ErrorList, Path

MAX_FIELD_MANAGER_LENGTH: Final = 128


def validate_field_manager(manager: str, path: Path) -> ErrorList:
    """At most 128 bytes, all of them printable; "" means that the server picks a name."""
    errs = ErrorList()
    if len(manager.encode("utf-8", "surrogatepass")) > MAX_FIELD_MANAGER_LENGTH:
        errs.too_long(path, manager, MAX_FIELD_MANAGER_LENGTH)
    position = 0
    for character in manager:
        if not character.isprintable():
            detail = f"invalid character U+{ord(character):04X} (at position {position})"
            errs.invalid(path, manager, detail)
        position += len(character.encode("utf-8", "surrogatepass"))
    return errs
