"""What an empty etcd costs, as a ratio to a process of etcd that ends at once.

::

    python tests/benchmarks/bench_fresh_etcd.py [--runs 100]

Each line tells the time per server, then the processor time of etcd and of this process: medians
over rounds. The first three ways take turns, the pools come after them.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from kregistry.testing.etcd import EtcdServer, EtcdSettings, FreshEtcds, find_etcd

ROUNDS = 5


def tell_version() -> None:
    subprocess.run([find_etcd(), "--version"], stdout=subprocess.DEVNULL, check=True, timeout=60)


def start(settings: EtcdSettings) -> None:
    with EtcdServer(settings):
        pass


def take(servers: FreshEtcds) -> None:
    with servers.fresh():
        pass


def costs(way: Callable[[], None], runs: int) -> tuple[float, float, float]:
    """Seconds, processor seconds of children, processor seconds of this process; each per run."""
    before = time.perf_counter(), *used()
    for _ in range(runs):
        way()
    after = time.perf_counter(), *used()
    wall, children, own = ((late - early) / runs for early, late in zip(before, after, strict=True))
    return wall, children, own


def used() -> tuple[float, float]:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    children, own = (usage.ru_utime + usage.ru_stime for usage in both)
    return children, own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    runs = max(1, parser.parse_args().runs // ROUNDS)
    as_shipped = EtcdSettings(heartbeat=100, election_timeout=1000, unsafe_no_fsync=False)
    with ExitStack() as pools:
        ways: dict[str, Callable[[], None]] = {
            "etcd --version": tell_version,
            "start, etcd's defaults": partial(start, as_shipped),
            "start": partial(start, EtcdSettings()),
        }
        measured: dict[str, list[tuple[float, float, float]]] = {}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                measured.setdefault(name, []).append(costs(way, runs))
        for ahead in (1, 2, 4):
            name = f"take, {ahead} ahead"
            servers = pools.enter_context(FreshEtcds(ahead=ahead))
            measured[name] = [costs(partial(take, servers), runs) for _ in range(ROUNDS)]
            servers.close()
    floor = statistics.median(wall for wall, _, _ in measured["etcd --version"])
    for name, rounds in measured.items():
        wall, children, own = (statistics.median(each) * 1000 for each in zip(*rounds, strict=True))
        print(
            f"{name:<24} {wall:7.1f} ms {wall / floor / 1000:6.2f} x"
            f"   etcd {children:5.1f} ms, here {own:4.1f} ms"
        )


if __name__ == "__main__":
    main()
