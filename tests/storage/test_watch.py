from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import attrs
import pytest

from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import BadRequest
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime import labels
from kregistry.runtime.resource import Resource
from kregistry.storage import (
    BackendClosed,
    Config,
    Event,
    EventType,
    Interface,
    ListOptions,
    ObjectStorage,
    SelectionPredicate,
    Watch,
    factory,
)
from kregistry.storage.memory import MemoryBackend

PATIENCE = 30.0
CTX = Context()


@attrs.define(kw_only=True)
class Gadget(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Gadget"
    size: int = 0


GADGETS = Resource(Gadget, plural="gadgets", prefix="gadgets")


@pytest.fixture
def root() -> Iterator[Interface[Object]]:
    with factory.create(Config()) as storage:
        yield storage


@pytest.fixture
def gadgets(root: Interface[Object]) -> Interface[Gadget]:
    return root.for_resource(GADGETS)


def save(gadgets: Interface[Gadget], name: str = "a", **meta: Any) -> Gadget:
    obj = Gadget(metadata=ObjectMeta(name=name, namespace="ns", **meta))
    return gadgets.create(CTX, f"/gadgets/ns/{name}", obj)


def grow(gadgets: Interface[Gadget], name: str = "a") -> Gadget:
    def apply(obj: Gadget, _: object) -> Gadget:
        obj.size += 1
        return obj

    return gadgets.guaranteed_update(CTX, f"/gadgets/ns/{name}", apply)


def everything(version: str = "", *, ctx: Context = CTX, **options: Any) -> dict[str, Any]:
    return {
        "ctx": ctx,
        "key": "/gadgets/",
        "options": ListOptions(resource_version=version, recursive=True, **options),
    }


def take(watch: Watch[Gadget], count: int) -> list[tuple[str, str]]:
    found = []
    for _ in range(count):
        event = watch.next(timeout=PATIENCE)
        assert event is not None
        found.append((event.type.value, event.object.metadata.name))
    return found


def test_a_watch_is_read_with_for(gadgets: Interface[Gadget]) -> None:
    save(gadgets)
    seen = []
    with gadgets.watch(**everything()) as watch:
        grow(gadgets)
        gadgets.delete(CTX, "/gadgets/ns/a")
        for event in watch:
            seen.append((event.type, event.object.size, event.object.metadata.resource_version))
            if event.type is EventType.DELETED:
                break
    assert seen == [
        (EventType.ADDED, 0, "2"),
        (EventType.MODIFIED, 1, "3"),
        (EventType.DELETED, 1, "4"),
    ]


def test_an_event_type_is_its_own_text() -> None:
    assert EventType.ADDED == "ADDED"
    assert f"{EventType.ADDED}" == str(EventType.ADDED) == "ADDED"


def test_next_waits_no_longer_than_told(gadgets: Interface[Gadget]) -> None:
    with gadgets.watch(**everything()) as watch:
        for timeout in (0, 0.01, -1):
            with pytest.raises(TimeoutError):
                watch.next(timeout=timeout)
        save(gadgets)
        assert take(watch, 1) == [("ADDED", "a")]


def test_a_waiting_reader_is_woken_by_a_write(gadgets: Interface[Gadget]) -> None:
    with gadgets.watch(**everything()) as watch:
        seen: list[tuple[str, str]] = []
        reader = threading.Thread(target=lambda: seen.extend(take(watch, 2)), daemon=True)
        reader.start()
        save(gadgets, "a")
        save(gadgets, "b")
        reader.join(PATIENCE)
    assert seen == [("ADDED", "a"), ("ADDED", "b")]


def test_stop_wakes_a_waiting_reader_and_may_be_repeated(gadgets: Interface[Gadget]) -> None:
    watch = gadgets.watch(**everything())
    ended: list[object] = []
    reader = threading.Thread(target=lambda: ended.append(watch.next(PATIENCE)), daemon=True)
    reader.start()
    watch.stop()
    watch.stop()
    reader.join(PATIENCE)
    assert ended == [None]
    assert watch.next() is None


def test_what_happened_before_stop_can_still_be_read_and_nothing_later(
    gadgets: Interface[Gadget],
) -> None:
    watch = gadgets.watch(**everything())
    for name in "abc":
        save(gadgets, name)
    assert take(watch, 1) == [("ADDED", "a")]
    watch.stop()
    save(gadgets, "d")
    assert [event.object.metadata.name for event in watch] == ["b", "c"]


def test_a_stopped_watch_does_not_deliver_an_endless_backlog(gadgets: Interface[Gadget]) -> None:
    watch = gadgets.watch(**everything())
    for number in range(300):
        save(gadgets, f"g{number:03}")
    watch.stop()
    names = [event.object.metadata.name for event in watch]
    assert names == [f"g{number:03}" for number in range(100)]


def test_cancelling_the_request_ends_the_watch_without_an_error(
    gadgets: Interface[Gadget],
) -> None:
    cancellation = Cancellation()
    save(gadgets)
    watch = gadgets.watch(**everything(ctx=Context(cancellation=cancellation)))
    waiting = gadgets.watch(**everything("2", ctx=Context(cancellation=cancellation)))
    ended: list[object] = []
    reader = threading.Thread(target=lambda: ended.append(waiting.next(PATIENCE)), daemon=True)
    reader.start()
    cancellation.cancel()
    reader.join(PATIENCE)
    assert ended == [None]
    assert list(watch) == []
    late = gadgets.watch(**everything("0", ctx=Context(cancellation=cancellation)))
    assert list(late) == []


@pytest.mark.parametrize("others", [0, 1])
def test_cancelling_takes_back_what_is_at_hand(gadgets: Interface[Gadget], others: int) -> None:
    cancellation = Cancellation()
    ctx = Context(cancellation=cancellation)
    for name in "abc":
        save(gadgets, name)
    for _ in range(others):  # what others read before is at hand in another form
        take(gadgets.watch(**everything("1")), 3)
    watch = gadgets.watch(**everything("1", ctx=ctx))
    awaited = gadgets.watch(**everything("1", ctx=ctx))
    assert take(watch, 1) == [("ADDED", "a")]
    assert run(collect(awaited, 1)) == ["a"]
    cancellation.cancel()
    assert list(watch) == []
    assert run(collect(awaited, 1)) == []


@pytest.mark.parametrize("others", [0, 1])
def test_a_watch_that_is_stopped_in_the_middle_of_a_burst_delivers_a_hundred_more(
    gadgets: Interface[Gadget], others: int
) -> None:
    for number in range(300):
        save(gadgets, f"g{number:03}")
    for _ in range(others):
        take(gadgets.watch(**everything("1")), 300)
    watch = gadgets.watch(**everything("1"))
    take(watch, 120)
    watch.stop()
    assert len(list(watch)) == 100


def test_a_watch_that_failed_is_no_longer_in_the_way(gadgets: Interface[Gadget], root: Any) -> None:
    root.backend.put("/registry/gadgets/ns/bad", b"{", expected=0)
    watch = gadgets.watch(**everything("1"))
    event = watch.next(PATIENCE)
    assert event is not None
    assert event.type is EventType.ERROR
    save(gadgets)
    assert [watch.next(0), watch.next(0)] == [None, None]


def test_closing_the_store_ends_its_watches(gadgets: Interface[Gadget], root: Any) -> None:
    save(gadgets)
    watch = gadgets.watch(**everything())
    root.close()
    assert [event.type for event in watch] == [EventType.ADDED]


def test_a_request_does_not_keep_its_watches_alive(gadgets: Interface[Gadget]) -> None:
    cancellation = Cancellation()
    watch = gadgets.watch(**everything(ctx=Context(cancellation=cancellation)))
    alive = weakref.ref(watch)
    del watch
    gc.collect()
    assert alive() is None
    cancellation.cancel()


def test_two_readers_at_once_are_told_so(gadgets: Interface[Gadget]) -> None:
    watch = gadgets.watch(**everything())
    reading = threading.Event()
    source = watch._source
    original = source.park

    def park(wake: Callable[[], None]) -> bool:
        reading.set()
        return original(wake)

    source.park = park  # type: ignore[method-assign]
    reader = threading.Thread(target=watch.next, daemon=True)
    reader.start()
    assert reading.wait(PATIENCE)
    with pytest.raises(RuntimeError, match="being read already"):
        watch.next(0)
    watch.stop()
    reader.join(PATIENCE)


def test_events_belong_to_their_receiver(gadgets: Interface[Gadget]) -> None:
    first, second = gadgets.watch(**everything()), gadgets.watch(**everything())
    save(gadgets, labels={"a": "b"})
    event, other = first.next(PATIENCE), second.next(PATIENCE)
    assert event is not None
    assert other is not None
    event.object.metadata.labels["a"] = "changed"
    event.object.size = 99
    assert (other.object.metadata.labels, other.object.size) == ({"a": "b"}, 0)
    assert gadgets.get(CTX, "/gadgets/ns/a").size == 0


def test_a_watcher_that_compaction_passed_gets_an_error_and_the_end(
    gadgets: Interface[Gadget],
) -> None:
    watch = gadgets.watch(**everything("1"))
    save(gadgets)
    last = grow(gadgets)
    gadgets.compact(int(last.metadata.resource_version))
    event = watch.next(PATIENCE)
    assert event is not None
    assert event.type is EventType.ERROR
    assert event.status is not None
    assert (event.status.code, event.status.reason) == (410, "Expired")
    assert event.status.message == "The resourceVersion for the provided watch is too old."
    assert watch.next() is None


def test_a_watch_can_start_at_the_compacted_revision_but_not_before(
    gadgets: Interface[Gadget],
) -> None:
    save(gadgets)
    grow(gadgets)
    grow(gadgets)
    gadgets.compact(3)
    assert take(gadgets.watch(**everything("3")), 1) == [("MODIFIED", "a")]
    event = gadgets.watch(**everything("2")).next(PATIENCE)
    assert event is not None
    assert event.status is not None
    assert event.status.code == 410


def test_a_malformed_version_fails_the_call(gadgets: Interface[Gadget]) -> None:
    with pytest.raises(BadRequest, match="invalid resource version"):
        gadgets.watch(**everything("abc"))


def test_a_future_version_waits_silently(gadgets: Interface[Gadget]) -> None:
    watch = gadgets.watch(**everything("3"))
    save(gadgets, "a")
    save(gadgets, "b")
    save(gadgets, "c")
    assert take(watch, 1) == [("ADDED", "c")]
    huge = gadgets.watch(**everything(str(2**64 - 1)))
    with pytest.raises(TimeoutError):
        huge.next(0)


def test_initial_events_from_the_future_are_refused_with_a_time_to_retry(
    gadgets: Interface[Gadget],
) -> None:
    watch = gadgets.watch(**everything("100", send_initial_events=True))
    event = watch.next(PATIENCE)
    assert event is not None
    assert event.status is not None
    assert event.status.code == 504
    assert event.status.details is not None
    assert event.status.details.retry_after_seconds > 0
    assert watch.next() is None


def test_initial_events_come_in_pages_of_one_revision(
    gadgets: Interface[Gadget], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kregistry.storage.watching.INITIAL_PAGE", 2)
    for name in "abcde":
        save(gadgets, name)
    watch = gadgets.watch(
        **everything(
            send_initial_events=True, predicate=SelectionPredicate(allow_watch_bookmarks=True)
        )
    )
    gadgets.delete(CTX, "/gadgets/ns/e")
    save(gadgets, "bb")
    assert take(watch, 8) == [
        *(("ADDED", name) for name in "abcde"),
        ("BOOKMARK", ""),
        ("DELETED", "e"),
        ("ADDED", "bb"),
    ]


def test_compaction_between_initial_pages_ends_the_watch(
    gadgets: Interface[Gadget], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kregistry.storage.watching.INITIAL_PAGE", 2)
    for name in "abc":
        save(gadgets, name)
    watch = gadgets.watch(**everything())
    grow(gadgets)
    gadgets.compact(5)
    assert take(watch, 2) == [("ADDED", "a"), ("ADDED", "b")]
    event = watch.next(PATIENCE)
    assert event is not None
    assert event.status is not None
    assert event.status.code == 410


def test_the_bookmark_says_where_the_initial_events_end(gadgets: Interface[Gadget]) -> None:
    save(gadgets)
    options = everything(
        send_initial_events=True, predicate=SelectionPredicate(allow_watch_bookmarks=True)
    )
    watch = gadgets.watch(**options)
    take(watch, 1)
    event = watch.next(PATIENCE)
    assert event == Event(
        EventType.BOOKMARK,
        Gadget(
            metadata=ObjectMeta(
                resource_version="2", annotations={"k8s.io/initial-events-end": "true"}
            )
        ),
    )


def test_progress_is_reported_in_order(gadgets: Interface[Gadget], root: Any) -> None:
    watch = gadgets.watch(**everything("1", progress_notify=True))
    save(gadgets)
    root.for_resource(Resource(Gadget, plural="others", prefix="others")).create(
        CTX, "/others/x", Gadget()
    )
    gadgets.request_watch_progress(CTX)
    events = [watch.next(PATIENCE), watch.next(PATIENCE)]
    assert [(event.type, event.object.metadata.resource_version) for event in events if event] == [
        ("ADDED", "2"),
        ("BOOKMARK", "3"),
    ]
    with pytest.raises(TimeoutError):
        watch.next(0)
    reader: list[Any] = []
    thread = threading.Thread(target=lambda: reader.append(watch.next(PATIENCE)), daemon=True)
    thread.start()
    root.request_watch_progress(CTX)
    thread.join(PATIENCE)
    assert reader[0].type is EventType.BOOKMARK


def test_no_progress_is_reported_for_a_revision_yet_to_come(gadgets: Interface[Gadget]) -> None:
    watch = gadgets.watch(**everything("3", progress_notify=True))
    with pytest.raises(TimeoutError):
        watch.next(0)
    for name in "abc":
        save(gadgets, name)
    assert take(watch, 2) == [("ADDED", "c"), ("BOOKMARK", "")]


def test_an_object_that_stops_matching_is_deleted_with_its_last_content(
    gadgets: Interface[Gadget],
) -> None:
    def relabel(**new: str) -> Callable[[Gadget, object], Gadget]:
        def apply(obj: Gadget, _: object) -> Gadget:
            obj.metadata.labels = new
            return obj

        return apply

    watch = gadgets.watch(**everything(predicate=SelectionPredicate(label=labels.parse("a=b"))))
    save(gadgets, labels={"a": "b"})
    gadgets.guaranteed_update(CTX, "/gadgets/ns/a", relabel(a="c"))
    gadgets.guaranteed_update(CTX, "/gadgets/ns/a", relabel(a="d"))
    gadgets.guaranteed_update(CTX, "/gadgets/ns/a", relabel(a="b"))
    gadgets.guaranteed_update(CTX, "/gadgets/ns/a", relabel(a="b", x="y"))
    gadgets.delete(CTX, "/gadgets/ns/a")
    seen = [watch.next(PATIENCE) for _ in range(5)]
    assert [
        (event.type, event.object.metadata.resource_version, event.object.metadata.labels)
        for event in seen
        if event
    ] == [
        ("ADDED", "2", {"a": "b"}),
        ("DELETED", "3", {"a": "b"}),
        ("ADDED", "5", {"a": "b"}),
        ("MODIFIED", "6", {"a": "b", "x": "y"}),
        ("DELETED", "7", {"a": "b", "x": "y"}),
    ]


def test_what_cannot_tell_its_attributes_is_not_delivered(gadgets: Interface[Gadget]) -> None:
    def attributes(obj: Gadget) -> Any:
        if obj.metadata.name == "bad":
            raise ValueError("no attributes")
        return {}, {}

    predicate = SelectionPredicate(label=labels.parse("!x"), get_attrs=attributes)
    watch = gadgets.watch(**everything(predicate=predicate))
    save(gadgets, "bad")
    save(gadgets, "good")
    assert take(watch, 1) == [("ADDED", "good")]


def test_the_initialized_signal_is_given(gadgets: Interface[Gadget]) -> None:
    calls: list[int] = []
    gadgets.watch(**everything(ctx=Context(watch_initialized=lambda: calls.append(1))))
    assert calls == [1]


def test_unreadable_data_is_an_error_and_nothing_follows() -> None:
    backend = MemoryBackend()
    gadgets = ObjectStorage(backend, resource=GADGETS)
    backend.put("/registry/gadgets/ns/bad", b"{", expected=0)
    save(gadgets)
    watch = gadgets.watch(**everything("1"))
    event = watch.next(PATIENCE)
    assert event is not None
    assert event.status is not None
    assert (event.type, event.status.code) == (EventType.ERROR, 500)
    assert event.status.message.startswith("Internal error occurred: ")
    assert watch.next() is None


async def collect(watch: Watch[Gadget], count: int) -> list[str]:
    names = []
    async for event in watch:
        names.append(event.object.metadata.name)
        if len(names) == count:
            break
    return names


def run(work: Any) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(work, PATIENCE)

    return asyncio.run(bounded())


def test_a_watch_is_read_with_async_for(gadgets: Interface[Gadget]) -> None:
    async def scenario() -> list[str]:
        with gadgets.watch(**everything()) as watch:
            reading = asyncio.create_task(collect(watch, 3))
            await asyncio.sleep(0)
            for name in "abc":
                await asyncio.to_thread(save, gadgets, name)
            return await reading

    assert run(scenario()) == ["a", "b", "c"]


def test_a_thousand_coroutines_share_one_call_into_their_loop(
    gadgets: Interface[Gadget], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> tuple[int, list[list[str]]]:
        loop = asyncio.get_running_loop()
        calls = 0
        original = loop.call_soon_threadsafe

        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            return original(*args, **kwargs)

        watches = [gadgets.watch(**everything()) for _ in range(1000)]
        readers = [asyncio.create_task(collect(watch, 1)) for watch in watches]
        await asyncio.sleep(0)
        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        save(gadgets)
        return calls, await asyncio.gather(*readers)

    calls, seen = run(scenario())
    assert calls == 1
    assert seen == [["a"]] * 1000


def test_stop_and_cancel_end_an_async_reader(gadgets: Interface[Gadget]) -> None:
    cancellation = Cancellation()

    async def scenario() -> list[list[str]]:
        stopped = gadgets.watch(**everything())
        cancelled = gadgets.watch(**everything(ctx=Context(cancellation=cancellation)))
        readers = [asyncio.create_task(collect(watch, 9)) for watch in (stopped, cancelled)]
        await asyncio.sleep(0)
        stopped.stop()
        await asyncio.to_thread(cancellation.cancel)
        return await asyncio.gather(*readers)

    assert run(scenario()) == [[], []]


def test_a_cancelled_coroutine_loses_no_event(gadgets: Interface[Gadget]) -> None:
    async def scenario() -> list[str]:
        watch = gadgets.watch(**everything())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(collect(watch, 1), 0.01)
        save(gadgets)
        return await collect(watch, 1)

    assert run(scenario()) == ["a"]


def test_a_fast_stream_lets_other_coroutines_run(gadgets: Interface[Gadget]) -> None:
    async def scenario() -> int:
        for number in range(300):
            save(gadgets, f"g{number}")
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticker = asyncio.create_task(tick())
        await collect(gadgets.watch(**everything()), 300)
        ticker.cancel()
        return ticks

    assert run(scenario()) > 2


def test_a_watch_outlives_the_loop_it_waited_in(gadgets: Interface[Gadget]) -> None:
    watch = gadgets.watch(**everything())

    async def give_up() -> None:
        task = asyncio.create_task(collect(watch, 1))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(give_up())
    save(gadgets)
    assert take(watch, 1) == [("ADDED", "a")]


def test_progress_can_be_asked_for_while_watches_come_and_go(
    gadgets: Interface[Gadget],
) -> None:
    over = threading.Event()
    options = everything("1", progress_notify=True)

    def open_and_drop() -> None:
        while not over.is_set():
            opened = [gadgets.watch(**options) for _ in range(20)]
            opened.clear()

    def ask() -> None:
        for _ in range(3000):
            gadgets.request_watch_progress(CTX)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            dropping = [pool.submit(open_and_drop) for _ in range(2)]
            try:
                for asked in [pool.submit(ask) for _ in range(2)]:
                    assert asked.result(PATIENCE) is None
            finally:
                over.set()
            for dropped in dropping:
                dropped.result(PATIENCE)
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("version", ["", "1"])
def test_a_coroutine_that_looks_for_what_is_rare_lets_others_run(
    gadgets: Interface[Gadget], version: str
) -> None:
    for number in range(1000):
        save(gadgets, f"a{number}")
    save(gadgets, "b", labels={"rare": "yes"})
    wanted = SelectionPredicate(label=labels.parse("rare"))

    async def scenario() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        with gadgets.watch(**everything(version, predicate=wanted)) as watch:
            assert (await anext(watch)).object.metadata.name == "b"
        ticking.cancel()
        return ticks

    assert run(scenario()) > 5


def test_a_closed_store_refuses_to_watch_as_it_refuses_to_read(
    gadgets: Interface[Gadget], root: Any
) -> None:
    root.close()
    with pytest.raises(BackendClosed):
        gadgets.watch(**everything())
    with pytest.raises(BackendClosed):
        gadgets.get(CTX, "/gadgets/ns/a")


def test_dropped_watches_leave_nothing_behind(gadgets: Interface[Gadget], root: Any) -> None:
    cancellation = Cancellation()
    for _ in range(100):
        gadgets.watch(**everything(ctx=Context(cancellation=cancellation)))
    gc.collect()
    assert not cancellation._callbacks
    assert not root.backend._log._streams


def test_a_cancelled_and_dropped_coroutine_leaves_nothing_behind(
    gadgets: Interface[Gadget], root: Any
) -> None:
    async def wait_in_vain() -> None:
        task = asyncio.create_task(anext(gadgets.watch(**everything())))
        while not root.backend._log.parked:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(wait_in_vain(), PATIENCE))
    gc.collect()
    assert root.backend._log.parked == 0
    assert not root.backend._log._streams


def test_one_watch_can_be_asked_how_far_it_has_come(gadgets: Interface[Gadget]) -> None:
    with gadgets.watch(**everything()) as asked, gadgets.watch(**everything()) as other:
        asked.request_progress()
        event = asked.next(timeout=5)
        assert event is not None
        assert event.type is EventType.BOOKMARK
        current = gadgets.current_resource_version(Context())
        assert event.object.metadata.resource_version == str(current)
        for watch in (asked, other):
            with pytest.raises(TimeoutError):
                watch.next(timeout=0)
