"""Graphs that nobody sane would make, and writers that come in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from estate import HOLD, Estate, names, to
from widgetshop import GADGETS, WIDGETS, Widget

from kregistry.controllers import Action, GarbageCollector, NotConverged
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Forbidden, InternalError
from kregistry.meta.gvk import GroupResource
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta, OwnerReference
from kregistry.meta.options import GetOptions
from kregistry.registry import Store, Strategy
from kregistry.storage import Interface

WIDGET = GroupResource("shop.example", "widgets")


# Graphs.


@pytest.mark.parametrize("policy", ["Background", "Orphan"])
def test_an_object_that_owns_itself_goes(estate: Estate, policy: str) -> None:
    a = estate.add("widgets/a")
    estate.own("widgets/a", to(a, block=True))
    assert estate.collect().quiet
    estate.delete("widgets/a", policy)
    estate.collect()
    assert estate.paths() == set()


def test_an_object_that_waits_for_itself_is_reported(estate: Estate) -> None:
    """As in a cluster, where it waits until somebody takes the finalizer away."""
    a = estate.add("widgets/a")
    estate.own("widgets/a", to(a, block=True))
    estate.delete("widgets/a", "Foreground")
    found = estate.collect()
    assert found.quiet
    assert [(entry.object.name, names(entry.behind)) for entry in found.waiting] == [("a", ["a"])]
    estate.delete("widgets/a", "Background")
    assert estate.paths() == set()


def test_objects_that_all_wait_for_each_other_are_reported(estate: Estate) -> None:
    a = estate.add("widgets/a")
    b = estate.add("widgets/b", to(a, block=True))
    estate.own("widgets/a", to(b, block=True))
    estate.delete("widgets/a", "Foreground")
    estate.delete("widgets/b", "Foreground")
    found = estate.collect()
    assert found.quiet
    assert {e.object.name: names(e.behind) for e in found.waiting} == {"a": ["b"], "b": ["a"]}


def test_a_circle_deleted_in_the_foreground_is_cut_open(estate: Estate) -> None:
    a = estate.add("widgets/a")
    b = estate.add("gadgets/b", to(a, block=True))
    estate.own("widgets/a", to(b, block=True))
    estate.delete("widgets/a", "Foreground")
    found = estate.collect()
    assert estate.paths() == set()
    assert names(found.of(Action.UNBLOCKED)) == ["b"]


def test_a_circle_of_a_hundred_goes_whichever_way_it_is_deleted(small_estate: Estate) -> None:
    estate = small_estate
    for policy in ("Foreground", "Background"):
        first = last = estate.add("widgets/o000")
        for number in range(1, 100):
            last = estate.add(f"widgets/o{number:03}", to(last, block=True))
        estate.own("widgets/o000", to(last, block=True))
        assert first.metadata.uid != last.metadata.uid
        estate.delete("widgets/o000", policy)
        estate.collect()
        assert estate.paths() == set()


@pytest.mark.parametrize("policy", ["Foreground", "Background"])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_five_hundred_goes_in_a_few_steps(
    small_estate: Estate, policy: str, backwards: bool
) -> None:
    estate = small_estate
    order = [f"widgets/o{number:03}" for number in range(500)]
    if backwards:
        order.reverse()
    last = estate.add(order[0])
    for path in order[1:]:
        last = estate.add(path, to(last, block=True))
    estate.delete(order[0], policy)
    steps = [estate.collector.step() for _ in range(2)]
    assert steps[1].quiet
    assert estate.paths() == set()


def test_a_graph_in_which_everybody_owns_everybody_goes(small_estate: Estate) -> None:
    estate = small_estate
    made = [estate.add(f"widgets/o{number:02}") for number in range(40)]
    root = estate.add("regions/root")
    for number, obj in enumerate(made):
        others = [to(other, block=True) for other in made if other is not obj]
        estate.own(f"widgets/o{number:02}", *others)
    for number in range(40):
        estate.delete(f"widgets/o{number:02}", "Background" if number else "Foreground")
    estate.collect()
    assert estate.paths() == {"regions/root"}
    assert root.metadata.owner_references == []


@pytest.mark.parametrize(
    ("policy", "count"), [("Background", 2_000), ("Foreground", 10_000), ("Orphan", 2_000)]
)
def test_thousands_of_dependents_are_served(small_estate: Estate, policy: str, count: int) -> None:
    estate = small_estate
    owner = estate.add("regions/owner")
    for number in range(count):
        estate.add(f"widgets/o{number:05}", to(owner, block=number % 2 == 0))
    estate.delete("regions/owner", policy)
    found = estate.collect()
    assert not estate.has("regions/owner")
    if policy == "Orphan":
        assert len(found.of(Action.DISOWNED)) == count
        assert len(estate.paths()) == count
    else:
        assert len(found.deleted) == count + (policy == "Foreground")
        assert estate.paths() == set()


def test_an_object_with_many_owners_that_go_one_by_one_goes_last(
    small_estate: Estate,
) -> None:
    estate = small_estate
    owners = [estate.add("regions/o000")]
    for number in range(1, 300):
        owners.append(estate.add(f"regions/o{number:03}", to(owners[-1])))
    estate.add("widgets/a", *(to(owner) for owner in owners))
    estate.delete("regions/o000")
    assert estate.collect().deleted[-1].name == "a"
    assert estate.paths() == set()


@pytest.mark.parametrize("name", ["..", "a/b", "%", "n" * 300, "\u2028", "☃"])
def test_an_owner_with_an_odd_name_does_no_harm(estate: Estate, name: str) -> None:
    reference = OwnerReference(api_version="shop.example/v1", kind="Widget", name=name, uid="u")
    estate.add("widgets/a", reference)
    estate.add("widgets/b", to(estate.get("widgets/a")))
    found = estate.collect()
    assert found.failures or names(found.deleted) == ["a", "b"]
    assert estate.collect().quiet


@pytest.mark.parametrize("version", ["\n", " shop.example/v1", "shop.example/V1"])
def test_an_owner_in_an_odd_version_is_unknown(estate: Estate, version: str) -> None:
    reference = OwnerReference(api_version=version, kind="Widget", name="n", uid="u")
    estate.add("widgets/a", reference)
    assert len(estate.collect().unresolved) == 1


# Other writers.


class Interrupted(Store[Widget]):
    """Something happens just before the collector reads or deletes."""

    before_get: Callable[[str], None] | None = None
    before_delete: Callable[[str], None] | None = None
    before_modify: Callable[[str], None] | None = None

    def get(self, ctx: Context, name: str, options: GetOptions | None = None) -> Widget:
        self._interrupt("before_get", name)
        return super().get(ctx, name, options)

    def delete(self, ctx: Context, name: str, **how: Any) -> Any:
        self._interrupt("before_delete", name)
        return super().delete(ctx, name, **how)

    def modify(self, ctx: Context, name: str, change: Any, **how: Any) -> Widget:
        self._interrupt("before_modify", name)
        return super().modify(ctx, name, change, **how)

    def _interrupt(self, point: str, name: str) -> None:
        action = getattr(self, point)
        if action is not None:
            if not getattr(action, "again", False):
                setattr(self, point, None)
            action(name)


class Busy:
    """An estate whose collector uses a Store into which others write."""

    def __init__(self, storage: Interface[Object]) -> None:
        self.estate = Estate(storage)
        self.store = Interrupted(WIDGETS, storage, Strategy(WIDGETS))
        others = (self.estate.gadgets, self.estate.regions)
        self.collector = GarbageCollector((self.store, *others), max_steps=5)

    def label(self, name: str) -> None:
        """What a busy controller does to its objects."""

        def change(obj: Widget) -> None:
            obj.metadata.labels["tick"] = str(int(obj.metadata.labels.get("tick", "0")) + 1)

        self.estate.widgets.modify(Context(namespace="default"), name, change)


@pytest.fixture
def busy(storage: Interface[Object]) -> Busy:
    return Busy(storage)


def orphaned_widget(busy: Busy, *more: OwnerReference, **meta: Any) -> None:
    owner = busy.estate.add("regions/owner")
    busy.estate.add("widgets/a", to(owner), *more, **meta)
    busy.estate.delete("regions/owner")


def test_a_change_of_anything_but_owners_does_not_save_an_object(busy: Busy) -> None:
    orphaned_widget(busy)
    busy.store.before_delete = busy.label
    assert names(busy.collector.collect().deleted) == ["a"]


def test_a_writer_that_never_rests_does_not_save_an_object_either(busy: Busy) -> None:
    orphaned_widget(busy)

    def again(name: str) -> None:
        busy.label(name)

    again.again = True  # type: ignore[attr-defined]
    busy.store.before_delete = again
    assert names(busy.collector.collect().deleted) == ["a"]


def test_an_object_replaced_between_two_attempts_is_not_deleted(busy: Busy) -> None:
    orphaned_widget(busy)
    owners = busy.estate.get("widgets/a").metadata.owner_references
    solid = busy.estate.add("gadgets/solid")

    def replace(name: str) -> None:
        busy.estate.delete(f"widgets/{name}")
        busy.estate.add(f"widgets/{name}", *owners, to(solid))

    def label(name: str) -> None:
        busy.label(name)
        busy.store.before_delete = replace

    busy.store.before_delete = label
    assert busy.collector.collect().deleted == ()
    assert busy.estate.owners("widgets/a") == ["solid"]


def test_a_new_owner_in_the_last_moment_saves_an_object(busy: Busy) -> None:
    orphaned_widget(busy)
    solid = busy.estate.add("gadgets/solid")
    busy.store.before_delete = lambda name: busy.estate.own(f"widgets/{name}", to(solid))
    found = busy.collector.collect()
    assert found.deleted == ()
    assert busy.estate.owners("widgets/a") == ["solid"]


def test_an_object_that_goes_in_the_last_moment_is_none_of_the_collectors(busy: Busy) -> None:
    orphaned_widget(busy)
    busy.store.before_delete = lambda name: busy.estate.delete(f"widgets/{name}")
    found = busy.collector.collect()
    assert (found.deleted, found.failures) == ((), ())
    assert busy.estate.paths() == set()


def test_an_object_that_takes_the_place_of_another_is_not_taken_for_it(busy: Busy) -> None:
    orphaned_widget(busy)

    def replace(name: str) -> None:
        busy.estate.delete(f"widgets/{name}")
        busy.estate.add(f"widgets/{name}")

    busy.store.before_delete = replace
    assert busy.collector.collect().deleted == ()
    assert busy.estate.has("widgets/a")


def test_a_replaced_object_keeps_its_owners(busy: Busy) -> None:
    solid = busy.estate.add("gadgets/solid")
    orphaned_widget(busy, to(solid))

    def replace(name: str) -> None:
        busy.estate.delete(f"widgets/{name}")
        busy.estate.add(f"widgets/{name}", to(solid))

    busy.store.before_modify = replace
    found = busy.collector.collect()
    assert found.changes == ()
    assert busy.estate.owners("widgets/a") == ["solid"]


def test_an_object_marked_by_another_is_left_to_it(busy: Busy) -> None:
    orphaned_widget(busy, finalizers=[HOLD])
    busy.store.before_get = lambda name: busy.estate.delete(f"widgets/{name}")
    found = busy.collector.collect()
    assert found.changes == ()
    assert names(entry.object for entry in found.waiting) == ["a"]


def test_an_owner_that_appears_in_time_keeps_its_dependents(storage: Interface[Object]) -> None:
    """A listing of owners may be older than one of dependents; reading settles it."""
    estate = Estate(storage)

    class Late(Store[Any]):
        """Does not show the newest object in a list."""

        def list(self, ctx: Context, options: Any = None) -> Any:
            found = super().list(ctx, options)
            found.items = [obj for obj in found.items if obj.metadata.name != "late"]
            return found

    late = estate.add("gadgets/late")
    estate.add("widgets/a", to(late))
    collector = GarbageCollector([estate.widgets, Late(GADGETS, storage)])
    assert collector.collect().quiet
    assert estate.has("widgets/a")


@pytest.mark.parametrize("block", [None, True])
def test_a_dependent_that_comes_while_others_are_orphaned_is_orphaned_too(
    busy: Busy, block: bool | None
) -> None:
    owner = busy.estate.add("regions/owner")
    busy.estate.add("widgets/a", to(owner, block=block))
    busy.estate.delete("regions/owner", "Orphan")
    busy.store.before_modify = lambda name: busy.estate.add("gadgets/late", to(owner, block=block))
    busy.collector.collect()
    assert busy.estate.paths() == {"widgets/a", "gadgets/late"}
    assert busy.estate.owners("gadgets/late") == []


def test_a_writer_that_never_rests_is_named(busy: Busy) -> None:
    """Every time, somebody gives the object another owner that is gone."""
    orphaned_widget(busy)
    counter = iter(range(10_000))

    def again(name: str) -> None:
        reference = OwnerReference(
            api_version="shop.example/v1", kind="Region", name="x", uid=f"u{next(counter)}"
        )

        def change(obj: Widget) -> None:
            obj.metadata.owner_references = [reference]

        busy.estate.widgets.modify(Context(namespace="default"), name, change)

    again.again = True  # type: ignore[attr-defined]
    busy.store.before_delete = again
    with pytest.raises(NotConverged, match="not at rest after 5 steps: Widget default/a") as caught:
        busy.collector.collect()
    assert names(caught.value.objects) == ["a"]
    assert names(caught.value.collected.unsettled) == ["a"]


class Sticky(Strategy[Widget]):
    """Does not let go of owners."""

    def prepare_for_update(self, ctx: Context, obj: Widget, old: Widget) -> None:
        obj.metadata.owner_references = old.metadata.owner_references


def test_a_strategy_that_keeps_owners_is_named(storage: Interface[Object]) -> None:
    estate = Estate(storage)
    solid, going = estate.add("regions/solid"), estate.add("regions/going")
    estate.add("widgets/a", to(solid), to(going))
    estate.delete("regions/going")
    sticky = Store(WIDGETS, storage, Sticky(WIDGETS))
    collector = GarbageCollector([sticky, estate.regions], max_steps=3)
    with pytest.raises(NotConverged, match="Widget default/a"):
        collector.collect()


def refuse(error: Exception) -> Callable[[str], None]:
    def action(name: str) -> None:
        raise error

    return action


@pytest.mark.parametrize("error", [Forbidden(WIDGET, "a", "no"), InternalError("broken")])
def test_a_refused_deletion_is_reported_and_tried_again_next_time(
    busy: Busy, error: Exception
) -> None:
    orphaned_widget(busy)
    busy.estate.add("widgets/b", *busy.estate.get("widgets/a").metadata.owner_references)
    busy.store.before_delete = refuse(error)
    found = busy.collector.step()
    assert [(failure.object.name, failure.error) for failure in found.failures] == [("a", error)]
    assert names(found.deleted) == ["b"]
    assert names(busy.collector.collect().deleted) == ["a"]


def test_an_owner_waits_while_a_dependent_cannot_be_orphaned(busy: Busy) -> None:
    owner = busy.estate.add("regions/owner")
    busy.estate.add("widgets/a", to(owner))
    busy.estate.delete("regions/owner", "Orphan")
    busy.store.before_modify = refuse(Forbidden(WIDGET, "a", "no"))
    found = busy.collector.step()
    assert names(failure.object for failure in found.failures) == ["a"]
    assert names(entry.object for entry in found.waiting) == ["owner"]
    busy.collector.collect()
    assert busy.estate.paths() == {"widgets/a"}


def test_an_owner_that_cannot_be_read_saves_its_dependents(busy: Busy) -> None:
    reference = OwnerReference(
        api_version="shop.example/v1", kind="Widget", name="owner", uid="some-uid"
    )
    busy.estate.add("gadgets/a", reference)
    busy.store.before_get = refuse(InternalError("unreadable"))
    found = busy.collector.step()
    assert names(failure.object for failure in found.failures) == ["a"]
    assert busy.estate.has("gadgets/a")


def test_a_store_that_answers_every_read_with_a_conflict_ends_in_an_error(busy: Busy) -> None:
    reference = OwnerReference(
        api_version="shop.example/v1", kind="Widget", name="owner", uid="some-uid"
    )
    busy.estate.add("gadgets/a", reference)
    action = refuse(Conflict(WIDGET, "owner", "odd"))
    action.again = True  # type: ignore[attr-defined]

    def get(ctx: Context, name: str, options: Any = None) -> Any:
        raise Conflict(WIDGET, name, "odd")

    busy.store.get = get  # type: ignore[method-assign]
    with pytest.raises(NotConverged, match="Gadget default/a"):
        busy.collector.collect()


def test_nothing_is_done_when_a_store_cannot_be_listed(storage: Interface[Object]) -> None:
    estate = Estate(storage)

    class Unreadable(Store[Any]):
        def list(self, ctx: Context, options: Any = None) -> Any:
            raise BadRequest("unreadable")

    owner = estate.add("regions/owner")
    estate.add("widgets/a", to(owner))
    estate.delete("regions/owner")
    collector = GarbageCollector([estate.widgets, estate.regions, Unreadable(GADGETS, storage)])
    with pytest.raises(BadRequest, match="unreadable"):
        collector.collect()
    assert estate.has("widgets/a")


def test_what_a_hook_raises_comes_out_as_it_is(storage: Interface[Object]) -> None:
    class Angry(Store[Widget]):
        def after_delete(self, obj: Widget, options: Any) -> None:
            raise RuntimeError("no more")

    estate = Estate(storage)
    owner = estate.add("regions/owner")
    estate.widgets.create(
        Context(namespace="default"),
        Widget(metadata=ObjectMeta(name="a", owner_references=[to(owner)])),
    )
    estate.delete("regions/owner")
    with pytest.raises(RuntimeError, match="no more"):
        GarbageCollector([Angry(WIDGETS, storage), estate.regions]).collect()
