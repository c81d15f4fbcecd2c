"""Incoming: the bytes that a client sends, taken from the socket when they are needed."""

from __future__ import annotations

import socket
import time
from typing import Final

from kregistry.server.http.limits import Limits
from kregistry.server.http.message import BadMessage, require_whole_lines

_PIECE: Final = 64 * 1024
_HEAD_END: Final = b"\r\n\r\n"


class Gone(Exception):
    """The client has left, or it has been told to."""


class Incoming:
    """What one connection receives. One reader.

    Args:
        sock: Where it comes from; its time-out is changed with every read.
        limits: How much may come, and how slowly.
    """

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self._socket = sock
        self._limits = limits
        self._buffer = bytearray()

    def __len__(self) -> int:
        """Bytes that have come and were not asked for."""
        return len(self._buffer)

    def head(self) -> bytes:
        """Everything before the next empty line.

        Raises:
            Gone: The client left before it had said anything, or said nothing for long.
            BadMessage: It is too long, is no text of lines, or takes too long (408).
        """
        if not self._buffer:
            self._receive(time.monotonic() + self._limits.idle_seconds)
        end = time.monotonic() + self._limits.head_seconds
        seen = 0
        while (found := self._buffer.find(_HEAD_END, max(0, seen - 3))) < 0:
            self._require_sane_head(seen)
            seen = len(self._buffer)
            try:
                self._receive(end)
            except TimeoutError:
                raise BadMessage(408, "the request took too long") from None
        head = bytes(self._buffer[:found])
        del self._buffer[: found + len(_HEAD_END)]
        return head

    def exactly(self, count: int, end: float) -> bytes:
        """The next *count* bytes, before the time *end* of the monotonic clock.

        Raises:
            Gone: The client left before.
            TimeoutError: It was too slow.
        """
        while len(self._buffer) < count:
            self._receive(end)
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def line(self, limit: int, end: float) -> bytes:
        """The next line without its CRLF.

        Raises:
            Gone: The client left before.
            TimeoutError: It was too slow.
            BadMessage: It is longer than *limit*, or ends in something else (400).
        """
        while (found := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= limit:
            self._receive(end)
        if not 0 < found <= limit or self._buffer[found - 1] != 0x0D:
            raise BadMessage(400, "a short line that ends in CR and LF was expected")
        return self.exactly(found + 1, end)[:-2]

    def drain(self, seconds: float) -> None:
        """Throw away what still comes, until the client has nothing to say or the time is over.

        A socket that is closed while something lies unread takes the answer back that is on its
        way; so who refuses a request listens a little longer.
        """
        end = time.monotonic() + seconds
        try:
            while True:
                self._buffer.clear()
                self._receive(end)
        except (Gone, OSError):
            return

    def _require_sane_head(self, seen: int) -> None:
        """Refuse a head early: nobody should have to wait for the end of what has none."""
        limits = self._limits
        if not self._buffer[:1].isalpha():
            raise BadMessage(400, "a request begins with a method")
        require_whole_lines(self._buffer, max(0, seen - 1))
        if len(self._buffer) > limits.request_line and b"\r\n" not in self._buffer:
            raise BadMessage(414, f"limit is {limits.request_line} bytes")
        if len(self._buffer) > limits.request_line + limits.head:
            raise BadMessage(431, f"limit is {limits.head} bytes")

    def _receive(self, end: float) -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise Gone
        self._buffer += piece
