"""What SqliteBackend opens, what it refuses, and what it says then."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import stat
import threading
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from kregistry.storage.errors import (
    BackendError,
    BackendUnavailable,
    StorageFenced,
    UnsafeStorage,
)
from kregistry.storage.sqlite import SqliteBackend, faults, opening, place

WAIT = 5.0

MOUNTS = """\
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 21 0:28 / /home rw - nfs4 server:/home rw,vers=4.2
31 30 254:1 / /home/local rw - xfs /dev/vdb rw
32 21 0:30 / /mnt/with\\040space rw - cifs //server/share rw
33 21 0:31 / /mnt/guest rw - virtiofs share rw
34 21 0:32 / /mnt/user rw master:2 propagate_from:3 - fuse.sshfs user@host: rw
35 21 0:33 / /mnt/both rw - nfs server:/both rw
36 21 0:34 / /mnt/both rw - tmpfs tmpfs rw
37 21 0:35 / /mnt/nine rw - 9p share rw
not a mount
38 21 0:36 / /short
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x.db", ""),
        ("/home/me/x.db", "nfs4"),
        ("/home/local/x.db", ""),
        ("/homeless/x.db", ""),
        ("/mnt/with space/x.db", "cifs"),
        ("/mnt/guest/deep/down/x.db", "virtiofs"),
        ("/mnt/user/x.db", "fuse.sshfs"),
        ("/mnt/both/x.db", ""),
        ("/mnt/nine/x.db", "9p"),
    ],
)
def test_the_innermost_last_mount_decides_what_file_system_it_is(path: str, kind: str) -> None:
    assert place.network_type(path, MOUNTS) == kind


def test_a_system_without_mounts_is_taken_for_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_MOUNTS", "/nowhere/mountinfo")
    assert place.network_type("/x.db") == ""


@pytest.fixture
def on_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"21 1 0:9 / / rw - ext4 /dev/vda rw\n22 21 0:9 / {tmp_path} rw - nfs4 s: rw\n"
    )
    monkeypatch.setattr(place, "_MOUNTS", str(mounts))
    return str(tmp_path / "store.db")


def test_a_network_file_system_is_refused(on_network: str) -> None:
    with pytest.raises(UnsafeStorage, match="nfs4"):
        SqliteBackend(on_network)
    assert not os.path.exists(on_network)


def test_on_request_a_network_file_system_is_used_without_wal_and_alone(on_network: str) -> None:
    with SqliteBackend(on_network, unsafe_network_fs=True, busy_timeout=0.1) as store:
        stream = store.watch("/", "0", after=1)
        assert store.put("/a", b"1", expected=0) == 2
        assert store.get("/a").record.value == b"1"
        assert [change.revision for change in stream.poll()] == [2]
        assert len(store.range("/", "0", count=True).records) == 1
        store.compact(2)
        assert store.verify() == []
        assert not os.path.exists(on_network + "-wal")
        with pytest.raises(BackendUnavailable):
            SqliteBackend(on_network, unsafe_network_fs=True, busy_timeout=0.1)
        stream.close()
    with SqliteBackend(on_network, unsafe_network_fs=True) as store:
        assert store.current_revision() == 2


