"""The long form of the concurrency tests: rounds of traffic, each judged, until time is up.

::

    python -m kregistry.testing.soak --storage sqlite --seconds 3600

With ``--storage etcd3`` the rounds go on over one cluster of three members, which are killed,
stopped, paused and brought back all the time.

A round that is judged wrong ends the run with status 1, and leaves its history in a file that
:meth:`kregistry.testing.history.History.load` reads, to be judged again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

from kregistry.storage import Config
from kregistry.storage.backend import Backend
from kregistry.storage.errors import BackendUnavailable, RevisionMismatch
from kregistry.storage.factory import create_backend
from kregistry.testing.traffic import Outcome, Run, Traffic, judge

A = TypeVar("A")


def rounds(storage: str, seed: int) -> Iterator[tuple[int, Outcome]]:
    """Rounds of traffic without end, each over a fresh store, with the seed of each."""
    while True:
        rng = random.Random(seed)
        traffic = Traffic(
            seed=seed,
            clients=rng.choice([2, 4, 8, 16]),
            keys=rng.choice([1, 3, 10, 50]),
            operations=rng.choice([100, 300]),
            watchers=8,
            compaction=rng.choice([0.005, 0.1, 0.2]),
            deletions=rng.choice([0.05, 0.4]),
        )
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stores:
            first, *others = (
                stores.enter_context(each) for each in backends(storage, Path(folder), rng)
            )
            yield seed, Run(first, traffic, *others).run()
        seed += 1


def rounds_over_cluster(seed: int) -> Iterator[tuple[int, Outcome]]:
    """Rounds of traffic over a cluster whose members come and go."""
    from kregistry.testing.etcd import Disturber, EtcdCluster

    with EtcdCluster() as cluster, Disturber(cluster, random.Random(seed)) as disturber:
        config = Config(
            type="etcd3", endpoints=cluster.endpoints, compaction_interval=0, request_timeout=3.0
        )
        while disturber.failure is None:
            rng = random.Random(seed)
            traffic = Traffic(
                seed=seed,
                clients=rng.choice([4, 8]),
                keys=rng.choice([10, 50]),
                operations=rng.choice([500, 1000]),
                watchers=6,
                compaction=rng.choice([0.1, 0.2]),
                patience=600.0,
            )
            with ExitStack() as stores:
                first, *others = (stores.enter_context(create_backend(config)) for _ in range(3))
                outcome = Run(first, traffic, *others).run()
                yield seed, outcome
                clear(first)
            print(f"seed {seed} done; disturbed: {dict(disturber.done)}", flush=True)
            seed += 1
        raise disturber.failure


def clear(backend: Backend) -> None:
    """Delete everything, and what was before, however often that takes."""
    while records := _patiently(lambda: backend.range("", chr(0x10FFFF))).records:
        for record in records:
            with suppress(RevisionMismatch, BackendUnavailable):
                backend.delete(record.key, expected=record.mod_revision)
    _patiently(lambda: backend.compact(backend.current_revision()))


def _patiently(use: Callable[[], A]) -> A:
    while True:
        with suppress(BackendUnavailable):
            return use()


def backends(storage: str, folder: Path, rng: random.Random) -> Iterator[Backend]:
    """One store, through one or several ways in."""
    ways = rng.choice([1, 1, 3]) if storage == "sqlite" else 1
    path = str(folder / "soak.db") if storage == "sqlite" else ""
    for _ in range(ways):
        yield create_backend(Config(type=storage, path=path, compaction_interval=0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run for the time that is asked for. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="kregistry.testing.soak", description=__doc__)
    parser.add_argument("--storage", choices=["memory", "sqlite", "etcd3"], default="memory")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long; at least a round")
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    asked = parser.parse_args(arguments)
    end = time.monotonic() + asked.seconds
    number = operations = changes = events = 0
    endless = (
        rounds_over_cluster(asked.seed)
        if asked.storage == "etcd3"
        else rounds(asked.storage, asked.seed)
    )
    for seed, outcome in endless:
        wrong = judge(outcome)
        number += 1
        operations += len(outcome.history.operations)
        changes += len(outcome.history.log)
        events += sum(len(watched.changes) for watched in outcome.watches)
        if wrong:
            return report(asked.storage, seed, outcome, wrong)
        if time.monotonic() >= end:
            break
    print(
        f"{asked.storage}: {number} rounds, {operations} calls, {changes} changes, "
        f"{events} events watched, nothing wrong"
    )
    return 0


def report(storage: str, seed: int, outcome: Outcome, wrong: Sequence[str]) -> int:
    """Say what is wrong and keep the history."""
    path = Path(f"history-{storage}-{seed}.jsonl")
    outcome.history.save(path)
    print(f"{storage}: seed {seed} is wrong; its history is in {path}", file=sys.stderr)
    for line in wrong[:20]:
        print(f"  {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
