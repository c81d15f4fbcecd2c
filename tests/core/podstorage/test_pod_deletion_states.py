"""The table of deletion on real Pods: what is stored and returned for each state and request."""

from __future__ import annotations

from typing import Any

import pytest
from podfactory import create

from kregistry.core.pod import PodStorage
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.errors import Invalid, NotFound
from kregistry.meta.options import DeleteOptions
from kregistry.registry import Deleted
from kregistry.testing.clock import FakeClock

FINALIZER = {"finalizers": ["example.com/f"]}
START = 1_704_067_200  # the clock's first second
RUNNING = {"phase": "Running"}


def delete(pods: PodStorage, ctx: Context, grace: int | None = None, **more: Any) -> Deleted[Pod]:
    options = DeleteOptions(grace_period_seconds=grace, **more)
    return pods.pod.delete(ctx, "foo", options=options)


def marks(pod: object) -> tuple[int | None, int | None, int]:
    """Seconds from the start to the deletion time, grace period, generation."""
    assert isinstance(pod, Pod)
    meta = pod.metadata
    when = meta.deletion_timestamp
    since = None if when is None else int(when.datetime.timestamp()) - START
    return since, meta.deletion_grace_period_seconds, meta.generation


def stored(pods: PodStorage, ctx: Context) -> tuple[int | None, int | None, int] | None:
    try:
        return marks(pods.pod.get(ctx, "foo"))
    except NotFound:
        return None


def scheduled(pods: PodStorage, ctx: Context, **meta: Any) -> None:
    create(pods, ctx, meta=meta, nodeName="n1", status=RUNNING)


def test_row_4_a_scheduled_pod_is_marked(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx)
    deleted = delete(pods, ctx, 12)
    assert (marks(deleted.result), deleted.immediate) == ((12, 12, 2), False)
    assert stored(pods, ctx) == (12, 12, 2)


def test_row_4_without_a_wish_the_pod_decides(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx)
    assert marks(delete(pods, ctx).result) == (30, 30, 2)


@pytest.mark.parametrize(
    ("node", "phase"), [(False, "Pending"), (True, "Succeeded"), (True, "Failed")]
)
def test_row_5_a_pod_that_does_not_run_goes_at_once(
    pods: PodStorage, ctx: Context, node: bool, phase: str
) -> None:
    create(pods, ctx, status={"phase": phase}, **({"nodeName": "n1"} if node else {}))
    deleted = delete(pods, ctx, 30)
    assert (marks(deleted.result), deleted.immediate) == ((0, 0, 2), True)
    assert stored(pods, ctx) is None


@pytest.mark.parametrize("grace", [0, 20])
def test_row_6_a_finalizer_keeps_what_is_marked(pods: PodStorage, ctx: Context, grace: int) -> None:
    scheduled(pods, ctx, **FINALIZER)
    deleted = delete(pods, ctx, grace)
    assert (marks(deleted.result), deleted.immediate) == ((grace, grace, 2), False)
    assert stored(pods, ctx) == (grace, grace, 2)


@pytest.mark.parametrize("again", [None, 30, 99])
def test_row_7_asking_for_more_time_changes_nothing(
    pods: PodStorage, ctx: Context, clock: FakeClock, again: int | None
) -> None:
    scheduled(pods, ctx)
    delete(pods, ctx, 30)
    before = pods.pod.get(ctx, "foo")
    clock.advance(5)
    deleted = delete(pods, ctx, again, propagation_policy="Orphan")
    assert (marks(deleted.result), deleted.immediate) == ((30, 30, 2), False)
    assert pods.pod.get(ctx, "foo") == before


def test_row_8_asking_for_less_time_brings_the_end_forward(
    pods: PodStorage, ctx: Context, clock: FakeClock
) -> None:
    scheduled(pods, ctx)
    delete(pods, ctx, 30)
    clock.advance(3)
    deleted = delete(pods, ctx, 5)
    assert (marks(deleted.result), deleted.immediate) == ((5, 5, 2), False)
    clock.advance(10)
    assert marks(delete(pods, ctx, 4).result) == (13, 1, 2)  # 4 would be past


