"""The garbage collector: what goes, what stays, what is only made free."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from estate import HOLD, Estate, names, to
from widgetshop import REGIONS, WIDGETS, GracefulStrategy, Region

from kregistry.controllers import Action, GarbageCollector
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import OwnerReference
from kregistry.meta.options import DeleteOptions
from kregistry.registry import GarbageCollectionPolicy, Store, Strategy
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

NOBODY = OwnerReference(
    api_version="shop.example/v1", kind="Widget", name="nobody", uid="no-such-uid"
)


# Background.


def one_owner_gone(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    estate.add("widgets/a", to(owner))
    estate.add("gadgets/b", to(owner, block=True))
    estate.delete("widgets/owner")


def chain(estate: Estate) -> None:
    last = estate.add("widgets/z-first")
    for name in ("y", "x", "w", "v"):
        last = estate.add(f"widgets/{name}", to(last))
    estate.delete("widgets/z-first")


def never_existed(estate: Estate) -> None:
    estate.add("widgets/a", NOBODY)


def wrong_uid(estate: Estate) -> None:
    owner = estate.add("widgets/keep")
    estate.add("widgets/a", to(owner, uid="another"))


def wrong_name(estate: Estate) -> None:
    owner = estate.add("widgets/keep")
    estate.add("widgets/a", to(owner, name="kept"))


def wrong_kind(estate: Estate) -> None:
    owner = estate.add("widgets/keep")
    estate.add("widgets/a", to(owner, kind="Gadget"))


def other_namespace(estate: Estate) -> None:
    owner = estate.add("widgets/keep")
    estate.add("widgets/far/a", to(owner))


def recreated(estate: Estate) -> None:
    owner = estate.add("widgets/keep")
    estate.add("widgets/a", to(owner))
    estate.delete("widgets/keep")
    estate.add("widgets/keep")


def cluster_scoped_owner(estate: Estate) -> None:
    north, south = estate.add("regions/keep"), estate.add("regions/south")
    estate.add("widgets/keep", to(north))
    estate.add("widgets/far/keep", to(north))
    estate.add("regions/keep-too", to(north))
    estate.add("gadgets/far/a", to(south))
    estate.add("regions/b", to(south))
    estate.delete("regions/south")


def both_owners_gone(estate: Estate) -> None:
    one, two = estate.add("widgets/one"), estate.add("regions/two")
    estate.add("gadgets/a", to(one), to(two))
    estate.delete("widgets/one")
    estate.delete("regions/two")


def circle(estate: Estate) -> None:
    root = estate.add("widgets/root")
    a = estate.add("widgets/a", to(root))
    b = estate.add("gadgets/b", to(a, block=True))
    estate.delete("widgets/root")
    estate.own("widgets/a", to(b, block=True))
    estate.delete("gadgets/b")


# Foreground.


def foreground(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    a = estate.add("widgets/a", to(owner, block=True))
    estate.add("gadgets/b", to(owner))
    estate.add("gadgets/c", to(a, block=True))
    estate.delete("widgets/owner", "Foreground")


def foreground_circle(estate: Estate) -> None:
    a = estate.add("widgets/a")
    b = estate.add("gadgets/b", to(a, block=True))
    c = estate.add("widgets/c", to(b, block=True))
    estate.own("widgets/a", to(c, block=True))
    estate.delete("widgets/a", "Foreground")


def foreground_without_dependents(estate: Estate) -> None:
    estate.add("widgets/owner")
    estate.delete("widgets/owner", "Foreground")


def foreground_to_background(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    estate.add("widgets/a", to(owner, block=True))
    estate.delete("widgets/owner", "Foreground")
    estate.delete("widgets/owner", "Background")


# Orphan.


def orphan(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    estate.add("widgets/keep", to(owner, block=True))
    estate.add("gadgets/keep", to(owner))
    estate.delete("widgets/owner", "Orphan")


def orphan_in_the_middle(estate: Estate) -> None:
    """The collector honours an orphan finalizer that was there before."""
    root = estate.add("widgets/root")
    middle = estate.add("widgets/middle", to(root), finalizers=["orphan"])
    estate.add("widgets/keep", to(middle))
    estate.delete("widgets/root")


def orphan_without_dependents(estate: Estate) -> None:
    estate.add("widgets/owner")
    estate.delete("widgets/owner", "Orphan")


SCENARIOS: list[Callable[[Estate], None]] = [
    one_owner_gone,
    chain,
    never_existed,
    wrong_uid,
    wrong_name,
    wrong_kind,
    other_namespace,
    recreated,
    cluster_scoped_owner,
    both_owners_gone,
    circle,
    foreground,
    foreground_circle,
    foreground_without_dependents,
    foreground_to_background,
    orphan,
    orphan_in_the_middle,
    orphan_without_dependents,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_only_what_is_called_keep_is_kept(
    estate: Estate, scenario: Callable[[Estate], None]
) -> None:
    scenario(estate)
    keep = {path for path in estate.paths() if "keep" in path}
    found = estate.collect()
    assert estate.paths() == keep
    assert (found.failures, found.unresolved, found.waiting) == ((), (), ())
    assert estate.collect().quiet


def test_nothing_happens_where_every_owner_stands(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    estate.add("gadgets/a", to(owner, block=True))
    before = estate.get("gadgets/a")
    assert estate.collect().changes == ()
    assert estate.get("gadgets/a") == before


def test_a_circle_without_a_deletion_stays(estate: Estate) -> None:
    a = estate.add("widgets/a")
    b = estate.add("widgets/b", to(a, block=True))
    estate.own("widgets/a", to(b, block=True))
    assert estate.collect().quiet


def test_dangling_references_are_removed_while_one_owner_stands(estate: Estate) -> None:
    solid, going = estate.add("widgets/solid"), estate.add("regions/going")
    estate.add("gadgets/a", to(going), NOBODY, to(solid))
    estate.delete("regions/going")
    found = estate.collect()
    assert estate.owners("gadgets/a") == ["solid"]
    assert names(found.of(Action.DISOWNED)) == ["a"]
    assert found.deleted == ()


def test_of_two_references_with_one_uid_only_the_wrong_one_is_removed(estate: Estate) -> None:
    solid = estate.add("widgets/solid")
    estate.add("gadgets/a", to(solid), to(solid, name="elsewhere"))
    estate.collect()
    assert estate.owners("gadgets/a") == ["solid"]


def test_an_owner_that_waits_does_not_keep_and_does_not_hold_what_has_another(
    estate: Estate,
) -> None:
    solid, going = estate.add("widgets/solid"), estate.add("widgets/going")
    estate.add("gadgets/a", to(going, block=True), to(solid))
    estate.delete("widgets/going", "Foreground")
    found = estate.collector.step()
    assert estate.owners("gadgets/a") == ["solid"]
    assert names(found.deleted) == ["going"]
    assert estate.collect().quiet


def test_an_owner_held_by_a_finalizer_still_owns(estate: Estate) -> None:
    owner = estate.add("widgets/owner", finalizers=[HOLD])
    estate.add("widgets/a", to(owner))
    estate.delete("widgets/owner")
    found = estate.collect()
    assert found.changes == ()
    assert [(waiting.object.name, waiting.finalizers) for waiting in found.waiting] == [
        ("owner", (HOLD,))
    ]
    estate.unhold("widgets/owner")
    assert names(estate.collect().deleted) == ["a"]


def test_a_dependent_held_by_a_finalizer_is_marked_and_blocks_its_owner(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    estate.add("gadgets/a", to(owner, block=True), finalizers=[HOLD])
    estate.delete("widgets/owner", "Foreground")
    found = estate.collect()
    assert [str(change) for change in found.changes] == ["Gadget default/a: marked for deletion"]
    waiting = {entry.object.name: entry for entry in found.waiting}
    assert waiting["a"].finalizers == (HOLD,)
    assert waiting["owner"].finalizers == ("foregroundDeletion",)
    assert names(waiting["owner"].behind) == ["a"]
    assert estate.collect().quiet
    estate.unhold("gadgets/a")
    assert names(estate.collect().deleted) == ["owner"]
    assert estate.paths() == set()


def test_a_dependent_that_does_not_block_is_deleted_after_its_owner_at_the_latest(
    estate: Estate,
) -> None:
    owner = estate.add("widgets/owner")
    estate.add("gadgets/a", to(owner), finalizers=[HOLD])
    estate.delete("widgets/owner", "Foreground")
    found = estate.collect()
    assert names(found.deleted) == ["owner"]
    assert names(found.of(Action.MARKED)) == ["a"]


def test_dependents_of_dependents_go_first_in_the_foreground(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    middle = estate.add("widgets/middle", to(owner, block=True))
    estate.add("widgets/leaf", to(middle, block=True))
    estate.delete("widgets/owner", "Foreground")
    assert names(estate.collect().deleted) == ["leaf", "middle", "owner"]


def test_an_orphan_loses_the_reference_to_its_owner_and_no_other(estate: Estate) -> None:
    owner, solid = estate.add("widgets/owner"), estate.add("regions/solid")
    estate.add("gadgets/a", to(solid), to(owner, block=True))
    estate.delete("widgets/owner", "Orphan")
    found = estate.collect()
    assert estate.owners("gadgets/a") == ["solid"]
    assert [change.action for change in found.changes] == [
        Action.DISOWNED,
        Action.RELEASED,
        Action.DELETED,
    ]


def test_finalizers_of_the_collector_mean_nothing_before_the_deletion(estate: Estate) -> None:
    owner = estate.add("widgets/a", finalizers=["orphan"])
    other = estate.add("widgets/b", finalizers=["foregroundDeletion"])
    estate.add("gadgets/c", to(owner), to(other, block=True))
    assert estate.collect().quiet


def test_an_owner_of_an_unknown_kind_is_reported_and_its_dependents_are_left_alone(
    estate: Estate,
) -> None:
    odd = OwnerReference(api_version="odd.example/v1", kind="Odd", name="x", uid="u")
    estate.add("widgets/a", odd)
    estate.add("widgets/b", NOBODY, odd)
    found = estate.collect()
    assert found.quiet
    assert [(entry.object.name, entry.owner.kind) for entry in found.unresolved] == [
        ("a", "Odd"),
        ("b", "Odd"),
    ]
    assert "nobody serves Odd in version odd.example/v1" in found.unresolved[0].problem
    assert estate.owners("widgets/b") == ["nobody", "x"]


def test_a_kind_in_another_version_is_unknown(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    estate.add("gadgets/a", to(owner, api_version="shop.example/v2"))
    assert len(estate.collect().unresolved) == 1
    assert estate.has("gadgets/a")


def test_a_cluster_scoped_object_cannot_have_an_owner_in_a_namespace(estate: Estate) -> None:
    owner = estate.add("widgets/owner")
    estate.add("regions/a", to(owner))
    estate.delete("widgets/owner")
    found = estate.collect()
    assert found.quiet
    assert names(entry.object for entry in found.unresolved) == ["a"]


def test_a_dependent_gets_the_grace_period_of_its_kind(
    storage: Interface[Object], clock: FakeClock
) -> None:
    regions = Store(REGIONS, storage, clock=clock)
    widgets = Store(WIDGETS, storage, GracefulStrategy(WIDGETS), clock=clock)
    estate = Estate(storage, clock)
    estate.stores = {"regions": regions, "widgets": widgets}
    estate.collector = GarbageCollector(estate.stores.values())
    owner = estate.add("regions/owner")
    estate.add("widgets/a", to(owner, block=True))
    estate.delete("regions/owner", "Foreground")
    found = estate.collect()
    assert names(found.of(Action.MARKED)) == ["a"]
    assert estate.get("widgets/a").metadata.deletion_grace_period_seconds == 30
    assert estate.collect().quiet
    store, ctx, name = estate.where("widgets/a")
    store.delete(ctx, name, options=DeleteOptions(grace_period_seconds=0))
    assert names(estate.collect().deleted) == ["owner"]


class Careless(Strategy[Region]):
    """Its objects never wait for dependents."""

    def default_garbage_collection_policy(self, ctx: Context) -> GarbageCollectionPolicy:
        return GarbageCollectionPolicy.UNSUPPORTED


def test_a_kind_without_support_for_propagation_goes_at_once(estate: Estate) -> None:
    estate.regions.delete_strategy = Careless(REGIONS)
    owner = estate.add("regions/owner")
    middle = estate.add("regions/middle", to(owner))
    estate.add("widgets/a", to(middle, block=True))
    estate.delete("regions/owner", "Foreground")
    estate.collect()
    assert estate.paths() == set()


def test_the_order_is_the_same_every_time(storage: Interface[Object]) -> None:
    told = []
    for _ in range(2):
        estate = Estate(storage)
        roots = [estate.add(f"regions/r{number}") for number in range(4)]
        for number in range(12):
            owner = roots[number * 7 % 4]
            estate.add(f"gadgets/g{number:02}", to(owner, block=number % 3 == 0))
        for number, policy in enumerate(("Background", "Foreground", "Orphan", "Foreground")):
            estate.delete(f"regions/r{number}", policy)
        told.append([str(change) for change in estate.collect().changes])
        for path in estate.paths():
            estate.delete(path)
    assert told[0] == told[1]
    assert len(told[0]) > 12


def test_objects_are_deleted_in_the_order_of_stores_and_keys(estate: Estate) -> None:
    for path in ("gadgets/a", "widgets/far/a", "widgets/c", "widgets/b"):
        estate.add(path, NOBODY)
    assert [(i.kind, i.namespace, i.name) for i in estate.collect().deleted] == [
        ("Widget", "default", "b"),
        ("Widget", "default", "c"),
        ("Widget", "far", "a"),
        ("Gadget", "default", "a"),
    ]


@pytest.mark.parametrize("stores", [["nothing"], [None]])
def test_what_is_no_store_is_refused(stores: list[object]) -> None:
    with pytest.raises(TypeError, match="works on Stores"):
        GarbageCollector(stores)  # type: ignore[arg-type]


def test_two_stores_of_one_resource_are_refused(small_estate: Estate) -> None:
    with pytest.raises(ValueError, match=r"two Stores of widgets\.shop\.example"):
        GarbageCollector([small_estate.widgets, small_estate.widgets])


def test_a_collector_without_steps_is_refused(small_estate: Estate) -> None:
    with pytest.raises(ValueError, match="max_steps must be at least 1, not 0"):
        GarbageCollector([small_estate.widgets], max_steps=0)


def test_without_stores_there_is_nothing_to_do() -> None:
    assert GarbageCollector([]).collect().quiet
