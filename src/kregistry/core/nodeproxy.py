"""NodeProxyREST: HTTP requests to the kubelet of a node, or to another port of it.

Source: ``pkg/registry/core/node/strategy.go`` ResourceLocation.
"""

from __future__ import annotations

from typing import Any, ClassVar

from kregistry.core.pod.addresses import is_connectable, parse_ip
from kregistry.core.pod.locations import Address, Locator, split_request
from kregistry.core.pod.proxying import Proxying
from kregistry.core.v1 import Node, NodeProxyOptions
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest
from kregistry.meta.gvk import GroupResource
from kregistry.registry.store import Store


class NodeProxyREST(Proxying):
    """Passes HTTP requests on to nodes.

    Args:
        locator: Reaches them.
        nodes: The nodes.
    """

    resource: ClassVar[GroupResource] = GroupResource("", "nodes/proxy")
    options: ClassVar[Any] = NodeProxyOptions

    def __init__(self, locator: Locator, *, nodes: Store[Node]) -> None:
        super().__init__(locator)
        self._nodes = nodes

    def locate(self, ctx: Context, request: str) -> Address:
        """Where a request leads; without a port to the kubelet, however it listens."""
        scheme, name, port = split_request(request, "node")
        self._nodes.get(ctx, name)
        kubelet = self._locator.connector.connection_info(ctx, name)
        if port in ("", kubelet.port):
            return Address(
                node=name, scheme=kubelet.scheme, host=kubelet.hostname, port=kubelet.port
            )
        address = parse_ip(kubelet.hostname)
        if kubelet.hostname == "localhost" or (address and not is_connectable(address)):
            raise BadRequest("address not allowed")
        return Address(node=name, scheme=scheme, host=kubelet.hostname, port=port)
