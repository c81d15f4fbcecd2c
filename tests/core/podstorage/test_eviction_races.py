"""Eviction under pressure: many at once, odd budgets, and requests made of nonsense."""

from __future__ import annotations

import threading
from typing import Any

import attrs
import pytest
from podfactory import budget, create, eviction, pod

from kregistry.core.pod import PodStorage
from kregistry.core.pod.budgets import BUDGETS
from kregistry.core.pod.eviction import EvictionREST, Retry
from kregistry.core.policy_v1 import Eviction, PodDisruptionBudget
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.errors import (
    BadRequest,
    Conflict,
    Invalid,
    NotFound,
    StatusError,
    TooManyRequests,
)
from kregistry.meta.gvk import GroupResource
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import CreateOptions, DeleteOptions
from kregistry.registry import Deleted, StatusStrategy, Store
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

APP = {"labels": {"app": "x"}}
READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."
PROCESSING = "The disruption budget b is still being processed by the server."
POLICIES = [None, "IfHealthyBudget", "AlwaysAllow"]


@pytest.fixture
def budgets(storage: Interface[Object]) -> Store[PodDisruptionBudget]:
    return Store(BUDGETS, storage)


def put(budgets: Store[PodDisruptionBudget], ctx: Context, **status: Any) -> PodDisruptionBudget:
    spec = status.pop("spec", {})
    return budgets.create(ctx, budget(status={"observedGeneration": 1, **status}, **spec))


def cause(error: StatusError) -> str:
    (found,) = error.details.causes
    assert found.reason == "DisruptionBudget"
    return found.message


def exists(pods: PodStorage, ctx: Context, name: str = "foo") -> bool:
    try:
        return pods.pod.get(ctx, name).metadata.deletion_timestamp is None
    except NotFound:
        return False


class ScriptedPods(Store[Pod]):
    """Pods whose deletions end as a test says, and are counted."""

    def __init__(self, *args: Any, outcomes: list[Any], **more: Any) -> None:
        super().__init__(*args, **more)
        self.outcomes = outcomes
        self.deletions: list[DeleteOptions] = []

    def delete(self, ctx: Context, name: str, **more: Any) -> Deleted[Pod]:
        self.deletions.append(more["options"])
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if callable(outcome):
            outcome()
        elif outcome is not None:
            raise outcome
        if outcome is not None:
            raise CONFLICT
        return super().delete(ctx, name, **more)


CONFLICT = Conflict(GroupResource("", "pods"), "foo", "message")


@attrs.frozen
class Shop:
    """An eviction over Pods whose deletions are scripted."""

    rest: EvictionREST
    store: ScriptedPods
    pauses: list[float]


@pytest.fixture
def shop(pods: PodStorage, storage: Interface[Object], budgets: Store[PodDisruptionBudget]) -> Shop:
    original = pods.status.store
    store = ScriptedPods(
        original.resource,
        storage,
        original.create_strategy,  # type: ignore[arg-type]
        update_strategy=original.update_strategy,
        return_deleted_object=True,
        outcomes=[None],
    )
    pauses: list[float] = []
    retry = Retry(sleep=pauses.append, chance=lambda: 0.0)
    statuses = Store(BUDGETS, storage, update_strategy=StatusStrategy(BUDGETS))
    return Shop(EvictionREST(store, statuses, retry=retry), store, pauses)


UNREADY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}


def test_a_free_pod_that_changes_meanwhile_is_sent_back(
    pods: PodStorage, ctx: Context, budgets: Store[PodDisruptionBudget], shop: Shop
) -> None:
    """P27."""
    create(pods, ctx, meta=APP, status=UNREADY)
    put(budgets, ctx, spec={"unhealthyPodEvictionPolicy": "AlwaysAllow"})
    shop.store.outcomes = [CONFLICT]
    with pytest.raises(TooManyRequests) as caught:
        shop.rest.create(ctx, "foo", eviction())
    assert cause(caught.value) == PROCESSING
    assert caught.value.retry_after == 10


