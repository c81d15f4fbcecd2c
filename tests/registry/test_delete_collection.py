"""Deleting whatever a list shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from widgetshop import WIDGETS, GracefulStrategy, Widget, WidgetStrategy, widget

from kregistry.meta.clock import Clock
from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import BadRequest, Invalid, NotFound, StatusError
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.options import DeleteOptions, ListOptions
from kregistry.registry import Store, deletecollection
from kregistry.storage import EventType, Interface


class CountingStore(Store[Widget]):
    """Counts the lists that were asked for."""

    lists = 0

    def list(self, ctx: Context, options: ListOptions | None = None) -> ObjectList[Widget]:
        self.lists += 1
        return super().list(ctx, options)


@pytest.fixture
def shop(storage: Interface[Object], clock: Clock) -> CountingStore:
    return CountingStore(WIDGETS, storage, WidgetStrategy(WIDGETS), clock=clock)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletecollection, "PAGE_SIZE", 2)


def fill(store: Store[Widget], ctx: Context, count: int = 10, **meta: Any) -> list[str]:
    names = [f"w{number:03}" for number in range(count)]
    for name in names:
        store.create(ctx, widget(name, **meta))
    return names


def names_of(found: ObjectList[Widget]) -> list[str]:
    return [item.metadata.name for item in found]


@pytest.mark.case("RS22")
@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.usefixtures("small_pages")
def test_everything_goes_and_is_returned_as_it_was_listed(
    shop: CountingStore, ctx: Context, workers: int
) -> None:
    shop.delete_collection_workers = workers
    names = fill(shop, ctx)
    before = shop.list(ctx)
    shop.lists = 0
    gone = shop.delete_collection(ctx)
    assert shop.lists == 5
    assert names_of(gone) == names
    assert list(gone) == list(before)
    assert (gone.kind, gone.metadata.continue_) == ("WidgetList", "")
    assert gone.metadata.remaining_item_count is None
    assert gone.metadata.resource_version == before.metadata.resource_version
    assert list(shop.list(ctx)) == []


def test_an_empty_collection_is_an_empty_list(shop: CountingStore, ctx: Context) -> None:
    gone = shop.delete_collection(ctx)
    assert (gone.kind, list(gone)) == ("WidgetList", [])


def test_selectors_spare_the_others(shop: CountingStore, ctx: Context) -> None:
    shop.create(ctx, widget("red", labels={"colour": "red"}))
    shop.create(ctx, widget("blue", labels={"colour": "blue"}))
    gone = shop.delete_collection(ctx, list_options=ListOptions(label_selector="colour=red"))
    assert names_of(gone) == ["red"]
    assert names_of(shop.list(ctx)) == ["blue"]
    shop.delete_collection(ctx, list_options=ListOptions(field_selector="metadata.name=red"))
    assert names_of(shop.list(ctx)) == ["blue"]


def test_other_namespaces_are_left_alone(shop: CountingStore, ctx: Context) -> None:
    elsewhere = Context(namespace="elsewhere")
    fill(shop, ctx, 2)
    fill(shop, elsewhere, 2)
    shop.delete_collection(ctx)
    assert len(shop.list(elsewhere)) == 2


def test_without_a_namespace_nothing_is_deleted(shop: CountingStore, ctx: Context) -> None:
    fill(shop, ctx, 2)
    with pytest.raises(BadRequest, match="Namespace parameter required"):
        shop.delete_collection(Context())
    assert len(shop.list(ctx)) == 2


@pytest.mark.usefixtures("small_pages")
def test_a_limit_means_one_page(shop: CountingStore, ctx: Context) -> None:
    names = fill(shop, ctx, 5)
    gone = shop.delete_collection(ctx, list_options=ListOptions(limit=3))
    assert names_of(gone) == names[:3]
    assert gone.metadata.continue_
    assert names_of(shop.list(ctx)) == names[3:]
    rest = shop.delete_collection(
        ctx, list_options=ListOptions(limit=3, continue_=gone.metadata.continue_)
    )
    assert names_of(rest) == names[3:]


@pytest.mark.usefixtures("small_pages")
def test_a_list_of_an_exact_version_is_paged_too(shop: CountingStore, ctx: Context) -> None:
    names = fill(shop, ctx, 3)
    version = shop.list(ctx).metadata.resource_version
    shop.create(ctx, widget("later"))
    wanted = ListOptions(resource_version=version, resource_version_match="Exact")
    assert names_of(shop.delete_collection(ctx, list_options=wanted)) == names
    assert names_of(shop.list(ctx)) == ["later"]


def test_a_rehearsal_deletes_nothing(shop: CountingStore, ctx: Context) -> None:
    fill(shop, ctx, 3)
    gone = shop.delete_collection(ctx, options=DeleteOptions(dry_run=("All",)))
    assert len(gone) == 3
    assert list(shop.list(ctx)) == list(gone)


def test_objects_with_finalizers_are_marked_and_returned_without_the_mark(
    shop: CountingStore, ctx: Context
) -> None:
    fill(shop, ctx, 2, finalizers=["shop.example/hold"])
    gone = shop.delete_collection(ctx)
    assert [item.metadata.deletion_timestamp for item in gone] == [None, None]
    assert all(item.metadata.deletion_timestamp for item in shop.list(ctx))


@pytest.mark.case("RS23")
def test_options_of_the_caller_are_not_changed(
    storage: Interface[Object], ctx: Context, clock: Clock
) -> None:
    graceful = Store(WIDGETS, storage, GracefulStrategy(WIDGETS), clock=clock)
    fill(graceful, ctx, 2)
    options, list_options = DeleteOptions(), ListOptions()
    graceful.delete_collection(ctx, options=options, list_options=list_options)
    assert (options, list_options) == (DeleteOptions(), ListOptions())
    marked = [item.metadata.deletion_grace_period_seconds for item in graceful.list(ctx)]
    assert marked == [30, 30]


@pytest.mark.case("RS24")
def test_what_others_delete_meanwhile_is_no_failure(shop: CountingStore, ctx: Context) -> None:
    for _ in range(5):
        fill(shop, ctx, 4)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(shop.delete_collection, ctx) for _ in range(2)]
            for each in both:
                each.result(timeout=30)
        assert list(shop.list(ctx)) == []


@pytest.mark.case("RS25")
@pytest.mark.parametrize("workers", [1, 8])
def test_the_first_failure_ends_it_and_comes_out_unchanged(
    shop: CountingStore, ctx: Context, workers: int
) -> None:
    shop.delete_collection_workers = workers
    fill(shop, ctx, 100)
    veto = RuntimeError("not this one")

    def validate(ctx: Context, obj: Widget) -> None:
        if obj.metadata.name == "w050":
            raise veto

    with pytest.raises(RuntimeError) as caught:
        shop.delete_collection(ctx, validate=validate)
    assert caught.value is veto
    left = names_of(shop.list(ctx))
    assert "w050" in left
    if workers == 1:
        assert left == [f"w{number:03}" for number in range(50, 100)]


@pytest.mark.case("RS26")
def test_a_cancelled_request_stops_between_two_objects(shop: CountingStore, ctx: Context) -> None:
    fill(shop, ctx, 5)
    cancellation = Cancellation()
    asked: list[str] = []

    def validate(ctx: Context, obj: Widget) -> None:
        asked.append(obj.metadata.name)
        cancellation.cancel()

    with pytest.raises(StatusError):
        shop.delete_collection(attrs.evolve(ctx, cancellation=cancellation), validate=validate)
    assert asked == ["w000"]
    assert len(shop.list(ctx)) >= 4


def test_a_request_cancelled_before_it_starts_deletes_nothing(
    shop: CountingStore, ctx: Context
) -> None:
    fill(shop, ctx, 2)
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(StatusError, match="could not be completed at this time"):
        shop.delete_collection(attrs.evolve(ctx, cancellation=cancellation))
    assert len(shop.list(ctx)) == 2


@pytest.mark.case("RS27")
def test_a_watcher_sees_each_object_as_it_was(shop: CountingStore, ctx: Context) -> None:
    made = shop.create(ctx, widget("anvil", labels={"a": "b"}))
    options = ListOptions(resource_version=made.metadata.resource_version)
    with shop.watch(ctx, options) as watch:
        shop.delete_collection(ctx)
        event = watch.next(timeout=10)
    assert event is not None
    assert event.type is EventType.DELETED
    assert event.object.metadata.labels == {"a": "b"}


def test_the_namespace_of_the_request_is_the_only_one(shop: CountingStore, ctx: Context) -> None:
    made = shop.create(ctx, widget())
    assert made.metadata.namespace == "default"
    with pytest.raises(NotFound):
        shop.delete(Context(namespace="elsewhere"), "anvil")


@pytest.mark.parametrize(
    ("options", "list_options", "field"),
    [
        (DeleteOptions(propagation_policy="Sideways"), ListOptions(), "propagationPolicy"),
        (DeleteOptions(dry_run=("Some",)), ListOptions(), "dryRun"),
        (DeleteOptions(), ListOptions(resource_version_match="Exact"), "resourceVersionMatch"),
    ],
)
def test_wrong_options_are_refused_before_anything_happens(
    shop: CountingStore,
    ctx: Context,
    options: DeleteOptions,
    list_options: ListOptions,
    field: str,
) -> None:
    fill(shop, ctx, 1)
    with pytest.raises(Invalid, match=field):
        shop.delete_collection(ctx, options=options, list_options=list_options)
    assert len(shop.list(ctx)) == 1
