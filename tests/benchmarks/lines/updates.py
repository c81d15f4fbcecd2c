"""guaranteed_update of one key by eight threads, against the same by one thread alone."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bench import Bench
from figures import Figure, line
from measuring import OURS, WALL
from pods import CONTEXT, STDLIB, key, pod, pods_in

from kregistry.core.v1 import Pod
from kregistry.storage import Config, Interface
from kregistry.storage.interface import ResponseMeta

THREADS = 8
_ALONE = "one thread"
_COUNT = "example.com/count"


def _counted(obj: Pod, meta: ResponseMeta) -> Pod:
    found = obj.metadata.annotations
    found[_COUNT] = str(int(found.get(_COUNT, "0")) + 1)
    return obj


def _for_a_while(threads: int, seconds: float, update: Callable[[], object]) -> list[int]:
    """How often each of the threads could update, and the wall time of it all in seconds."""
    counts, gate = [0] * threads, threading.Barrier(threads)

    def work(own: int) -> None:
        gate.wait(60)
        end = WALL() + seconds
        while WALL() < end:
            update()
            counts[own] += 1

    workers = [threading.Thread(target=work, args=(own,), daemon=True) for own in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers), "a thread got nowhere"
    return counts


def _contended(bench: Bench, config: Config, *, inverse: bool) -> Figure:
    seconds, total, slowest = bench.either(0.3, 0.8), 0, 1.0
    with pods_in(config) as pods:
        pods.create(CONTEXT, key(0), pod())

        def each(threads: int) -> float:
            nonlocal total, slowest
            begin = WALL()
            counts = _for_a_while(threads, seconds, lambda: _update(pods))
            took = WALL() - begin
            total += sum(counts)
            assert min(counts) > 0, "a thread starved"
            slowest = min(slowest, min(counts) * threads / sum(counts))
            return took / sum(counts)

        samples = bench.rounds({OURS: lambda: each(THREADS), _ALONE: lambda: each(1)}, full=5)
        stored = pods.get(CONTEXT, key(0)).metadata.annotations[_COUNT]
    assert int(stored) == total, "an update was lost"
    note = f"{total:,} updates, none lost; the slowest thread got {slowest:.0%} of its share"
    return Figure.ratio(samples, to=_ALONE, inverse=inverse, note=note)


def _update(pods: Interface[Pod]) -> None:
    pods.guaranteed_update(CONTEXT, key(0), _counted)


@line("update: 8 threads on one key, memory", at_most=1.5)
def memory(bench: Bench) -> Figure:
    return _contended(bench, Config(codec=STDLIB), inverse=False)


@line("update: 8 threads on one key, SQLite FULL, rate", at_least=0.75)
def sqlite(bench: Bench) -> Figure:
    config = Config(type="sqlite", path=bench.path("updates.db"), codec=STDLIB)
    return _contended(bench, config, inverse=True)


LINES = (memory, sqlite)
