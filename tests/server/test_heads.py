"""Header fields as text: the same whether they were remembered or not."""

from __future__ import annotations

import pytest

from kregistry.server.heads import Heads
from kregistry.server.request import Headers

SENT = [(b"host", b"127.0.0.1"), (b"Accept", b"a\xe9"), (b"accept", b"b")]
READ = Headers([("host", "127.0.0.1"), ("accept", "a\u00e9"), ("accept", "b")])


def test_fields_are_read_in_order_and_as_latin_1() -> None:
    found = Heads()(SENT)
    assert found == READ
    assert list(found) == list(READ)
    assert found.all("ACCEPT") == ("a\u00e9", "b")


def test_what_is_sent_again_is_read_once() -> None:
    heads = Heads()
    assert heads(list(SENT)) is heads(list(SENT))
    assert heads([*SENT, (b"x", b"1")]) != heads([*SENT, (b"x", b"2")])
    assert heads(SENT[::-1]) != heads(SENT)


def test_some_servers_make_lists_of_the_pairs() -> None:
    lists = [list(pair) for pair in SENT]
    heads = Heads()
    assert heads(lists) == READ  # type: ignore[arg-type]
    assert heads(lists) == READ  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sent", [[(b"a", b"x" * 5000)], [(b"a%d" % number, b"x") for number in range(17)]]
)
def test_what_is_large_is_not_kept(sent: list[tuple[bytes, bytes]]) -> None:
    heads = Heads()
    assert heads(sent) == heads(sent)
    assert heads(sent) is not heads(sent)


def test_a_stranger_with_many_ideas_does_not_fill_the_memory() -> None:
    heads = Heads()
    for number in range(1000):
        assert heads([(b"x", b"%d" % number)]).get("x") == str(number)
    assert len(heads) <= 256
