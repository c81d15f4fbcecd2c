"""ASGIApplication: an APIServer as an application of ASGI 3, for any asynchronous server.

::

    application = ASGIApplication(APIServer(storage))

A watch costs no thread: its frames are awaited on the loop. What may block, the way through the
registry to the storage and back, runs in a small pool of threads, or on the loop itself if that
is faster than going elsewhere, as it is over memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from kregistry.meta.context import Cancellation
from kregistry.meta.errors import RequestEntityTooLarge, StatusError, Timeout
from kregistry.server.chain import LATE, allotted_seconds
from kregistry.server.entrance import Answering, Entrance, refusal
from kregistry.server.heads import Head, Heads
from kregistry.server.hosts import Hosts
from kregistry.server.http.limits import Limits
from kregistry.server.http.outgoing import has_body, sendable
from kregistry.server.patience import Patience
from kregistry.server.query import Query
from kregistry.server.request import Headers, Request
from kregistry.server.requestinfo import UnreadablePath, request_info
from kregistry.server.response import Answer, EventStream, Response, text_response, with_header

#: The types of ASGI, by the names that its specification uses.
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Threads that requests may keep busy.
THREADS: Final = 8

_BUSY: Final = "Too many requests, please try again later."
_NO_SOCKETS: Final = "WebSockets are not served here\n"


class Left(Exception):
    """The client has left before it had said everything."""


class ASGIApplication:
    """Serves an :class:`~kregistry.server.APIServer` to an asynchronous server.

    Used by one event loop.

    Args:
        server: Answers the requests; stays the caller's, as does its storage.
        hosts: The names under which requests may come; by default those that the machine has
            for itself.
        limits: How long and how slow a body may be, how many requests may wait for an answer,
            and for how long. The rest is up to the asynchronous server.
        threads: So many requests are answered at the same time, each in a thread; 0 answers on
            the loop, one after the other.
    """

    def __init__(
        self,
        server: Answering,
        *,
        hosts: Hosts | None = None,
        limits: Limits | None = None,
        threads: int = THREADS,
    ) -> None:
        self._entrance = Entrance(server=server, hosts=hosts if hosts is not None else Hosts())
        self._limits = limits if limits is not None else Limits()
        self._heads = Heads(self._entrance, fields=self._limits.fields)
        self._pool = ThreadPoolExecutor(threads, "kregistry") if threads else None
        self._waiting = 0
        self._streams: set[EventStream] = set()
        self._ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what *scope* describes, as the specification of ASGI has it.

        Raises:
            ValueError: It is nothing that ASGI 3 knows.
        """
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                await _refuse_websocket(scope, receive, send)
            case unknown:
                raise ValueError(f"unknown type of scope: {unknown}")

    def end(self) -> None:
        """End every stream in order, and those that come from now on. On the loop.

        To be called when the asynchronous server begins to stop: it waits for what is being
        answered, and a watch is answered for as long as it likes.
        """
        self._ended = True
        for stream in list(self._streams):
            stream.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                self.end()
                if self._pool is not None:
                    self._pool.shutdown(wait=False, cancel_futures=True)
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = self._heads.head(scope.get("http_version", ""), scope["headers"])
        if head.malformed is not None:
            await _refuse(head.malformed, send)
            return
        cancellation = Cancellation()
        try:
            answer = await self._answer(scope, head, receive, cancellation)
        except Left:
            return
        if isinstance(answer, Response):
            await _send_whole(answer, scope["method"], send)
        elif has_body(scope["method"], answer.status):
            await self._send_stream(answer, cancellation, receive, send)
        else:
            answer.close()
            await send(_start(answer.status, answer.headers))
            await send(_piece(b"", more=False))

    async def _answer(
        self, scope: Scope, head: Head, receive: Receive, cancellation: Cancellation
    ) -> Answer:
        if self._waiting >= self._limits.requests:
            return with_header(text_response(429, _BUSY), "retry-after", "1")
        self._waiting += 1
        try:
            body = await self._body(head.headers, receive) if head.has_body else b""
            if head.stranger is not None:
                return head.stranger
            asked = scope["method"], _target(scope), head.headers, body, cancellation
            if self._pool is None:
                return self._entrance.admitted(*asked)
            return await self._answered_elsewhere(self._pool, *asked)
        except StatusError as error:
            return refusal(head.headers, error)
        finally:
            self._waiting -= 1

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body.

        Raises:
            Left: The client left in the middle.
            RequestEntityTooLarge: It is longer than allowed; not everything was read (413).
            Timeout: It took too long (504).
        """
        limit = self._limits.body
        if (said := headers.get("content-length")).isdecimal() and int(said) > limit:
            raise RequestEntityTooLarge(f"limit is {limit}")
        pieces: list[bytes] = []
        left = limit
        patience = Patience(self._limits.body_seconds)
        try:
            with patience:
                while (message := await receive())["type"] == "http.request":
                    piece = message.get("body", b"")
                    left -= len(piece)
                    if left < 0:
                        raise RequestEntityTooLarge(f"limit is {limit}")
                    pieces.append(piece)
                    if not message.get("more_body", False):
                        return b"".join(pieces)
        except TimeoutError:
            raise Timeout(LATE) from None
        finally:
            patience.close()
        raise Left

    async def _answered_elsewhere(
        self,
        pool: Executor,
        method: str,
        target: str,
        headers: Headers,
        body: bytes,
        cancellation: Cancellation,
    ) -> Answer:
        """The answer, made by a thread, so that nobody has to wait for it but who asked.

        Raises:
            Timeout: It took too long; it may still come about (504).
        """
        made = asyncio.get_running_loop().run_in_executor(
            pool, self._entrance.admitted, method, target, headers, body, cancellation
        )
        try:
            return await asyncio.wait_for(asyncio.shield(made), self._seconds(method, target))
        except TimeoutError:
            cancellation.cancel()
            made.add_done_callback(_let_go)
            raise Timeout(LATE) from None

    def _seconds(self, method: str, target: str) -> float:
        """How long the answer may take."""
        longest = self._limits.request_seconds
        if "timeout=" not in target:
            return longest
        try:
            request = Request.of_target(method, target)
            asked = allotted_seconds(request_info(request), Query(request.query))
        except (StatusError, UnreadablePath):
            return longest  # which will be told soon enough
        return longest if asked is None else min(asked, longest)

    async def _send_stream(
        self,
        answer: EventStream,
        cancellation: Cancellation,
        receive: Receive,
        send: Send,
    ) -> None:
        self._streams.add(answer)
        leaving = asyncio.ensure_future(_close_on_departure(receive, cancellation, answer))
        patience = Patience(self._limits.write_seconds)
        try:
            await send(_start(answer.status, answer.headers))
            # Some servers keep the header fields until there is something to send after them.
            await send(_piece(b"", more=True))
            if self._ended:
                answer.close()
            async for frame in answer.frames:
                with patience:
                    await send(_piece(frame, more=True))
            await send(_piece(b"", more=False))
        finally:
            patience.close()
            leaving.cancel()
            self._streams.discard(answer)
            answer.close()


def _target(scope: Scope) -> str:
    """Path and query as the client wrote them, below where the application is mounted."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
    path = raw.decode("latin-1")
    root: str = scope.get("root_path", "")
    if root and path.startswith(root):
        path = path[len(root) :] or "/"
    query: bytes = scope.get("query_string", b"")
    return f"{path}?{query.decode('latin-1')}" if query else path


