"""The rules for metadata, with the words of the API server."""

from __future__ import annotations

from typing import Any

import pytest

from kregistry.meta.objectmeta import ManagedFieldsEntry, ObjectMeta, OwnerReference
from kregistry.meta.time import Time
from kregistry.registry.validation import (
    dns1035_label_name,
    dns_label_name,
    dns_subdomain_name,
    path_segment_name,
    validate_object_meta,
    validate_object_meta_update,
)
from kregistry.registry.validation.metadata import METADATA
from kregistry.registry.validation.metatypes import validate_meta_types

QUALIFIED = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
    "'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    r"for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
OWNER = OwnerReference(api_version="v1", kind="Pod", name="p", uid="u")


def meta(**changes: Any) -> ObjectMeta:
    return ObjectMeta(**{"name": "a", "namespace": "n", "uid": "u", **changes})


def texts(found: ObjectMeta, **options: Any) -> list[str]:
    return [str(error) for error in validate_object_meta(found, namespaced=True, **options)]


def test_plain_metadata_is_fine() -> None:
    full = meta(
        labels={"app": "web", "x.io/tier": ""},
        annotations={"Some.Key/Of-Mine": "any text at all"},
        owner_references=[OWNER],
        finalizers=["x.io/hold"],
        managed_fields=[ManagedFieldsEntry(manager="me", operation="Update")],
    )
    assert texts(full) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ""}, ["metadata.name: Required value: name or generateName is required"]),
        ({"name": "."}, ["metadata.name: Invalid value: \".\": may not be '.'"]),
        ({"name": ".."}, ["metadata.name: Invalid value: \"..\": may not be '..'"]),
        (
            {"name": "a/%"},
            [
                "metadata.name: Invalid value: \"a/%\": may not contain '/'",
                "metadata.name: Invalid value: \"a/%\": may not contain '%'",
            ],
        ),
        (
            {"generate_name": "a/"},
            ["metadata.generateName: Invalid value: \"a/\": may not contain '/'"],
        ),
        ({"generate_name": ".."}, []),
        ({"namespace": ""}, ["metadata.namespace: Required value"]),
        ({"namespace": "A.b"}, [f'metadata.namespace: Invalid value: "A.b": {LABEL}']),
        (
            {"namespace": "a.b"},
            ['metadata.namespace: Invalid value: "a.b": must not contain dots'],
        ),
        (
            {"generation": -1},
            ["metadata.generation: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"labels": {"a b": "c d"}},
            [
                f'metadata.labels: Invalid value: "a b": name part {QUALIFIED}',
                f'metadata.labels: Invalid value: "c d": {LABEL_VALUE}',
            ],
        ),
        (
            {"labels": {"a": "x" * 64}},
            [
                f'metadata.labels: Invalid value: "{"x" * 64}": must be no more than 63 bytes',
            ],
        ),
        (
            {"annotations": {"A b": ""}},
            [f'metadata.annotations: Invalid value: "A b": name part {QUALIFIED}'],
        ),
        (
            {"annotations": {"a": "x" * 262144}},
            ["metadata.annotations: Too long: may not be more than 262144 bytes"],
        ),
        ({"annotations": {"a": "é" * 131071 + "x"}}, []),
        (
            {"annotations": {"a": "é" * 131072}},
            ["metadata.annotations: Too long: may not be more than 262144 bytes"],
        ),
        (
            {"owner_references": [OwnerReference()]},
            [
                'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
                'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
                'metadata.ownerReferences.name: Invalid value: "": must not be empty',
                'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
            ],
        ),
        (
            {
                "owner_references": [
                    OwnerReference(api_version="v1", kind="Event", name="e", uid="u")
                ]
            },
            [
                'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event",'
                '"name":"e","uid":"u"}: /v1, Kind=Event is disallowed from being an owner'
            ],
        ),
        (
            {"finalizers": ["x.io/a", "A B/c"]},
            [f'metadata.finalizers: Invalid value: "A B/c": prefix part {SUBDOMAIN}'],
        ),
        (
            {"finalizers": ["orphan", "foregroundDeletion"]},
            [
                'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: '
                "finalizer orphan and foregroundDeletion cannot be both set"
            ],
        ),
        (
            {"managed_fields": [ManagedFieldsEntry(operation="x", fields_type="y", manager="\a")]},
            [
                'metadata.managedFields[0].operation: Invalid value: "x": '
                "must be `Apply` or `Update`",
                'metadata.managedFields[0].fieldsType: Invalid value: "y": must be `FieldsV1`',
                r'metadata.managedFields[0].manager: Invalid value: "\a": '
                "invalid character U+0007 (at position 0)",
            ],
        ),
        (
            {
                "managed_fields": [
                    ManagedFieldsEntry(operation="Apply", manager="m" * 129, subresource="s" * 257)
                ]
            },
            [
                "metadata.managedFields[0].manager: Too long: may not be more than 128 bytes",
                "metadata.managedFields[0].subresource: Too long: may not be more than 256 bytes",
            ],
        ),
    ],
)
def test_each_rule_has_its_words(changes: dict[str, Any], expected: list[str]) -> None:
    assert texts(meta(**changes)) == expected


