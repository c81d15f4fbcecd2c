"""Requests and watches over HTTP, each beside a bare uvicorn application.

Servers run in processes of their own, so that the client does not share their interpreter. The
times are the client's, by the wall, of one request after the other on one connection.

Every server answers so many requests in its slice of a cycle. Filled by time, a slice would hold
20 POSTs to the bare application and 3 to ours, and the first one after a pause is slow for
everybody, because caches hold what another process has left there: 471 us where the next take
166, and 1,810 where ours take 1,130. Of 20 that is a tenth, of 3 a fifth.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count

import attrs
from bench import Bench
from figures import Figure, NotMeasured, line
from measuring import OURS, WALL, Call, Samples, Spread
from pods import TREE
from servers import BARE, PATIENCE, Client, resident, served, serving

PODS = "/api/v1/namespaces/default/pods"
PAGE = 500
_BARE = "bare uvicorn"

#: Requests to each server in a slice.
_REQUESTS = 30
_THREADED = "--http threaded"


@contextmanager
def clients(bench: Bench) -> Iterator[Mapping[str, Client]]:
    """Servers with 500 Pods, and the bare application that holds the same bytes."""
    require_uvicorn()
    commands = {OURS: served("uvicorn"), _THREADED: served("threaded"), _BARE: BARE}
    with ExitStack() as stack:
        found: dict[str, Client] = {}
        for name, command in commands.items():
            port, _ = stack.enter_context(serving(command))
            found[name] = stack.enter_context(Client(port))
        for number in range(PAGE):
            for name in (OURS, _THREADED):
                found[name].ask("POST", PODS, body_of(number), code=201)
        found[_BARE].ask("PUT", "/constant", found[OURS].ask("GET", f"{PODS}/p0"))
        found[_BARE].ask("PUT", "/page", found[OURS].ask("GET", PODS))
        yield found


def require_uvicorn() -> None:
    """See that there is something to compare with.

    Raises:
        NotMeasured: There is not.
    """
    if importlib.util.find_spec("uvicorn") is None:
        raise NotMeasured("uvicorn is not installed; it comes with kregistry[server]")


def body_of(number: int | str) -> bytes:
    """A Pod as a client sends it."""
    tree = {
        **TREE,
        "metadata": {"name": f"p{number}", "labels": TREE["metadata"]["labels"]},
    }
    tree.pop("status", None)
    return json.dumps(tree).encode()


def _beside_bare(bench: Bench, make: Callable[[str, Client], Call]) -> Figure:
    found = bench.shared(clients)
    calls = {name: make(name, client) for name, client in found.items()}
    samples = bench.alternate(calls, clock=WALL, repeats=_REQUESTS)
    return Figure.ratio(samples, to=_BARE, note=f"by the wall, {_REQUESTS} in a slice")


@line("http: GET of a Pod", at_most=2)
def get(bench: Bench) -> Figure:
    found = bench.shared(clients)
    first = found[OURS].ask("GET", f"{PODS}/p0")
    assert first == found[_BARE].ask("GET", "/constant")
    assert json.loads(first)["metadata"]["name"] == "p0"

    def getting(name: str, client: Client) -> Call:
        numbers = count()
        if name == _BARE:
            return lambda: client.ask("GET", "/constant")
        return lambda: client.ask("GET", f"{PODS}/p{next(numbers) % PAGE}")

    return _beside_bare(bench, getting)


@line("http: list of 500 Pods", at_most=3)
def listing(bench: Bench) -> Figure:
    found = bench.shared(clients)
    page = found[OURS].ask("GET", PODS)
    assert len(json.loads(page)["items"]) == PAGE
    assert len(page) == len(found[_BARE].ask("GET", "/page"))
    return _beside_bare(
        bench,
        lambda name, client: lambda: client.ask("GET", "/page" if name == _BARE else PODS),
    )


@line("http: POST of a Pod, on memory", at_most=2.5)
def post(bench: Bench) -> Figure:
    """After the list, which it would make longer."""

    sent = body_of("-NUMBER")

    def posting(name: str, client: Client) -> Call:
        numbers = count()
        path, code = ("/parse", 200) if name == _BARE else (PODS, 201)
        return lambda: client.ask(
            "POST", path, sent.replace(b"NUMBER", b"%07d" % next(numbers)), code=code
        )

    return _beside_bare(bench, posting)


@attrs.frozen
class FanOut:
    """Many watches on one server.

    Attributes:
        each: Bytes of memory for one of them.
        delays: Seconds from before a POST until all have its event.
    """

    each: float
    delays: list[float]


@contextmanager
def fan_out(bench: Bench) -> Iterator[Mapping[str, FanOut]]:
    """1,000 watches, of our server and of the bare one."""
    require_uvicorn()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    found = {}
    for name, command, stream, event in (
        (OURS, served("uvicorn"), f"{PODS}?watch=1", PODS),
        (_BARE, BARE, "/stream", "/event"),
    ):
        with serving(command) as (port, pid):
            if name == _BARE:
                with Client(port) as client:
                    client.ask("PUT", "/constant", body_of(0))
            found[name] = asyncio.run(_fan_out(port, pid, stream, event, bench.either(5, 15)))
    yield found


async def _fan_out(port: int, pid: int, stream: str, event: str, events: int) -> FanOut:
    before, watchers = resident(pid), 1000
    streams = [await _opened(port, stream) for _ in range(watchers)]
    each = (resident(pid) - before) / watchers
    delays = []
    for number in range(events):
        waiting = [asyncio.ensure_future(reader.readuntil(b"}\n\r\n")) for reader, _ in streams]
        await asyncio.sleep(0.1)  # until the server rests, too
        begin = WALL()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_post(event, body_of(number)))
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*waiting)
        delays.append(WALL() - begin)
        writer.close()
    for _, writer in streams:
        writer.close()
    return FanOut(each, delays)


async def _opened(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def _post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


@line("http: 1,000 watches, one event to all", at_most=150, unit="ms")
def event_to_all(bench: Bench) -> Figure:
    samples = Samples({name: each.delays for name, each in bench.shared(fan_out).items()})
    return Figure.time(samples, 1e-3, note="from before the POST, the reading client included")


@line("http: memory of a watch", at_most=60, unit="KiB")
def memory_of_a_watch(bench: Bench) -> Figure:
    found = {name: Spread.exactly(each.each) for name, each in bench.shared(fan_out).items()}
    ours = found.pop(OURS)
    return Figure(value=ours.median / 1024, ours=ours, peers=found, scale="B", note="one of 1,000")


LINES = (get, listing, post, event_to_all, memory_of_a_watch)
