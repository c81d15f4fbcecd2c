"""Delete: every row of what may become of an object, preconditions, dependents, hooks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from widgetshop import WIDGETS, GracefulStrategy, Widget, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import Conflict, Invalid, NotFound
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions, Preconditions
from kregistry.meta.status import Status, StatusDetails
from kregistry.meta.time import Time
from kregistry.registry import Deleted, GarbageCollectionPolicy, Store
from kregistry.registry.deletionplan import END_OF_TIME
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

ASK_NOTHING = DeleteOptions()
DRY = DeleteOptions(dry_run=("All",))


def grace(seconds: int) -> DeleteOptions:
    return DeleteOptions(grace_period_seconds=seconds)


def propagate(policy: str) -> DeleteOptions:
    return DeleteOptions(propagation_policy=policy)


@pytest.fixture
def graceful(storage: Interface[Object], clock: FakeClock) -> Store[Widget]:
    return Store(WIDGETS, storage, GracefulStrategy(WIDGETS), clock=clock)


def kept(deleted: Deleted[Widget]) -> Widget:
    assert not deleted.immediate
    assert isinstance(deleted.result, Widget)
    return deleted.result


def times(obj: Widget) -> tuple[Time | None, int | None, int]:
    meta = obj.metadata
    return meta.deletion_timestamp, meta.deletion_grace_period_seconds, meta.generation


def at(clock: FakeClock, seconds: int = 0) -> Time:
    return Time.of(clock.now() + timedelta(seconds=seconds))


@pytest.mark.case("RS15", "RS29", "RX01")
def test_an_object_that_nothing_holds_goes_at_once(widgets: Store[Widget], ctx: Context) -> None:
    made = widgets.create(ctx, widget())
    deleted = widgets.delete(ctx, "anvil", options=ASK_NOTHING)
    assert deleted.immediate
    assert deleted.result == Status(
        status="Success",
        details=StatusDetails(
            name="anvil", group="shop.example", kind="widgets", uid=made.metadata.uid
        ),
    )
    with pytest.raises(NotFound):
        widgets.get(ctx, "anvil")


@pytest.mark.case("RS15")
def test_what_is_not_there_cannot_be_deleted(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(NotFound) as caught:
        widgets.delete(ctx, "nope")
    assert str(caught.value) == 'widgets.shop.example "nope" not found'


def test_a_store_may_answer_with_the_object(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage, return_deleted_object=True)
    widgets.create(ctx, widget(size=3))
    deleted = widgets.delete(ctx, "anvil")
    assert deleted.immediate
    assert isinstance(deleted.result, Widget)
    assert deleted.result.spec.size == 3


@pytest.mark.case("RX02", "RX03")
@pytest.mark.parametrize("options", [None, ASK_NOTHING, grace(0), grace(30)])
def test_row_2_and_3_a_finalizer_holds_the_object(
    widgets: Store[Widget], ctx: Context, clock: FakeClock, options: DeleteOptions | None
) -> None:
    widgets.create(ctx, widget(finalizers=["x.io/hold"]))
    marked = kept(widgets.delete(ctx, "anvil", options=options))
    assert times(marked) == (at(clock), 0, 2)
    clock.advance(5)
    again = kept(widgets.delete(ctx, "anvil", options=options))
    assert again == marked == widgets.get(ctx, "anvil")


@pytest.mark.case("RX04")
def test_row_4_an_object_gets_time_to_end(
    graceful: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    graceful.create(ctx, widget())
    marked = kept(graceful.delete(ctx, "anvil", options=ASK_NOTHING))
    assert times(marked) == (at(clock, 30), 30, 2)
    assert graceful.get(ctx, "anvil") == marked


@pytest.mark.case("RX05")
@pytest.mark.parametrize("options", [None, grace(0)])
def test_row_5_no_time_at_all_removes_at_once(
    graceful: Store[Widget], ctx: Context, options: DeleteOptions | None
) -> None:
    graceful.create(ctx, widget())
    with graceful.watch(ctx) as watch:
        watch.next(timeout=10)
        assert graceful.delete(ctx, "anvil", options=options).immediate
        events = [watch.next(timeout=10) for _ in range(2)]
    assert [str(event.type) for event in events if event] == ["MODIFIED", "DELETED"]


def test_a_negative_grace_is_one_second(
    graceful: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    graceful.create(ctx, widget())
    marked = kept(graceful.delete(ctx, "anvil", options=grace(-7)))
    assert times(marked) == (at(clock, 1), 1, 2)


@pytest.mark.case("RX06")
@pytest.mark.parametrize("seconds", [0, 10])
def test_row_6_time_and_finalizers_go_together(
    graceful: Store[Widget], ctx: Context, clock: FakeClock, seconds: int
) -> None:
    graceful.create(ctx, widget(finalizers=["x.io/hold"]))
    marked = kept(graceful.delete(ctx, "anvil", options=grace(seconds)))
    assert times(marked) == (at(clock, seconds), seconds, 2)
    assert marked.metadata.finalizers == ["x.io/hold"]


@pytest.mark.case("RX07")
@pytest.mark.parametrize("options", [ASK_NOTHING, grace(30), grace(99), propagate("Foreground")])
def test_row_7_more_time_is_not_given(
    graceful: Store[Widget], ctx: Context, options: DeleteOptions
) -> None:
    graceful.create(ctx, widget())
    marked = kept(graceful.delete(ctx, "anvil", options=grace(30)))
    again = graceful.delete(ctx, "anvil", options=options)
    assert not again.immediate
    assert isinstance(again.result, Status)
    assert graceful.get(ctx, "anvil") == marked


@pytest.mark.case("RX08")
def test_row_8_time_can_become_shorter(
    graceful: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    graceful.create(ctx, widget())
    graceful.delete(ctx, "anvil", options=grace(30))
    clock.advance(2)
    marked = kept(graceful.delete(ctx, "anvil", options=grace(10)))
    assert times(marked) == (at(clock, 8), 10, 2)
    clock.advance(20)
    marked = kept(graceful.delete(ctx, "anvil", options=grace(5)))
    assert times(marked) == (at(clock), 1, 2)


@pytest.mark.case("RX09")
def test_row_9_no_more_time_removes_the_object(graceful: Store[Widget], ctx: Context) -> None:
    graceful.create(ctx, widget())
    graceful.delete(ctx, "anvil", options=grace(30))
    assert graceful.delete(ctx, "anvil", options=grace(0)).immediate
    with pytest.raises(NotFound):
        graceful.get(ctx, "anvil")


@pytest.mark.case("RX10", "RX11")
def test_row_10_and_11_finalizers_outlive_the_time(
    graceful: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    graceful.create(ctx, widget(finalizers=["x.io/hold"]))
    graceful.delete(ctx, "anvil", options=grace(30))
    clock.advance(3)
    forced = kept(graceful.delete(ctx, "anvil", options=grace(0)))
    assert times(forced) == (at(clock), 0, 2)
    clock.advance(3)
    for options in (ASK_NOTHING, grace(0), grace(50)):
        assert kept(graceful.delete(ctx, "anvil", options=options)) == forced


@pytest.mark.case("RX11")
def test_row_11_dependents_may_still_be_decided_about(
    graceful: Store[Widget], ctx: Context
) -> None:
    graceful.create(ctx, widget(finalizers=["x.io/hold"]))
    graceful.delete(ctx, "anvil")
    marked = kept(graceful.delete(ctx, "anvil", options=propagate("Foreground")))
    assert marked.metadata.finalizers == ["x.io/hold", "foregroundDeletion"]
    marked = kept(graceful.delete(ctx, "anvil", options=propagate("Orphan")))
    assert marked.metadata.finalizers == ["x.io/hold", "orphan"]


@pytest.mark.case("RX12")
def test_row_12_a_deletion_that_crashed_halfway_is_finished(
    storage: Interface[Object], graceful: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    left_over = widget(
        namespace="default", deletion_timestamp=at(clock), deletion_grace_period_seconds=0
    )
    storage.for_resource(WIDGETS).create(ctx, "/shop.example/widgets/default/anvil", left_over)
    assert graceful.delete(ctx, "anvil", options=ASK_NOTHING).immediate


def test_absurd_times_end_with_the_calendar_and_can_still_become_shorter(
    graceful: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    graceful.create(ctx, widget())
    marked = kept(graceful.delete(ctx, "anvil", options=grace(3_600_000_000_000)))
    assert marked.metadata.deletion_timestamp == Time.of(END_OF_TIME)
    shorter = kept(graceful.delete(ctx, "anvil", options=grace(7)))
    assert times(shorter) == (at(clock, 7), 7, 2)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            Preconditions(uid="nope"),
            "the UID in the precondition (nope) does not match the UID in record ({uid}). "
            "The object might have been deleted and then recreated",
        ),
        (
            Preconditions(resource_version="1"),
            "the ResourceVersion in the precondition (1) does not match the ResourceVersion in "
            "record ({version}). The object might have been modified",
        ),
    ],
)
def test_preconditions_protect(
    widgets: Store[Widget], ctx: Context, wanted: Preconditions, words: str
) -> None:
    meta = widgets.create(ctx, widget()).metadata
    with pytest.raises(Conflict) as caught:
        widgets.delete(ctx, "anvil", options=DeleteOptions(preconditions=wanted))
    assert str(caught.value) == (
        'Operation cannot be fulfilled on Widget.shop.example "anvil": '
        + words.format(uid=meta.uid, version=meta.resource_version)
    )
    right = Preconditions(uid=meta.uid, resource_version=meta.resource_version)
    assert widgets.delete(ctx, "anvil", options=DeleteOptions(preconditions=right)).immediate


@pytest.mark.case("RS16")
def test_a_version_asked_for_survives_the_mark(graceful: Store[Widget], ctx: Context) -> None:
    version = graceful.create(ctx, widget()).metadata.resource_version
    options = DeleteOptions(
        grace_period_seconds=0, preconditions=Preconditions(resource_version=version)
    )
    assert graceful.delete(ctx, "anvil", options=options).immediate


def test_a_version_asked_for_holds_when_there_is_nothing_to_mark(
    widgets: Store[Widget], ctx: Context
) -> None:
    version = widgets.create(ctx, widget(finalizers=["orphan"])).metadata.resource_version
    options = DeleteOptions(
        propagation_policy="Background", preconditions=Preconditions(resource_version=version)
    )
    assert widgets.delete(ctx, "anvil", options=options).immediate


@pytest.mark.parametrize(
    ("options", "finalizers"),
    [
        (propagate("Foreground"), ["x.io/hold", "foregroundDeletion"]),
        (propagate("Orphan"), ["x.io/hold", "orphan"]),
        (propagate("Background"), ["x.io/hold"]),
        (DeleteOptions(orphan_dependents=True), ["x.io/hold", "orphan"]),
        (DeleteOptions(orphan_dependents=False), ["x.io/hold"]),
        (ASK_NOTHING, ["x.io/hold"]),
    ],
)
def test_a_request_decides_about_dependents(
    widgets: Store[Widget], ctx: Context, options: DeleteOptions, finalizers: list[str]
) -> None:
    widgets.create(ctx, widget(finalizers=["x.io/hold"]))
    marked = kept(widgets.delete(ctx, "anvil", options=options))
    assert marked.metadata.finalizers == finalizers


@pytest.mark.parametrize("policy", ["Foreground", "Orphan"])
def test_dependents_alone_hold_an_object(widgets: Store[Widget], ctx: Context, policy: str) -> None:
    widgets.create(ctx, widget())
    marked = kept(widgets.delete(ctx, "anvil", options=propagate(policy)))
    assert marked.metadata.deletion_grace_period_seconds == 0
    assert widgets.delete(ctx, "anvil", options=propagate("Background")).immediate


def test_one_collector_finalizer_takes_the_others_place(
    widgets: Store[Widget], ctx: Context
) -> None:
    widgets.create(ctx, widget(finalizers=["foregroundDeletion"]))
    marked = kept(widgets.delete(ctx, "anvil", options=ASK_NOTHING))
    assert marked.metadata.finalizers == ["foregroundDeletion"]
    marked = kept(widgets.delete(ctx, "anvil", options=propagate("Orphan")))
    assert marked.metadata.finalizers == ["orphan"]


@pytest.mark.parametrize(
    ("policy", "finalizers"),
    [
        (GarbageCollectionPolicy.ORPHAN_DEPENDENTS, ["x.io/hold", "orphan"]),
        (GarbageCollectionPolicy.DELETE_DEPENDENTS, ["x.io/hold"]),
        (GarbageCollectionPolicy.UNSUPPORTED, ["x.io/hold"]),
    ],
)
def test_a_kind_decides_where_the_request_does_not(
    storage: Interface[Object],
    ctx: Context,
    policy: GarbageCollectionPolicy,
    finalizers: list[str],
) -> None:
    class Minded(WidgetStrategy):
        def default_garbage_collection_policy(self, ctx: Context) -> GarbageCollectionPolicy:
            return policy

    widgets = Store(WIDGETS, storage, Minded(WIDGETS))
    widgets.create(ctx, widget(finalizers=["x.io/hold"]))
    assert kept(widgets.delete(ctx, "anvil")).metadata.finalizers == finalizers
    if policy is GarbageCollectionPolicy.UNSUPPORTED:
        marked = kept(widgets.delete(ctx, "anvil", options=propagate("Foreground")))
        assert marked.metadata.finalizers == finalizers


def test_without_garbage_collection_dependents_hold_nothing(
    storage: Interface[Object], ctx: Context
) -> None:
    widgets = Store(WIDGETS, storage, enable_garbage_collection=False)
    widgets.create(ctx, widget())
    assert widgets.delete(ctx, "anvil", options=propagate("Foreground")).immediate


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            propagate("Odd"),
            'propagationPolicy: Unsupported value: "Odd": supported values: "Foreground", '
            '"Background", "Orphan", "nil"',
        ),
        (
            DeleteOptions(propagation_policy="Orphan", orphan_dependents=True),
            'propagationPolicy: Invalid value: "Orphan": orphanDependents and '
            "deletionPropagation cannot be both set",
        ),
        (
            DeleteOptions(dry_run=("x",)),
            'dryRun: Unsupported value: ["x"]: supported values: "All"',
        ),
        (
            DeleteOptions(
                ignore_store_read_error_with_cluster_breaking_potential=True,
                grace_period_seconds=0,
            ),
            "ignoreStoreReadErrorWithClusterBreakingPotential: Invalid value: true: "
            "cannot be set together with .gracePeriodSeconds",
        ),
    ],
)
def test_options_that_make_no_sense_are_invalid(
    widgets: Store[Widget], ctx: Context, options: DeleteOptions, message: str
) -> None:
    widgets.create(ctx, widget())
    with pytest.raises(Invalid) as caught:
        widgets.delete(ctx, "anvil", options=options)
    assert str(caught.value) == f'DeleteOptions.meta.k8s.io "" is invalid: {message}'


def test_a_rehearsed_delete_changes_nothing(
    widgets: Store[Widget], graceful: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    made = widgets.create(ctx, widget())
    deleted = widgets.delete(ctx, "anvil", options=DRY)
    assert deleted.immediate
    assert isinstance(deleted.result, Status)
    soft = kept(graceful.delete(ctx, "anvil", options=DRY))
    assert times(soft) == (at(clock, 30), 30, 2)
    assert soft.metadata.resource_version == made.metadata.resource_version
    hard = graceful.delete(
        ctx, "anvil", options=DeleteOptions(dry_run=("All",), grace_period_seconds=0)
    )
    assert hard.immediate
    assert isinstance(hard.result, Widget)
    assert hard.result.metadata.deletion_grace_period_seconds == 0
    assert widgets.get(ctx, "anvil") == made


def test_a_rehearsal_that_finds_nothing_to_mark_names_the_object(
    widgets: Store[Widget], ctx: Context
) -> None:
    made = widgets.create(ctx, widget(finalizers=["orphan"]))
    options = DeleteOptions(dry_run=("All",), propagation_policy="Background")
    deleted = widgets.delete(ctx, "anvil", options=options)
    assert deleted.immediate
    assert isinstance(deleted.result, Status)
    assert deleted.result.details is not None
    assert deleted.result.details.uid == made.metadata.uid
    assert widgets.get(ctx, "anvil") == made


def test_a_last_check_can_refuse_and_sees_the_newest_state(
    widgets: Store[Widget], ctx: Context
) -> None:
    widgets.create(ctx, widget(size=4))
    seen: list[int] = []
    error = PermissionError("no")

    def refuse(ctx: Context, obj: Widget) -> None:
        seen.append(obj.spec.size)
        raise error

    with pytest.raises(PermissionError) as caught:
        widgets.delete(ctx, "anvil", validate=refuse)
    assert caught.value is error
    assert seen == [4]
    assert widgets.get(ctx, "anvil").spec.size == 4


def test_the_hook_of_deletes_runs_when_the_object_goes_and_not_before(
    storage: Interface[Object], ctx: Context
) -> None:
    log: list[tuple[str, bool, int | None]] = []

    class Hooked(Store[Widget]):
        def after_delete(self, obj: Widget, options: DeleteOptions) -> None:
            log.append((obj.metadata.name, bool(options.dry_run), options.grace_period_seconds))

    widgets = Hooked(WIDGETS, storage, GracefulStrategy(WIDGETS))
    widgets.create(ctx, widget())
    widgets.delete(ctx, "anvil", options=ASK_NOTHING)
    widgets.delete(ctx, "anvil", options=ASK_NOTHING)
    assert log == []
    widgets.delete(ctx, "anvil", options=grace(0))
    assert log == [("anvil", False, 0)]


def test_options_of_the_caller_stay_as_they_were(graceful: Store[Widget], ctx: Context) -> None:
    graceful.create(ctx, widget())
    options = DeleteOptions()
    graceful.delete(ctx, "anvil", options=options)
    assert options == DeleteOptions()


def test_somebody_who_was_faster_is_tolerated_after_the_mark(
    storage: Interface[Object], ctx: Context
) -> None:
    """Between mark and removal another process may take the record away."""
    view = storage.for_resource(WIDGETS)
    calls: list[str] = []

    def race(ctx: Context, obj: Widget) -> None:
        calls.append("check")
        if len(calls) == 2:
            view.delete(ctx, "/shop.example/widgets/default/anvil")

    widgets = Store(WIDGETS, storage, GracefulStrategy(WIDGETS))
    widgets.create(ctx, widget())
    assert widgets.delete(ctx, "anvil", validate=race).immediate
    assert calls == ["check", "check"]
