"""Kill writers again and again, and audit what they had been promised.

    python tests/reliability/crash_loop.py --cycles 5000

Each cycle starts some writer processes on one file, kills them without warning, and opens the
file: every acknowledged write must be there, revisions must have no holes, and the file must
be in order. What is killed here is processes; for power cuts see test_power_cut.py.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from kregistry.storage.backend import Change
from kregistry.storage.sqlite import SqliteBackend

MEMBER = str(Path(__file__).with_name("member.py"))


class Audit:
    """What was acknowledged so far, and what must therefore be found."""

    def __init__(self) -> None:
        self.acknowledged: dict[int, tuple[str, int]] = {}
        self.checked = 1

    def note(self, output: bytes) -> None:
        """Take in the complete lines that a process wrote before it died."""
        for line in output.split(b"\n")[:-1]:
            word, revision, key, number = line.decode().split(" ")
            assert word == "ack", line
            assert int(revision) not in self.acknowledged, f"revision {revision} given twice"
            self.acknowledged[int(revision)] = (key, int(number))

    def check(self, path: str) -> None:
        """Open the file and compare."""
        with SqliteBackend(path, busy_timeout=30) as store:
            assert store.verify() == [], "the file is damaged"
            floor, state = store.compacted_revision(), store.current_revision()
            floor = max(floor, self.checked)
            assert floor <= state, "the revision went back"
            found = {each.revision: each for each in read_all(store, floor)}
            assert sorted(found) == list(range(floor + 1, state + 1)), "revisions are missing"
            for revision, (key, number) in self.acknowledged.items():
                if revision > floor:
                    assert revision in found, f"revision {revision} of {key} is lost"
                    self._compare(found[revision], key, number)
                elif revision > self.checked:  # compacted already: no newer state may be older
                    record = store.get(key).record
                    assert record is None or record.mod_revision >= revision
            self.checked = state

    def _compare(self, change: Change, key: str, number: int) -> None:
        assert change.key == key
        if number < 0:
            assert change.value is None
        else:
            words = (change.value or b"").split()
            assert words[:2] == [key.split("/")[1].encode(), b"%d" % number]


def read_all(store: SqliteBackend, after: int) -> Sequence[Change]:
    """Every change since *after*."""
    stream = store.watch("", "\U0010ffff", after=after)
    changes: list[Change] = []
    while found := stream.poll(1000):
        changes += found
    stream.close()
    return changes


def start(path: str, name: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a writer."""
    command = [sys.executable, MEMBER, "write", path, name, *options]
    # Unbuffered: what readline() read ahead would be missing from communicate().
    return subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)


def cycle(path: str, audit: Audit, chance: random.Random, number: int, writers: int) -> None:
    """Let some writers run for a moment, kill them, audit."""
    names = [f"w{number}x{each}" for each in range(writers)]
    members = [start(path, name, "--compact-every", "40") for name in names]
    output = [b""] * writers
    for at, member in enumerate(members):  # each is at work
        assert member.stdout is not None
        output[at] = member.stdout.readline()
    time.sleep(chance.random() * 0.05)
    chance.shuffle(order := list(range(writers)))
    for at in order:
        members[at].kill()
    for at, member in enumerate(members):
        output[at] += member.communicate(timeout=60)[0]
        audit.note(output[at])
    audit.check(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance, audit = random.Random(options.seed), Audit()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.cycles):
            cycle(f"{folder}/store.db", audit, chance, number, options.writers)
    print(
        f"{options.cycles} cycles, {len(audit.acknowledged)} acknowledged writes, 0 lost, "
        f"0 damaged (seed {options.seed})"
    )


if __name__ == "__main__":
    main()
