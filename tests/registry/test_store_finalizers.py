"""Finalizers: what holds a deleted object, and who decides about its dependents."""

from __future__ import annotations

from datetime import timedelta

import pytest
from widgetshop import WIDGETS, GracefulStrategy, Widget, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import DeleteOptions
from kregistry.meta.status import Status
from kregistry.meta.time import Time
from kregistry.registry import GarbageCollectionPolicy, Store
from kregistry.registry.deletionplan import mark_as_deleting
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

HOLD = "x.io/hold"
OTHERS = ["x.io/a", "x.io/b"]
NOW = Time.of(FakeClock().now())


class Orphans(WidgetStrategy):
    """Dependents stay when nobody says anything."""

    def default_garbage_collection_policy(self, ctx: Context) -> GarbageCollectionPolicy:
        return GarbageCollectionPolicy.ORPHAN_DEPENDENTS


class Counting(Store[Widget]):
    """Counts the objects that went."""

    gone = 0

    def after_delete(self, obj: Widget, options: DeleteOptions) -> None:
        self.gone += 1


def release(store: Counting, ctx: Context) -> None:
    """Update anvil once with its finalizer and once without, and see it go."""
    kept = store.modify(ctx, "anvil", lambda obj: obj.metadata.labels.update(a="b"))
    assert kept.metadata.finalizers == [HOLD]
    assert (store.gone, store.get(ctx, "anvil")) == (0, kept)
    store.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.clear())
    assert store.gone == 1
    with pytest.raises(NotFound):
        store.get(ctx, "anvil")


@pytest.mark.case("RS18")
@pytest.mark.parametrize("collected", [True, False])
def test_a_finalizer_holds_what_gets_time_to_end(
    storage: Interface[Object], ctx: Context, collected: bool
) -> None:
    rules = GracefulStrategy(WIDGETS)
    store = Counting(WIDGETS, storage, rules, enable_garbage_collection=collected)
    store.create(ctx, widget(finalizers=[HOLD]))

    assert not store.delete(ctx, "anvil", options=DeleteOptions(grace_period_seconds=0)).immediate

    assert store.gone == 0
    release(store, ctx)


@pytest.mark.case("RS19")
@pytest.mark.parametrize("collected", [True, False])
def test_a_finalizer_holds_what_gets_no_time(
    storage: Interface[Object], ctx: Context, collected: bool
) -> None:
    rules = WidgetStrategy(WIDGETS)
    store = Counting(WIDGETS, storage, rules, enable_garbage_collection=collected)
    made = store.create(ctx, widget(finalizers=[HOLD]))

    assert not store.delete(ctx, "anvil").immediate

    meta = store.get(ctx, "anvil").metadata
    assert meta.deletion_timestamp is not None
    assert meta.deletion_grace_period_seconds == 0
    assert meta.generation > made.metadata.generation
    release(store, ctx)


def finalizers_after(
    store: Store[Widget], ctx: Context, finalizers: list[str], options: DeleteOptions | None
) -> list[str] | None:
    """What a deletion leaves on an object with these finalizers; None if nothing is left."""
    made = store.create(ctx, widget(finalizers=finalizers))
    deleted = store.delete(ctx, "anvil", options=options)
    if deleted.immediate:
        with pytest.raises(NotFound):
            store.get(ctx, "anvil")
        return None
    meta = store.get(ctx, "anvil").metadata
    assert meta.deletion_timestamp is not None
    assert meta.deletion_grace_period_seconds == 0
    assert meta.generation == made.metadata.generation + 1
    return list(meta.finalizers)


def orphaning(asked: bool | None) -> DeleteOptions:
    return DeleteOptions(orphan_dependents=asked)


ORPHAN_WITH_OTHERS = [OTHERS[0], "orphan", OTHERS[1]]
BEHIND = [*OTHERS, "orphan"]


