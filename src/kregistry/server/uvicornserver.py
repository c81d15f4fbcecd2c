"""UvicornServer: an APIServer over HTTP under uvicorn, which the extra ``server`` brings.

uvicorn leaves some things to do: it lets a client take as long as it likes for the header fields
of a request, and with one of its parsers as many bytes; it forgives what another reader would
understand otherwise; it waits for streams when it stops; and it says on standard error where it
listens.
"""

from __future__ import annotations

import asyncio
import math
import re
import socket
from collections.abc import Callable
from typing import Any, Final, cast

import h11
import uvicorn

from kregistry.server.asgi import ASGIApplication
from kregistry.server.corked import Corked
from kregistry.server.http.limits import Limits

#: After so many seconds a stopping server cuts off what has not ended.
_GRACE_SECONDS: Final = 5

#: Files that a process opens besides its connections.
_FILES: Final = 128

#: Line ends that are none, and lines that go on where the next begins.
_UNSOUND: Final = re.compile(rb"(?<!\r)\n|\r(?=[^\n])|\n[ \t]")
_HEAD_END: Final = b"\r\n\r\n"


class UvicornServer(uvicorn.Server):
    """Runs an :class:`~kregistry.server.asgi.ASGIApplication` on one loop.

    Args:
        application: The application.
        limits: What clients may do.
        on_started: Called once requests can be sent.
        options: More for ``uvicorn.Config``, such as ``ssl_certfile``.
    """

    def __init__(
        self,
        application: ASGIApplication,
        *,
        limits: Limits,
        on_started: Callable[[], None],
        **options: Any,
    ) -> None:
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nobody asks where a request came from, and who says so may lie
            lifespan="on",
            timeout_keep_alive=int(limits.idle_seconds),
            timeout_graceful_shutdown=_GRACE_SECONDS,
            h11_max_incomplete_event_size=limits.request_line + limits.head,
            **options,
        )
        config.load()
        config.http_protocol_class = guarded(config.http_protocol_class, limits)
        super().__init__(config)
        self._application = application
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then all the rest."""
        self._application.end()
        await super().shutdown(sockets)


def guarded(protocol: Any, limits: Limits) -> Any:
    """*protocol*, a class of uvicorn, that puts up with as little as the threaded server.

    Args:
        protocol: For h11 or for httptools.
        limits: How long a head may be, and how long it may take, from the connection on or from
            its first byte.
    """
    guard = HttptoolsGuard if hasattr(protocol, "on_headers_complete") else Guard
    return type("Guarded", (guard, protocol), {"limits": limits, "most": _most_connections()})


def _most_connections() -> float:
    """How many there may be so that the process can still open files, its store above all."""
    try:
        import resource
    except ImportError:  # not on Windows
        return math.inf
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if files == resource.RLIM_INFINITY else max(1, files - _FILES)


class Guard(asyncio.Protocol):
    """Stands before a protocol of uvicorn.

    It closes a connection whose request does not come in time or whose answer nobody takes, and
    refuses a head that is too
    long or is not made of lines as HTTP has them. When there are more connections than *most*,
    one that has asked for nothing has to go.
    """

    limits: Limits
    most: float = math.inf
    _alarm: asyncio.TimerHandle | None = None

    # Of the protocol.
    conn: Any
    connections: set[Any]
    cycle: Any
    loop: asyncio.AbstractEventLoop
    transport: Any
    send_400_response: Callable[[str], None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        corked: Any = Corked(cast(asyncio.Transport, transport))
        super().connection_made(corked)
        self._since = self.loop.time()
        self._head = Head(self.limits.request_line + self.limits.head)
        _end_unless_read(transport, self.limits.write_seconds)
        self._wait()
        if len(self.connections) > self.most:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        if self._hears_head() and not self._head.accepts(data):
            self.send_400_response("Invalid HTTP request received.")
            return
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._rest()

    def on_response_complete(self) -> None:
        """Called by the protocol when the application has said everything."""
        self.transport.release()
        super().on_response_complete()  # type: ignore[misc]

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _make_room(self) -> None:
        """Show out who has been there longest and asked for nothing; it may be this one."""
        staying = [each for each in self.connections if not each.transport.is_closing()]
        waiting = [each for each in staying if each.cycle is None]
        if len(staying) > self.most:
            min(waiting, key=lambda each: each._since).transport.abort()

    def _hears_head(self) -> bool:
        """Whether what comes next belongs to a head."""
        return bool(self.conn.their_state is h11.IDLE)

    def _wait(self) -> None:
        if self._alarm is None:
            self._alarm = self.loop.call_later(self.limits.head_seconds, self.transport.close)

    def _rest(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


def _end_unless_read(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Let the system end a connection whose client takes nothing of an answer for so long.

    uvicorn hands a whole answer over and waits for nobody, so it would be kept for ever.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


class HttptoolsGuard(Guard):
    """The same for httptools, which has no state to look at, and calls what is here instead.

    It would take fields behind a body for fields of the head, credentials among them.
    """

    _in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            raise ValueError("no fields follow a body")
        super().on_header(name, value)  # type: ignore[misc]

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()  # type: ignore[misc]

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()  # type: ignore[misc]

    def _hears_head(self) -> bool:
        return self._in_head


class Head:
    """What has come of a head so far.

    Args:
        limit: Bytes that it may have.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._came = bytearray()

    def accepts(self, data: bytes) -> bool:
        """Whether it is sound with *data*, which may hold its end, and more behind that."""
        came, seen = self._came, len(self._came)
        if not seen and (end := data.find(_HEAD_END)) >= 0:  # most come in one piece
            return end + 2 <= self._limit and _is_sound(data, 0, end + 2)
        came += data
        end = came.find(_HEAD_END, max(0, seen - 3))
        length = end + 2 if end >= 0 else len(came)
        sound = length <= self._limit and _is_sound(came, max(0, seen - 2), length)
        if end >= 0:
            came.clear()
        return sound


def _is_sound(data: bytes | bytearray, start: int, end: int) -> bool:
    """Whether that part is made of lines, the last of which may be incomplete.

    To count is ten times as fast as to search for what is wrong; what adds up cannot be.
    """
    lines = data.count(b"\r\n", start, end)
    usual = data.count(b"\n", start, end) == lines == data.count(b"\r", start, end)
    if usual and not data.count(b"\n ", start, end) and not data.count(b"\n\t", start, end):
        return True
    return not _UNSOUND.search(data, start, end)
