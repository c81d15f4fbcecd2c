"""One object: create and get. Cases S001 to S012.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_tests.go``.
"""

from __future__ import annotations

import json

import attrs
import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.errors import TooLargeResourceVersion
from kregistry.storage.errors import KeyExists, KeyNotFound, ResourceVersionSetOnCreate
from kregistry.storage.watch import EventType
from kregistry.testing.harness import MAX_VERSION, Harness, key_of, pod
from kregistry.testing.suites.storage_cases import StorageCases


class CreateCases(StorageCases):
    """S001 to S004."""

    def test_s001_create_returns_a_version_and_stores_none(self, h: Harness) -> None:
        foo = pod("foo", "test-ns")
        with pytest.raises(KeyNotFound):
            h.get(key_of(foo))

        out = h.create(foo)

        assert out.metadata.name == "foo"
        assert out.metadata.resource_version not in ("", "0")
        plain, stored = h.transformer.written[-1]
        assert stored == b"test!" + plain
        raw = json.loads(plain)["metadata"]
        assert "resourceVersion" not in raw
        assert "selfLink" not in raw

    def test_s002_create_refuses_an_object_with_a_version(self, h: Harness) -> None:
        foo = pod("foo", "test-ns", resource_version="1")

        with pytest.raises(ResourceVersionSetOnCreate) as caught:
            h.create(foo)

        assert str(caught.value) == "resourceVersion should not be set on objects to be created"
        with pytest.raises(KeyNotFound):
            h.get(key_of(foo))

    def test_s003_an_object_created_with_a_ttl_is_deleted_and_watchers_see_it(
        self, h: Harness
    ) -> None:
        out = h.create(pod("foo"), ttl=1)

        event = h.next(h.watch(key_of(out), out.metadata.resource_version, recursive=False))

        assert event.type == EventType.DELETED

    def test_s004_create_refuses_a_key_that_is_taken(self, h: Harness) -> None:
        h.create(pod("foo"))

        with pytest.raises(KeyExists) as caught:
            h.create(pod("foo"))

        assert caught.value.code == 2
        assert caught.value.key == "/pods/ns/foo"


@attrs.frozen
class Stored:
    """foo as it was created and as it is since, and bar, the last thing written."""

    created: Pod
    updated: Pod
    bar: Pod


class GetCases(StorageCases):
    """S005 to S012."""

    @pytest.fixture
    def stored(self, h: Harness) -> Stored:
        """foo, created and then updated, and bar created last."""
        created = h.create(pod("foo"))
        return Stored(created, h.annotate(created, version="second"), h.create(pod("bar")))

    def test_s005_get_without_a_version_is_the_newest(self, h: Harness, stored: Stored) -> None:
        assert h.get("/pods/ns/foo") == stored.updated

    def test_s006_get_of_any_version_may_be_any_state(self, h: Harness, stored: Stored) -> None:
        out = h.get("/pods/ns/foo", "0", ignore_not_found=True)

        assert out in (Pod(), stored.created, stored.updated)

    def test_s007_get_not_older_than_the_creation(self, h: Harness, stored: Stored) -> None:
        out = h.get("/pods/ns/foo", stored.created.metadata.resource_version)

        assert out in (stored.created, stored.updated)

    def test_s008_get_not_older_than_the_update(self, h: Harness, stored: Stored) -> None:
        out = h.get("/pods/ns/foo", stored.updated.metadata.resource_version)

        assert out == stored.updated

    def test_s009_get_not_older_than_a_later_write_elsewhere(
        self, h: Harness, stored: Stored
    ) -> None:
        assert h.get("/pods/ns/foo", stored.bar.metadata.resource_version) == stored.updated

    def test_s010_get_of_a_version_not_reached_yet_is_refused(
        self, h: Harness, stored: Stored
    ) -> None:
        with pytest.raises(TooLargeResourceVersion):
            h.get("/pods/ns/foo", MAX_VERSION)

    def test_s011_get_of_nothing_is_key_not_found(self, h: Harness, stored: Stored) -> None:
        with pytest.raises(KeyNotFound) as caught:
            h.get("/pods/ns/non-existing")

        assert (caught.value.code, caught.value.key) == (1, "/pods/ns/non-existing")

    def test_s012_get_of_nothing_may_be_an_empty_object(self, h: Harness, stored: Stored) -> None:
        assert h.get("/pods/ns/non-existing", ignore_not_found=True) == Pod()
