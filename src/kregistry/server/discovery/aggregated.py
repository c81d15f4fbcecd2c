"""Aggregated discovery: everything that is served, in two documents.

Source: ``k8s.io/api/apidiscovery/v2``, ``k8s.io/apiserver/pkg/endpoints`` groupversion.go
ConvertGroupVersionIntoToDiscovery, ``pkg/endpoints/discovery/aggregated``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.discovery.document import Document, kept_document
from kregistry.server.discovery.groups import ServedGroup, ServedVersion
from kregistry.server.discovery.legacy import present
from kregistry.server.served import ServedResource, ServedSubresource

GROUP: Final = "apidiscovery.k8s.io"
KIND: Final = "APIGroupDiscoveryList"
#: The API server of 1.36 has given up v2beta1. Clients of 1.26 to 1.29 know nothing newer, and
#: the documents are the same, so they are spared a request per version.
VERSIONS: Final = ("v2", "v2beta1")

_HEADERS: Final = (("Vary", "Accept"), ("Cache-Control", "public"))


def aggregated_media_type(version: str) -> str:
    """What the documents are sent as; clients know them by exactly these parameters."""
    return f"application/json;g={GROUP};v={version};as={KIND}"


def aggregated_document(groups: Iterable[ServedGroup], *, core: bool, version: str) -> Document:
    """The answer of ``/api`` or ``/apis`` to who asks for aggregated discovery.

    Args:
        groups: All that is served.
        core: Whether the core group is asked for, as at ``/api``, or all others.
        version: Of the document, one of :data:`VERSIONS`.
    """
    wanted = (group for group in groups if core == (not group.name))
    tree = api_group_discovery_list(wanted, version=version)
    return kept_document(tree, media_type=aggregated_media_type(version), headers=_HEADERS)


def api_group_discovery_list(groups: Iterable[ServedGroup], *, version: str) -> dict[str, Any]:
    """Those groups, their versions and resources in one object."""
    return {
        "kind": KIND,
        "apiVersion": f"{GROUP}/{version}",
        "metadata": {},
        "items": [_group(group) for group in groups],
    }


def _group(group: ServedGroup) -> dict[str, Any]:
    return {
        "metadata": present({"name": group.name}),
        "versions": [_version(version) for version in group.versions],
    }


def _version(version: ServedVersion) -> dict[str, Any]:
    return {
        "version": version.group_version.version,
        "resources": [_resource(resource) for resource in version.resources],
        "freshness": "Current",
    }


def _resource(resource: ServedResource) -> dict[str, Any]:
    return {
        "resource": resource.plural,
        "responseKind": _response_kind(resource, resource.gvk),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
        **present(
            {
                "shortNames": list(resource.short_names),
                "categories": list(resource.categories),
                "subresources": [_subresource(resource, each) for each in resource.subresources],
            }
        ),
    }


def _subresource(resource: ServedResource, subresource: ServedSubresource) -> dict[str, Any]:
    return {
        "subresource": subresource.name,
        "responseKind": _response_kind(resource, subresource.gvk(resource)),
        "verbs": list(subresource.verbs),
    }


def _response_kind(resource: ServedResource, gvk: GroupVersionKind) -> dict[str, str]:
    """The kind, with the group and version around it left out, but not for custom resources."""
    if gvk.group_version == resource.group_version and not resource.custom:
        return {"group": "", "version": "", "kind": gvk.kind}
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}