def test_figures_out_of_date_send_the_caller_back(
    pods: PodStorage, ctx: Context, budgets: Store[PodDisruptionBudget]
) -> None:
    create(pods, ctx, meta=APP, status=READY)
    put(budgets, ctx, disruptionsAllowed=5, observedGeneration=0)
    with pytest.raises(TooManyRequests) as caught:
        pods.eviction.create(ctx, "foo", eviction())
    assert (cause(caught.value), caught.value.retry_after) == (PROCESSING, 10)


def test_several_budgets_are_a_failure_that_is_returned(
    pods: PodStorage, ctx: Context, budgets: Store[PodDisruptionBudget]
) -> None:
    create(pods, ctx, meta=APP, status=READY)
    for name in ("a", "b"):
        budgets.create(ctx, budget(name, status={"disruptionsAllowed": 1}))
    answer = pods.eviction.create(ctx, "foo", eviction())
    assert (answer.status, answer.code) == ("Failure", 500)
    assert answer.message.startswith("This pod has more than one PodDisruptionBudget")
    assert exists(pods, ctx)


def test_budgets_that_select_nothing_protect_nothing(
    pods: PodStorage, ctx: Context, budgets: Store[PodDisruptionBudget]
) -> None:
    create(pods, ctx, meta=APP, status=READY)
    without = budget("a")
    without.spec.selector = None
    budgets.create(ctx, without)
    wrong = {"matchExpressions": [{"key": "app", "operator": "Nonsense"}]}
    budgets.create(ctx, budget("b", selector=wrong))
    elsewhere = budget("c")
    elsewhere.metadata.namespace = "other"
    budgets.create(Context(namespace="other"), elsewhere)
    assert pods.eviction.create(ctx, "foo", eviction()).status == "Success"


@pytest.mark.parametrize(
    "sent",
    [
        None,
        7,
        pod(),
        Eviction(metadata=None),  # type: ignore[arg-type]
        Eviction(metadata=ObjectMeta(name=b"foo")),  # type: ignore[arg-type]
        eviction(delete_options="now"),
        eviction(delete_options=DeleteOptions(grace_period_seconds="1")),  # type: ignore[arg-type]
        eviction(delete_options=DeleteOptions(dry_run=("Some",))),
        eviction(delete_options=DeleteOptions(propagation_policy="Maybe")),
    ],
)
def test_what_is_no_eviction_is_refused(pods: PodStorage, ctx: Context, sent: Any) -> None:
    create(pods, ctx)
    with pytest.raises((BadRequest, Invalid)):
        pods.eviction.create(ctx, "foo", sent)
    assert exists(pods, ctx)


def test_rehearsals_that_disagree_are_refused(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)
    sent = eviction(delete_options=DeleteOptions(dry_run=("All", "All")))
    with pytest.raises(BadRequest) as caught:
        pods.eviction.create(ctx, "foo", sent, options=CreateOptions(dry_run=("All",)))
    assert str(caught.value) == (
        "Non-matching dry-run options in request and content: [All] and [All All]"
    )


def test_of_twenty_evictions_a_budget_of_five_lets_five_pass(
    storage: Interface[Object], clock: FakeClock, ctx: Context
) -> None:
    retry = Retry(attempts=200, delay=0.0)
    pods = PodStorage(storage, clock=clock, eviction_retry=retry)
    budgets = Store(BUDGETS, storage)
    names = [f"p{number}" for number in range(20)]
    for name in names:
        create(pods, ctx, name, meta=APP, status=READY)
    put(budgets, ctx, disruptionsAllowed=5)
    barrier = threading.Barrier(len(names))
    passed: list[str] = []
    refused: list[str] = []

    def evict(name: str) -> None:
        barrier.wait(30)
        try:
            pods.eviction.create(ctx, name, eviction(name))
            passed.append(name)
        except TooManyRequests:
            refused.append(name)

    threads = [threading.Thread(target=evict, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(passed), len(refused)) == (5, 15)
    status = budgets.get(ctx, "b").status
    assert status.disruptions_allowed == 0
    assert sorted(status.disrupted_pods) == sorted(passed)
    assert sorted(name for name in names if not exists(pods, ctx, name)) == sorted(passed)
