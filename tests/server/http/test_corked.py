"""A head is sent with what follows it, and never later than it would have been noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from kregistry.server.corked import Corked

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Remembering:
    """Keeps what is written, and whether it was closed."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


def after(*steps: Callable[[Any], None]) -> Remembering:
    """What was written in the end."""

    transport = Remembering()
    corked = Corked(cast(asyncio.Transport, transport))
    for step in steps:
        step(corked)
    return transport


def writes(data: bytes) -> Callable[[Any], None]:
    return lambda corked: corked.write(data)


@pytest.mark.parametrize(
    ("steps", "written"),
    [
        ([HEAD, b"body"], [HEAD + b"body"]),
        ([HEAD], []),
        ([HEAD, b""], [HEAD]),
        ([b"body"], [b"body"]),
        ([HEAD, b"a", b"b"], [HEAD + b"a", b"b"]),
        ([HEAD, b"a", HEAD, b"b"], [HEAD + b"a", HEAD + b"b"]),
        ([HEAD, b"x" * 100_000], [HEAD, b"x" * 100_000]),
        ([HEAD, HEAD], [HEAD + HEAD]),
    ],
)
def test_a_head_goes_with_what_follows_it(steps: list[bytes], written: list[bytes]) -> None:
    assert after(*map(writes, steps)).written == written


def test_a_client_that_waits_for_leave_to_go_on_gets_it_at_once() -> None:
    told: list[list[bytes]] = []
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"

    def tell(corked: Any) -> None:
        told.append(list(corked.written))

    after(writes(go_on), tell)
    assert told == [[go_on]]


def test_a_head_without_a_body_goes_when_the_answer_is_complete() -> None:
    assert after(writes(HEAD), lambda corked: corked.release()).written == [HEAD]
    assert after(lambda corked: corked.release()).written == []
    steps = [writes(HEAD), writes(b"body"), lambda corked: corked.release()]
    assert after(*steps).written == [HEAD + b"body"]


def test_what_is_closed_was_sent_before() -> None:
    transport = after(writes(HEAD), lambda corked: corked.close())
    assert transport.written == [HEAD]
    assert transport.closed


def test_everything_else_is_the_transport_itself() -> None:
    told: list[str] = []
    after(lambda corked: told.append(corked.get_extra_info("peername")))
    assert told == ["the peername"]
