"""Outgoing: answers as bytes."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from kregistry.server.request import Headers

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK: Final = b"0\r\n\r\n"

#: The length of a body whose end is the end of the connection.
UNTIL_CLOSED: Final = -1

_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

#: Fields that say how an answer is sent, which only who sends it knows.
_OURS: Final = frozenset(
    {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"}
)


def answer_head(status: int, headers: Headers, *, length: int | None, keeps_alive: bool) -> bytes:
    """First line and header fields of an answer, with the empty line after them.

    Args:
        status: HTTP status.
        headers: What the answer says of itself; what only who sends it knows is left out.
        length: Bytes of the body; None if it comes in chunks, or :data:`UNTIL_CLOSED`.
        keeps_alive: Whether another request may follow.
    """
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}", f"date: {_date(int(time.time()))}"]
    for name, value in sendable(headers):
        lines.append(f"{name}: {value}")
    if length is None:
        lines.append("transfer-encoding: chunked")
    elif length >= 0 and status not in (204, 304):
        lines.append(f"content-length: {length}")
    if not keeps_alive:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace")


def has_body(method: str, status: int) -> bool:
    """Whether an answer may have a body at all."""
    return method != "HEAD" and status not in (204, 304)


def sendable(headers: Headers) -> list[tuple[str, str]]:
    """The fields as they may be sent: nothing in a value can begin another field."""
    return [
        # What can be printed has none of those characters, and knows it in a quarter of the time.
        (name, value if value.isprintable() else _UNSENDABLE.sub(" ", value))
        for name, value in headers.pairs
        if name not in _OURS
    ]


def chunk(piece: bytes) -> bytes:
    """*piece* as a chunk; nothing for nothing, which would be the end."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """*second* since 1970 as HTTP writes it, in English wherever the machine stands."""
    at = time.gmtime(second)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{day}, {at.tm_mday:02} {month} {at.tm_year:04} {clock} GMT"
