"""What becomes of an open store when its process forks or ends, or forgets it."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time

import pytest

from kregistry.storage.etcd3 import Access, EtcdBackend, follower
from kregistry.testing.etcd import EtcdServer

BEGIN = """
import os, sys
from kregistry.storage.errors import ForkedStore
from kregistry.storage.etcd3 import Access, EtcdBackend
backend = EtcdBackend(Access.of(sys.argv[1:]))
stream = backend.watch("/a", "/b", after=backend.current_revision())
"""

FORK = """
revision = backend.put("/a/1", b"", expected=0)
if not os.fork():
    for use in (stream.poll, lambda: stream.park(print) or stream.poll(), backend.ready):
        try:
            use()
        except ForkedStore:
            print("refused")
    stream.close()
    backend.close()
    with EtcdBackend(Access.of(sys.argv[1:])) as anew:
        print(anew.get("/a/1").revision == revision)
    sys.exit(7)
_, status = os.wait()
print(os.waitstatus_to_exitcode(status), len(stream.poll()), flush=True)
backend.delete("/a/1", expected=revision)
print(len(stream.poll()))
"""


def run(program: str, etcd: EtcdServer) -> list[str]:
    """What a program writes that must end well, and complain of nothing."""
    command = [sys.executable, "-c", program, *etcd.endpoints]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    # gRPC, not this library, mentions that threads of its own were busy during a fork
    complaints = [
        each for each in done.stderr.splitlines() if "skipping fork() handlers" not in each
    ]
    assert "".join(complaints) == ""
    return done.stdout.split()


def test_a_child_is_refused_at_the_first_use_even_of_a_stream(fresh_etcd: EtcdServer) -> None:
    told = run(BEGIN + FORK, fresh_etcd)
    assert told == ["refused", "refused", "refused", "True", "7", "1", "1"]


def test_a_program_ends_with_everything_left_open(fresh_etcd: EtcdServer) -> None:
    assert run(
        BEGIN + "backend.put('/a/1', b'', expected=0, ttl=60); print('end')", fresh_etcd
    ) == ["end"]


def test_a_store_that_is_forgotten_takes_its_threads_with_it(
    fresh_etcd: EtcdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "LINGER", 0.5)
    before = set(threading.enumerate())
    for _ in range(10):
        backend = EtcdBackend(Access.of(fresh_etcd.endpoints))
        backend.watch("/a", "/b", after=1)
        backend.put(f"/a/{id(backend)}", b"", expected=0, ttl=60)
    assert len(set(threading.enumerate()) - before) >= 20
    del backend
    deadline = time.monotonic() + 30
    while left := [each for each in set(threading.enumerate()) - before if each.is_alive()]:
        assert time.monotonic() < deadline, left
        left[0].join(0.5)
        gc.collect()
