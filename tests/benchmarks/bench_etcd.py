"""How to talk to etcd from Python, and what our layers add, against one real etcd.

    python tests/benchmarks/bench_etcd.py [--quick] [--json FILE]

Needs the extras ``etcd3`` and ``test``; protobuf has a row if it is installed. All ways take
turns within every round, with the same bytes, so that whatever else the machine does hits all
of them. A ratio is the median of the ratios within the rounds: judge those, not the
microseconds. Times are by the wall and include what etcd itself takes, on the same machine;
"cpu" is processor time of this process alone, all of its threads together.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import attrs
import grpc

sys.path.insert(0, str(Path(__file__).parent))

from etcd_gateway import HttpGateway, SocketGateway
from etcd_grpc import OwnCodec, Protobuf, ThroughMembers
from etcd_objects import (
    CODEC,
    FIRST_KEY,
    PAGE,
    PAGE_END,
    PAGE_START,
    ROOT,
    VALUE,
    Bare,
    Whole,
    fresh_key,
)
from etcd_ours import ThroughBackend, WrittenElsewhere
from etcd_transport import Transport

from kregistry.core.pod.strategy import PODS
from kregistry.storage import Config, factory
from kregistry.storage.backend import Change
from kregistry.testing.etcd import EtcdServer, EtcdSettings

THREADS, CALLS = 8, 10
WATCHERS = 100
BASE = OwnCodec.name

Call = Callable[[], object]


@attrs.frozen
class Turn:
    """What one way took in one round.

    Attributes:
        times: Seconds of each call.
        cpu: Seconds of processor time for a call.
    """

    times: list[float]
    cpu: float


#: By way, a turn for each round.
Samples = dict[str, list[Turn]]


@attrs.frozen
class Figure:
    """One line of the table: seconds for a call, and ratios to *base* in the same rounds."""

    server: str
    operation: str
    way: str
    median: float
    p99: float
    ratio: float
    cpu: float
    cpu_ratio: float
    base: str

    @classmethod
    def of(
        cls, server: str, operation: str, way: str, turns: list[Turn], base: str, floor: list[Turn]
    ) -> Figure:
        every = sorted(each for turn in turns for each in turn.times)
        pairs = list(zip(turns, floor, strict=True))
        median = statistics.median
        return cls(
            server=server,
            operation=operation,
            way=way,
            median=median(every),
            p99=every[len(every) * 99 // 100],
            ratio=median(median(our.times) / median(their.times) for our, their in pairs),
            cpu=median(turn.cpu for turn in turns),
            cpu_ratio=median(our.cpu / their.cpu for our, their in pairs),
            base=base,
        )

    def __str__(self) -> str:
        return (
            f"  {self.way:28}{self.median * 1e6:9.0f} us x {self.ratio:5.2f}"
            f"   p99 {self.p99 * 1e6:9.0f} us"
            f"   cpu {self.cpu * 1e6:9.0f} us x {self.cpu_ratio:5.2f}"
        )


class Report:
    """Prints figures as they come, and keeps them.

    Attributes:
        server: What is measured now.
    """

    def __init__(self) -> None:
        self.server = ""
        self._figures: list[Figure] = []

    def add(self, operation: str, samples: Samples, *, base: str = BASE) -> None:
        """Take what was measured, as ratios to *base*."""
        print(f"\n{operation} ({self.server})")
        for way, turns in samples.items():
            figure = Figure.of(self.server, operation, way, turns, base, samples[base])
            self._figures.append(figure)
            print(figure, flush=True)

    def write(self, path: str) -> None:
        """Keep the figures for later."""
        about = {
            "python": platform.python_version(),
            "grpcio": grpc.__version__,
            "value_bytes": len(VALUE),
            "figures": [attrs.asdict(figure) for figure in self._figures],
        }
        Path(path).write_text(json.dumps(about, indent=1) + "\n")


def alternate(calls: Mapping[str, Call], rounds: int, size: int, *, each: int = 1) -> Samples:
    """Measure *size* calls a turn, after one that does not count; each does *each* things."""
    samples: Samples = {name: [] for name in calls}
    for number in range(rounds):
        for name in in_turn(calls, number):
            calls[name]()
            cpu = time.process_time()
            times = [seconds(calls[name]) / each for _ in range(size)]
            cpu = time.process_time() - cpu
            samples[name].append(Turn(times, cpu / size / each))
    return samples


def in_turn(ways: Iterable[str], number: int) -> Sequence[str]:
    """Everybody, in an order of this round's own: nobody always comes after the same one."""
    order = list(ways)
    random.Random(number).shuffle(order)
    return order