def test_row_9_asking_for_no_time_ends_it(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx)
    delete(pods, ctx, 30)
    deleted = delete(pods, ctx, 0)
    assert (marks(deleted.result), deleted.immediate) == ((0, 0, 2), True)
    assert stored(pods, ctx) is None


def test_row_10_a_finalizer_outlasts_the_time(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx, **FINALIZER)
    delete(pods, ctx, 30)
    deleted = delete(pods, ctx, 0)
    assert (marks(deleted.result), deleted.immediate) == ((0, 0, 2), False)
    assert stored(pods, ctx) == (0, 0, 2)


@pytest.mark.parametrize("grace", [None, 0, 7])
def test_row_11_a_pod_that_waits_for_finalizers_goes_on_waiting(
    pods: PodStorage, ctx: Context, grace: int | None
) -> None:
    scheduled(pods, ctx, **FINALIZER)
    delete(pods, ctx, 0)
    before = pods.pod.get(ctx, "foo")
    assert not delete(pods, ctx, grace).immediate
    assert pods.pod.get(ctx, "foo") == before


def test_row_12_a_deletion_that_broke_off_is_finished(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx, **FINALIZER)
    delete(pods, ctx, 0)
    store = pods.pod

    def crash(pod: Pod, meta: object) -> Pod:
        pod.metadata.finalizers = []
        return pod

    store.storage.guaranteed_update(ctx, store.keys.key(ctx, "foo"), crash)
    assert delete(pods, ctx).immediate
    assert stored(pods, ctx) is None


@pytest.mark.parametrize("door", ["pod", "status"])
def test_row_13_the_last_finalizer_takes_the_pod_along(
    pods: PodStorage, ctx: Context, door: str
) -> None:
    scheduled(pods, ctx, **FINALIZER)
    delete(pods, ctx, 0)

    def free(pod: Pod) -> None:
        pod.metadata.finalizers = []

    assert marks(getattr(pods, door).modify(ctx, "foo", free)) == (0, 0, 2)
    assert stored(pods, ctx) is None


def test_row_14_time_that_is_left_outlasts_the_last_finalizer(
    pods: PodStorage, ctx: Context
) -> None:
    scheduled(pods, ctx, **FINALIZER)
    delete(pods, ctx, 30)

    def free(pod: Pod) -> None:
        pod.metadata.finalizers = []

    pods.pod.modify(ctx, "foo", free)
    assert stored(pods, ctx) == (30, 30, 2)
    assert delete(pods, ctx, 0).immediate


def test_row_15_no_finalizer_is_added_to_what_goes(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx, **FINALIZER)
    delete(pods, ctx, 30)

    def hold(pod: Pod) -> None:
        pod.metadata.finalizers.append("example.com/late")

    for door in (pods.pod, pods.status):
        with pytest.raises(Invalid, match=r"metadata\.finalizers: Forbidden"):
            door.modify(ctx, "foo", hold)


def test_row_16_a_mark_cannot_be_wiped_off(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx)
    delete(pods, ctx, 30)

    def wipe(pod: Pod) -> None:
        pod.metadata.deletion_timestamp = None
        pod.metadata.deletion_grace_period_seconds = None

    for door in (pods.pod, pods.status, pods.resize, pods.ephemeral_containers):
        assert marks(door.modify(ctx, "foo", wipe)) == (30, 30, 2)


def test_a_negative_time_is_one_second(pods: PodStorage, ctx: Context) -> None:
    scheduled(pods, ctx)
    assert marks(delete(pods, ctx, -5).result) == (1, 1, 2)


def test_rows_1_to_3_hold_with_collection_finalizers_too(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)
    deleted = delete(pods, ctx, 0, propagation_policy="Foreground")
    assert not deleted.immediate
    left = pods.pod.get(ctx, "foo")
    assert left.metadata.finalizers == ["foregroundDeletion"]
    assert marks(left) == (0, 0, 2)
