"""Disks that are full or fail, files that vanish: typed errors, nothing lost, nothing invented."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.errors import (
    BackendError,
    StorageFenced,
    StorageFull,
)
from kregistry.storage.sqlite import SqliteBackend, faults, schema

TIMEOUT = 60
WAIT = 20.0


def engine_error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("planted")
    error.sqlite_errorcode = getattr(sqlite3, name)
    error.sqlite_errorname = name
    return error


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def fill_up(store: SqliteBackend, size: int) -> list[tuple[str, int]]:
    written: list[tuple[str, int]] = []
    with pytest.raises(StorageFull, match="no room"):  # noqa: PT012
        while True:
            key = f"/{len(written):05}"
            written.append((key, store.put(key, os.urandom(size), expected=0)))
    return written


def test_a_full_disk_refuses_puts_but_takes_deletions_and_compaction(small_disk: Path) -> None:
    with SqliteBackend(small_disk / "store.db") as store:
        written = fill_up(store, 20_000)
        assert len(written) > 50
        with pytest.raises(StorageFull):
            store.put("/more", bytes(20_000), expected=0)
        assert store.current_revision() == written[-1][1]
        assert all(store.get(key).record.mod_revision == at for key, at in written)
        for key, revision in written[: len(written) // 2]:
            store.delete(key, expected=revision)
        store.compact(store.current_revision())
        assert store.verify() == []
        assert store.put("/more", bytes(20_000), expected=0) == store.current_revision()
        assert [each.key for each in store.range("/", "0").records[:-1]] == [
            key for key, _ in written[len(written) // 2 :]
        ]


def test_room_that_comes_back_is_noticed_without_reopening(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(3 << 20))
    with SqliteBackend(small_disk / "store.db") as store:
        written = fill_up(store, 20_000)
        ballast.unlink()
        bell = threading.Event()
        for _ in range(100):
            try:
                store.put("/more", bytes(20_000), expected=0)
                break
            except StorageFull:
                bell.wait(0.1)
        assert store.get(written[0][0]).record is not None
        assert store.get("/more").record is not None


LIMITED = """
import resource, sys
from kregistry.storage.errors import BackendError, StorageFull
from kregistry.storage.sqlite import SqliteBackend
with SqliteBackend(sys.argv[1]) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (6 << 20, resource.RLIM_INFINITY))
    acknowledged = []
    try:
        while True:
            acknowledged.append(store.put(f"/{len(acknowledged)}", bytes(30000), expected=0))
    except StorageFull as error:
        print("full", len(acknowledged))
    assert store.current_revision() == acknowledged[-1]
    for number in range(20):
        store.delete(f"/{number}", expected=acknowledged[number])
    print("deleted")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    store.compact(store.current_revision())
    print(store.verify())
