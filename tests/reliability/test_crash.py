"""Processes die at the worst moments; what they acknowledged is there."""

from __future__ import annotations

import importlib.util
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kregistry.storage.sqlite import SqliteBackend

HERE = Path(__file__).parent
TIMEOUT = 60
POINTS = (
    "sqlite.before_begin",
    "sqlite.after_begin",
    "sqlite.before_commit",
    "sqlite.after_commit",
    "sqlite.before_publish",
    "sqlite.before_checkpoint",
    "sqlite.after_checkpoint",
    "sqlite.compact.before_mark",
    "sqlite.compact.after_mark",
    "sqlite.compact.before_batch",
    "sqlite.compact.after_batch",
)


def load_crash_loop():
    spec = importlib.util.spec_from_file_location("crash_loop", HERE / "crash_loop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def loop():
    return load_crash_loop()


def test_acknowledged_writes_survive_a_loop_of_kills(tmp_path: Path, loop) -> None:
    audit, chance = loop.Audit(), random.Random(3)
    for number in range(6):
        loop.cycle(str(tmp_path / "store.db"), audit, chance, number, 3)
    assert len(audit.acknowledged) >= 18


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("hit", [1, 3])
def test_a_kill_at_any_point_leaves_a_prefix_with_everything_acknowledged(
    tmp_path: Path, loop, point: str, hit: int
) -> None:
    path = str(tmp_path / "store.db")
    audit = loop.Audit()
    options = ["--compact-every", "30", "--die-at", point, "--die-after", str(hit)]
    member = loop.start(path, "w", "--count", "4000", *options)
    output, _ = member.communicate(timeout=TIMEOUT)
    assert member.returncode == -9, f"{point} was never reached"
    audit.note(output)
    with SqliteBackend(path) as store:
        assert store.verify() == []
        floor, state = store.compacted_revision(), store.current_revision()
        changes = loop.read_all(store, max(floor, 1))
        assert [each.revision for each in changes] == list(range(max(floor, 1) + 1, state + 1))
        assert max(audit.acknowledged, default=1) <= state <= max(audit.acknowledged, default=1) + 1
        newest = {key: (revision, number) for revision, (key, number) in audit.acknowledged.items()}
        unknown = {each.key for each in changes if each.revision not in audit.acknowledged}
        for key, (revision, number) in newest.items():
            record = store.get(key).record
            if key not in unknown:
                assert (record is None) == (number < 0)
                assert record is None or record.mod_revision == revision
        store.compact(state)
        assert store.put("/after", b"", expected=0) == state + 1
    raw = sqlite3.connect(path)
    rows = raw.execute("SELECT count(*) FROM log").fetchone()
    pointers = raw.execute("SELECT count(*) FROM newest").fetchone()
    raw.close()
    assert rows == pointers, "compaction left something behind"


@pytest.mark.parametrize("point", ["sqlite.before_commit", "sqlite.after_commit"])
def test_others_go_on_when_a_member_dies_in_its_commit(tmp_path: Path, loop, point: str) -> None:
    path = str(tmp_path / "store.db")
    with SqliteBackend(path, busy_timeout=30) as store:
        stream = store.watch("/w/", "/w0", after=1)
        member = loop.start(path, "w", "--die-at", point, "--die-after", "5")
        output, _ = member.communicate(timeout=TIMEOUT)
        acknowledged = output.count(b"\n")
        revision = store.put("/mine", b"", expected=0)
        assert acknowledged == 4
        assert revision == acknowledged + (3 if point == "sqlite.after_commit" else 2)
        found = [change.revision for change in stream.poll()]
        assert found == list(range(2, revision))
        stream.close()


def test_the_documented_command_of_the_long_form_works() -> None:
    command = [sys.executable, str(HERE / "crash_loop.py"), "--cycles", "1", "--seed", "9"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    assert "0 lost, 0 damaged" in done.stdout
