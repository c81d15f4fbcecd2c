"""Documents of OpenAPI 3.0 as trees.

Source: ``k8s.io/kube-openapi/pkg/builder3`` openapi.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kregistry.server.discovery.groups import ServedVersion
from kregistry.server.openapi import bodies
from kregistry.server.openapi.naming import friendly_group, operation_id, tag
from kregistry.server.openapi.paths import PathItem, resource_paths, root_path
from kregistry.server.openapi.schemas import META, Schemas
from kregistry.server.openapi.types import KindTypes, has_lists, list_kind
from kregistry.server.served import ServedResource

_VERSION_INFO: Final = "io.k8s.apimachinery.pkg.version.Info"
_SECURITY: Final = {
    "BearerToken": {
        "type": "apiKey",
        "in": "header",
        "name": "authorization",
        "description": "Bearer Token authentication",
    }
}


def version_tree(version: ServedVersion, schemas: Schemas, *, release: str) -> dict[str, Any]:
    """The document of a group and version: paths, and the types that are spoken there."""
    types = KindTypes(schemas, version.resources)
    group_version = version.group_version
    paths = dict(sorted(resource_paths(version.resources, types)))
    names = [name for each in version.resources for name in _type_names(each, types)]
    list_name = f"{META}APIResourceList"
    return _tree(
        {
            f"{root_path(group_version)}/": _get(
                operation_id("get", group_version, "APIResources"),
                "get available resources",
                tag(group_version),
                list_name,
            ),
            **paths,
        },
        types.components([bodies.STATUS, list_name, *names]),
        release,
    )


def group_tree(group: str, schemas: Schemas, *, release: str) -> dict[str, Any]:
    """The document of a group: the one path that tells its versions."""
    name = friendly_group(group)
    item = _get(
        f"get{name}APIGroup",
        "get information of a group",
        name[:1].lower() + name[1:],
        f"{META}APIGroup",
    )
    return _small_tree(f"/apis/{group}/", item, f"{META}APIGroup", schemas, release)


def root_tree(place: str, schemas: Schemas, *, release: str) -> dict[str, Any]:
    """The document of ``api``, ``apis`` or ``version``."""
    name, called, words = {
        "api": (f"{META}APIVersions", "getCoreAPIVersions", "get available API versions"),
        "apis": (f"{META}APIGroupList", "getAPIVersions", "get available API versions"),
        "version": (_VERSION_INFO, "getCodeVersion", "get the version of this server"),
    }[place]
    item = _get(called, words, "core" if place == "api" else place, name)
    return _small_tree(f"/{place}/", item, name, schemas, release)


def _small_tree(
    path: str, item: PathItem, name: str, schemas: Schemas, release: str
) -> dict[str, Any]:
    types = KindTypes(schemas, ())
    return _tree({path: item}, types.components([name, bodies.STATUS]), release)


def _tree(paths: dict[str, PathItem], types: dict[str, Any], release: str) -> dict[str, Any]:
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": release},
        "paths": paths,
        "components": {
            "schemas": types,
            "responses": bodies.RESPONSES,
            "securitySchemes": _SECURITY,
        },
    }


def _get(called: str, words: str, group: str, name: str) -> PathItem:
    return {
        "get": {
            "tags": [group],
            "description": words,
            "operationId": called,
            "responses": bodies.object_answers(name, 200),
        }
    }


def _type_names(resource: ServedResource, types: KindTypes) -> Iterator[str]:
    """The types of what a resource and its subresources send and answer."""
    doors = [door for door in resource.subresources if not door.connects]
    verbs = {*resource.verbs, *(verb for door in doors for verb in door.verbs)}
    kinds = [resource.gvk, *(door.gvk(resource) for door in doors)]
    if has_lists(resource):
        kinds.append(list_kind(resource))
    yield from map(types.name_of, kinds)
    yield from (name for verb, name in bodies.COMMON.items() if verb in verbs)
