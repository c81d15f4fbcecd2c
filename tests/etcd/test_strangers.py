"""Servers that are no etcd, or a broken one: typed errors, in time, and nothing made up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from scriptedetcd import ScriptedEtcd

from kregistry.meta.wire import encode
from kregistry.storage.backend import Backend
from kregistry.storage.errors import BackendError, BackendUnavailable, OutcomeUnknown
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.etcd3.messages import Method

TIMEOUT = 0.5
#: On top of a time-out, for a machine that is busy.
SLACK = 5.0
HEADER = encode((1, encode((3, 7))))
NONSENSE = b"\xff\xfe nonsense"

READS: dict[str, Callable[[Backend], object]] = {
    "get": lambda backend: backend.get("/a"),
    "range": lambda backend: backend.range("/", "0"),
    "watch": lambda backend: backend.watch("/", "0", after=7),
    "history": lambda backend: backend.watch("/", "0", after=3).poll(),
    "current_revision": lambda backend: backend.current_revision(),
    "compacted_revision": lambda backend: backend.compacted_revision(),
    "compact": lambda backend: backend.compact(5),
    "ttls": lambda backend: backend.ttls("/", "0"),
    "ready": lambda backend: backend.ready(),
    "put with a ttl": lambda backend: backend.put("/a", b"", expected=0, ttl=5),
}
WRITES: dict[str, Callable[[Backend], object]] = {
    "put": lambda backend: backend.put("/a", b"", expected=0),
    "delete": lambda backend: backend.delete("/a", expected=2),
}
verbs = pytest.mark.parametrize("verb", (READS | WRITES).values(), ids=READS | WRITES)


@contextmanager
def in_time() -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < TIMEOUT + SLACK


def open_at(endpoint: str) -> Backend:
    return EtcdBackend(Access.of([endpoint]), request_timeout=TIMEOUT)


@pytest.fixture(params=[b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"])
def rude(request: pytest.FixtureRequest) -> Iterator[str]:
    """Somebody who says one thing to everybody, then hangs up."""

    def listen() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.sendall(request.param)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@verbs
def test_who_hangs_up_is_unavailable(verb: Callable[[Backend], object], rude: str) -> None:
    with open_at(rude) as backend, in_time(), pytest.raises(BackendUnavailable):
        verb(backend)


@verbs
def test_nonsense_is_no_answer(verb: Callable[[Backend], object]) -> None:
    with ScriptedEtcd({}, lambda _: NONSENSE) as etcd, open_at(etcd.endpoint) as backend:
        with in_time(), pytest.raises(BackendUnavailable, match="not as etcd does") as caught:
            verb(backend)
        assert isinstance(caught.value, OutcomeUnknown) == (verb in WRITES.values())


def test_a_lease_without_an_id_is_no_lease() -> None:
    with (
        ScriptedEtcd({}, lambda _: HEADER) as etcd,
        open_at(etcd.endpoint) as backend,
        pytest.raises(BackendUnavailable, match="a lease without an id"),
    ):
        backend.put("/a", b"", expected=0, ttl=5)


def test_a_watch_that_talks_nonsense_does_not_begin() -> None:
    answers = {Method.RANGE: lambda _: HEADER, Method.STATUS: lambda _: encode((2, b"3.5.1"))}
    with (
        ScriptedEtcd(answers, lambda _: NONSENSE) as etcd,
        open_at(etcd.endpoint) as backend,
        in_time(),
        pytest.raises(BackendError, match="not as etcd does"),
    ):
        backend.watch("/", "0", after=7)


@pytest.mark.parametrize(
    "records",
    [b"", encode((2, encode((1, b"/"), (2, 3), (3, 3))))],
    ids=["none", "the same over and over"],
)
def test_a_list_that_never_ends_is_no_list(records: bytes) -> None:
    answer = HEADER + records + encode((3, 1), (4, 5))
    with (
        ScriptedEtcd({Method.RANGE: lambda _: answer}, lambda _: HEADER) as etcd,
        open_at(etcd.endpoint) as backend,
        in_time(),
        pytest.raises(BackendUnavailable, match="not as etcd does"),
    ):
        backend.range("/", "0")


def test_one_url_is_not_taken_for_a_sequence_of_letters() -> None:
    with pytest.raises(TypeError, match="sequence"):
        Access.of("http://127.0.0.1:2379")


@pytest.mark.parametrize("name", ["username", "password"])
def test_who_cannot_be_named_is_refused_at_once(name: str) -> None:
    shown = {"username": "joe", name: "\udc80"}
    with pytest.raises(ValueError, match=f"the {name} cannot be written"):
        Access.of(["http://127.0.0.1:2379"], **shown)
