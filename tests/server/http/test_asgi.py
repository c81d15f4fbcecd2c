"""The application of ASGI, driven by hand as a server would drive it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asking import CONFIGMAPS, Client, config_map
from rawclient import PATIENCE

from kregistry.server import Answer, APIServer, Request
from kregistry.server.asgi import ASGIApplication
from kregistry.server.hosts import Hosts
from kregistry.server.http.limits import Limits

Message = dict[str, Any]


class Exchange:
    """One request, and what the application sends."""

    def __init__(self, application: ASGIApplication, scope: Message, *sent: Message) -> None:
        self._application = application
        self._scope = scope
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Message] = asyncio.Queue()
        for message in sent:
            self.incoming.put_nowait(message)

    async def run(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._application(self._scope, self.incoming.get, self.outgoing.put)

    async def next(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return dict(await self.outgoing.get())

    def told(self) -> list[Message]:
        return [self.outgoing.get_nowait() for _ in range(self.outgoing.qsize())]


def scope(method: str, target: str, **headers: str) -> Message:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def body(data: bytes = b"", *, more: bool = False) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


def answered(
    application: ASGIApplication, scope: Message, *sent: Message
) -> tuple[int, Message, bytes]:
    """Status, header fields and body."""

    async def main() -> list[Message]:
        exchange = Exchange(application, scope, *(sent or (body(),)))
        await exchange.run()
        return exchange.told()

    start, *rest = asyncio.run(main())
    assert [piece["more_body"] for piece in rest] == [True] * (len(rest) - 1) + [False]
    fields = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], fields, b"".join(piece["body"] for piece in rest)


def watching(
    application: ASGIApplication, then: Callable[[Exchange], Awaitable[None]]
) -> list[Message]:
    """What is told after the header fields of a watch while *then* goes on."""

    async def main() -> list[Message]:
        exchange = Exchange(application, scope("GET", f"{CONFIGMAPS}?watch=1"), body())
        running = asyncio.ensure_future(exchange.run())
        assert (await exchange.next())["status"] == 200
        assert await exchange.next() == {
            "type": "http.response.body",
            "body": b"",
            "more_body": True,
        }
        await then(exchange)
        await running
        return exchange.told()

    return asyncio.run(main())


@pytest.fixture(params=[0, 2], ids=["on the loop", "in threads"])
def application(request: pytest.FixtureRequest, server: APIServer) -> ASGIApplication:
    return ASGIApplication(server, threads=request.param)


def test_a_request_is_answered(application: ASGIApplication) -> None:
    data = json.dumps(config_map()).encode()
    asked = scope("POST", CONFIGMAPS, **{"content-type": "application/json"})
    status, fields, told = answered(application, asked, body(data[:9], more=True), body(data[9:]))
    assert (status, json.loads(told)["metadata"]["name"]) == (201, "a")
    assert fields["content-length"] == str(len(told))


def test_head_has_no_body(application: ASGIApplication) -> None:
    status, fields, told = answered(application, scope("HEAD", "/readyz"))
    assert (status, fields["content-length"], told) == (200, "2", b"")


def test_escapes_of_the_path_are_resolved_once(application: ASGIApplication) -> None:
    asked = scope("GET", "/readyz")
    assert answered(application, {**asked, "raw_path": b"/%72eadyz"})[0] == 200
    assert answered(application, {**asked, "raw_path": b"/%2572eadyz"})[0] == 404
    assert answered(application, {**asked, "raw_path": b"/%zz"})[0] == 400
    assert answered(application, {**asked, "raw_path": None, "path": "/readyz"})[0] == 200


def test_an_application_may_be_mounted_below_a_path(application: ASGIApplication) -> None:
    asked = {**scope("GET", "/kube/readyz"), "root_path": "/kube"}
    assert answered(application, asked)[::2] == (200, b"ok")


def test_pages_of_strangers_are_recognized(server: APIServer) -> None:
    asked = scope("GET", "/api", host="evil.example")
    assert answered(ASGIApplication(server), asked)[0] == 403
    assert (
        answered(ASGIApplication(server, hosts=Hosts(None)), scope("GET", "/readyz", host="x"))[0]
        == 200
    )


def test_a_body_that_is_too_long_is_refused_unread(application: ASGIApplication) -> None:
    asked = scope("POST", CONFIGMAPS, **{"content-length": "3145729"})
    status, _, told = answered(application, asked)
    assert (status, json.loads(told)["reason"]) == (413, "RequestEntityTooLarge")


def test_pieces_that_add_up_to_too_much_are_refused(application: ASGIApplication) -> None:
    piece = body(b"x" * 0x100000, more=True)
    assert answered(application, scope("POST", CONFIGMAPS), *[piece] * 4)[0] == 413


def test_a_body_that_does_not_come_is_not_waited_for(server: APIServer) -> None:
    application = ASGIApplication(server, limits=Limits(body_seconds=0.05))
    assert answered(application, scope("POST", CONFIGMAPS), body(b"{", more=True))[0] == 504


def test_a_client_that_leaves_in_its_body_changes_nothing(
    application: ASGIApplication, client: Client
) -> None:
    async def main() -> list[Message]:
        sent = body(json.dumps(config_map()).encode(), more=True)
        exchange = Exchange(
            application, scope("POST", CONFIGMAPS), sent, {"type": "http.disconnect"}
        )
        await exchange.run()
        return exchange.told()

    assert asyncio.run(main()) == []
    assert client.get(f"{CONFIGMAPS}/a").status == 404


def test_events_come_one_by_one(application: ASGIApplication, client: Client) -> None:
    async def then(exchange: Exchange) -> None:
        for name in ("one", "two"):
            client.post(CONFIGMAPS, config_map(name))
            frame = await exchange.next()
            assert frame["more_body"]
            assert json.loads(frame["body"])["object"]["metadata"]["name"] == name
        application.end()

    assert watching(application, then) == [
        {"type": "http.response.body", "body": b"", "more_body": False}
    ]


def test_a_client_that_leaves_ends_its_watch(application: ASGIApplication) -> None:
    async def then(exchange: Exchange) -> None:
        await exchange.incoming.put({"type": "http.disconnect"})

    watching(application, then)


def test_a_watch_takes_no_thread(application: ASGIApplication) -> None:
    async def main() -> None:
        asked = scope("GET", f"{CONFIGMAPS}?watch=1")
        exchanges = [Exchange(application, asked, body()) for _ in range(200)]
        running = [asyncio.ensure_future(each.run()) for each in exchanges]
        for each in exchanges:
            assert (await each.next())["status"] == 200
        assert threading.active_count() < 20
        application.end()
        await asyncio.gather(*running)

    asyncio.run(main())


def test_a_watch_that_begins_at_the_end_ends_at_once(application: ASGIApplication) -> None:
    application.end()
    assert answered(application, scope("GET", f"{CONFIGMAPS}?watch=1"))[::2] == (200, b"")


class Slow:
    """An APIServer that answers when it is told to."""

    def __init__(self, server: APIServer) -> None:
        self._server = server
        self.settings = server.settings
        self.go = threading.Event()

    def handle(self, request: Request, **more: Any) -> Answer:
        assert self.go.wait(PATIENCE)
        return self._server.handle(request, **more)


@pytest.mark.parametrize("target", ["/readyz", f"{CONFIGMAPS}?watch=1"])
def test_an_answer_that_takes_too_long_is_not_waited_for(server: APIServer, target: str) -> None:
    slow: Any = Slow(server)
    application = ASGIApplication(slow, limits=Limits(request_seconds=0.05))
    status, _, told = answered(application, scope("GET", target))
    slow.go.set()
    assert (status, json.loads(told)["reason"]) == (504, "Timeout")


def test_a_client_may_say_how_long_it_waits(server: APIServer) -> None:
    slow: Any = Slow(server)
    application = ASGIApplication(slow)
    status, _, told = answered(application, scope("GET", "/readyz?timeout=50ms"))
    slow.go.set()
    assert (status, json.loads(told)["reason"]) == (504, "Timeout")


@pytest.mark.parametrize("timeout", ["x", "0", "-1s", "1h"])
def test_another_wish_does_not_end_an_answer_early(server: APIServer, timeout: str) -> None:
    application = ASGIApplication(server)
    status, _, _ = answered(application, scope("GET", f"/readyz?timeout={timeout}"))
    assert status == (400 if timeout == "x" else 200)


def test_too_many_requests_at_once_are_turned_away(server: APIServer) -> None:
    slow: Any = Slow(server)
    application = ASGIApplication(slow, limits=Limits(requests=2))

    async def main() -> list[int]:
        exchanges = [Exchange(application, scope("GET", "/readyz"), body()) for _ in range(3)]
        running = [asyncio.ensure_future(each.run()) for each in exchanges]
        refused = await exchanges[2].next()
        assert (b"retry-after", b"1") in refused["headers"]
        slow.go.set()
        await asyncio.gather(*running)
        return [refused["status"], *[(await each.next())["status"] for each in exchanges[:2]]]

    assert asyncio.run(main()) == [429, 200, 200]


def test_the_life_of_the_application_is_told(application: ASGIApplication) -> None:
    async def main() -> list[Message]:
        sent = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
        exchange = Exchange(application, {"type": "lifespan"}, *sent)
        await exchange.run()
        return exchange.told()

    told = [message["type"] for message in asyncio.run(main())]
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    ("extensions", "told"),
    [
        ({}, ["websocket.close"]),
        (
            {"websocket.http.response": {}},
            ["websocket.http.response.start", "websocket.http.response.body"],
        ),
    ],
)
def test_websockets_are_refused(
    application: ASGIApplication, extensions: Message, told: list[str]
) -> None:
    async def main() -> list[Message]:
        asked = {"type": "websocket", "path": "/", "headers": [], "extensions": extensions}
        exchange = Exchange(application, asked, {"type": "websocket.connect"})
        await exchange.run()
        return exchange.told()

    assert [message["type"] for message in asyncio.run(main())] == told


def test_what_asgi_does_not_know_is_an_error(application: ASGIApplication) -> None:
    with pytest.raises(ValueError, match="unknown type of scope: mail"):
        asyncio.run(Exchange(application, {"type": "mail"}).run())
