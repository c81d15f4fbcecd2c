"""Logging in: by many threads at once, at members that do not answer or answer nonsense."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from scriptedetcd import Refused, ScriptedEtcd

from kregistry.meta.wire import encode
from kregistry.storage.errors import AccessDenied, BackendError, BackendUnavailable
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.etcd3.messages import Method
from kregistry.storage.wakers import ThreadWaker
from kregistry.testing.etcd import EtcdServer

THREADS = 8
HEADER = encode((1, encode((3, 7))))


def open_at(etcd: ScriptedEtcd, timeout: float = 5.0) -> EtcdBackend:
    access = Access.of([etcd.endpoint], username="joe", password="pass")
    return EtcdBackend(access, request_timeout=timeout)


def logged_out(request: bytes) -> bytes:
    raise Refused(grpc.StatusCode.UNAUTHENTICATED, "etcdserver: invalid auth token")


@pytest.mark.timeout(30)
def test_who_is_logged_out_even_while_logging_in_is_turned_away() -> None:
    with (
        ScriptedEtcd({}, logged_out) as etcd,
        open_at(etcd) as backend,
        pytest.raises(AccessDenied, match="invalid auth token"),
    ):
        backend.get("/a")


def test_threads_do_not_wait_for_each_other_when_nobody_logs_them_in() -> None:
    def silence(request: bytes) -> bytes:
        threading.Event().wait(1.5)  # longer than anybody waits for the answer
        return b""

    with (
        ScriptedEtcd({}, silence) as etcd,
        open_at(etcd, timeout=1.0) as backend,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        begin = time.monotonic()
        calls = [threads.submit(backend.get, "/a") for _ in range(THREADS)]
        assert {type(call.exception(30)) for call in calls} == {BackendUnavailable}
        assert time.monotonic() - begin < 6.0


def test_a_token_that_has_run_out_is_renewed_once_for_all_threads() -> None:
    together = threading.Barrier(THREADS)
    tokens: list[str] = []

    def authenticate(request: bytes) -> bytes:
        tokens.append(f"token.{len(tokens)}")
        return HEADER + encode((2, tokens[-1].encode()))

    def answer(request: bytes) -> bytes:
        if len(tokens) == 1:
            together.wait(20)
            logged_out(request)
        return HEADER

    with (
        ScriptedEtcd({Method.AUTHENTICATE: authenticate}, answer) as etcd,
        open_at(etcd, timeout=20.0) as backend,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        assert {each.revision for each in threads.map(backend.get, ["/a"] * THREADS)} == {7}
    assert len(tokens) == 2


@pytest.mark.parametrize(
    "answer",
    [b"", HEADER, b"\xff\xff", encode((2, b"\xff\xfe"))],
    ids=["nothing", "no token", "no message", "a token that is no text"],
)
def test_a_login_that_makes_no_sense_is_said_to_be(answer: bytes) -> None:
    with (
        ScriptedEtcd({Method.AUTHENTICATE: lambda request: answer}, lambda _: HEADER) as etcd,
        open_at(etcd, timeout=1.0) as backend,
        pytest.raises(BackendError) as caught,
    ):
        backend.get("/a")
    assert isinstance(caught.value, BackendUnavailable)


def test_a_watch_goes_on_with_a_new_token_after_a_restart_has_forgotten_the_old_one() -> None:
    with EtcdServer() as server:
        for command in ("user add root:secret", "user grant-role root root", "auth enable"):
            server.ctl(*command.split())
        access = Access.of(server.endpoints, username="root", password="secret")
        with EtcdBackend(access, request_timeout=5.0) as backend:
            stream = backend.watch("/a", "/b", after=backend.current_revision())
            server.restart()
            server.ctl("--user", "root:secret", "put", "/a", "1")
            deadline = time.monotonic() + 20
            while not (changes := stream.poll()):
                waker = ThreadWaker()
                assert not stream.park(waker) or waker.wait(deadline - time.monotonic())
            assert [change.key for change in changes] == ["/a"]
