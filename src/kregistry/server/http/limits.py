"""Limits: how much a client may send, and how long it may take."""

from __future__ import annotations

from typing import Final

import attrs

from kregistry.server.chain import MAX_BODY, MAX_TARGET

#: Characters of a request line besides its target: the method, the version and two spaces.
_AROUND_TARGET: Final = 64


@attrs.frozen(kw_only=True)
class Limits:
    """What a server puts up with. Times are in seconds.

    Attributes:
        request_line: Bytes of the first line; more is 414.
        head: Bytes of the header fields together; more is 431.
        fields: Number of header fields; more is 431.
        body: Bytes of a body; more is 413, and is not read.
        head_seconds: From the first byte of a request to the end of its header fields.
        body_seconds: From there to the end of its body.
        idle_seconds: Between two requests of a connection, and before the first.
        write_seconds: For the client to take a piece of an answer.
        connections: Open at once. When there are more, the one that has kept the server
            waiting longest for a request has to go, those without any so far first; while all
            of them are being answered, a new one gets 503.
        requests: That wait for an answer at once; more get 429. The threaded server has no
            need of it: each takes a connection.
        request_seconds: For an answer to be made, streams apart; then it is 504. The threaded
            server leaves it to the storage, as nobody can interrupt a thread.
    """

    request_line: int = MAX_TARGET + _AROUND_TARGET
    head: int = 64 * 1024
    fields: int = 100
    body: int = MAX_BODY
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: float = 90.0
    write_seconds: float = 60.0
    connections: int = 512
    requests: int = 400
    request_seconds: float = 60.0
