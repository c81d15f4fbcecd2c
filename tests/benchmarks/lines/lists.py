"""Lists of 10,000 Pods and pages of 500: what it takes to have them, and to use them."""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import attrs
from bench import Bench
from figures import Figure, line
from measuring import OURS
from peers import DeepCopies, durable_peers
from pods import CONTEXT, STDLIB, TREE, backend_of, data, key, name, pods_in
from rawsqlite import RawSqlite

from kregistry.core.v1 import Pod
from kregistry.storage import Config, Interface, ListOptions, SelectionPredicate
from kregistry.storage.backend import Record
from kregistry.storage.lazy import LazyItems

SIZE, PAGE = 10_000, 500
START, END = "/registry/pods/default/", "/registry/pods/default0"
EVERYTHING = ListOptions(recursive=True)
A_PAGE = ListOptions(recursive=True, predicate=SelectionPredicate(limit=PAGE))


@attrs.frozen
class Both:
    """The same Pods on memory, on SQLite, and in the tables of raw SQLite."""

    memory: Interface[Pod]
    sqlite: Interface[Pod]
    raw: RawSqlite


@contextmanager
def both(bench: Bench) -> Iterator[Both]:
    """10,000 Pods of 4.3 KB."""
    path = bench.path("lists.db")
    config = Config(type="sqlite", path=path, synchronous="normal", codec=STDLIB)
    with pods_in(Config(codec=STDLIB)) as memory, pods_in(config) as sqlite:
        for number in range(SIZE):
            for pods in (memory, sqlite):
                backend_of(pods).put(f"/registry{key(number)}", data(number), expected=0)
        with closing(RawSqlite(path, "normal")) as raw:
            yield Both(memory, sqlite, raw)


def listed(pods: Interface[Pod], options: ListOptions = EVERYTHING) -> Sequence[Pod]:
    """The items of a list, as it hands them out."""
    return pods.get_list(CONTEXT, "/pods/default", options).items


def see_that_nothing_is_decoded(pods: Interface[Pod]) -> None:
    """Items that nobody touched still have the bytes that they are stored as."""
    items = listed(pods, A_PAGE)
    assert isinstance(items, LazyItems)
    assert all(items.encoded(number) is not None for number in range(len(items)))
    assert items[0].metadata.name == name(0)
    assert items.encoded(0) is None


@line("list: 10,000 Pods untouched, memory", at_most=10, unit="ms")
def untouched_memory(bench: Bench) -> Figure:
    pods = bench.shared(both).memory
    see_that_nothing_is_decoded(pods)
    assert len(listed(pods)) == SIZE
    samples = bench.alternate({OURS: lambda: listed(pods)}, collector=True)
    return Figure.time(samples, 1e-3, note="with the collector on")


@line("list: 10,000 Pods untouched, SQLite", at_most=1.3)
def untouched_sqlite(bench: Bench) -> Figure:
    pods, raw = bench.shared(both).sqlite, bench.shared(both).raw
    see_that_nothing_is_decoded(pods)
    rows = raw.range(START.encode(), END.encode())
    assert [item.metadata.name for item in listed(pods)] == [_name_in(row[0]) for row in rows]
    samples = bench.alternate(
        {
            OURS: lambda: listed(pods),
            "raw range scan": lambda: raw.range(START.encode(), END.encode()),
        },
        collector=True,
    )
    return Figure.ratio(samples, to="raw range scan", note="with the collector on")


def _name_in(row_key: bytes) -> str:
    return row_key.decode().rpartition("/")[2]


@line("list: 10,000 Pods, every item consumed", at_most=1.1)
def consumed(bench: Bench) -> Figure:
    """Against as many decodes with the collector off; a list itself runs with it on."""
    pods, size = bench.shared(both).memory, bench.either(2_000, SIZE)
    options = ListOptions(recursive=True, predicate=SelectionPredicate(limit=size))
    values = [data(number) for number in range(size)]
    assert _each(listed(pods, options)) == _each(_decoded(values)) == 2 * size
    with durable_peers(bench) as disks:
        peers = [DeepCopies(), *disks]
        for peer in peers:
            for number in range(size // 20):
                peer.put(key(number), TREE)
        samples = bench.alternate(
            {
                OURS: lambda: _each(listed(pods, options)),
                "decodes, collector off": lambda: _each(_decoded(values)),
                **{peer.name: peer.all for peer in peers},
            },
            collector=True,
            share=0.3,
        )
    scaled = samples.times({peer.name: 20 for peer in peers})
    note = f"{size:,} on memory; peers list {size // 20} dicts, times 20"
    return Figure.ratio(scaled, to="decodes, collector off", note=note)


def _each(items: Sequence[Pod]) -> int:
    return sum(len(item.spec.containers) for item in items)


def _decoded(values: Sequence[bytes]) -> list[Pod]:
    was = gc.isenabled()
    gc.disable()
    try:
        return [STDLIB.decode(value, Pod) for value in values]
    finally:
        if was:
            gc.enable()


@line("list: page of 500, memory", at_most=1.5)
def page_memory(bench: Bench) -> Figure:
    """Against two binary searches in sorted keys, and a record from a dict for each."""
    pods = bench.shared(both).memory
    records = {
        f"/registry{key(number)}": Record(f"/registry{key(number)}", data(number), number, number)
        for number in range(SIZE)
    }
    keys = sorted(records)

    def raw() -> list[Record]:
        first, last = bisect_left(keys, START), bisect_left(keys, END)
        return [records[each] for each in keys[first : min(last, first + PAGE)]]

    assert len(listed(pods, A_PAGE)) == len(raw()) == PAGE
    samples = bench.alternate(
        {OURS: lambda: listed(pods, A_PAGE), "bisect, slice, look up": raw}, collector=True
    )
    return Figure.ratio(samples, to="bisect, slice, look up")


@line("list: page of 500, SQLite", at_most=1.5)
def page_sqlite(bench: Bench) -> Figure:
    pods, raw = bench.shared(both).sqlite, bench.shared(both).raw
    assert len(listed(pods, A_PAGE)) == PAGE
    samples = bench.alternate(
        {
            OURS: lambda: listed(pods, A_PAGE),
            "raw page": lambda: raw.range(START.encode(), END.encode(), PAGE),
        },
        collector=True,
    )
    return Figure.ratio(samples, to="raw page")


LINES = (untouched_memory, untouched_sqlite, consumed, page_memory, page_sqlite)
