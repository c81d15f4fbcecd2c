"""guaranteed_update: what is written, what is not, and who wins. Cases S156 to S168.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_tests.go``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from kregistry.core.v1 import Pod
from kregistry.storage.errors import InternalStorageError, InvalidObject, KeyNotFound
from kregistry.storage.interface import ResponseMeta, WithTTL
from kregistry.storage.preconditions import Preconditions
from kregistry.storage.watch import EventType
from kregistry.testing.harness import Harness, Prefixing, key_of, pod, version_of
from kregistry.testing.suites.storage_cases import StorageCases


class Stop(Exception):
    """An update function gives up."""


def unchanged(stored: Pod, _: ResponseMeta) -> Pod:
    """Update nothing."""
    return stored


class UpdateCases(StorageCases):
    """S156 to S164."""

    @pytest.fixture
    def foo(self, h: Harness) -> Pod:
        """A stored Pod with the uid A."""
        return h.create(pod("foo", uid="A"))

    def test_s156_update_of_nothing_is_key_not_found(self, h: Harness) -> None:
        with pytest.raises(KeyNotFound):
            h.pods.guaranteed_update(h.ctx, "/pods/ns/missing", unchanged)

    def test_s157_update_of_nothing_may_create(self, h: Harness, foo: Pod) -> None:
        seen: list[tuple[Pod, ResponseMeta]] = []

        def make(stored: Pod, meta: ResponseMeta) -> Pod:
            seen.append((stored, meta))
            return pod("non-existing", uid="B")

        out = h.pods.guaranteed_update(h.ctx, "/pods/ns/non-existing", make, ignore_not_found=True)

        assert [(stored, meta.resource_version) for stored, meta in seen] == [(Pod(), 0)]
        assert version_of(out) > version_of(foo)
        assert h.get("/pods/ns/non-existing") == out

    def test_s158_update_writes_and_moves_the_version(self, h: Harness, foo: Pod) -> None:
        out = h.annotate(foo, state="updated")

        assert version_of(out) > version_of(foo)
        assert h.get(key_of(foo)) == out
        raw = json.loads(h.transformer.written[-1][0])["metadata"]
        assert "resourceVersion" not in raw
        assert raw["annotations"] == {"state": "updated"}

    def test_s159_update_that_changes_nothing_keeps_the_version(self, h: Harness, foo: Pod) -> None:
        assert h.change(foo, lambda stored: None) == foo
        assert h.get(key_of(foo)) == foo

    def test_s160_a_self_link_is_no_change(self, h: Harness, foo: Pod) -> None:
        def link(stored: Pod) -> None:
            stored.metadata.self_link = "/somewhere"

        out = h.change(foo, link)

        assert out == foo
        assert out.metadata.self_link == ""

    def test_s161_a_stale_transformation_is_written_anew(self, h: Harness, foo: Pod) -> None:
        h.transformer.active = Prefixing(stale=True)

        out = h.change(foo, lambda stored: None)

        assert version_of(out) > version_of(foo)

    def test_s162_the_right_uid_lets_an_update_pass(self, h: Harness, foo: Pod) -> None:
        out = h.pods.guaranteed_update(
            h.ctx, key_of(foo), unchanged, preconditions=Preconditions(uid="A")
        )

        assert out == foo

    def test_s163_the_wrong_uid_refuses_an_update(self, h: Harness, foo: Pod) -> None:
        with pytest.raises(InvalidObject):
            h.pods.guaranteed_update(
                h.ctx, key_of(foo), unchanged, preconditions=Preconditions(uid="B")
            )

        assert h.get(key_of(foo)) == foo

    def test_s164_an_update_can_give_a_time_to_live(self, h: Harness) -> None:
        out = h.pods.guaranteed_update(
            h.ctx,
            "/pods/ns/foo",
            lambda stored, meta: WithTTL(pod("foo"), 1),
            ignore_not_found=True,
        )

        event = h.next(h.watch(key_of(out), out.metadata.resource_version, recursive=False))

        assert event.type == EventType.DELETED


class UpdateRaceCases(StorageCases):
    """S165 to S168."""

    def test_s165_what_counts_as_unchanged_are_the_stored_bytes(self, h: Harness) -> None:
        h.transformer.active = Prefixing(b"test! ")  # the blank becomes part of the stored bytes
        stored = h.create(pod("foo"))
        h.transformer.active = Prefixing()

        def update(cached: Pod) -> Pod:
            return h.pods.guaranteed_update(h.ctx, key_of(stored), unchanged, cached=cached)

        rewritten = update(stored)
        assert version_of(rewritten) > version_of(stored)

        assert update(rewritten) == rewritten

        h.transformer.active = Prefixing(stale=True)
        assert version_of(update(rewritten)) > version_of(rewritten)

    def test_s166_of_two_updates_at_once_the_later_sees_the_earlier(self, h: Harness) -> None:
        stored = h.create(pod("foo"))
        second_has_read = threading.Event()

        def first(obj: Pod, _: ResponseMeta) -> Pod:
            assert second_has_read.wait(h.patience)
            obj.metadata.annotations["first"] = "yes"
            return obj

        outcome: list[Pod] = []
        thread = threading.Thread(
            target=lambda: outcome.append(h.pods.guaranteed_update(h.ctx, key_of(stored), first)),
            daemon=True,
        )
        calls: list[dict[str, str]] = []

        def second(obj: Pod, _: ResponseMeta) -> Pod:
            calls.append(dict(obj.metadata.annotations))
            second_has_read.set()
            thread.join(h.patience)
            obj.metadata.annotations["second"] = "yes"
            return obj

        thread.start()
        out = h.pods.guaranteed_update(h.ctx, key_of(stored), second)

        assert calls == [{}, {"first": "yes"}]
        assert out.metadata.annotations == {"first": "yes", "second": "yes"}
        assert version_of(stored) < version_of(outcome[0]) < version_of(out)
        assert h.get(key_of(stored)) == out

    def test_s167_a_stale_suggestion_decides_nothing(self, h: Harness) -> None:
        stale = h.create(pod("foo", generation=1))
        fresh = h.change(stale, _generation(1, 2))
        calls: list[int] = []

        def advance(obj: Pod, _: ResponseMeta) -> Pod:
            calls.append(obj.metadata.generation)
            if obj.metadata.generation != 2:
                raise Stop("conflict")
            obj.metadata.generation = 3
            return obj

        out = h.pods.guaranteed_update(h.ctx, key_of(stale), advance, cached=stale)
        assert (out.metadata.generation, calls) == (3, [1, 2])
        assert version_of(out) > version_of(fresh)

        def fail(obj: Pod, _: ResponseMeta) -> Pod:
            calls.append(0)
            raise Stop("always")

        with pytest.raises(Stop, match="always"):
            h.pods.guaranteed_update(h.ctx, key_of(stale), fail, cached=out)
        assert calls.count(0) <= 2
        assert h.get(key_of(stale)) == out

    def test_s168_what_cannot_be_transformed_back_fails_every_verb(self, h: Harness) -> None:
        h.create(pod("good"))
        h.transformer.active = Prefixing(b"other!")
        bad = h.create(pod("bad"))
        h.transformer.active = Prefixing()
        key = key_of(bad)

        def update(cached: Pod | None = None) -> Pod:
            return h.pods.guaranteed_update(h.ctx, key, unchanged, cached=cached)

        verbs: list[Callable[[], object]] = [
            h.list,
            lambda: h.get(key),
            update,
            lambda: h.delete(key),
            lambda: h.get(key),
        ]
        for verb in verbs:
            with pytest.raises(InternalStorageError):
                verb()
        with pytest.raises(InternalStorageError):
            update(bad)


def _generation(before: int, now: int) -> Callable[[Pod], None]:
    """A change of the generation, from *before* to *now*."""

    def change(stored: Pod) -> None:
        assert stored.metadata.generation == before
        stored.metadata.generation = now

    return change
