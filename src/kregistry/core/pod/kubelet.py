"""KubeletConnector: how the registry reaches the node that a Pod runs on.

Everything before the call, such as finding the Pod, its container and its node, is the
registry's; everything behind it is the connector's. One connector serves all nodes.

Source: ``pkg/kubelet/client`` ConnectionInfoGetter, and what the API server does by HTTP.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs

from kregistry.core.pod.streams import ByteStream, DuplexStream, StreamSession
from kregistry.core.v1 import PodAttachOptions, PodExecOptions, PodLogOptions
from kregistry.meta.context import Context

#: Where a kubelet listens unless its node says otherwise.
KUBELET_PORT: Final = "10250"


@attrs.frozen(kw_only=True)
class ConnectionInfo:
    """Where the kubelet of a node listens, and what it is known to be able to do.

    Attributes:
        scheme: ``https`` or ``http``.
        hostname: Name or address of the node.
        port: Port, as text.
        node_declared_features: What the node says that it can do.

    Source: ``client.ConnectionInfo``.
    """

    scheme: str = "https"
    hostname: str
    port: str = KUBELET_PORT
    node_declared_features: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Location:
    """One container on its node, or a Pod if *container* is "".

    Attributes:
        node: Name of the node.
        namespace: Namespace of the Pod.
        pod: Name of the Pod.
        container: Name of the container.
        connection: Where the node's kubelet listens.
        url: What a request over HTTP would ask of it.
    """

    node: str
    namespace: str
    pod: str
    container: str = ""
    connection: ConnectionInfo
    url: str = ""


@attrs.frozen(kw_only=True)
class ProxyRequest:
    """A request that is passed on to a Pod, or to a node.

    Attributes:
        namespace: Namespace of the Pod; "" for a node.
        pod: Name of the Pod; "" for a node.
        node: Name of the node, if the request is for its kubelet or another of its ports;
            "" for a Pod.
        scheme: ``http`` or ``https``.
        host: Address of the Pod or of the node.
        port: Port, "" for the one that the scheme stands for.
        method: Such as ``GET``.
        path: Starts with a slash, has its query.
        headers: What the client sent.
        body: What the client sent.
    """

    namespace: str
    pod: str
    node: str = ""
    scheme: str = "http"
    host: str
    port: str = ""
    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""


@attrs.frozen(kw_only=True)
class ProxyResponse:
    """What the Pod or the node answered.

    Attributes:
        code: HTTP status.
        headers: In the order in which they came; a name may appear more than once.
        body: To be read and closed by whoever gets this.
    """

    code: int
    headers: tuple[tuple[str, str], ...]
    body: ByteStream


class KubeletError(Exception):
    """A kubelet answered a request with something else than success.

    Attributes:
        code: HTTP status.
        message: What it said.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class KubeletConnector(ABC):
    """Serves logs, commands and ports of the containers that it knows.

    Safe to share between threads. What a method returns belongs to the caller, who closes it.
    Every method may raise :class:`KubeletError`; what it raises else is a bug. A cancelled
    *ctx* ends whatever was returned.
    """

    @abstractmethod
    def connection_info(self, ctx: Context, node: str) -> ConnectionInfo:
        """Where the kubelet of *node* is. Asked before any of the methods below.

        Raises:
            StatusError: There is no such node, or it cannot be reached.
        """

    @abstractmethod
    def logs(self, ctx: Context, location: Location, options: PodLogOptions) -> ByteStream:
        """The log of a container, as far as *options*, which are valid, ask for it.

        With ``follow``, the stream ends when the container has ended.
        """

    @abstractmethod
    def exec(self, ctx: Context, location: Location, options: PodExecOptions) -> StreamSession:
        """Run a command in a container."""

    @abstractmethod
    def attach(self, ctx: Context, location: Location, options: PodAttachOptions) -> StreamSession:
        """Connect to the process that the container runs, from now on."""

    @abstractmethod
    def port_forward(
        self, ctx: Context, location: Location, ports: Sequence[int]
    ) -> Mapping[int, DuplexStream]:
        """A connection to each of the ports."""

    @abstractmethod
    def proxy(self, ctx: Context, request: ProxyRequest) -> ProxyResponse:
        """Send a request to a Pod or a node and get its answer.

        The body may still be on its way.
        """
