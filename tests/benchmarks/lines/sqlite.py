"""One record, or one Pod, written and read on SQLite, against raw SQLite in the same process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count

import attrs
from bench import Bench
from figures import Figure, line
from measuring import OURS, WALL, Call
from peers import durable_peers
from pods import CONTEXT, DATA, STDLIB, TREE, backend_of, key, pod, pods_in
from rawsqlite import RawSqlite

from kregistry.core.v1 import Pod
from kregistry.storage import Config, Interface
from kregistry.storage.sqlite import SqliteBackend

#: Not in order: neighbours in time are seldom neighbours in a table.
_STEP, _KEYS = 7919, 1_000_003


#: Durable writes in a slice. As many of everybody, as the first after another file was written is
#: slow: the disk has that one's pages to write, too.
_DURABLE = 12


def _spread_key(number: int) -> str:
    return f"/registry/pods/default/{number * _STEP % _KEYS:07}"


def _put_alone(bench: Bench, synchronous: str) -> Figure:
    ours, theirs = count(), count()
    raw = RawSqlite(bench.path("raw.db"), synchronous)
    store = SqliteBackend(bench.path("ours.db"), synchronous=synchronous)
    with closing(raw), store:
        store.put(_spread_key(next(ours)), DATA, expected=0)
        raw.put(_spread_key(next(theirs)).encode(), DATA)
        assert raw.get(_spread_key(0).encode()) == store.get(_spread_key(0)).record[1:]
        samples = bench.alternate(
            {
                OURS: lambda: store.put(_spread_key(next(ours)), DATA, expected=0),
                "raw": lambda: raw.put(_spread_key(next(theirs)).encode(), DATA),
            },
            clock=WALL,
            share=1.5,
            repeats=_DURABLE if synchronous == "full" else None,
        )
    return Figure.ratio(samples, to="raw", note=f"synchronous={synchronous}, by the wall")


@line("sqlite: put, FULL, 1 thread", at_most=1.25)
def put_full(bench: Bench) -> Figure:
    return _put_alone(bench, "full")


@line("sqlite: put, NORMAL, 1 thread", at_most=1.5)
def put_normal(bench: Bench) -> Figure:
    return _put_alone(bench, "normal")


def in_threads(threads: int, each: int, put: Callable[[str], object]) -> float:
    """Seconds by the wall for a put, when so many threads make *each* of them."""
    gate = threading.Barrier(threads + 1)

    def work(own: int) -> None:
        gate.wait(60)
        for number in range(each):
            put(f"/registry/pods/{own:02}/{number:06}")

    workers = [threading.Thread(target=work, args=(own,), daemon=True) for own in range(threads)]
    for worker in workers:
        worker.start()
    gate.wait(60)
    begin = WALL()
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)
    return (WALL() - begin) / (threads * each)


def _put_together(bench: Bench, threads: int) -> Figure:
    each = bench.either(800, 1600) // threads

    def ours() -> float:
        with SqliteBackend(bench.path("ours.db")) as store:
            took = in_threads(threads, each, lambda key: store.put(key, DATA, expected=0))
            assert store.range("/", "0", limit=1, count=True).count == threads * each
            return took

    def theirs() -> float:
        with closing(RawSqlite(bench.path("raw.db"))) as raw:
            return in_threads(threads, each, lambda key: raw.put_in_turn(key.encode(), DATA))

    samples = bench.rounds({OURS: ours, "lock and transaction": theirs})
    return Figure.ratio(
        samples, to="lock and transaction", inverse=True, note="wall time of each put"
    )


@line("sqlite: put, FULL, 8 threads", at_least=2.3)
def put_by_8(bench: Bench) -> Figure:
    return _put_together(bench, 8)


@line("sqlite: put, FULL, 16 threads", at_least=2.8)
def put_by_16(bench: Bench) -> Figure:
    return _put_together(bench, 16)


@attrs.frozen
class Filled:
    """The same 10,000 Pods in two files."""

    pods: Interface[Pod]
    raw: RawSqlite
    size: int


@contextmanager
def filled(bench: Bench) -> Iterator[Filled]:
    """Pods to read one by one."""
    size = 10_000
    ours, theirs = bench.path("ours.db"), bench.path("raw.db")
    with pods_in(_config(ours, "normal")) as pods, closing(RawSqlite(theirs, "off")) as raw:
        backend = backend_of(pods)
        for number in range(size):
            backend.put(f"/registry{key(number)}", DATA, expected=0)
            raw.put(f"/registry{key(number)}".encode(), DATA)
        yield Filled(pods, raw, size)


def _config(path: str, synchronous: str = "full") -> Config:
    return Config(type="sqlite", path=path, synchronous=synchronous, codec=STDLIB)


@line("sqlite: get, bytes", at_most=1.6)
def get_bytes(bench: Bench) -> Figure:
    both, ours, theirs = bench.shared(filled), count(), count()
    backend, raw, size = backend_of(both.pods), both.raw, both.size
    keys = [f"/registry{key(number * _STEP % size)}" for number in range(size)]
    stored = [each.encode() for each in keys]
    assert backend.get(keys[7]).record[1:] == raw.get(stored[7])
    samples = bench.alternate(
        {
            OURS: lambda: backend.get(keys[next(ours) % size]),
            "raw": lambda: raw.get(stored[next(theirs) % size]),
        }
    )
    return Figure.ratio(samples, to="raw", note=f"out of {size:,}")


@line("sqlite: create a Pod, FULL", at_most=1.15)
def create(bench: Bench) -> Figure:
    """Interface, over what nobody gets around: encode, put, and a fresh copy to answer with."""
    one, ours, theirs = pod(), count(), count()
    with (
        pods_in(_config(bench.path("ours.db"))) as pods,
        SqliteBackend(bench.path("bare.db")) as backend,
        durable_peers(bench) as peers,
    ):

        def put() -> Pod:
            backend.put(f"/registry{key(next(theirs))}", STDLIB.encode(one), expected=0)
            return STDLIB.copy(one)

        calls: dict[str, Call] = {
            OURS: lambda: pods.create(CONTEXT, key(next(ours)), one),
            "encode, put, copy": put,
        }
        for peer in peers:
            calls[peer.name] = _keeping(peer.put)
        samples = bench.alternate(calls, clock=WALL, share=2, repeats=_DURABLE)
    return Figure.ratio(samples, to="encode, put, copy", note="by the wall; peers keep dicts")


def _keeping(put: Callable[[str, dict[str, object]], None]) -> Call:
    numbers = count()
    return lambda: put(key(next(numbers)), TREE)


@line("sqlite: get a Pod", at_most=1.15)
def get(bench: Bench) -> Figure:
    both = bench.shared(filled)
    pods, backend = both.pods, backend_of(both.pods)
    assert pods.get(CONTEXT, key(3)).spec == STDLIB.decode(DATA, Pod).spec

    def read() -> Pod:
        record = backend.get(f"/registry{key(next(theirs) % both.size)}").record
        return STDLIB.decode(record.value, Pod)

    ours, theirs = count(), count()
    with durable_peers(bench) as peers:
        calls: dict[str, Call] = {
            OURS: lambda: pods.get(CONTEXT, key(next(ours) % both.size)),
            "get, decode": read,
        }
        for peer in peers:
            peer.put("one", TREE)
            assert peer.get("one") == TREE
            calls[peer.name] = partial(peer.get, "one")
        samples = bench.alternate(calls)
    return Figure.ratio(samples, to="get, decode")


LINES = (put_full, put_normal, put_by_8, put_by_16, get_bytes, create, get)
