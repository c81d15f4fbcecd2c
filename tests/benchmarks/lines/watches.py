"""What watches cost: the writer, each delivery, the last of many, and another process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from queue import SimpleQueue
from typing import Any

import attrs
from bench import Bench
from crowds import Crowd, Loop, Threads
from figures import Figure, line
from measuring import CPU, OURS, Samples, Spread
from pods import CONTEXT, STDLIB, backend_of, data, key, pods_in

from kregistry.core.v1 import Pod
from kregistry.storage import Config, Interface, ListOptions, Watch
from kregistry.storage.sqlite import SqliteBackend

SIZES = (1, 10, 100, 1000)
#: Puts before one that is timed, so that it does not pay for the processor's having slept.
_WARM_UP = 50
#: Puts that are timed in a row, so that what one wake costs is shared by as many in any crowd.
_IN_A_ROW = 20
_FROM_NOW = ListOptions(recursive=True, send_initial_events=False)


@attrs.frozen
class Watched:
    """A memory store with a crowd that watches it.

    Attributes:
        crowd: Who watches.
        write: Makes one event.
        write_elsewhere: Does the same in a store that nobody watches.
    """

    crowd: Crowd
    write: Callable[[], object]
    write_elsewhere: Callable[[], object]

    def deliver(self, events: int) -> float:
        """Seconds until everybody has so many events."""

        def burst() -> None:
            for _ in range(events):
                self.write()

        return self.crowd.served(events, burst)


@contextmanager
def watched(
    size: int, crowd_of: Callable[[Sequence[Watch[Any]]], Crowd] = Threads.watching
) -> Iterator[Watched]:
    """A store that so many watch."""
    with pods_in(Config(codec=STDLIB)) as pods, pods_in(Config(codec=STDLIB)) as elsewhere:
        crowd = crowd_of([_watch(pods) for _ in range(size)])
        try:
            yield Watched(crowd, _writing_to(pods), _writing_to(elsewhere))
        finally:
            crowd.close()


def _writing_to(pods: Interface[Pod]) -> Callable[[], object]:
    backend, numbers, value = backend_of(pods), count(), data(0)
    return lambda: backend.put(f"/registry{key(next(numbers))}", value, expected=0)


def _watch(pods: Interface[Pod]) -> Watch[Pod]:
    return pods.watch(CONTEXT, "/pods", _FROM_NOW)


@line("watch: writer, per event, 1,000 watchers rather than 1", at_most=5, unit="us")
def writer(bench: Bench) -> Figure:
    """Processor time of the writing thread, while everybody waits to be woken."""
    with ExitStack() as stack:
        stores = {size: stack.enter_context(watched(size)) for size in SIZES}
        samples = bench.rounds(
            {_readers(size): partial(_writing, each) for size, each in stores.items()}, full=40
        )
    most, one = _readers(SIZES[-1]), _readers(1)
    return Figure(
        value=samples.excess(most, one) * 1e6,
        ours=samples.spread(most),
        raw=samples.spread(one),
        against=one,
        curve={"the writer, for each put": _points(samples)},
        over="watchers",
        note=f"processor time of a put, of {_IN_A_ROW} while all wait",
    )


def _writing(store: Watched) -> float:
    took = 0.0

    def write() -> None:
        nonlocal took
        for _ in range(_WARM_UP):
            store.write_elsewhere()
        begin = CPU()
        for _ in range(_IN_A_ROW):
            store.write()
        took = CPU() - begin

    store.crowd.served(_IN_A_ROW, write)
    return took / _IN_A_ROW


def _readers(size: int) -> str:
    return f"{size:,} watchers" if size > 1 else "1 watcher"


def _points(samples: Samples) -> list[tuple[int, Spread]]:
    return [(size, samples.spread(_readers(size))) for size in SIZES]


def _bursts(bench: Bench, crowd_of: Callable[[Sequence[Watch[Any]]], Crowd]) -> Samples:
    """Seconds for a delivery in a burst, by size of the crowd."""

    def each(store: Watched, events: int) -> float:
        return store.deliver(events) / events / store.crowd.size

    with ExitStack() as stack:
        measures: dict[str, Callable[[], float]] = {}
        for size in SIZES:
            store = stack.enter_context(watched(size, crowd_of))
            measures[_readers(size)] = partial(each, store, bench.either(60, 200))
        return bench.rounds(measures)


@contextmanager
def thread_bursts(bench: Bench) -> Iterator[Samples]:
    """For the two lines about threads."""
    yield _bursts(bench, Threads.watching)


def _delivery(samples: Samples, size: int, who: str) -> Figure:
    spread = samples.spread(_readers(size))
    return Figure(
        value=spread.median * 1e6,
        ours=spread,
        curve={f"a delivery, {who}": _points(samples)},
        over="watchers",
        note="wall time from the first put to the last reader, by events and readers",
    )


@line("watch: burst, per delivery, 100 threads", at_most=1, unit="us")
def burst_100(bench: Bench) -> Figure:
    return _delivery(bench.shared(thread_bursts), 100, "threads")


@line("watch: burst, per delivery, 1,000 threads", at_most=6, unit="us")
def burst_1000(bench: Bench) -> Figure:
    return _delivery(bench.shared(thread_bursts), 1000, "threads")


@line("watch: burst, per delivery, 1,000 on one event loop", at_most=0.5, unit="us")
def burst_loop(bench: Bench) -> Figure:
    return _delivery(_bursts(bench, Loop), 1000, "one event loop")


@line("watch: lone event to the last of 1,000 threads", at_most=1.0)
def lone_threads(bench: Bench) -> Figure:
    """Against one SimpleQueue for each thread."""
    queues: list[SimpleQueue[object]] = [SimpleQueue() for _ in range(1000)]
    raw = Threads.queueing(queues)

    def put() -> None:
        for queue in queues:
            queue.put(None)

    try:
        with watched(1000) as store:
            samples = bench.rounds(
                {OURS: lambda: store.deliver(1), "a SimpleQueue each": lambda: raw.served(1, put)},
                full=25,
            )
    finally:
        raw.close()
    return Figure.ratio(samples, to="a SimpleQueue each", note="by the wall")


@line("watch: lone event to the last of 1,000 on one event loop", at_most=10, unit="ms")
def lone_loop(bench: Bench) -> Figure:
    with watched(1000, Loop) as store:
        samples = bench.rounds({OURS: lambda: store.deliver(1)}, full=25)
    return Figure.time(samples, 1e-3, note="by the wall")


_PEER = """
import sys, time
from kregistry.storage.sqlite import SqliteBackend
with SqliteBackend(sys.argv[1]) as store:
    for number in range(int(sys.argv[2])):
        sys.stdin.readline()
        store.put(f"/x/{number}", b"%f" % time.monotonic(), expected=0)
