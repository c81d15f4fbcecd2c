"""APIResources: what is served below which path, and which door answers there.

A *door* is anything with some of the methods of a REST storage: a Store, a subresource, a Pod's
log. What can be asked of it follows from what it can do and from what the API promises there.

Source: ``k8s.io/apiserver/pkg/endpoints/installer.go`` registerResourceHandlers,
``pkg/registry/rest`` Getter, Lister, Creater and the other capabilities.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from kregistry.meta.gvk import GroupVersion, GroupVersionKind
from kregistry.runtime.resource import Resource

#: The method of a door that each verb needs.
CAPABILITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "get": "get",
        "list": "list",
        "watch": "watch",
        "create": "create",
        "update": "update",
        "patch": "update",
        "delete": "delete",
        "deletecollection": "delete_collection",
    }
)


class Conversion(ABC):
    """Between the version that a path speaks and the one that its door does."""

    @abstractmethod
    def to_served(self, tree: dict[str, Any]) -> dict[str, Any]:
        """A stored object as the path shows it. *tree* may be changed and returned."""

    @abstractmethod
    def to_stored(self, tree: dict[str, Any]) -> dict[str, Any]:
        """An object that was sent as the door knows it. *tree* may be changed and returned."""

    def field_label(self, label: str) -> str:
        """What the door calls a field that a selector calls *label*."""
        return label


@attrs.frozen(kw_only=True)
class Endpoint:
    """What answers below one path: the objects of a resource, or a part of them.

    Attributes:
        gvk: What is sent and answered; for a connection its options.
        verbs: What may be asked.
        door: Who answers.
        conversion: From what the door speaks and back; None where that is *gvk*.
        methods: The HTTP methods of requests that are passed on to something that runs, such as a
            container; () where objects are spoken of.

    Raises:
        ValueError: A verb is promised that the door knows nothing about.
    """

    gvk: GroupVersionKind
    verbs: tuple[str, ...]
    door: Any
    conversion: Conversion | None = None
    methods: tuple[str, ...] = ()
    _cls: list[type] = attrs.field(init=False, factory=list, eq=False, repr=False)

    @property
    def cls(self) -> type[Any]:
        """The class of what the door takes. An empty one of those takes 12 us to make."""
        if not self._cls:
            self._cls.append(type(self.door.new()))
        return self._cls[0]

    def __attrs_post_init__(self) -> None:
        if self.methods:
            return
        for verb in self.verbs:
            if not callable(getattr(self.door, CAPABILITIES.get(verb, ""), None)):
                raise ValueError(f"{type(self.door).__name__} cannot {verb} a {self.gvk.kind}")


def _read_only(parts: Mapping[str, Endpoint]) -> Mapping[str, Endpoint]:
    return MappingProxyType(dict(parts))


@attrs.frozen(kw_only=True)
class APIResource:
    """One resource of one version of the API.

    Attributes:
        resource: Its names and scope.
        endpoint: Answers for the objects.
        subresources: Answer for parts of them, by name.
        custom: Whether the kind came at run time. Its lists tell the type of every item.
    """

    resource: Resource[Any]
    endpoint: Endpoint
    subresources: Mapping[str, Endpoint] = attrs.field(
        factory=dict, converter=_read_only, hash=False
    )
    custom: bool = False


class APIResources:
    """Everything that is served.

    Read by every request and replaced as a whole when something is added, so that reading takes
    no lock.
    """

    def __init__(self, resources: Iterable[APIResource] = ()) -> None:
        self._versions: Mapping[GroupVersion, Mapping[str, APIResource]] = {}
        for resource in resources:
            self.add(resource)

    def add(self, served: APIResource) -> None:
        """Serve one more, in place of one of the same name."""
        gvr = served.resource.gvr
        version = {**self._versions.get(gvr.group_version, {}), gvr.resource: served}
        self._versions = {**self._versions, gvr.group_version: version}

    def remove(self, served: APIResource) -> None:
        """Serve one less. A version without resources is served no longer either."""
        gvr = served.resource.gvr
        version = dict(self._versions.get(gvr.group_version, {}))
        version.pop(gvr.resource, None)
        versions = {**self._versions, gvr.group_version: version}
        self._versions = {key: value for key, value in versions.items() if value}

    def version(self, version: GroupVersion) -> Mapping[str, APIResource] | None:
        """The resources of one version by plural; None if the version is not served."""
        return self._versions.get(version)

    def find(self, version: GroupVersion, plural: str) -> APIResource | None:
        """The resource of that name; None if it is not served."""
        return self._versions.get(version, {}).get(plural)

    @property
    def state(self) -> object:
        """The same object as long as nothing was added or removed."""
        return self._versions

    def __iter__(self) -> Iterator[APIResource]:
        return (served for version in self._versions.values() for served in version.values())
