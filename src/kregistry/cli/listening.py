"""Listening: the servers of ``kregistry serve``, from the first request to SIGTERM."""

from __future__ import annotations

import signal
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, Final

import attrs

from kregistry.server.api import APIServer
from kregistry.server.hosts import Hosts, listening_socket, url_of
from kregistry.server.http.limits import Limits
from kregistry.server.threaded import ThreadedServer

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}

#: Called with the port once requests can be sent.
OnStarted = Callable[[int], None]


@attrs.frozen(kw_only=True)
class Place:
    """Where a server is to listen.

    Attributes:
        host: Address.
        port: Port; 0 for one that is free.
        certificate: File of the certificate; None for plain HTTP.
        key: File of its key.
    """

    host: str
    port: int
    certificate: str | None = None
    key: str | None = None

    def url(self, port: int) -> str:
        """Where the server is that listens on *port*."""
        return url_of(self.host, port, tls=self.certificate is not None)

    def near_url(self, port: int) -> str:
        """The same for clients on this machine: an address that means all of them is none."""
        host = _EVERYWHERE.get(self.host, self.host)
        return url_of(host, port, tls=self.certificate is not None)

    def tls(self) -> ssl.SSLContext | None:
        """What encrypts; None if nothing does.

        Raises:
            OSError: The files cannot be read, or do not belong together.
        """
        if self.certificate is None:
            return None
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(self.certificate, self.key)
        return made


def serve_threaded(server: APIServer, place: Place, on_started: OnStarted, *, inline: bool) -> None:
    """Serve with a thread for each connection, until told to stop."""
    made = ThreadedServer(server, host=place.host, port=place.port, tls=place.tls())
    with _stop_signals() as stopped, made as running:
        on_started(running.port)
        stopped.get()


def serve_uvicorn(server: APIServer, place: Place, on_started: OnStarted, *, inline: bool) -> None:
    """Serve under uvicorn, until told to stop.

    Args:
        server: Answers requests.
        place: Where to listen.
        on_started: Told the port.
        inline: Answer on the loop: going to a thread takes longer than the answer.
    """
    from kregistry.server.asgi import THREADS, ASGIApplication
    from kregistry.server.uvicornserver import UvicornServer

    place.tls()  # so that what is wrong with the files is told as everywhere else
    limits, hosts = Limits(), Hosts.of_address(place.host)
    application = ASGIApplication(
        server, hosts=hosts, limits=limits, threads=0 if inline else THREADS
    )
    secure = {"ssl_certfile": place.certificate, "ssl_keyfile": place.key}
    options: dict[str, Any] = secure if place.certificate is not None else {}
    with listening_socket(place.host, place.port) as sock, _stop_signals():
        port = sock.getsockname()[1]
        running = UvicornServer(
            application, limits=limits, on_started=lambda: on_started(port), **options
        )
        running.run(sockets=[sock])


@contextmanager
def _stop_signals() -> Iterator[SimpleQueue[int]]:
    """A queue that gets a signal when one asks to stop; no signal ends the process meanwhile.

    uvicorn puts handlers of its own in their place, and raises what came again when it is done.
    """
    stopped: SimpleQueue[int] = SimpleQueue()
    before = {each: signal.signal(each, lambda got, _: stopped.put(got)) for each in _SIGNALS}
    try:
        yield stopped
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
