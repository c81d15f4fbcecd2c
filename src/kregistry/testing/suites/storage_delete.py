"""Delete: preconditions, validation, and what a caller believes to be stored. S013 to S024.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_tests.go``.
"""

from __future__ import annotations

import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.storage.errors import InvalidObject, KeyNotFound
from kregistry.storage.preconditions import Preconditions
from kregistry.testing.harness import Harness, key_of, pod, version_of
from kregistry.testing.suites.storage_cases import StorageCases


class Refused(Exception):
    """A validation function says no."""


class Calls:
    """A validation function that counts its calls and refuses Pods without a label.

    Attributes:
        count: Calls so far.
    """

    def __init__(self, label: str = "") -> None:
        self.label = label
        self.count = 0
        self.error = Refused("not deletable")

    def __call__(self, ctx: Context, obj: Pod | None) -> None:
        self.count += 1
        assert obj is not None
        if self.label not in obj.metadata.labels:
            raise self.error


def without_version(obj: Pod) -> Pod:
    """The same object, to compare content only. Changes *obj*."""
    obj.metadata.resource_version = ""
    return obj


def expect_deleted(h: Harness, out: Pod, last: Pod) -> None:
    """*out* must be *last* with a newer version, and the key free."""
    with pytest.raises(KeyNotFound):
        h.get(key_of(last))
    assert version_of(out) > version_of(last)
    assert without_version(out) == without_version(last)


class DeleteCases(StorageCases):
    """S013 to S024."""

    def test_s013_delete_returns_the_last_state_at_a_new_version(self, h: Harness) -> None:
        stored = h.create(pod("foo"))

        expect_deleted(h, h.delete(key_of(stored)), stored)

    def test_s014_delete_of_nothing_is_key_not_found(self, h: Harness) -> None:
        with pytest.raises(KeyNotFound):
            h.delete("/pods/ns/non-existing")

    def test_s015_delete_with_the_right_uid_succeeds(self, h: Harness) -> None:
        stored = h.create(pod("foo", uid="A"))

        out = h.delete(key_of(stored), preconditions=Preconditions(uid="A"))

        expect_deleted(h, out, stored)

    def test_s016_delete_with_the_wrong_uid_is_refused(self, h: Harness) -> None:
        stored = h.create(pod("foo", uid="A"))

        with pytest.raises(InvalidObject) as caught:
            h.delete(key_of(stored), preconditions=Preconditions(uid="B"))

        assert caught.value.detail == (
            "Precondition failed: UID in precondition: B, UID in object meta: A"
        )
        assert h.get(key_of(stored)) == stored

    def test_s017_delete_with_a_true_suggestion_succeeds(self, h: Harness) -> None:
        stored = h.create(pod("foo"))

        out = h.delete(key_of(stored), cached=stored)

        expect_deleted(h, out, stored)

    def test_s018_delete_with_a_stale_suggestion_deletes_the_newest_state(self, h: Harness) -> None:
        stale = h.create(pod("foo"))
        updated = h.annotate(stale, state="updated")

        out = h.delete(key_of(stale), cached=stale)

        expect_deleted(h, out, updated)

    def test_s019_an_update_during_validation_makes_delete_validate_again(self, h: Harness) -> None:
        stored = h.create(pod("foo"))
        seen: list[Pod] = []
        updates: list[Pod] = []

        def validate(ctx: Context, obj: Pod | None) -> None:
            assert obj is not None
            seen.append(obj)
            if not updates:
                updates.append(h.annotate(stored, state="updated"))

        out = h.delete(key_of(stored), validate=validate)

        assert len(seen) == 2
        assert seen[1].metadata.annotations == {"state": "updated"}
        expect_deleted(h, out, updates[0])

    def test_s020_a_suggestion_of_a_deleted_object_is_key_not_found(self, h: Harness) -> None:
        stored = h.create(pod("foo"))
        h.delete(key_of(stored))

        with pytest.raises(KeyNotFound):
            h.delete(key_of(stored), cached=stored)

    def test_s021_validation_decides_on_the_newest_state_in_at_most_two_calls(
        self, h: Harness
    ) -> None:
        fresh = h.create(pod("foo"))
        refuses = Calls(label="never")
        with pytest.raises(Refused) as caught:
            h.delete(key_of(fresh), cached=fresh, validate=refuses)
        assert caught.value is refuses.error
        assert refuses.count == 1

        updated = h.change(fresh, lambda stored: stored.metadata.labels.update(deletable="yes"))
        allows = Calls(label="deletable")
        out = h.delete(key_of(fresh), cached=fresh, validate=allows)

        assert allows.count <= 2
        expect_deleted(h, out, updated)

    def test_s022_a_suggestion_that_alone_passes_validation_deletes_nothing(
        self, h: Harness
    ) -> None:
        fresh = h.create(pod("foo", labels={"deletable": "yes"}))
        updated = h.change(fresh, lambda stored: stored.metadata.labels.clear())
        validate = Calls(label="deletable")

        with pytest.raises(Refused) as caught:
            h.delete(key_of(fresh), cached=fresh, validate=validate)

        assert caught.value is validate.error
        assert validate.count <= 2
        assert h.get(key_of(fresh)) == updated

    def test_s023_preconditions_are_checked_against_the_newest_state(self, h: Harness) -> None:
        without_uid = h.create(pod("foo"))

        def set_uid(stored: Pod) -> None:
            stored.metadata.uid = "myUID"

        updated = h.change(without_uid, set_uid)
        out = h.delete(
            key_of(updated), cached=without_uid, preconditions=Preconditions(uid="myUID")
        )

        expect_deleted(h, out, updated)

    def test_s024_a_suggestion_that_alone_passes_preconditions_deletes_nothing(
        self, h: Harness
    ) -> None:
        stale = h.create(pod("foo", uid="myUID"))

        def set_uid(stored: Pod) -> None:
            stored.metadata.uid = "otherUID"

        updated = h.change(stale, set_uid)
        with pytest.raises(InvalidObject):
            h.delete(key_of(stale), cached=stale, preconditions=Preconditions(uid="myUID"))

        assert h.get(key_of(stale)) == updated
