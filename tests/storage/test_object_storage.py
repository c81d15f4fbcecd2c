from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from kregistry.core.v1 import Node
from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import (
    BadRequest,
    Expired,
    RequestEntityTooLarge,
    StatusError,
    TooLargeResourceVersion,
)
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.quantity import Quantity
from kregistry.runtime import fields
from kregistry.runtime.errors import EncodeError
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage import (
    Config,
    CorruptObject,
    DeleteOptions,
    EventType,
    GetOptions,
    Interface,
    InternalStorageError,
    InvalidObject,
    KeyExists,
    KeyNotFound,
    ListOptions,
    ObjectStorage,
    Preconditions,
    RequestTimeout,
    ResourceVersionSetOnCreate,
    SelectionPredicate,
    Stats,
    StorageSettings,
    Transformer,
    WithTTL,
    factory,
)
from kregistry.storage.memory import MemoryBackend
from kregistry.testing.clock import FakeClock

PATIENCE = 30.0
CTX = Context()


@attrs.define(kw_only=True)
class Gizmo(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Gizmo"
    size: int = 0
    note: str = ""


GIZMOS = Resource(Gizmo, plural="gizmos", prefix="gizmos")
KEY = "/gizmos/ns/a"
FULL = "/registry/gizmos/ns/a"


def gizmo(name: str = "a", **meta: Any) -> Gizmo:
    return Gizmo(metadata=ObjectMeta(name=name, namespace="ns", **meta))


@pytest.fixture
def backend() -> Iterator[MemoryBackend]:
    with MemoryBackend(clock=FakeClock()) as made:
        yield made


@pytest.fixture
def root(backend: MemoryBackend) -> ObjectStorage[Object]:
    return ObjectStorage(backend)


@pytest.fixture
def gizmos(root: ObjectStorage[Object]) -> ObjectStorage[Gizmo]:
    return root.for_resource(GIZMOS)


def grow(obj: Gizmo, _: object) -> Gizmo:
    obj.size += 1
    return obj


def keep(obj: Gizmo, _: object) -> Gizmo:
    return obj


def stored(backend: MemoryBackend) -> Any:
    record = backend.get(FULL).record
    return None if record is None else json.loads(record.value)


# create


def test_a_created_object_is_stored_without_version_and_link(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    given = gizmo(resource_version="0", self_link="/x")
    made = gizmos.create(CTX, KEY, given)
    assert made.metadata.resource_version == "2"
    assert made.metadata.self_link == ""
    assert stored(backend)["metadata"].keys() == {"name", "namespace"}
    assert (given.metadata.resource_version, given.metadata.self_link) == ("0", "/x")
    assert gizmos.get(CTX, KEY) == made
    assert gizmos.get(CTX, KEY) is not made


def test_a_taken_key_and_a_set_version_are_refused(gizmos: ObjectStorage[Gizmo]) -> None:
    with pytest.raises(ResourceVersionSetOnCreate) as caught:
        gizmos.create(CTX, KEY, gizmo(resource_version="1"))
    assert str(caught.value) == "resourceVersion should not be set on objects to be created"
    with pytest.raises(BadRequest, match="invalid resource version"):
        gizmos.create(CTX, KEY, gizmo(resource_version="abc"))
    gizmos.create(CTX, KEY, gizmo())
    with pytest.raises(KeyExists) as exists:
        gizmos.create(CTX, KEY, gizmo())
    assert str(exists.value) == (
        f"StorageError: key exists, Code: 2, Key: {FULL}, ResourceVersion: 0, "
        "AdditionalErrorMsg: <nil>"
    )


def test_a_create_that_answers_with_bytes_stores_the_same(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    given = gizmo(resource_version="0", self_link="/x")
    made = gizmos.create_encoded(CTX, KEY, given)
    assert made == gizmos.get_encoded(CTX, KEY)
    assert made.data == Interface.get_encoded(gizmos, CTX, KEY).data
    assert stored(backend)["metadata"].keys() == {"name", "namespace"}
    with pytest.raises(KeyExists):
        gizmos.create_encoded(CTX, KEY, gizmo())
    with pytest.raises(ResourceVersionSetOnCreate):
        gizmos.create_encoded(CTX, f"{KEY}2", gizmo(resource_version="1"))
    with pytest.raises(ValueError, match=r"\.\."):
        gizmos.create_encoded(CTX, "/gizmos/../x", gizmo(resource_version="1"))
    gizmos.create_encoded(CTX, f"{KEY}3", gizmo(), ttl=60)
    assert dict(backend.ttls("/registry/", "/registry0")) == {f"{FULL}3": pytest.approx(60, abs=5)}


def test_a_storage_that_only_knows_create_answers_with_bytes_all_the_same(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    made = Interface.create_encoded(gizmos, CTX, KEY, gizmo())
    assert (made.data, made.revision) == (gizmos.get_encoded(CTX, KEY).data, 2)


def test_too_large_an_object_is_refused_and_the_limit_itself_fits(
    backend: MemoryBackend,
) -> None:
    def storage(limit: int) -> ObjectStorage[Gizmo]:
        return ObjectStorage(backend, StorageSettings(max_object_bytes=limit), resource=GIZMOS)

    size = len(storage(10**6)._serializer.encode(gizmo()))
    with pytest.raises(RequestEntityTooLarge):
        storage(size - 1).create(CTX, KEY, gizmo())
    storage(size).create(CTX, KEY, gizmo())
    with pytest.raises(RequestEntityTooLarge):
        storage(size).guaranteed_update(CTX, KEY, grow)
    big = gizmo()
    big.note = "x" * 1_600_000
    with pytest.raises(RequestEntityTooLarge):
        ObjectStorage(backend, resource=GIZMOS).create(CTX, "/gizmos/ns/b", big)


@pytest.mark.parametrize("ttl", [-1, 1.5, True, "1", 2**63, None])
def test_a_ttl_that_is_no_number_of_seconds_is_refused(
    ttl: Any, gizmos: ObjectStorage[Gizmo]
) -> None:
    with pytest.raises(ValueError, match="ttl must be a number of seconds"):
        gizmos.create(CTX, KEY, gizmo(), ttl=ttl)
    with pytest.raises(KeyNotFound):
        gizmos.get(CTX, KEY)


def test_a_ttl_ends_in_a_deletion_that_watchers_see() -> None:
    clock = FakeClock()
    with factory.create(Config(clock=clock)) as root:
        gizmos = root.for_resource(GIZMOS)
        made = gizmos.create(CTX, KEY, gizmo(), ttl=1)
        watch = gizmos.watch(CTX, KEY, ListOptions(resource_version=made.metadata.resource_version))
        clock.advance(1)
        event = watch.next(PATIENCE)
        assert event is not None
        assert (event.type, event.object.metadata.resource_version) == (EventType.DELETED, "3")


def test_an_update_without_ttl_takes_it_away_and_one_that_changes_nothing_does_not(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    gizmos.create(CTX, KEY, gizmo(), ttl=1)
    gizmos.create(CTX, "/gizmos/ns/b", gizmo("b"), ttl=1)
    gizmos.guaranteed_update(CTX, KEY, grow)
    gizmos.guaranteed_update(CTX, "/gizmos/ns/b", lambda obj, _: WithTTL(obj, 100))
    clock = backend._clock
    assert isinstance(clock, FakeClock)
    clock.advance(2)
    backend.expire_now()
    assert gizmos.count("/gizmos") == 1
    assert gizmos.get(CTX, KEY).size == 1


# get


def test_an_absent_object_is_an_error_or_empty(gizmos: ObjectStorage[Gizmo]) -> None:
    with pytest.raises(KeyNotFound):
        gizmos.get(CTX, KEY)
    assert gizmos.get(CTX, KEY, GetOptions(ignore_not_found=True)) == Gizmo()


def test_a_version_ahead_of_the_store_is_too_large_even_for_an_absent_key(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    for key in (KEY, "/gizmos/none"):
        with pytest.raises(TooLargeResourceVersion) as caught:
            gizmos.get(CTX, key, GetOptions(resource_version="999999"))
        assert caught.value.status.message == (
            "Timeout: Too large resource version: 999999, current: 1"
        )
    with pytest.raises(BadRequest) as bad:
        gizmos.get(CTX, KEY, GetOptions(resource_version="abc"))
    assert str(bad.value) == (
        'invalid resource version: resourceVersion: Invalid value: "abc": '
        'strconv.ParseUint: parsing "abc": invalid syntax'
    )


# list


def list_all(gizmos: Interface[Gizmo], version: str = "", **options: Any) -> Any:
    predicate = SelectionPredicate(
        **{name: options.pop(name) for name in ("limit", "continue_", "field") if name in options}
    )
    return gizmos.get_list(
        CTX,
        "/gizmos",
        ListOptions(resource_version=version, recursive=True, predicate=predicate, **options),
    )


def names(objects: Any) -> list[str]:
    return [obj.metadata.name for obj in objects]


def fill(gizmos: ObjectStorage[Gizmo], text: str) -> None:
    for name in text:
        gizmos.create(CTX, f"/gizmos/ns/{name}", gizmo(name))


def test_pages_show_one_snapshot_whatever_happens_meanwhile(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    fill(gizmos, "abcde")
    page = list_all(gizmos, limit=2)
    seen, versions, left = (
        names(page),
        [page.metadata.resource_version],
        [page.metadata.remaining_item_count],
    )
    while page.metadata.continue_:
        gizmos.guaranteed_update(CTX, KEY, grow)
        fill(gizmos, str(len(seen)))
        if len(seen) == 2:
            gizmos.delete(CTX, "/gizmos/ns/d")
        page = list_all(gizmos, limit=2, continue_=page.metadata.continue_)
        seen += names(page)
        versions.append(page.metadata.resource_version)
        left.append(page.metadata.remaining_item_count)
    assert seen == list("abcde")
    assert versions == ["6"] * 3
    assert left == [3, 1, None]


def test_a_list_is_ordered_by_the_bytes_of_keys(gizmos: ObjectStorage[Gizmo]) -> None:
    for namespace in ("x", "x-y", "x.y", "x0"):
        gizmos.create(CTX, f"/gizmos/{namespace}/a", Gizmo(metadata=ObjectMeta(name=namespace)))
    assert names(list_all(gizmos)) == ["x-y", "x.y", "x", "x0"]


def test_a_list_knows_its_kind_and_revision_even_when_empty(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    objects = list_all(gizmos)
    assert (objects.api_version, objects.kind) == ("shop.example/v1", "GizmoList")
    assert (objects.items, objects.metadata.resource_version) == ([], "1")


def test_an_expired_token_brings_one_that_goes_on_in_the_newest_state(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    fill(gizmos, "abc")
    token = list_all(gizmos, limit=1).metadata.continue_
    gizmos.guaranteed_update(CTX, "/gizmos/ns/c", grow)
    gizmos.compact(5)
    with pytest.raises(Expired) as caught:
        list_all(gizmos, limit=1, continue_=token)
    assert caught.value.status.message.startswith(
        "The provided continue parameter is too old to display a consistent list result. "
    )
    page = list_all(gizmos, limit=1, continue_=caught.value.continue_token)
    assert names(page) == ["b"]
    last = list_all(gizmos, limit=1, continue_=page.metadata.continue_)
    assert (names(last), last.items[0].size) == (["c"], 1)
    assert last.metadata.resource_version == page.metadata.resource_version == "5"


def test_exact_reads_the_past_until_it_is_compacted(gizmos: ObjectStorage[Gizmo]) -> None:
    fill(gizmos, "ab")
    gizmos.guaranteed_update(CTX, KEY, grow)
    assert names(list_all(gizmos, "2", resource_version_match="Exact")) == ["a"]
    assert list_all(gizmos, "3", resource_version_match="Exact").items[0].size == 0
    gizmos.compact(3)
    assert list_all(gizmos, "3", resource_version_match="Exact").items[0].size == 0
    with pytest.raises(Expired) as caught:
        list_all(gizmos, "2", resource_version_match="Exact")
    assert str(caught.value) == "The resourceVersion for the provided list is too old."
    assert caught.value.continue_token == ""
    for version in ("5", str(2**64 - 1)):
        with pytest.raises(TooLargeResourceVersion):
            list_all(gizmos, version, resource_version_match="Exact")


def test_only_a_full_page_has_a_token_and_only_without_selector_a_count(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    fill(gizmos, "abc")
    selector = fields.parse("metadata.name!=b")
    page = list_all(gizmos, limit=2, field=selector)
    assert (names(page), page.metadata.continue_) == (["a", "c"], "")
    page = list_all(gizmos, limit=1, field=selector)
    assert page.metadata.continue_
    assert page.metadata.remaining_item_count is None
    assert list_all(gizmos, limit=3).metadata.continue_ == ""


def test_the_limit_is_honoured_at_version_zero(gizmos: ObjectStorage[Gizmo]) -> None:
    fill(gizmos, "abc")
    assert names(list_all(gizmos, "0", limit=1)) == ["a"]


def test_a_list_that_is_not_recursive_is_the_object_itself(gizmos: ObjectStorage[Gizmo]) -> None:
    fill(gizmos, "a")
    gizmos.create(CTX, f"{KEY}b", gizmo("ab"))
    predicate = SelectionPredicate(limit=1, continue_="ignored")
    found = gizmos.get_to_list(CTX, KEY, ListOptions(predicate=predicate))
    assert (names(found), found.metadata.continue_) == (["a"], "")
    assert names(gizmos.list(CTX, KEY)) == []


def test_a_cancelled_request_ends_a_list(gizmos: ObjectStorage[Gizmo]) -> None:
    fill(gizmos, "a")
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(RequestTimeout, match="request did not complete within requested timeout"):
        gizmos.get_list(Context(cancellation=cancellation), "/gizmos", ListOptions(recursive=True))


# guaranteed_update


def test_an_update_that_changes_nothing_is_not_written(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    made = gizmos.create(CTX, KEY, gizmo())

    def relink(obj: Gizmo, _: object) -> Gizmo:
        obj.metadata.self_link = "/x"
        obj.metadata.resource_version = "77"
        return obj

    assert gizmos.guaranteed_update(CTX, KEY, keep) == made
    assert gizmos.guaranteed_update(CTX, KEY, relink) == made
    assert gizmos.guaranteed_update(CTX, KEY, relink, cached=made) == made
    assert backend.current_revision() == 2


def test_the_caller_keeps_the_object_that_its_function_returned(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    gizmos.create(CTX, KEY, gizmo())
    mine = gizmo(resource_version="2", self_link="/x")
    mine.size = 5
    result = gizmos.guaranteed_update(CTX, KEY, lambda old, _: mine)
    assert (mine.metadata.resource_version, mine.metadata.self_link) == ("2", "/x")
    assert (result.metadata.resource_version, result.size) == ("3", 5)
    assert result is not mine


def test_a_suggestion_is_not_changed_and_a_stale_one_changes_nothing(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    old = gizmos.create(CTX, KEY, gizmo())
    gizmos.guaranteed_update(CTX, KEY, grow)
    sizes: list[int] = []

    def observe(obj: Gizmo, meta: Any) -> Gizmo:
        sizes.append(obj.size)
        return grow(obj, meta)

    result = gizmos.guaranteed_update(CTX, KEY, observe, cached=old)
    assert (sizes, result.size, old.size) == ([0, 1], 2, 0)
    assert old.metadata.resource_version == "2"


def test_a_suggestion_without_a_version_is_no_suggestion(gizmos: ObjectStorage[Gizmo]) -> None:
    for version in ("", "0", "abc"):
        with pytest.raises(KeyNotFound):
            gizmos.delete(CTX, KEY, cached=gizmo(resource_version=version))
        with pytest.raises(KeyNotFound):
            gizmos.guaranteed_update(CTX, KEY, keep, cached=gizmo(resource_version=version))


def test_a_refusal_of_a_stale_suggestion_is_asked_again(gizmos: ObjectStorage[Gizmo]) -> None:
    old = gizmos.create(CTX, KEY, gizmo(uid="A"))
    fresh = gizmos.guaranteed_update(CTX, KEY, grow)
    calls: list[int] = []

    def refuse(obj: Gizmo, _: object) -> Gizmo:
        calls.append(obj.size)
        raise LookupError("no")

    for cached, expected in ((old, [0, 1]), (fresh, [1]), (None, [1])):
        calls.clear()
        with pytest.raises(LookupError):
            gizmos.guaranteed_update(CTX, KEY, refuse, cached=cached)
        assert calls == expected
    with pytest.raises(InvalidObject):
        gizmos.guaranteed_update(CTX, KEY, keep, preconditions=Preconditions(uid="B"))
    wrong = gizmo(uid="B", resource_version=fresh.metadata.resource_version)
    result = gizmos.guaranteed_update(
        CTX, KEY, grow, preconditions=Preconditions(uid="A"), cached=wrong
    )
    assert result.size == 2


def test_a_missing_object_is_made_when_allowed(gizmos: ObjectStorage[Gizmo]) -> None:
    metas: list[int] = []

    def make(obj: Gizmo, meta: Any) -> Gizmo:
        metas.append(meta.resource_version)
        assert obj == Gizmo()
        return gizmo(resource_version="77")

    result = gizmos.guaranteed_update(CTX, KEY, make, ignore_not_found=True)
    assert (metas, result.metadata.resource_version) == ([0], "2")
    with pytest.raises(InvalidObject):
        gizmos.guaranteed_update(
            CTX, "/gizmos/b", make, ignore_not_found=True, preconditions=Preconditions(uid="A")
        )


def test_a_nested_update_inside_the_callback_does_not_deadlock(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    gizmos.create(CTX, KEY, gizmo())
    calls: list[int] = []

    def nested(obj: Gizmo, _: object) -> Gizmo:
        calls.append(obj.size)
        if len(calls) == 1:
            gizmos.guaranteed_update(CTX, KEY, grow)
        return grow(obj, None)

    assert gizmos.guaranteed_update(CTX, KEY, nested).size == 2
    assert calls == [0, 1]


def test_concurrent_updates_of_one_object_lose_nothing(gizmos: ObjectStorage[Gizmo]) -> None:
    gizmos.create(CTX, KEY, gizmo())

    def work() -> None:
        for _ in range(50):
            gizmos.guaranteed_update(CTX, KEY, grow)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert gizmos.get(CTX, KEY).size == 200


# delete


def test_delete_returns_what_was_removed_with_the_revision_of_the_deletion(
    gizmos: ObjectStorage[Gizmo],
) -> None:
    made = gizmos.create(CTX, KEY, gizmo())
    watch = gizmos.watch(CTX, KEY, ListOptions(resource_version="2"))
    gone = gizmos.delete(CTX, KEY, cached=made)
    event = watch.next(PATIENCE)
    assert event is not None
    assert (event.type, event.object) == (EventType.DELETED, gone)
    assert gone.metadata.resource_version == "3"
    assert made.metadata.resource_version == "2"


def test_the_veto_is_asked_about_the_newest_state(gizmos: ObjectStorage[Gizmo]) -> None:
    old = gizmos.create(CTX, KEY, gizmo())
    gizmos.guaranteed_update(CTX, KEY, grow)
    asked: list[int] = []

    def veto(_: Context, obj: Gizmo | None) -> None:
        assert obj is not None
        asked.append(obj.size)
        if obj.size == 1:
            raise LookupError("no")

    with pytest.raises(LookupError):
        gizmos.delete(CTX, KEY, validate=veto, cached=old)
    assert asked == [0, 1]


# views, keys, figures


@pytest.mark.parametrize(
    "call",
    [
        lambda storage, key: storage.create(None, key, None),
        lambda storage, key: storage.get(None, key, None),
        lambda storage, key: storage.delete(None, key, options=None),
        lambda storage, key: storage.guaranteed_update(None, key, None),
        lambda storage, key: storage.get_list(None, key),
        lambda storage, key: storage.watch(None, key),
        lambda storage, key: storage.count(key),
    ],
)
@pytest.mark.parametrize("key", ["", "/", "..", "/gizmos/..", "/foo/", None])
def test_the_key_is_checked_before_everything_else(
    call: Callable[..., object], key: str, gizmos: ObjectStorage[Gizmo]
) -> None:
    with pytest.raises(ValueError, match="key"):
        call(gizmos, key)


def test_a_view_sees_its_resource_only(
    root: ObjectStorage[Object], gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    backend.put("/registry/gizmoskey", b"{}", expected=0)
    backend.put("/registry/others/x", b"{}", expected=0)
    gizmos.create(CTX, KEY, gizmo())
    assert gizmos.stats(CTX) == Stats(1)
    assert names(list_all(gizmos)) == ["a"]
    assert root.stats(CTX).object_count == 3
    assert gizmos.current_resource_version(CTX) == 4


def test_closing_a_view_leaves_the_store_open(
    root: ObjectStorage[Object], gizmos: ObjectStorage[Gizmo]
) -> None:
    with gizmos:
        pass
    gizmos.readiness_check()
    root.close()
    root.close()


def test_the_root_view_takes_objects_for_what_they_say_they_are(
    root: ObjectStorage[Object], gizmos: ObjectStorage[Gizmo]
) -> None:
    gizmos.create(CTX, KEY, gizmo())
    found = root.get(CTX, KEY)
    assert isinstance(found, Unstructured)
    assert (found.kind, found.metadata.name) == ("Gizmo", "a")
    listed = root.get_list(CTX, "/gizmos", ListOptions(recursive=True))
    assert [type(obj) for obj in listed] == [Unstructured]
    event = root.watch(CTX, "/gizmos", ListOptions(recursive=True)).next(PATIENCE)
    assert event is not None
    assert event.object.kind == "Gizmo"


def test_sizes_follow_what_is_stored_even_if_it_cannot_be_read(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    present: list[str] = [FULL]
    with pytest.raises(ValueError, match="KeysFunc cannot be nil"):
        gizmos.enable_resource_size_estimation(None)  # type: ignore[arg-type]
    gizmos.enable_resource_size_estimation(lambda: present)
    with pytest.raises(ValueError, match="resourceSizeEstimator already enabled"):
        gizmos.enable_resource_size_estimation(lambda: present)
    assert gizmos.stats(CTX) == Stats(0, 0)
    revision = backend.put(FULL, b"abc", expected=0)
    assert gizmos.stats(CTX) == Stats(1, 3)
    revision = backend.put(FULL, b"abcde", expected=revision)
    backend.put(f"{FULL}b", b"ab", expected=0)
    present.append("/gizmos/ns/ab")
    assert gizmos.stats(CTX) == Stats(2, 3)
    backend.delete(FULL, expected=revision)
    backend.compact(backend.current_revision())
    assert gizmos.stats(CTX) == Stats(1, 2)


# unreadable data


@attrs.define
class Cipher(Transformer):
    """Adds a prefix, so that what lacks it cannot be read."""

    prefix: bytes = b"v1:"
    stale: bool = False
    contexts: list[bytes] = attrs.field(factory=list)

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        self.contexts.append(context)
        return self.prefix + data

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        if not data.startswith(self.prefix):
            raise ValueError("wrong key")
        return data[len(self.prefix) :], self.stale


def test_a_transformer_sees_the_full_key_and_may_have_values_rewritten(
    backend: MemoryBackend,
) -> None:
    cipher = Cipher()
    gizmos = ObjectStorage(backend, StorageSettings(transformer=cipher), resource=GIZMOS)
    made = gizmos.create(CTX, KEY, gizmo())
    assert cipher.contexts == [FULL.encode()]
    cipher.stale = True
    rewritten = gizmos.guaranteed_update(CTX, KEY, keep)
    again = gizmos.guaranteed_update(CTX, KEY, keep, cached=rewritten)
    cipher.stale = False
    elided = gizmos.guaranteed_update(CTX, KEY, keep)
    versions = [obj.metadata.resource_version for obj in (made, rewritten, again, elided)]
    assert versions == ["2", "3", "4", "4"]


def test_what_cannot_be_transformed_fails_every_verb(backend: MemoryBackend) -> None:
    gizmos = ObjectStorage(backend, StorageSettings(transformer=Cipher()), resource=GIZMOS)
    backend.put(FULL, b"v2:{}", expected=0)
    for call in (
        lambda: gizmos.get(CTX, KEY),
        lambda: gizmos.guaranteed_update(CTX, KEY, keep),
        lambda: gizmos.delete(CTX, KEY),
        lambda: gizmos.delete(CTX, KEY, options=DeleteOptions(ignore_store_read_error=True)),
    ):
        with pytest.raises(InternalStorageError, match=r"\Awrong key\Z"):
            call()
    with pytest.raises(InternalStorageError) as caught:
        list_all(gizmos)
    assert str(caught.value) == f'unable to transform key "{FULL}": wrong key'


def test_the_identity_does_not_take_encrypted_data_for_plain(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    backend.put(FULL, b"k8s:enc:aescbc:v1:key:x", expected=0)
    with pytest.raises(InternalStorageError, match="tried to read encrypted data"):
        gizmos.get(CTX, KEY)


def test_what_cannot_be_decoded_fails_with_the_words_of_the_codec(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    backend.put(FULL, b"{", expected=0)
    for call in (
        lambda: gizmos.get(CTX, KEY),
        lambda: list_all(gizmos),
        lambda: gizmos.guaranteed_update(CTX, KEY, keep),
        lambda: gizmos.delete(CTX, KEY),
    ):
        with pytest.raises(ValueError) as caught:
            call()
        assert not isinstance(caught.value, UnicodeError)


@pytest.fixture
def lenient(backend: MemoryBackend) -> ObjectStorage[Gizmo]:
    settings = StorageSettings(allow_unsafe_deletion=True, transformer=Cipher())
    return ObjectStorage(backend, settings, resource=GIZMOS)


def test_with_unsafe_deletion_allowed_unreadable_data_is_told_apart(
    lenient: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    backend.put(FULL, b"v1:{", expected=0)
    backend.put("/registry/gizmos/ns/b", b"v2:{}", expected=0)
    with pytest.raises(CorruptObject) as undecodable:
        lenient.get(CTX, KEY)
    assert str(undecodable.value).startswith(
        f"StorageError: corrupt object, Code: 7, Key: {FULL}, ResourceVersion: 0, "
        "AdditionalErrorMsg: object not decodable revision=2: "
    )
    with pytest.raises(CorruptObject) as untransformable:
        lenient.get(CTX, "/gizmos/ns/b")
    assert str(untransformable.value).endswith(
        "AdditionalErrorMsg: data from the storage is not transformable revision=0: wrong key"
    )
    with pytest.raises(StatusError) as listed:
        list_all(lenient)
    status = listed.value.status
    assert (status.code, status.reason) == (500, "StorageReadError")
    assert status.message == "failed to read one or more gizmos.shop.example from the storage"
    assert status.details is not None
    assert [cause.field for cause in status.details.causes] == [FULL, "/registry/gizmos/ns/b"]


def test_a_list_gives_up_after_a_hundred_unreadable_objects(
    lenient: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    for number in range(105):
        backend.put(f"/registry/gizmos/{number:03}", b"x", expected=0)
    with pytest.raises(StatusError) as listed:
        list_all(lenient)
    assert listed.value.status.details is not None
    causes = listed.value.status.details.causes
    assert (len(causes), causes[-1].reason) == (101, "FieldValueTooMany")


def test_unsafe_deletion_removes_what_cannot_be_read_and_only_that(
    lenient: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    unsafe = DeleteOptions(ignore_store_read_error=True)
    with pytest.raises(KeyNotFound):
        lenient.delete(CTX, KEY, options=unsafe)
    lenient.create(CTX, KEY, gizmo())
    with pytest.raises(InvalidObject, match="unsafe deletion is not allowed"):
        lenient.delete(CTX, KEY, options=unsafe)
    backend.put(FULL, b"bad", expected=2)
    with pytest.raises(CorruptObject):
        lenient.delete(CTX, KEY)
    with pytest.raises(InternalStorageError, match="can't enforce preconditions"):
        lenient.delete(CTX, KEY, options=unsafe, preconditions=Preconditions(uid="A"))
    watch = lenient.watch(CTX, KEY, ListOptions(resource_version="3"))
    asked: list[object] = []
    gone = lenient.delete(CTX, KEY, options=unsafe, validate=lambda ctx, obj: asked.append(obj))
    assert (gone.metadata.resource_version, asked) == ("4", [None])
    event = watch.next(PATIENCE)
    assert event is not None
    assert event.status is not None
    assert event.status.reason == "StorageReadError"
    assert event.status.message.startswith("saw a DELETED event, but object data is corrupt - ")
    assert watch.next() is None


def test_reads_do_not_move_the_revision(
    gizmos: ObjectStorage[Gizmo], backend: MemoryBackend
) -> None:
    gizmos.create(CTX, KEY, gizmo())
    gizmos.get(CTX, KEY)
    list_all(gizmos)
    gizmos.stats(CTX)
    gizmos.request_watch_progress(CTX)
    assert gizmos.current_resource_version(CTX) == 2


@attrs.define
class Round:
    width: int = 0


@attrs.define
class Square:
    width: int = 0


@attrs.define(kw_only=True)
class Hole(Object):
    """A union that nobody can tell apart once it is written."""

    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Hole"
    form: Round | Square | None = None


@pytest.mark.parametrize(
    "obj",
    [
        Unstructured(unknown_metadata={"creationTimestamp": "yesterday"}),
        Unstructured(unknown_metadata={"ownerReferences": 5}),
    ],
)
def test_untyped_metadata_that_could_not_be_read_back_is_not_stored(obj: Unstructured) -> None:
    obj.api_version, obj.kind, obj.metadata.name = "shop.example/v1", "Thing", "a"
    things = Resource(
        Unstructured, plural="things", group="shop.example", version="v1", kind="Thing"
    )
    with factory.create(Config()) as root:
        storage = root.for_resource(things)
        for create in storage.create, storage.create_encoded:
            with pytest.raises(EncodeError, match="could not be read back"):
                create(CTX, "/shop.example/things/ns/a", obj)
        assert storage.stats(CTX).object_count == 0


def test_an_amount_that_could_not_be_read_back_is_not_stored() -> None:
    node = Node()
    node.metadata.name = "a"
    node.status.capacity = {"cpu": Quantity.of(Decimal("1e300"))}
    with factory.create(Config()) as root:
        nodes = root.for_resource(Resource(Node, plural="nodes", namespaced=False))
        for create in nodes.create, nodes.create_encoded:
            with pytest.raises(EncodeError, match="could not be read back"):
                create(CTX, "/nodes/a", node)
        assert nodes.stats(CTX).object_count == 0


def test_what_could_not_be_read_back_is_not_stored() -> None:
    with factory.create(Config()) as storage:
        holes = storage.for_resource(Resource(Hole, plural="holes", prefix="holes"))
        stored = holes.create(CTX, "/holes/ns/a", Hole())

        def reshape(hole: Hole, _: object) -> Hole:
            hole.form = Square(width=3)
            return hole

        with pytest.raises(EncodeError, match="could not be read back"):
            holes.create(CTX, "/holes/ns/b", Hole(form=Round()))
        with pytest.raises(EncodeError, match="could not be read back"):
            holes.guaranteed_update(CTX, "/holes/ns/a", reshape)
        found = holes.get_list(CTX, "/holes", ListOptions(recursive=True))
        assert list(found) == [stored]
        assert found.metadata.resource_version == stored.metadata.resource_version


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("limit", [2**63 - 1, 2**63, 2**80])
def test_any_limit_is_a_limit(kind: str, limit: int, tmp_path: Path) -> None:
    with factory.create(Config(type=kind, path=str(tmp_path / "shop.db"))) as storage:
        view = storage.for_resource(GIZMOS)
        view.create(CTX, KEY, Gizmo())
        predicate = SelectionPredicate(limit=limit)
        found = view.get_list(CTX, "/gizmos", ListOptions(recursive=True, predicate=predicate))
        assert len(found) == 1
        assert found.metadata.continue_ == ""


@pytest.mark.parametrize("limit", ["5", 1.5, None])
def test_a_limit_that_is_no_whole_number_is_refused(limit: Any) -> None:
    with pytest.raises(TypeError, match="limit is a whole number"):
        SelectionPredicate(limit=limit)


def test_an_object_of_another_class_is_not_stored(gizmos: ObjectStorage[Gizmo]) -> None:
    stored = gizmos.create(CTX, KEY, Gizmo(size=3))
    hole: Any = Hole()
    with pytest.raises(EncodeError, match="a Hole is no Gizmo"):
        gizmos.create(CTX, "/gizmos/ns/b", hole)
    with pytest.raises(EncodeError, match="a Hole is no Gizmo"):
        gizmos.guaranteed_update(CTX, KEY, lambda *_: hole)
    assert list(gizmos.get_list(CTX, "/gizmos", ListOptions(recursive=True))) == [stored]


class Confused(Transformer):
    """Returns whatever it is told to."""

    def __init__(self, written: Any, read: Any) -> None:
        self.written, self.read = written, read

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return self.written if self.written is not None else data

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        return self.read


def test_a_transformer_that_returns_something_else_is_to_blame() -> None:
    with (
        factory.create(Config(transformer=Confused("text", None))) as storage,
        pytest.raises(InternalStorageError, match="transformer made a str"),
    ):
        storage.for_resource(GIZMOS).create(CTX, KEY, Gizmo())
    for read in (None, b"{}", ("{}", False), (b"{}", False, 1)):
        with factory.create(Config(transformer=Confused(None, read))) as storage:
            view = storage.for_resource(GIZMOS)
            view.create(CTX, KEY, Gizmo())
            with pytest.raises(InternalStorageError):
                view.get(CTX, KEY)
