"""The table agrees with what else is known of the kinds: OpenAPI, the classes, what is served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protobuftrees import trees

from kregistry.core.scheme import core_scheme
from kregistry.meta.gvk import GroupVersionKind
from kregistry.runtime.codec import Codec
from kregistry.server.discovery.builtin import builtin_resources
from kregistry.server.protobuf.table import Field, Label, Message, builtin_table
from kregistry.server.served import ServedResource

ROOT = Path(__file__).parents[3]
SCHEMAS: dict[str, Any] = json.loads((ROOT / "tools/patches/schemas.json").read_text())

#: Fields that the file of schemas lacks, because descriptions were taken out of it.
UNTOLD = {"description", "x-kubernetes-validations"}

_SCALARS = {
    "string": {"string"},
    "string date-time": {"string"},
    "string byte": {"bytes"},
    "boolean": {"bool"},
    "integer int32": {"int32"},
    "integer int64": {"int64"},
    "number double": {"double"},
}


def message_of(schema: str) -> Message | None:
    """The message that a schema of OpenAPI describes, if it is in the table."""
    name = schema.removeprefix("io.k8s.").replace("-", "_", 1) if "-" in schema else schema
    try:
        return builtin_table().message(name.removeprefix("io.k8s."))
    except KeyError:
        return None


def members(message: Message) -> Iterator[Field]:
    """The fields as they are in JSON."""
    for field in message.fields.values():
        if field.inline:
            yield from members(builtin_table().message(field.type))
        else:
            yield field


OBJECTS = sorted(
    name
    for name, schema in SCHEMAS.items()
    if "properties" in schema and message_of(name) is not None
)


def test_most_schemas_have_a_message() -> None:
    assert len(OBJECTS) > 380


@pytest.mark.parametrize("name", OBJECTS)
def test_the_fields_are_those_of_openapi(name: str) -> None:
    message = message_of(name)
    assert message is not None
    properties = SCHEMAS[name]["properties"]
    found = {field.name: field for field in members(message)}
    assert properties.keys() - {"apiVersion", "kind"} <= found.keys()
    assert found.keys() - properties.keys() <= UNTOLD
    for member in found.keys() & properties.keys():
        assert_same_type(properties[member], found[member])


def assert_same_type(schema: dict[str, Any], field: Field) -> None:
    if field.label is Label.LIST:
        assert schema["type"] == "array"
        schema = schema["items"]
    elif field.label is Label.MAP:
        assert schema["type"] == "object"
        schema = schema["additionalProperties"]
    if "allOf" in schema:
        (schema,) = schema["allOf"]
    if "$ref" in schema:
        assert message_of(schema["$ref"]) == builtin_table().message(field.type)
    elif field.is_message:
        whole = builtin_table().message(field.type).whole
        assert whole is not None
        assert_same_type(schema, whole)
    else:
        assert field.type in _SCALARS[f"{schema['type']} {schema.get('format', '')}".strip()]


@pytest.mark.parametrize("name", OBJECTS)
def test_zero_is_left_out_only_where_openapi_does_not_promise_it(name: str) -> None:
    """What Go always writes has a default in OpenAPI, or has to be there."""
    message = message_of(name)
    assert message is not None
    required = SCHEMAS[name].get("required", [])
    for field in members(message):
        if field.omits_zero and field.name not in UNTOLD:
            zero = SCHEMAS[name]["properties"][field.name].get("default") in ("", 0, False)
            assert not zero or field.name not in required, field.name


@pytest.mark.parametrize(
    "served", builtin_resources(by_default=True), ids=lambda served: served.plural
)
def test_every_kind_that_is_served_has_a_message(served: ServedResource) -> None:
    table = builtin_table()
    assert table.message_of(GroupVersionKind(served.group, served.version, served.kind))
    for part in served.subresources:
        if not part.connects:
            group = served.group if part.group is None else part.group
            version = served.version if part.version is None else part.version
            assert table.message_of(GroupVersionKind(group, version, part.kind)), part.name


def test_what_is_no_message_is_none() -> None:
    table = builtin_table()
    assert table.message_of(GroupVersionKind("example.com", "v1", "Shop")) is None
    assert table.message_of(GroupVersionKind("", "v1", "Shop")) is None
    assert table.message_of(GroupVersionKind("", "", "")) is None
    with pytest.raises(KeyError):
        table.message("api.core.v1.Shop")


def test_every_type_that_is_named_is_there() -> None:
    table = builtin_table()
    content = json.loads((ROOT / "src/kregistry/server/protobuf/messages.json").read_text())
    for name in content["messages"]:
        for field in table.message(name).fields.values():
            if field.is_message:
                assert table.message(field.type)


CLASSES = [
    ("v1", "Pod"),
    ("v1", "Node"),
    ("v1", "Event"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "Binding"),
    ("v1", "ConfigMap"),
    ("v1", "Namespace"),
    ("apps/v1", "Deployment"),
    ("policy/v1", "Eviction"),
    ("autoscaling/v1", "Scale"),
    ("policy/v1", "PodDisruptionBudget"),
    ("coordination.k8s.io/v1", "Lease"),
]


@given(st.sampled_from(CLASSES), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_the_classes_know_every_field(kind: tuple[str, str], data: st.DataObject) -> None:
    gvk = GroupVersionKind.of(*kind)
    message = builtin_table().message_of(gvk)
    assert message is not None
    tree = {"apiVersion": kind[0], "kind": kind[1], **data.draw(trees(message.name))}
    Codec(core_scheme()).decode_strict(tree, gvk=gvk, unknown="Strict")
