"""Many threads update one object, and the process is killed in the middle of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kregistry.meta.context import Context
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage import ObjectStorage
from kregistry.storage.sqlite import SqliteBackend

WAIT = 60.0
ENOUGH = 60

WRITERS = """
import sys, threading
from kregistry.meta.context import Context
from kregistry.storage import ObjectStorage
from kregistry.storage.sqlite import SqliteBackend

storage = ObjectStorage(SqliteBackend(sys.argv[1]))
out = threading.Lock()

def add(obj, meta):
    obj.content["count"] += 1
    return obj

def work():
    while True:
        done = storage.guaranteed_update(Context(), "/counters/a", add)
        with out:
            print(done.content["count"], done.metadata.resource_version, flush=True)

for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
threading.Event().wait(60)
"""


@pytest.mark.parametrize("round_", range(3))
def test_what_was_acknowledged_is_there_and_nothing_was_counted_twice(
    tmp_path: Path, round_: int
) -> None:
    path = tmp_path / "store.db"
    create_counter(path)
    acknowledged = kill_while_writing(path, ENOUGH + 7 * round_)
    counts = [count for count, _ in acknowledged]
    assert len(set(counts)) == len(counts), "two writers got the same number"
    # Counting one up is one revision; so the two go hand in hand from the first to the last.
    assert {revision - count for count, revision in acknowledged} == {2}
    with SqliteBackend(path) as backend:
        assert backend.verify() == []
        stored = ObjectStorage(backend).get(Context(), "/counters/a")
        assert stored.content["count"] >= max(counts)
        assert int(stored.metadata.resource_version) == stored.content["count"] + 2


def create_counter(path: Path) -> None:
    counter = Unstructured(api_version="test.example/v1", kind="Counter", content={"count": 0})
    counter.metadata.name = "a"
    with SqliteBackend(path) as backend:
        ObjectStorage(backend).create(Context(), "/counters/a", counter)


def kill_while_writing(path: Path, enough: int) -> list[tuple[int, int]]:
    """Let the writers write until they have said so *enough* times, and kill them then."""
    command = [sys.executable, "-c", WRITERS, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(WAIT, process.kill)
        watchdog.start()
        lines = [process.stdout.readline() for _ in range(enough)]
        process.kill()
        lines += process.stdout.readlines()
        watchdog.cancel()
    # The last line may have been cut off by the kill.
    whole = [line.split() for line in lines if line.endswith("\n")]
    assert len(whole) >= enough, "the writers did not get that far"
    return [(int(count), int(revision)) for count, revision in whole]
