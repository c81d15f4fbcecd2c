"""Proxying: what all doors have in common that pass HTTP requests on.

Source: ``pkg/registry/core/pod/rest/subresources.go`` ProxyREST, and its likes for Services and
Nodes.
"""

from __future__ import annotations

import posixpath
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from kregistry.core.pod.connectoptions import require_headers, require_options
from kregistry.core.pod.kubelet import ProxyRequest, ProxyResponse
from kregistry.core.pod.locations import Address, Locator
from kregistry.core.pod.log import translating
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, MethodNotSupported
from kregistry.meta.gvk import GroupResource

PROXY_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class Proxying(ABC):
    """Passes HTTP requests on.

    Args:
        locator: Knows the Pods, and how to reach nodes.
    """

    #: The resource, for messages.
    resource: ClassVar[GroupResource]
    #: The class of the options.
    options: ClassVar[Any]

    def __init__(self, locator: Locator) -> None:
        self._locator = locator

    @abstractmethod
    def locate(self, ctx: Context, request: str) -> Address:
        """Where a request leads by ``[scheme:]name[:port]``.

        Raises:
            BadRequest: *request* is worded otherwise, or leads where nothing may be sent (400).
            NotFound: There is nothing of that name (404).
            ServiceUnavailable: Nobody would answer (503).
        """

    def connect_methods(self) -> tuple[str, ...]:
        """The HTTP methods that are passed on."""
        return PROXY_METHODS

    def connect(
        self,
        ctx: Context,
        request: str,
        options: Any,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> ProxyResponse:
        """Send a request.

        Args:
            ctx: Says the namespace.
            request: ``[scheme:]name[:port]``.
            options: The path.
            method: HTTP method.
            headers: To pass on.
            body: To pass on.

        Raises:
            MethodNotSupported: The method is not passed on (405).
            StatusError: What :meth:`locate` raises.
        """
        options = require_options(self.options, options, request, capital=True)
        if method not in PROXY_METHODS:
            raise MethodNotSupported(self.resource, str(method))
        if not isinstance(body, bytes):
            raise BadRequest(f"a body is bytes, not {type(body).__name__}")
        passed_on = require_headers(headers)
        address = self.locate(ctx, request)
        passed = ProxyRequest(
            namespace=ctx.namespace,
            pod=address.pod,
            node=address.node,
            scheme=address.scheme or "http",
            host=address.host,
            port=address.port,
            method=method,
            path=_joined(options.path),
            headers=passed_on,
            body=body,
        )
        with translating(self.resource, address.pod or address.node):
            return self._locator.connector.proxy(ctx, passed)

    def new_connect_options(self) -> Any:
        """Options that ask for the root."""
        return self.options()


def _joined(path: str) -> str:
    """*path* without steps back and doubled slashes; one at its end stays."""
    path, mark, query = path.partition("?")
    clean = "/" + posixpath.normpath("/" + path).lstrip("/")
    if path.endswith("/") and clean != "/":
        clean += "/"
    return f"{clean}{mark}{query}"
