"""BackendCases: where every backend case gets its backend from, and how it reads streams."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from kregistry.storage.backend import Backend, Change, ChangeStream, Record, prefix_end

MakeBackend = Callable[[], Backend]

#: Every key there is, for ranges and watches.
EVERYTHING = ("", chr(0x10FFFF))

#: Keys that break what sorts by words, matches by pattern or ends text at a NUL.
ODD_KEYS = [
    "/a",
    "/a\0",
    "/a\0b",
    "/a-b/x",
    "/a.b/x",
    "/a/x",
    "/a0/x",
    "/a%",
    "/a_",
    "/aXb",
    "/a_b",
    "/A",
    "/a'",
    '/a"',
    "/a\\",
    "/a*",
    "/a?",
    "/a[b]",
    "/ä",
    "/\uffff",
    "/\U0001f40d",
    "/a b",
    "/a\n",
]


class BackendCases:
    """Supply *make_backend*: it makes a fresh, empty backend each time it is called.

    Attributes:
        patience: Seconds after which something expected counts as lost.
    """

    patience: float = 30.0

    @pytest.fixture
    def make_backend(self) -> MakeBackend:
        """Makes a fresh, empty backend."""
        pytest.fail("supply a make_backend fixture")

    @pytest.fixture
    def backend(self, make_backend: MakeBackend) -> Iterator[Backend]:
        """The backend under test."""
        with make_backend() as backend:
            yield backend


def wait_for(stream: ChangeStream, patience: float) -> list[Change]:
    """What the stream says next, parked until it does. [] if it was woken for nothing."""
    found = list(stream.poll())
    if found:
        return found
    bell = threading.Event()
    if stream.park(bell.set):
        assert bell.wait(patience), "a parked reader was not woken"
    return list(stream.poll())


def take(stream: ChangeStream, count: int, patience: float) -> list[Change]:
    """Exactly the next *count* changes, however they are cut into polls."""
    found: list[Change] = []
    deadline = time.monotonic() + patience
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {len(found)} of {count} changes came"
        found += wait_for(stream, patience)
    assert len(found) == count
    return found


def below(backend: Backend, prefix: str) -> list[Record]:
    """Every record below a prefix."""
    return list(backend.range(prefix, prefix_end(prefix)).records)


def fill(backend: Backend, *keys: str) -> list[int]:
    """Create each key with its own name as value; the revisions of that."""
    return [backend.put(key, key.encode(), expected=0) for key in keys]
