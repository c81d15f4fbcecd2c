"""Items of a list that are decoded when somebody looks."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kregistry.core.pod.strategy import PODS
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime.quiet import quiet
from kregistry.storage import Interface
from kregistry.storage.backend import Record
from kregistry.storage.encoded import Encoded
from kregistry.storage.lazy import LazyItems
from storages import KINDS, opened


class Counting:
    """Makes Pods of records and says how often."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def load(self, record: Record) -> Pod:
        if record.value == b"bad":
            raise ValueError(f"{record.key} is bad")
        self.loaded.append(record.key)
        return Pod(metadata=ObjectMeta(name=record.key, resource_version=str(record.mod_revision)))

    def items(self, count: int, *, bad: int = -1) -> LazyItems[Pod]:
        records = [
            Record(f"k{place}", b"bad" if place == bad else b"{}", place + 1, 1)
            for place in range(count)
        ]
        return LazyItems(records, self.load, lambda each: Encoded(each.value, each.mod_revision))


@pytest.fixture
def counting() -> Counting:
    return Counting()


def test_nothing_is_decoded_until_somebody_looks(counting: Counting) -> None:
    items = counting.items(1000)
    assert len(items) == 1000
    assert bool(items)
    assert items.encoded(3) == Encoded(b"{}", 4)
    assert counting.loaded == []


def test_an_item_is_one_object_however_it_is_reached(counting: Counting) -> None:
    items = counting.items(5)
    items[3].metadata.labels["seen"] = "yes"
    assert counting.loaded == ["k3"]
    assert list(items)[3] is items[3] is items[-2] is items[2:4][1]
    assert items[3].metadata.labels == {"seen": "yes"}
    assert sorted(counting.loaded) == [f"k{place}" for place in range(5)]


def test_bytes_of_an_item_that_was_touched_are_not_handed_out(counting: Counting) -> None:
    items = counting.items(2)
    items[0].metadata.name = "changed"
    assert items.encoded(0) is None
    assert items.encoded(1) is not None


def test_the_bytes_of_all_come_in_one_go_while_none_was_touched(counting: Counting) -> None:
    items = counting.items(3)
    pieces = items.pieces()
    assert pieces is not None
    told = json.loads(b"[%b]" % b"".join(pieces))
    assert told == [{"metadata": {"resourceVersion": version}} for version in "123"]
    assert counting.loaded == []
    assert items[2] is not None
    assert items.pieces() is None


@pytest.mark.parametrize("index", [5, -6])
def test_an_index_beyond_the_end_is_an_error(counting: Counting, index: int) -> None:
    with pytest.raises(IndexError):
        counting.items(5)[index]


def test_it_equals_a_list_of_equal_objects(counting: Counting) -> None:
    items, others = counting.items(3), counting.items(3)
    assert items == others
    assert items == list(others)
    assert list(others) == items
    assert items != others[:2]
    assert items != "abc"
    assert counting.items(0) == []


def test_copies_are_ordinary_lists_of_other_objects(counting: Counting) -> None:
    items = counting.items(2)
    for other in (copy.deepcopy(items), pickle.loads(pickle.dumps(items))):
        assert type(other) is list
        assert other == items
        assert other[0] is not items[0]


def test_what_cannot_be_decoded_is_told_to_whoever_looks(counting: Counting) -> None:
    items = counting.items(4, bad=2)
    assert items[3].metadata.name == "k3"
    for _ in range(2):
        with pytest.raises(ValueError, match="k2 is bad"):
            list(items)
    assert items[1].metadata.name == "k1"


def test_threads_that_look_at_once_get_the_same_objects(counting: Counting) -> None:
    items = counting.items(600)
    start = threading.Barrier(4)
    seen: list[list[Pod]] = []

    def look() -> None:
        start.wait(10)
        seen.append(list(items))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(counting.loaded) == 600
    assert len({tuple(map(id, each)) for each in seen}) == 1
    assert len(seen) == 4


@pytest.fixture
def collector() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.usefixtures("collector")
def test_the_collector_pauses_and_goes_on_with_the_last_one() -> None:
    with quiet():
        assert not gc.isenabled()
        with quiet():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), quiet():
        raise KeyError
    assert gc.isenabled()


@pytest.mark.usefixtures("collector")
def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    with quiet():
        pass
    assert not gc.isenabled()


@pytest.fixture
def ctx() -> Context:
    return Context()


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interface[Pod]]:
    with opened(request, tmp_path) as storage:
        yield storage.for_resource(PODS)


def test_a_list_of_a_store_is_the_callers_own(storage: Interface[Pod], ctx: Context) -> None:
    for name in "ab":
        storage.create(ctx, f"/pods/default/{name}", Pod(metadata=ObjectMeta(name=name)))
    found = storage.list(ctx, "/pods")
    found.items[0].metadata.name = "mine"
    again = storage.list(ctx, "/pods")
    assert [pod.metadata.name for pod in found] == ["mine", "b"]
    assert [pod.metadata.name for pod in again] == ["a", "b"]


def test_bytes_of_one_object_carry_its_version(storage: Interface[Pod], ctx: Context) -> None:
    pod = storage.create(ctx, "/pods/default/a", Pod(metadata=ObjectMeta(name="a")))
    found = storage.get_encoded(ctx, "/pods/default/a")
    assert str(found.revision) == pod.metadata.resource_version
    assert storage.codec.decode(found.json(), Pod) == pod


@pytest.mark.usefixtures("collector")
def test_a_list_is_gone_with_its_last_reference(storage: Interface[Pod]) -> None:
    storage.list(Context(), "/pods")
    gc.collect()
    gc.disable()
    for _ in range(5):
        storage.list(Context(), "/pods")
    assert gc.collect() == 0
