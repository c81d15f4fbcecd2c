"""The built-in resources of Kubernetes 1.36, as clients are told about them.

The table is ``builtin.json``, an array with one line per resource. What most resources have in
common is left out of it: all verbs, a namespace, and of a subresource the kind of its resource
and the verbs get, patch and update.

Source: ``api/discovery`` in the Kubernetes repository, ``pkg/controlplane/apiserver`` for the
priorities.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from kregistry.server.discovery.packagedata import package_data
from kregistry.server.served import VERBS, ServedResource, ServedSubresource

_READ_AND_WRITTEN: Final = ("get", "patch", "update")


@cache
def builtin_resources(*, by_default: bool = False) -> tuple[ServedResource, ...]:
    """Every resource of every built-in group and version, read when first asked for.

    Args:
        by_default: Only those that the API server serves when nobody asks for more; it leaves
            out all alpha and beta versions.
    """
    return tuple(
        _resource(version, entry)
        for version in json.loads(package_data("kregistry.server.discovery", "builtin.json"))
        if not by_default or version.get("servedByDefault", True)
        for entry in version["resources"]
    )


def _resource(version: Mapping[str, Any], entry: Mapping[str, Any]) -> ServedResource:
    return ServedResource(
        group=version["group"],
        version=version["version"],
        kind=entry["kind"],
        plural=entry["plural"],
        verbs=entry.get("verbs", VERBS),
        singular=entry.get("singular", ""),
        namespaced=entry.get("namespaced", True),
        short_names=entry.get("shortNames", ()),
        categories=entry.get("categories", ()),
        subresources=_subresources(entry),
        storage_version_hash=entry.get("storageVersionHash", ""),
        field_selectors=entry.get("fieldSelectors", ()),
        group_priority=version["groupPriority"],
        version_priority=version["versionPriority"],
    )


def _subresources(entry: Mapping[str, Any]) -> Iterator[ServedSubresource]:
    for found in entry.get("subresources", ()):
        yield ServedSubresource(
            name=found["name"],
            kind=found.get("kind", entry["kind"]),
            verbs=found.get("verbs", _READ_AND_WRITTEN),
            group=found.get("group"),
            version=found.get("version"),
            connects=found.get("connects", False),
        )
