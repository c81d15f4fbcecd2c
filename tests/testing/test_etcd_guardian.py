"""Nothing outlives the process that started it, however that ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
from etcdfixtures import require_etcd

from kregistry.testing.etcd import EtcdServer
from kregistry.testing.etcd.guardian import GUARDIAN, GuardedFolder, guard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the guardian reads /proc")

START = """
import os, signal, sys, threading
from kregistry.testing.etcd import EtcdServer
from kregistry.testing.etcd.guardian import GUARDIAN
server = EtcdServer()
server.start()
print(server.pid, GUARDIAN.pid, server.log.parent, flush=True)
sys.stdin.readline()
"""


@attrs.define
class Owner:
    """A process that has started an etcd.

    Attributes:
        process: The process.
        etcd: A descriptor that becomes readable when its etcd is gone.
        guardian: Likewise for its guardian.
        folder: Where the etcd works.
    """

    process: subprocess.Popen[str]
    etcd: int
    guardian: int
    folder: Path


@contextmanager
def owner(then: str) -> Iterator[Owner]:
    """A process that starts an etcd, says so and goes on with *then*."""
    require_etcd()
    process = subprocess.Popen(
        [sys.executable, "-c", START + then],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        etcd, guardian, folder = process.stdout.readline().split()
        made = Owner(process, os.pidfd_open(int(etcd)), os.pidfd_open(int(guardian)), Path(folder))
        process.stdin.write("go on\n")  # not before, or a process might be gone already
        process.stdin.flush()
        try:
            yield made
        finally:
            process.kill()
            os.close(made.etcd)
            os.close(made.guardian)


def ends(pidfd: int) -> bool:
    """Wait until the process is gone; False if it takes too long."""
    waiting = select.poll()
    waiting.register(pidfd, select.POLLIN)
    return bool(waiting.poll(30_000))


def has_ended(pidfd: int) -> bool:
    """Whether the process is gone already."""
    waiting = select.poll()
    waiting.register(pidfd, select.POLLIN)
    return bool(waiting.poll(0))


def test_an_etcd_whose_owner_is_killed_goes_with_it() -> None:
    with owner("sys.stdin.read()") as owned:
        assert owned.folder.is_dir()
        owned.process.kill()

        assert ends(owned.etcd)
        assert ends(owned.guardian)
        assert not owned.folder.exists()


def test_a_paused_etcd_goes_too() -> None:
    with owner("server.pause(); print(flush=True); sys.stdin.read()") as owned:
        assert owned.process.stdout is not None
        owned.process.stdout.readline()
        owned.process.kill()

        assert ends(owned.etcd)


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "os.abort()"])
def test_an_owner_that_forgets_to_close_leaves_nothing(end: str) -> None:
    with owner(end) as owned:
        owned.process.wait(timeout=60)

        assert ends(owned.etcd)
        assert ends(owned.guardian)
        assert not owned.folder.exists()


def test_after_an_orderly_end_nothing_is_left_at_once() -> None:
    with owner("sys.stdin.read()") as owned:
        owned.process.communicate(timeout=60)

        assert has_ended(owned.etcd)
        assert not owned.folder.exists()


def test_the_end_of_the_thread_that_started_it_is_not_its_end() -> None:
    then = (
        "other = EtcdServer()\n"
        "thread = threading.Thread(target=other.start)\n"
        "thread.start(); thread.join()\n"
        "print(other.ctl('put', 'a', 'b').strip(), flush=True)\n"
    )
    with owner(then) as owned:
        assert owned.process.stdout is not None
        assert owned.process.stdout.readline() == "OK\n"


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_the_end_of_a_fork_is_not_the_end_of_what_its_parent_started(end: str) -> None:
    then = (
        "pid = os.fork()\n"
        f"if pid == 0: {end}\n"
        "os.waitpid(pid, 0)\n"
        "print(server.ctl('put', 'a', 'b').strip(), flush=True)\n"
        "sys.stdin.read()\n"
    )
    with owner(then) as owned:
        assert owned.process.stdout is not None
        assert owned.process.stdout.readline() == "OK\n"
        owned.process.kill()
        assert ends(owned.etcd)


def test_a_fork_that_lives_on_does_not_keep_it_alive() -> None:
    then = (
        "if os.fork() == 0:\n"
        "    print(os.getpid(), flush=True)\n"
        "    signal.pause()\n"
        "    os._exit(0)\n"
        "sys.stdin.read()\n"
    )
    with owner(then) as owned:
        assert owned.process.stdout is not None
        fork = int(owned.process.stdout.readline())
        try:
            owned.process.kill()
            assert ends(owned.etcd)
        finally:
            os.kill(fork, signal.SIGKILL)


def test_a_fork_can_start_an_etcd_of_its_own() -> None:
    then = (
        "if os.fork() == 0:\n"
        "    other = EtcdServer(); other.start()\n"
        "    print(other.pid, GUARDIAN.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.stdin.read()\n"
    )
    with owner(then) as owned:
        assert owned.process.stdout is not None
        etcd, guardian = map(int, owned.process.stdout.readline().split())
        for pid in (etcd, guardian):
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            assert ends(descriptor)
            os.close(descriptor)
        assert not has_ended(owned.etcd)


def test_a_guardian_that_was_killed_is_replaced() -> None:
    then = (
        "os.kill(GUARDIAN.pid, signal.SIGKILL)\n"
        "os.waitid(os.P_PID, GUARDIAN.pid, os.WEXITED | os.WNOWAIT)\n"
        "other = EtcdServer(); other.start()\n"
        "print(GUARDIAN.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with owner(then) as owned:
        assert owned.process.stdout is not None
        replaced = os.pidfd_open(int(owned.process.stdout.readline()))
        assert ends(owned.guardian)
        owned.process.kill()

        assert ends(owned.etcd)
        assert ends(replaced)
        os.close(replaced)
        assert not owned.folder.exists()


def test_only_folders_that_were_not_released_are_removed(tmp_path: Path) -> None:
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    for folder in (kept, gone):
        (folder / "deep").mkdir(parents=True)

    guard([f'["+", "{kept}"]', f'["+", "{gone}"]', f'["-", "{kept}"]'])

    assert kept.is_dir()
    assert not gone.exists()


def test_a_process_elsewhere_is_left_alone(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "inside and more"
    inside.mkdir()
    outside.mkdir()
    waiting = [sys.executable, "-c", "input()"]
    with (
        subprocess.Popen(waiting, cwd=inside, stdin=subprocess.PIPE) as victim,
        subprocess.Popen(waiting, cwd=outside, stdin=subprocess.PIPE) as stranger,
    ):
        guard([f'["+", "{inside}"]'])

        assert victim.wait(timeout=30) == -signal.SIGKILL
        stranger.communicate(b"\n", timeout=30)
        assert stranger.returncode == 0


def test_a_closed_folder_is_gone_and_stays_so() -> None:
    folder = GuardedFolder("guarded-")
    (folder.path / "file").write_text("text", encoding="utf-8")

    folder.close()
    folder.close()

    assert not folder.path.exists()
    assert GUARDIAN.pid is not None


def test_servers_share_one_guardian() -> None:
    require_etcd()
    with EtcdServer():
        first = GUARDIAN.pid
        with EtcdServer():
            assert GUARDIAN.pid == first
