"""Shared reads: the one decoded object, for readers who promise not to change it."""

from __future__ import annotations

import attrs
from bench import Bench
from figures import OURS, Figure, NotMeasured, line
from measuring import Samples
from pods import CONTEXT, STDLIB, key

from kregistry.storage import GetOptions, ListOptions
from lines.lists import END, SIZE, START, both, listed

#: Every object is not copied in every cycle, but one in so many.
_SHARE = 20


def _require_shared() -> None:
    for options in (GetOptions, ListOptions):
        if "shared" not in attrs.fields_dict(options):
            raise NotMeasured(f"not there yet: {options.__name__}(shared=True)")


@line("shared: get, memory", at_most=0.08)
def get(bench: Bench) -> Figure:
    _require_shared()
    pods, options = bench.shared(both).memory, GetOptions(shared=True)
    own = pods.get(CONTEXT, key(0))
    one = pods.get(CONTEXT, key(0), options)
    assert one == own
    assert one is pods.get(CONTEXT, key(0), options) is not own
    samples = bench.alternate(
        {
            OURS: lambda: pods.get(CONTEXT, key(0), options),
            "one generated copy": lambda: STDLIB.copy(own),
        }
    )
    return Figure.ratio(samples, to="one generated copy")


@line("shared: list of 10,000, memory, warm", at_most=0.02)
def list_memory(bench: Bench) -> Figure:
    _require_shared()
    pods, options = bench.shared(both).memory, ListOptions(recursive=True, shared=True)
    items = list(listed(pods, options))
    assert len(items) == SIZE
    assert items[5] is pods.get(CONTEXT, key(5), GetOptions(shared=True))
    to = "copying all of them"
    samples = bench.alternate(
        {
            OURS: lambda: _each(listed(pods, options)),
            to: lambda: [STDLIB.copy(item) for item in items[::_SHARE]],
        },
    )
    return Figure.ratio(samples.times({to: _SHARE}), to=to)


@line("shared: list of 10,000, SQLite, warm", at_most=0.4)
def list_sqlite(bench: Bench) -> Figure:
    _require_shared()
    stores, options = bench.shared(both), ListOptions(recursive=True, shared=True)
    items = list(listed(stores.sqlite, options))
    assert len(items) == SIZE
    samples: Samples = bench.alternate(
        {
            OURS: lambda: _each(listed(stores.sqlite, options)),
            "raw range scan": lambda: stores.raw.range(START.encode(), END.encode()),
        },
    )
    return Figure.ratio(samples, to="raw range scan")


def _each(items: object) -> int:
    """Touch every item."""
    return sum(len(item.spec.containers) for item in items)  # type: ignore[attr-defined]


LINES = (get, list_memory, list_sqlite)
