"""Events whose objects are made when somebody looks at them, and what watchers share."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import attrs
import pytest

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.status import Status
from kregistry.runtime import fields, labels
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.resource import Resource
from kregistry.storage import (
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


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was decoded, from now on."""
    seen: list[bytes] = []
    original = Codec.decode

    def decode(self: Codec, data: bytes, cls: type[Any]) -> Any:
        seen.append(data)
        return original(self, data, cls)

    monkeypatch.setattr(Codec, "decode", decode)
    return seen


def save(gadgets: Interface[Gadget], name: str = "a", **meta: Any) -> Gadget:
    obj = Gadget(metadata=ObjectMeta(name=name, namespace="ns", **meta))
    return gadgets.create(CTX, f"/gadgets/ns/{name}", obj)


def grow(gadgets: Interface[Gadget], name: str = "a", **new: str) -> Gadget:
    def apply(obj: Gadget, _: object) -> Gadget:
        obj.size += 1
        obj.metadata.labels.update(new)
        return obj

    return gadgets.guaranteed_update(CTX, f"/gadgets/ns/{name}", apply)


def watch(gadgets: Interface[Gadget], predicate: SelectionPredicate | None = None) -> Watch[Gadget]:
    """Everything that happened, and happens."""
    options = ListOptions(
        resource_version="1", recursive=True, predicate=predicate or SelectionPredicate()
    )
    return gadgets.watch(CTX, "/gadgets/", options)


def following(watch: Watch[Gadget]) -> Event[Gadget]:
    event = watch.next(timeout=PATIENCE)
    assert event is not None
    return event


def test_events_that_nobody_looks_into_are_never_decoded(
    gadgets: Interface[Gadget], decoded: list[bytes]
) -> None:
    save(gadgets)
    grow(gadgets)
    gadgets.delete(CTX, "/gadgets/ns/a")
    del decoded[:]
    opened = watch(gadgets)
    assert [following(opened).type for _ in range(3)] == ["ADDED", "MODIFIED", "DELETED"]
    assert decoded == []


def test_an_event_decodes_once_and_keeps_its_object(
    gadgets: Interface[Gadget], decoded: list[bytes]
) -> None:
    save(gadgets)
    del decoded[:]
    event = following(watch(gadgets))
    event.object.size = 5
    assert event.object is event.object
    assert event.object.size == 5
    assert len(decoded) == 1


def test_the_bytes_of_an_event_are_there_until_its_object_is_touched(
    gadgets: Interface[Gadget],
) -> None:
    save(gadgets)
    gadgets.delete(CTX, "/gadgets/ns/a")
    opened = watch(gadgets)
    for event, version in ((following(opened), "2"), (following(opened), "3")):
        assert event.encoded is not None
        document = json.loads(event.encoded.json())
        assert document["metadata"]["resourceVersion"] == version
        assert document == gadgets.codec.to_dict(event.object)
        assert event.encoded is None


def test_errors_bookmarks_and_events_made_by_hand_have_no_bytes(
    gadgets: Interface[Gadget],
) -> None:
    options = ListOptions(resource_version="1", recursive=True, progress_notify=True)
    bookmark = following(gadgets.watch(CTX, "/gadgets/", options))
    assert bookmark.type is EventType.BOOKMARK
    failed: Event[Any] = Event(EventType.ERROR, Status(code=500))
    for event in (bookmark, failed, Event(EventType.ADDED, Gadget())):
        assert event.encoded is None


def test_an_event_keeps_the_shape_of_a_frozen_class(gadgets: Interface[Gadget]) -> None:
    stored = save(gadgets)
    event, made = following(watch(gadgets)), Event(EventType.ADDED, stored)
    assert event == made
    assert event != Event(EventType.MODIFIED, stored)
    assert event != Event(type=EventType.ADDED, object=Gadget())
    assert event != (EventType.ADDED, stored)
    assert repr(event) == repr(made)
    assert repr(event).startswith("Event(type=<EventType.ADDED: 'ADDED'>, object=Gadget(")
    for name in ("type", "object", "encoded", "status"):
        with pytest.raises(AttributeError):
            setattr(event, name, None)
    match event:
        case Event(EventType.ADDED, Gadget(size=size)):
            assert size == 0
        case _:
            pytest.fail("an event can be matched by position")


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event))]
)
def test_a_copy_of_an_event_is_equal_to_it(
    gadgets: Interface[Gadget], copied: Callable[[Any], Any]
) -> None:
    save(gadgets)
    event = following(watch(gadgets))
    assert copied(event) == event


