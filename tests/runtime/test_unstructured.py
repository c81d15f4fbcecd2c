from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta.time import Time
from kregistry.runtime import Codec, DecodeError, EncodeError, Scheme, SchemeError, Unstructured

CODEC = Codec()


def gadget() -> Unstructured:
    obj = Unstructured(api_version="shop.example/v1", kind="Gadget")
    obj.metadata.name = "a"
    obj["spec"] = {"size": 3, "parts": [{"name": "x"}]}
    return obj


def test_content_is_reached_like_a_dict() -> None:
    obj = gadget()
    assert obj["spec"]["size"] == 3
    assert obj.get("status") is None
    assert obj.get("status", {}) == {}
    assert "spec" in obj
    assert list(obj) == ["spec"]
    del obj["spec"]
    assert "spec" not in obj
    with pytest.raises(KeyError):
        obj["spec"]


def test_a_path_leads_to_a_value_or_to_the_default() -> None:
    obj = gadget()
    assert obj.at("spec", "parts", 0, "name") == "x"
    assert obj.at("spec", "parts", -1, "name") == "x"
    for path in (
        ("status",),
        ("spec", "parts", 1),
        ("spec", "size", "x"),
        ("spec", 0),
        ("spec", "parts", "x"),
    ):
        assert obj.at(*path) is None
        assert obj.at(*path, default=7) == 7


def test_typed_members_are_attributes() -> None:
    obj = gadget()
    for member, attribute in (
        ("metadata", "metadata"),
        ("kind", "kind"),
        ("apiVersion", "api_version"),
    ):
        with pytest.raises(KeyError, match=rf"it is the attribute \.{attribute}"):
            obj[member]
        with pytest.raises(KeyError):
            obj[member] = {}


def test_metadata_is_typed() -> None:
    data = (
        b'{"apiVersion":"a.example/v1","kind":"A","metadata":'
        b'{"creationTimestamp":"2026-01-01T00:00:00Z","labels":{"a":"b"}}}'
    )
    obj = CODEC.decode(data, Unstructured)
    assert obj.metadata.creation_timestamp == Time("2026-01-01T00:00:00Z")
    assert obj.metadata.labels == {"a": "b"}
    with pytest.raises(DecodeError, match=r"into field metadata\.labels of type object"):
        CODEC.decode_strict(b'{"metadata":{"labels":7},"kind":"A","apiVersion":"v1"}', Unstructured)


def test_unknown_metadata_is_kept_and_told() -> None:
    data = (
        b'{"apiVersion":"v1","kind":"AList","items":[],"metadata":{"continue":"x","name":"a",'
        b'"remainingItemCount":3}}'
    )
    decoded = CODEC.decode_strict(data, Unstructured, unknown="Warn")
    assert decoded.warnings == (
        'unknown field "metadata.continue"',
        'unknown field "metadata.remainingItemCount"',
    )
    assert decoded.obj.unknown_metadata == {"continue": "x", "remainingItemCount": 3}
    for obj in (decoded.obj, CODEC.decode(data, Unstructured), CODEC.copy(decoded.obj)):
        assert CODEC.to_dict(obj)["metadata"] == {
            "continue": "x",
            "name": "a",
            "remainingItemCount": 3,
        }


def test_nothing_is_written_twice() -> None:
    obj = gadget()
    obj.content["metadata"] = {}
    with pytest.raises(EncodeError, match=r"content of an Unstructured has \['metadata'\]"):
        CODEC.encode(obj)
    obj = gadget()
    obj.unknown_metadata["name"] = "b"
    with pytest.raises(EncodeError, match=r"unknown_metadata has \['name'\]"):
        CODEC.encode(obj)


def test_a_copy_shares_nothing_mutable() -> None:
    obj = gadget()
    obj.unknown_metadata = {"x": []}
    copied = CODEC.copy(obj)
    copied["spec"]["parts"].append({})
    copied.metadata.labels["a"] = "b"
    copied.unknown_metadata["x"].append(1)
    assert obj["spec"]["parts"] == [{"name": "x"}]
    assert obj.metadata.labels == {}
    assert obj.unknown_metadata == {"x": []}


def test_a_subclass_stays_one() -> None:
    class Gadget(Unstructured):
        __slots__ = ()

    obj = CODEC.decode(b'{"apiVersion":"a.example/v1","kind":"Gadget"}', Gadget)
    assert type(obj) is Gadget
    assert type(CODEC.copy(obj)) is Gadget


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), JSON, max_size=4))
def test_any_content_survives(content: dict[str, Any]) -> None:
    for member in ("apiVersion", "kind", "metadata"):
        content.pop(member, None)
    obj = Unstructured(api_version="a.example/v1", kind="A", content=content)
    data = CODEC.encode(obj)
    for again in (
        CODEC.decode(data, Unstructured),
        CODEC.decode_any(data),
        CODEC.decode_strict(data, unknown="Strict").obj,
        CODEC.copy(obj),
        CODEC.from_dict(CODEC.to_dict(obj), Unstructured),
    ):
        assert again == obj
        assert CODEC.encode(again) == data


def test_its_kind_is_what_it_says() -> None:
    scheme = Scheme()
    (gvk,), unversioned = scheme.object_kinds(gadget())
    assert (str(gvk), unversioned) == ("shop.example/v1, Kind=Gadget", False)
    with pytest.raises(SchemeError, match="Object 'Kind' is missing"):
        scheme.object_kinds(Unstructured(api_version="v1"))
    with pytest.raises(SchemeError, match="Object 'apiVersion' is missing"):
        scheme.object_kinds(Unstructured(kind="A"))
