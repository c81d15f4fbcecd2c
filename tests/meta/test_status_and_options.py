"""Status and the options of the verbs: all fields, their names on the wire, their absence."""

from __future__ import annotations

import attrs
import pytest

from kregistry.meta import field_types, wire_name
from kregistry.meta.condition import Condition
from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.objectmeta import ListMeta, ManagedFieldsEntry, ObjectMeta, OwnerReference
from kregistry.meta.options import (
    CreateOptions,
    DeleteOptions,
    GetOptions,
    ListOptions,
    PatchOptions,
    Preconditions,
    UpdateOptions,
)
from kregistry.meta.status import Status, StatusCause, StatusDetails
from kregistry.runtime import Codec, DecodeError

FIELDS = {
    Status: "metadata status message reason details code",
    StatusDetails: "name group kind uid causes retryAfterSeconds",
    StatusCause: "reason message field",
    Condition: "type status observedGeneration lastTransitionTime reason message",
    CreateOptions: "dryRun fieldManager fieldValidation",
    UpdateOptions: "dryRun fieldManager fieldValidation",
    PatchOptions: "dryRun force fieldManager fieldValidation",
    GetOptions: "resourceVersion",
    Preconditions: "uid resourceVersion",
    DeleteOptions: (
        "gracePeriodSeconds preconditions orphanDependents propagationPolicy dryRun "
        "ignoreStoreReadErrorWithClusterBreakingPotential"
    ),
    ListOptions: (
        "labelSelector fieldSelector watch allowWatchBookmarks resourceVersion "
        "resourceVersionMatch timeoutSeconds limit continue sendInitialEvents shardSelector"
    ),
    ListMeta: "selfLink resourceVersion continue remainingItemCount shardInfo",
    OwnerReference: "apiVersion kind name uid controller blockOwnerDeletion",
    ManagedFieldsEntry: "manager operation apiVersion time fieldsType fieldsV1 subresource",
    LabelSelector: "matchLabels matchExpressions",
    ObjectMeta: (
        "name generateName namespace selfLink uid resourceVersion generation creationTimestamp "
        "deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences "
        "finalizers managedFields"
    ),
}
OPTIONS = [
    CreateOptions, UpdateOptions, PatchOptions, GetOptions, DeleteOptions, ListOptions,
    Preconditions,
]  # fmt: skip


@pytest.mark.parametrize(("cls", "names"), FIELDS.items())
def test_every_field_is_there_under_its_wire_name(cls: type, names: str) -> None:
    assert [wire_name(each) for each in attrs.fields(cls)] == names.split()


@pytest.mark.parametrize("cls", FIELDS)
def test_every_field_has_a_type_that_resolves(cls: type) -> None:
    assert list(field_types(cls)) == [each.name for each in attrs.fields(cls)]


@pytest.mark.parametrize("cls", OPTIONS)
def test_options_are_shared_and_so_cannot_be_changed(cls: type) -> None:
    options = cls()
    assert options == cls()
    assert hash(options) == hash(cls())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(options, attrs.fields(cls)[0].name, None)


def test_a_status_is_written_without_what_it_does_not_say() -> None:
    assert Codec().encode(Status()) == b'{"apiVersion":"v1","kind":"Status","metadata":{}}'


def test_a_status_survives_the_wire() -> None:
    status = Status(
        status="Failure",
        message='pods "web" not found',
        reason="NotFound",
        details=StatusDetails(
            name="web", kind="pods", causes=[StatusCause(reason="x", field="spec.containers[0]")]
        ),
        code=404,
    )
    data = Codec().encode(status)
    assert b'"causes":[{"field":"spec.containers[0]","reason":"x"}]' in data
    assert Codec().decode(data, Status) == status


def test_delete_options_survive_the_wire_and_keep_a_zero() -> None:
    options = DeleteOptions(
        grace_period_seconds=0,
        preconditions=Preconditions(uid="u"),
        propagation_policy="Foreground",
        dry_run=("All",),
    )
    codec = Codec()
    tree = codec.to_dict(options)
    assert tree["gracePeriodSeconds"] == 0
    assert tree["preconditions"] == {"uid": "u"}
    assert tree["dryRun"] == ["All"]
    assert codec.from_dict(tree, DeleteOptions) == options
    assert "gracePeriodSeconds" not in codec.to_dict(DeleteOptions())


@pytest.mark.parametrize(
    "data",
    [
        b'{"gracePeriodSeconds":"soon"}', b'{"gracePeriodSeconds":1e999}', b'{"dryRun":"All"}',
        b'{"preconditions":[]}', b'{"preconditions":{"uid":7}}', b"[]", b"null", b"",
        b'{"dryRun":[null,{}]}', b'{"gracePeriodSeconds":9223372036854775808}',
    ],
)  # fmt: skip
def test_hostile_delete_options_give_nothing_but_a_decode_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        Codec().decode_strict(data, DeleteOptions)