def test_two_threads_that_look_at_once_get_the_same_object(gadgets: Interface[Gadget]) -> None:
    opened = watch(gadgets)
    with ThreadPoolExecutor(8) as pool:
        for number in range(50):
            save(gadgets, f"g{number}")
            event = following(opened)
            barrier = threading.Barrier(8)

            def look(event: Event[Gadget] = event, barrier: Any = barrier) -> Gadget:
                barrier.wait(PATIENCE)
                return event.object

            found = [each.result(PATIENCE) for each in [pool.submit(look) for _ in range(8)]]
            assert all(each is found[0] for each in found)


def test_watchers_with_selectors_share_one_decode_of_each_version(
    gadgets: Interface[Gadget], decoded: list[bytes]
) -> None:
    save(gadgets, labels={"a": "b"})
    grow(gadgets, a="c")
    grow(gadgets, a="b")
    del decoded[:]
    selectors = ["a=b", "a=b", "a!=b", "a", "!a"]
    watches = [
        watch(gadgets, SelectionPredicate(label=labels.parse(selector))) for selector in selectors
    ]
    seen = []
    for opened in watches:
        opened.stop()
        seen.append([str(event.type) for event in opened])
    assert seen == [
        ["ADDED", "DELETED", "ADDED"],
        ["ADDED", "DELETED", "ADDED"],
        ["ADDED", "DELETED"],
        ["ADDED", "MODIFIED", "MODIFIED"],
        [],
    ]
    assert len(decoded) == 3


def test_a_lone_watcher_with_a_selector_decodes_each_version_once_though_it_looks(
    gadgets: Interface[Gadget], decoded: list[bytes]
) -> None:
    save(gadgets, labels={"a": "b"})
    grow(gadgets)
    del decoded[:]
    opened = watch(gadgets, SelectionPredicate(label=labels.parse("a=b")))
    assert [following(opened).object.size for _ in range(2)] == [0, 1]
    assert len(decoded) == 2


def test_who_changes_what_it_received_does_not_change_what_others_select_by(
    gadgets: Interface[Gadget],
) -> None:
    predicate = SelectionPredicate(label=labels.parse("a=b"))
    other = SelectionPredicate(label=labels.parse("a"))
    save(gadgets, labels={"a": "b"})
    following(watch(gadgets, predicate)).object.metadata.labels.clear()
    for again in (predicate, other):
        assert following(watch(gadgets, again)).object.metadata.labels == {"a": "b"}


def test_watchers_may_select_by_what_cannot_be_hashed(gadgets: Interface[Gadget]) -> None:
    class Odd(labels.Selector):
        __hash__ = None  # type: ignore[assignment]

    class Attributes:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, obj: Any) -> Any:
            return obj.metadata.labels, {"metadata.name": obj.metadata.name}

    save(gadgets, "a")
    save(gadgets, "b")
    predicate = SelectionPredicate(field=fields.parse("metadata.name=b"), get_attrs=Attributes())
    odd = SelectionPredicate(label=Odd(), field=predicate.field)
    for chosen in (predicate, predicate, odd, odd):
        assert following(watch(gadgets, chosen)).object.metadata.name == "b"


def test_watchers_may_select_in_their_own_way(gadgets: Interface[Gadget]) -> None:
    class Contrary(SelectionPredicate):
        def matches(self, obj: Any) -> bool:
            return not super().matches(obj)

    save(gadgets, "a")
    save(gadgets, "b")
    chosen = fields.parse("metadata.name=a")
    for predicate, name in ((SelectionPredicate(field=chosen), "a"), (Contrary(field=chosen), "b")):
        for _ in range(2):
            assert following(watch(gadgets, predicate)).object.metadata.name == name


def test_a_frame_is_made_once_for_all_watchers_who_want_it_alike(
    gadgets: Interface[Gadget],
) -> None:
    made: list[str] = []

    def make(event: Event[Gadget]) -> bytes:
        made.append(event.type)
        return f"{event.type} {event.object.metadata.name}".encode()

    save(gadgets)
    gadgets.delete(CTX, "/gadgets/ns/a")
    watches = [watch(gadgets) for _ in range(5)]
    frames = [[following(opened).frame("plain", make) for _ in range(2)] for opened in watches]
    assert frames == [[b"ADDED a", b"DELETED a"]] * 5
    assert made == ["ADDED", "DELETED"]
    other = following(watch(gadgets)).frame("short", lambda event: event.type[:1].encode())
    assert other == b"A"


