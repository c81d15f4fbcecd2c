"""What header fields say of a request: the same whether they were remembered or not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from kregistry.server import APIServer, Response
from kregistry.server.entrance import Entrance
from kregistry.server.heads import Head, Heads
from kregistry.server.hosts import Hosts
from kregistry.server.request import Headers

HOST = (b"host", b"127.0.0.1")
SENT = [HOST, (b"Accept", b"a\xe9"), (b"accept", b"b")]
READ = Headers([("host", "127.0.0.1"), ("accept", "a\u00e9"), ("accept", "b")])


@pytest.fixture
def heads(server: APIServer) -> Heads:
    return Heads(Entrance(server=server, hosts=Hosts()), fields=20)


def read(heads: Heads, sent: Iterable[tuple[bytes, bytes]], version: str = "1.1") -> Head:
    return heads.head(version, sent)


def status(answer: Response | None) -> int | None:
    return None if answer is None else answer.status


def test_fields_are_read_in_order_and_as_latin_1(heads: Heads) -> None:
    found = read(heads, SENT).headers
    assert found == READ
    assert list(found) == list(READ)
    assert found.all("ACCEPT") == ("a\u00e9", "b")


def test_what_is_sent_again_is_read_once(heads: Heads) -> None:
    assert read(heads, list(SENT)) is read(heads, list(SENT))
    assert read(heads, [*SENT, (b"x", b"1")]) != read(heads, [*SENT, (b"x", b"2")])
    assert read(heads, SENT[::-1]) != read(heads, SENT)


@pytest.mark.parametrize("again", [1, 2])
@pytest.mark.parametrize(
    ("version", "sent", "malformed", "stranger", "has_body"),
    [
        ("1.1", [HOST], None, None, False),
        ("1.1", [], 400, None, False),
        ("1.0", [], None, None, False),
        ("2", [], None, None, True),
        ("1.1", [HOST, (b"content-length", b"1")], None, None, True),
        ("1.1", [HOST, (b"transfer-encoding", b"chunked")], None, None, True),
        (
            *("1.1", [HOST, (b"content-length", b"1"), (b"Transfer-Encoding", b"chunked")]),
            *(400, None, True),
        ),
        ("1.1", [HOST, *[(b"a%d" % each, b"") for each in range(20)]], 431, None, False),
        ("1.1", [(b"host", b"elsewhere.example")], None, 403, False),
        ("1.1", [HOST, (b"origin", b"http://elsewhere.example")], None, 403, False),
        ("1.1", [HOST, (b"origin", b"http://localhost:80")], None, None, False),
    ],
)
def test_what_follows_from_the_fields_is_told_every_time(
    heads: Heads,
    version: str,
    sent: list[tuple[bytes, bytes]],
    malformed: int | None,
    stranger: int | None,
    has_body: bool,
    again: int,
) -> None:
    for _ in range(again):
        head = read(heads, sent, version)
    assert (status(head.malformed), status(head.stranger)) == (malformed, stranger)
    assert head.has_body is has_body


def test_the_same_fields_mean_something_else_in_another_version(heads: Heads) -> None:
    assert status(read(heads, [], "1.0").malformed) is None
    assert status(read(heads, [], "1.1").malformed) == 400
    assert status(read(heads, [], "1.0").malformed) is None


def test_some_servers_make_lists_of_the_pairs(heads: Heads) -> None:
    for _ in range(2):
        assert read(heads, [list(pair) for pair in SENT]).headers == READ  # type: ignore[misc]


@pytest.mark.parametrize(
    "sent", [[(b"a", b"x" * 5000)], [(b"a%d" % number, b"x") for number in range(17)]]
)
def test_what_is_large_is_not_kept(heads: Heads, sent: list[tuple[bytes, bytes]]) -> None:
    assert read(heads, sent) == read(heads, sent)
    assert len(heads) == 0


def test_a_stranger_with_many_ideas_does_not_fill_the_memory(heads: Heads) -> None:
    for number in range(1000):
        assert read(heads, [(b"x", b"%d" % number)]).headers.get("x") == str(number)
    assert len(heads) <= 256


@pytest.mark.parametrize("name", [b"authorization", b"Authorization", b"cookie"])
def test_credentials_are_not_kept(heads: Heads, name: bytes) -> None:
    assert read(heads, [HOST, (name, b"secret")]).headers.get(name.decode()) == "secret"
    assert len(heads) == 0
