"""Discovery as it always was: the groups, the versions of each, the resources of each version.

The members of every object stand in the order of the Go structs.

Source: ``k8s.io/apiserver/pkg/endpoints/discovery`` legacy.go, root.go, group.go, version.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kregistry.meta.gvk import GroupVersion
from kregistry.server.discovery.groups import ServedGroup, ServedVersion
from kregistry.server.served import ServedResource, ServedSubresource


def api_versions(groups: Iterable[ServedGroup], *, server_address: str) -> dict[str, Any]:
    """The answer of ``/api``: the versions of the core group.

    It has no ``apiVersion``; clients older than that member read it.

    Args:
        groups: All that is served.
        server_address: Where clients reach the server, as ``host:port``.
    """
    core = (version for group in groups if not group.name for version in group.versions)
    return {
        "kind": "APIVersions",
        "versions": [version.group_version.version for version in core],
        "serverAddressByClientCIDRs": [
            {"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}
        ],
    }


def api_group_list(groups: Iterable[ServedGroup]) -> dict[str, Any]:
    """The answer of ``/apis``: every group but the core group."""
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [_group(group) for group in groups if group.name],
    }


def api_group(group: ServedGroup) -> dict[str, Any]:
    """The answer of ``/apis/G``."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}


def api_resource_list(version: ServedVersion) -> dict[str, Any]:
    """The answer of ``/api/V`` and ``/apis/G/V``: resources, each before its subresources.

    That of the core group has no ``apiVersion``.
    """
    return {
        "kind": "APIResourceList",
        **({"apiVersion": "v1"} if version.group_version.group else {}),
        "groupVersion": str(version.group_version),
        "resources": [
            entry for resource in version.resources for entry in _resource_and_doors(resource)
        ],
    }


def _group(group: ServedGroup) -> dict[str, Any]:
    return {
        "name": group.name,
        "versions": [_version(version.group_version) for version in group.versions],
        "preferredVersion": _version(group.preferred),
    }


def _version(group_version: GroupVersion) -> dict[str, str]:
    return {"groupVersion": str(group_version), "version": group_version.version}


def _resource_and_doors(resource: ServedResource) -> Iterator[dict[str, Any]]:
    yield {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
        **present(
            {
                "shortNames": list(resource.short_names),
                "categories": list(resource.categories),
                "storageVersionHash": resource.storage_version_hash,
            }
        ),
    }
    for subresource in resource.subresources:
        yield _subresource(resource, subresource)


def _subresource(resource: ServedResource, subresource: ServedSubresource) -> dict[str, Any]:
    return {
        "name": f"{resource.plural}/{subresource.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        **present({"group": subresource.group, "version": subresource.version}),
        "kind": subresource.kind,
        "verbs": list(subresource.verbs),
    }


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are not empty. Source: ``omitempty``."""
    return {name: value for name, value in members.items() if value}