def test_one_version_may_be_told_as_different_events(gadgets: Interface[Gadget]) -> None:
    """It is new to those who did not see it before."""
    save(gadgets)
    grow(gadgets, a="b")
    everything, some = watch(gadgets), watch(gadgets, SelectionPredicate(label=labels.parse("a")))
    following(everything)

    def make(event: Event[Gadget]) -> bytes:
        return event.type.encode()

    assert following(everything).frame(0, make) == b"MODIFIED"
    assert following(some).frame(0, make) == b"ADDED"


def test_a_frame_of_an_object_that_somebody_touched_is_made_anew(
    gadgets: Interface[Gadget],
) -> None:
    def make(event: Event[Gadget]) -> bytes:
        return b"%d" % event.object.size

    save(gadgets)
    first, second = following(watch(gadgets)), following(watch(gadgets))
    first.object.size = 7
    assert first.frame("size", make) == b"7"
    assert second.frame("size", make) == b"0"
    assert Event(EventType.ADDED, Gadget(size=3)).frame("size", make) == b"3"


def test_what_only_looks_like_a_document_fails_whoever_looks_at_it() -> None:
    backend = MemoryBackend()
    gadgets = ObjectStorage(backend, resource=GADGETS)
    backend.put("/registry/gadgets/ns/bad", b'{"metadata":7}', expected=0)
    save(gadgets)
    opened = watch(gadgets)
    event = following(opened)
    assert event.type is EventType.ADDED
    for _ in range(2):
        with pytest.raises(DecodeError):
            _ = event.object
    assert event.encoded is not None
    assert following(opened).object.metadata.name == "a"


def test_a_selector_that_must_look_at_it_makes_an_error_of_it() -> None:
    backend = MemoryBackend()
    gadgets = ObjectStorage(backend, resource=GADGETS)
    backend.put("/registry/gadgets/ns/bad", b'{"metadata":7}', expected=0)
    opened = watch(gadgets, SelectionPredicate(label=labels.parse("a=b")))
    event = following(opened)
    assert event.status is not None
    assert (event.type, event.status.code) == (EventType.ERROR, 500)
    assert opened.next() is None


def test_every_watcher_gets_an_error_of_its_own() -> None:
    backend = MemoryBackend()
    gadgets = ObjectStorage(backend, resource=GADGETS)
    save(gadgets)
    backend.put("/registry/gadgets/ns/bad", b"{", expected=0)
    watches = [watch(gadgets) for _ in range(3)]
    errors = []
    for opened in watches:
        assert following(opened).object.metadata.name == "a"
        errors.append(following(opened).status)
        assert opened.next() is None
    assert len({id(error) for error in errors}) == 3
    assert [error.code for error in errors if error] == [500] * 3


def test_what_watchers_share_is_bounded_and_falls_out_unnoticed(
    gadgets: Interface[Gadget], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kregistry.storage.sharing._KEPT", 8)
    for number in range(100):
        save(gadgets, f"g{number:02}", labels={"a": "b"})
    predicate = SelectionPredicate(label=labels.parse("a=b"))
    for _ in range(2):
        opened = watch(gadgets, predicate)
        names = [following(opened).object.metadata.name for _ in range(100)]
        assert names == [f"g{number:02}" for number in range(100)]
    sharing: Any = gadgets._lenses._sharing  # type: ignore[attr-defined]
    assert len(sharing._versions) == 8
    assert sharing._bytes == sum(len(each.encoded.data) for each in sharing._versions.values())


def test_what_watchers_share_is_bounded_in_bytes(
    gadgets: Interface[Gadget], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kregistry.storage.sharing._KEPT_BYTES", 1000)
    for number in range(20):
        save(gadgets, f"g{number}", annotations={"a": "x" * 300})
    save(gadgets, "large", annotations={"a": "x" * 3000})
    opened = watch(gadgets)
    for _ in range(20):
        following(opened)
    sharing: Any = gadgets._lenses._sharing  # type: ignore[attr-defined]
    assert [key for key, _ in sharing._versions] == ["/registry/gadgets/ns/large"]
