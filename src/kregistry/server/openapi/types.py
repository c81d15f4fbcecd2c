"""KindTypes: which component is the type of which kind, in one document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.openapi.naming import component_name
from kregistry.server.openapi.schemas import Schema, Schemas, open_list_schema, open_schema
from kregistry.server.served import ServedResource


class KindTypes:
    """The types of the kinds that one document is about.

    A kind without a schema gets an open one here, and so does its list.

    Args:
        schemas: All types that are known.
        resources: What the document is about.
    """

    def __init__(self, schemas: Schemas, resources: Iterable[ServedResource]) -> None:
        self._known = schemas
        self._names: dict[GroupVersionKind, str] = {}
        self._made: dict[str, Schema] = {}
        about = tuple(resources)
        for resource in about:
            for gvk in _kinds(resource):
                self._make(gvk, open_schema(gvk), resource)
        for resource in about:
            if has_lists(resource):
                gvk = list_kind(resource)
                self._make(gvk, open_list_schema(gvk, self.name_of(resource.gvk)), resource)
        self._all = schemas.with_more(self._made) if self._made else schemas

    def name_of(self, gvk: GroupVersionKind) -> str:
        """Name of the component that is the type of a kind.

        Raises:
            KeyError: The document is not about that kind.
        """
        return self._known.name_of(gvk) or self._names[gvk]

    def is_known(self, gvk: GroupVersionKind) -> bool:
        """Whether it is known what objects of the kind are made of."""
        return self._known.name_of(gvk) is not None

    def components(self, names: Iterable[str]) -> dict[str, Any]:
        """Those types and all that they are made of, as they stand in a document."""
        return {name: self._all.component(name) for name in self._all.reachable(names)}

    def _make(self, gvk: GroupVersionKind, schema: Schema, resource: ServedResource) -> None:
        """Give a kind that has no type yet this one, under a name that nothing else has."""
        if self._known.name_of(gvk) is not None or gvk in self._names:
            return
        wanted = name = component_name(gvk, custom=resource.custom)
        number = 1
        while name in self._known or name in self._made:
            number += 1
            name = f"{wanted}_{number}"
        self._names[gvk] = name
        self._made[name] = schema


def has_lists(resource: ServedResource) -> bool:
    """Whether any verb of a resource answers with a list."""
    return not {"list", "deletecollection"}.isdisjoint(resource.verbs)


def list_kind(resource: ServedResource) -> GroupVersionKind:
    """The kind of a list of objects of a resource."""
    return resource.group_version.with_kind(resource.list_kind)


def _kinds(resource: ServedResource) -> list[GroupVersionKind]:
    """What is sent and answered as an object; options of connections go in the query."""
    doors = (door.gvk(resource) for door in resource.subresources if not door.connects)
    return [resource.gvk, *doors]
