"""Clients that send too much, too slowly, or nothing: they hold nobody up but themselves."""

from __future__ import annotations

import json
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from asking import CONFIGMAPS, Client, config_map
from rawclient import PATIENCE, RawClient, message

from kregistry.server.http.body import read_body
from kregistry.server.http.incoming import Incoming
from kregistry.server.http.limits import Limits
from kregistry.server.http.message import Head
from kregistry.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]


def ready(running: ThreadedServer) -> bool:
    with RawClient(running.port) as honest:
        return honest.get("/readyz").status == 200


def test_a_body_that_is_too_long_is_refused_unread(raw: RawClient) -> None:
    heard = raw.ask(message("POST", CONFIGMAPS, content_length=str(3 * 1024 * 1024 + 1)))
    assert (heard.status, heard.document["reason"]) == (413, "RequestEntityTooLarge")
    assert heard.document["message"] == "Request entity too large: limit is 3145728"
    assert heard.fields["connection"] == "close"
    assert raw.hears_the_end()


def test_a_client_that_asks_first_is_not_told_to_go_on_in_vain(raw: RawClient) -> None:
    sent = message("POST", CONFIGMAPS, content_length="4000000", expect="100-continue")
    assert raw.ask(sent).status == 413


def test_a_client_that_sends_on_hears_the_refusal_all_the_same(raw: RawClient) -> None:
    raw.say(message("POST", CONFIGMAPS, content_length=str(4 * 1024 * 1024)))
    raw.say(b"x" * (4 * 1024 * 1024))
    assert raw.hear().status == 413


def test_chunks_that_add_up_to_too_much_are_refused(raw: RawClient) -> None:
    raw.say(message("POST", CONFIGMAPS, transfer_encoding="chunked"))
    for _ in range(4):
        raw.say(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
    assert raw.hear().status == 413


def test_a_body_of_the_smallest_chunks_takes_no_more_than_its_length() -> None:
    near, far = socket.socketpair()
    size = 200_000
    sent = b"2\r\n[]\r\n" * (size // 2) + b"0\r\n\r\n"
    with near, far:
        sender = threading.Thread(target=far.sendall, args=(sent,))
        sender.start()
        tracemalloc.start()
        try:
            head = Head(method="POST", target="/", fields=(), length=None)
            body = read_body(Incoming(near, Limits()), head, Limits())
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            sender.join(PATIENCE)
    assert body == b"[]" * (size // 2)
    assert most < 5 * size


def test_a_chunk_that_says_too_much_is_refused_unread(raw: RawClient) -> None:
    assert (
        raw.ask(message("POST", CONFIGMAPS, transfer_encoding="chunked") + b"ffffffff\r\n").status
        == 413
    )


def test_the_longest_body_is_read(raw: RawClient) -> None:
    heard = raw.ask(message("POST", CONFIGMAPS, b" " * (3 * 1024 * 1024)))
    assert heard.status == 400
    assert raw.get("/readyz").status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (message("GET", "/" + "x" * 70_000), 414),
        (b"GET /" + b"x" * 100_000, 414),
        (message("GET", "/?" + "x" * 65_500), 200),
        (message("GET", "/readyz", a="x" * 70_000), 431),
        (b"GET /readyz HTTP/1.1\r\na: " + b"x" * 200_000, 431),
        (b"GET /readyz HTTP/1.1\r\n" + b"a: b\r\n" * 50_000, 431),
        (b"GET /readyz HTTP/1.1\r\nhost: a\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431),
        (message("GET", "/readyz", expect="200-maybe"), 417),
    ],
)
def test_a_head_has_limits(raw: RawClient, sent: bytes, status: int) -> None:
    assert raw.ask(sent).status == status


def test_who_says_nothing_is_shown_out(serve: Serve) -> None:
    running = serve(limits=Limits(idle_seconds=0.1))
    with RawClient(running.port) as silent:
        assert silent.hears_the_end()
    with RawClient(running.port) as idle:
        assert idle.get("/readyz").status == 200
        assert idle.hears_the_end()


@pytest.mark.parametrize("part", [b"G", b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\n"])
def test_who_does_not_finish_a_head_is_told_so(serve: Serve, part: bytes) -> None:
    running = serve(limits=Limits(head_seconds=0.1))
    with RawClient(running.port) as slow:
        assert slow.ask(part).status == 408
        assert slow.hears_the_end()


def test_dripping_does_not_win_time(serve: Serve) -> None:
    running = serve(limits=Limits(head_seconds=0.3))
    with RawClient(running.port) as slow:
        slow.say(b"GET /readyz HTTP/1.1\r\n")
        slow.socket.settimeout(0.02)
        heard = b""
        for _ in range(1000):
            try:
                slow.say(b"a: b\r\n")
                heard = slow.socket.recv(100)
                break
            except TimeoutError:
                continue
        assert heard.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("framing", [{"content_length": "100"}, {"transfer_encoding": "chunked"}])
def test_who_does_not_finish_a_body_is_told_so(serve: Serve, framing: dict[str, str]) -> None:
    running = serve(limits=Limits(body_seconds=0.1))
    with RawClient(running.port) as slow:
        assert slow.ask(message("POST", CONFIGMAPS, **framing) + b"5\r\n{").status == 408


def test_a_client_that_leaves_in_the_middle_changes_nothing(raw: RawClient, client: Client) -> None:
    body = json.dumps(config_map("half")).encode()
    raw.say(message("POST", CONFIGMAPS, body)[:-1])
    raw.close()
    assert client.get(f"{CONFIGMAPS}/half").status == 404


@contextmanager
def clients(running: ThreadedServer, count: int, say: bytes = b"") -> Iterator[list[RawClient]]:
    with ExitStack() as stack:
        made = [stack.enter_context(RawClient(running.port)) for _ in range(count)]
        for each in made:
            each.say(say)
        yield made


@pytest.mark.parametrize(
    "say", [b"", b"GET /readyz HTTP/1.1\r\n", message("POST", CONFIGMAPS, content_length="9")]
)
def test_half_open_connections_keep_nobody_out(serve: Serve, say: bytes) -> None:
    running = serve(limits=Limits(connections=50))
    with RawClient(running.port) as early, clients(running, 200, say):
        for _ in range(20):
            assert ready(running)
        assert early.socket.fileno() > 0


def test_those_who_asked_for_something_stay_before_those_who_never_did(serve: Serve) -> None:
    running = serve(limits=Limits(connections=5))
    with RawClient(running.port) as known:
        assert known.get("/readyz").status == 200
        with clients(running, 20):
            assert ready(running)
            assert known.get("/readyz").status == 200


def test_watches_are_not_ended_for_others(serve: Serve, client: Client) -> None:
    running = serve(limits=Limits(connections=3))
    with clients(running, 3, message("GET", f"{CONFIGMAPS}?watch=1")) as watching:
        for each in watching:
            assert each.hear_head()[0] == 200
        with RawClient(running.port) as late:
            heard = late.hear()
            assert (heard.status, heard.fields["retry-after"]) == (503, "1")
            assert late.hears_the_end()
        client.post(CONFIGMAPS, config_map("a"))
        for each in watching:
            assert each.hear_chunk()
    # Who leaves makes room, without anything else having to happen.
    assert any(ready(running) for _ in range(1000))
