"""Ports of Pods that are really ports of this machine: streams to them, and requests."""

from __future__ import annotations

import contextlib
import http.client
import os
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Final

from kregistry.core.pod.kubelet import KubeletError, ProxyRequest, ProxyResponse
from kregistry.core.pod.process.lent import Lent
from kregistry.core.pod.streams import ByteStream, DuplexStream

_CHUNK: Final = 65536

#: Headers that are about one connection and not about the request.
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


class SocketStream(Lent, DuplexStream):
    """A connection. It becomes the owner of *connection*.

    Args:
        connection: Connected.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        connection.setblocking(False)
        self._socket = connection
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._busy = 0
        self._closed = False

    def read(self, timeout: float | None = None) -> bytes:
        while self._enter():
            try:
                return self._socket.recv(_CHUNK)
            except BlockingIOError:
                self._await(selectors.EVENT_READ, timeout)
            except OSError:
                return b""
            finally:
                self._leave()
        return b""

    def write(self, data: bytes, timeout: float | None = None) -> None:
        left = memoryview(data)
        while left:
            if not self._enter():
                raise BrokenPipeError("the stream is closed")
            try:
                left = left[self._socket.send(left[:_CHUNK]) :]
            except BlockingIOError:
                self._await(selectors.EVENT_WRITE, timeout)
            except OSError as error:
                raise BrokenPipeError(str(error)) from error
            finally:
                self._leave()

    def close_write(self) -> None:
        if self._enter():
            try:
                self._socket.shutdown(socket.SHUT_WR)
            except OSError:
                return  # the other side was faster
            finally:
                self._leave()

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            _hang_up(self._socket, self._pid)
            if not self._busy:
                self._socket.close()
        self._returned()

    def _await(self, event: int, timeout: float | None) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, event)
            if not selector.select(timeout):
                raise TimeoutError("the other side did nothing in time")

    def _enter(self) -> bool:
        """Keep the number of the socket from being given away while it is used."""
        with self._lock:
            if self._closed:
                return False
            self._busy += 1
            return True

    def _leave(self) -> None:
        with self._lock:
            self._busy -= 1
            if self._closed and not self._busy:
                self._socket.close()


def _hang_up(connection: socket.socket, pid: int) -> None:
    """Wake who waits for *connection*; but the one of a parent process is not ours to end."""
    if os.getpid() == pid:
        with contextlib.suppress(OSError):  # it may not be connected any more
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # also where TLS runs over it


class _Body(Lent, ByteStream):
    """The body of an answer, read as it comes. A read that times out ends it.

    Args:
        connection: Closed with the body.
        stream: Its socket, which the connection itself may have let go of already.
        response: Has the body.
    """

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        stream: socket.socket,
        response: http.client.HTTPResponse,
    ) -> None:
        super().__init__()
        self._connection = connection
        self._stream = stream
        self._response = response
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._busy = False
        self._closed = False

    def read(self, timeout: float | None = None) -> bytes:
        with self._lock:
            if self._closed:
                return b""
            self._busy = True
        try:
            self._stream.settimeout(timeout)
            return self._response.read1(_CHUNK)
        except TimeoutError:
            self.close()
            raise
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return b""
        finally:
            self._leave()

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            _hang_up(self._stream, self._pid)
            if not self._busy:
                self._dispose()
        self._returned()

    def _leave(self) -> None:
        with self._lock:
            self._busy = False
            if self._closed:
                self._dispose()

    def _dispose(self) -> None:
        """Let go of everything, while nobody reads: the caller holds the lock."""
        self._response.close()
        self._connection.close()


def connect(address: tuple[str, int], timeout: float) -> socket.socket:
    """A connection to *address*.

    Raises:
        KubeletError: Nobody listens there.
    """
    try:
        return socket.create_connection(address, timeout)
    except OSError as error:
        raise KubeletError(
            500, f"unable to connect to {address[0]}:{address[1]}: {error}"
        ) from error


def round_trip(
    request: ProxyRequest,
    address: tuple[str, int],
    timeout: float,
    lend: Callable[[Lent], None],
) -> ProxyResponse:
    """Send *request* to *address*; redirects are the client's business.

    Args:
        request: What to send.
        address: Where to.
        timeout: Seconds to wait for each step of it.
        lend: Told of the body before it is handed out. If that raises, the body is closed.

    Raises:
        KubeletError: It cannot be sent, or nothing that makes sense comes back.
    """
    connection = _connection(request.scheme, address, timeout)
    headers = dict(_end_to_end(request.headers.items()))
    try:
        connection.connect()
        stream = connection.sock
        connection.request(request.method, request.path, request.body or None, headers)
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        if isinstance(error, http.client.InvalidURL):
            raise KubeletError(400, str(error)) from error
        raise KubeletError(503, f"error trying to reach service: {error}") from error
    except (ValueError, TypeError) as error:
        connection.close()
        raise KubeletError(400, str(error)) from error
    found = tuple(_end_to_end(response.getheaders(), "content-length"))
    body = _Body(connection, stream, response)
    try:
        lend(body)
    except BaseException:
        body.close()
        raise
    return ProxyResponse(code=response.status, headers=found, body=body)


def _end_to_end(headers: Iterable[tuple[str, str]], *more: str) -> list[tuple[str, str]]:
    """The headers, and those called *more*, that are not only for the next one on the way."""
    headers = list(headers)
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for token in value.split(",")
    }
    dropped = (_HOP_BY_HOP | named) - set(more)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def _connection(
    scheme: str, address: tuple[str, int], timeout: float
) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(*address, timeout=timeout)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # as an API server trusts a Pod
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(*address, timeout=timeout, context=trusting)
