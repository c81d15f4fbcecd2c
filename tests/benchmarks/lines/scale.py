"""Cost at 1,000,000 objects against cost at 1,000: create, get, update, page, and opening.

What is created, read and changed is the Pod of all other lines, 4.3 KB. So is one in fifty of
what is there, all over the range; the others have 300 bytes, so that a million fits into memory.
The files are filled past the backend, by statements that put the same rows into the same tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count

import attrs
from bench import Bench
from figures import Figure, line
from measuring import WALL, Call, Samples
from pods import CONTEXT, STDLIB, backend_of, pod, pods_in

from kregistry.core.v1 import Container, Pod, PodSpec
from kregistry.meta.object import ObjectMeta
from kregistry.storage import Config, Interface
from kregistry.storage.interface import ResponseMeta
from kregistry.storage.sqlite import SqliteBackend
from lines.lists import A_PAGE, PAGE

_STEP = 7919
#: One in so many is of full size.
_EVERY = 50
_MARK = b"0000000"


def sizes(bench: Bench) -> Sequence[int]:
    """Numbers of objects; the largest is left out in the quick form."""
    return (1000, 10_000, 100_000, *bench.either((), (1_000_000,)))


def _small() -> Pod:
    return Pod(
        metadata=ObjectMeta(
            name=_MARK.decode(), namespace="default", uid="0b1f5c1e-3f1e-4b62-9d0e-5a1c2b3d4e5f"
        ),
        spec=PodSpec(node_name="node-1", containers=[Container(name="main", image="app:1.27.3")]),
    )


def _records(size: int) -> Iterator[tuple[str, bytes]]:
    small, full = STDLIB.encode(_small()), STDLIB.encode(pod(name=_MARK.decode()))
    assert small.count(_MARK) == full.count(_MARK) == 1
    for number in range(size):
        value = small if number % _EVERY else full
        yield f"/registry{_key(number)}", value.replace(_MARK, b"%07d" % number)


def _key(number: int) -> str:
    return f"/pods/default/{number:07}"


def _named(size: int) -> str:
    return f"out of {size:,}"


@attrs.frozen
class Stores:
    """The same Pods in stores of several sizes, by size."""

    stores: Mapping[int, Interface[Pod]]


@contextmanager
def in_memory(bench: Bench) -> Iterator[Stores]:
    """Stores on the memory backend."""
    with ExitStack() as stack:
        found = {}
        for size in sizes(bench):
            found[size] = stack.enter_context(pods_in(Config(codec=STDLIB)))
            backend = backend_of(found[size])
            for key, value in _records(size):
                backend.put(key, value, expected=0)
        yield Stores(found)


@contextmanager
def files(bench: Bench) -> Iterator[Mapping[int, str]]:
    """Files that nobody has open, by size."""
    found = {}
    for size in sizes(bench):
        path = found[size] = bench.path(f"{size}.db")
        with SqliteBackend(path, synchronous="normal"):
            pass
        _fill(path, size)
    yield found


def _fill(path: str, size: int) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.executemany(
            "INSERT INTO log VALUES (?, ?, 0, ?, ?)",
            (
                (number, key.encode(), number, value)
                for number, (key, value) in enumerate(_records(size), 2)
            ),
        )
        raw.execute("INSERT INTO newest SELECT key, revision, created, NULL FROM log ORDER BY key")
        raw.execute("UPDATE store SET revision = ?", (size + 1,))
        raw.commit()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def on_disk(bench: Bench) -> Iterator[Stores]:
    """Stores in those files, NORMAL: so that a flush does not hide what size costs."""
    paths = bench.shared(files)
    with ExitStack() as stack:
        found = {}
        for size, path in paths.items():
            config = Config(type="sqlite", path=path, synchronous="normal", codec=STDLIB)
            found[size] = stack.enter_context(pods_in(config))
        yield Stores(found)


def _grown(bench: Bench, stores: Stores, operation: str, make: Callable[..., Call]) -> Figure:
    """The largest store against the smallest, and the curve between them."""
    calls = {_named(size): make(pods, size) for size, pods in stores.stores.items()}
    for call in calls.values():
        call()
    samples = bench.alternate(calls)
    return _figure(samples, list(stores.stores), operation)


def _figure(samples: Samples, found: Sequence[int], operation: str) -> Figure:
    first, last = _named(found[0]), _named(found[-1])
    return Figure(
        value=samples.ratio(last, first),
        ours=samples.spread(last),
        raw=samples.spread(first),
        against=first,
        curve={operation: [(size, samples.spread(_named(size))) for size in found]},
        over="objects",
        note=f"{last}",
    )


def _creating(pods: Interface[Pod], size: int) -> Call:
    """New names all over the range, between those that are there."""
    numbers, one = count(), pod()
    return lambda: pods.create(CONTEXT, f"{_key(_any(next(numbers), size))}-{next(numbers)}", one)


def _getting(pods: Interface[Pod], size: int) -> Call:
    numbers = count()
    found = pods.get(CONTEXT, _key(_any(1, size)))
    assert found.metadata.name == f"{_any(1, size):07}"
    assert len(found.spec.containers) == 2
    return lambda: pods.get(CONTEXT, _key(_any(next(numbers), size)))


def _updating(pods: Interface[Pod], size: int) -> Call:
    numbers = count()

    def update(obj: Pod, meta: ResponseMeta) -> Pod:
        obj.metadata.labels["turn"] = str(next(numbers))
        return obj

    return lambda: pods.guaranteed_update(CONTEXT, _key(_any(next(numbers), size)), update)


def _paging(pods: Interface[Pod], size: int) -> Call:
    """Pages from the beginning of the list."""
    assert len(pods.get_list(CONTEXT, "/pods/default", A_PAGE).items) == PAGE
    return lambda: pods.get_list(CONTEXT, "/pods/default", A_PAGE)


def _any(number: int, size: int) -> int:
    """Numbers of Pods of full size, in no order; all of them before one comes again."""
    return number * _STEP * _EVERY % size


@line("scale: open a SQLite store of 1,000,000", at_most=50, unit="ms")
def opening(bench: Bench) -> Figure:
    """Until the first get is answered. The file is in the cache of the system."""
    paths = bench.shared(files)

    def opened(path: str) -> float:
        begin = WALL()
        with SqliteBackend(path) as store:
            assert store.get(f"/registry{_key(7)}").record is not None
            return WALL() - begin

    samples = bench.rounds({_named(size): partial(opened, paths[size]) for size in paths}, full=15)
    figure = _figure(samples, list(paths), "open and get, SQLite")
    return attrs.evolve(figure, value=figure.ours.median * 1e3, note="by the wall")


@line("scale: create at 1,000,000, memory", at_most=1.5)
def create_memory(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(in_memory), "create, memory", _creating)


@line("scale: get at 1,000,000, memory", at_most=1.5)
def get_memory(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(in_memory), "get, memory", _getting)


@line("scale: update at 1,000,000, memory", at_most=1.5)
def update_memory(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(in_memory), "update, memory", _updating)


@line("scale: page of 500 at 1,000,000, memory", at_most=1.5)
def page_memory(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(in_memory), "page of 500, memory", _paging)


@line("scale: create at 1,000,000, SQLite", at_most=1.5)
def create_sqlite(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(on_disk), "create, SQLite", _creating)


@line("scale: get at 1,000,000, SQLite", at_most=1.5)
def get_sqlite(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(on_disk), "get, SQLite", _getting)


@line("scale: update at 1,000,000, SQLite", at_most=1.5)
def update_sqlite(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(on_disk), "update, SQLite", _updating)


@line("scale: page of 500 at 1,000,000, SQLite", at_most=1.5)
def page_sqlite(bench: Bench) -> Figure:
    return _grown(bench, bench.shared(on_disk), "page of 500, SQLite", _paging)


def _page_against_10_000(bench: Bench, stores: Stores) -> Figure:
    largest = max(stores.stores)
    calls = {_named(size): _paging(stores.stores[size], size) for size in (10_000, largest)}
    samples = bench.alternate(calls)
    return Figure.ratio(samples, to=_named(10_000), ours=_named(largest), note=_named(largest))


@line("list: page of 500 of 1,000,000 rather than 10,000, memory", at_most=1.0)
def page_memory_10_000(bench: Bench) -> Figure:
    return _page_against_10_000(bench, bench.shared(in_memory))


@line("list: page of 500 of 1,000,000 rather than 10,000, SQLite", at_most=1.0)
def page_sqlite_10_000(bench: Bench) -> Figure:
    return _page_against_10_000(bench, bench.shared(on_disk))


LINES = (
    opening,
    create_memory,
    get_memory,
    update_memory,
    page_memory,
    page_memory_10_000,
    create_sqlite,
    get_sqlite,
    update_sqlite,
    page_sqlite,
    page_sqlite_10_000,
)