async def _send_whole(answer: Response, method: str, send: Send) -> None:
    body = answer.body
    await send(_start(answer.status, answer.headers, length=len(body)))
    await send(_piece(body if has_body(method, answer.status) else b"", more=False))


async def _refuse(refused: Response, send: Send) -> None:
    """Refuse what one parser may read otherwise than another, and whatever stands behind it."""
    start = _start(refused.status, refused.headers, length=len(refused.body))
    await send({**start, "headers": [*start["headers"], (b"connection", b"close")]})
    await send(_piece(refused.body, more=False))


def _start(status: int, headers: Headers, *, length: int | None = None) -> dict[str, Any]:
    fields = sendable(headers)
    if length is not None and status not in (204, 304):
        fields.append(("content-length", str(length)))
    encoded = [(name.encode("utf-8"), value.encode("utf-8", "replace")) for name, value in fields]
    return {"type": "http.response.start", "status": status, "headers": encoded}


def _piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _close_on_departure(
    receive: Receive, cancellation: Cancellation, answer: EventStream
) -> None:
    """Wait until the client leaves; then nothing more is to be made for it."""
    while (await receive())["type"] != "http.disconnect":
        continue
    cancellation.cancel()
    answer.close()


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Say so in HTTP where the server lets us, and close where it does not."""
    await receive()
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008, "reason": _NO_SOCKETS.strip()})
        return
    answer = text_response(501, _NO_SOCKETS)
    for message in (_start(answer.status, answer.headers), _piece(answer.body, more=False)):
        await send({**message, "type": message["type"].replace("http.", "websocket.http.", 1)})


def _let_go(made: asyncio.Future[Answer]) -> None:
    """Nobody waits for this answer any more."""
    if not made.cancelled() and isinstance(answer := made.result(), EventStream):
        answer.close()