"""


def test_a_limit_on_the_size_of_files_counts_as_a_full_disk(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "store.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("full ")
    assert lines[1:] == ["deleted", "[]"]


@pytest.mark.parametrize("name", ["SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE", "SQLITE_READONLY"])
@pytest.mark.parametrize("point", ["sqlite.after_begin", "sqlite.before_commit"])
def test_the_first_io_error_of_a_write_fences_the_store(
    tmp_path: Path, name: str, point: str
) -> None:
    points = Failpoints()
    with SqliteBackend(tmp_path / "store.db", failpoints=points) as store:
        revision = store.put("/a", b"1", expected=0)
        points.arm_error(point, engine_error(name))
        with pytest.raises(StorageFenced, match="open it again"):
            store.put("/a", b"2", expected=revision)
        for write in (
            lambda: store.put("/a", b"2", expected=revision),
            lambda: store.delete("/a", expected=revision),
            lambda: store.compact(revision),
            store.ready,
        ):
            with pytest.raises(StorageFenced):
                write()
        assert store.get("/a").record.value == b"1", "reads go on"
        assert len(store.range("/", "0").records) == 1
    with SqliteBackend(tmp_path / "store.db") as store:
        assert store.put("/a", b"2", expected=revision) == revision + 1


def test_a_fenced_store_is_checked_when_it_is_opened_again(tmp_path: Path) -> None:
    path, points = tmp_path / "store.db", Failpoints()
    with SqliteBackend(path, failpoints=points) as store:
        for number in range(60):
            store.put(f"/{number}", bytes(3000), expected=0)
        points.arm_error("sqlite.before_commit", engine_error("SQLITE_IOERR_FSYNC"))
        with pytest.raises(StorageFenced):
            store.put("/a", b"", expected=0)
    whole = bytearray(path.read_bytes())
    whole[8 * 4096 : 12 * 4096] = bytes(4 * 4096)
    path.write_bytes(whole)
    with pytest.raises(StorageFenced, match="backup"):
        SqliteBackend(path)


@pytest.mark.parametrize("name", ["SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR_LOCK"])
def test_a_passing_trouble_fences_nothing(tmp_path: Path, name: str) -> None:
    points = Failpoints()
    with SqliteBackend(tmp_path / "store.db", failpoints=points) as store:
        points.arm_error("sqlite.after_begin", engine_error(name))
        with pytest.raises(BackendError, match="try again"):
            store.put("/a", b"", expected=0)
        assert store.put("/a", b"", expected=0) == 2


def test_full_in_the_middle_of_a_batch_fails_the_puts_and_not_the_deletions(
    tmp_path: Path,
) -> None:
    points = Failpoints()
    with SqliteBackend(tmp_path / "store.db", failpoints=points) as store:
        revision = store.put("/a", b"1", expected=0)
        points.arm_error("sqlite.before_commit", engine_error("SQLITE_FULL"))
        assert store.delete("/a", expected=revision) == revision + 1
        with pytest.raises(StorageFull):
            store.put("/b", b"", expected=0)


def test_one_process_that_ran_out_of_room_keeps_the_reserve_from_the_others(
    tmp_path: Path,
) -> None:
    with (
        SqliteBackend(tmp_path / "store.db") as ours,
        SqliteBackend(tmp_path / "store.db") as theirs,
    ):
        revision = theirs.put("/a", b"1", expected=0)
        ours._guard._run_full()
        theirs._guard.check()
        with pytest.raises(StorageFull):
            theirs.put("/b", b"1", expected=0)
        assert theirs.delete("/a", expected=revision) == revision + 1
        theirs._guard._full_since -= 5
        assert theirs.put("/b", b"1", expected=0) == revision + 2, "there is room again"


def test_room_that_is_only_the_reserve_stays_reserved_for_deletions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SqliteBackend(tmp_path / "store.db") as store:
        store._guard._run_full()
        monkeypatch.setattr(faults, "no_room_left", lambda *_: True)
        assert not store._guard.try_recover()
        assert os.stat(f"{store.path}.reserve").st_size == 0


def test_two_who_look_for_room_at_once_do_not_trip_over_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, probe = os.fsync, tmp_path / "probe"

    def fsync(place: int) -> None:
        usual(place)
        probe.unlink()  # the other one is done with it

    monkeypatch.setattr(os, "fsync", fsync)
    assert not faults.no_room_left(str(tmp_path / "store.db"), str(probe))


@pytest.mark.parametrize("companion", ["", ".lock"])
def test_what_is_committed_to_a_file_that_just_vanished_is_not_acknowledged(
    tmp_path: Path, companion: str
) -> None:
    points = Failpoints()
    with SqliteBackend(tmp_path / "store.db", failpoints=points) as store:
        store.put("/a", b"", expected=0)
        points.arm("sqlite.before_commit", (tmp_path / f"store.db{companion}").unlink)
        with pytest.raises(StorageFenced, match="removed"):
            store.put("/b", b"", expected=0)


def test_a_lock_file_that_was_moved_away_fences_the_store(tmp_path: Path) -> None:
    with SqliteBackend(tmp_path / "store.db") as store:
        os.rename(tmp_path / "store.db.lock", tmp_path / "elsewhere")
        with pytest.raises(StorageFenced, match="lock"):
            store.ready()
        with pytest.raises(StorageFenced, match="lock"):
            store.put("/b", b"", expected=0)


@pytest.mark.parametrize("mode", ["RESTART", "TRUNCATE"])
def test_a_reader_that_stays_does_not_hold_up_a_checkpoint(tmp_path: Path, mode: str) -> None:
    with SqliteBackend(tmp_path / "store.db", busy_timeout=3600) as store:
        store.put("/a", b"", expected=0)
        with store._readers.snapshot() as cursor:
            cursor.execute("SELECT count(*) FROM log").fetchone()
            store._checkpointer.run(mode)
        store._checkpointer.run(mode)
        assert store.put("/b", b"", expected=0) == 3


@pytest.mark.parametrize("how", ["removed", "replaced", "moved"])
def test_a_file_that_vanishes_fences_the_store_and_ends_watches(tmp_path: Path, how: str) -> None:
    path = tmp_path / "store.db"
    store = SqliteBackend(path)
    store.put("/a", b"", expected=0)
    stream = store.watch("/b", "/c", after=2)
    woken = threading.Event()
    assert stream.park(woken.set)
    if how == "removed":
        path.unlink()
    elif how == "moved":
        path.rename(tmp_path / "moved.db")
    else:
        shutil.copy(path, tmp_path / "copy.db")
        os.replace(tmp_path / "copy.db", path)
    assert woken.wait(WAIT), "the watcher would wait for ever"
    with pytest.raises(StorageFenced, match="removed or replaced"):
        stream.poll()
    with pytest.raises(StorageFenced, match="removed or replaced"):
        store.put("/a", b"", expected=2)
    with pytest.raises(StorageFenced):
        store.watch("/", "0", after=1)
    assert store.get("/a").record is not None
    store.close()


def test_a_write_ahead_log_that_vanishes_fences_the_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteBackend(path)
    store.put("/a", b"", expected=0)
    stream = store.watch("/b", "/c", after=2)
    deadline = threading.Event()
    for _ in range(200):  # until the poller has looked once
        if store._guard._log_identity is not None:
            break
        deadline.wait(0.05)
    woken = threading.Event()
    assert stream.park(woken.set)
    os.unlink(f"{path}-wal")
    assert woken.wait(WAIT)
    with pytest.raises(StorageFenced, match="log"):
        store.put("/a", b"", expected=2)
    store.close()


def test_a_checkpoint_that_fails_does_not_fail_the_write_before_it(tmp_path: Path) -> None:
    points = Failpoints()
    with SqliteBackend(tmp_path / "store.db", failpoints=points) as store:
        points.arm("sqlite.before_checkpoint", lambda: raise_(StorageFull("planted")))
        revision = 0
        for _ in range(400):
            revision = store.put("/a", bytes(4096), expected=revision)
        assert points.hits("sqlite.before_checkpoint") > 0
        assert store.get("/a").record.mod_revision == revision


def raise_(error: BaseException) -> None:
    raise error


def test_a_tail_that_may_be_lost_makes_the_revision_jump(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    code = (
        "import os, sys; from kregistry.storage.sqlite import SqliteBackend;"
        "store = SqliteBackend(sys.argv[1], synchronous=sys.argv[2]);"
        "store.put('/a', b'1', expected=0); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path), "normal"], check=True, timeout=TIMEOUT)
    with SqliteBackend(path, synchronous="normal") as store:
        assert store.current_revision() == 2 + schema.LOSS_JUMP
        assert store.compacted_revision() == 2 + schema.LOSS_JUMP
        assert store.get("/a").record.mod_revision == 2
        assert store.put("/a", b"2", expected=2) == 3 + schema.LOSS_JUMP
        with SqliteBackend(path, synchronous="normal") as other:
            assert other.current_revision() == 3 + schema.LOSS_JUMP, "somebody lived on"
    with SqliteBackend(path, synchronous="normal") as store:
        assert store.current_revision() == 3 + schema.LOSS_JUMP, "closed in order"


def test_a_killed_writer_that_flushed_every_commit_costs_no_revisions(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    code = (
        "import os, sys; from kregistry.storage.sqlite import SqliteBackend;"
        "store = SqliteBackend(sys.argv[1]); store.put('/a', b'1', expected=0); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=TIMEOUT)
    with SqliteBackend(path) as store:
        assert store.current_revision() == 2
