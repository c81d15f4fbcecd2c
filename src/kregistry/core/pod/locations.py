"""Where a request about a Pod goes: which container, on which node, at which address.

Source: ``pkg/registry/core/pod/strategy.go`` LogLocation, ExecLocation, AttachLocation,
PortForwardLocation, ResourceLocation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlencode

import attrs

from kregistry.core.pod.addresses import is_connectable, parse_ip, pod_ip
from kregistry.core.pod.containers import all_containers
from kregistry.core.pod.kubelet import ConnectionInfo, KubeletConnector, Location
from kregistry.core.pod.validation.logoptions import validate_pod_log_options
from kregistry.core.v1 import (
    Pod,
    PodAttachOptions,
    PodExecOptions,
    PodLogOptions,
    PodPortForwardOptions,
)
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Invalid, ServiceUnavailable
from kregistry.meta.goformat import quote
from kregistry.meta.gvk import GroupKind
from kregistry.registry import Store

Parameters: TypeAlias = list[tuple[str, str]]

_SCHEMES: Final = frozenset({"http", "https", ""})


@attrs.frozen(kw_only=True)
class Address:
    """Where a Pod or a node listens.

    Attributes:
        pod: Name of the Pod; "" for a node.
        node: Name of the node; "" for a Pod.
        scheme: ``http``, ``https``, or "" if the request does not say.
        host: Address of it, without brackets.
        port: Port, "" if neither request nor Pod says.
    """

    pod: str = ""
    node: str = ""
    scheme: str
    host: str
    port: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


class Locator:
    """Finds out where requests go.

    Args:
        pods: The Pods.
        connector: Knows the nodes; None if there are none.
    """

    def __init__(self, pods: Store[Pod], connector: KubeletConnector | None) -> None:
        self._pods = pods
        self._connector = connector

    @property
    def connector(self) -> KubeletConnector:
        """The connector.

        Raises:
            ServiceUnavailable: There is none (503).
        """
        if self._connector is None:
            raise ServiceUnavailable("no kubelet connector is configured")
        return self._connector

    def log(self, ctx: Context, name: str, options: PodLogOptions) -> Location | None:
        """Where the log is; None as long as the Pod has no node and so no log.

        Raises:
            Invalid: The options contradict each other (422).
            NotFound: There is no such Pod (404).
            BadRequest: It has no such container, or several and none was named (400).
        """
        if errs := validate_pod_log_options(options):
            raise Invalid(GroupKind("", "PodLogOptions"), name, errs)
        pod = self._pods.get(ctx, name)
        container = choose_container(pod, options.container)
        if not pod.spec.node_name:
            return None
        return self._at(ctx, pod, "containerLogs", container, _log_parameters(options))

    def exec(self, ctx: Context, name: str, options: PodExecOptions) -> Location:
        """Where the command is to run; see :meth:`log` for what it raises."""
        return self._stream(ctx, name, "exec", options)

    def attach(self, ctx: Context, name: str, options: PodAttachOptions) -> Location:
        """Where the process runs; see :meth:`log` for what it raises."""
        return self._stream(ctx, name, "attach", options)

    def port_forward(self, ctx: Context, name: str, options: PodPortForwardOptions) -> Location:
        """Where the ports are; see :meth:`log` for what it raises."""
        pod = self._pods.get(ctx, name)
        _require_host(pod)
        ports = ",".join(str(port) for port in options.ports)
        return self._at(ctx, pod, "portForward", "", [("port", ports)] if ports else [])

    def resource(self, ctx: Context, request: str) -> Address:
        """The address of a Pod by ``[scheme:]name[:port]``.

        Raises:
            BadRequest: The request is worded otherwise, or the Pod has no address that may be
                connected to (400).
        """
        scheme, name, port = split_request(request, "pod")
        pod = self._pods.get(ctx, name)
        if not port:
            declared = (one.container_port for each in pod.spec.containers for one in each.ports)
            port = str(next(declared, ""))
        address = parse_ip(pod_ip(pod))
        if address is None or not is_connectable(address):
            raise BadRequest("address not allowed")
        return Address(pod=name, scheme=scheme, host=str(address), port=port)

    def _stream(
        self, ctx: Context, name: str, path: str, options: PodExecOptions | PodAttachOptions
    ) -> Location:
        pod = self._pods.get(ctx, name)
        container = choose_container(pod, options.container)
        _require_host(pod)
        return self._at(ctx, pod, path, container, _stream_parameters(options))

    def _at(
        self, ctx: Context, pod: Pod, path: str, container: str, parameters: Parameters
    ) -> Location:
        node = pod.spec.node_name
        connection = self.connector.connection_info(ctx, node)
        meta = pod.metadata
        parts = [path, meta.namespace, meta.name, *([container] if container else [])]
        return Location(
            node=node,
            namespace=meta.namespace,
            pod=meta.name,
            container=container,
            connection=connection,
            url=_url(connection, parts, parameters),
        )


def choose_container(pod: Pod, wanted: str) -> str:
    """The container that is meant: the one named, or the only one.

    Raises:
        BadRequest: There is none of that name, or it is not clear which is meant (400).
    """
    spec, name = pod.spec, pod.metadata.name
    if wanted:
        if not any(container.name == wanted for container in all_containers(spec)):
            raise BadRequest(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(spec.containers) == 1:
        return spec.containers[0].name
    message = f"a container name must be specified for pod {name}"
    if not spec.containers:
        raise BadRequest(message)
    choice = " ".join(container.name for container in all_containers(spec))
    raise BadRequest(f"{message}, choose one of: [{choice}]")


def _require_host(pod: Pod) -> None:
    if not pod.spec.node_name:
        raise BadRequest(f"pod {pod.metadata.name} does not have a host assigned")


def split_request(request: str, what: str) -> tuple[str, str, str]:
    """Scheme, name and port out of ``[scheme:]name[:port]``, "" for what is not said.

    Args:
        request: What the path of the request says in the place of a name.
        what: What it is about, such as ``pod``.

    Raises:
        BadRequest: It is worded otherwise (400).

    Source: ``utilnet.SplitSchemeNamePort``.
    """
    if not isinstance(request, str):
        raise BadRequest(f"invalid {what} request {request!r}")
    parts = request.split(":")
    if len(parts) == 1:
        parts = ["", *parts, ""]
    elif len(parts) == 2:
        parts = ["", *parts]
    if len(parts) != 3 or parts[0] not in _SCHEMES or not parts[1]:
        raise BadRequest(f"invalid {what} request {quote(request)}")
    return parts[0], parts[1], parts[2]


def _log_parameters(options: PodLogOptions) -> Parameters:
    found: Parameters = [
        (name, "true")
        for name, given in (
            ("follow", options.follow),
            ("previous", options.previous),
            ("timestamps", options.timestamps),
        )
        if given
    ]
    found += [
        (name, str(value))
        for name, value in (
            ("sinceSeconds", options.since_seconds),
            ("sinceTime", options.since_time),
            ("tailLines", options.tail_lines),
            ("limitBytes", options.limit_bytes),
        )
        if value is not None
    ]
    return found


def _stream_parameters(options: PodExecOptions | PodAttachOptions) -> Parameters:
    found: Parameters = [
        (name, "1")
        for name, given in (
            ("input", options.stdin),
            ("output", options.stdout),
            ("error", options.stderr),
            ("tty", options.tty),
        )
        if given
    ]
    commands: Sequence[str] = options.command if isinstance(options, PodExecOptions) else ()
    return found + [("command", word) for word in commands]


def _url(connection: ConnectionInfo, parts: Iterable[str], parameters: Parameters) -> str:
    """The URL, its parameters in the order of their names."""
    query = urlencode(sorted(parameters, key=lambda item: item[0]))
    host = f"[{connection.hostname}]" if ":" in connection.hostname else connection.hostname
    url = f"{connection.scheme}://{host}:{connection.port}/{'/'.join(parts)}"
    return f"{url}?{query}" if query else url
