"""ThreadedServer: an APIServer over HTTP, in a few milliseconds, on the standard library alone.

::

    with factory.create(Config()) as storage, ThreadedServer(APIServer(storage)) as running:
        print(running.url)

A thread for each connection: enough for tests, notebooks and a handful of controllers. With
hundreds of watches, :mod:`kregistry.server.asgi` under an asynchronous server is the better one.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from kregistry.server.entrance import Answering, Entrance
from kregistry.server.hosts import Hosts, listening_socket, require_safe, url_of
from kregistry.server.http.connection import WAITING, Connection
from kregistry.server.http.limits import Limits
from kregistry.server.http.lookout import Lookout
from kregistry.server.http.outgoing import answer_head
from kregistry.server.request import Headers

if TYPE_CHECKING:
    import ssl

#: After the system had no room for another connection, wait so long before asking again.
_BREATH_SECONDS: Final = 0.05

#: So long it takes at most until what was cut off has ended.
_CUT_SECONDS: Final = 1.0

_BUSY: Final = answer_head(503, Headers({"retry-after": "1"}), length=0, keeps_alive=False)

_LOG: Final = logging.getLogger("kregistry.server")


class ThreadedServer:
    """Serves an :class:`~kregistry.server.APIServer` over HTTP/1.1.

    Started once, stopped once. Usable as a context manager.

    Args:
        server: Answers the requests; stays the caller's, as does its storage.
        host: Address to listen on.
        port: Port to listen on; 0 takes one that is free.
        limits: What clients may do.
        tls: Encrypts; None for plain HTTP.
        names: Names besides those of the machine for itself under which requests may come.

    Raises:
        UnsafeAddress: *host* can be reached from elsewhere, and TLS or authentication is missing.
    """

    def __init__(
        self,
        server: Answering,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        names: Iterable[str] = (),
    ) -> None:
        require_safe(host, server, tls=tls is not None)
        self._entrance = Entrance(server=server, hosts=Hosts.of_address(host, names))
        self._host, self._port = host, port
        self._limits = limits if limits is not None else Limits()
        self._tls = tls
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it can be reached, such as ``http://127.0.0.1:41234``; for a started server."""
        return url_of(self._host, self._port, tls=self._tls is not None)

    @property
    def port(self) -> int:
        """The port it listens on; 0 if that is not known before the start."""
        return self._port

    def start(self) -> Self:
        """Begin to listen. Requests can be sent once this returns.

        Raises:
            OSError: The address cannot be had.
            RuntimeError: It was started before.
        """
        if self._thread is not None:
            raise RuntimeError("a server is started only once; make another one")
        self._listener = listening_socket(self._host, self._port)
        self._listener.setblocking(False)
        self._port = self._listener.getsockname()[1]
        self._lookout = Lookout(self._listener)
        self._thread = threading.Thread(
            target=self._accept_all, name=f"kregistry-{self._port}", daemon=True
        )
        self._thread.start()
        return self

    def stop(self, timeout: float = 5.0) -> None:
        """End every connection: streams with their regular end, answers after they were sent.

        Idempotent; nothing happens before :meth:`start`.

        Args:
            timeout: After so many seconds, what has not ended is cut off.
        """
        if self._thread is None:
            return
        end = time.monotonic() + timeout
        self._stopping = True
        self._lookout.wake()
        self._thread.join()
        self._listener.close()
        for connection in self._open():
            connection.end()
        self._join(end)
        for connection in self._open():
            connection.cut()
        self._join(time.monotonic() + _CUT_SECONDS)
        self._lookout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _open(self) -> list[Connection]:
        with self._lock:
            return list(self._connections)

    def _join(self, end: float) -> None:
        with self._lock:
            threads = list(self._connections.values())
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _accept_all(self) -> None:
        """Take whoever comes, until the server stops."""
        while not self._stopping:
            if not self._lookout.wait():
                continue
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, ConnectionError):
                continue
            except OSError as error:
                _LOG.warning("no room for another connection: %s", error)
                self._make_room()
                time.sleep(_BREATH_SECONDS)
                continue
            try:
                self._admit(sock)
            except (OSError, RuntimeError) as error:
                _LOG.warning("a connection could not be served: %s", error)
                sock.close()

    def _admit(self, sock: socket.socket) -> None:
        """Give the connection a thread, or turn it away."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self._connections) >= self._limits.connections and not self._make_room():
            with sock, suppress(OSError):
                sock.setblocking(False)
                sock.send(_BUSY)
            return
        connection = Connection(sock, self._entrance, self._limits, self._lookout, tls=self._tls)
        thread = threading.Thread(
            target=self._serve, args=(connection,), name="kregistry-connection", daemon=True
        )
        with self._lock:
            self._connections[connection] = thread
        thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _make_room(self) -> bool:
        """Show out the connection that has kept us waiting longest; False if none does."""
        waiting = [each for each in self._open() if each.phase in WAITING]
        if not waiting:
            return False
        chosen = min(waiting, key=lambda each: (each.phase, each.since))
        with self._lock:
            self._connections.pop(chosen, None)
        chosen.cut()
        return True
