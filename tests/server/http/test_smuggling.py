"""Requests that two readers could understand in two ways: refused, and the connection closed."""

from __future__ import annotations

import json

import pytest
from asking import CONFIGMAPS, Client, config_map
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rawclient import RawClient, message

from kregistry.server.http.limits import Limits
from kregistry.server.http.message import BadMessage, parse_head
from kregistry.server.threaded import ThreadedServer

BODY = json.dumps(config_map("smuggled")).encode()
SIZE = str(len(BODY)).encode()
POST = f"POST {CONFIGMAPS} HTTP/1.1\r\n".encode()
HOST = b"host: 127.0.0.1\r\n"
TYPE = b"content-type: application/json\r\n"
LENGTH = b"content-length: " + SIZE + b"\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
ONE_CHUNK = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


def post(fields: bytes, body: bytes = BODY) -> bytes:
    return POST + HOST + TYPE + fields + b"\r\n" + body


FRAMING = {
    "length and coding": post(LENGTH + CHUNKED, ONE_CHUNK),
    "coding and length": post(CHUNKED + LENGTH, ONE_CHUNK),
    "two lengths": post(LENGTH + b"content-length: 0\r\n"),
    "the same length twice": post(LENGTH + LENGTH),
    "a list of lengths": post(b"content-length: %b, %b\r\n" % (SIZE, SIZE)),
    "a length with a plus": post(b"content-length: +" + SIZE + b"\r\n"),
    "a length with a minus": post(b"content-length: -1\r\n"),
    "a hexadecimal length": post(b"content-length: 0x" + SIZE + b"\r\n"),
    "a length with an underscore": post(b"content-length: 1_0\r\n"),
    "a length with a point": post(b"content-length: " + SIZE + b".0\r\n"),
    "a length in other digits": post(b"content-length: \xd9\xa3\r\n"),
    "a length of no digits": post(b"content-length:\r\n"),
    "a length in quotes": post(b'content-length: "' + SIZE + b'"\r\n'),
    "a length beyond all bounds": post(b"content-length: " + b"9" * 400 + b"\r\n"),
    "two codings": post(CHUNKED + CHUNKED, ONE_CHUNK),
    "coding in HTTP/1.0": post(CHUNKED, ONE_CHUNK).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
}

CODINGS = {
    "identity": b"identity",
    "a list": b"gzip, chunked",
    "chunked twice": b"chunked, chunked",
    "a vertical tab": b"\x0bchunked",
    "a prefix": b"xchunked",
    "quotes": b'"chunked"',
    "a parameter": b"chunked;q=1",
    "nothing": b"",
}

LINES = {
    "bare line feeds": post(LENGTH).replace(b"\r\n", b"\n"),
    "one bare line feed": post(LENGTH).replace(b"\r\ncontent-length", b"\ncontent-length"),
    "a line feed in a value": post(b"a: b\nc: d\r\n" + LENGTH),
    "a carriage return in a value": post(b"a: b\rc: d\r\n" + LENGTH),
    "two carriage returns": post(b"a: b\r\r\n" + LENGTH),
    "a folded line": post(b"a: b\r\n c\r\n" + LENGTH),
    "a line folded with a tab": post(b"a: b\r\n\tc\r\n" + LENGTH),
    "a first field that is folded": POST + b" a: b\r\n" + HOST + TYPE + LENGTH + b"\r\n" + BODY,
    "a space before the colon": post(b"content-length : " + SIZE + b"\r\n"),
    "a tab before the colon": post(b"content-length\t: " + SIZE + b"\r\n"),
    "a space before the name": post(b" content-length: " + SIZE + b"\r\n"),
    "no name": post(b": 1\r\n" + LENGTH),
    "no colon": post(b"content-length\r\n" + LENGTH),
    "a zero byte in a name": post(b"a\x00b: 1\r\n" + LENGTH),
    "a zero byte in a value": post(b"a: \x00\r\n" + LENGTH),
    "an escape in a value": post(b"a: \x1b[2J\r\n" + LENGTH),
    "a name that is not ASCII": post("größe: 1\r\n".encode() + LENGTH),
    "an empty line before": b"\r\n" + post(LENGTH),
    "a space before the method": b" " + post(LENGTH),
    "two spaces": post(LENGTH).replace(b"POST ", b"POST  ", 1),
    "a tab between": post(LENGTH).replace(b"POST ", b"POST\t", 1),
    "no version": post(LENGTH).replace(b" HTTP/1.1", b"", 1),
    "a version with more": post(LENGTH).replace(b"HTTP/1.1", b"HTTP/1.1 x", 1),
    "a version in small letters": post(LENGTH).replace(b"HTTP/1.1", b"http/1.1", 1),
    "a long version": post(LENGTH).replace(b"HTTP/1.1", b"HTTP/1.10", 1),
    "a space in the target": post(LENGTH).replace(b"/configmaps", b"/config maps", 1),
    "bytes beyond ASCII in the target": post(LENGTH).replace(b"/configmaps", b"/\xff", 1),
    "a zero byte in the target": post(LENGTH).replace(b"/configmaps", b"/\x00", 1),
    "no host": POST + TYPE + LENGTH + b"\r\n" + BODY,
    "two hosts": post(HOST + LENGTH),
    "two authorizations": post(b"authorization: Bearer a\r\nauthorization: Bearer b\r\n" + LENGTH),
}

