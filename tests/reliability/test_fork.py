"""A child that was forked must not touch its parent's store, and is told so."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from kregistry.storage.errors import ForkedStore
from kregistry.storage.sqlite import SqliteBackend

TIMEOUT = 30

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def in_child(action: Callable[[], None], *, leave: Callable[[int], object] = os._exit) -> int:
    """Run *action* in a forked child; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        leave(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def check_refusals(store: SqliteBackend, stream) -> None:
    for use in (
        lambda: store.get("/a"),
        lambda: store.range("/", "0"),
        lambda: store.put("/b", b"", expected=0),
        lambda: store.delete("/a", expected=2),
        lambda: store.watch("/", "0", after=1),
        lambda: store.compact(1),
        store.current_revision,
        store.compacted_revision,
        store.ready,
        stream.poll,
    ):
        with pytest.raises(ForkedStore, match="anew"):
            use()
    stream.close()
    store.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_is_refused_and_the_parent_goes_on(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    with SqliteBackend(path) as store:
        store.put("/a", b"1", expected=0)
        stream = store.watch("/", "0", after=1)
        assert in_child(lambda: check_refusals(store, stream)) == 0
        assert store.put("/b", b"", expected=0) == 3
        assert [change.key for change in stream.poll()] == ["/a", "/b"]
        stream.close()
        assert store.verify() == []


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_may_open_the_file_anew(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")

    def write() -> None:
        with SqliteBackend(path) as anew:
            anew.put("/child", b"", expected=0)

    with SqliteBackend(path) as store:
        store.put("/parent", b"", expected=0)
        assert in_child(write) == 0
        assert store.get("/child").record is not None
        assert store.put("/after", b"", expected=0) == 4


def _use_in_pool(store: SqliteBackend, answers) -> None:
    try:
        store.get("/a")
    except ForkedStore:
        answers.put("refused")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_multiprocessing_with_fork_is_refused_too(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    with SqliteBackend(str(tmp_path / "store.db")) as store:
        answers = context.SimpleQueue()
        child = context.Process(target=_use_in_pool, args=(store, answers))
        child.start()
        assert answers.get() == "refused"
        child.join(TIMEOUT)
        assert child.exitcode == 0
        child.close()
        answers.close()


SCRIPT = """
import os, sys
from kregistry.storage.sqlite import SqliteBackend
store = SqliteBackend(sys.argv[1])
revision = store.put("/a", b"1", expected=0)
child = os.fork()
if child == 0:
    os.read(0, 1)       # until the parent has closed the store and gone
    sys.exit(0)         # the whole interpreter is taken down, objects and all
store.put("/b", b"2", expected=0)
os._exit(0)             # without closing: the log must be left alone by the child
"""


def test_a_child_that_outlives_its_parent_does_not_tidy_up_behind_it(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    parent = subprocess.Popen([sys.executable, "-c", SCRIPT, path], stdin=subprocess.PIPE)
    assert parent.wait(TIMEOUT) == 0
    with SqliteBackend(path) as store:
        store.put("/c", b"3", expected=0)
        log = os.stat(path + "-wal")
        parent.stdin.close()
        deadline = time.monotonic() + TIMEOUT
        while any(_has_open(pid, path) for pid in os.listdir("/proc")):
            assert time.monotonic() < deadline, "the child does not end"
            time.sleep(0.01)
        assert os.stat(path + "-wal").st_ino == log.st_ino
        assert store.put("/d", b"4", expected=0) == 5
        assert store.verify() == []


def _has_open(pid: str, path: str) -> bool:
    if not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        files = os.listdir(f"/proc/{pid}/fd")
        return any(os.readlink(f"/proc/{pid}/fd/{each}") == path for each in files)
    except OSError:
        return False
