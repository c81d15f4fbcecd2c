"""Schemas: the types of the API, as OpenAPI describes them.

Those of the built-in kinds are in ``schemas.json``, one line per type, in a shorter form than
clients get: a reference is a plain name, and stands beside what belongs to the field.
``tools/refresh_schemas.py`` makes the file from the documents of a release.

Not in it are the types of autoscaling/v2, certificates.k8s.io, node.k8s.io, resource.k8s.io,
flowcontrol.apiserver.k8s.io, and of every alpha and beta version. Their kinds, like custom
ones without a schema, get :func:`open_schema`.

Source: ``k8s.io/kube-openapi/pkg/builder3`` and the OpenAPI documents of Kubernetes 1.36.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.discovery.packagedata import package_data
from kregistry.server.openapi.descriptions import described

Schema = Mapping[str, Any]

PREFIX: Final = "#/components/schemas/"
META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
GVK_EXTENSION: Final = "x-kubernetes-group-version-kind"

#: No sensible type is nested so deeply, and what is much deeper cannot be printed.
MAX_DEPTH: Final = 200

#: Where a schema holds another one. Under ``properties`` there are several, by name; only there
#: can a name of the user's, such as ``$ref``, be taken for a word of OpenAPI.
_INNER: Final = ("items", "additionalProperties")


class Schemas:
    """Types by the names of their components; never changes.

    Args:
        by_name: Schemas in the shorter form.

    Raises:
        TypeError: Something in the place of a schema is no mapping.
        ValueError: A schema refers to one that is not there, or is nested too deeply.
    """

    def __init__(self, by_name: Mapping[str, Schema]) -> None:
        self._by_name: dict[str, Schema] = {}
        self._by_gvk: dict[GroupVersionKind, str] = {}
        self._made_of: dict[str, list[str]] = {}
        self._published: dict[str, dict[str, Any]] = {}
        self._add(by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def with_more(self, more: Mapping[str, Schema]) -> Schemas:
        """These and *more*, which come first where both have a name or a kind.

        Raises:
            ValueError: One of *more* refers to a schema that is not there.
        """
        wider = Schemas({})
        wider._by_name.update(self._by_name)
        wider._by_gvk.update(self._by_gvk)
        wider._made_of.update(self._made_of)
        wider._published.update((k, v) for k, v in self._published.items() if k not in more)
        wider._add(more)
        return wider

    def name_of(self, gvk: GroupVersionKind) -> str | None:
        """Name of the type of a kind; None if there is none."""
        return self._by_gvk.get(gvk)

    def reachable(self, names: Iterable[str]) -> list[str]:
        """Those names and all that their types are made of, sorted.

        Raises:
            KeyError: There is no type of one of these names.
        """
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self._made_of[name])
        return sorted(found)

    def component(self, name: str) -> dict[str, Any]:
        """A type as it stands in a document; it is shared, so it must not be changed.

        Raises:
            KeyError: There is no type of that name.
        """
        made = self._published.get(name)
        if made is None:
            made = self._published[name] = published(described(name, self._by_name[name]))
        return made

    def _add(self, more: Mapping[str, Schema]) -> None:
        for name, schema in more.items():
            self._by_name[name] = schema
            self._made_of[name] = references(schema)
            self._by_gvk.update((gvk, name) for gvk in _gvks(schema))
        for name in more:
            for other in self._made_of[name]:
                if other not in self._by_name:
                    raise ValueError(f"schema {name} refers to {other}, which is not there")


@cache
def builtin_schemas() -> Schemas:
    """The types of the built-in kinds, read when first asked for."""
    return Schemas(json.loads(package_data("kregistry.server.openapi", "schemas.json")))


def open_schema(gvk: GroupVersionKind) -> dict[str, Any]:
    """The type of a kind of which only the metadata is known; any other field may be there."""
    return {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": f"{META}ObjectMeta"},
        },
        "x-kubernetes-preserve-unknown-fields": True,
        GVK_EXTENSION: [gvk_tree(gvk)],
    }


def open_list_schema(gvk: GroupVersionKind, item: str) -> dict[str, Any]:
    """The type of a list of objects of the type named *item*; *gvk* is that of the list."""
    return {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "items": {"type": "array", "items": {"$ref": item}},
            "kind": {"type": "string"},
            "metadata": {"$ref": f"{META}ListMeta"},
        },
        "required": ["items"],
        GVK_EXTENSION: [gvk_tree(gvk)],
    }


def gvk_tree(gvk: GroupVersionKind) -> dict[str, str]:
    """A kind as extensions name it."""
    return {"group": gvk.group, "kind": gvk.kind, "version": gvk.version}


def references(schema: Schema) -> list[str]:
    """Names of the types that *schema* is made of, in the shorter form.

    Raises:
        TypeError: Something in the place of a schema is no mapping.
        ValueError: Schemas are nested too deeply.
    """
    found: list[str] = []
    waiting: list[tuple[Any, int]] = [(schema, 0)]
    while waiting:
        schema, depth = waiting.pop()
        if not isinstance(schema, Mapping):
            raise TypeError(f"a schema is a mapping, not {type(schema).__name__}")
        if depth > MAX_DEPTH:
            raise ValueError(f"schemas are nested more than {MAX_DEPTH} deep")
        if "$ref" in schema:
            found.append(schema["$ref"])
        waiting.extend((each, depth + 1) for each in _inner(schema))
    return found


def published(schema: Schema) -> dict[str, Any]:
    """From the shorter form to the one in which clients get it.

    What stands beside a reference would be ignored in OpenAPI 3.0, so it is wrapped. Defaults
    that are only Go's zero values are left out: that is what absence means anyhow, and many of
    them are values that the schema itself does not allow.
    """
    tree = {name: value for name, value in schema.items() if name != "$ref"}
    if "default" in tree and not tree["default"]:
        del tree["default"]
    if "$ref" in schema:
        reference = {"$ref": PREFIX + schema["$ref"]}
        return {"allOf": [reference], **tree} if tree else reference
    if "properties" in tree:
        tree["properties"] = {name: published(each) for name, each in tree["properties"].items()}
    for name in _INNER:
        if isinstance(tree.get(name), Mapping):
            tree[name] = published(tree[name])
    return tree


def _inner(schema: Schema) -> Iterator[Any]:
    """The schemas right inside of one; ``additionalProperties`` may be a boolean instead."""
    properties = schema.get("properties", {})
    yield from properties.values() if isinstance(properties, Mapping) else (properties,)
    for name in _INNER:
        if not isinstance(schema.get(name, True), bool):
            yield schema[name]


def _gvks(schema: Schema) -> Iterator[GroupVersionKind]:
    for found in schema.get(GVK_EXTENSION, ()):
        yield GroupVersionKind(found["group"], found["version"], found["kind"])