CHUNKS = {
    "an extension": b"%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "an extension of the last one": b"%x\r\n%b\r\n0;a\r\n\r\n" % (len(BODY), BODY),
    "a size with a prefix": b"0x%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "a size with a sign": b"+%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "a size with a space": b"%x \r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "a size with a space before": b" %x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "a size of nothing": b"\r\n%b\r\n0\r\n\r\n" % BODY,
    "a size with an underscore": b"1_0\r\n%b\r\n0\r\n\r\n" % BODY,
    "a size in other digits": b"\xd9\xa3\r\n%b\r\n0\r\n\r\n" % BODY,
    "a size of many digits": b"%b%x\r\n%b\r\n0\r\n\r\n" % (b"0" * 30, len(BODY), BODY),
    "a size that ends in a line feed": b"%x\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "a chunk that ends in a line feed": b"%x\r\n%b\n0\r\n\r\n\n" % (len(BODY), BODY),
    "a chunk with two bytes too many": b"%x\r\n%bxx0\r\n\r\n" % (len(BODY), BODY),
    "fields after the body": b"%x\r\n%b\r\n0\r\nhost: other\r\n\r\n" % (len(BODY), BODY),
    "a line feed at the end": b"%x\r\n%b\r\n0\r\n\n\n" % (len(BODY), BODY),
}

SECOND = message("DELETE", f"{CONFIGMAPS}/kept")


@pytest.mark.parametrize("sent", FRAMING.values(), ids=FRAMING)
def test_a_body_has_one_length(raw: RawClient, client: Client, sent: bytes) -> None:
    refused(raw, client, sent, 400)


@pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)
def test_chunked_is_the_only_coding(raw: RawClient, client: Client, coding: bytes) -> None:
    refused(raw, client, post(b"transfer-encoding: " + coding + b"\r\n", ONE_CHUNK), 400, 501)


@pytest.mark.parametrize("sent", LINES.values(), ids=LINES)
def test_a_head_is_made_of_lines(raw: RawClient, client: Client, sent: bytes) -> None:
    refused(raw, client, sent, 400)


@pytest.mark.parametrize("body", CHUNKS.values(), ids=CHUNKS)
def test_a_chunk_is_a_size_and_that_many_bytes(raw: RawClient, client: Client, body: bytes) -> None:
    refused(raw, client, post(CHUNKED, body), 400)


@pytest.mark.parametrize(
    "first", [message("GET", "/readyz"), post(LENGTH), post(CHUNKED, ONE_CHUNK)]
)
def test_no_request_may_ride_behind_another(raw: RawClient, client: Client, first: bytes) -> None:
    assert client.post(CONFIGMAPS, config_map("kept")).status == 201
    refused(raw, client, first + SECOND, 400)
    assert client.get(f"{CONFIGMAPS}/kept").status == 200


def test_what_is_longer_than_its_length_is_no_next_request(raw: RawClient, client: Client) -> None:
    refused(raw, client, post(LENGTH, BODY + b"GET /readyz HTTP/1.1\r\n\r\n"), 400)


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (b"GET / HTTP/2.0", 505),
        (b"PRI * HTTP/2.0", 505),
        (b"GET / HTTP/0.9", 505),
        (b"GET http://127.0.0.1/ HTTP/1.1", 400),
        (b"GET //127.0.0.1\\@/%00 HTTP/1.1", 400),
        (b"OPTIONS * HTTP/1.1", 400),
        (b"CONNECT 127.0.0.1:443 HTTP/1.1", 400),
        (b"GET /%zz HTTP/1.1", 400),
        (b"GET /%ff%fe HTTP/1.1", 400),
        (b"GET /api/v1/%0d%0aset-cookie:x HTTP/1.1", 400),
    ],
)
def test_other_targets_and_versions_are_refused(raw: RawClient, first: bytes, status: int) -> None:
    heard = raw.ask(first + b"\r\n" + HOST + b"\r\n")
    assert heard.status == status
    assert "set-cookie" not in heard.fields


def test_what_is_no_http_at_all_is_told_so_at_once(raw: RawClient) -> None:
    assert raw.ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").status == 400
    assert raw.hears_the_end()


@given(data=st.binary(max_size=400))
def test_whatever_comes_is_a_head_or_is_refused(data: bytes) -> None:
    try:
        head = parse_head(b"GET / HTTP/1.1\r\nhost: a\r\n" + data, Limits())
    except BadMessage:
        return
    assert all(name.isascii() and name for name, _ in head.fields)
    assert not any("\n" in value or "\r" in value for _, value in head.fields)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.binary(min_size=1, max_size=300))
def test_whatever_comes_the_server_lives(running: ThreadedServer, data: bytes) -> None:
    with RawClient(running.port) as hostile:
        hostile.say(data + b"\r\n\r\n")
    with RawClient(running.port) as honest:
        assert honest.get("/readyz").status == 200


def refused(raw: RawClient, client: Client, sent: bytes, *statuses: int) -> None:
    """It was refused with one of these, the connection closed, and nothing done."""
    heard = raw.ask(sent)
    assert heard.status in statuses, heard.body
    assert heard.fields["connection"] == "close"
    assert raw.hears_the_end()
    assert client.get(f"{CONFIGMAPS}/smuggled").status == 404
