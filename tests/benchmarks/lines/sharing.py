"""Shared reads: the one decoded object, for readers who promise not to change it."""

from __future__ import annotations

from bench import Bench
from figures import Figure, line
from measuring import OURS
from pods import CONTEXT, STDLIB, key

from kregistry.core.v1 import Pod
from kregistry.storage import GetOptions, ListOptions
from lines.lists import END, SIZE, START, both, listed

#: Every object is not copied in every cycle, but one in so many.
_SHARE = 20


@line("shared: get, memory", at_most=0.08)
def get(bench: Bench) -> Figure:
    pods, options = bench.shared(both).memory, GetOptions(shared=True)
    where = key(0)
    own, one = pods.get(CONTEXT, where), pods.get(CONTEXT, where, options)
    assert one == own
    assert one is pods.get(CONTEXT, where, options) is not own
    samples = bench.alternate(
        {
            OURS: lambda: pods.get(CONTEXT, where, options),
            "one generated copy": lambda: STDLIB.copy(own),
        }
    )
    return Figure.ratio(samples, to="one generated copy")


@line("shared: list of 10,000, memory, warm", at_most=0.02)
def list_memory(bench: Bench) -> Figure:
    pods, options = bench.shared(both).memory, ListOptions(recursive=True, shared=True)
    items = list(listed(pods, options))
    assert len(items) == SIZE
    assert all(type(item) is Pod for item in items)
    assert items[5] is pods.get(CONTEXT, key(5), GetOptions(shared=True))
    to = "copying all of them"
    samples = bench.alternate(
        {
            OURS: lambda: list(listed(pods, options)),
            to: lambda: [STDLIB.copy(item) for item in items[::_SHARE]],
        },
    )
    return Figure.ratio(samples.times({to: _SHARE}), to=to)


@line("shared: list of 10,000, SQLite, warm", at_most=0.4)
def list_sqlite(bench: Bench) -> Figure:
    stores, options = bench.shared(both), ListOptions(recursive=True, shared=True)
    items = list(listed(stores.sqlite, options))
    assert len(items) == SIZE
    assert items[5] is stores.sqlite.get(CONTEXT, key(5), GetOptions(shared=True))
    samples = bench.alternate(
        {
            OURS: lambda: list(listed(stores.sqlite, options)),
            "raw range scan": lambda: stores.raw.range(START.encode(), END.encode()),
        },
    )
    return Figure.ratio(samples, to="raw range scan")


LINES = (get, list_memory, list_sqlite)
