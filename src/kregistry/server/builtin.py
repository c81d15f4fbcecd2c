"""The built-in kinds as they are served: by rules of their own, or by those of any object.

Which resources there are, what they are called and what can be asked of them is told by
:mod:`~kregistry.server.discovery.builtin`; who answers is decided here.

Source: ``k8s.io/kubernetes/pkg/controlplane/instance.go``, ``pkg/registry/core/rest``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import attrs

from kregistry.core.builtin import StoreOptions
from kregistry.core.generics.storage import GenericStorage
from kregistry.core.nodeproxy import NodeProxyREST
from kregistry.core.pod import PodStorage
from kregistry.core.pod.connect import CONNECT_METHODS
from kregistry.core.pod.kubelet import KubeletConnector
from kregistry.core.pod.locations import Locator
from kregistry.core.pod.proxying import PROXY_METHODS
from kregistry.core.scheme import core_resources, core_scheme
from kregistry.core.serviceproxy import ServiceProxyREST
from kregistry.core.storages import core_storages
from kregistry.meta.clock import SystemClock
from kregistry.meta.object import Object
from kregistry.runtime.codec import Codec
from kregistry.runtime.resource import Resource
from kregistry.runtime.scheme import Scheme
from kregistry.runtime.unstructured import Unstructured
from kregistry.server.conversions import AUTOSCALING_V1, EVENTS_V1
from kregistry.server.discovery.builtin import builtin_resources
from kregistry.server.issuedtokens import IssuedTokens
from kregistry.server.resources import APIResource, APIResources, Conversion, Endpoint
from kregistry.server.reviews import Reviewer
from kregistry.server.served import ServedResource, ServedSubresource
from kregistry.server.tokenrequests import TokenREST
from kregistry.storage.interface import Interface

#: The HTTP methods by which each kind of connection is opened.
_CONNECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "pods/log": ("GET",),
    "pods/exec": CONNECT_METHODS,
    "pods/attach": CONNECT_METHODS,
    "pods/portforward": CONNECT_METHODS,
    "nodes/proxy": PROXY_METHODS,
    "pods/proxy": PROXY_METHODS,
    "services/proxy": PROXY_METHODS,
}

#: Doors that are more than another way to write an object.
_OWN_DOORS: Final = frozenset({"serviceaccounts/token"})

#: Versions that are shown instead of the one that is stored, and the plural behind them.
_CONVERTED: Final[Mapping[tuple[str, str], Conversion]] = {
    ("events.k8s.io/v1", "events"): EVENTS_V1,
    ("autoscaling/v1", "horizontalpodautoscalers"): AUTOSCALING_V1,
}


@cache
def served_resources() -> tuple[tuple[ServedResource, Resource[Any]], ...]:
    """What is served, each under its served version, and with its class if it has one."""
    classes: dict[Any, type[Object]] = {each.gvr: each.cls for each in core_resources()}
    return tuple(
        (facts, facts.resource(classes.get(facts.gvr, Unstructured)))
        for facts in builtin_resources(by_default=True)
    )


def builtin_scheme() -> Scheme:
    """A scheme that knows every kind that is served, with and without a class."""
    scheme = core_scheme()
    for _, resource in served_resources():
        if not scheme.recognizes(resource.gvk):
            scheme.add(resource)
    return scheme


@attrs.frozen(kw_only=True)
class BuiltinResources:
    """Makes the table of the built-in kinds over one storage.

    Attributes:
        storage: Where everything is kept; stays the caller's to close.
        codec: Reads, copies and writes objects.
        reviewer: Answers who somebody is and what they may do.
        tokens: Gives out those of service accounts.
        connector: Reaches the nodes that Pods run on; None if there are none.
        allow_privileged: Whether containers may be privileged at all.
        options: As for every Store.
    """

    storage: Interface[Any]
    codec: Codec
    reviewer: Reviewer
    tokens: IssuedTokens
    connector: KubeletConnector | None = None
    allow_privileged: bool = False
    options: StoreOptions = attrs.field(factory=lambda: StoreOptions())

    def table(self) -> APIResources:
        """Everything that is served by default."""
        doors = self._doors()
        return APIResources(
            self._served(facts, resource, doors) for facts, resource in served_resources()
        )

    def _doors(self) -> dict[str, Any]:
        """By group, plural and subresource, such as ``apps/deployments/scale``."""
        options: StoreOptions = {"codec": self.codec, **self.options}
        pods = PodStorage(
            self.storage,
            connector=self.connector,
            allow_privileged=self.allow_privileged,
            clock=options.get("clock"),
            codec=self.codec,
        )
        core: dict[str, Any] = dict(
            core_storages(self.storage, allow_privileged=self.allow_privileged, **options)
        )
        core.update(pods.rest_storage_map())
        groups = {resource.plural: resource.group for resource in core_resources()}
        doors: dict[str, Any] = dict(self.reviewer.doors())
        doors.update((f"{groups.get(_plural(key), '')}/{key}", door) for key, door in core.items())
        for facts, resource in served_resources():
            if _key(facts) not in doors and not _is_alias(facts):
                doors.update(self._generic(facts, resource, options))
        doors.update(self._beside(doors))
        return doors

    def _beside(self, doors: Mapping[str, Any]) -> dict[str, Any]:
        """The doors that need others."""
        pods, nodes = doors["/pods"], doors["/nodes"]
        locator = Locator(pods, self.connector)
        clock = self.options.get("clock") or SystemClock()
        return {
            "/nodes/proxy": NodeProxyREST(locator, nodes=nodes),
            "/services/proxy": ServiceProxyREST(
                locator, services=doors["/services"], endpoints=doors["/endpoints"], pods=pods
            ),
            "/serviceaccounts/token": TokenREST(
                self.tokens,
                accounts=doors["/serviceaccounts"],
                bindable={"Pod": pods, "Node": nodes, "Secret": doors["/secrets"]},
                clock=clock,
            ),
        }

    def _generic(
        self, facts: ServedResource, resource: Resource[Any], options: StoreOptions
    ) -> dict[str, Any]:
        """The doors to a kind without a class."""
        storage = GenericStorage(
            resource,
            self.storage,
            subresources=tuple(
                part.name for part in facts.subresources if _is_part_of_object(facts, part)
            ),
            fields=facts.field_selectors,
            **options,
        )
        key = _key(facts)
        return {key: storage.objects, **{f"{key}/{name}": d for name, d in storage.parts.items()}}

    def _served(
        self, facts: ServedResource, resource: Resource[Any], doors: Mapping[str, Any]
    ) -> APIResource:
        conversion = _CONVERTED.get((resource.api_version, resource.plural))
        key = _ALIASES.get(_key(facts), _key(facts))
        endpoint = Endpoint(
            gvk=resource.gvk,
            verbs=facts.verbs,
            door=doors[key],
            conversion=conversion,
        )
        parts = {
            part.name: _part(facts, part, doors[f"{key}/{part.name}"], conversion)
            for part in facts.subresources
        }
        return APIResource(resource=resource, endpoint=endpoint, subresources=parts)


#: Resources that are kept as those of another group.
_ALIASES: Final = {"events.k8s.io/events": "/events"}


def _part(
    facts: ServedResource, part: ServedSubresource, door: Any, conversion: Conversion | None
) -> Endpoint:
    gvk = part.gvk(facts)
    return Endpoint(
        gvk=gvk,
        verbs=part.verbs,
        door=door,
        conversion=conversion if gvk == facts.gvk else None,
        methods=_CONNECTIONS.get(f"{facts.plural}/{part.name}", ()),
    )


def _key(facts: ServedResource) -> str:
    return f"{facts.group}/{facts.plural}"


def _plural(key: str) -> str:
    return key.partition("/")[0]


def _is_part_of_object(facts: ServedResource, part: ServedSubresource) -> bool:
    """Whether a door is another way to write an object, such as its status."""
    return f"{facts.plural}/{part.name}" not in _OWN_DOORS


def _is_alias(facts: ServedResource) -> bool:
    """Whether the objects are kept by another resource, or in another version."""
    return (facts.api_version, facts.plural) in _CONVERTED