"""


@attrs.frozen
class Across:
    """What a watcher saw of another process's writes.

    Attributes:
        delays: Seconds from before each put.
        idle: Share of a core that the watcher's process uses when nothing happens.
    """

    delays: list[float]
    idle: float


@contextmanager
def across(bench: Bench) -> Iterator[Across]:
    """Watch a file that another process writes."""
    path, events = bench.path("watched.db"), bench.either(30, 100)
    with SqliteBackend(path) as store:
        stream = store.watch("/x/", "/x0", after=1)
        delays = _delays(stream, [sys.executable, "-c", _PEER, path, str(events)], events)
        begin = time.process_time(), time.monotonic()
        time.sleep(bench.either(0.5, 2.0))
        idle = (time.process_time() - begin[0]) / (time.monotonic() - begin[1])
        stream.close()
    yield Across(delays, idle)


def _delays(stream: Any, command: Sequence[str], events: int) -> list[float]:
    delays: list[float] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as peer:
        assert peer.stdin is not None
        for number in range(events):
            bell = threading.Event()
            stream.park(bell.set)
            time.sleep(0.003 + number % 7 / 1000)  # arrive at any point of the interval
            peer.stdin.write("\n")
            peer.stdin.flush()
            assert bell.wait(30)
            seen = time.monotonic()
            delays += [seen - float(each.value) for each in stream.poll()]
    return delays


@line("watch: SQLite, from another process, p50", at_most=10, unit="ms")
def from_another_process(bench: Bench) -> Figure:
    spread = Spread.of(bench.shared(across).delays)
    return Figure(value=spread.median * 1e3, ours=spread, note="from before the put, FULL")


@line("watch: SQLite, an idle watcher's share of a core", at_most=3, unit="%")
def idle(bench: Bench) -> Figure:
    share = bench.shared(across).idle * 100
    return Figure(value=share, ours=Spread.exactly(share), scale="")


LINES = (
    writer,
    burst_100,
    burst_1000,
    burst_loop,
    lone_threads,
    lone_loop,
    from_another_process,
    idle,
)
