"""Lists with a selector that keeps one Pod in a hundred, against decoding all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import attrs
from bench import Bench
from figures import Figure, line
from measuring import CPU, OURS, Samples
from pods import STDLIB, key, pod

from kregistry.core.pod import PodStorage
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.options import ListOptions
from kregistry.registry import Store
from kregistry.storage import Config, factory
from kregistry.storage.objects import ObjectStorage

_CONTEXT = Context(namespace="default")
_BY_LABEL = ListOptions(label_selector="track=canary")
_BY_FIELD = ListOptions(field_selector="spec.nodeName=canary")
_ALL = "decoding all"
#: All of them are not decoded in every cycle, but one in so many.
_SHARE = 20


@attrs.frozen
class Mixed:
    """Pods of which one in a hundred is a canary: by its label, and by its node.

    Attributes:
        stores: By name of the backend.
        values: The stored bytes of one in :data:`_SHARE` of the Pods.
        config: Opens the SQLite store once more.
        size: How many Pods there are.
    """

    stores: Mapping[str, Store[Pod]]
    values: list[bytes]
    config: Config
    size: int


@contextmanager
def mixed(bench: Bench) -> Iterator[Mixed]:
    """The same Pods on memory and on SQLite."""
    size = bench.either(2_000, 10_000)
    path = bench.path("selectors.db")
    sqlite = Config(type="sqlite", path=path, synchronous="normal", codec=STDLIB)
    stable, canary = (_kind_of(track) for track in ("stable", "canary"))
    values: list[bytes] = []
    with ExitStack() as stack:
        stores = {}
        for name, config in (("memory", Config(codec=STDLIB)), ("SQLite", sqlite)):
            storage = stack.enter_context(factory.create(config))
            assert isinstance(storage, ObjectStorage)
            for number in range(size):
                one = canary if number % 100 == 50 else stable
                value = one.replace(b"NAME", b"%07d" % number)
                storage.backend.put(f"/registry{key(number)}", value, expected=0)
                if number % _SHARE == 0 and name == "memory":
                    values.append(value)
            stores[name] = PodStorage(storage, codec=STDLIB).pod
        yield Mixed(stores, values, sqlite, size)


def _kind_of(track: str) -> bytes:
    return STDLIB.encode(pod(name="web-NAME", node=track, labels={"track": track}))


def _figure(samples: Samples, note: str) -> Figure:
    return Figure.ratio(samples.times({_ALL: _SHARE}), to=_ALL, note=note)


def _warm(bench: Bench, backend: str, options: ListOptions) -> Figure:
    pods = bench.shared(mixed)
    store = pods.stores[backend]
    found = store.list(_CONTEXT, options).items
    assert len(found) == pods.size // 100
    assert {each.spec.node_name for each in found} == {"canary"}
    samples = bench.alternate(
        {
            OURS: lambda: list(store.list(_CONTEXT, options).items),
            _ALL: lambda: [STDLIB.decode(value, Pod) for value in pods.values],
        },
    )
    return _figure(samples, f"{pods.size:,} Pods on {backend}; the kept ones are consumed")


@line("selector: 1 % by label, memory, warm", at_most=0.10)
def label_memory(bench: Bench) -> Figure:
    return _warm(bench, "memory", _BY_LABEL)


@line("selector: 1 % by label, SQLite, warm", at_most=0.10)
def label_sqlite(bench: Bench) -> Figure:
    return _warm(bench, "SQLite", _BY_LABEL)


@line("selector: 1 % by field, memory, warm", at_most=0.10)
def field_memory(bench: Bench) -> Figure:
    return _warm(bench, "memory", _BY_FIELD)


@line("selector: 1 % by field, SQLite, warm", at_most=0.10)
def field_sqlite(bench: Bench) -> Figure:
    return _warm(bench, "SQLite", _BY_FIELD)


def _cold(bench: Bench, options: ListOptions) -> Figure:
    pods = bench.shared(mixed)

    def ours() -> float:
        with factory.create(pods.config) as storage:
            store = PodStorage(storage, codec=STDLIB).pod
            begin = CPU()
            found = list(store.list(_CONTEXT, options).items)
            took = CPU() - begin
        assert len(found) == pods.size // 100
        return took

    def decoded() -> float:
        begin = CPU()
        assert [STDLIB.decode(value, Pod) for value in pods.values]
        return CPU() - begin

    samples = bench.rounds({OURS: ours, _ALL: decoded})
    return _figure(samples, f"{pods.size:,} Pods; the first list after the store was opened")


@line("selector: 1 % by label, SQLite, cold", at_most=0.40)
def label_cold(bench: Bench) -> Figure:
    return _cold(bench, _BY_LABEL)


@line("selector: 1 % by field, SQLite, cold", at_most=0.40)
def field_cold(bench: Bench) -> Figure:
    return _cold(bench, _BY_FIELD)


LINES = (label_memory, label_sqlite, field_memory, field_sqlite, label_cold, field_cold)
