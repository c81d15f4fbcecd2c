"""OverHTTP: stands in for an APIServer, and asks one over HTTP."""

from __future__ import annotations

import http.client
from typing import cast
from urllib.parse import quote

from rawclient import PATIENCE

from kregistry.server import Answer, APIServer, EventStream, Frames, Request, Response


class OverHTTP:
    """Answers requests as the server does that listens on a port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[http.client.HTTPConnection] = []

    @classmethod
    def to(cls, port: int) -> tuple[OverHTTP, APIServer]:
        """One, also as what it stands in for."""
        made = cls(port)
        return made, cast("APIServer", made)

    def handle(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        self._open.append(connection)
        target = quote(request.path) + (f"?{request.query}" if request.query else "")
        connection.request(request.method, target, request.body or None, dict(request.headers))
        heard = connection.getresponse()
        headers = heard.getheaders()
        if heard.headers.get("transfer-encoding") == "chunked":
            return EventStream(status=heard.status, headers=headers, frames=Lines(heard))
        return Response(status=heard.status, headers=headers, body=heard.read())

    def close(self) -> None:
        for connection in self._open:
            connection.close()


class Lines(Frames):
    """The lines of an answer."""

    def __init__(self, heard: http.client.HTTPResponse) -> None:
        self._heard = heard

    def __next__(self) -> bytes:
        line = b"" if self._heard.closed else self._heard.readline()
        if not line:
            raise StopIteration
        return line

    async def __anext__(self) -> bytes:
        raise AssertionError("nobody awaits these")

    def close(self) -> None:
        self._heard.close()