def test_only_one_owner_may_be_the_controller() -> None:
    first = OwnerReference(api_version="v1", kind="K", name="a", uid="1", controller=True)
    second = OwnerReference(api_version="v1", kind="K", name="b", uid="2", controller=True)
    harmless = OwnerReference(api_version="v1", kind="K", name="c", uid="3", controller=False)
    (found,) = texts(meta(owner_references=[first, harmless, second]))
    assert found.endswith(
        'Only one reference can have Controller set to true. Found "true" in references '
        "for K/a and K/b"
    )


def test_an_owner_with_a_nonsense_version_has_none() -> None:
    owner = OwnerReference(api_version="a/b/c", kind="K", name="n", uid="u")
    (found,) = texts(meta(owner_references=[owner]))
    assert found == (
        'metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty'
    )


def test_a_cluster_scoped_object_has_no_namespace() -> None:
    errs = validate_object_meta(meta(), namespaced=False)
    assert errs.to_aggregate() == "metadata.namespace: Forbidden: not allowed on this type"
    assert not validate_object_meta(meta(namespace=""), namespaced=False)


def test_errors_come_in_the_order_of_the_rules() -> None:
    found = meta(
        generate_name="/", name="/", namespace="", generation=-1, labels={"": ""}, finalizers=[""]
    )
    fields = [error.path for error in validate_object_meta(found, namespaced=True)]
    assert list(dict.fromkeys(fields)) == [
        "metadata.generateName",
        "metadata.name",
        "metadata.namespace",
        "metadata.generation",
        "metadata.labels",
        "metadata.finalizers",
    ]


@pytest.mark.parametrize(
    ("rule", "name", "prefix", "expected"),
    [
        (path_segment_name, "..", False, ["may not be '..'"]),
        (path_segment_name, "..", True, []),
        (dns_subdomain_name, "a.b", False, []),
        (dns_subdomain_name, "a-", False, [SUBDOMAIN]),
        (dns_subdomain_name, "a-", True, []),
        (dns_subdomain_name, "-", True, [SUBDOMAIN]),
        (dns_subdomain_name, "é", False, [SUBDOMAIN]),
        (dns_subdomain_name, "a\n", False, [SUBDOMAIN]),
        (dns_subdomain_name, "x" * 254, False, ["must be no more than 253 characters"]),
        (dns_label_name, "a.b", False, ["must not contain dots"]),
        (dns_label_name, "A", False, [LABEL]),
        (dns1035_label_name, "1a", False, None),
        (dns1035_label_name, "a1", False, []),
    ],
)
def test_name_rules(rule: Any, name: str, prefix: bool, expected: list[str] | None) -> None:
    found = list(rule(name, prefix))
    assert found == expected if expected is not None else found[0].startswith("a DNS-1035 label")


