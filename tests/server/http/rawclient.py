"""RawClient: says exactly the bytes it is given, and takes answers apart by the letter."""

from __future__ import annotations

import json
import socket
from types import TracebackType
from typing import Any, Self

import attrs

#: Seconds that a test waits for an answer before it fails.
PATIENCE = 20.0


@attrs.frozen(kw_only=True)
class Heard:
    """An answer.

    Attributes:
        status: Its status.
        fields: Header fields by name in lower case; the last of each.
        body: Its body, without chunks.
        whole: Whether it ended as it should.
    """

    status: int
    fields: dict[str, str]
    body: bytes = b""
    whole: bool = True

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class RawClient:
    """A connection to 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self.socket.makefile("rb")

    def say(self, data: bytes) -> Self:
        self.socket.sendall(data)
        return self

    def ask(self, data: bytes, *, method: str = "GET") -> Heard:
        return self.say(data).hear(method=method)

    def get(self, path: str, **fields: str) -> Heard:
        return self.ask(message("GET", path, **fields))

    def hear(self, *, method: str = "GET") -> Heard:
        """The next answer, whole."""
        status, fields = self.hear_head()
        if method == "HEAD" or status in (204, 304):
            return Heard(status=status, fields=fields)
        if fields.get("transfer-encoding") == "chunked":
            chunks = []
            while piece := self.hear_chunk():
                chunks.append(piece)
            return Heard(status=status, fields=fields, body=b"".join(chunks), whole=piece == b"")
        if "content-length" in fields:
            length = int(fields["content-length"])
            body = self._file.read(length)
            return Heard(status=status, fields=fields, body=body, whole=len(body) == length)
        return Heard(status=status, fields=fields, body=self._file.read())

    def hear_head(self) -> tuple[int, dict[str, str]]:
        first = self._file.readline()
        assert first.startswith(b"HTTP/1.1 "), first
        fields: dict[str, str] = {}
        while (line := self._file.readline()) != b"\r\n":
            assert line.endswith(b"\r\n"), line
            name, _, value = line.decode().partition(":")
            fields[name.lower()] = value.strip()
        return int(first.split(b" ", 2)[1]), fields

    def hear_chunk(self) -> bytes | None:
        """The next chunk; b"" for the last one, None if the connection broke before."""
        size = self._file.readline()
        if not size.endswith(b"\r\n"):
            return None
        piece = self._file.read(int(size, 16))
        assert self._file.read(2) == b"\r\n"
        return piece

    def hears_the_end(self) -> bool:
        """Whether the server closes, without another word."""
        try:
            return self._file.read() == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def message(method: str, path: str, body: bytes | None = None, **fields: str) -> bytes:
    """A request as an honest client sends it; underscores in names stand for hyphens."""
    told = {"host": "127.0.0.1", **{name.replace("_", "-"): fields[name] for name in fields}}
    if body is not None:
        told.setdefault("content-length", str(len(body)))
        told.setdefault("content-type", "application/json")
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")
