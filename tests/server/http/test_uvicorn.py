"""The application under uvicorn, over real sockets, with either of its parsers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from asking import CONFIGMAPS, Client, config_map
from rawclient import RawClient, message
from test_smuggling import BODY, CHUNKED, LENGTH, ONE_CHUNK, SECOND, post
from uvicornthread import Running, under_uvicorn

from kregistry.server import APIServer
from kregistry.server.http.limits import Limits

PARSERS = ("h11", "httptools")


@pytest.fixture(params=PARSERS)
def uvicorn(request: pytest.FixtureRequest, server: APIServer) -> Iterator[Running]:
    with under_uvicorn(server, http=request.param) as running:
        yield running


def test_a_client_creates_reads_and_watches(uvicorn: Running) -> None:
    with RawClient(uvicorn.port) as raw, RawClient(uvicorn.port) as watching:
        watching.say(message("GET", f"{CONFIGMAPS}?watch=1"))
        status, fields = watching.hear_head()
        assert (status, fields["transfer-encoding"]) == (200, "chunked")
        assert raw.ask(message("POST", CONFIGMAPS, json.dumps(config_map()).encode())).status == 201
        assert raw.get(f"{CONFIGMAPS}/a").document["metadata"]["name"] == "a"
        assert raw.ask(message("HEAD", "/readyz"), method="HEAD").status == 200
        piece = watching.hear_chunk()
        assert piece is not None
        assert json.loads(piece)["type"] == "ADDED"


@pytest.mark.parametrize("http", PARSERS)
def test_stopping_ends_watches_with_their_regular_end(server: APIServer, http: str) -> None:
    with under_uvicorn(server, http=http) as running:
        watching = [RawClient(running.port) for _ in range(10)]
        for each in watching:
            each.say(message("GET", f"{CONFIGMAPS}?watch=1"))
            assert each.hear_head()[0] == 200
    for each in watching:
        assert each.hear_chunk() == b""
        assert each.hears_the_end()
        each.close()


def test_a_body_that_is_too_long_is_refused(uvicorn: Running) -> None:
    with RawClient(uvicorn.port) as raw:
        heard = raw.ask(message("POST", CONFIGMAPS, content_length="4000000"))
        assert (heard.status, heard.document["reason"]) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize("http", PARSERS)
def test_a_head_that_does_not_come_is_not_waited_for(server: APIServer, http: str) -> None:
    with under_uvicorn(server, http=http, limits=Limits(head_seconds=0.2)) as running:
        for said in (b"", b"GET /readyz HTTP/1.1\r\n"):
            with RawClient(running.port) as raw:
                assert raw.say(said).hears_the_end()
        with RawClient(running.port) as raw:
            assert raw.get("/readyz").status == 200
            assert raw.say(b"GET ").hears_the_end()


SMUGGLED = {
    "length and coding": post(LENGTH + CHUNKED, ONE_CHUNK),
    "two lengths": post(LENGTH + b"content-length: 0\r\n"),
    "a length with a plus": post(b"content-length: +%d\r\n" % len(BODY)),
    "a coding with a prefix": post(b"transfer-encoding: xchunked\r\n", ONE_CHUNK),
    "a space before the colon": post(b"content-length : %d\r\n" % len(BODY)),
    "a zero byte in a value": post(b"a: \x00\r\n" + LENGTH),
    "a chunk with two bytes too many": post(CHUNKED, b"%x\r\n%bxx0\r\n\r\n" % (len(BODY), BODY)),
}


@pytest.mark.parametrize("sent", SMUGGLED.values(), ids=SMUGGLED)
def test_nothing_is_smuggled_past_the_parser(uvicorn: Running, client: Client, sent: bytes) -> None:
    """What is refused is up to uvicorn; what rides behind a refused request must not be done."""
    assert client.post(CONFIGMAPS, config_map("kept")).status == 201
    with RawClient(uvicorn.port) as raw:
        assert raw.ask(sent + SECOND).status >= 400
        assert raw.hears_the_end()
    assert client.get(f"{CONFIGMAPS}/kept").status == 200