def updated(old: dict[str, Any], **changes: Any) -> list[str]:
    before = meta(resource_version="1", **old)
    after = meta(**{"resource_version": "1", **old, **changes})
    return [str(error) for error in validate_object_meta_update(after, before)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"labels": {"new": "fine"}, "finalizers": ["x.io/new"]}, []),
        (
            {"resource_version": ""},
            ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
        ),
        ({"name": "b"}, ['metadata.name: Invalid value: "b": field is immutable']),
        ({"namespace": "m"}, ['metadata.namespace: Invalid value: "m": field is immutable']),
        ({"uid": "v"}, ['metadata.uid: Invalid value: "v": field is immutable']),
        (
            {"creation_timestamp": Time("2001-01-01T00:00:00Z")},
            [
                "metadata.creationTimestamp: Invalid value: "
                '"2001-01-01T00:00:00Z": field is immutable'
            ],
        ),
        (
            {"deletion_timestamp": Time("2001-01-01T00:00:00Z")},
            [
                "metadata.deletionTimestamp: Invalid value: "
                '"2001-01-01T00:00:00Z": field is immutable'
            ],
        ),
        (
            {"deletion_grace_period_seconds": 3},
            ["metadata.deletionGracePeriodSeconds: Invalid value: 3: field is immutable"],
        ),
        ({"generate_name": "z-", "self_link": "/x"}, []),
        (
            {"labels": {"a": "!"}},
            [f'metadata.labels: Invalid value: "!": {LABEL_VALUE}'],
        ),
    ],
)
def test_what_an_update_may_change(changes: dict[str, Any], expected: list[str]) -> None:
    assert updated({}, **changes) == expected


def test_a_generation_never_shrinks() -> None:
    assert updated({"generation": 3}, generation=2) == [
        "metadata.generation: Invalid value: 2: must not be decremented"
    ]
    assert updated({"generation": 3}, generation=4) == []


def test_an_object_that_is_being_deleted_gets_no_new_finalizers() -> None:
    old = {
        "deletion_timestamp": Time("2001-01-01T00:00:00Z"),
        "finalizers": ["x.io/a", "x.io/b"],
    }
    assert updated(old, finalizers=["x.io/b"]) == []
    assert updated(old, finalizers=["x.io/z", "x.io/a", "x.io/c"]) == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
        'deleted, found new finalizers []string{"x.io/c", "x.io/z"}'
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": 5}, "metadata.name"),
        ({"generate_name": None}, "metadata.generateName"),
        ({"uid": b"u"}, "metadata.uid"),
        ({"resource_version": 7}, "metadata.resourceVersion"),
        ({"creation_timestamp": "2001-01-01T00:00:00Z"}, "metadata.creationTimestamp"),
        ({"generation": "1"}, "metadata.generation"),
        ({"generation": True}, "metadata.generation"),
        ({"deletion_grace_period_seconds": 1.5}, "metadata.deletionGracePeriodSeconds"),
        ({"labels": None}, "metadata.labels"),
        ({"labels": {"a": 1}}, "metadata.labels[a]"),
        ({"annotations": {1: "a"}}, "metadata.annotations"),
        ({"finalizers": "x"}, "metadata.finalizers"),
        ({"finalizers": [1]}, "metadata.finalizers[0]"),
        ({"owner_references": [{}]}, "metadata.ownerReferences[0]"),
        ({"managed_fields": [None]}, "metadata.managedFields[0]"),
    ],
)
def test_values_of_wrong_types_are_told_and_not_stumbled_over(
    changes: dict[str, Any], path: str
) -> None:
    (error,) = validate_meta_types(meta(**changes), METADATA)
    assert error.path == path


def test_right_types_are_right() -> None:
    assert not validate_meta_types(ObjectMeta(), METADATA)
    assert not validate_meta_types(
        meta(owner_references=[OWNER], deletion_grace_period_seconds=0), METADATA
    )
