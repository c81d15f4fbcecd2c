"""The threaded server: what an honest client of HTTP/1.1 may rely on."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable

import pytest
from asking import CONFIGMAPS, Client, config_map
from rawclient import PATIENCE, RawClient, message

from kregistry.server import APIServer
from kregistry.server.hosts import UnsafeAddress
from kregistry.server.threaded import ThreadedServer


def created(raw: RawClient, name: str = "a") -> int:
    body = json.dumps(config_map(name)).encode()
    return raw.ask(message("POST", CONFIGMAPS, body)).status


def test_a_server_listens_on_loopback_and_on_a_port_of_its_own(running: ThreadedServer) -> None:
    assert running.url == f"http://127.0.0.1:{running.port}"
    assert running.port > 0


def test_the_standard_client_creates_and_reads(running: ThreadedServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
    client.request(
        "POST", CONFIGMAPS, json.dumps(config_map()), {"Content-Type": "application/json"}
    )
    answer = client.getresponse()
    made = json.loads(answer.read())
    assert (answer.status, made["metadata"]["name"]) == (201, "a")
    client.request("GET", f"{CONFIGMAPS}/a")
    answer = client.getresponse()
    assert json.loads(answer.read()) == made
    assert answer.headers["audit-id"]
    assert answer.headers["date"].endswith(" GMT")
    client.close()


def test_a_connection_serves_one_request_after_the_other(raw: RawClient) -> None:
    assert [raw.get("/readyz").body for _ in range(20)] == [b"ok"] * 20


def test_a_client_may_ask_for_the_end_of_the_connection(raw: RawClient) -> None:
    heard = raw.get("/readyz", connection="Close")
    assert (heard.status, heard.fields["connection"]) == (200, "close")
    assert raw.hears_the_end()


def test_http_1_0_gets_an_answer_and_the_end(raw: RawClient) -> None:
    heard = raw.ask(b"GET /readyz HTTP/1.0\r\n\r\n")
    assert (heard.status, heard.body, heard.fields["connection"]) == (200, b"ok", "close")
    assert raw.hears_the_end()


def test_http_1_0_watches_without_chunks(raw: RawClient, running: ThreadedServer) -> None:
    raw.say(b"GET /api/v1/namespaces?watch=1&timeoutSeconds=1 HTTP/1.0\r\n\r\n")
    heard = raw.hear()
    assert "transfer-encoding" not in heard.fields
    assert [json.loads(line)["type"] for line in heard.body.splitlines()][:4] == ["ADDED"] * 4


def test_head_has_the_fields_of_get_and_no_body(raw: RawClient) -> None:
    heard = raw.ask(message("HEAD", "/readyz"), method="HEAD")
    assert (heard.status, heard.fields["content-length"]) == (200, "2")
    assert raw.get("/readyz").body == b"ok"


def test_a_body_may_come_in_chunks(raw: RawClient) -> None:
    body = json.dumps(config_map("chunked")).encode()
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    head = message("POST", CONFIGMAPS, transfer_encoding="Chunked", content_type="application/json")
    raw.say(head)
    for piece in pieces:
        raw.say(b"%X\r\n" % len(piece)).say(piece).say(b"\r\n")
    heard = raw.ask(b"0\r\n\r\n")
    assert (heard.status, heard.document["metadata"]["name"]) == (201, "chunked")
    assert raw.get("/readyz").status == 200


def test_a_client_that_waits_is_told_to_go_on(raw: RawClient) -> None:
    body = json.dumps(config_map()).encode()
    head = message(
        "POST", CONFIGMAPS, content_length=str(len(body)), content_type="application/json",
        expect="100-continue",
    )  # fmt: skip
    raw.say(head)
    assert raw.hear_head() == (100, {})
    assert raw.ask(body).status == 201


def test_a_client_that_does_not_wait_is_not_told(raw: RawClient) -> None:
    body = json.dumps(config_map()).encode()
    assert raw.ask(message("POST", CONFIGMAPS, body, expect="100-continue")).status == 201


def test_a_request_may_come_byte_by_byte(raw: RawClient) -> None:
    for byte in message("POST", CONFIGMAPS, json.dumps(config_map()).encode()):
        raw.say(bytes([byte]))
    assert raw.hear().status == 201


def test_an_answer_of_megabytes_arrives_whole(raw: RawClient, client: Client) -> None:
    for number in range(4):
        assert client.post(CONFIGMAPS, config_map(f"big-{number}", a="x" * 900_000)).status == 201
    heard = raw.get(CONFIGMAPS)
    assert heard.whole
    assert len(heard.document["items"]) == 4


def test_the_fields_of_a_watch_come_before_its_first_event(raw: RawClient, client: Client) -> None:
    raw.say(message("GET", f"{CONFIGMAPS}?watch=1"))
    status, fields = raw.hear_head()
    assert (status, fields["transfer-encoding"]) == (200, "chunked")
    for name in ("one", "two"):
        client.post(CONFIGMAPS, config_map(name))
        piece = raw.hear_chunk()
        assert piece is not None
        assert piece.endswith(b"\n")
        assert json.loads(piece)["object"]["metadata"]["name"] == name


def test_a_watch_whose_time_is_over_leaves_the_connection_usable(raw: RawClient) -> None:
    heard = raw.get(f"{CONFIGMAPS}?watch=1&timeoutSeconds=1")
    assert heard.whole
    assert raw.get("/readyz").status == 200


def test_a_refused_watch_is_an_ordinary_answer(raw: RawClient) -> None:
    heard = raw.get(f"{CONFIGMAPS}?watch=1&labelSelector=%3D%3D")
    assert (heard.status, heard.document["kind"]) == (400, "Status")


def test_stopping_ends_watches_with_their_regular_end(
    serve: Callable[..., ThreadedServer], client: Client
) -> None:
    running = serve()
    watching = [RawClient(running.port) for _ in range(20)]
    for each in watching:
        each.say(message("GET", f"{CONFIGMAPS}?watch=1"))
        assert each.hear_head()[0] == 200
    idle = RawClient(running.port)
    assert idle.get("/readyz").status == 200
    client.post(CONFIGMAPS, config_map("last"))
    running.stop()
    for each in watching:
        last = each.hear_chunk()
        assert last is not None
        assert json.loads(last)["object"]["metadata"]["name"] == "last"
        assert each.hear_chunk() == b""
        assert each.hears_the_end()
        each.close()
    assert idle.hears_the_end()
    idle.close()
    with pytest.raises(ConnectionError):
        RawClient(running.port)


def test_stopping_cuts_off_who_does_not_read(
    serve: Callable[..., ThreadedServer], client: Client
) -> None:
    running = serve()
    deaf = RawClient(running.port)
    deaf.say(message("GET", f"{CONFIGMAPS}?watch=1"))
    assert deaf.hear_head()[0] == 200
    for number in range(10):
        client.post(CONFIGMAPS, config_map(f"big-{number}", a="x" * 1_000_000))
    before = threading.active_count()
    running.stop(timeout=0.2)
    assert threading.active_count() < before
    deaf.close()


def test_a_server_stops_as_often_as_one_likes_and_starts_once(server: APIServer) -> None:
    made = ThreadedServer(server)
    made.stop()
    made.start()
    with pytest.raises(RuntimeError, match="only once"):
        made.start()
    made.stop()
    made.stop()


def test_a_port_that_is_taken_is_an_error(running: ThreadedServer, server: APIServer) -> None:
    with pytest.raises(OSError, match="ddress"):
        ThreadedServer(server, port=running.port).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_an_address_that_others_reach_is_refused(server: APIServer, host: str) -> None:
    with pytest.raises(UnsafeAddress, match="TLS and authentication"):
        ThreadedServer(server, host=host)


def test_a_client_that_leaves_a_watch_leaves_no_thread_behind(running: ThreadedServer) -> None:
    before = set(threading.enumerate())
    with RawClient(running.port) as raw:
        raw.say(message("GET", f"{CONFIGMAPS}?watch=1"))
        assert raw.hear_head()[0] == 200
        (serving,) = set(threading.enumerate()) - before
    serving.join(PATIENCE)
    assert not serving.is_alive()
