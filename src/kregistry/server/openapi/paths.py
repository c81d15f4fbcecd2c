"""Paths: where the operations of each resource are found.

The old paths with ``/watch/`` are left out: they are another way to say ``watch=true`` on a
list, and clients stopped using them long ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from kregistry.meta.gvk import GroupVersion
from kregistry.server.openapi import operations, parameters
from kregistry.server.openapi.operations import Operation, Subject
from kregistry.server.openapi.parameters import Parameter
from kregistry.server.openapi.types import KindTypes
from kregistry.server.served import ServedResource, ServedSubresource

PathItem = dict[str, Any]

#: Subresources behind which any path may follow.
_PASSES_PATHS_ON: Final = "proxy"


def root_path(group_version: GroupVersion) -> str:
    """``/api/v1`` or ``/apis/group/version``."""
    return f"/apis/{group_version}" if group_version.group else f"/api/{group_version.version}"


def resource_paths(
    resources: Iterable[ServedResource], types: KindTypes
) -> Iterator[tuple[str, PathItem]]:
    """Every path of those resources, with its operations; no identifier comes twice."""
    seen: set[str] = set()
    for resource in resources:
        for path, item in _paths_of(resource, types):
            for operation in item.values():
                if isinstance(operation, dict):
                    _make_unique(operation, seen)
            yield path, item


def _paths_of(resource: ServedResource, types: KindTypes) -> Iterator[tuple[str, PathItem]]:
    root, plural = root_path(resource.group_version), resource.plural
    subject = Subject(resource, None, types)
    inside: tuple[Parameter, ...] = ()
    collection = f"{root}/{plural}"
    if resource.namespaced:
        inside = (parameters.NAMESPACE,)
        everywhere = _everywhere(subject)
        yield from _item(collection, everywhere)
        collection = f"{root}/namespaces/{{namespace}}/{plural}"
    yield from _item(collection, _collection(subject), *inside)
    name = parameters.path_parameter("name", f"Name of the {resource.kind}.")
    yield from _item(f"{collection}/{{name}}", _object(subject), name, *inside)
    for door in resource.subresources:
        path = f"{collection}/{{name}}/{door.name}"
        yield from _door(path, Subject(resource, door, types), door, name, *inside)


def _door(
    path: str, subject: Subject, door: ServedSubresource, *inside: Parameter
) -> Iterator[tuple[str, PathItem]]:
    if not door.connects:
        yield from _item(path, _object(subject), *inside)
        return
    yield from _item(path, operations.connect_operations(subject, door), *inside)
    if door.name == _PASSES_PATHS_ON:
        behind = operations.connect_operations(subject, door, with_path=True)
        yield from _item(f"{path}/{{path}}", behind, *inside, parameters.REST)


def _everywhere(subject: Subject) -> dict[str, Operation]:
    if "list" not in subject.resource.verbs:
        return {}
    return {"get": operations.list_operation(subject, everywhere=True)}


def _collection(subject: Subject) -> dict[str, Operation]:
    verbs = subject.resource.verbs
    found = {}
    if "list" in verbs:
        found["get"] = operations.list_operation(subject)
    if "create" in verbs:
        found["post"] = operations.create_operation(subject)
    if "deletecollection" in verbs:
        found["delete"] = operations.delete_collection_operation(subject)
    return found


def _object(subject: Subject) -> dict[str, Operation]:
    """At the path of an object or of a subresource. Only to the latter something is posted."""
    verbs = subject.door.verbs if subject.door else subject.resource.verbs
    found = {}
    if "get" in verbs:
        found["get"] = operations.read_operation(subject)
    if "update" in verbs:
        found["put"] = operations.replace_operation(subject)
    if "create" in verbs and subject.door:
        found["post"] = operations.create_operation(subject)
    if "delete" in verbs:
        found["delete"] = operations.delete_operation(subject)
    if "patch" in verbs:
        found["patch"] = operations.patch_operation(subject)
    return found


def _item(
    path: str, found: dict[str, Operation], *inside: Parameter
) -> Iterator[tuple[str, PathItem]]:
    """Nothing for a path without operations; else these, and what they have in common."""
    if found:
        yield path, {**found, "parameters": [*inside, parameters.PRETTY]}


def _make_unique(operation: Operation, seen: set[str]) -> None:
    """Strangers may have a kind ``Gadget`` with a status and a kind ``GadgetStatus``."""
    wanted = name = operation["operationId"]
    number = 1
    while name in seen:
        number += 1
        name = f"{wanted}_{number}"
    seen.add(name)
    operation["operationId"] = name
