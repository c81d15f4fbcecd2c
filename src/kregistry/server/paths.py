"""Paths: what is served beside the resources, such as health and discovery.

Source: ``k8s.io/apiserver/pkg/server/mux`` PathRecorderMux.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kregistry.server.call import Call, Handler
from kregistry.server.response import Answer, Response, text_response

NOT_FOUND: Final = "404 page not found\n"


class Paths:
    """Handlers by path. Filled before the first request; read by all of them.

    A path is looked for as it is, then without the slash at its end, then below the longest
    prefix that somebody serves.
    """

    def __init__(self) -> None:
        self._exact: Mapping[str, Handler] = MappingProxyType({})
        self._prefixes: Mapping[str, Handler] = MappingProxyType({})

    def add(self, path: str, handler: Handler) -> None:
        """Serve *path*, in place of who served it before."""
        self._exact = MappingProxyType({**self._exact, path: handler})

    def add_prefix(self, prefix: str, handler: Handler) -> None:
        """Serve whatever begins with *prefix*, which ends in a slash, and is served by nobody."""
        if not prefix.endswith("/"):
            raise ValueError(f"a prefix ends in a slash, which {prefix!r} does not")
        self._prefixes = MappingProxyType({**self._prefixes, prefix: handler})

    def paths(self) -> list[str]:
        """Everything that is served, in order."""
        return sorted({*self._exact, *self._prefixes})

    def __call__(self, call: Call) -> Answer:
        """The answer of who serves the path; a plain 404 if nobody does."""
        path = call.request.path
        found = self._exact.get(path) or self._exact.get(path.rstrip("/") or "/")
        if found is None:
            below = [prefix for prefix in self._prefixes if path.startswith(prefix)]
            found = self._prefixes[max(below, key=len)] if below else not_found
        return found(call)


def not_found(call: Call) -> Answer:
    """What Go says where nothing is. No Status: whoever asks is not in the API."""
    return text_response(404, NOT_FOUND)


def only_get(handler: Handler) -> Handler:
    """*handler*, for who wants to read; everybody else is told so."""

    def handle(call: Call) -> Answer:
        if call.request.method in ("GET", "HEAD"):
            return handler(call)
        refused = text_response(405, "405: Method Not Allowed\n")
        return Response(
            status=405, headers=[*refused.headers, ("allow", "GET, HEAD")], body=refused.body
        )

    return handle
