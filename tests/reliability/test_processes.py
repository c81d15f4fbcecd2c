"""Several processes on one file, each writing and watching."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.errors import BackendUnavailable
from kregistry.storage.sqlite import SqliteBackend

MEMBER = str(Path(__file__).with_name("member.py"))
TIMEOUT = 100
ALL = ("", "\U0010ffff")


def start(path: str, name: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, MEMBER, "both", path, name, *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(members: list[subprocess.Popen[str]]) -> list[list[list]]:
    """Let them all start at once; what each of them watched."""
    for member in members:
        assert member.stdout.readline() == "ready\n"
    for member in members:
        member.stdin.write("\n")
        member.stdin.flush()
    outputs = [member.communicate(timeout=TIMEOUT)[0] for member in members]
    assert [member.returncode for member in members] == [0] * len(members)
    return [json.loads(output.splitlines()[-1].removeprefix("log ")) for output in outputs]


def log_of(store: SqliteBackend) -> list[list]:
    stream, log = store.watch(*ALL, after=1), []
    while found := stream.poll():
        log += [
            [each.key, each.revision, each.value is None, each.previous_revision] for each in found
        ]
    stream.close()
    return log


@pytest.mark.parametrize("synchronous", ["full", "normal"])
def test_every_watcher_of_every_process_sees_exactly_the_log(
    tmp_path: Path, synchronous: str
) -> None:
    path, count, processes = str(tmp_path / "store.db"), 250, 3
    upto = str(1 + count * processes)
    options = ["--count", str(count), "--upto", upto, "--synchronous", synchronous]
    watched = run([start(path, f"p{each}", *options) for each in range(processes)])
    with SqliteBackend(path) as store:
        log = log_of(store)
        assert [entry[1] for entry in log] == list(range(2, 2 + count * processes))
        assert watched == [log] * processes
        assert store.verify() == []
    assert not os.path.exists(path + "-wal"), "the last one out tidies up"


def test_no_update_of_a_shared_counter_is_lost(tmp_path: Path) -> None:
    path, count, processes = str(tmp_path / "store.db"), 80, 4
    options = ["--hammer", "--count", str(count), "--upto", str(1 + count * processes)]
    watched = run([start(path, f"p{each}", *options) for each in range(processes)])
    with SqliteBackend(path) as store:
        assert store.get("/counter").record.value == b"%d" % (count * processes)
        assert watched == [log_of(store)] * processes


def test_a_watcher_gets_its_own_and_foreign_writes_in_the_order_of_revisions(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "store.db")
    with SqliteBackend(path) as ours, SqliteBackend(path) as theirs:
        stream = ours.watch(*ALL, after=1)
        revisions = []
        for number in range(200):
            writer = ours if number % 3 else theirs
            revisions.append(writer.put(f"/{number}", b"", expected=0))
        seen = []
        while len(seen) < len(revisions):
            seen += [change.revision for change in stream.poll()]
            bell = threading.Event()
            if len(seen) < len(revisions) and stream.park(bell.set):
                assert bell.wait(TIMEOUT)
        assert seen == revisions == list(range(2, 202))
        assert list(stream.poll()) == []
        stream.close()


def test_a_foreign_compaction_ends_a_watcher_that_is_behind(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    with SqliteBackend(path) as ours, SqliteBackend(path) as theirs:
        for number in range(5):
            theirs.put(f"/{number}", b"", expected=0)
        theirs.compact(4)
        assert ours.compacted_revision() == 4
        stream = ours.watch(*ALL, after=4)
        assert [change.revision for change in stream.poll()] == [5, 6]
        stream.close()


def test_a_stopped_process_that_holds_the_lock_makes_others_say_so(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    command = [sys.executable, MEMBER, "write", path, "w", "--die-at", "sqlite.before_commit"]
    code = (
        "import os, signal, sys, runpy; kill = os.kill;"
        "os.kill = lambda pid, _: kill(pid, signal.SIGSTOP);"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command[1:2] = ["-c", code, MEMBER]
    with SqliteBackend(path, busy_timeout=0.2) as store:
        revision = store.put("/a", b"1", expected=0)
        member = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            os.waitid(os.P_PID, member.pid, os.WSTOPPED | os.WNOWAIT)
            with pytest.raises(BackendUnavailable, match="try again"):
                store.put("/b", b"", expected=0)
            assert store.get("/a").record is not None, "reads go on"
            member.send_signal(signal.SIGCONT)
            member.stdout.readline()
        finally:
            member.kill()
            member.communicate(timeout=TIMEOUT)
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                assert store.put("/b", b"", expected=0) > revision
                break
            except BackendUnavailable:
                continue


@pytest.mark.parametrize("held", ["commit", "checkpoint"])
def test_a_commit_and_a_checkpoint_never_overlap(tmp_path: Path, held: str) -> None:
    path, points = str(tmp_path / "store.db"), Failpoints()
    inside, go = threading.Event(), threading.Event()

    def hold() -> None:
        inside.set()
        assert go.wait(TIMEOUT)

    with (
        SqliteBackend(path, failpoints=points, busy_timeout=30) as ours,
        SqliteBackend(path, busy_timeout=0.1) as theirs,
    ):
        revision = theirs.put("/a", b"", expected=0)
        if held == "checkpoint":
            ours._checkpointer._connection = Held(ours._connection, hold)
            action = threading.Thread(target=lambda: ours._checkpointer.run("PASSIVE"))
        else:
            points.arm("sqlite.before_commit", hold)
            action = threading.Thread(target=lambda: ours.put("/b", b"", expected=0))
        action.start()
        assert inside.wait(TIMEOUT)
        with pytest.raises(BackendUnavailable):
            theirs._checkpointer.run("PASSIVE")
        with pytest.raises(BackendUnavailable):
            theirs.put("/a", b"", expected=revision)
        go.set()
        action.join(TIMEOUT)
        theirs.put("/a", b"", expected=revision)
        theirs._checkpointer.run("PASSIVE")
        for store in (ours, theirs):
            cursor = store._readers.take()
            for connection in (store._connection, cursor.connection):
                assert connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
            store._readers.give(cursor)


class Held:
    """A connection that waits before each statement."""

    def __init__(self, connection, hold) -> None:
        self._connection = connection
        self._hold = hold

    def execute(self, statement: str):
        self._hold()
        return self._connection.execute(statement)


def test_a_reader_that_stays_does_not_stop_writers_or_corrupt(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    with SqliteBackend(path) as store:
        revision = store.put("/a", b"", expected=0)
        with store._readers.snapshot() as cursor:
            cursor.execute("SELECT count(*) FROM log").fetchone()
            for _ in range(700):
                revision = store.put("/a", bytes(4096), expected=revision)
        assert store.verify() == []
        assert store.current_revision() == revision
