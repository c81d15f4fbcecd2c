"""Connection: one client of the threaded server, from its first byte to its last."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from kregistry.meta.context import Cancellation
from kregistry.meta.errors import RequestEntityTooLarge
from kregistry.server.entrance import Entrance, refusal
from kregistry.server.http.body import TooLarge, read_body, require_length
from kregistry.server.http.incoming import Gone, Incoming
from kregistry.server.http.limits import Limits
from kregistry.server.http.lookout import Lookout
from kregistry.server.http.message import BadMessage, Head, parse_head
from kregistry.server.http.outgoing import (
    CONTINUE,
    LAST_CHUNK,
    UNTIL_CLOSED,
    answer_head,
    chunk,
    has_body,
)
from kregistry.server.request import Headers
from kregistry.server.response import EventStream, Response, text_response

if TYPE_CHECKING:
    import ssl

#: Who refuses a request listens so long for the rest of it, so that the refusal is heard.
_LINGER_SECONDS: Final = 1.0
#: Answers up to so many bytes go out in one piece with their header fields.
_ONE_PIECE: Final = 128 * 1024

_LOG: Final = logging.getLogger("kregistry.server")


class Phase(IntEnum):
    """What a connection is doing.

    The order matters: when there are too many, one in an earlier phase has to go first.
    """

    NEW = 0
    IDLE = 1
    ANSWERING = 2
    STREAMING = 3


#: A connection in one of these has nobody's answer to lose.
WAITING: Final = (Phase.NEW, Phase.IDLE)


class Connection:
    """Reads requests from a socket and writes answers, one after the other, in one thread.

    Args:
        sock: The socket; closed in the end.
        entrance: Where requests go.
        limits: What the client may do.
        lookout: Tells this connection to :meth:`leave` when the client leaves a stream.
        tls: Encrypts; None for plain text.

    Attributes:
        socket: The socket, encrypted if it is to be.
        phase: What it is doing.
        since: Monotonic time at which that began.
    """

    def __init__(
        self,
        sock: socket.socket,
        entrance: Entrance,
        limits: Limits,
        lookout: Lookout,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.phase = Phase.NEW
        self.since = time.monotonic()
        self._handshake: Callable[[], None] = lambda: None
        if tls is not None:
            sock = secure = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            self._handshake = secure.do_handshake
        self.socket = sock
        self._entrance = entrance
        self._limits = limits
        self._lookout = lookout
        self._incoming = Incoming(sock, limits)
        self._lock = threading.Lock()
        self._ending = False
        self._stream: EventStream | None = None
        self._cancellation: Cancellation | None = None

    def run(self) -> None:
        """Serve the client until one of both has had enough. Raises nothing."""
        try:
            self.socket.settimeout(self._limits.head_seconds)
            self._handshake()
            while self._serve_one():
                self._enter(Phase.IDLE)
        except (Gone, OSError):
            pass  # the client left, or was shown out; nobody is there to be told
        except Exception:
            _LOG.exception("a connection broke")
        finally:
            self.socket.close()

    def end(self) -> None:
        """Let the client go as soon as it can be done in order. From any thread.

        A stream ends as if its time were over; an answer that is being made is still sent;
        a client that has not said all it wants to say is not listened to any more.
        """
        with self._lock:
            self._ending = True
            stream, waiting = self._stream, self.phase in WAITING
        if stream is not None:
            stream.close()
        if waiting:
            self._shut(socket.SHUT_RD)

    def leave(self) -> None:
        """The client is gone: nothing more is to be made for it. From any thread."""
        with self._lock:
            self._ending = True
            stream, cancellation = self._stream, self._cancellation
        if cancellation is not None:
            cancellation.cancel()
        if stream is not None:
            stream.close()

    def cut(self) -> None:
        """End whatever is going on, finished or not. From any thread."""
        self.leave()
        self._shut(socket.SHUT_RDWR)

    def _shut(self, how: int) -> None:
        """Shut the socket down below TLS, so that who waits for it wakes up."""
        with suppress(OSError):
            socket.socket.shutdown(self.socket, how)

    def _enter(self, phase: Phase, cancellation: Cancellation | None = None) -> None:
        """Go on to *phase*.

        Raises:
            Gone: The connection is to end.
        """
        with self._lock:
            if self._ending:
                raise Gone
            self.phase, self.since = phase, time.monotonic()
            self._cancellation = cancellation

    def _serve_one(self) -> bool:
        """Read a request and answer it; whether another may follow."""
        headers = Headers()
        try:
            head = parse_head(self._incoming.head(), self._limits)
            headers = Headers(head.fields)
            body = self._body(head)
        except BadMessage as refused:
            return self._refuse(text_response(refused.status, f"{refused}\n"))
        except TooLarge:
            error = RequestEntityTooLarge(f"limit is {self._limits.body}")
            return self._refuse(refusal(headers, error))
        cancellation = Cancellation()
        self._enter(Phase.ANSWERING, cancellation)
        answer = self._entrance.answer(head.method, head.target, headers, body, cancellation)
        if isinstance(answer, EventStream):
            return self._send_stream(head, answer)
        return self._send_whole(head, answer)

    def _body(self, head: Head) -> bytes:
        require_length(head, self._limits)
        if head.waits and head.length != 0 and not len(self._incoming):
            self._send(CONTINUE)
        body = read_body(self._incoming, head, self._limits)
        if len(self._incoming):
            # What stands behind a request that nobody has answered may be a part of it for one
            # reader, and another request for the next.
            raise BadMessage(400, "wait for the answer before you send the next request")
        return body

    def _send_whole(self, head: Head, answer: Response) -> bool:
        keeps_alive = head.keeps_alive and not self._ending
        first = answer_head(
            answer.status, answer.headers, length=len(answer.body), keeps_alive=keeps_alive
        )
        body = answer.body if has_body(head.method, answer.status) else b""
        if len(body) <= _ONE_PIECE:
            self._send(first + body)
        else:
            self._send(first)
            self._send(body)
        return keeps_alive

    def _send_stream(self, head: Head, answer: EventStream) -> bool:
        """Send the pieces as they come, each at once, after the header fields."""
        keeps_alive = head.keeps_alive and head.chunks
        length = None if head.chunks else UNTIL_CLOSED
        with answer:
            self._send(
                answer_head(answer.status, answer.headers, length=length, keeps_alive=keeps_alive)
            )
            if not has_body(head.method, answer.status):
                return keeps_alive
            self._begin(answer)
            try:
                for piece in answer.frames:
                    self._send(chunk(piece) if head.chunks else piece)
            finally:
                self._lookout.forget(self)
        if head.chunks:
            self._send(LAST_CHUNK)
        return keeps_alive

    def _begin(self, answer: EventStream) -> None:
        with self._lock:
            self.phase, self.since = Phase.STREAMING, time.monotonic()
            self._stream, ending = answer, self._ending
        self._lookout.watch(self)
        if ending:
            answer.close()

    def _refuse(self, answer: Response) -> bool:
        """Answer what was not even read to its end; no other request may follow."""
        first = answer_head(
            answer.status, answer.headers, length=len(answer.body), keeps_alive=False
        )
        self._send(first + answer.body)
        self._shut(socket.SHUT_WR)
        self._incoming.drain(_LINGER_SECONDS)
        return False

    def _send(self, data: bytes) -> None:
        self.socket.settimeout(self._limits.write_seconds)
        self.socket.sendall(data)
