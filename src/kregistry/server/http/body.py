"""Body: what follows the head of a request, whole and never longer than allowed."""

from __future__ import annotations

import re
import time
from typing import Final

from kregistry.server.http.incoming import Incoming
from kregistry.server.http.limits import Limits
from kregistry.server.http.message import BadMessage, Head

_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,8}")
#: A size and its line end. There is no room for extensions: nobody honest sends any, and they
#: have been the way into more than one server.
_SIZE_LINE: Final = 10


class TooLarge(Exception):
    """A body is longer than anybody reads."""


def read_body(incoming: Incoming, head: Head, limits: Limits) -> bytes:
    """The body of the request that begins with *head*.

    Raises:
        Gone: The client left in the middle.
        TooLarge: It is longer than allowed; not everything was read.
        BadMessage: Its chunks are none (400), or it took too long (408).
    """
    end = time.monotonic() + limits.body_seconds
    try:
        if head.length is None:
            return _chunks(incoming, limits.body, end)
        require_length(head, limits)
        return incoming.exactly(head.length, end)
    except TimeoutError:
        raise BadMessage(408, "the body took too long") from None


def require_length(head: Head, limits: Limits) -> None:
    """Refuse a body that says of itself that it is too long.

    Raises:
        TooLarge: It does.
    """
    if head.length is not None and head.length > limits.body:
        raise TooLarge


def _chunks(incoming: Incoming, limit: int, end: float) -> bytes:
    body = bytearray()  # and no list of pieces: one of two bytes takes fifty
    while size := _size(incoming.line(_SIZE_LINE, end)):
        if len(body) + size > limit:
            raise TooLarge
        body += incoming.exactly(size, end)
        if incoming.exactly(2, end) != b"\r\n":
            raise BadMessage(400, "a chunk is as long as it says, and a line end follows")
    if incoming.exactly(2, end) != b"\r\n":
        raise BadMessage(400, "no fields follow a body")
    return bytes(body)


def _size(line: bytes) -> int:
    if _SIZE.fullmatch(line) is None:
        raise BadMessage(400, "a chunk begins with its size and nothing else")
    return int(line, 16)
