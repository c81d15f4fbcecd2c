"""The namespace controller: content goes first, then the namespace, and the status tells."""

from __future__ import annotations

from typing import Any

import pytest
from estate import HOLD, Estate, names, to
from hypothesis import given, settings
from hypothesis import strategies as st
from widgetshop import WIDGETS, GracefulStrategy, Widget

from kregistry.controllers import (
    Action,
    GarbageCollector,
    NamespaceController,
    NotConverged,
    collect_until_quiet,
)
from kregistry.core import v1
from kregistry.core.namespace import NamespaceStorage
from kregistry.core.pod import PodStorage
from kregistry.core.pod.defaults import set_pod_defaults
from kregistry.core.pod.strategy import PODS
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Forbidden, NotFound
from kregistry.meta.gvk import GroupResource
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import DeleteOptions, ListOptions
from kregistry.registry import Store, Strategy
from kregistry.storage import Config, Interface, factory
from kregistry.testing.clock import FakeClock

CLUSTER = Context()

WELL = {
    "NamespaceDeletionDiscoveryFailure": (
        "False",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("False", "ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": (
        "False",
        "ContentRemoved",
        "All content successfully removed",
    ),
}


class Land:
    """An estate with namespaces, and a controller for them."""

    def __init__(self, storage: Interface[Object], clock: FakeClock) -> None:
        self.clock = clock
        self.storage = storage
        self.estate = Estate(storage, clock)
        self.namespaces = NamespaceStorage(storage, clock=clock)
        self.serve(*self.estate.stores.values())

    def serve(self, *stores: Store[Any]) -> None:
        self.controller = NamespaceController(
            self.namespaces.namespace,
            stores,
            status=self.namespaces.status,
            finalize=self.namespaces.finalize,
        )

    def found(self, name: str, **meta: Any) -> v1.Namespace:
        return self.namespaces.namespace.create(
            CLUSTER, v1.Namespace(metadata=ObjectMeta(name=name, **meta))
        )

    def get(self, name: str) -> v1.Namespace:
        return self.namespaces.namespace.get(CLUSTER, name)

    def delete(self, name: str) -> None:
        self.namespaces.namespace.delete(CLUSTER, name, options=DeleteOptions())

    def gone(self, name: str) -> bool:
        try:
            self.get(name)
        except NotFound:
            return True
        return False

    def conditions(self, name: str) -> dict[str, tuple[str, str, str]]:
        return {
            entry.type: (entry.status, entry.reason, entry.message)
            for entry in self.get(name).status.conditions
        }


@pytest.fixture
def land(storage: Interface[Object], clock: FakeClock) -> Land:
    return Land(storage, clock)


def test_a_namespace_goes_with_all_that_lives_in_it_and_nothing_else(land: Land) -> None:
    land.found("blue"), land.found("green")
    for path in ("widgets/blue/a", "gadgets/blue/b", "widgets/green/a", "regions/north"):
        land.estate.add(path)
    land.delete("blue")
    found = land.controller.collect()
    assert names(found.deleted) == ["a", "b", "blue"]
    assert land.gone("blue")
    assert not land.gone("green")
    assert land.estate.paths() == {"widgets/green/a", "regions/north"}
    assert (found.waiting, found.failures) == ((), ())


def test_a_namespace_in_use_is_left_alone(land: Land) -> None:
    land.found("blue")
    land.estate.add("widgets/blue/a")
    assert land.controller.collect().changes == ()
    assert land.get("blue").status.conditions == []


def test_an_empty_namespace_goes_at_once(land: Land) -> None:
    land.found("blue")
    land.delete("blue")
    found = land.controller.step()
    assert [change.action for change in found.changes] == [
        Action.REPORTED,
        Action.RELEASED,
        Action.DELETED,
    ]
    assert land.gone("blue")


def test_what_is_held_by_finalizers_holds_the_namespace_and_is_told_in_its_status(
    land: Land,
) -> None:
    land.found("blue")
    land.estate.add("widgets/blue/a", finalizers=[HOLD])
    land.estate.add("gadgets/blue/b", finalizers=[HOLD, "y.io/more"])
    land.delete("blue")
    found = land.controller.collect()
    assert names(found.of(Action.MARKED)) == ["a", "b"]
    (waiting,) = found.waiting
    assert (waiting.object.name, waiting.finalizers) == ("blue", ("kubernetes",))
    assert names(waiting.behind) == ["a", "b"]
    assert land.conditions("blue") == {
        **WELL,
        "NamespaceContentRemaining": (
            "True",
            "SomeResourcesRemain",
            "Some resources are remaining: gadgets.shop.example has 1 resource instances, "
            "widgets.shop.example has 1 resource instances",
        ),
        "NamespaceFinalizersRemaining": (
            "True",
            "SomeFinalizerRemain",
            "Some finalizers are remaining: x.io/hold in 2 resource instances, "
            "y.io/more in 1 resource instances",
        ),
    }
    assert list(land.conditions("blue")) == list(WELL)
    assert land.controller.collect().quiet


def test_conditions_keep_their_time_until_their_status_changes(land: Land) -> None:
    land.found("blue", finalizers=[HOLD])
    for name in ("a", "b"):
        land.estate.add(f"widgets/blue/{name}", finalizers=[HOLD])
    land.delete("blue")
    land.controller.collect()
    began = {c.type: c.last_transition_time for c in land.get("blue").status.conditions}
    land.clock.advance(60)
    land.estate.unhold("widgets/blue/a")
    land.controller.collect()
    remaining = "NamespaceContentRemaining"
    assert "has 1 resource" in land.conditions("blue")[remaining][2]
    assert began == {c.type: c.last_transition_time for c in land.get("blue").status.conditions}
    land.estate.unhold("widgets/blue/b")
    land.controller.collect()
    assert land.conditions("blue") == WELL
    ended = {c.type: c.last_transition_time for c in land.get("blue").status.conditions}
    changed = {type_ for type_, time in ended.items() if time != began[type_]}
    assert changed == {remaining, "NamespaceFinalizersRemaining"}


def test_a_namespace_with_a_finalizer_of_its_own_is_emptied_and_stays(land: Land) -> None:
    land.found("blue", finalizers=[HOLD])
    land.estate.add("widgets/blue/a")
    land.delete("blue")
    found = land.controller.collect()
    assert land.get("blue").spec.finalizers == []
    assert [waiting.finalizers for waiting in found.waiting] == [(HOLD,)]
    assert land.estate.paths() == set()
    assert land.controller.collect().quiet


def test_other_finalizers_of_the_spec_stay_sorted(land: Land) -> None:
    land.namespaces.namespace.create(
        CLUSTER,
        v1.Namespace(
            metadata=ObjectMeta(name="blue"),
            spec=v1.NamespaceSpec(finalizers=["z.io/z", "kubernetes", "a.io/a"]),
        ),
    )
    land.delete("blue")
    found = land.controller.collect()
    assert land.get("blue").spec.finalizers == ["a.io/a", "z.io/z"]
    assert [waiting.finalizers for waiting in found.waiting] == [("a.io/a", "z.io/z")]


def test_grace_periods_are_respected(land: Land) -> None:
    widgets = Store(WIDGETS, land.storage, GracefulStrategy(WIDGETS), clock=land.clock)
    land.serve(widgets)
    land.found("blue")
    blue = Context(namespace="blue")
    widgets.create(blue, Widget(metadata=ObjectMeta(name="a")))
    land.delete("blue")
    assert names(land.controller.collect().of(Action.MARKED)) == ["a"]
    assert land.conditions("blue")["NamespaceDeletionContentFailure"][0] == "False"
    assert "widgets.shop.example has 1" in land.conditions("blue")["NamespaceContentRemaining"][2]
    assert land.controller.collect().quiet
    land.clock.advance(31)
    land.controller.collect()
    assert land.conditions("blue")["NamespaceDeletionContentFailure"] == (
        "True",
        "ContentDeletionFailed",
        "Failed to delete all resource types, 1 remaining: unexpected items still remain in "
        "namespace: blue for gvr: shop.example/v1, Resource=widgets",
    )
    widgets.delete(blue, "a", options=DeleteOptions(grace_period_seconds=0))
    land.controller.collect()
    assert land.gone("blue")


def test_pods_go_before_everything_else(land: Land) -> None:
    pods = Store(PODS, land.storage, Strategy(PODS), clock=land.clock)
    land.serve(*land.estate.stores.values(), pods)
    land.found("blue")
    land.estate.add("widgets/blue/a")
    blue = Context(namespace="blue")
    pods.create(blue, v1.Pod(metadata=ObjectMeta(name="p", finalizers=[HOLD])))
    land.delete("blue")
    land.controller.collect()
    assert land.estate.get("widgets/blue/a").metadata.deletion_timestamp is None
    assert land.conditions("blue")["NamespaceContentRemaining"][2] == (
        "Some resources are remaining: pods. has 1 resource instances"
    )

    def unhold(pod: v1.Pod) -> None:
        pod.metadata.finalizers = []

    pods.modify(blue, "p", unhold)
    assert names(land.controller.collect().deleted) == ["a", "blue"]


class Stubborn(Store[Widget]):
    """Refuses to delete, or to list, while it is told to."""

    refuses_delete = False
    refuses_list = False

    def delete(self, ctx: Context, name: str, **how: Any) -> Any:
        if self.refuses_delete:
            raise Forbidden(GroupResource("shop.example", "widgets"), name, "no")
        return super().delete(ctx, name, **how)

    def list(self, ctx: Context, options: ListOptions | None = None) -> ObjectList[Widget]:
        if self.refuses_list:
            raise BadRequest("unreadable")
        return super().list(ctx, options)


def test_a_refused_deletion_is_told_and_does_not_stop_the_rest(land: Land) -> None:
    widgets = Stubborn(WIDGETS, land.storage)
    land.serve(widgets, land.estate.gadgets)
    land.found("blue")
    land.estate.add("widgets/blue/a"), land.estate.add("gadgets/blue/b")
    land.delete("blue")
    widgets.refuses_delete = True
    found = land.controller.collect()
    assert [str(failure.error) for failure in found.failures] == [
        'widgets.shop.example "a" is forbidden: no'
    ]
    assert names(found.deleted) == ["b"]
    assert land.conditions("blue")["NamespaceDeletionContentFailure"] == (
        "True",
        "ContentDeletionFailed",
        'Failed to delete all resource types, 1 remaining: widgets.shop.example "a" is '
        "forbidden: no",
    )
    widgets.refuses_delete = False
    land.controller.collect()
    assert land.gone("blue")


def test_a_store_that_cannot_be_listed_holds_the_namespace(land: Land) -> None:
    widgets = Stubborn(WIDGETS, land.storage)
    land.serve(widgets)
    land.found("blue")
    land.delete("blue")
    widgets.refuses_list = True
    found = land.controller.collect()
    assert names(failure.object for failure in found.failures) == ["blue"]
    assert land.conditions("blue")["NamespaceDeletionContentFailure"][2].endswith("unreadable")
    widgets.refuses_list = False
    land.controller.collect()
    assert land.gone("blue")


def test_a_store_whose_objects_come_back_is_an_error_that_names_them(land: Land) -> None:
    class Hydra(Store[Widget]):
        def after_delete(self, obj: Widget, options: DeleteOptions) -> None:
            again = Widget(metadata=ObjectMeta(name=obj.metadata.name))
            self.create(Context(namespace=obj.metadata.namespace), again)

    land.serve(Hydra(WIDGETS, land.storage))
    land.found("blue")
    land.estate.add("widgets/blue/a")
    land.delete("blue")
    with pytest.raises(NotConverged, match="after 50 steps: Widget blue/a") as caught:
        land.controller.collect()
    assert names(caught.value.objects) == ["a"]


def test_several_namespaces_go_in_the_order_of_their_names(land: Land) -> None:
    for name in ("c", "a", "b"):
        land.found(name)
        land.delete(name)
    assert names(land.controller.collect().deleted) == ["a", "b", "c"]


def test_content_that_comes_late_is_deleted_too(land: Land) -> None:
    """Admission keeps late content out; a Store alone does not."""
    land.found("blue")
    land.estate.add("widgets/blue/a", finalizers=[HOLD])
    land.delete("blue")
    land.controller.collect()
    land.estate.add("gadgets/blue/late")
    land.estate.unhold("widgets/blue/a")
    assert names(land.controller.collect().deleted) == ["late", "blue"]


def test_a_status_that_says_active_is_set_right(land: Land) -> None:
    land.found("blue", finalizers=[HOLD])
    land.delete("blue")
    plain: Store[v1.Namespace] = Store(
        land.namespaces.namespace.resource,
        land.storage,
        Strategy(land.namespaces.namespace.resource),
    )

    def activate(namespace: v1.Namespace) -> None:
        namespace.status.phase = "Active"

    plain.modify(CLUSTER, "blue", activate)
    land.controller.collect()
    assert land.get("blue").status.phase == "Terminating"


def test_both_controllers_together_leave_nothing_behind(land: Land) -> None:
    """A cluster-scoped object goes with the namespace that owns it, and what it owns after it."""
    blue = land.found("blue")
    land.found("green")
    region = land.estate.add("regions/mine", to(blue))
    land.estate.add("widgets/green/b", to(region))
    land.estate.add("widgets/blue/a")
    land.delete("blue")
    collector = GarbageCollector([*land.estate.stores.values(), land.namespaces.namespace])
    found = collect_until_quiet(collector, land.controller)
    assert names(found.deleted) == ["a", "blue", "mine", "b"]
    assert land.estate.paths() == set()


def test_a_namespace_deleted_in_the_foreground_waits_for_its_dependents(land: Land) -> None:
    blue = land.found("blue")
    land.estate.add("regions/mine", to(blue, block=True), finalizers=[HOLD])
    options = DeleteOptions(propagation_policy="Foreground")
    land.namespaces.namespace.delete(CLUSTER, "blue", options=options)
    collector = GarbageCollector([*land.estate.stores.values(), land.namespaces.namespace])
    collect_until_quiet(collector, land.controller)
    assert land.get("blue").metadata.finalizers == ["foregroundDeletion"]
    land.estate.unhold("regions/mine")
    collect_until_quiet(collector, land.controller)
    assert land.gone("blue")


def test_real_pods_get_their_time_and_keep_what_they_use(land: Land) -> None:
    pods = PodStorage(land.storage, clock=land.clock).pod
    land.serve(land.estate.widgets, pods)
    land.found("blue")
    land.estate.add("widgets/blue/a")
    blue = Context(namespace="blue")
    pod = v1.Pod(metadata=ObjectMeta(name="p"))
    pod.spec.node_name = "node-1"
    pod.spec.containers = [v1.Container(name="c", image="scratch")]
    set_pod_defaults(pod)
    pods.create(blue, pod)
    land.delete("blue")
    found = land.controller.collect()
    assert names(found.of(Action.MARKED)) == ["p"]
    assert pods.get(blue, "p").metadata.deletion_grace_period_seconds == 30
    assert land.estate.get("widgets/blue/a").metadata.deletion_timestamp is None
    pods.delete(blue, "p", options=DeleteOptions(grace_period_seconds=0))
    assert names(land.controller.collect().deleted) == ["a", "blue"]


def test_content_does_not_wait_for_its_dependents_any_longer(land: Land) -> None:
    """The namespace wants everything gone, so a deletion in the foreground need not be kept."""
    land.found("blue")
    owner = land.estate.add("widgets/blue/owner", finalizers=[HOLD])
    land.estate.add("gadgets/blue/a", to(owner, block=True), finalizers=[HOLD])
    land.estate.delete("widgets/blue/owner", "Foreground")
    land.delete("blue")
    found = land.controller.collect()
    assert names(found.of(Action.MARKED)) == ["owner", "a"]
    assert land.estate.get("widgets/blue/owner").metadata.finalizers == [HOLD]
    assert land.controller.collect().quiet


def test_a_namespace_that_takes_the_place_of_another_is_not_taken_for_it(land: Land) -> None:
    land.found("blue")
    land.delete("blue")
    status = land.namespaces.status
    modify = status.modify

    def replaced_first(ctx: Context, name: str, change: Any, **how: Any) -> v1.Namespace:
        status.modify = modify  # type: ignore[method-assign]

        def empty(namespace: v1.Namespace) -> None:
            namespace.spec.finalizers = []

        land.namespaces.finalize.modify(CLUSTER, name, empty)
        land.found("blue")
        return modify(ctx, name, change, **how)

    status.modify = replaced_first  # type: ignore[method-assign]
    found = land.controller.collect()
    assert (found.changes, found.failures) == ((), ())
    assert land.get("blue").status.phase == "Active"


def test_a_store_of_something_else_is_no_store_of_namespaces(land: Land) -> None:
    doors = land.namespaces
    with pytest.raises(TypeError, match="Store of namespaces is wanted, not one of widgets"):
        NamespaceController(
            doors.namespace,
            [],
            status=land.estate.widgets,  # type: ignore[arg-type]
            finalize=doors.finalize,
        )


content = st.lists(
    st.tuples(
        st.sampled_from(("widgets", "gadgets")),
        st.sampled_from(("blue", "green")),
        st.sampled_from(((), (HOLD,), (HOLD, "y.io/more"), ("orphan",), ("foregroundDeletion",))),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(content)
def test_a_namespace_goes_exactly_when_nothing_in_it_is_held(
    objects: list[tuple[str, str, tuple[str, ...]]],
) -> None:
    with factory.create(Config()) as storage:
        land = Land(storage, FakeClock())
        land.found("blue"), land.found("green")
        paths = {}
        for number, (kind, namespace, finalizers) in enumerate(objects):
            paths[f"{kind}/{namespace}/o{number}"] = finalizers
            land.estate.add(f"{kind}/{namespace}/o{number}", finalizers=finalizers)
        land.delete("blue")
        land.controller.collect()
        held = {path for path, names in paths.items() if "/blue/" in path and HOLD in names}
        assert land.gone("blue") == (not held)
        assert land.estate.paths() == held | {path for path in paths if "/green/" in path}
        if held:
            status, _, message = land.conditions("blue")["NamespaceFinalizersRemaining"]
            assert status == "True"
            assert f"{HOLD} in {len(held)} resource instances" in message
        assert land.controller.collect().quiet
