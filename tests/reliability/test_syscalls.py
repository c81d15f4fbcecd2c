"""Each call to the system fails, or is the last one, in turn: on the real engine, by strace.

    KREGISTRY_SYSCALL_STEP=1 python -m pytest tests/reliability/test_syscalls.py

The short form tries every so many-th call only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kregistry.storage.sqlite import SqliteBackend

STEP = int(os.environ.get("KREGISTRY_SYSCALL_STEP", "41"))
TIMEOUT = 60
CALLS = "pwrite64,fdatasync,fsync,ftruncate,unlink"

pytestmark = [
    pytest.mark.timeout(120 + 8000 // STEP),
    pytest.mark.skipif(
        shutil.which("strace") is None, reason="NOT TESTED: install strace to fail system calls"
    ),
]

SCRIPT = """
import sys
from kregistry.storage.errors import BackendError
from kregistry.storage.sqlite import SqliteBackend
try:
    with SqliteBackend(sys.argv[1], busy_timeout=30) as store:
        held = {}
        for number in range(int(sys.argv[2])):
            key = "/%d" % (number % 3)
            try:
                if number % 7 == 6:
                    revision = store.delete(key, expected=held.pop(key))
                else:
                    value = b"%d " % number * 900
                    revision = held[key] = store.put(key, value, expected=held.get(key, 0))
                print("ack", revision, key, number, flush=True)
                if number % 10 == 9:
                    store.compact(revision - 3)
                    store._checkpointer.run("PASSIVE")
            except BackendError as error:
                print("error", type(error).__name__, flush=True)
                break
except BackendError as error:
    print("error", type(error).__name__, flush=True)
"""


def run(path: Path, *options: str, writes: int = 20) -> subprocess.CompletedProcess[str]:
    """Run the script under strace."""
    trace = ["strace", "-f", "--seccomp-bpf", "-o", f"{path}.trace", "-e", f"trace={CALLS}"]
    script = [sys.executable, "-c", SCRIPT, str(path), str(writes)]
    return subprocess.run(
        [*trace, *options, *script], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The calls that the script makes when nothing fails, in order."""
    path = tmp_path_factory.mktemp("plain") / "store.db"
    done = run(path)
    if "ptrace" in done.stderr:
        pytest.skip(f"NOT TESTED: strace may not trace here: {done.stderr}")
    assert done.stdout.count("ack") == 20, done.stderr
    lines = Path(f"{path}.trace").read_text().splitlines()
    return [line.split()[1].partition("(")[0] for line in lines if "(" in line]


def audit(path: Path, done: subprocess.CompletedProcess[str]) -> None:
    """Everything acknowledged is there; what was not is there whole or not at all."""
    assert "Traceback" not in done.stderr, done.stderr
    acks = [line.split() for line in done.stdout.splitlines() if line.startswith("ack")]
    newest = {key: (int(revision), int(number)) for _, revision, key, number in acks}
    last = max((at for at, _ in newest.values()), default=1)
    with SqliteBackend(path) as store:
        assert store.verify() == []
        assert last <= store.current_revision() <= last + 1, done.stdout
        for key, (revision, number) in newest.items():
            record = store.get(key).record
            if record is not None and record.mod_revision == revision:
                assert record.value == b"%d " % number * 900
            elif record is not None or number % 7 != 6:  # the one that was under way did this
                changed = record.mod_revision if record is not None else store.current_revision()
                assert changed == last + 1
        store.put("/later", b"", expected=0)


@pytest.mark.parametrize("fault", ["signal=KILL", "error=EIO", "error=ENOSPC", "sticky EIO"])
def test_no_call_that_fails_or_is_the_last_costs_what_was_acknowledged(
    tmp_path: Path, calls: list[str], fault: str
) -> None:
    how, more = fault, ""
    if fault == "sticky EIO":
        how, more = "error=EIO", "+"
    for at in range(0, len(calls), STEP):
        call, number = calls[at], calls[: at + 1].count(calls[at])
        path = tmp_path / f"{at}.db"
        done = run(path, "-e", f"inject={call}:{how}:when={number}{more}")
        try:
            audit(path, done)
        except BaseException as error:
            error.add_note(f"{fault} at {call} number {number}; said: {done.stdout[-200:]}")
            raise


def test_slow_writes_of_one_process_and_commits_of_another_do_not_mix(tmp_path: Path) -> None:
    """Stretches each checkpoint and each commit, so that they would overlap if they could."""
    path, writes = tmp_path / "store.db", max(60, 2000 // STEP)
    with SqliteBackend(path) as store:
        command = [sys.executable, "-c", SCRIPT, str(path), "0"]
        assert subprocess.run(command, timeout=TIMEOUT, check=True).returncode == 0
        delay = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:delay_enter=300"]
        command = ["strace", "-f", "--seccomp-bpf", "-o", f"{path}.trace", *delay, *command]
        command[-1] = str(writes)
        slow = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        revision, number = 0, 0
        while slow.poll() is None:
            revision, number = store.put("/fast", b"%d" % number, expected=revision), number + 1
            if number % 5 == 0:
                store._checkpointer.run("PASSIVE")
        output, _ = slow.communicate(timeout=TIMEOUT)
        assert output.count("ack") == writes
        assert store.current_revision() == 1 + writes + number
        assert store.verify() == []
