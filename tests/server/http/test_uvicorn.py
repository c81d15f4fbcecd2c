"""The application under uvicorn, over real sockets, with either of its parsers."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from asking import CONFIGMAPS, Client, config_map
from hypothesis import given
from hypothesis import strategies as st
from rawclient import PATIENCE, RawClient, message
from test_smuggling import BODY, CHUNKED, LENGTH, ONE_CHUNK, SECOND, post
from uvicornthread import Running, under_uvicorn

from kregistry.meta.object import Object
from kregistry.server import APIServer, Settings, TokenAuthenticator, UserInfo
from kregistry.server.http.limits import Limits
from kregistry.server.uvicornserver import Head
from kregistry.storage import Interface

PARSERS = ("h11", "httptools")
SMUGGLED_PATH = f"{CONFIGMAPS}/smuggled"


@pytest.fixture(params=PARSERS)
def uvicorn_of(request: pytest.FixtureRequest) -> Iterator[Callable[[APIServer], Running]]:
    with ExitStack() as stack:
        yield lambda server: stack.enter_context(under_uvicorn(server, http=request.param))


@pytest.fixture
def uvicorn(uvicorn_of: Callable[[APIServer], Running], server: APIServer) -> Running:
    return uvicorn_of(server)


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
    "bare line feeds": post(LENGTH).replace(b"\r\n", b"\n"),
    "one bare line feed": post(LENGTH).replace(b"\r\ncontent-length", b"\ncontent-length"),
    "two carriage returns": post(b"a: b\r\r\n" + LENGTH),
    "a folded line": post(b"a: b\r\n c\r\n" + LENGTH),
    "a folded coding": post(b"transfer-encoding:\r\n chunked\r\n", ONE_CHUNK),
    "a line folded with a tab": post(b"a: b\r\n\tc\r\n" + LENGTH),
    "no host": post(LENGTH).replace(b"host: 127.0.0.1\r\n", b""),
    "more fields than anybody has": post(b"a: b\r\n" * 101 + LENGTH),
}

UNSOUND = ("bare line feeds", "one bare line feed", "two carriage returns", "a folded line")


@pytest.mark.parametrize("sent", SMUGGLED.values(), ids=SMUGGLED)
def test_nothing_is_smuggled_past_the_parser(uvicorn: Running, client: Client, sent: bytes) -> None:
    """What is refused is up to uvicorn; what rides behind a refused request must not be done."""
    assert client.post(CONFIGMAPS, config_map("kept")).status == 201
    with RawClient(uvicorn.port) as raw:
        assert raw.ask(sent + SECOND).status >= 400
        assert raw.hears_the_end()
    assert client.get(f"{CONFIGMAPS}/kept").status == 200


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("name", UNSOUND)
def test_it_does_not_matter_how_a_head_is_cut(name: str, size: int) -> None:
    sent, head = SMUGGLED[name], Head(4096)
    pieces = [sent[at : at + size] for at in range(0, len(sent) - len(BODY), size)]
    assert False in [head.accepts(piece) for piece in pieces]


@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b" ", b"\t", b"a"]), max_size=12))
def test_a_head_in_one_piece_is_judged_like_one_that_comes_byte_by_byte(parts: list[bytes]) -> None:
    sent, slow = b"".join(parts) + b"\r\n\r\n", Head(4096)
    sent = sent[: sent.index(b"\r\n\r\n") + 4]
    assert Head(4096).accepts(sent) == all(slow.accepts(bytes([byte])) for byte in sent)


@given(body=st.binary(max_size=40), size=st.integers(1, 50), limit=st.integers(0, 60))
def test_a_sound_head_is_accepted_up_to_its_limit_whatever_follows(
    body: bytes, size: int, limit: int
) -> None:
    sent, head = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", Head(limit)
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    pieces[-1] += body
    accepted = [head.accepts(piece) for piece in pieces]
    assert all(accepted) == (len(sent) - 2 <= limit)


def test_fields_behind_a_body_are_no_credentials(
    memory: Interface[Object], uvicorn_of: Callable[[APIServer], Running]
) -> None:
    tokens = TokenAuthenticator({"good": UserInfo(name="bob")})
    server = APIServer(memory, Settings(authenticator=tokens))
    server.create_namespaces()
    trailer = b"authorization: Bearer good\r\n\r\n"
    with RawClient(uvicorn_of(server).port) as raw:
        assert raw.ask(post(CHUNKED, ONE_CHUNK[:-2] + trailer)).status in (400, 401)
    assert Client(server, {"authorization": "Bearer good"}).get(SMUGGLED_PATH).status == 404


@pytest.mark.parametrize("filler", [b"x" * 4096, b"a: b\r\n" * 512], ids=["a value", "fields"])
def test_a_head_without_end_is_cut_off(uvicorn: Running, filler: bytes) -> None:
    """What the sockets between the two hold is sent at most, not hundreds of megabytes."""
    with RawClient(uvicorn.port) as raw:
        raw.say(b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\na: b\r\nb: ")
        with pytest.raises(ConnectionError):
            raw.socket.sendall(filler * 10_000)


def test_a_head_may_be_as_long_as_the_limit(uvicorn: Running) -> None:
    with RawClient(uvicorn.port) as raw:
        assert raw.get("/readyz", a="b" * 60_000).status == 200


def test_half_open_connections_keep_nobody_out(uvicorn: Running) -> None:
    with ExitStack() as stack:
        for number in range(300):
            raw = stack.enter_context(RawClient(uvicorn.port))
            raw.say((b"", b"GET ", message("POST", CONFIGMAPS, content_length="9"))[number % 3])
        assert stack.enter_context(RawClient(uvicorn.port)).get("/readyz").status == 200


def test_where_there_are_too_many_who_asked_for_nothing_goes(uvicorn: Running) -> None:
    uvicorn.allow(3)
    with ExitStack() as stack:
        watching = stack.enter_context(RawClient(uvicorn.port))
        watching.say(message("GET", f"{CONFIGMAPS}?watch=1"))
        assert watching.hear_head()[0] == 200
        idle = [stack.enter_context(RawClient(uvicorn.port)) for _ in range(4)]
        for each in idle[:2]:
            assert each.hears_the_end()
        assert idle[3].get("/readyz").status == 200
        body = json.dumps(config_map()).encode()
        assert idle[3].ask(message("POST", CONFIGMAPS, body)).status == 201
        assert watching.hear_chunk()


def test_a_process_can_open_more_files_than_it_has_connections(uvicorn: Running) -> None:
    resource = pytest.importorskip("resource")
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert uvicorn.allowed in (math.inf, max(1, files - 128))


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system does not offer it")
@pytest.mark.parametrize("http", PARSERS)
def test_an_answer_that_nobody_takes_is_not_kept(
    server: APIServer, client: Client, http: str
) -> None:
    """After some time the rest of it is gone, which a client learns who begins to read then."""
    size = 1_000_000
    for number in range(20):
        client.post(CONFIGMAPS, config_map(f"big-{number}", a="x" * size))
    with under_uvicorn(server, http=http, limits=Limits(write_seconds=0.5)) as running:
        with RawClient(running.port) as raw:
            raw.say(message("GET", CONFIGMAPS))
            wait_until(lambda: running.connections == 1)
            wait_until(lambda: running.connections == 0)
            with pytest.raises((ConnectionError, AssertionError)):
                assert len(raw.hear().body) > 20 * size
        with RawClient(running.port) as raw:
            assert len(raw.get(CONFIGMAPS).body) > 20 * size


def wait_until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < end
        threading.Event().wait(0.02)
