"""Servers in processes of their own, and a client that is cheaper than what it measures.

``python tests/benchmarks/servers.py`` is the application to compare with: it answers constant
bytes, or parses what it is sent and answers JSON, so what is above it is the price of the API.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60.0

_BYTECODE = tempfile.TemporaryDirectory(prefix="kregistry-bytecode-")

#: What processes are started with: a place for bytecode, as an installed package has it, whatever
#: the machine says about writing any. The first round fills it.
ENVIRONMENT = {
    **os.environ,
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": _BYTECODE.name,
}

#: The command of the application to compare with.
BARE = [sys.executable, __file__]


def served(http: str) -> list[str]:
    """The command of a server on memory, without access control. *http*: who speaks HTTP."""
    options = ["--storage", "memory", "--insecure-no-auth", "--http", http]
    return [sys.executable, "-m", "kregistry", "serve", *options]


@contextmanager
def serving(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A server in a process: its port and its pid."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as running:
        assert running.stdout is not None
        try:
            yield int(running.stdout.readline().rpartition(":")[2]), running.pid
        finally:
            running.terminate()
            running.wait(PATIENCE)


def resident(pid: int) -> float:
    """Bytes that a process has in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) * 1024
    raise ValueError("no VmRSS")


class Client:
    """One connection, and as little of HTTP as it takes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, method: str, path: str, body: bytes = b"", *, code: int = 200) -> bytes:
        """The body of the answer, which must have that code."""
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        if body:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self._socket.sendall(f"{head}\r\n".encode() + body)
        answered = int(self._file.readline().split()[1])
        length = self._length()
        data = self._chunks() if length is None else self._file.read(length)
        assert answered == code, data
        return data

    def _length(self) -> int | None:
        """Read the headers; None where the body comes in chunks."""
        length: int | None = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.lower().partition(b":")
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                length = None
        return length

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self._file.readline(), 16):
            parts.append(self._file.read(size))
            self._file.readline()
        self._file.readline()
        return b"".join(parts)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._socket.close()


class Bare:
    """Answers constant bytes, what it was sent, and streams of one constant event."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._happened = asyncio.Event()

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        method, path = scope["method"], scope["path"]
        answer = self._kept.get(path, b"{}")
        if method in ("POST", "PUT"):
            body = await _body(receive)
            if method == "PUT":
                self._kept[path] = body
            else:
                answer = json.dumps(json.loads(body)).encode()
        if path == "/event":
            self._happened.set()
            self._happened = asyncio.Event()
        headers = [(b"content-type", b"application/json")]
        if path != "/stream":
            headers.append((b"content-length", b"%d" % len(answer)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while path == "/stream":
            await self._happened.wait()
            event = self._kept["/constant"] + b"\n"
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": answer})


async def _body(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def main() -> None:
    """Serve the application to compare with."""
    import uvicorn

    from kregistry.server.hosts import listening_socket

    options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off"}
    config = uvicorn.Config(Bare(), timeout_graceful_shutdown=1, **options)
    with listening_socket("127.0.0.1", 0) as sock:
        print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    main()
