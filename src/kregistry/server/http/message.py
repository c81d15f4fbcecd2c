"""Head: the first line and the header fields of a request, read without any tolerance.

Source: RFC 9112. Where it allows to repair something, or leaves a choice, the request is refused:
somebody in between may have chosen otherwise.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from kregistry.server.http.limits import Limits

_LINE: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~]+) HTTP/([0-9])\.([0-9])")
_FIELD: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)")
_LENGTH: Final = re.compile(r"[0-9]{1,18}", re.ASCII)

_BARE_LINE_END: Final = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")

#: Fields that say something about the whole message, and so may say it only once.
_ONCE: Final = ("host", "content-length", "transfer-encoding", "content-type", "authorization")


class BadMessage(Exception):
    """What came is no request that anybody should answer otherwise than so.

    Attributes:
        status: HTTP status to refuse it with.
    """

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


@attrs.frozen(kw_only=True)
class Head:
    """A request without its body.

    Attributes:
        method: As it came.
        target: As it came.
        fields: Names in lower case, in the order in which they came.
        length: Bytes of the body; None if it comes in chunks.
        keeps_alive: Whether another request may follow on the same connection.
        chunks: Whether the client can read an answer in chunks.
        waits: Whether the client sends no body before it is told to go on.
    """

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    length: int | None = 0
    keeps_alive: bool = True
    chunks: bool = True
    waits: bool = False


def require_whole_lines(data: bytes | bytearray, start: int = 0) -> None:
    """Refuse line ends that are not CRLF, as soon as one was seen.

    Args:
        data: What has come so far.
        start: Before this nothing need be looked at.

    Raises:
        BadMessage: There is a CR or an LF on its own (400).
    """
    if _BARE_LINE_END.search(data, start):
        raise BadMessage(400, "a line ends in CR and LF")


def parse_head(data: bytes, limits: Limits) -> Head:
    """Read a head.

    Args:
        data: Everything before the empty line, without the line end that belongs to it.
        limits: How long it may be.

    Raises:
        BadMessage: It is no request of HTTP/1 (400, 505), is too long (414, 431), its body
            comes in a form that nobody knows (501), or more is expected than promised (417).
    """
    require_whole_lines(data)
    first, *lines = data.split(b"\r\n")
    method, target, minor = _request_line(first, limits)
    if len(data) - len(first) > limits.head:
        raise BadMessage(431, f"limit is {limits.head} bytes")
    if len(lines) > limits.fields:
        raise BadMessage(431, f"limit is {limits.fields} header fields")
    fields = tuple(map(_field, lines))
    once = {name: _only(fields, name) for name in _ONCE}
    if minor and once["host"] is None:
        raise BadMessage(400, "a request names the host that it is for")
    options = _options(fields)
    return Head(
        method=method,
        target=target,
        fields=fields,
        length=_length(once["content-length"], once["transfer-encoding"], chunks=bool(minor)),
        keeps_alive=bool(minor) and "close" not in options,
        chunks=bool(minor),
        waits=bool(minor) and _waits(_only(fields, "expect")),
    )


def _request_line(line: bytes, limits: Limits) -> tuple[str, str, int]:
    """Method, target and minor version."""
    if len(line) > limits.request_line:
        raise BadMessage(414, f"limit is {limits.request_line} bytes")
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadMessage(400, "a request begins with a method, a target and a version")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise BadMessage(505, "this is HTTP/1.1")
    return method.decode("ascii"), target.decode("ascii"), int(minor)


def _field(line: bytes) -> tuple[str, str]:
    found = _FIELD.fullmatch(line)
    if found is None:
        raise BadMessage(400, "a header field has a name, a colon, and a value on the same line")
    name, value = found.groups()
    return name.decode("ascii").lower(), value.rstrip(b" \t").decode("latin-1")


def _only(fields: tuple[tuple[str, str], ...], name: str) -> str | None:
    values = [value for key, value in fields if key == name]
    if len(values) > 1:
        raise BadMessage(400, f"the field {name} may be there only once")
    return values[0] if values else None


def _length(length: str | None, coding: str | None, *, chunks: bool) -> int | None:
    """Bytes of the body; None if it comes in chunks."""
    if coding is not None:
        if length is not None:
            raise BadMessage(400, "a body has a length or a coding, not both")
        if not chunks:
            raise BadMessage(400, "HTTP/1.0 knows no transfer coding")
        if coding.lower() != "chunked":
            raise BadMessage(501, "the only transfer coding is chunked")
        return None
    if length is None:
        return 0
    if _LENGTH.fullmatch(length) is None:
        raise BadMessage(400, "a length is a number")
    return int(length)


def _options(fields: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """What the Connection fields ask for."""
    values = (value for name, value in fields if name == "connection")
    return frozenset(part.strip().lower() for value in values for part in value.split(","))


def _waits(expected: str | None) -> bool:
    if expected is None:
        return False
    if expected.lower() != "100-continue":
        raise BadMessage(417, "the only expectation is 100-continue")
    return True
