"""A migration that is killed at any commit of its target is finished by the next run."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kregistry.storage.migration import migrate
from kregistry.storage.migration.marker import MARKER
from kregistry.storage.sqlite import SqliteBackend

ALL = ("", "\U0010ffff")
TIMEOUT = 60
FAR = 1_000_000

#: Migrates argv[1] into argv[2]; dies at failpoint argv[3], reached the argv[4]th time.
MIGRATE_AND_DIE = """
import os, signal, sys
from kregistry.meta.failpoints import Failpoints
from kregistry.storage.migration import migrate
from kregistry.storage.sqlite import SqliteBackend

source, target, point, times = sys.argv[1:]
failpoints = Failpoints()

def die():
    if failpoints.hits(point) == int(times):
        os.kill(os.getpid(), signal.SIGKILL)

failpoints.arm(point, die)
migrate(SqliteBackend(source), SqliteBackend(target, failpoints=failpoints), page=3)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A store of eight keys, two of which have a time to live."""
    with SqliteBackend(tmp_path / "shop.db") as store:
        store.advance(FAR)
        for number in range(8):
            ttl = 1000.0 if number in (2, 5) else None
            store.put(f"/registry/{number}", bytes(5000), expected=0, ttl=ttl)
    return tmp_path / "shop.db"


@pytest.mark.parametrize(
    ("point", "times"),
    [
        *(("sqlite.before_commit", times) for times in range(1, 12)),
        *(("sqlite.after_commit", times) for times in range(1, 12)),
        ("sqlite.before_jump", 1),
        ("sqlite.before_jump", 10),
        ("sqlite.after_jump", 1),
        ("sqlite.after_jump", 20),
        ("sqlite.compact.before_mark", 1),
        ("sqlite.compact.after_mark", 1),
    ],
)
def test_a_migration_that_is_killed_is_finished_by_the_next(
    shop: Path, tmp_path: Path, point: str, times: int
) -> None:
    target = str(tmp_path / "new.db")
    killed = subprocess.run(
        [sys.executable, "-c", MIGRATE_AND_DIE, str(shop), target, point, str(times)],
        timeout=TIMEOUT,
    )
    assert killed.returncode == -signal.SIGKILL, "it never came that far"
    with SqliteBackend(shop) as old, SqliteBackend(target) as new:
        assert new.verify() == []
        if new.get(MARKER).record is not None or new.current_revision() == 1:
            migrate(old, new)
        copied = [(record.key, record.value) for record in new.range(*ALL).records]
        assert copied == [(record.key, record.value) for record in old.range(*ALL).records]
        assert sorted(new.ttls(*ALL)) == ["/registry/2", "/registry/5"]
        assert new.current_revision() > old.current_revision() == FAR + 8
        assert new.verify() == []