def test_a_compaction_and_who_begins_to_watch_do_not_wait_for_each_other(
    on_network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading takes the right to write there, and the feed reads when somebody joins it."""
    with SqliteBackend(on_network, unsafe_network_fs=True) as store:
        opened = [store.watch("/", "0", after=1)]
        store.put("/a", b"1", expected=0)
        joined = threading.Event()
        watcher = threading.Thread(
            target=lambda: opened.append(store.watch("/", "0", after=2)), daemon=True
        )

        class Door:
            """The lock of the feed, which says when the watcher has it or waits for it."""

            def __init__(self, lock: threading.Lock) -> None:
                self.lock = lock

            def __enter__(self) -> None:
                if threading.current_thread() is watcher:
                    had = self.lock.acquire(blocking=False)
                    joined.set()
                    if had:
                        return
                assert self.lock.acquire(timeout=WAIT)

            def __exit__(self, *_: object) -> None:
                self.lock.release()

        def writing(doing: str) -> AbstractContextManager[None]:
            stack = ExitStack()
            stack.enter_context(usual(doing))
            if not joined.is_set():
                watcher.start()
                assert joined.wait(WAIT)
            return stack

        usual = store._guard.writing
        monkeypatch.setattr(store._guard, "writing", writing)
        monkeypatch.setattr(store._feed, "_lock", Door(store._feed._lock))
        store.compact(2)
        watcher.join(WAIT)
        assert not watcher.is_alive()
        assert store.compacted_revision() == 2
        for stream in opened:
            stream.close()


def test_a_store_that_is_closed_at_once_leaves_no_log_behind(tmp_path: Path) -> None:
    """Not even if its keys have times to live, which somebody looks at when it is opened."""
    path = tmp_path / "store.db"
    with SqliteBackend(path) as store:
        for number in range(50):
            store.put(f"/{number}", b"", expected=0, ttl=1000.0)
    for _ in range(30):
        SqliteBackend(path).close()
        names = {each.name for each in tmp_path.iterdir()}
        assert names == {"store.db", "store.db.lock", "store.db.reserve"}


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with SqliteBackend(tmp_path / "store.db") as store:
            store.put("/a", b"", expected=0)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert len(modes) == 5
    assert set(modes.values()) == {0o600}, modes


def test_two_names_of_a_file_lead_to_the_same_store(tmp_path: Path) -> None:
    real = tmp_path / "real.db"
    other = tmp_path / "other.db"
    with SqliteBackend(real) as store:
        other.symlink_to(real)
        with SqliteBackend(other) as same:
            assert same.path == store.path
            same.put("/a", b"", expected=0)
        assert store.get("/a").record is not None


def test_a_path_with_odd_characters_works(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é&mode=ro.db"
    with SqliteBackend(path) as store:
        store.put("/a", b"", expected=0)
    assert path.stat().st_size > 0


@pytest.mark.parametrize("path", ["", ":memory:", "file:x.db?mode=memory", "a\0b"])
def test_what_is_no_file_name_is_a_value_error(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|file"):
        SqliteBackend(path)


def test_a_path_that_is_no_text_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        SqliteBackend(b"x.db")
    with pytest.raises(TypeError):
        SqliteBackend(3)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeStorage, match="folder"):
        SqliteBackend(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeStorage, match="does not exist"):
        SqliteBackend(tmp_path / "none" / "store.db")


def test_a_device_or_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnsafeStorage, match="regular"):
        SqliteBackend(tmp_path / "pipe")


def test_a_file_with_two_hard_links_is_refused(tmp_path: Path) -> None:
    SqliteBackend(tmp_path / "store.db").close()
    os.link(tmp_path / "store.db", tmp_path / "again.db")
    with pytest.raises(UnsafeStorage, match="hard link"):
        SqliteBackend(tmp_path / "store.db")


@pytest.mark.parametrize("companion", [".lock", ".reserve", ".reserve.probe"])
def test_links_that_somebody_put_beside_the_file_are_not_followed(
    tmp_path: Path, companion: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    os.symlink(victim, tmp_path / f"store.db{companion}")
    if companion == ".reserve.probe":
        with SqliteBackend(tmp_path / "store.db"):
            assert not faults.no_room_left(str(tmp_path), str(tmp_path / f"store.db{companion}"))
    else:
        with pytest.raises(UnsafeStorage):
            SqliteBackend(tmp_path / "store.db")
    assert victim.read_bytes() == b"precious"


def test_a_file_system_that_cannot_allocate_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with SqliteBackend(tmp_path / "store.db"):
        assert (tmp_path / "store.db.reserve").stat().st_size == 2 << 20


def test_an_opening_that_fails_late_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_) -> None:
        raise OSError(errno.EIO, "planted")

    before = set(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", refuse)
        with pytest.raises(BackendError):
            SqliteBackend(tmp_path / "store.db")
    assert set(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UnsafeStorage, match="writable"):
            SqliteBackend(tmp_path / "store.db")
    finally:
        tmp_path.chmod(0o700)


def test_what_may_not_be_written_is_refused(tmp_path: Path, monkeypatch) -> None:
    SqliteBackend(tmp_path / "store.db").close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UnsafeStorage, match="writable"):
        SqliteBackend(tmp_path / "store.db")
    with pytest.raises(UnsafeStorage, match="writable"):
        SqliteBackend(tmp_path / "new.db")


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE notes (text)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(UnsafeStorage, match="another program"):
        SqliteBackend(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"Dear diary, " * 500)
    with pytest.raises(UnsafeStorage, match="not a database"):
        SqliteBackend(path)
    assert path.read_bytes() == b"Dear diary, " * 500


def test_a_file_from_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    SqliteBackend(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(UnsafeStorage, match="later version"):
        SqliteBackend(path)


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    with SqliteBackend(path) as store:
        assert store.current_revision() == 1


def test_a_creation_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA auto_vacuum = INCREMENTAL")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.close()
    assert path.stat().st_size > 0
    with SqliteBackend(path) as store:
        assert store.put("/a", b"", expected=0) == 2
        raw = sqlite3.connect(path)
        assert raw.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        raw.close()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM store",
        "DROP TABLE store",
        "DROP TABLE newest",
        "UPDATE store SET revision = 'many'",
        "UPDATE store SET revision = 9223372036854775807",
        "UPDATE store SET compacted = -1",
    ],
)
def test_counters_that_make_no_sense_are_noticed_when_the_file_is_opened(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "store.db"
    with SqliteBackend(path) as store:
        store.put("/a", b"", expected=0)
    raw = sqlite3.connect(path)
    raw.execute(change)
    raw.commit()
    raw.close()
    with pytest.raises(StorageFenced, match="damaged"):
        SqliteBackend(path)


def test_a_damaged_file_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with SqliteBackend(path) as store:
        for number in range(50):
            store.put(f"/{number}", bytes(3000), expected=0)
    whole = bytearray(path.read_bytes())
    whole[4096 : len(whole) - 4096] = os.urandom(len(whole) - 8192)
    path.write_bytes(whole)
    with pytest.raises(StorageFenced, match="backup"):  # noqa: PT012
        store = SqliteBackend(path)
        try:
            store.range("/", "0")
        finally:
            store.close()


def test_a_lock_of_another_program_is_unavailable_and_never_raw(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with SqliteBackend(path, busy_timeout=0.1) as store:
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackendUnavailable, match="try again"):
            store.put("/a", b"", expected=0)
        assert store.get("/a").record is None
        raw.execute("COMMIT")
        raw.close()
        assert store.put("/a", b"", expected=0) == 2


def test_an_exhausted_table_of_files_is_a_typed_error(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "store.db"
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1]))
    try:
        with pytest.raises(OSError, match="open files"):  # noqa: PT012
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        with pytest.raises(BackendError):
            SqliteBackend(path)
        os.close(held.pop())
        os.close(held.pop())
        with pytest.raises(BackendError):
            SqliteBackend(path)
    finally:
        for each in held:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    SqliteBackend(path).close()


def test_the_application_is_told_once_of_an_engine_with_a_known_bug(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(opening, "_warned", False)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    with caplog.at_level(logging.WARNING):
        SqliteBackend(tmp_path / "a.db").close()
        SqliteBackend(tmp_path / "b.db").close()
    assert len([each for each in caplog.records if "3.51.3" in each.getMessage()]) == 1


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 4), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_with_the_wal_reset_bug_are_known(version, affected: bool) -> None:
    assert opening.has_reset_bug(version) is affected


def test_an_engine_that_is_too_old_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 30, 0))
    with pytest.raises(UnsafeStorage, match="too old"):
        SqliteBackend(tmp_path / "a.db")
