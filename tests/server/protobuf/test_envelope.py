"""The envelope says of which kind a message is; what has none is refused in Go's words."""

from __future__ import annotations

import pytest
from protobufwriter import MAGIC, envelope

from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.wire import encode_field
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.limits import Limits
from kregistry.server.protobuf import tree_of_protobuf
from kregistry.server.protobuf.envelope import Envelope

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
IMMUTABLE = encode_field(4, 1)


def test_an_envelope_is_opened() -> None:
    data = envelope("apps/v1", "Deployment", b"abc")
    found = Envelope.open(data)
    assert (found.api_version, found.kind) == ("apps/v1", "Deployment")
    assert data[slice(*found.raw)] == b"abc"


def test_everything_may_be_missing() -> None:
    found = Envelope.open(MAGIC + encode_field(9, b"new"))
    assert (found.api_version, found.kind) == ("", "")
    assert found.raw[0] == found.raw[1]


def test_of_what_comes_twice_the_last_counts() -> None:
    once = envelope("v1", "Pod", b"a")
    again = encode_field(1, encode_field(2, b"Secret")) + encode_field(2, b"bc")
    found = Envelope.open(once + again)
    assert (found.api_version, found.kind) == ("v1", "Secret")
    assert found.raw[1] - found.raw[0] == 2


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty data"),
        (MAGIC, "empty body"),
        (b"k8s", "provided data does not appear to be a protobuf message, expected prefix"),
        (b"{}", r"expected prefix \[107 56 115 0\]"),
        (MAGIC + b"\x0a", "proto: Unknown: the message ends within a field"),
        (MAGIC + b"\x0a\x05", "proto: Unknown: a field reaches beyond its message"),
        (MAGIC + encode_field(1, 1), "wrong wireType = 0 for field 1"),
        (MAGIC + encode_field(2, 1), "wrong wireType = 0 for field 2"),
        (MAGIC + encode_field(1, encode_field(1, 1)), "wrong wireType = 0 for field 1"),
        (MAGIC + encode_field(1, b"\x0a\x05"), "beyond its message"),
        (MAGIC + encode_field(1, encode_field(2, b"\xff")), "TypeMeta is not UTF-8"),
    ],
)
def test_what_is_no_envelope_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        Envelope.open(data)


@pytest.mark.parametrize(
    ("api_version", "kind", "told"),
    [
        ("v1", "ConfigMap", {"apiVersion": "v1", "kind": "ConfigMap"}),
        ("v1", "", {"apiVersion": "v1"}),
        ("", "ConfigMap", {"kind": "ConfigMap"}),
        ("", "", {}),
        ("/", "", {"apiVersion": "/"}),
    ],
)
def test_what_it_does_not_say_is_what_is_expected(
    api_version: str, kind: str, told: dict[str, str]
) -> None:
    data = envelope(api_version, kind, IMMUTABLE)
    assert tree_of_protobuf(data, CONFIG_MAP, Limits()) == {**told, "immutable": True}


def test_it_is_read_as_what_it_says() -> None:
    data = envelope("v1", "Secret", encode_field(3, b"Opaque"))
    found = tree_of_protobuf(data, CONFIG_MAP, Limits())
    assert found == {"apiVersion": "v1", "kind": "Secret", "type": "Opaque"}


def test_of_a_stranger_only_the_name_is_read() -> None:
    """Who expected something else refuses it; nobody has to know what is in it."""
    data = envelope("example.com/v1", "Shop", b"\xff")
    found = tree_of_protobuf(data, CONFIG_MAP, Limits())
    assert found == {"apiVersion": "example.com/v1", "kind": "Shop"}


def test_a_kind_without_messages_is_refused() -> None:
    shop = GroupVersionKind("example.com", "v1", "Shop")
    with pytest.raises(DecodeError, match="does not implement the protobuf marshalling") as raised:
        tree_of_protobuf(envelope("example.com/v1", "Shop", b""), shop, Limits())
    assert raised.value.gvk == shop


def test_an_api_version_must_be_one() -> None:
    with pytest.raises(DecodeError, match="unexpected GroupVersion string: a/b/c"):
        tree_of_protobuf(envelope("a/b/c", "Shop", b""), CONFIG_MAP, Limits())


def test_an_error_knows_what_the_document_says_it_is() -> None:
    with pytest.raises(DecodeError) as raised:
        tree_of_protobuf(envelope("v1", "Pod", b"\x0a"), CONFIG_MAP, Limits())
    assert raised.value.gvk == GroupVersionKind("", "v1", "Pod")


@pytest.mark.parametrize("api_version", ["v1", "apps/v1", "meta.k8s.io/v1", "example.com/v2"])
def test_options_of_a_delete_are_the_same_in_every_group(api_version: str) -> None:
    data = envelope(api_version, "DeleteOptions", encode_field(1, 7) + encode_field(5, b"All"))
    expected = GroupVersionKind("meta.k8s.io", "v1", "DeleteOptions")
    assert tree_of_protobuf(data, expected, Limits()) == {
        "apiVersion": api_version,
        "kind": "DeleteOptions",
        "gracePeriodSeconds": 7,
        "dryRun": ["All"],
    }
