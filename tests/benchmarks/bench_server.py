"""What HTTP costs: start, requests and watches, each beside a bare uvicorn application.

``python tests/benchmarks/bench_server.py [--quick] [--json]``

The servers run in processes of their own, so that the client does not share their interpreter.
The bare application answers constant bytes, or parses what it is sent and answers JSON: what is
above it is the price of the API. Ratios are times: 2.0 takes twice as long.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

POD = json.loads((Path(__file__).parent / "pod.json").read_text())
PODS = "/api/v1/namespaces/default/pods"
OURS = [sys.executable, "-m", "kregistry", "serve", "--storage", "memory", "--insecure-no-auth"]
BARE = [sys.executable, __file__, "--bare"]
PATIENCE = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare()
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    rounds, watchers = (200, 100) if options.quick else (2000, 1000)
    found = {**start(), **requests(rounds), **fan_out(watchers)}
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:<58} {value:>12.3f}")


def start() -> dict[str, float]:
    """Milliseconds until the first answer is there."""
    within = []
    code = (
        "import time, http.client\n"
        "from kregistry.server import APIServer\n"
        "from kregistry.server.threaded import ThreadedServer\n"
        "from kregistry.storage import Config, factory\n"
        "for _ in range(5):\n"
        "    begun = time.perf_counter()\n"
        "    with factory.create(Config()) as storage:\n"
        "        server = APIServer(storage)\n"
        "        server.create_namespaces()\n"
        "        with ThreadedServer(server) as running:\n"
        "            client = http.client.HTTPConnection('127.0.0.1', running.port)\n"
        "            client.request('GET', '/api/v1/namespaces/default')\n"
        "            assert client.getresponse().read()\n"
        "            print((time.perf_counter() - begun) * 1000)\n"
        "            client.close()\n"
    )
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        within.append([float(line) for line in done.stdout.split()])
    found = {
        "start to first answer in-process, first server, ms": min(run[0] for run in within),
        "start to first answer in-process, a later one, ms": min(min(run) for run in within),
    }
    for name, command in (("bare uvicorn", BARE), *_servers().items()):
        found[f"start to first answer of a process, {name}, ms"] = min(
            _started(command) for _ in range(3)
        )
    return found


def _started(command: list[str]) -> float:
    begun = time.perf_counter()
    with process(command) as (port, _), Client(port) as client:
        client.ask("GET", "/constant" if command is BARE else "/readyz")
        return (time.perf_counter() - begun) * 1000


def _servers() -> dict[str, list[str]]:
    return {http: [*OURS, "--http", http] for http in ("threaded", "uvicorn")}


def requests(rounds: int) -> dict[str, float]:
    """Microseconds of a request, one after the other, and ratios to the bare application."""
    pod = json.dumps(POD).encode()
    page = json.dumps({"items": [POD] * 500}).encode()
    found: dict[str, float] = {}
    with process(BARE) as (port, _), Client(port) as client:
        client.ask("POST", "/page", page)
        bare = {
            "get": timed(lambda _: client.ask("GET", "/constant"), rounds),
            "create": timed(lambda _: client.ask("POST", "/parse", pod), rounds),
            "list of 500": timed(lambda _: client.ask("GET", "/page"), rounds // 20),
        }
    found |= {f"bare uvicorn {verb}, us": value for verb, value in bare.items()}
    for name, command in _servers().items():
        with process(command) as (port, _), Client(port) as client:
            ours = {
                "create": timed(lambda n: client.ask("POST", PODS, _pod(n), code=201), 500),
                "list of 500": timed(lambda _: client.ask("GET", PODS), rounds // 20),
                "get": timed(lambda n: client.ask("GET", f"{PODS}/p{n % 500}"), rounds),
            }
        for verb, value in ours.items():
            found[f"{name} {verb}, us"] = value
            found[f"{name} {verb}, requests per second"] = 1e6 / value
            found[f"{name} {verb}, ratio to bare"] = value / bare[verb]
    return found


def _pod(number: int) -> bytes:
    metadata = {"name": f"p{number}", "labels": POD["metadata"].get("labels", {})}
    document = {**POD, "metadata": metadata}
    document.pop("status", None)
    return json.dumps(document).encode()


def timed(call: Callable[[int], Any], rounds: int) -> float:
    """Median microseconds."""
    took = []
    for number in range(rounds):
        begun = time.perf_counter()
        call(number)
        took.append((time.perf_counter() - begun) * 1e6)
    return statistics.median(took)


def fan_out(watchers: int) -> dict[str, float]:
    """Memory of each of many watches, and the time until all of them have one event."""
    found: dict[str, float] = {}
    until = f"{watchers} watches, ms until all have an event"
    for name, command, path in (
        ("bare uvicorn", BARE, "/stream"),
        ("uvicorn", [*OURS, "--http", "uvicorn"], f"{PODS}?watch=1"),
    ):
        with process(command) as (port, pid):
            memory, seconds = asyncio.run(_fan_out(port, pid, path, watchers))
        found[f"{name}, {watchers} watches, kB of each"] = memory
        found[f"{name}, {until}"] = seconds * 1000
    found[f"{watchers} watches, ratio to bare"] = (
        found[f"uvicorn, {until}"] / found[f"bare uvicorn, {until}"]
    )
    return found


async def _fan_out(port: int, pid: int, path: str, watchers: int) -> tuple[float, float]:
    before = resident(pid)
    streams = []
    for _ in range(watchers):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        streams.append((reader, writer))
    each = (resident(pid) - before) / watchers
    took = []
    for number in range(5):
        waiting = [asyncio.ensure_future(reader.readuntil(b"}\n\r\n")) for reader, _ in streams]
        await asyncio.sleep(0)
        begun = time.perf_counter()
        body = _pod(number)
        where = "/event" if path == "/stream" else PODS
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST {where} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*waiting)
        took.append(time.perf_counter() - begun)
        writer.close()
    for _, writer in streams:
        writer.close()
    return each, statistics.median(took)


def resident(pid: int) -> float:
    """Kilobytes that a process has in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1])
    raise ValueError("no VmRSS")


