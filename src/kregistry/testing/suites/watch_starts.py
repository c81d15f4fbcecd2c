"""How a watch begins: versions, initial events, bookmarks, errors. Cases W045 to W069.

W047 is about the periodic bookmarks of a watch cache and is no case of a storage.

Source: ``k8s.io/apiserver/pkg/storage/testing/watcher_tests.go``.
"""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kregistry.core.v1 import Pod
from kregistry.storage.watch import Event, EventType, Watch
from kregistry.testing.harness import Harness, Prefixing, key_of, pod, version_of
from kregistry.testing.suites.storage_cases import StorageCases
from kregistry.testing.suites.watch_events import as_status

#: Annotation of the bookmark that ends the initial events.
END_OF_INITIAL = {"k8s.io/initial-events-end": "true"}


def expect_end_of_initial(h: Harness, watch: Watch[Pod], at_least: int) -> Pod:
    """The bookmark after the initial events: an empty Pod but for version and annotation."""
    event = h.next(watch)
    assert event.type == EventType.BOOKMARK
    version = event.object.metadata.resource_version
    assert int(version) >= at_least
    expected = Pod()
    expected.metadata.resource_version = version
    expected.metadata.annotations.update(END_OF_INITIAL)
    assert event.object == expected
    return event.object


class BookmarkCases(StorageCases):
    """W045 to W048."""

    def test_w045_no_bookmark_comes_where_none_is_allowed(self, h: Harness) -> None:
        foo = h.create(pod("foo"))
        watch = h.watch(key_of(foo), foo.metadata.resource_version, recursive=False)

        h.create(pod("foo", "other"))

        h.expect_nothing(watch)

    def test_w046_where_bookmarks_are_allowed_nothing_else_comes(self, h: Harness) -> None:
        """A cache sends one; a storage need not."""
        foo = h.create(pod("foo"))
        watch = h.watch(key_of(foo), foo.metadata.resource_version, recursive=False, bookmarks=True)

        later = h.create(pod("foo", "other"))

        event = _next_or_none(h, watch)
        if event is not None:
            assert event.type == EventType.BOOKMARK
            assert version_of(foo) <= version_of(event.object) <= version_of(later)

    def test_w048_initial_events_need_no_bookmarks(self, h: Harness) -> None:
        watch = h.watch("/pods/", send_initial_events=True)

        h.expect(watch, EventType.ADDED, h.create(pod("foo")))


def _next_or_none(h: Harness, watch: Watch[Pod]) -> Event[Pod] | None:
    try:
        return watch.next(timeout=h.quiet)
    except TimeoutError:
        return None


@attrs.frozen
class StartCase:
    """How a watch begins.

    Attributes:
        bookmarks: Whether bookmarks are allowed.
        send: ``send_initial_events``.
        version: "" or "0" or "1", or "current" for the newest.
        shows: What comes of the three Pods that exist: "them", "them and a bookmark", "none".
    """

    bookmarks: bool
    send: bool | None
    version: str
    shows: str


def start_cases() -> list[Any]:
    """Four versions times four ways, and two old ones."""
    made = []
    ways = [(True, True), (True, False), (False, False), (False, True)]
    for at, version in enumerate(("", "0", "1", "current")):
        for nth, (bookmarks, send) in enumerate(ways):
            shows = "them" if send or version == "1" else "none"
            shows += " and a bookmark" if send and bookmarks else ""
            case = StartCase(bookmarks, send, version, shows)
            made.append(_start_case(f"W{49 + 4 * at + nth:03}", case))
    made.append(_start_case("W065", StartCase(False, None, "0", "them")))
    made.append(_start_case("W066", StartCase(False, None, "", "them")))
    return made


def _start_case(number: str, case: StartCase) -> Any:
    says = f"from {case.version or 'no version'}, initial events {case.send}"
    says += ", bookmarks" if case.bookmarks else ""
    return pytest.param(case, id=f"{number} {says}: shows {case.shows}")


class StartCases(StorageCases):
    """W049 to W066."""

    @pytest.mark.parametrize("case", start_cases())
    def test_start(self, h: Harness, case: StartCase) -> None:
        there = [h.create(pod(name)) for name in ("1", "2", "3")]
        current = there[-1].metadata.resource_version
        h.list(version=current, match="NotOlderThan")

        watch = h.watch(
            "/pods/ns/",
            current if case.version == "current" else case.version,
            bookmarks=case.bookmarks,
            send_initial_events=case.send,
        )

        for obj in there if case.shows.startswith("them") else ():
            h.expect(watch, EventType.ADDED, obj)
        if case.shows.endswith("bookmark"):
            expect_end_of_initial(h, watch, at_least=int(current))
        for name in ("4", "5"):
            h.expect(watch, EventType.ADDED, h.create(pod(name)))
        h.expect_nothing(watch)


class InitialEventCases(StorageCases):
    """W067 to W069."""

    def test_w067_the_end_of_initial_events_is_at_the_version_of_the_store(
        self, h: Harness
    ) -> None:
        there = [h.create(pod(str(at), "ns")) for at in range(5)]
        elsewhere = h.create(pod("other", "elsewhere"))

        watch = h.watch("/pods/ns/", bookmarks=True, send_initial_events=True)

        for obj in there:
            h.expect(watch, EventType.ADDED, obj)
        end = expect_end_of_initial(h, watch, at_least=0)
        assert version_of(end) == version_of(elsewhere)
        h.expect_nothing(watch)

    def test_w068_initial_events_pass_the_selector(self, h: Harness) -> None:
        there = [h.create(pod(f"pod-{at}")) for at in range(5)]

        watch = h.watch(
            "/pods/", bookmarks=True, send_initial_events=True, field="metadata.name=pod-1"
        )

        h.expect(watch, EventType.ADDED, there[1])
        end = expect_end_of_initial(h, watch, at_least=0)
        assert version_of(end) == version_of(there[-1])
        h.expect_nothing(watch)

    def test_w069_nothing_follows_an_error(self, h: Harness) -> None:
        foo = h.create(pod("foo"))
        h.create(pod("bar"))
        h.transformer.active = Prefixing(b"new!")
        h.create(pod("baz"))

        watches = [h.watch("/pods/", foo.metadata.resource_version) for _ in range(10)]

        for watch in watches:
            assert as_status(h.next(watch)).code == 500
            h.expect_end(watch)