def seconds(call: Call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


class Bench:
    """Everybody against one etcd.

    Args:
        port: Where it listens, on 127.0.0.1.
        rounds: How often everybody has a turn.
    """

    def __init__(self, port: int, report: Report, rounds: int) -> None:
        self._port = port
        self._report = report
        self._rounds = rounds
        kinds: list[Callable[[int], Transport]] = [
            HttpGateway,
            SocketGateway,
            OwnCodec,
            *([Protobuf] if has_protobuf() else []),
            ThroughMembers,
            ThroughBackend,
        ]
        self._ways = [kind(port) for kind in kinds]

    def writes(self) -> None:
        calls = {way.name: creating(way) for way in self._ways}
        self._report.add("create, 1 thread", alternate(calls, self._rounds, 10))
        with ThreadPoolExecutor(THREADS) as pool:
            together = {name: crowd(pool, call) for name, call in calls.items()}
            samples = alternate(together, self._rounds, 1, each=THREADS * CALLS)
        self._report.add(f"create, {THREADS} threads, wall time for each", samples)
        calls = {way.name: updating(way) for way in self._ways}
        self._report.add("conditional update", alternate(calls, self._rounds, 10))

    def reads(self) -> None:
        calls = {way.name: getting(way) for way in self._ways}
        self._report.add("get", alternate(calls, self._rounds, 20))
        calls = {way.name: paging(way) for way in self._ways}
        self._report.add(f"range of {PAGE}", alternate(calls, self._rounds, 2))

    def watches(self, watchers: int, events: int) -> None:
        kinds = {
            kind.name: kind
            for kind in (HttpGateway, OwnCodec, Protobuf, ThroughBackend, WrittenElsewhere)
            if kind is WrittenElsewhere or kind in map(type, self._ways)
        }
        samples: Samples = {name: [] for name in kinds}
        for turn in range(max(self._rounds // 2, 4)):
            for name in in_turn(kinds, turn):
                samples[name].append(delays(kinds[name], self._port, watchers, events))
        whom = "a watcher" if watchers == 1 else f"the last of {watchers} watchers"
        self._report.add(f"start of a put to the event at {whom}", samples)

    def objects(self) -> None:
        config = Config(type="etcd3", endpoints=(f"http://127.0.0.1:{self._port}",), codec=CODEC)
        with factory.create(config) as storage:
            bare = [way for way in self._ways if way.name in (BASE, ThroughBackend.name)]
            ways = [*map(Bare, bare), Whole(storage.for_resource(PODS))]
            for operation, verb, size in (
                ("create a Pod", "create", 10),
                ("get a Pod", "get", 20),
                (f"page of {PAGE} Pods", "page", 2),
            ):
                calls = {way.name: getattr(way, verb) for way in ways}
                samples = alternate(calls, self._rounds, size)
                self._report.add(operation, samples, base=ways[0].name)

    def fill(self) -> None:
        """Twice what a page holds."""
        for number in range(2 * PAGE):
            self._ways[0].put(b"%b%06d" % (PAGE_START, number), VALUE, 0)

    def close(self) -> None:
        for way in self._ways:
            way.close()


def has_protobuf() -> bool:
    try:
        return importlib.util.find_spec("google.protobuf") is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


def creating(way: Transport) -> Call:
    return lambda: way.put((ROOT + fresh_key()).encode(), VALUE, 0)


def updating(way: Transport) -> Call:
    key, revision = (ROOT + fresh_key()).encode(), 0

    def update() -> None:
        nonlocal revision
        revision = way.put(key, VALUE, revision)

    return update


def getting(way: Transport) -> Call:
    return lambda: way.get(FIRST_KEY)


def paging(way: Transport) -> Call:
    def page() -> None:
        records = way.page(PAGE_START, PAGE_END, PAGE)
        assert len(records) == PAGE, len(records)
        assert records[-1].value == VALUE

    return page


def crowd(pool: ThreadPoolExecutor, call: Call) -> Call:
    """All threads of the pool make *call*, several times each."""
    gate = threading.Barrier(THREADS)

    def work() -> None:
        gate.wait(10)
        for _ in range(CALLS):
            call()

    def together() -> None:
        for done in [pool.submit(work) for _ in range(THREADS)]:
            done.result(60)

    return together


class Arrival:
    """Waits until an event has come to all watchers."""

    def __init__(self, watchers: int) -> None:
        self._watchers = watchers
        self._missing = 0
        self._at = 0.0
        self._bell = threading.Event()

    def __call__(self, change: Change) -> None:
        """One watcher has it."""
        self._missing -= 1
        if not self._missing:
            self._at = time.perf_counter()
            self._bell.set()

    def delay(self, put: Call) -> float:
        """Seconds from the start of *put* until the last watcher has its event."""
        self._missing = self._watchers
        self._bell.clear()
        begin = time.perf_counter()
        put()
        if not self._bell.wait(10):
            raise TimeoutError(f"{self._missing} watchers were not told")
        return self._at - begin


def delays(kind: Callable[[int], Transport], port: int, watchers: int, events: int) -> Turn:
    """One turn of one way; it comes and goes, so that its watches are nobody else's burden."""
    way, arrival = kind(port), Arrival(watchers)
    folder = (ROOT + fresh_key()).encode()
    numbers = count()
    end = way.follow(folder, folder + b"~", watchers, arrival)

    def put() -> None:
        way.put(b"%b/%d" % (folder, next(numbers)), VALUE, 0)

    try:
        arrival.delay(put)
        cpu = time.process_time()
        times = [arrival.delay(put) for _ in range(events)]
        cpu = time.process_time() - cpu
    finally:
        end()
        way.close()
    return Turn(times, cpu / events)


def measure(report: Report, rounds: int, *, fsync: bool) -> None:
    settings = EtcdSettings(heartbeat=100, election_timeout=1000, unsafe_no_fsync=not fsync)
    report.server = "fsync" if fsync else "no fsync"
    with EtcdServer(settings) as server:
        print(f"\netcd {server.status().version}, {report.server}")
        bench = Bench(server.port, report, rounds)
        try:
            bench.writes()
            bench.watches(1, 20)
            if not fsync:
                bench.watches(WATCHERS, 5)
                bench.fill()
                bench.reads()
                bench.objects()
        finally:
            bench.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", metavar="FILE", help="also write the figures there")
    options = parser.parse_args()
    rounds = 6 if options.quick else 40
    print(f"Python {platform.python_version()}, grpcio {grpc.__version__}, {len(VALUE)} bytes")
    report = Report()
    for fsync in (False, True):
        measure(report, rounds, fsync=fsync)
    if options.json:
        report.write(options.json)


if __name__ == "__main__":
    main()
