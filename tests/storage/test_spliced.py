"""A list as it is sent: each document is searched for a version of its own once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kregistry.core.pod.strategy import PODS
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime.codec import Codec
from kregistry.storage.backend import Record
from kregistry.storage.encoded import Encoded, is_usual, opening_of, usual_pieces
from kregistry.storage.interface import ListOptions
from kregistry.storage.keys import KeyRange
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage
from kregistry.storage.predicate import SelectionPredicate
from kregistry.storage.reading.lazy import LazyItems
from kregistry.storage.reading.spliced import Spliced
from kregistry.storage.serializer import Serializer
from kregistry.storage.sqlite import SqliteBackend
from kregistry.storage.transformer import IDENTITY, Transformer

CTX = Context()
ALL = KeyRange("/a", "/z")
OPENING = opening_of("v1", "Pod")


class Counting(Spliced):
    """Notes how many documents were searched."""

    searched = 0

    def doubtful(self, records: Sequence[Record]) -> Sequence[Record]:
        self.searched += len(records)
        return super().doubtful(records)


class Same(Transformer):
    """Leaves values as they are, and says nothing of that."""

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return data

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        return data, False


def counting(transformer: Transformer = IDENTITY) -> Counting:
    return Counting(Serializer(Codec(), transformer, PODS, 1_000_000), OPENING)


def record(name: str, revision: int, value: bytes | None = None) -> Record:
    if value is None:
        value = Codec().encode(Pod(metadata=ObjectMeta(name=name)))
    return Record(f"/b/{name}", value, revision, revision)


def items(spliced: Spliced, records: Sequence[Record], at: int, keys: KeyRange = ALL) -> Any:
    return json.loads(b"[" + b"".join(spliced.pieces(keys, at, records)) + b"]")


def names(found: Any) -> list[tuple[str, str]]:
    return [(item["metadata"]["name"], item["metadata"]["resourceVersion"]) for item in found]


def test_a_version_is_searched_once() -> None:
    spliced = counting()
    records = [record("a", 3), record("b", 4)]
    for _ in range(3):
        assert names(items(spliced, records, 4)) == [("a", "3"), ("b", "4")]
    assert spliced.searched == 2
    records[0] = record("a", 5)
    assert names(items(spliced, records, 6)) == [("a", "5"), ("b", "4")]
    assert spliced.searched == 3


def test_what_has_a_version_of_its_own_is_told_with_the_true_one() -> None:
    spliced = counting()
    strange = b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b","resourceVersion":"99"}}'
    records = [record("a", 3)]
    assert names(items(spliced, records, 3)) == [("a", "3")]
    records.append(record("b", 4, strange))
    for _ in range(2):
        assert names(items(spliced, records, 4)) == [("a", "3"), ("b", "4")]


def test_nothing_is_remembered_behind_a_transformer() -> None:
    spliced = counting(Same())
    for _ in range(2):
        assert names(items(spliced, [record("a", 3)], 3)) == [("a", "3")]
    assert spliced.searched == 0


def test_another_range_and_the_past_are_searched_for_themselves() -> None:
    spliced = counting()
    strange = b'{"apiVersion":"v1","kind":"Pod","metadata":{"resourceVersion":"9","name":"a"}}'
    assert names(items(spliced, [record("a", 8)], 8)) == [("a", "8")]
    assert names(items(spliced, [record("a", 3, strange)], 5)) == [("a", "3")]
    assert names(items(spliced, [record("a", 3, strange)], 8, KeyRange("/0", "/z"))) == [("a", "3")]


def test_no_items_make_no_pieces() -> None:
    assert counting().pieces(ALL, 3, []) == []
    assert usual_pieces([], OPENING) == []


@pytest.mark.parametrize(
    ("data", "usual"),
    [
        (b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}', True),
        (b'{"apiVersion":"v1","kind":"Pod","metadata":{}}', False),
        (b'{"apiVersion":"v1","kind":"Pod","metadata":{ "name":"a"}}', False),
        (b'{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}', False),
        (b'{"apiVersion":"v1","kind":"Pod","metadata":{"a":1},"b":{"resourceVersion":""}}', False),
        (b"", False),
    ],
)
def test_usual_documents_are_those_that_need_no_parser(data: bytes, usual: bool) -> None:
    assert is_usual(data, OPENING) is usual
    assert not is_usual(data, b"")
    if usual:
        pieces = usual_pieces([record("a", 7, data)], OPENING)
        assert b"".join(pieces) == Encoded(data, 7, OPENING).item()


@pytest.fixture(params=["memory", "sqlite"])
def pods(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStorage[Pod]]:
    memory = request.param == "memory"
    backend = MemoryBackend() if memory else SqliteBackend(tmp_path / "s.db", synchronous="normal")
    with ObjectStorage(backend) as root:
        yield root.for_resource(PODS)


def sent(pods: ObjectStorage[Pod], limit: int = 0) -> list[tuple[str, str]]:
    options = ListOptions(recursive=True, predicate=SelectionPredicate(limit=limit))
    found = pods.get_list(CTX, "/pods", options).items
    assert isinstance(found, LazyItems)
    pieces = found.pieces()
    assert pieces is not None
    return names(json.loads(b"[" + b"".join(pieces) + b"]"))


def test_lists_and_pages_of_a_storage_tell_what_is_stored_now(pods: ObjectStorage[Pod]) -> None:
    expected = []
    for name in "abc":
        made = pods.create(CTX, f"/pods/ns/{name}", Pod(metadata=ObjectMeta(name=name)))
        expected.append((name, made.metadata.resource_version))
        assert sent(pods) == expected
        assert sent(pods, limit=2) == expected[:2]
    key, revision = "/registry/pods/ns/b", int(expected[1][1])
    strange = b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b","resourceVersion":"99"}}'
    expected[1] = ("b", str(pods.backend.put(key, strange, expected=revision)))
    for _ in range(2):
        assert sent(pods) == expected
        assert sent(pods, limit=2) == expected[:2]
    pods.delete(CTX, "/pods/ns/b")
    assert sent(pods) == [expected[0], expected[2]]
