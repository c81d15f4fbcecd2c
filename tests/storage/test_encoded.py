"""Bytes of stored objects, passed on with their resourceVersion."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.core.v1 import ConfigMap, Event, Pod
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime.codec import Codec
from kregistry.storage.encoded import Encoded, item_pieces, opening_of

POD = opening_of("v1", "Pod")
TEXTS = st.text(max_size=8) | st.sampled_from(['"metadata":{', '{"metadata":{', "metadata", "\\"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(["metadata", "kind"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def encoded(tree: dict[str, Any], **options: Any) -> Encoded:
    data = json.dumps(tree, separators=(",", ":"), **options).encode()
    return Encoded(data, 7, POD)


def with_version(tree: dict[str, Any]) -> dict[str, Any]:
    return {**tree, "metadata": {**(tree.get("metadata") or {}), "resourceVersion": "7"}}


def test_the_version_is_spliced_into_what_the_codec_wrote() -> None:
    data = Codec().encode(Pod(metadata=ObjectMeta(name="web")))
    spliced = Encoded(data, 42, POD).json()
    assert spliced.startswith(b'{"apiVersion":"v1","kind":"Pod","metadata":{"resourceVersion":"42"')
    assert json.loads(spliced)["metadata"] == {"name": "web", "resourceVersion": "42"}


def test_what_was_not_stored_has_no_version_to_splice() -> None:
    data = Codec().encode(Pod(metadata=ObjectMeta(name="web")))
    assert Encoded(data, 0, POD).json() == data


def test_an_item_of_a_list_does_not_say_its_type() -> None:
    data = Codec().encode(Pod(metadata=ObjectMeta(name="web")))
    item = json.loads(Encoded(data, 42, POD).item())
    assert "kind" not in item
    assert "apiVersion" not in item
    assert item["metadata"] == {"name": "web", "resourceVersion": "42"}


@pytest.mark.parametrize(
    "obj",
    [
        ConfigMap(data={"metadata": '{"metadata":{"resourceVersion":"1"}}', "kind": "x"}),
        Event(action="looked", message='"metadata":{}'),
        Pod(),
    ],
)
def test_members_before_the_metadata_do_not_mislead(obj: Any) -> None:
    data = Codec().encode(obj)
    tree = with_version(json.loads(data))
    assert json.loads(Encoded(data, 7, POD).json()) == tree
    tree = {name: value for name, value in tree.items() if name not in ("apiVersion", "kind")}
    assert json.loads(Encoded(data, 7).item()) == tree


def test_a_version_that_somebody_stored_is_replaced() -> None:
    tree = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "resourceVersion": "3"}}
    assert json.loads(encoded(tree).json()) == with_version(tree)
    assert encoded(tree).json().count(b"resourceVersion") == 1


@pytest.mark.parametrize(
    "tree", [{}, {"metadata": None}, {"spec": {"metadata": {"name": "inner"}}}, {"metadata": {}}]
)
def test_metadata_that_is_missing_comes_into_being(tree: dict[str, Any]) -> None:
    assert json.loads(encoded(tree).json()) == with_version(tree)


def test_white_space_of_another_writer_does_not_matter() -> None:
    tree = {"kind": "Pod", "metadata": {"name": "a"}}
    assert json.loads(Encoded(json.dumps(tree, indent=2).encode(), 7, POD).json()) == (
        with_version(tree)
    )


@pytest.mark.parametrize("metadata", ["{ }", "{\n}", '{ "name":"a" }', "{}", "null", " {}"])
@pytest.mark.parametrize("first", ["", '"aaa":1,'])
def test_nor_does_white_space_in_the_metadata(metadata: str, first: str) -> None:
    data = f'{{{first}"apiVersion":"v1","kind":"Pod","metadata":{metadata},"spec":{{}}}}'.encode()
    tree = with_version(json.loads(data))
    assert json.loads(Encoded(data, 7, POD).json()) == tree
    del tree["apiVersion"], tree["kind"]
    assert json.loads(Encoded(data, 7, POD).item()) == tree
    assert json.loads(b"".join(item_pieces([(data, 7)], POD))) == tree


def test_a_beginning_that_is_only_as_long_as_the_usual_one_is_kept() -> None:
    other = "x" * (len(POD) - len(b'{"":null,"metadata":{'))
    tree = {other: None, "metadata": {"name": "a"}}
    assert json.loads(encoded(tree).item()) == with_version(tree)


@given(before=st.dictionaries(TEXTS, JSON, max_size=4), after=JSON, name=TEXTS)
def test_any_document_gets_the_version_and_keeps_the_rest(
    before: dict[str, Any], after: Any, name: str
) -> None:
    tree = {**before, "metadata": {"name": name, "inner": after}, "zest": after}
    document = encoded(tree, ensure_ascii=False)
    assert json.loads(document.json()) == with_version(tree)
    untyped = {key: value for key, value in tree.items() if key not in ("apiVersion", "kind")}
    assert json.loads(document.item()) == with_version(untyped)


@given(st.lists(st.tuples(st.dictionaries(TEXTS, JSON, max_size=3), st.integers(1, 2**63 - 1))))
def test_many_items_are_those_of_each(objects: list[tuple[dict[str, Any], int]]) -> None:
    documents = []
    for metadata, revision in objects:
        tree = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": metadata}
        documents.append((encoded(tree, ensure_ascii=False).data, revision))
    together = b"".join(item_pieces(documents, POD))
    each = [Encoded(data, revision, POD).item() for data, revision in documents]
    assert together == b",".join(each)