@contextmanager
def process(command: list[str]) -> Iterator[tuple[int, int]]:
    """A server in a process: its port and its pid."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield int(running.stdout.readline().rpartition(":")[2]), running.pid
        finally:
            running.terminate()
            running.wait(PATIENCE)


class Client:
    """One connection, and as little of HTTP as it takes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, method: str, path: str, body: bytes = b"", *, code: int = 200) -> bytes:
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        if body:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self._socket.sendall(f"{head}\r\n".encode() + body)
        assert int(self._file.readline().split()[1]) == code
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        return self._file.read(length)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._socket.close()


def bare() -> None:
    """The application to compare with: no API, only what it takes to answer."""
    import uvicorn

    from kregistry.server.hosts import listening_socket

    options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off"}
    config = uvicorn.Config(Bare(), timeout_graceful_shutdown=1, **options)
    with listening_socket("127.0.0.1", 0) as sock:
        print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[sock])


class Bare:
    """Answers constant bytes, what it was sent, and streams of one constant event."""

    def __init__(self) -> None:
        self._constant = json.dumps(POD).encode()
        self._page = b""
        self._happened = asyncio.Event()

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        answer = self._constant
        if scope["method"] == "POST":
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            if scope["path"] == "/page":
                self._page = body
            answer = json.dumps(json.loads(body)).encode()
        if scope["path"] == "/event":
            self._happened.set()
            self._happened = asyncio.Event()
        if scope["method"] == "GET" and scope["path"] == "/page":
            answer = self._page
        headers = [(b"content-type", b"application/json")]
        if scope["path"] != "/stream":
            headers.append((b"content-length", b"%d" % len(answer)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while scope["path"] == "/stream":
            await self._happened.wait()
            await send({"type": "http.response.body", "body": answer + b"\n", "more_body": True})
        await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    main()