@pytest.mark.case("RS20")
@pytest.mark.parametrize(
    ("rules", "options", "left"),
    [
        # What is left of: orphan among others, others, none, orphan alone.
        (WidgetStrategy, orphaning(True), [ORPHAN_WITH_OTHERS, BEHIND, ["orphan"], ["orphan"]]),
        (Orphans, orphaning(True), [ORPHAN_WITH_OTHERS, BEHIND, ["orphan"], ["orphan"]]),
        (WidgetStrategy, orphaning(False), [OTHERS, OTHERS, None, None]),
        (Orphans, orphaning(False), [OTHERS, OTHERS, None, None]),
        (WidgetStrategy, orphaning(None), [ORPHAN_WITH_OTHERS, OTHERS, None, ["orphan"]]),
        (Orphans, orphaning(None), [ORPHAN_WITH_OTHERS, BEHIND, ["orphan"], ["orphan"]]),
        (WidgetStrategy, None, [ORPHAN_WITH_OTHERS, OTHERS, None, ["orphan"]]),
        (Orphans, None, [ORPHAN_WITH_OTHERS, BEHIND, ["orphan"], ["orphan"]]),
    ],
)
@pytest.mark.parametrize("number", range(4), ids=["orphan+others", "others", "none", "orphan"])
def test_orphan_dependents_decides_or_else_the_object_or_else_its_kind(
    storage: Interface[Object],
    ctx: Context,
    rules: type[WidgetStrategy],
    options: DeleteOptions | None,
    left: list[list[str] | None],
    number: int,
) -> None:
    store = Store(WIDGETS, storage, rules(WIDGETS))
    has = [ORPHAN_WITH_OTHERS, OTHERS, [], ["orphan"]][number]

    assert finalizers_after(store, ctx, has, options) == left[number]


@pytest.mark.case("RS21")
@pytest.mark.parametrize("rules", [WidgetStrategy, Orphans])
@pytest.mark.parametrize("has", [[], ["orphan"], ["foregroundDeletion"]], ids=str)
@pytest.mark.parametrize("policy", ["Foreground", "Background", "Orphan", None])
def test_propagation_decides_or_else_the_object_or_else_its_kind(
    storage: Interface[Object],
    ctx: Context,
    rules: type[WidgetStrategy],
    has: list[str],
    policy: str | None,
) -> None:
    store = Store(WIDGETS, storage, rules(WIDGETS))
    by_kind = ["orphan"] if rules is Orphans else None
    left = {
        "Foreground": ["foregroundDeletion"],
        "Background": None,
        "Orphan": ["orphan"],
        None: has or by_kind,
    }[policy]

    options = DeleteOptions(propagation_policy=policy)
    assert finalizers_after(store, ctx, has, options) == left


@pytest.mark.case("RS29")
def test_a_delete_that_waits_already_is_answered_with_the_name(
    storage: Interface[Object], ctx: Context
) -> None:
    store = Store(WIDGETS, storage, GracefulStrategy(WIDGETS))
    made = store.create(ctx, widget())
    store.delete(ctx, "anvil", options=DeleteOptions())

    result = store.delete(ctx, "anvil", options=DeleteOptions()).result

    assert isinstance(result, Status)
    assert result.status == "Success"
    assert result.details is not None
    told = result.details
    assert (told.name, told.group, told.kind) == ("anvil", "shop.example", "widgets")
    assert told.uid == made.metadata.uid


@pytest.mark.case("RS31")
@pytest.mark.parametrize(("user", "left"), [("old client", ["orphan"]), ("new client", None)])
def test_the_policy_of_a_kind_may_depend_on_who_asks(
    storage: Interface[Object], user: str, left: list[str] | None
) -> None:
    class AsOfOld(WidgetStrategy):
        def default_garbage_collection_policy(self, ctx: Context) -> GarbageCollectionPolicy:
            if ctx.user == "old client":
                return GarbageCollectionPolicy.ORPHAN_DEPENDENTS
            return GarbageCollectionPolicy.DELETE_DEPENDENTS

    store = Store(WIDGETS, storage, AsOfOld(WIDGETS))
    ctx = Context(namespace="default", user=user)

    assert finalizers_after(store, ctx, [], DeleteOptions()) == left


@pytest.mark.case("RS32")
@pytest.mark.parametrize(
    ("seconds", "stays"), [(None, False), (3600, False), (-3600, True), (0, True)]
)
def test_a_mark_is_made_now_unless_its_time_is_over(seconds: int | None, stays: bool) -> None:
    was = None if seconds is None else Time.of(NOW.datetime + timedelta(seconds=seconds))
    meta = ObjectMeta(deletion_timestamp=was, generation=3)

    mark_as_deleting(meta, NOW)

    assert meta.deletion_timestamp == (was if stays else NOW)
    assert meta.deletion_grace_period_seconds == 0
    assert meta.generation == (4 if was is None else 3)
