"""ExecREST, AttachREST, PortForwardREST, ProxyREST: doors into a running Pod.

Source: ``pkg/registry/core/pod/rest/subresources.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from kregistry.core.pod.authorization import Authorizer, ensure_may_create
from kregistry.core.pod.connectoptions import require_options, require_ports
from kregistry.core.pod.kubelet import Location
from kregistry.core.pod.locations import Address, Locator
from kregistry.core.pod.log import translating
from kregistry.core.pod.proxying import Proxying
from kregistry.core.pod.streams import DuplexStream, StreamSession
from kregistry.core.v1 import (
    PodAttachOptions,
    PodExecOptions,
    PodPortForwardOptions,
    PodProxyOptions,
)
from kregistry.meta.context import Context
from kregistry.meta.gvk import GroupResource

#: Methods by which a connection can be opened: browsers only know GET for it.
CONNECT_METHODS: Final = ("GET", "POST")


class _Streaming:
    """What the three that open streams have in common.

    Args:
        locator: Finds the container.
        authorizer: Asked when a request was let in by another verb than ``create``.
    """

    def __init__(self, locator: Locator, authorizer: Authorizer | None = None) -> None:
        self._locator = locator
        self._authorizer = authorizer

    def connect_methods(self) -> tuple[str, ...]:
        """The HTTP methods that open a connection."""
        return CONNECT_METHODS

    def _authorize(self, ctx: Context, verb: str | None, subresource: str, name: str) -> None:
        ensure_may_create(ctx, self._authorizer, verb=verb, subresource=subresource, name=name)


class ExecREST(_Streaming):
    """Runs commands in containers."""

    def connect(
        self, ctx: Context, name: str, options: PodExecOptions, *, verb: str | None = "create"
    ) -> StreamSession:
        """Run a command in a container of the Pod.

        Args:
            ctx: Says the namespace, and who asks.
            name: Name of the Pod.
            options: Command, container and streams.
            verb: By which the request was let in: any but ``create`` is authorized again;
                None if nobody knows.

        Returns:
            The session, which the caller closes.

        Raises:
            Forbidden: Who asks may not (403).
            NotFound: There is no such Pod (404).
            BadRequest: No such container, or no node yet (400).
            ServiceUnavailable: There is no connector (503).
        """
        self._authorize(ctx, verb, "exec", name)
        options = require_options(PodExecOptions, options, name)
        location = self.locate(ctx, name, options)
        with translating(GroupResource("", "pods/exec"), name):
            return self._locator.connector.exec(ctx, location, options)

    def locate(self, ctx: Context, name: str, options: PodExecOptions) -> Location:
        """Where a connection would lead; opens none. Raises what :meth:`connect` would."""
        return self._locator.exec(ctx, name, options)

    def new_connect_options(self) -> PodExecOptions:
        """Options without a command."""
        return PodExecOptions()


class AttachREST(_Streaming):
    """Connects to what containers run."""

    def connect(
        self, ctx: Context, name: str, options: PodAttachOptions, *, verb: str | None = "create"
    ) -> StreamSession:
        """Connect to the process of a container; see :meth:`ExecREST.connect`."""
        self._authorize(ctx, verb, "attach", name)
        options = require_options(PodAttachOptions, options, name, capital=True)
        location = self.locate(ctx, name, options)
        with translating(GroupResource("", "pods/attach"), name):
            return self._locator.connector.attach(ctx, location, options)

    def locate(self, ctx: Context, name: str, options: PodAttachOptions) -> Location:
        """Where a connection would lead; opens none. Raises what :meth:`connect` would."""
        return self._locator.attach(ctx, name, options)

    def new_connect_options(self) -> PodAttachOptions:
        """Options that ask for no stream."""
        return PodAttachOptions()


class PortForwardREST(_Streaming):
    """Connects to ports of Pods."""

    def connect(
        self,
        ctx: Context,
        name: str,
        options: PodPortForwardOptions,
        *,
        verb: str | None = "create",
    ) -> Mapping[int, DuplexStream]:
        """A connection to each port that is asked for; see :meth:`ExecREST.connect`."""
        self._authorize(ctx, verb, "portforward", name)
        options = require_options(PodPortForwardOptions, options, name)
        location = self.locate(ctx, name, options)
        require_ports(options.ports)
        with translating(GroupResource("", "pods/portforward"), name):
            return self._locator.connector.port_forward(ctx, location, options.ports)

    def locate(self, ctx: Context, name: str, options: PodPortForwardOptions) -> Location:
        """Where a connection would lead; opens none. Raises what :meth:`connect` would."""
        return self._locator.port_forward(ctx, name, options)

    def new_connect_options(self) -> PodPortForwardOptions:
        """Options without a port."""
        return PodPortForwardOptions()


class ProxyREST(Proxying):
    """Passes HTTP requests on to Pods; without a port to the first that the Pod declares."""

    resource: ClassVar[GroupResource] = GroupResource("", "pods/proxy")
    options: ClassVar[Any] = PodProxyOptions

    def locate(self, ctx: Context, request: str) -> Address:
        return self._locator.resource(ctx, request)
