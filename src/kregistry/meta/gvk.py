"""Names of kinds and resources: group, version, kind, plural, as values.

Source: ``k8s.io/apimachinery/pkg/runtime/schema/group_version.go``.
"""

from __future__ import annotations

from typing import NamedTuple


class GroupVersion(NamedTuple):
    """A group and a version, such as ``apps/v1``; the core group is ""."""

    group: str
    version: str

    @classmethod
    def parse(cls, api_version: str) -> GroupVersion:
        """Take an ``apiVersion`` apart; "" and "/" give the empty value.

        Raises:
            ValueError: There is more than one slash.
        """
        if api_version in ("", "/"):
            return cls("", "")
        group, slash, version = api_version.rpartition("/")
        if slash and "/" in group:
            raise ValueError(f"unexpected GroupVersion string: {api_version}")
        return cls(group, version)

    def with_kind(self, kind: str) -> GroupVersionKind:
        """The kind of that name in this version."""
        return GroupVersionKind(self.group, self.version, kind)

    def with_resource(self, resource: str) -> GroupVersionResource:
        """The resource of that plural in this version."""
        return GroupVersionResource(self.group, self.version, resource)

    def __str__(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


class GroupKind(NamedTuple):
    """A kind whatever its version; prints as ``Deployment.apps``, in the core group ``Pod``."""

    group: str
    kind: str

    def with_version(self, version: str) -> GroupVersionKind:
        """This kind in one version."""
        return GroupVersionKind(self.group, version, self.kind)

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


class GroupResource(NamedTuple):
    """A plural whatever its version; prints as ``deployments.apps``, in the core group ``pods``."""

    group: str
    resource: str

    def with_version(self, version: str) -> GroupVersionResource:
        """This resource in one version."""
        return GroupVersionResource(self.group, version, self.resource)

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


class GroupVersionKind(NamedTuple):
    """What ``apiVersion`` and ``kind`` say together; prints as ``apps/v1, Kind=Deployment``."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, api_version: str, kind: str) -> GroupVersionKind:
        """From the two members of an object.

        Raises:
            ValueError: *api_version* has more than one slash.
        """
        return GroupVersion.parse(api_version).with_kind(kind)

    @property
    def api_version(self) -> str:
        """``group/version``, or the version alone in the core group."""
        return str(self.group_version)

    @property
    def group_version(self) -> GroupVersion:
        """The same without the kind."""
        return GroupVersion(self.group, self.version)

    @property
    def group_kind(self) -> GroupKind:
        """The same without the version."""
        return GroupKind(self.group, self.kind)

    def __str__(self) -> str:
        return f"{self.group}/{self.version}, Kind={self.kind}"


class GroupVersionResource(NamedTuple):
    """A plural in one version; prints as ``apps/v1, Resource=deployments``."""

    group: str
    version: str
    resource: str

    @property
    def group_version(self) -> GroupVersion:
        """The same without the plural."""
        return GroupVersion(self.group, self.version)

    @property
    def group_resource(self) -> GroupResource:
        """The same without the version."""
        return GroupResource(self.group, self.resource)

    def __str__(self) -> str:
        return f"{self.group}/{self.version}, Resource={self.resource}"
