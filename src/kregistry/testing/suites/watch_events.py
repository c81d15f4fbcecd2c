"""Single watches: what becomes of each change, and how a stream ends. Cases W001 to W021.

Source: ``k8s.io/apiserver/pkg/storage/testing/watcher_tests.go``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.context import Cancellation, Context
from kregistry.meta.status import Status
from kregistry.storage.errors import CorruptObject, KeyNotFound
from kregistry.storage.interface import DeleteOptions
from kregistry.storage.watch import Event, EventType, Watch
from kregistry.testing.harness import (
    Corrupting,
    Failing,
    Harness,
    key_of,
    pod,
    version_of,
)
from kregistry.testing.suites.storage_cases import StorageCases


def both(first: int, says: str) -> pytest.MarkDecorator:
    """Run a case on one key and on its namespace; the numbers follow each other."""
    cases = [
        pytest.param(False, id=f"W{first:03} {says}, on one key"),
        pytest.param(True, id=f"W{first + 1:03} {says}, in a namespace"),
    ]
    return pytest.mark.parametrize("recursive", cases)


def watch_foo(h: Harness, recursive: bool, field: str = "", label: str = "") -> Watch[Pod]:
    """Watch ns/foo or all of ns from now on; a namesake next door must never show."""
    key = "/pods/ns/" if recursive else "/pods/ns/foo"
    version = h.list().metadata.resource_version
    watch = h.watch(key, version, recursive=recursive, field=field, label=label)
    h.create(pod("foo", "ns-bad", node="bar", labels={"select": "true"}))
    return watch


def at_version(obj: Pod, version: str) -> Pod:
    """The same object at another version. Changes *obj*."""
    obj.metadata.resource_version = version
    return obj


def as_status(event: Event[Pod]) -> Status:
    """The Status of an ERROR event."""
    assert event.type == EventType.ERROR
    status: object = event.object
    assert isinstance(status, Status)
    return status


class WatchCases(StorageCases):
    """W001 to W010."""

    @both(1, "a creation is ADDED")
    def test_creation(self, h: Harness, recursive: bool) -> None:
        watch = watch_foo(h, recursive)

        h.expect(watch, EventType.ADDED, h.create(pod("foo")))
        h.expect_nothing(watch)

    @both(3, "an object that begins to match is ADDED")
    def test_entry(self, h: Harness, recursive: bool) -> None:
        watch = watch_foo(h, recursive, field="spec.nodeName=bar")

        foo = h.create(pod("foo"))
        h.expect(watch, EventType.ADDED, h.assign(foo, "bar"))
        h.expect_nothing(watch)

    @both(5, "an update is MODIFIED")
    def test_update(self, h: Harness, recursive: bool) -> None:
        watch = watch_foo(h, recursive)

        foo = h.create(pod("foo"))
        h.expect(watch, EventType.ADDED, foo)
        h.expect(watch, EventType.MODIFIED, h.assign(foo, "bar"))
        h.expect_nothing(watch)

    @both(7, "an object that no longer matches is DELETED as it was")
    def test_exit(self, h: Harness, recursive: bool) -> None:
        watch = watch_foo(h, recursive, field="spec.nodeName!=bar")

        foo = h.create(pod("foo"))
        h.expect(watch, EventType.ADDED, foo)
        version = h.assign(foo, "bar").metadata.resource_version
        h.expect(watch, EventType.DELETED, at_version(foo, version))
        h.expect_nothing(watch)

    @both(9, "a label that goes and comes back is DELETED and ADDED")
    def test_label(self, h: Harness, recursive: bool) -> None:
        watch = watch_foo(h, recursive, label="select=true")

        first = h.create(pod("foo", labels={"select": "true"}))
        h.expect(watch, EventType.ADDED, first)
        dropped = h.change(first, lambda stored: stored.metadata.labels.clear())
        h.expect(watch, EventType.DELETED, at_version(first, dropped.metadata.resource_version))
        back = h.change(first, lambda stored: stored.metadata.labels.update(select="true"))
        h.expect(watch, EventType.ADDED, back)
        modified = h.annotate(first, more="yes")
        h.expect(watch, EventType.MODIFIED, modified)
        h.expect(watch, EventType.DELETED, h.delete(key_of(first)))

        watch.stop()
        h.expect_end(watch)


class StreamCases(StorageCases):
    """W011 to W021."""

    def test_w011_a_watch_from_zero_shows_what_is_there_and_a_compacted_one_fails(
        self, h: Harness
    ) -> None:
        created = h.create(pod("foo"))
        key = key_of(created)
        watch = h.watch(key, "0", recursive=False)
        h.expect(watch, EventType.ADDED, created)

        updated = h.annotate(created, state="second")
        h.expect(watch, EventType.MODIFIED, updated)
        watch.stop()
        h.expect(h.watch(key, "0", recursive=False), EventType.ADDED, updated)

        newest = h.annotate(created, state="third")
        h.compact(version_of(newest))

        h.expect(h.watch(key, "0", recursive=False), EventType.ADDED, newest)
        late = h.watch(key, created.metadata.resource_version, recursive=False)
        status = as_status(h.next(late))
        assert (status.code, status.reason) == (410, "Expired")
        h.expect_end(late)

    def test_w012_a_deletion_is_delivered(self, h: Harness) -> None:
        foo = h.create(pod("foo"))
        watch = h.watch(key_of(foo), foo.metadata.resource_version, recursive=False)

        h.expect(watch, EventType.DELETED, h.delete(key_of(foo)))

    def test_w013_a_watch_from_a_version_shows_what_follows_it(self, h: Harness) -> None:
        foo = h.create(pod("foo"))
        watch = h.watch(key_of(foo), foo.metadata.resource_version, recursive=False)

        h.expect(watch, EventType.MODIFIED, h.assign(foo, "bar"))

    def test_w014_a_stopped_watch_still_hands_out_what_it_holds(self, h: Harness) -> None:
        watch = h.watch("/pods/ns/", h.list().metadata.resource_version)
        stored = [h.create(pod(f"foo-{at}")) for at in range(21)]
        h.expect(watch, EventType.ADDED, stored[0])

        watch.stop()
        rest = list(watch)

        assert len(rest) >= 10
        assert [event.object for event in rest] == stored[1 : 1 + len(rest)]

    def test_w015_a_value_that_cannot_be_read_is_an_error_event(self, h: Harness) -> None:
        version = h.list().metadata.resource_version
        foo = h.create(pod("foo"))
        h.transformer.active = Failing()

        watch = h.watch(key_of(foo), version, recursive=False)

        assert as_status(h.next(watch)).code == 500
        h.expect_end(watch)

    def test_w016_an_unsafe_deletion_is_an_error_event(
        self, make_harness: Callable[..., Harness]
    ) -> None:
        h = make_harness(allow_unsafe_deletion=True)
        foo = h.create(pod("foo"))
        watch = h.watch(key_of(foo), h.list().metadata.resource_version, recursive=False)
        h.transformer.active = Corrupting()
        with pytest.raises(CorruptObject):
            h.delete(key_of(foo))

        h.delete(key_of(foo), options=DeleteOptions(ignore_store_read_error=True))

        with pytest.raises(KeyNotFound):
            h.get(key_of(foo))
        status = as_status(h.next(watch))
        assert status.reason == "StorageReadError"
        assert "saw a DELETED event, but object data is corrupt" in status.message

    def test_w017_a_cancelled_request_gets_a_stream_that_ends(self, h: Harness) -> None:
        cancellation = Cancellation()
        cancellation.cancel()

        watch = h.watch(
            "/pods/ns/missing", "0", recursive=False, ctx=Context(cancellation=cancellation)
        )

        h.expect_end(watch)

    def test_w018_watchers_that_do_not_read_hold_up_nobody(self, h: Harness) -> None:
        version = h.list().metadata.resource_version
        for _ in range(50):
            h.watch("/pods/", version)
        reader = h.watch("/pods/", version)

        for at in range(22):
            h.expect(reader, EventType.ADDED, h.create(pod(f"foo-{at}")))

    def test_w019_the_deleted_object_carries_the_version_of_its_deletion(self, h: Harness) -> None:
        foo = h.create(pod("foo"))
        watch = h.watch(key_of(foo), foo.metadata.resource_version, recursive=False)

        out = h.delete(key_of(foo))

        assert version_of(out) > version_of(foo)
        h.expect(watch, EventType.DELETED, out)

    def test_w020_a_watch_tells_the_request_that_it_has_begun(self, h: Harness) -> None:
        begun = threading.Event()

        watch = h.watch("/pods/", "0", ctx=Context(watch_initialized=begun.set))
        reader = threading.Thread(target=_read, args=(watch, h.patience), daemon=True)
        reader.start()

        assert begun.wait(h.patience)
        watch.stop()
        reader.join(h.patience)

    def test_w021_progress_is_a_bookmark_that_says_nothing_but_its_version(
        self, h: Harness
    ) -> None:
        foo = h.create(pod("foo"))
        h.bump()
        watch = h.watch(
            key_of(foo), foo.metadata.resource_version, recursive=False, progress_notify=True
        )
        h.pods.request_watch_progress(h.ctx)

        event = h.next(watch)

        assert event.type == EventType.BOOKMARK
        assert version_of(event.object) >= version_of(foo)
        assert at_version(event.object, "") == Pod()


def _read(watch: Watch[Pod], patience: float) -> None:
    """Take one event, if there is one."""
    try:
        watch.next(timeout=patience)
    except TimeoutError:
        return
