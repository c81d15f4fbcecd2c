"""Requests that are passed on to what runs: logs, commands, ports.

Source: ``handlers.ConnectResource``, ``handlers.GetResourceWithOptions``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from kregistry.core.pod.streams import ByteStream, FixedBytes
from kregistry.core.v1 import (
    PodAttachOptions,
    PodExecOptions,
    PodLogOptions,
    PodPortForwardOptions,
)
from kregistry.meta.errors import BadRequest, StatusError
from kregistry.meta.status import Status
from kregistry.server.authorization import Attributes, require_allowed
from kregistry.server.handlers.admitting import Admitting
from kregistry.server.query import Query
from kregistry.server.response import Answer, EventStream, Frames, Response
from kregistry.server.scope import RequestScope

#: What a client is told that asks to turn its connection into streams.
_NO_STREAMS: Final = (
    "commands, consoles and ports of containers are reached in the process of the server only, "
    "not over HTTP"
)

#: Seconds after which a reader looks whether it is still wanted.
_PATIENCE: Final = 1.0

#: Fields of a header that mean one connection and no further one.
_HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def connect(scope: RequestScope) -> Answer:
    """Pass the request on to the log, the process or the server that it is for."""
    return _BY_SUBRESOURCE[scope.route.subresource](scope)


def _log(scope: RequestScope) -> Answer:
    """What a container wrote; nothing at all as long as there is no node to ask."""
    options = _log_options(scope.call.query)
    stream = scope.door.get(scope.ctx, scope.name, options)
    if isinstance(stream, FixedBytes):
        body = stream.read_all()
        headers = {"content-type": "text/plain"} if body else {}
        return Response(status=200 if body else 204, headers=headers, body=body)
    return EventStream(headers={"content-type": "text/plain"}, frames=StreamFrames(stream))


def _log_options(query: Query) -> PodLogOptions:
    return PodLogOptions(
        container=query.text("container"),
        follow=query.flag("follow"),
        previous=query.flag("previous"),
        since_seconds=query.optional_number("sinceSeconds"),
        since_time=query.optional_time("sinceTime"),
        timestamps=query.flag("timestamps"),
        tail_lines=query.optional_number("tailLines"),
        limit_bytes=query.optional_number("limitBytes"),
        insecure_skip_tls_verify_backend=query.flag("insecureSkipTLSVerifyBackend"),
        stream=query.optional_text("stream"),
    )


def _exec(scope: RequestScope) -> Answer:
    query = scope.call.query
    return _upgraded(
        scope,
        PodExecOptions(
            stdin=query.flag("stdin"),
            stdout=query.flag("stdout"),
            stderr=query.flag("stderr"),
            tty=query.flag("tty"),
            container=query.text("container"),
            command=query.all("command"),
        ),
    )


def _attach(scope: RequestScope) -> Answer:
    query = scope.call.query
    return _upgraded(
        scope,
        PodAttachOptions(
            stdin=query.flag("stdin"),
            stdout=query.flag("stdout"),
            stderr=query.flag("stderr"),
            tty=query.flag("tty"),
            container=query.text("container"),
        ),
    )


def _port_forward(scope: RequestScope) -> Answer:
    ports = tuple(Query(f"p={each}").number("p") for each in scope.call.query.all("ports"))
    return _upgraded(scope, PodPortForwardOptions(ports=ports))


def _upgraded(scope: RequestScope, options: Any) -> Answer:
    """A connection that a socket must carry.

    Everything that can be wrong with it is told first. There is no socket here, so that is as
    far as a request gets.

    Raises:
        BadRequest: There is no way to the container, or the request asks for no upgrade (400).
        StatusError: It asks for one (501).
    """
    _require_create(scope)
    Admitting(scope, options, dry_run=False).connected(options)
    scope.door.locate(scope.ctx, scope.name, options)
    if "upgrade" not in scope.call.request.headers:
        raise BadRequest("Upgrade request required")
    raise StatusError(Status(status="Failure", message=_NO_STREAMS, code=501))


def _require_create(scope: RequestScope) -> None:
    """A right to read must not become one to run commands, whatever the method.

    Source: ``ensureAuthorizedForVerb``.
    """
    asked = Attributes.of(scope.call.user, scope.call.info)
    if asked.verb != "create":
        require_allowed(scope.tools.authorizer, attrs.evolve(asked, verb="create"))


def _proxy(scope: RequestScope) -> Answer:
    """What answers in a Pod, behind a Service or on a node."""
    request = scope.call.request
    path = scope.route.subpath + (f"?{request.query}" if request.query else "")
    options = attrs.evolve(scope.door.new_connect_options(), path=path)
    Admitting(scope, options, dry_run=False).connected(options)
    answer = scope.door.connect(
        scope.ctx,
        scope.name,
        options,
        method=request.method,
        headers={name: value for name, value in request.headers if name not in _HOP_BY_HOP},
        body=request.body,
    )
    headers = [(name, value) for name, value in answer.headers if name.lower() not in _HOP_BY_HOP]
    return EventStream(status=answer.code, headers=headers, frames=StreamFrames(answer.body))


_BY_SUBRESOURCE: Final[Mapping[str, Callable[[RequestScope], Answer]]] = {
    "log": _log,
    "exec": _exec,
    "attach": _attach,
    "portforward": _port_forward,
    "proxy": _proxy,
}


class StreamFrames(Frames):
    """What comes out of a container, as it comes.

    Args:
        stream: Where it comes from; closed with the frames. It can only be read by waiting, so
            a coroutine waits in another thread.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def __next__(self) -> bytes:
        if piece := self._stream.read():
            return piece
        self.close()
        raise StopIteration

    async def __anext__(self) -> bytes:
        import asyncio

        while True:
            try:
                piece = await asyncio.to_thread(self._stream.read, _PATIENCE)
            except TimeoutError:
                continue
            if piece:
                return piece
            self.close()
            raise StopAsyncIteration

    def close(self) -> None:
        self._stream.close()
