"""A list looks once at each value, and fails for what is no document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kregistry.core.pod.strategy import PODS
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.object import ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import DecodeError
from kregistry.storage import Interface
from kregistry.storage.backend import Record
from kregistry.storage.interface import ListOptions
from kregistry.storage.keys import KeyRange
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage
from kregistry.storage.predicate import SelectionPredicate
from kregistry.storage.reading.inspected import Inspected
from kregistry.storage.serializer import Serializer
from kregistry.storage.sqlite import SqliteBackend
from kregistry.storage.transformer import IDENTITY, Transformer

CTX = Context()
ALL = KeyRange("/a", "/z")


@pytest.fixture(params=["memory", "sqlite"])
def pods(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStorage[Pod]]:
    memory = request.param == "memory"
    backend = MemoryBackend() if memory else SqliteBackend(tmp_path / "s.db", synchronous="normal")
    with ObjectStorage(backend) as root:
        yield root.for_resource(PODS)


def add(pods: Interface[Pod], *names: str) -> None:
    for name in names:
        pods.create(CTX, f"/pods/ns/{name}", Pod(metadata=ObjectMeta(name=name, namespace="ns")))


def spoil(pods: ObjectStorage[Pod], name: str, *, expected: int = 0) -> int:
    return pods.backend.put(f"/registry/pods/ns/{name}", b"{", expected=expected)


def listed(pods: Interface[Pod], *, version: str = "", **how: Any) -> ObjectList[Pod]:
    options = ListOptions(
        recursive=True,
        predicate=SelectionPredicate(**how),
        resource_version=version,
        resource_version_match="Exact" if version else "",
    )
    return pods.get_list(CTX, "/pods", options)


def test_what_is_spoilt_fails_every_list_until_it_is_gone(pods: ObjectStorage[Pod]) -> None:
    add(pods, "a", "c")
    assert len(listed(pods)) == 2
    revision = spoil(pods, "b")
    for _ in range(2):
        with pytest.raises(DecodeError):
            listed(pods)
    pods.backend.delete("/registry/pods/ns/b", expected=revision)
    assert len(listed(pods)) == 2


def test_the_past_is_looked_at_for_itself(pods: ObjectStorage[Pod]) -> None:
    add(pods, "a", "b")
    revision = spoil(pods, "c")
    pods.backend.delete("/registry/pods/ns/c", expected=revision)
    assert len(listed(pods)) == 2
    with pytest.raises(DecodeError):
        listed(pods, version=str(revision))
    assert len(listed(pods, version=str(revision - 1))) == 2


def test_pages_are_looked_at_one_by_one(pods: ObjectStorage[Pod]) -> None:
    add(pods, "a", "b", "c", "d")
    spoil(pods, "e")
    page = listed(pods, limit=2)
    page = listed(pods, limit=2, continue_=page.metadata.continue_)
    for _ in range(2):
        with pytest.raises(DecodeError):
            listed(pods, limit=2, continue_=page.metadata.continue_)
        with pytest.raises(DecodeError):
            listed(pods)
        assert len(listed(pods, limit=4)) == 4


class Looking(Serializer[Pod]):
    """Notes what it is asked to look at."""

    def doubtful(self, records: Any) -> Any:
        SEEN.append([record.key for record in records])
        return super().doubtful(records)


SEEN: list[list[str]] = []


def records(**revisions: int) -> list[Record]:
    return [Record(f"/{key}", b'{"a":1}', at, at) for key, at in revisions.items()]


def looked(transformer: Transformer = IDENTITY) -> Inspected:
    SEEN.clear()
    return Inspected(Looking(Codec(), transformer, PODS, 1000))


def test_one_look_is_enough_for_a_version() -> None:
    inspected = looked()
    inspected.doubtful(records(b=1, c=2), ALL, 2)
    inspected.doubtful(records(b=1, c=2), ALL, 2)
    inspected.doubtful(records(b=1, c=3), ALL, 3)
    inspected.doubtful(records(b=1, c=3), KeyRange("/b", "/d"), 4)
    inspected.doubtful(records(b=1, c=2), ALL, 2)
    assert SEEN == [["/b", "/c"], ["/c"], [], ["/b", "/c"]]


def test_pages_of_one_state_are_one_look_and_pages_of_two_are_not() -> None:
    inspected = looked()
    inspected.doubtful(records(b=1), KeyRange("/a", "/c"), 5)
    inspected.doubtful(records(c=1), KeyRange("/c", "/e"), 5)
    inspected.doubtful(records(b=1, c=1), KeyRange("/a", "/e"), 5)
    inspected.doubtful(records(e=1), KeyRange("/e", "/g"), 7)
    inspected.doubtful(records(b=1, c=1, e=1), KeyRange("/a", "/g"), 7)
    assert SEEN == [["/b"], ["/c"], ["/e"], ["/b", "/c", "/e"]]


def test_a_range_with_something_spoilt_was_not_looked_at() -> None:
    inspected = looked()
    bad = [Record("/b", b"{", 1, 1)]
    assert inspected.doubtful(bad, ALL, 1) == bad
    assert inspected.doubtful(bad, ALL, 1) == bad


def test_behind_a_transformer_all_is_looked_at_each_time() -> None:
    class Same(Transformer):
        def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
            return data, False

        def to_storage(self, data: bytes, context: bytes) -> bytes:
            return data

    inspected = looked(Same())
    for _ in range(2):
        inspected.doubtful(records(b=1), ALL, 1)
    assert SEEN == [["/b"], ["/b"]]
