"""Groups and their versions, in the order in which clients are told about them.

Source: ``k8s.io/kube-aggregator/pkg/apis/apiregistration/v1/helper`` SortedByGroupAndVersion,
``k8s.io/apimachinery/pkg/version`` CompareKubeAwareVersionStrings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import attrs

from kregistry.meta.gvk import GroupVersion
from kregistry.server.served import ServedResource

#: Longer numbers are none to Go either.
_VERSION: Final = re.compile(r"v([0-9]{1,18})(?:(alpha|beta)([0-9]{1,18}))?", re.ASCII)
_STABLE: Final = 2
_MATURITY: Final = {"alpha": 0, "beta": 1, None: _STABLE}


@attrs.frozen
class ServedVersion:
    """What is served in one version of a group.

    Attributes:
        group_version: The group and the version.
        resources: By plural.
    """

    group_version: GroupVersion
    resources: tuple[ServedResource, ...]


@attrs.frozen
class ServedGroup:
    """What is served in one group.

    Attributes:
        name: Of the group, "" for the core group.
        versions: At least one; clients prefer the first.
    """

    name: str
    versions: tuple[ServedVersion, ...]

    @property
    def preferred(self) -> GroupVersion:
        """The version that clients prefer."""
        return self.versions[0].group_version


def served_groups(resources: Iterable[ServedResource]) -> tuple[ServedGroup, ...]:
    """What is served, by the priority of groups and versions.

    Where resources of a group or version differ in their priority, the highest counts.

    Raises:
        ValueError: Two of them have the same group, version and plural.
    """
    by_group: dict[str, dict[str, list[ServedResource]]] = {}
    for resource in _distinct(resources):
        versions = by_group.setdefault(resource.group, {})
        versions.setdefault(resource.version, []).append(resource)
    ordered = sorted(
        by_group.items(),
        key=lambda item: (-max(map(_group_priority, item[1].values())), item[0]),
    )
    return tuple(ServedGroup(name, _versions(name, versions)) for name, versions in ordered)


def version_order(version: str) -> tuple[int, int, int, int, str]:
    """A key that sorts versions from the most to the least mature, and new before old.

    ``v2``, ``v1``, ``v1beta2``, ``v1alpha1``; then whatever has another form, by the alphabet.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        return 1, 0, 0, 0, version
    major, maturity, minor = found.groups()
    return 0, -_MATURITY[maturity], -int(major), -int(minor or 0), version


def _versions(group: str, versions: dict[str, list[ServedResource]]) -> tuple[ServedVersion, ...]:
    ordered = sorted(
        versions.items(),
        key=lambda item: (-max(r.version_priority for r in item[1]), version_order(item[0])),
    )
    return tuple(
        ServedVersion(GroupVersion(group, version), tuple(sorted(found, key=lambda r: r.plural)))
        for version, found in ordered
    )


def _group_priority(resources: Iterable[ServedResource]) -> int:
    return max(resource.group_priority for resource in resources)


def _distinct(resources: Iterable[ServedResource]) -> list[ServedResource]:
    found: dict[object, ServedResource] = {}
    for resource in resources:
        if found.setdefault(resource.gvr, resource) is not resource:
            raise ValueError(f"{resource.gvr} is served twice: once is enough")
    return list(found.values())
