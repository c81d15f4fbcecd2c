"""A UvicornServer in a thread, for tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rawclient import PATIENCE

from kregistry.server import APIServer
from kregistry.server.asgi import ASGIApplication
from kregistry.server.hosts import listening_socket
from kregistry.server.http.limits import Limits
from kregistry.server.uvicornserver import UvicornServer


class Running:
    """Attributes:
    port: Where it listens, on 127.0.0.1.
    """

    def __init__(self, server: UvicornServer, sock: socket.socket) -> None:
        self.port: int = sock.getsockname()[1]
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([sock],))

    @property
    def allowed(self) -> float:
        """How many connections there may be."""
        protocol: Any = self._server.config.http_protocol_class
        return float(protocol.most)

    def allow(self, connections: int) -> None:
        """Let there be no more than so many."""
        protocol: Any = self._server.config.http_protocol_class
        protocol.most = connections

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._server.server_state.connections)

    def start(self, started: threading.Event) -> None:
        self._thread.start()
        assert started.wait(PATIENCE)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@contextmanager
def under_uvicorn(
    server: APIServer, *, http: str = "h11", limits: Limits | None = None, **options: Any
) -> Iterator[Running]:
    limits = limits or Limits()
    started = threading.Event()
    application = ASGIApplication(server, limits=limits, **options)
    made = UvicornServer(application, limits=limits, on_started=started.set, http=http)
    with listening_socket("127.0.0.1", 0) as sock:
        running = Running(made, sock)
        running.start(started)
        try:
            yield running
        finally:
            running.stop()
