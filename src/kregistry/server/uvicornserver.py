"""UvicornServer: an APIServer over HTTP under uvicorn, which the extra ``server`` brings.

uvicorn leaves three things to do: it lets a client take as long as it likes for the header fields
of a request, it waits for streams when it stops, and it says on standard error where it listens.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import uvicorn

from kregistry.server.asgi import ASGIApplication
from kregistry.server.http.limits import Limits

#: After so many seconds a stopping server cuts off what has not ended.
_GRACE_SECONDS: Final = 5


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
            lifespan="on",
            timeout_keep_alive=int(limits.idle_seconds),
            timeout_graceful_shutdown=_GRACE_SECONDS,
            h11_max_incomplete_event_size=limits.request_line + limits.head,
            **options,
        )
        config.load()
        config.http_protocol_class = patient(config.http_protocol_class, limits.head_seconds)
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


def patient(protocol: Any, seconds: float) -> Any:
    """*protocol*, a class of uvicorn, that closes a connection whose request does not come.

    Args:
        protocol: For h11 or for httptools.
        seconds: How long header fields may take, from the connection on or from their first byte.
    """

    class Patient(protocol):  # type: ignore[misc]
        _alarm: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._wait()
            else:
                self._rest()

        def connection_lost(self, exc: Exception | None) -> None:
            self._rest()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self._alarm is None:
                self._alarm = self.loop.call_later(seconds, self.transport.close)

        def _rest(self) -> None:
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None

    return Patient
