"""Messages become the trees that JSON would have given, and what is no message an error."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protobuftrees import trees
from protobufwriter import META, SCHEMA, document, envelope, message_bytes

from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.wire import encode_field, varint
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.limits import Limits
from kregistry.server.protobuf.document import tree_of_protobuf
from kregistry.server.protobuf.reading import Reader
from kregistry.server.protobuf.table import builtin_table

LIMITS = Limits()

#: Kinds that between them have every sort of field.
KINDS = [
    ("v1", "Pod"),
    ("v1", "Secret"),
    ("v1", "Node"),
    ("v1", "Event"),
    ("v1", "Service"),
    ("v1", "PersistentVolume"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ControllerRevision"),
    ("batch/v1", "CronJob"),
    ("coordination.k8s.io/v1", "Lease"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "Ingress"),
    ("resource.k8s.io/v1", "ResourceSlice"),
    ("authentication.k8s.io/v1", "TokenReview"),
    ("authorization.k8s.io/v1", "SubjectAccessReview"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
]


def read(name: str, data: bytes, limits: Limits = LIMITS) -> dict[str, Any]:
    table = builtin_table()
    return Reader(table, data, limits).read(table.message(name), (0, len(data)))


def name_of(api_version: str, kind: str) -> str:
    message = builtin_table().message_of(GroupVersionKind.of(api_version, kind))
    assert message is not None
    return message.name


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    api_version, kind = draw(st.sampled_from(KINDS))
    return {"apiVersion": api_version, "kind": kind, **draw(trees(name_of(api_version, kind)))}


@given(objects())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_trees_come_back(tree: dict[str, Any]) -> None:
    data = document(tree)
    found = tree_of_protobuf(data, GroupVersionKind("", "", ""), LIMITS)
    assert found == tree


@given(objects(), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_document_that_was_spoilt_is_read_or_refused(
    tree: dict[str, Any], data: st.DataObject
) -> None:
    spoilt = bytearray(document(tree))
    for at in data.draw(st.lists(st.integers(4, len(spoilt) - 1), min_size=1, max_size=4)):
        spoilt[at] = data.draw(st.integers(0, 255))
    try:
        found = tree_of_protobuf(bytes(spoilt), GroupVersionKind("", "", ""), LIMITS)
    except DecodeError:
        return
    json.dumps(found, allow_nan=False).encode()


@given(st.sampled_from(KINDS), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(kind: tuple[str, str], data: bytes) -> None:
    try:
        found = read(name_of(*kind), data)
    except DecodeError:
        return
    json.dumps(found, allow_nan=False).encode()


@given(objects(), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_ends_too_early_is_never_more_than_what_was_sent(
    tree: dict[str, Any], data: st.DataObject
) -> None:
    raw = message_bytes(
        builtin_table().message(name_of(tree["apiVersion"], tree["kind"])),
        {key: value for key, value in tree.items() if key not in ("apiVersion", "kind")},
    )
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    try:
        found = read(name_of(tree["apiVersion"], tree["kind"]), cut)
    except DecodeError:
        return
    assert found.keys() <= tree.keys()


# What counts where something comes twice.


def test_of_a_value_that_comes_twice_the_last_counts() -> None:
    data = encode_field(1, b"first") + encode_field(1, b"last")
    assert read(f"{META}ObjectMeta", data) == {"name": "last"}


def test_zero_takes_back_what_came_before_where_zero_is_nothing() -> None:
    assert read(f"{META}ObjectMeta", encode_field(1, b"a") + encode_field(1, b"")) == {}


def test_messages_that_come_twice_are_one() -> None:
    first = encode_field(1, encode_field(1, b"a") + encode_field(14, b"x"))
    second = encode_field(1, encode_field(3, b"n") + encode_field(14, b"y"))
    found = read("api.core.v1.ConfigMap", first + encode_field(4, 1) + second)
    assert found["metadata"] == {"name": "a", "namespace": "n", "finalizers": ["x", "y"]}


def test_of_an_entry_that_comes_twice_the_last_counts() -> None:
    def entry(value: bytes) -> bytes:
        return encode_field(2, encode_field(1, b"k") + encode_field(2, value))

    assert read("api.core.v1.ConfigMap", entry(b"1") + entry(b"2")) == {"data": {"k": "2"}}


def test_an_entry_may_lack_its_key_or_its_value() -> None:
    data = encode_field(2, encode_field(1, b"k")) + encode_field(2, encode_field(2, b"v"))
    assert read("api.core.v1.ConfigMap", data) == {"data": {"k": "", "": "v"}}
    assert read("api.core.v1.Secret", encode_field(2, b"")) == {"data": {"": ""}}
    assert read("api.node.v1.Overhead", encode_field(1, b"")) == {"podFixed": {"": "0"}}


def test_numbers_of_a_list_may_be_packed_together() -> None:
    name = "api.core.v1.PodSecurityContext"
    packed = encode_field(4, varint(1) + varint(300) + varint(-1))
    plain = encode_field(4, 1) + encode_field(4, 300) + encode_field(4, -1)
    assert read(name, packed) == read(name, plain) == {"supplementalGroups": [1, 300, -1]}
    with pytest.raises(DecodeError, match="beyond its message"):
        read(name, encode_field(4, b"\x80") + encode_field(4, b"\x01"))


# Values.


def test_unknown_fields_are_passed_over() -> None:
    data = encode_field(99, b"new") + encode_field(98, 7) + varint(97 << 3 | 1) + bytes(8)
    assert read("api.core.v1.ConfigMap", data + encode_field(4, 1)) == {"immutable": True}


@pytest.mark.parametrize(
    ("sent", "found"), [(2**31 - 1, 2**31 - 1), (-1, -1), (2**31, -(2**31)), (2**32 + 5, 5)]
)
def test_a_number_of_32_bits_has_no_more(sent: int, found: int) -> None:
    assert read("api.apps.v1.DeploymentSpec", encode_field(1, sent))["replicas"] == found


@pytest.mark.parametrize(("sent", "found"), [(0, False), (1, True), (2, True), (-1, True)])
def test_any_number_but_zero_is_true(sent: int, found: bool) -> None:
    assert read("api.core.v1.ConfigMap", encode_field(4, sent)) == {"immutable": found}


def test_zero_stays_where_it_says_something() -> None:
    assert read("api.apps.v1.DeploymentSpec", encode_field(1, 0)) == {"replicas": 0}
    assert read("api.apps.v1.DeploymentSpec", encode_field(5, 0)) == {}
    assert read("api.core.v1.Container", encode_field(1, b"")) == {"name": ""}


def test_bytes_are_base64() -> None:
    entry = encode_field(1, b"k") + encode_field(2, b"\xff\x00")
    assert read("api.core.v1.Secret", encode_field(2, entry)) == {
        "data": {"k": base64.b64encode(b"\xff\x00").decode()}
    }


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_have_is_refused(number: float) -> None:
    with pytest.raises(DecodeError, match="field maximum is no JSON number"):
        read(SCHEMA, varint(9 << 3 | 1) + struct.pack("<d", number))


def test_text_must_be_text() -> None:
    with pytest.raises(DecodeError, match="field name is not UTF-8"):
        read(f"{META}ObjectMeta", encode_field(1, b"\xff"))
    with pytest.raises(DecodeError, match="field labels is not UTF-8"):
        read(f"{META}ObjectMeta", encode_field(11, encode_field(1, b"\xed\xa0\x80")))


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        (f"{META}ObjectMeta", encode_field(1, 5), "name"),
        (f"{META}ObjectMeta", encode_field(7, b"5"), "generation"),
        (f"{META}ObjectMeta", encode_field(11, 5), "labels"),
        (f"{META}ObjectMeta", encode_field(11, encode_field(1, 5)), "labels"),
        (f"{META}ObjectMeta", encode_field(11, encode_field(2, 5)), "labels"),
        (f"{META}ObjectMeta", encode_field(13, 5), "ownerReferences"),
        (f"{META}ObjectMeta", encode_field(14, 5), "finalizers"),
        (f"{META}ObjectMeta", encode_field(8, 5), "creationTimestamp"),
        ("api.core.v1.ConfigMap", encode_field(1, 5), "metadata"),
        ("api.node.v1.Overhead", encode_field(1, encode_field(2, 5)), "podFixed"),
        (SCHEMA, encode_field(9, 5), "maximum"),
    ],
)
def test_a_value_of_another_kind_than_the_field_is_refused(
    name: str, data: bytes, field: str
) -> None:
    with pytest.raises(DecodeError, match=rf"wrong wireType = \d for field {field}$"):
        read(name, data)


# Members that stand elsewhere than in the message.


def test_inline_members_stand_beside_the_others() -> None:
    volume = encode_field(1, b"v") + encode_field(2, encode_field(2, encode_field(1, b"Memory")))
    assert read("api.core.v1.Volume", volume) == {"name": "v", "emptyDir": {"medium": "Memory"}}


def test_an_extra_value_is_a_list() -> None:
    entry = encode_field(1, b"scopes") + encode_field(2, encode_field(1, b"a"))
    nothing = encode_field(1, b"none") + encode_field(2, b"")
    found = read(
        "api.authentication.v1.UserInfo", encode_field(4, entry) + encode_field(4, nothing)
    )
    assert found == {"extra": {"scopes": ["a"], "none": []}}


def test_a_part_that_is_json_stands_there_as_what_it_says() -> None:
    name = "api.apps.v1.ControllerRevision"
    raw = encode_field(1, b'{"spec": [1, null]}')
    assert read(name, encode_field(2, raw))["data"] == {"spec": [1, None]}
    assert "data" not in read(name, encode_field(2, b""))
    assert "data" not in read(name, encode_field(2, encode_field(1, b"")))
    with pytest.raises(DecodeError, match="not JSON"):
        read(name, encode_field(2, encode_field(1, b"{")))


# Limits.


def nested(levels: int) -> bytes:
    """Schemas in each other: each is what the one around it is not."""
    data = b""
    for _ in range(levels):
        data = encode_field(28, data)
    return data


def test_a_tree_may_be_as_deep_as_json() -> None:
    found = read(SCHEMA, nested(127))
    assert json.dumps(found).count("{") == LIMITS.max_depth
    with pytest.raises(DecodeError, match="exceeded max depth: the limit is 128 levels"):
        read(SCHEMA, nested(128))


def test_what_takes_no_place_in_json_is_not_deeper() -> None:
    data = b""
    for _ in range(127):
        data = encode_field(24, encode_field(1, data))
    assert json.dumps(read(SCHEMA, data)).count("{") == 128


@pytest.mark.parametrize("number", [28, 30, 25])
def test_a_tree_far_too_deep_is_refused(number: int) -> None:
    data = b""
    for _ in range(3000):
        data = encode_field(number, encode_field(2, data) if number == 30 else data)
    for limits in (LIMITS, Limits(max_depth=200)):
        with pytest.raises(DecodeError, match="exceeded max depth"):
            read(SCHEMA, data, limits)


def test_lists_and_maps_count_as_levels() -> None:
    levels = 0
    data = b""
    while levels + 2 < LIMITS.max_depth:
        data = encode_field(29, encode_field(1, b"p") + encode_field(2, data))
        levels += 2
    assert read(SCHEMA, data)
    with pytest.raises(DecodeError, match="exceeded max depth"):
        read(SCHEMA, encode_field(29, encode_field(1, b"p") + encode_field(2, data)))


def test_a_document_makes_only_so_many_objects() -> None:
    data = encode_field(2, b"") * 11
    assert len(read("api.core.v1.PodSpec", data, Limits(max_structs=12))["containers"]) == 11
    with pytest.raises(DecodeError, match="too many objects in the document: the limit is 11"):
        read("api.core.v1.PodSpec", data, Limits(max_structs=11))


def test_a_message_comes_in_only_so_many_pieces() -> None:
    data = encode_field(1, b"") * 12
    assert read("api.core.v1.Pod", data, Limits(max_structs=12)) == {"metadata": {}}
    with pytest.raises(DecodeError, match="too many objects in the document: the limit is 11"):
        read("api.core.v1.Pod", data, Limits(max_structs=11))


def test_a_huge_length_is_refused_before_anything_is_made() -> None:
    with pytest.raises(DecodeError, match="beyond its message"):
        read(f"{META}ObjectMeta", varint(1 << 3 | 2) + varint(2**62))


def test_a_document_may_only_be_so_long() -> None:
    data = envelope("v1", "ConfigMap", encode_field(99, b"x" * 100))
    with pytest.raises(DecodeError, match="Request entity too large: limit is 64"):
        tree_of_protobuf(data, GroupVersionKind("", "", ""), Limits(max_body_bytes=64))
