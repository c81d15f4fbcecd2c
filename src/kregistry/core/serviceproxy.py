"""ServiceProxyREST: HTTP requests to whatever stands behind a Service.

Source: ``pkg/registry/core/service/storage/storage.go`` ResourceLocation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from kregistry.core.pod.addresses import is_connectable, parse_ip
from kregistry.core.pod.locations import Address, Locator, split_request
from kregistry.core.pod.proxying import Proxying
from kregistry.core.v1 import Pod, Service, ServiceProxyOptions
from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound, ServiceUnavailable
from kregistry.meta.goformat import quote
from kregistry.meta.gvk import GroupResource
from kregistry.registry.store import Store
from kregistry.runtime.unstructured import Unstructured


class ServiceProxyREST(Proxying):
    """Passes HTTP requests on to a Pod behind a Service.

    Which one is what the Endpoints of that name say; where upstream takes any of several, this
    takes the first.

    Args:
        locator: Reaches the Pods.
        services: The Services.
        endpoints: Their Endpoints.
        pods: The Pods.
    """

    resource: ClassVar[GroupResource] = GroupResource("", "services/proxy")
    options: ClassVar[Any] = ServiceProxyOptions

    def __init__(
        self,
        locator: Locator,
        *,
        services: Store[Service],
        endpoints: Store[Unstructured],
        pods: Store[Pod],
    ) -> None:
        super().__init__(locator)
        self._services = services
        self._endpoints = endpoints
        self._pods = pods

    def locate(self, ctx: Context, request: str) -> Address:
        scheme, name, port = split_request(request, "service")
        if port.isascii() and port.isdecimal():
            port = self._port_name(ctx, name, int(port))
        endpoints = self._endpoints.get(ctx, name)
        for target, number in _targets(endpoints, port):
            pod, ip = self._pod_of(ctx, target), target.get("ip")
            if pod is not None:
                return Address(pod=pod, scheme=scheme, host=str(parse_ip(str(ip))), port=number)
        raise ServiceUnavailable(f"no endpoints available for service {quote(name)}")

    def _port_name(self, ctx: Context, name: str, number: int) -> str:
        """What the Endpoints call the port that the Service gives a number."""
        for port in self._services.get(ctx, name).spec.ports:
            if port.port == number:
                return port.name
        raise ServiceUnavailable(f"no service port {number} found for service {quote(name)}")

    def _pod_of(self, ctx: Context, target: Mapping[str, Any]) -> str | None:
        """The Pod that has the address; None if none has, or nothing may be sent there.

        Whoever may write Endpoints could point anywhere with them.

        Source: ``isValidAddress``.
        """
        reference, address = target.get("targetRef"), parse_ip(str(target.get("ip")))
        if not isinstance(reference, dict) or not is_connectable(address):
            return None
        name = reference.get("name")
        if reference.get("namespace") != ctx.namespace or not isinstance(name, str) or not name:
            return None
        try:
            pod = self._pods.get(ctx, name)
        except NotFound:
            return None
        known = any(parse_ip(each.ip) == address for each in pod.status.pod_ips)
        return name if known else None


def _targets(endpoints: Unstructured, port: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The addresses behind the port of that name, and its number at each."""
    for subset in _maps(endpoints.at("subsets")):
        for each in _maps(subset.get("ports")):
            if each.get("name", "") == port:
                number = each.get("port")
                yield from ((target, str(number)) for target in _maps(subset.get("addresses")))


def _maps(value: Any) -> Iterator[Mapping[str, Any]]:
    """The maps in a list; nobody checked what stands in Endpoints."""
    listed = value if isinstance(value, list) else ()
    return (each for each in listed if isinstance(each, dict))
