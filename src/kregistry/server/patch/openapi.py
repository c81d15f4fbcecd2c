"""Patch schemas out of the schemas of an OpenAPI document.

The API server reads the strategies from tags of its Go types and publishes them in its
documents, as ``x-kubernetes-patch-strategy`` and ``x-kubernetes-patch-merge-key``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kregistry.server.patch.schema import PatchSchema

STRATEGY: Final = "x-kubernetes-patch-strategy"
MERGE_KEY: Final = "x-kubernetes-patch-merge-key"
KINDS: Final = "x-kubernetes-group-version-kind"

_REFERENCE: Final = "#/components/schemas/"
_GO_KINDS: Final = {"string": "string", "boolean": "bool", "number": "float64"}

Schemas = Mapping[str, Mapping[str, Any]]


def patch_schema(schemas: Schemas, name: str) -> PatchSchema:
    """The patch schema of one type.

    Args:
        schemas: All schemas of a document, by name.
        name: One of them.

    Raises:
        KeyError: The name, or one that a schema refers to, is not there.
    """
    types = type_table(schemas)
    types[name]
    return PatchSchema(types, name)


def type_table(schemas: Schemas) -> dict[str, dict[str, str]]:
    """What :data:`~kregistry.server.patch.schema.TypeTable` says, of every type with fields.

    Raises:
        KeyError: A schema refers to one that is not there.
    """
    return {
        name: {
            field: _field(schemas, schema)
            for field, schema in sorted(described.get("properties", {}).items())
        }
        for name, described in sorted(schemas.items())
        if _is_struct(described)
    }


def kinds_table(schemas: Schemas) -> dict[str, str]:
    """Names of types by ``apiVersion/kind``."""
    return {
        "/".join(filter(None, (kind["group"], kind["version"], kind["kind"]))): name
        for name, described in sorted(schemas.items())
        for kind in described.get(KINDS, ())
    }


def _is_struct(schema: Mapping[str, Any]) -> bool:
    """Go has a struct for it, and it is no value that is written as a scalar or a map."""
    if "oneOf" in schema or "additionalProperties" in schema:
        return False
    return bool(schema.get("type", "object") == "object")


def _field(schemas: Schemas, schema: Mapping[str, Any]) -> str:
    words = [_type(schemas, schema), schema.get(STRATEGY, ""), schema.get(MERGE_KEY, "")]
    while words[-1] == "":
        words.pop()
    return " ".join(word or "-" for word in words)


def _type(schemas: Schemas, schema: Mapping[str, Any]) -> str:
    reference = _reference(schema)
    if reference is not None:
        target = schemas[reference]
        return reference if _is_struct(target) else _type(schemas, target)
    if schema.get("type") == "array":
        return "[]" + _type(schemas, schema["items"])
    if schema.get("type", "object") == "object":
        # A union of scalars, such as a quantity, counts as a string; what has no fields of its
        # own and stands in the place where it is used is a map.
        return "string" if "oneOf" in schema else "map"
    if schema["type"] == "integer":
        return str(schema.get("format", "int64"))
    return _GO_KINDS[schema["type"]]


def _reference(schema: Mapping[str, Any]) -> str | None:
    """The name that a schema refers to, also in the wrapping that gives a reference a default."""
    for each in (schema, *schema.get("allOf", ())[:1]):
        if "$ref" in each:
            return str(each["$ref"]).removeprefix(_REFERENCE)
    return None
