"""etcd's JSON gateway with nothing but the standard library, as fast as that seems to go.

Requests are templates (base64 needs no escaping), connections are kept alive, one a thread,
and all watches of a process are read by one thread.
"""

from __future__ import annotations

import json
import selectors
import socket
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from etcd_transport import Conflict, Told, Transport

from kregistry.storage.backend import Change, Record

_TXN = (
    b'{"compare":[{"key":"%b","target":"MOD","mod_revision":"%d"}],'
    b'"success":[{"request_put":{"key":"%b","value":"%b"}}],'
    b'"failure":[{"request_range":{"key":"%b"}}]}'
)
_RANGE = b'{"key":"%b","range_end":"%b","limit":"%d"}'
_WATCH = b'{"create_request":{"key":"%b","range_end":"%b","prev_kv":true}}'
_TIMEOUT = 10.0


class HttpGateway(Transport):
    """Over http.client."""

    name = "gateway, http.client"

    def __init__(self, port: int) -> None:
        self.port = port
        self._local = threading.local()
        self._open: list[Any] = []

    def put(self, key: bytes, value: bytes, expected: int) -> int:
        name = b64encode(key)
        answer = self._ask("/v3/kv/txn", _TXN % (name, expected, name, b64encode(value), name))
        if not answer.get("succeeded"):
            raise Conflict(key)
        return int(answer["header"]["revision"])

    def get(self, key: bytes) -> Record:
        return _record(self._ask("/v3/kv/range", b'{"key":"%b"}' % b64encode(key))["kvs"][0])

    def page(self, start: bytes, end: bytes, limit: int) -> list[Record]:
        request = _RANGE % (b64encode(start), b64encode(end), limit)
        return [_record(each) for each in self._ask("/v3/kv/range", request)["kvs"]]

    def follow(self, start: bytes, end: bytes, watchers: int, told: Told) -> Callable[[], None]:
        request = _WATCH % (b64encode(start), b64encode(end))
        return GatewayWatches(self.port, request, watchers, told).close

    def close(self) -> None:
        for connection in self._open:
            connection.close()

    def _ask(self, path: str, body: bytes) -> Any:
        status, data = self._post(path, body)
        if status != 200:
            raise OSError(data)
        return json.loads(data)

    def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = HTTPConnection(
                "127.0.0.1", self.port, timeout=_TIMEOUT
            )
            self._open.append(connection)
        connection.request("POST", path, body)
        response = connection.getresponse()
        return response.status, response.read()


class SocketGateway(HttpGateway):
    """Over a socket: a request is one packet, only the response is parsed by http.client."""

    name = "gateway, raw socket"

    def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        link = getattr(self._local, "link", None)
        if link is None:
            link = self._local.link = connect(self.port)
            self._open.append(link)
        link.sendall(_post(path, body))
        response = HTTPResponse(link)
        response.begin()
        return response.status, response.read()


class GatewayWatches:
    """Watches, each on a connection of its own as the gateway wants it, read by one thread."""

    def __init__(self, port: int, request: bytes, watchers: int, told: Told) -> None:
        self._told = told
        self._selector = selectors.DefaultSelector()
        self._stop, stopped = socket.socketpair()
        self._selector.register(stopped, selectors.EVENT_READ, None)
        for _ in range(watchers):
            link = connect(port)
            link.sendall(_post("/v3/watch", request))
            self._selector.register(link, selectors.EVENT_READ, ChunkedLines())
        self._missing = watchers
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if not self._begun.wait(_TIMEOUT):
            raise TimeoutError("the watches do not begin")

    def close(self) -> None:
        self._stop.send(b"x")
        self._thread.join(_TIMEOUT)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()
        self._stop.close()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                if not data:
                    raise ConnectionError("the gateway ended a watch")
                for line in key.data.feed(data):
                    self._take(json.loads(line)["result"])

    def _take(self, result: Any) -> None:
        if result.get("created"):
            self._missing -= 1
            if not self._missing:
                self._begun.set()
        for event in result.get("events", ()):
            self._told(_change(event))


class ChunkedLines:
    """Lines in the body of a chunked response, as its bytes come in."""

    def __init__(self) -> None:
        self._raw = b""
        self._line = b""
        self._in_body = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        raw, at = self._raw + data, 0
        if not self._in_body and (ends := raw.find(b"\r\n\r\n")) >= 0:
            if not raw.startswith(b"HTTP/1.1 200"):
                raise OSError(raw)
            self._in_body, at = True, ends + 4
        while self._in_body and (ends := raw.find(b"\r\n", at)) >= 0:
            first = ends + 2
            last = first + int(raw[at:ends], 16)
            if len(raw) < last + 2:
                break
            self._line += raw[first:last]
            at = last + 2
        self._raw = raw[at:]
        *lines, self._line = self._line.split(b"\n")
        yield from filter(None, lines)


def connect(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), _TIMEOUT)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def _post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _record(found: Any) -> Record:
    return Record(
        b64decode(found["key"]).decode("utf-8", "surrogateescape"),
        b64decode(found.get("value", "")),
        int(found["mod_revision"]),
        int(found.get("create_revision", 0)),
    )


def _change(event: Any) -> Change:
    record = _record(event["kv"])
    before = _record(event["prev_kv"]) if "prev_kv" in event else None
    return Change(
        record.key,
        record.mod_revision,
        None if event.get("type") == "DELETE" else record.value,
        before.value if before else None,
        before.mod_revision if before else 0,
    )
