"""Ports of Pods that are really ports of this machine: streams to them, and requests."""

from __future__ import annotations

import contextlib
import http.client
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final

from kregistry.core.pod.kubelet import KubeletError, ProxyRequest, ProxyResponse
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


class SocketStream(DuplexStream):
    """A connection. It becomes the owner of *connection*.

    Args:
        connection: Connected.
        released: Called once when the stream is closed.
    """

    def __init__(self, connection: socket.socket, released: Callable[[], None]) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._released = released
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
            with contextlib.suppress(OSError):  # it may not be connected any more
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes who waits for it
            if not self._busy:
                self._socket.close()
        self._released()

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


class _Body(ByteStream):
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
        self._connection = connection
        self._stream = stream
        self._response = response

    def read(self, timeout: float | None = None) -> bytes:
        if self._response.isclosed():
            return b""
        try:
            self._stream.settimeout(timeout)
            return self._response.read1(_CHUNK)
        except TimeoutError:
            self.close()
            raise
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return b""

    def close(self) -> None:
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


def round_trip(request: ProxyRequest, address: tuple[str, int], timeout: float) -> ProxyResponse:
    """Send *request* to *address*; redirects are the client's business.

    Raises:
        KubeletError: It cannot be sent, or nothing that makes sense comes back.
    """
    connection = _connection(request.scheme, address, timeout)
    headers = {
        name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP
    }
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
    found = tuple(
        (name, value)
        for name, value in response.getheaders()
        if name.lower() not in _HOP_BY_HOP - {"content-length"}
    )
    return ProxyResponse(
        code=response.status, headers=found, body=_Body(connection, stream, response)
    )


def _connection(
    scheme: str, address: tuple[str, int], timeout: float
) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(*address, timeout=timeout)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # as an API server trusts a Pod
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(*address, timeout=timeout, context=trusting)
